/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cage_parts - what cage.c puts together: Landlock and the seccomp filters, a file each
 *
 * Only cage.c calls these.  All return 0, or -1 and *err.
 */
#pragma once

#include "gateway/cage.h"

/* The file system, TCP, abstract sockets and signals, as far as this kernel's Landlock goes; none there is not an
 * error. */
int cage_landlock(const struct cage *, struct err *);

enum cage_filter {
	CAGE_FILTER_ENTER,		/* all but a list is allowed: a process that still loads, forks and opens */
	CAGE_FILTER_SEAL,		/* a list is allowed; every thread */
	CAGE_FILTER_FORKER,		/* the same for a zygote */
	CAGE_FILTER_CHILD,		/* one job; anything else kills */
	CAGE_FILTER_TRIAL,		/* loading a shared object, and nothing else */
};

int cage_filter_load(enum cage_filter, const struct cage *, struct err *);	/* cage NULL for CHILD and TRIAL */
int cage_filter_prepare(enum cage_filter, struct err *);	/* CHILD or TRIAL: built once, for all children to come */
