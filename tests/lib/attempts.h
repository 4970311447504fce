/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempts - what a process that was taken over would try; each answers 0 when it could, else the errno it got
 *
 * Raw system calls where a library would look first.  in_child() runs a body in a process of its own and says how it
 * ended.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/netlink.h>

#define ATTEMPT __attribute__((unused)) static int
#define ANSWER(call) ((call) == -1 ? errno : 0)

ATTEMPT try_exec(void)
{
	char *argv[] = { (char *)"/bin/true", NULL };

	return ANSWER(execve("/bin/true", argv, NULL));
}

ATTEMPT try_execveat(void)
{
	char *argv[] = { (char *)"true", NULL };

	return ANSWER(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, NULL, 0));
}

ATTEMPT try_socket(int domain, int type, int protocol)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol);

	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

ATTEMPT try_inet(void) { return try_socket(AF_INET, SOCK_STREAM, 0); }
ATTEMPT try_inet_udp(void) { return try_socket(AF_INET, SOCK_DGRAM, 0); }
ATTEMPT try_inet6(void) { return try_socket(AF_INET6, SOCK_STREAM, 0); }
ATTEMPT try_unix(void) { return try_socket(AF_UNIX, SOCK_STREAM, 0); }
ATTEMPT try_netlink(void) { return try_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }
ATTEMPT try_packet(void) { return try_socket(AF_PACKET, SOCK_RAW, 0); }
ATTEMPT try_vsock(void) { return try_socket(AF_VSOCK, SOCK_STREAM, 0); }
ATTEMPT try_alg(void) { return try_socket(AF_ALG, SOCK_SEQPACKET, 0); }
ATTEMPT try_io_uring(void) { char params[256] = { 0 }; return ANSWER(syscall(SYS_io_uring_setup, 4, params)); }
ATTEMPT try_ptrace_parent(void) { return ANSWER(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)); }
ATTEMPT try_ptrace_me(void) { return ANSWER(ptrace(PTRACE_TRACEME, 0, NULL, NULL)); }
ATTEMPT try_kill_parent(void) { return ANSWER(syscall(SYS_kill, getppid(), 0)); }
ATTEMPT try_signal_parent(void) { return ANSWER(syscall(SYS_kill, getppid(), SIGWINCH)); }
ATTEMPT try_kill_all(void) { return ANSWER(syscall(SYS_kill, -1, 0)); }
ATTEMPT try_tgkill_parent(void) { return ANSWER(syscall(SYS_tgkill, getppid(), getppid(), 0)); }
ATTEMPT try_pidfd_open(void) { return ANSWER(syscall(SYS_pidfd_open, getppid(), 0)); }
ATTEMPT try_bpf(void) { char attr[64] = { 0 }; return ANSWER(syscall(SYS_bpf, 0, attr, sizeof(attr))); }
ATTEMPT try_perf(void) { char attr[128] = { 0 }; return ANSWER(syscall(SYS_perf_event_open, attr, 0, -1, -1, 0)); }
ATTEMPT try_userfaultfd(void) { return ANSWER(syscall(SYS_userfaultfd, 0)); }
ATTEMPT try_keyctl(void) { return ANSWER(syscall(SYS_keyctl, 0, -3, 0, 0, 0)); }
ATTEMPT try_mount(void) { return ANSWER(mount("none", "/tmp", "tmpfs", 0, NULL)); }
ATTEMPT try_unshare(void) { return ANSWER(unshare(CLONE_NEWUSER)); }
ATTEMPT try_setuid(void) { return ANSWER(syscall(SYS_setresuid, 0, 0, 0)); }
ATTEMPT try_chroot(void) { return ANSWER(chroot("/")); }
ATTEMPT try_inotify(void) { return ANSWER(inotify_init1(IN_CLOEXEC)); }
ATTEMPT try_shm(void) { return ANSWER(shmget(IPC_PRIVATE, 4096, 0600)); }
ATTEMPT try_chmod(void) { return ANSWER(chmod("/tmp", 01777)); }
ATTEMPT try_setxattr(void) { return ANSWER(setxattr("/tmp", "user.x", "1", 1, 0)); }
ATTEMPT try_dumpable(void) { return ANSWER(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }
ATTEMPT try_unknown(void) { return ANSWER(syscall(500)); }

ATTEMPT try_clone3(void)
{
	char args[88] = { 0 };
	long pid = syscall(SYS_clone3, args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return ANSWER(pid);
}

ATTEMPT try_process_vm(void)
{
	char byte;
	struct iovec mine = { &byte, 1 }, theirs = { &byte, 1 };

	return ANSWER(process_vm_readv(getppid(), &mine, 1, &theirs, 1, 0));
}

ATTEMPT try_clone_namespace(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return ANSWER(pid);
}

ATTEMPT try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return ANSWER(pid);
}

ATTEMPT try_exec_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

ATTEMPT try_mprotect_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 0 : ANSWER(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

ATTEMPT try_more_files(void)
{
	struct rlimit more = { 1 << 20, 1 << 20 };

	return ANSWER(setrlimit(RLIMIT_NOFILE, &more));
}

ATTEMPT try_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;
	int rc = 0;

	if (fd == -1)
		return errno;
	if (read(fd, &byte, 1) == -1 && errno != EISDIR)
		rc = errno;
	close(fd);
	return rc;
}

ATTEMPT try_list(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

ATTEMPT try_create_in(const char *dir)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/attempt.%ld", dir, (long)getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd == -1)
		return errno;
	close(fd);
	unlink(path);
	return 0;
}

ATTEMPT try_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

/* Reached = somebody listens, or would if he lived. */
ATTEMPT try_connect(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (fd == -1)
		return errno;
	snprintf(name.sun_path, sizeof(name.sun_path), "%.107s", path);
	rc = ANSWER(connect(fd, (struct sockaddr *)&name, sizeof(name)));
	close(fd);
	return rc == ECONNREFUSED ? 0 : rc;
}

/* Calls `body` in a child; its answer, or 1000 + the signal that ended it. */
#define KILLED 1000
ATTEMPT in_child(int (*body)(void *), void *ctx)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(body(ctx) & 0xff);
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? KILLED + WTERMSIG(status) : WEXITSTATUS(status);
}
