/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cage_landlock - the file system as a role sees it, by the Landlock that this kernel has
 *
 * The ABI is asked at run time and what is younger than it is masked out (6 here and there, 2 on Debian 12's own
 * kernel, 0 where it is off: then owners and modes hold alone).  The headers of Debian 12 end at ABI 2, so newer bits
 * stand here with their values (linux/landlock.h, 6.12).  Every right the ABI knows is handled, so what no rule grants
 * is refused; EXECUTE is granted nowhere.
 *
 * Landlock does not look at connect() on a path, at stat(), chmod(), chown() and inotify: the first is what the
 * directories of {run} are for, the others are not on the seccomp list.  It binds the calling thread and its later
 * children: cage_enter comes before any thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gateway/cage_parts.h"

#define FS_EXECUTE	(1ull << 0)
#define FS_WRITE_FILE	(1ull << 1)
#define FS_READ_FILE	(1ull << 2)
#define FS_READ_DIR	(1ull << 3)
#define FS_REMOVE_DIR	(1ull << 4)
#define FS_REMOVE_FILE	(1ull << 5)
#define FS_MAKE_DIR	(1ull << 7)
#define FS_MAKE_REG	(1ull << 8)
#define FS_REFER	(1ull << 13)		/* ABI 2 */
#define FS_TRUNCATE	(1ull << 14)		/* ABI 3 */
#define FS_IOCTL_DEV	(1ull << 15)		/* ABI 5 */
#define FS_ABI_1	((1ull << 13) - 1)

#define NET_BIND_TCP	(1ull << 0)		/* ABI 4 */
#define NET_CONNECT_TCP	(1ull << 1)
#define SCOPE_ABSTRACT	(1ull << 0)		/* ABI 6 */
#define SCOPE_SIGNAL	(1ull << 1)

#define RIGHTS_READ	(FS_READ_FILE | FS_READ_DIR)
#define RIGHTS_WRITE	(FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_REFER \
	| FS_TRUNCATE)
#define RIGHTS_OF_A_FILE (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

struct ruleset_attr { uint64_t fs, net, scoped; };			/* struct landlock_ruleset_attr */
struct path_beneath { uint64_t allowed; int32_t parent_fd; } __attribute__((packed));

/* Asked once: a sealed process may not ask any more. */
int cage_landlock_abi(void)
{
	static long abi = -1;

	if (abi == -1)
		abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u);	/* LANDLOCK_CREATE_RULESET_VERSION */
	if (abi < 0)
		abi = 0;
	return (int)abi;
}

static uint64_t fs_rights(int abi)
{
	uint64_t rights = FS_ABI_1;

	if (abi >= 2)
		rights |= FS_REFER;
	if (abi >= 3)
		rights |= FS_TRUNCATE;
	if (abi >= 5)
		rights |= FS_IOCTL_DEV;
	return rights;
}

static int make_ruleset(int *out, const struct cage *c, int abi, struct err *e)
{
	struct ruleset_attr attr = { .fs = fs_rights(abi) };
	size_t size = sizeof(attr.fs);

	if (abi >= 4) {
		attr.net = c->inet ? NET_BIND_TCP : NET_BIND_TCP | NET_CONNECT_TCP;
		size = offsetof(struct ruleset_attr, scoped);
	}
	if (abi >= 6) {
		attr.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
		size = sizeof(attr);
	}
	*out = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0u);
	if (*out == -1)
		return err_set(e, errno, "cannot make a Landlock ruleset: %s", strerror(errno));
	return 0;
}

static int allow_path(int ruleset, const struct cage_path *p, uint64_t handled, struct err *e)
{
	struct path_beneath rule = { .parent_fd = open(p->path, O_PATH | O_CLOEXEC) };
	struct stat st;
	int rc = -1;

	if (rule.parent_fd == -1) {
		if ((p->access & CAGE_OPTIONAL) && (errno == ENOENT || errno == EACCES || errno == ENOTDIR))
			return 0;
		return err_set(e, errno, "cannot reach '%s': %s", p->path, strerror(errno));
	}
	if (fstat(rule.parent_fd, &st) == -1) {
		err_set(e, errno, "cannot look at '%s': %s", p->path, strerror(errno));
		goto out;
	}
	if (p->access & CAGE_READ)
		rule.allowed |= RIGHTS_READ;
	if (p->access & CAGE_WRITE)
		rule.allowed |= RIGHTS_READ | RIGHTS_WRITE;
	rule.allowed &= S_ISDIR(st.st_mode) ? handled : handled & RIGHTS_OF_A_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset, 1, &rule, 0u) == -1) {	/* LANDLOCK_RULE_PATH_BENEATH */
		err_set(e, errno, "cannot allow '%s': %s", p->path, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	close(rule.parent_fd);
	return rc;
}

int cage_landlock(const struct cage *c, struct err *e)
{
	int abi = cage_landlock_abi(), ruleset, rc = -1;

	if (abi == 0)
		return 0;
	if (make_ruleset(&ruleset, c, abi, e) == -1)
		return -1;
	for (size_t i = 0; i < c->n_paths; i++)
		if (allow_path(ruleset, &c->paths[i], fs_rights(abi), e) == -1)
			goto out;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0u) == -1) {
		err_set(e, errno, "cannot enter the Landlock domain: %s", strerror(errno));
		goto out;
	}
	rc = 0;
out:
	close(ruleset);
	return rc;
}
