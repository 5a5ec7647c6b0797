#pragma once

/*
 * debian/rehash.h - links from hashes of subjects to certificates, as `openssl rehash`
 * of OpenSSL 3 makes them. Private to debian/.
 */

#include "debian/debian_state.h"

/*
 * In the folder @dir: HASH.N for each file (*.pem, *.crt, *.cer, *.crl) that holds exactly
 * one certificate, names in byte order; links that are right stay, others go.
 * *ret_failed: the program would end with status 1 (a link that leads nowhere).
 */
int rehash_folder(struct debian *d, struct node *dir, cause_id cause, bool *ret_failed,
		  struct error *err) MUST_CHECK;
