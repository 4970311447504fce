/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader - format modules from one directory, each verified before it is touched
 *
 * In this order: open O_NOFOLLOW; owner root or us, not writable by group or others (fstat on the fd); trial child (fork, cage_trial,
 * deadline): a module whose constructor dies or overruns there is refused; dlopen("/proc/self/fd/N"); symbol; abi; size at least
 * the first release's; name equals the file's; not twice.  A refused module is a row with its reason: its parcels are HELD(MODULE_REFUSED).
 */
#pragma once

#include <stddef.h>
#include "formats/core/err.h"
#include "formats/core/format.h"

#define LOADER_MODULES 64

/* Whether a module of whatever release has a member that came after the first one. */
#define LOADER_HAS(f, member) \
	((f)->size >= offsetof(struct tally_format, member) + sizeof((f)->member) && (f)->member != NULL)

struct module { char name[32]; const struct tally_format *format; char refused[200]; };	/* format NULL: refused says why */
struct loader { struct module m[LOADER_MODULES]; size_t n; };

int loader_open(struct loader *, const char *dir, struct err *);	/* single-threaded callers only; -1: the directory cannot be read */
const struct module *loader_find(const struct loader *, struct view name);
const struct module *loader_detect(const struct loader *, struct view head);	/* the highest probe above 0; NULL: nobody's */
