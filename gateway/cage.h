/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cage - what a role may do, taken away for good before the first hostile byte
 *
 * Order (DESIGN "Order in every role"): plain listening fds -> cage_drop (user, groups) -> cage_enter (no_new_privs,
 * rlimits, Landlock by the ABI that is there, seccomp 1) -> dlopen, forks of helpers -> ZeroMQ context -> cage_seal
 * (seccomp 2, TSYNC).
 * Seccomp 1 refuses (EPERM) exec, INET/NETLINK/PACKET sockets unless the row says so, ptrace,
 * process_vm_*, kill and the like of other processes, io_uring, bpf, mount, keyctl ...; where `modules` also fork and
 * thread creation are limited as the phase needs.  Seccomp 2 is an allow list; what is not on it is refused with
 * EPERM.  cage_child is for one parse or one emit: one fd in, one pipe out, nothing else; what is not allowed there
 * KILLS the child.
 *
 * uid 0 without a user to change to (a laptop) keeps its uid but no capability.
 *
 * A sanitizer build (-DTALLY_SANITIZED by the Makefile) leaves out seccomp 2, the child's list and RLIMIT_AS, and says
 * so in cage_describe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "formats/core/err.h"

enum cage_access {
	CAGE_READ = 1,
	CAGE_WRITE = 2,			/* includes create, rename, unlink below that directory */
	CAGE_OPTIONAL = 4,		/* a path that is not there is left out; without this flag it is an error */
};

#define CAGE_PATHS 256
#define CAGE_GROUPS 16

struct cage_path { const char *path; unsigned access; };

struct cage {
	const char *role;
	uid_t uid;				/* 0 = keep the user */
	gid_t gid, groups[CAGE_GROUPS];
	size_t n_groups;
	/* strings borrowed; everything else in the file system is refused (Landlock) */
	struct cage_path paths[CAGE_PATHS];
	size_t n_paths;
	bool inet;				/* outgoing TCP */
	bool forks;				/* helpers (couriers, zygote), after cage_enter and before cage_seal */
	uint64_t memory_max;			/* RLIMIT_AS in bytes, 0 = leave */
	uint64_t files_max;			/* RLIMIT_NOFILE */
};

struct cage_limits { uint64_t memory_bytes, cpu_seconds; };

int cage_drop(const struct cage *, struct err *);
int cage_enter(const struct cage *, struct err *);
int cage_seal(const struct cage *, struct err *);
int cage_child(const struct cage_limits *, struct err *);
/* For a trial load of a module: dlopen works, exec/socket/fork/write-open do not */
int cage_trial(const struct cage_limits *, struct err *);
int cage_landlock_abi(void);					/* 0 = none here */

/* What this kernel and this build give: "landlock ABI 7, seccomp 1 and 2".  Borrowed, static. */
const char *cage_describe(void);

/* Instead of cage_seal in a zygote: the same list, and fork, cage_child, and SIGKILL of its children. */
int cage_seal_forker(const struct cage *, struct err *);

/* Builds the child's filter once, so that each cage_child() after a fork only loads it.  cage_child() alone works
 * too. */
int cage_child_prepare(struct err *);
int cage_trial_prepare(struct err *);		/* the same for cage_trial() */
