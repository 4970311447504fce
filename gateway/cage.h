/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cage - what a role may do, taken away for good before the first hostile byte
 *
 * Order (DESIGN "Order in every role"): plain listening fds -> cage_drop (user, groups) -> cage_enter (no_new_privs, rlimits,
 * Landlock by the ABI that is there, seccomp 1) -> dlopen, forks of helpers -> ZeroMQ context -> cage_seal (seccomp 2, TSYNC).
 * Seccomp 1 refuses (EPERM) exec, INET/NETLINK/PACKET sockets unless the row says so, ptrace, process_vm_*, kill and the
 * like of other processes, io_uring, bpf, mount, keyctl ...; where `modules` also fork and thread creation are limited as
 * the phase needs.  Seccomp 2 is an allow list; what is not on it is refused with EPERM.  cage_child is for one parse or one
 * emit: one fd in, one pipe out, nothing else; what is not allowed there KILLS the child.
 *
 * A sanitizer build (-DTALLY_SANITIZED by the Makefile) leaves out seccomp 2 and the child's list, and says so in cage_describe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "formats/core/err.h"

enum cage_access { CAGE_READ = 1, CAGE_WRITE = 2 };		/* WRITE includes create, rename, unlink below that directory */

struct cage_path { const char *path; unsigned access; };

struct cage {
	const char *role;
	uid_t uid;				/* 0 = keep the user */
	gid_t gid, groups[16];
	size_t n_groups;
	struct cage_path paths[32];		/* everything else in the file system is refused (Landlock) */
	size_t n_paths;
	bool inet;				/* outgoing TCP */
	bool forks;				/* may fork helpers after cage_enter (couriers, zygote) and before cage_seal */
	uint64_t memory_max;			/* RLIMIT_AS in bytes, 0 = leave */
	uint64_t files_max;			/* RLIMIT_NOFILE */
};

struct cage_limits { uint64_t memory_bytes, cpu_seconds; };

int cage_drop(const struct cage *, struct err *);
int cage_enter(const struct cage *, struct err *);
int cage_seal(const struct cage *, struct err *);
int cage_child(const struct cage_limits *, struct err *);
int cage_trial(const struct cage_limits *, struct err *);	/* for a trial load of a module: dlopen works, exec/socket/fork/write-open do not */
int cage_landlock_abi(void);					/* 0 = none here */
