#pragma once

/*
 * base/limits.h - what ingot accepts from outside, with a reason each.
 *
 * Everything is checked before memory is allocated for it (ERR_LIMIT).
 */

#define LIMIT_PATH_MAX       4096u   /* bytes; Linux PATH_MAX */
#define LIMIT_NAME_MAX       255u    /* bytes of one component; ext4, EROFS, Linux */
#define LIMIT_SYMLINK_HOPS   40u     /* Linux MAXSYMLINKS */
#define LIMIT_TREE_NODES     4000000u /* ten times the largest image measured */
#define LIMIT_XATTRS         64u     /* per node; real packages have one */
#define LIMIT_XATTR_SIZE     65536u  /* bytes; Linux XATTR_SIZE_MAX */
#define LIMIT_RECIPE_SIZE    (1u << 20) /* bytes; libyaml is quadratic in places */
#define LIMIT_LOCK_SIZE      (64u << 20) /* bytes; 100,000 packages */
#define LIMIT_YAML_DEPTH     32u     /* libyaml 0.2.5 is quadratic in flow depth */
#define LIMIT_INCLUDES       64u     /* files of one composed recipe */
#define LIMIT_RECIPE_KEYS    1000u   /* of one map (labels, answers); they are searched in turn */
#define LIMIT_PACKAGES       200000u /* stanzas of one index; Debian main has 70,000 */
#define LIMIT_INDEX_SIZE     (1u << 30) /* bytes, decompressed Packages */
#define LIMIT_RELEASE_SIZE   (16u << 20) /* bytes, InRelease */
#define LIMIT_CONTROL_SIZE   (64u << 20) /* bytes, decompressed control.tar */
#define LIMIT_DEB_SIZE       (8ull << 30) /* bytes of one package file */
#define LIMIT_DATA_SIZE      (64ull << 30) /* bytes, decompressed data.tar */
#define LIMIT_DATA_RATIO     2000u   /* decompressed to compressed; bombs reach 1e5 */
#define LIMIT_PACK_INDEX     (256u << 20) /* bytes of names, links, xattrs of one archive */
#define LIMIT_UKI_SIZE       (1u << 30) /* bytes; firmware loads it whole, FAT holds 4 GiB */
#define LIMIT_FILE_SIZE      (16ull << 40) /* bytes; ext4 with 4 KiB blocks */
#define LIMIT_JSON_DEPTH     64u
#define LIMIT_JSON_SIZE      (20u << 20) /* bytes; containerd reads no more */
#define LIMIT_JSON_VALUES    (1u << 20) /* of one text; each takes 80 bytes of memory */
#define LIMIT_LAYERS         127u    /* overlayfs and Docker stop there */
#define LIMIT_ZSTD_WINDOW_LOG 27u    /* 128 MiB, what `zstd` accepts by default */
#define LIMIT_XZ_MEMORY      (192u << 20) /* bytes; `xz -9` needs 65 MiB */
#define LIMIT_SHELL_STEPS    500000u /* commands and rounds of one script; real ones take 20,000 */
#define LIMIT_SHELL_STEP_BYTES 1024u /* bytes that are copied or looked at are a step, too */
#define LIMIT_SHELL_DEPTH    200u    /* what nests in a script and its helpers; 8 MiB stack */
#define LIMIT_SHELL_FILE     (64u << 20) /* bytes that a script's command reads of one file */
#define LIMIT_SHELL_OUTPUT   (64u << 20) /* bytes of a stream, a word or a variable of a script */
#define LIMIT_SHELL_MEMORY   (512u << 20) /* bytes of all words and variables of one script */
#define LIMIT_SHELL_READS    (64u << 20) /* characters that the reading of one script looks at */
#define LIMIT_SHELL_TEXT     (4u << 20) /* bytes of a script; Debian's longest has 90 KiB */
