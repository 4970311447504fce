/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cage - see cage.h.  The steps in their order; each is verified after it was taken, since a cage that is half there is
 * worse than a process that does not start
 *
 * The user is dropped with real, effective and saved ids and all groups at once, then a way back is tried and must
 * fail. Capabilities are cleared also where the uid stays 0.  Landlock is best effort by ABI; everything else is not.
 *
 * Failure: -1 and *err, the process must exit.  Nothing is owned.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "gateway/cage_parts.h"

#ifdef TALLY_SANITIZED
#define SANITIZED 1		/* the sanitizers' own calls and address space are more than any list of ours */

/* The leak check traces its own process, which a cage refuses: it is left to the processes that entered none. */
int __lsan_is_turned_off(void);
__attribute__((visibility("default"))) int __lsan_is_turned_off(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}
#else
#define SANITIZED 0
#endif

static int same_groups(const struct cage *c)
{
	gid_t have[CAGE_GROUPS + 1];
	int n = getgroups(CAGE_GROUPS + 1, have);

	if (n < 0 || (size_t)n != c->n_groups)
		return 0;
	for (int i = 0; i < n; i++) {
		size_t k = 0;

		while (k < c->n_groups && c->groups[k] != have[i])
			k++;
		if (k == c->n_groups)
			return 0;
	}
	return 1;
}

static int verify_drop(const struct cage *c, struct err *e)
{
	uid_t r, eff, s;
	gid_t gr, geff, gs;

	if (getresuid(&r, &eff, &s) == -1 || getresgid(&gr, &geff, &gs) == -1)
		return err_set(e, errno, "cannot ask for our own ids: %s", strerror(errno));
	if (r != c->uid || eff != c->uid || s != c->uid || gr != c->gid || geff != c->gid || gs != c->gid
			|| !same_groups(c))
		return err_set(e, EPERM, "the ids of role '%s' are not %u:%u after the change",
			c->role, c->uid, c->gid);
	if (setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setresgid((gid_t)-1, 0, (gid_t)-1) == 0)
		return err_set(e, EPERM, "role '%s' could become root again", c->role);
	return 0;
}

int cage_drop(const struct cage *c, struct err *e)
{
	if (c->uid == 0)
		return 0;
	if (c->gid == 0 || c->n_groups > CAGE_GROUPS)
		return err_set(e, EINVAL, "role '%s' has a user but no group of its own, or too many groups", c->role);
	if (setgroups(c->n_groups, c->groups) == -1 || setresgid(c->gid, c->gid, c->gid) == -1
			|| setresuid(c->uid, c->uid, c->uid) == -1)
		return err_set(e, errno, "cannot become user %u of role '%s': %s", c->uid, c->role, strerror(errno));
	return verify_drop(c, e);
}

static int limit(int which, const char *name, uint64_t soft, uint64_t hard, struct err *e)
{
	struct rlimit now, want = { soft, hard };

	if (getrlimit((__rlimit_resource_t)which, &now) == 0 && now.rlim_max != RLIM_INFINITY
			&& want.rlim_max > now.rlim_max)
		want.rlim_max = now.rlim_max;		/* never above what we were given */
	if (want.rlim_cur > want.rlim_max)
		want.rlim_cur = want.rlim_max;
	if (setrlimit((__rlimit_resource_t)which, &want) == -1)
		return err_set(e, errno, "cannot limit %s: %s", name, strerror(errno));
	return 0;
}

static int limit_memory(uint64_t bytes, struct err *e)
{
	return bytes == 0 || SANITIZED ? 0 : limit(RLIMIT_AS, "memory", bytes, bytes, e);
}

/* A cage inside a cage (a zygote's) finds its work done and the calls for it refused. */
static int no_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2], have[2];
	int left;

	memset(none, 0, sizeof(none));
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	syscall(SYS_capset, &head, none);
	if (syscall(SYS_capget, &head, have) == -1)
		return err_set(e, errno, "cannot ask for our own capabilities: %s", strerror(errno));
	left = have[0].effective || have[0].permitted || have[0].inheritable || have[1].effective || have[1].permitted
		|| have[1].inheritable;
	return left ? err_set(e, EPERM, "cannot give up capabilities") : 0;
}

static int not_dumpable(struct err *e)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_set(e, EPERM, "cannot close the process to others' eyes");
	return 0;
}

static int no_new_privileges(struct err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_set(e, errno, "cannot set no_new_privs: %s", strerror(errno));
	return 0;
}

int cage_enter(const struct cage *c, struct err *e)
{
	if (no_new_privileges(e) == -1 || no_capabilities(e) == -1 || not_dumpable(e) == -1)
		return -1;
	if (limit(RLIMIT_CORE, "core files", 0, 0, e) == -1 || limit_memory(c->memory_max, e) == -1)
		return -1;
	if (c->files_max != 0 && limit(RLIMIT_NOFILE, "open files", c->files_max, c->files_max, e) == -1)
		return -1;
	if (cage_landlock(c, e) == -1)
		return -1;
	return cage_filter_load(CAGE_FILTER_ENTER, c, e);
}

int cage_seal(const struct cage *c, struct err *e)
{
	return SANITIZED ? 0 : cage_filter_load(CAGE_FILTER_SEAL, c, e);
}

int cage_seal_forker(const struct cage *c, struct err *e)
{
	return SANITIZED ? 0 : cage_filter_load(CAGE_FILTER_FORKER, c, e);
}

int cage_child_prepare(struct err *e)
{
	return SANITIZED ? 0 : cage_filter_prepare(CAGE_FILTER_CHILD, e);
}

int cage_trial_prepare(struct err *e)
{
	return SANITIZED ? 0 : cage_filter_prepare(CAGE_FILTER_TRIAL, e);
}

static int child_limits(const struct cage_limits *l, struct err *e)
{
	if (no_new_privileges(e) == -1 || limit(RLIMIT_CORE, "core files", 0, 0, e) == -1)
		return -1;
	if (l->cpu_seconds != 0 && limit(RLIMIT_CPU, "processor time", l->cpu_seconds, l->cpu_seconds + 1, e) == -1)
		return -1;
	return limit_memory(l->memory_bytes, e);
}

int cage_child(const struct cage_limits *l, struct err *e)
{
	if (child_limits(l, e) == -1)
		return -1;
	return SANITIZED ? 0 : cage_filter_load(CAGE_FILTER_CHILD, NULL, e);
}

int cage_trial(const struct cage_limits *l, struct err *e)
{
	if (child_limits(l, e) == -1)
		return -1;
	return SANITIZED ? 0 : cage_filter_load(CAGE_FILTER_TRIAL, NULL, e);
}

const char *cage_describe(void)
{
	static char text[80];

	snprintf(text, sizeof(text), "landlock ABI %d, %s", cage_landlock_abi(),
		SANITIZED ? "seccomp 1 only: sanitizer build" : "seccomp 1 and 2");
	return text;
}
