#pragma once

/* recipe/schema_types.h - the scalar types that schema.c's rows are made of. */

#include "recipe/schema.h"

#define SCHEMA_WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }

extern const struct schema_type type_schema_version, type_name, type_version, type_architecture,
	type_include, type_key_name, type_target_name, type_suite, type_component, type_keyring,
	type_snapshot, type_package, type_package_name, type_bool, type_true, type_glob,
	type_file_path, type_absolute_path, type_local_path, type_content, type_sha256,
	type_archive_name, type_strip, type_link_target, type_owner, type_mode, type_account,
	type_id, type_gecos, type_authorized_key, type_service, type_port, type_url_path,
	type_hostname, type_timezone, type_locale, type_debconf_key, type_free_text, type_line,
	type_script, type_reason, type_answer, type_time, type_argument, type_environment,
	type_container_user, type_container_port, type_label, type_signal, type_layers,
	type_compression, type_target, type_disk_format, type_root, type_size,
	type_root_compression;

/* "name" or "name:more", cut at the first '='. */
struct str environment_identity(struct str text);
