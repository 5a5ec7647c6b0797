#pragma once

/*
 * pipeline/effects_store.h - effects objects in the stage, and what a lock says of them.
 */

#include "debian/debian.h"
#include "pipeline/context.h"
#include "resolve/lock.h"

/* The object of a target, in @arena; or EFFECTS_GONE if the stage has it no more. */
#define EFFECTS_GONE 1
int effects_load(struct context *c, const struct lock *l, struct str architecture,
		 struct str target, struct arena *arena, struct bytes *ret,
		 struct error *err) MUST_CHECK;

/* Puts @object into the stage and its digests into @l. */
int effects_record(struct context *c, struct lock *l, struct str architecture,
		   struct str target, struct bytes object, struct error *err) MUST_CHECK;

/* Takes what @l says of effects away, before all targets are evaluated. */
void effects_forget(struct lock *l);

/* Whether the stage has not all objects of @l. */
bool effects_are_gone(struct context *c, const struct lock *l);

/*
 * @object was evaluated again because the lock's own is gone: 0 if it is the same, else
 * ERR_LOCK_STALE that names the packages that this ingot evaluates differently, with
 * their operations.
 */
int effects_compare(const struct lock *l, struct str architecture, struct str target,
		    struct bytes object, struct error *err) MUST_CHECK;
