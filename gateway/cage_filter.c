/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cage_filter - which system calls a role may make: five filters as tables, put together by libseccomp
 *
 * ENTER refuses a list and allows the rest: a process that still loads modules, forks helpers and starts ZeroMQ. SEAL
 * allows a list and refuses the rest, in every thread (TSYNC). FORKER is SEAL for a zygote. CHILD is one parse or one
 * emit: what is not on its list kills. TRIAL lets a shared object load and nothing else. Filters add up: the strictest
 * answer counts.
 *
 * A refusal is EPERM, but for clone3, whose flags a filter cannot read: ENOSYS sends glibc to clone.  A foreign
 * architecture (int 0x80, x32) kills.  A call younger than this list has no name here: ENTER refuses those by number,
 * SEAL by silence.
 *
 * Failure: -1 and *err; then nothing is loaded and the process must not go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "gateway/cage_parts.h"

#define REFUSE SCMP_ACT_ERRNO(EPERM)
#define LOW32 0xffffffffu
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID \
	| CLONE_NEWNET)
#define WRITES (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))
#define YOUNGEST_KNOWN 469		/* file_setattr; numbers are the same on every architecture from 424 on */
#define YOUNGEST_REFUSED 511

static const char *const refused[] = {
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease",
	"kcmp", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl", "mount",
	"umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
	"mount_setattr", "unshare", "setns", "reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module",
	"delete_module", "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "iopl", "ioperm", "modify_ldt",
	"personality", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname",
	"syslog", "lookup_dcookie", "vhangup", "mknod", "mknodat", "name_to_handle_at", "open_by_handle_at",
	"fanotify_init", "fanotify_mark", "inotify_init", "inotify_init1", "inotify_add_watch", "migrate_pages",
	"move_pages", "mbind", "set_mempolicy", "set_mempolicy_home_node", "setuid", "setgid", "setreuid", "setregid",
	"setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capset", "chown", "lchown", "fchown",
	"fchownat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "shmget",
	"shmat", "shmctl", "shmdt", "semget", "semop", "semctl", "semtimedop", "msgget", "msgsnd", "msgrcv", "msgctl",
	"mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr", "tkill",
	"rt_sigqueueinfo", "rt_tgsigqueueinfo", "vfork", "memfd_secret", "remap_file_pages", "uselib", "ustat", "sysfs",
	"nfsservctl", "vmsplice",
};

/* On the sealed list whatever their arguments are. */
static const char *const sealed[] = {
	/* bytes and files: what may be opened is Landlock's and the owner's to say */
	"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "lseek",
	"close", "close_range", "fstat", "newfstatat", "stat", "lstat", "statx", "statfs", "fstatfs", "open", "openat",
	"access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "chdir", "fchdir", "getdents64",
	"rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir",
	"fchmod", "ftruncate", "fallocate", "fadvise64", "fsync", "fdatasync", "sync_file_range", "copy_file_range",
	"sendfile", "flock", "dup", "dup2", "dup3", "pipe", "pipe2", "umask",
	/* memory */
	"munmap", "mremap", "madvise", "brk", "msync", "mincore", "membarrier",
	/* waiting, time, locks */
	"futex", "poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_create", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_gettime", "signalfd4",
	"nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time", "times", "alarm",
	"setitimer", "getitimer", "restart_syscall", "sched_yield", "sched_getaffinity", "sched_getparam",
	"sched_getscheduler", "getcpu",
	/* the sockets that socket() below gave, and those handed in */
	"connect", "accept", "accept4", "getsockname", "getpeername", "setsockopt", "getsockopt", "sendto", "sendmsg",
	"sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "shutdown",
	/* ourselves */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait", "sigaltstack", "exit",
	"exit_group", "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getresuid",
	"getresgid", "getrandom", "getrusage", "getrlimit", "uname", "sysinfo", "set_robust_list", "get_robust_list",
	"rseq", "wait4", "waitid",
};

static const char *const child[] = {
	"read", "write", "readv", "writev", "pread64", "lseek", "close", "munmap", "mremap", "madvise", "brk", "futex",
	"exit", "exit_group", "rt_sigreturn", "rt_sigprocmask", "clock_gettime", "gettimeofday", "time", "getrandom",
	"poll", "ppoll", "restart_syscall", "sched_yield", "sysinfo",	/* glibc's qsort() asks how much memory there is */
};

/* For a shared object and its constructor, besides the child's. */
static const char *const trial[] = {
	"fstat", "newfstatat", "stat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd",
	"mmap", "mprotect", "rt_sigaction", "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "uname",
	"sched_getaffinity", "getrlimit", "set_robust_list", "arch_prctl", "alarm", "statfs", "fstatfs",
};

/* A rule that looks at one argument or two. */
struct rule {
	const char *name;
	unsigned n;
	struct scmp_arg_cmp arg[2];
};

#define IS(i, value)		{ i, SCMP_CMP_EQ, value, 0 }
#define NOT(i, value)		{ i, SCMP_CMP_NE, value, 0 }
#define BELOW(i, value)		{ i, SCMP_CMP_LT, value, 0 }
#define ABOVE(i, value)		{ i, SCMP_CMP_GT, value, 0 }
#define BITS(i, mask, value)	{ i, SCMP_CMP_MASKED_EQ, mask, value }
#define FCNTL(command) { "fcntl", 1, { BITS(1, LOW32, command) } }
#define IOCTL(request) { "ioctl", 1, { BITS(1, LOW32, request) } }

static const struct rule sealed_rules[] = {
	{ "mmap", 1, { BITS(2, PROT_EXEC, 0) } },
	{ "mprotect", 1, { BITS(2, PROT_EXEC, 0) } },
	{ "socket", 1, { IS(0, AF_UNIX) } },
	{ "socketpair", 1, { IS(0, AF_UNIX) } },
	{ "prlimit64", 2, { BITS(0, LOW32, 0), IS(2, 0) } },	/* to ask, not to set */
	{ "utimensat", 1, { IS(1, 0) } },						/* futimens */
	{ "prctl", 1, { IS(0, PR_SET_NAME) } },
	{ "sched_setscheduler", 1, { IS(1, SCHED_OTHER) } },	/* a new ZeroMQ thread sets what it has, or aborts */
	IOCTL(FIONBIO), IOCTL(FIONREAD), IOCTL(TCGETS),
	FCNTL(F_DUPFD), FCNTL(F_DUPFD_CLOEXEC), FCNTL(F_GETFD), FCNTL(F_SETFD), FCNTL(F_GETFL), FCNTL(F_SETFL),
	FCNTL(F_GETLK), FCNTL(F_SETLK), FCNTL(F_SETLKW), FCNTL(F_OFD_GETLK), FCNTL(F_OFD_SETLK), FCNTL(F_OFD_SETLKW),
	FCNTL(F_SETPIPE_SZ),
	FCNTL(F_GETPIPE_SZ),
};

static const struct rule inet_rules[] = {
	{ "socket", 1, { IS(0, AF_INET) } },
	{ "socket", 1, { IS(0, AF_INET6) } },
};

static const struct rule forker_rules[] = {
	{ "fork", 0, { { 0 } } },
	{ "clone", 1, { BITS(0, NAMESPACES | CLONE_THREAD | CLONE_VFORK, 0) } },
	{ "kill", 2, { BITS(0, 0x80000000u, 0), IS(1, SIGKILL) } },
	{ "seccomp", 0, { { 0 } } },
	{ "prctl", 1, { IS(0, PR_SET_NO_NEW_PRIVS) } },
	{ "prctl", 1, { IS(0, PR_SET_PDEATHSIG) } },		/* the children end with the zygote */
	{ "prctl", 1, { IS(0, PR_GET_SECCOMP) } },
	{ "prctl", 1, { IS(0, PR_SET_SECCOMP) } },
	{ "prlimit64", 1, { BITS(0, LOW32, 0) } },
};

/* What a module's constructor cannot have tried by mistake: it dies of it, so that the loader can say why it is
 * refused. */
static const char *const trial_deadly[] = {
	"execve", "execveat", "fork", "vfork", "clone", "clone3", "socket", "socketpair", "connect", "bind", "listen",
	"accept", "accept4", "sendto", "sendmsg", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "ptrace",
	"process_vm_readv", "process_vm_writev", "creat", "unlink", "unlinkat", "rename", "renameat", "renameat2",
	"link", "linkat", "symlink", "symlinkat", "mkdir", "mkdirat", "truncate", "io_uring_setup", "bpf", "mount",
	"unshare", "setns", "pause", "nanosleep", "clock_nanosleep", "select", "pselect6", "epoll_wait", "setitimer",
	"timer_create",
};

static const struct rule trial_deadly_rules[] = {
	{ "open", 1, { BITS(1, O_ACCMODE, O_WRONLY) } },
	{ "open", 1, { BITS(1, O_ACCMODE, O_RDWR) } },
	{ "open", 1, { BITS(1, O_CREAT, O_CREAT) } },
	{ "openat", 1, { BITS(2, O_ACCMODE, O_WRONLY) } },
	{ "openat", 1, { BITS(2, O_ACCMODE, O_RDWR) } },
	{ "openat", 1, { BITS(2, O_CREAT, O_CREAT) } },
};

static const struct rule child_rules[] = {
	{ "mmap", 1, { BITS(2, PROT_EXEC, 0) } },
	{ "mprotect", 1, { BITS(2, PROT_EXEC, 0) } },
	FCNTL(F_GETFL), FCNTL(F_GETFD),
};

static const struct rule trial_rules[] = {
	{ "open", 1, { BITS(1, WRITES, 0) } },
	{ "openat", 1, { BITS(2, WRITES, 0) } },
	{ "prlimit64", 2, { BITS(0, LOW32, 0), IS(2, 0) } },
	FCNTL(F_GETFL), FCNTL(F_GETFD), FCNTL(F_SETFD),
};

/* Of the calls that ENTER allows, those arguments it does not. */
static const struct rule enter_refusals[] = {
	{ "clone", 1, { BITS(0, CLONE_NEWNS, CLONE_NEWNS) } },
	{ "clone", 1, { BITS(0, CLONE_NEWCGROUP, CLONE_NEWCGROUP) } },
	{ "clone", 1, { BITS(0, CLONE_NEWUTS, CLONE_NEWUTS) } },
	{ "clone", 1, { BITS(0, CLONE_NEWIPC, CLONE_NEWIPC) } },
	{ "clone", 1, { BITS(0, CLONE_NEWUSER, CLONE_NEWUSER) } },
	{ "clone", 1, { BITS(0, CLONE_NEWPID, CLONE_NEWPID) } },
	{ "clone", 1, { BITS(0, CLONE_NEWNET, CLONE_NEWNET) } },
	{ "socketpair", 1, { NOT(0, AF_UNIX) } },
	{ "prlimit64", 1, { NOT(0, 0) } },
	{ "prctl", 1, { IS(0, PR_SET_DUMPABLE) } },
	{ "prctl", 1, { IS(0, PR_SET_PTRACER) } },
	{ "prctl", 1, { IS(0, PR_SET_MM) } },
	FCNTL(F_SETOWN), FCNTL(F_SETOWN_EX), FCNTL(F_SETSIG),
	IOCTL(TIOCSTI), IOCTL(TIOCLINUX),
};

/* Rows with couriers or a zygote end their children by SIGKILL, and can send nothing else, nor to groups and init. */
static const struct rule enter_refusals_forking[] = {
	{ "kill", 1, { NOT(1, SIGKILL) } },
	{ "kill", 1, { BITS(0, 0x80000000u, 0x80000000u) } },
	{ "kill", 1, { BITS(0, LOW32, 0) } },
	{ "kill", 1, { BITS(0, LOW32, 1) } },
};

static const struct rule enter_refusals_single[] = {
	{ "kill", 0, { { 0 } } },
	{ "fork", 0, { { 0 } } },
	{ "clone", 1, { BITS(0, CLONE_THREAD, 0) } },
};

static const struct rule enter_refusals_unix_only[] = {
	{ "socket", 1, { NOT(0, AF_UNIX) } },
};

static const struct rule enter_refusals_inet[] = {		/* all but AF_UNIX 1, AF_INET 2, AF_INET6 10 */
	{ "socket", 1, { BELOW(0, AF_UNIX) } },
	{ "socket", 1, { IS(0, 3) } }, { "socket", 1, { IS(0, 4) } },
	{ "socket", 1, { IS(0, 5) } }, { "socket", 1, { IS(0, 6) } },
	{ "socket", 1, { IS(0, 7) } }, { "socket", 1, { IS(0, 8) } },
	{ "socket", 1, { IS(0, 9) } },
	{ "socket", 1, { ABOVE(0, AF_INET6) } },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A name that this libseccomp or this architecture does not have is no call here. */
static int add(scmp_filter_ctx f, uint32_t action, const struct rule *r)
{
	int nr = seccomp_syscall_resolve_name(r->name);
	int rc;

	if (nr == __NR_SCMP_ERROR)
		return 0;
	rc = seccomp_rule_add_array(f, action, nr, r->n, r->n == 0 ? NULL : r->arg);
	return rc == -EEXIST || rc == -EDOM ? 0 : rc;
}

static int add_rules(scmp_filter_ctx f, uint32_t action, const struct rule *rules, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add(f, action, &rules[i]);
	return rc;
}

static int add_names(scmp_filter_ctx f, uint32_t action, const char *const *names, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add(f, action, &(struct rule){ names[i], 0, { { 0 } } });
	return rc;
}

/* abort() and pthread_kill(): our own threads only. */
static int add_tgkill(scmp_filter_ctx f, uint32_t action, enum scmp_compare how)
{
	return add(f, action, &(struct rule){ "tgkill", 1, { { 0, how, (scmp_datum_t)getpid(), 0 } } });
}

static int fill_enter(scmp_filter_ctx f, const struct cage *c)
{
	int rc = add_names(f, REFUSE, refused, COUNT(refused));

	for (int nr = YOUNGEST_KNOWN + 1; nr <= YOUNGEST_REFUSED && rc == 0; nr++)
		rc = seccomp_rule_add(f, REFUSE, nr, 0);
	if (rc == 0)
		rc = add(f, SCMP_ACT_ERRNO(ENOSYS), &(struct rule){ "clone3", 0, { { 0 } } });
	if (rc == 0)
		rc = add_rules(f, REFUSE, enter_refusals, COUNT(enter_refusals));
	if (rc == 0)
		rc = add_tgkill(f, REFUSE, SCMP_CMP_NE);
	if (rc == 0)
		rc = c->forks ? add_rules(f, REFUSE, enter_refusals_forking, COUNT(enter_refusals_forking))
			: add_rules(f, REFUSE, enter_refusals_single, COUNT(enter_refusals_single));
	if (rc == 0)
		rc = c->inet ? add_rules(f, REFUSE, enter_refusals_inet, COUNT(enter_refusals_inet))
			: add_rules(f, REFUSE, enter_refusals_unix_only, COUNT(enter_refusals_unix_only));
	return rc;
}

static int fill_seal(scmp_filter_ctx f, const struct cage *c)
{
	int rc = add_names(f, SCMP_ACT_ALLOW, sealed, COUNT(sealed));

	if (rc == 0)
		rc = add(f, SCMP_ACT_ERRNO(ENOSYS), &(struct rule){ "clone3", 0, { { 0 } } });
	if (rc == 0)
		rc = add_rules(f, SCMP_ACT_ALLOW, sealed_rules, COUNT(sealed_rules));
	if (rc == 0)
		rc = add_tgkill(f, SCMP_ACT_ALLOW, SCMP_CMP_EQ);
	if (rc == 0 && c->inet)
		rc = add_rules(f, SCMP_ACT_ALLOW, inet_rules, COUNT(inet_rules));
	return rc;
}

static int fill_forker(scmp_filter_ctx f, const struct cage *c)
{
	int rc = fill_seal(f, c);

	return rc != 0 ? rc : add_rules(f, SCMP_ACT_ALLOW, forker_rules, COUNT(forker_rules));
}

static int fill_child(scmp_filter_ctx f)
{
	int rc = add_names(f, SCMP_ACT_ALLOW, child, COUNT(child));

	return rc != 0 ? rc : add_rules(f, SCMP_ACT_ALLOW, child_rules, COUNT(child_rules));
}

static int fill_trial(scmp_filter_ctx f)
{
	int rc = add_names(f, SCMP_ACT_ALLOW, child, COUNT(child));

	if (rc == 0)
		rc = add_names(f, SCMP_ACT_ALLOW, trial, COUNT(trial));
	if (rc == 0)
		rc = add_rules(f, SCMP_ACT_ALLOW, trial_rules, COUNT(trial_rules));
	if (rc == 0)
		rc = add_names(f, SCMP_ACT_KILL_PROCESS, trial_deadly, COUNT(trial_deadly));
	if (rc == 0)
		rc = add_rules(f, SCMP_ACT_KILL_PROCESS, trial_deadly_rules, COUNT(trial_deadly_rules));
	return rc != 0 ? rc : add_tgkill(f, SCMP_ACT_ALLOW, SCMP_CMP_EQ);
}

static int fill(scmp_filter_ctx f, enum cage_filter which, const struct cage *c)
{
	switch (which) {
	case CAGE_FILTER_ENTER:
		return fill_enter(f, c);
	case CAGE_FILTER_SEAL:
		return fill_seal(f, c);
	case CAGE_FILTER_FORKER:
		return fill_forker(f, c);
	case CAGE_FILTER_CHILD:
		return fill_child(f);
	case CAGE_FILTER_TRIAL:
		return fill_trial(f);
	}
	return -EINVAL;
}

static int build(scmp_filter_ctx *out, enum cage_filter which, const struct cage *c, struct err *e)
{
	static const uint32_t otherwise[] = {
		[CAGE_FILTER_ENTER] = SCMP_ACT_ALLOW, [CAGE_FILTER_SEAL] = REFUSE, [CAGE_FILTER_FORKER] = REFUSE,
		[CAGE_FILTER_CHILD] = SCMP_ACT_KILL_PROCESS, [CAGE_FILTER_TRIAL] = REFUSE,
	};
	scmp_filter_ctx f = seccomp_init(otherwise[which]);
	int rc = f == NULL ? -ENOMEM : seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (rc == 0 && (which == CAGE_FILTER_SEAL || which == CAGE_FILTER_FORKER))
		rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = fill(f, which, c);
	if (rc != 0) {
		seccomp_release(f);
		return err_set(e, -rc, "cannot build a system call filter: %s", strerror(-rc));
	}
	*out = f;
	return 0;
}

static struct sock_fprog prepared[CAGE_FILTER_TRIAL + 1];		/* what cage_filter_prepare() built */

int cage_filter_load(enum cage_filter which, const struct cage *c, struct err *e)
{
	scmp_filter_ctx f;
	int rc;

	if (prepared[which].len > 0) {
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prepared[which]) == 0)
			return 0;
		return err_set(e, errno, "cannot load a child's system call filter: %s", strerror(errno));
	}
	if (build(&f, which, c, e) == -1)
		return -1;
	rc = seccomp_load(f);
	seccomp_release(f);
	if (rc != 0)
		return err_set(e, -rc, "cannot load a system call filter: %s", strerror(-rc));
	return 0;
}

/* The kernel takes 4,096 instructions at most: 32 KiB, which a pipe holds. */
int cage_filter_prepare(enum cage_filter which, struct err *e)
{
	enum { BYTES = BPF_MAXINSNS * sizeof(struct sock_filter) };
	struct sock_filter *program = NULL;
	scmp_filter_ctx f = NULL;
	int fd[2] = { -1, -1 }, rc = -1;
	ssize_t n;

	if (prepared[which].len > 0)
		return 0;
	if (build(&f, which, NULL, e) == -1)
		return -1;
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == -1 || (program = malloc(BYTES)) == NULL) {
		err_set(e, errno, "cannot take a filter's program: %s", strerror(errno));
		goto out;
	}
	if (seccomp_export_bpf(f, fd[1]) != 0 || (n = read(fd[0], program, BYTES)) <= 0) {
		err_set(e, -1, "cannot take a filter's program");
		goto out;
	}
	prepared[which] = (struct sock_fprog){ (unsigned short)((size_t)n / sizeof(*program)), program };
	program = NULL;
	rc = 0;
out:
	free(program);
	if (fd[0] != -1) {
		close(fd[0]);
		close(fd[1]);
	}
	seccomp_release(f);
	return rc;
}
