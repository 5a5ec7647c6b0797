#pragma once

/*
 * debian/generator_commands.h - commands of command_generators.c's table that have
 * files of their own. Private to debian/.
 */

#include "debian/commands.h"

shell_command_run command_openssl, command_java, command_keytool;       /* command_certificates.c */
shell_command_run command_compile_python, command_python;              /* command_left_out.c */
shell_command_run command_aa_enabled, command_aa_status, command_apparmor_parser;
shell_command_run command_update_initramfs;
/* command_apache.c */
shell_command_run command_apache_switch, command_a2query, command_apache_server;
shell_command_run command_linux_update_symlinks, command_linux_run_hooks; /* command_kernel.c */
shell_command_run command_gio_querymodules, command_glib_compile_schemas; /* command_glib.c */
shell_command_run command_update_xmlcatalog, command_update_catalog;   /* command_xml_catalog.c */
