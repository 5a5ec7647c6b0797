#pragma once

/*
 * attest/causes_keys.h - a recipe and a lock as a flat list of keys, values and lines. Pure.
 *
 * Everything that the composed recipe says, each leaf once: lists of records by what names
 * an entry ("users.app.uid", "files./etc/motd.content", "scripts.foo/postinst"), lists of
 * texts as one value ("targets.vm.cmdline" = "[console=ttyS0, quiet]"). Of the lock what is
 * no package: "lock.epoch", "lock.ids.users.app", "lock.slice.amd64.libc6",
 * "lock.inputs.files/x.conf", "lock.suites.trixie.date". Long values are cut to a digest.
 */

#include "attest/causes.h"
#include "recipe/recipe.h"
#include "resolve/lock.h"

/* Both: sorted by key, each key once, in @arena. */
size_t causes_recipe_keys(const struct recipe *r, struct arena *arena, struct causes_key **ret);

/*
 * @text: the lock file, for the numbers of lines ("" : lines are not known, `at` is
 * @path alone).
 */
size_t causes_lock_keys(const struct lock *l, struct str path, struct bytes text,
			struct arena *arena, struct causes_key **ret);

/* Both lists as one, sorted. */
size_t causes_all_keys(const struct recipe *r, const struct lock *l, struct str lock_path,
		       struct bytes lock_text, struct arena *arena, struct causes_key **ret);

/* "recipes/web.lock:57": where the lock's text names package @name. In @arena. */
struct str causes_lock_line(struct bytes text, struct str path, struct str architecture,
			    struct str name, struct arena *arena);
