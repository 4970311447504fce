/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader - see loader.h.  Nothing of a module runs here before its owner, its mode and its trial child were good
 *
 * The trial child loads the module under cage_trial and reports by a pipe: silence and death, or no word within the
 * deadline, refuse the module with the reason in words.  What a module does differently the second time it may do only
 * inside its caller's cage, so loader_open() belongs into the zygote or into a process that is caged as one.
 *
 * The fd of every module that reached dlopen stays open on purpose: glibc takes "/proc/self/fd/7" for the library that
 * it has loaded under that name before, so a number must never be used twice in one process.
 *
 * Failure: only an unreadable directory is an error; a bad module is a row whose `refused` says why.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cage.h"
#include "gateway/loader.h"
#include "gateway/zygote.h"

#define TRIAL_MS 10000			/* for one that waits; one that works is bounded by TRIAL_CPU on any machine */
#define TRIAL_MEMORY ((uint64_t)512 << 20)
#define TRIAL_CPU 2
#define LOAD_SECONDS 20			/* the real load: it was in time in the trial, so over this it plays with us */
#define STATE_MAX ((size_t)256 << 20)
#define FIRST_RELEASE (offsetof(struct tally_format, findings) + sizeof(void *))

static void refuse(struct module *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void refuse(struct module *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->refused, sizeof(m->refused), fmt, ap);
	va_end(ap);
	m->format = NULL;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* dlopen by fd, so that what was looked at is what is loaded. */
static void *open_fd(int fd, char *why, size_t cap)
{
	char path[64];
	const char *said;
	void *so;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (so == NULL) {
		said = dlerror();
		snprintf(why, cap, "%.100s", said == NULL ? "dlopen failed" : said);
	}
	return so;
}

/* In the trial child: one byte 'y', or 'n' and the reason. */
__attribute__((noreturn)) static void trial_child(int fd, int report)
{
	char answer[160] = "y";
	struct cage_limits limits = { .memory_bytes = TRIAL_MEMORY, .cpu_seconds = TRIAL_CPU };
	struct err e = { 0 };
	ssize_t n;

	if (cage_trial(&limits, &e) == -1)
		snprintf(answer, sizeof(answer), "nthe trial's cage: %.130s", e.text);
	else if (open_fd(fd, answer + 1, sizeof(answer) - 1) == NULL)
		answer[0] = 'n';
	n = write(report, answer, strlen(answer));
	_exit(n > 0 ? 0 : 1);
}

/* Reads the report until the child closes it or the time is over; false = over. */
static bool trial_listen(int report, char *answer, size_t cap)
{
	int64_t end = now_ms() + TRIAL_MS, left;
	size_t n = 0;

	while ((left = end - now_ms()) > 0) {
		struct pollfd p = { .fd = report, .events = POLLIN };
		ssize_t got;

		if (poll(&p, 1, (int)left) <= 0)
			continue;
		got = read(report, answer + n, cap - 1 - n);
		if (got <= 0) {
			answer[n] = '\0';
			return true;
		}
		n += (size_t)got;
	}
	return false;
}

static void trial_verdict(struct module *m, bool in_time, const char *answer, int status)
{
	char why[120];

	if (!in_time)
		refuse(m, "its constructor did not come back within %d ms", TRIAL_MS);
	else if (!zygote_ended_well(status, why, sizeof(why)))
		refuse(m, "its constructor died in the trial: %s", why);
	else if (answer[0] == 'n')
		refuse(m, "cannot be loaded: %s", answer + 1);
	else if (answer[0] != 'y')
		refuse(m, "its constructor ended the process");
}

static void trial(struct module *m, int fd)
{
	char answer[200] = "";
	int pipe_fds[2], status = 0;
	bool in_time;
	pid_t pid, parent = getpid();

	if (pipe2(pipe_fds, O_CLOEXEC) == -1) {
		refuse(m, "cannot be tried: %s", strerror(errno));
		return;
	}
	pid = fork();
	if (pid == -1) {
		refuse(m, "cannot be tried: %s", strerror(errno));
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		return;
	}
	if (pid == 0) {
		close(pipe_fds[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			trial_child(fd, pipe_fds[1]);
		_exit(1);
	}
	close(pipe_fds[1]);
	in_time = trial_listen(pipe_fds[0], answer, sizeof(answer));
	close(pipe_fds[0]);
	if (!in_time || answer[0] == '\0')	/* it may live on with its end of the pipe closed */
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	trial_verdict(m, in_time, answer, status);
}

/* No member but abi and size is touched before these two are good. */
static void take_symbol(struct module *m, const struct tally_format *f)
{
	if (f->abi != TALLY_FORMAT_ABI)
		refuse(m, "it speaks ABI %u, this gateway speaks %u", f->abi, TALLY_FORMAT_ABI);
	else if (f->size < FIRST_RELEASE)
		refuse(m, "its tally_format has %u bytes, the first release's has %zu", f->size, FIRST_RELEASE);
	else if (f->name == NULL || strcmp(f->name, m->name) != 0)
		refuse(m, "the file's name and the module's name differ");
	else if (f->version == NULL || f->version[0] == '\0')
		refuse(m, "it has no version");
	else if (f->parse == NULL && f->emit_record == NULL)
		refuse(m, "it neither parses nor emits");
	else if (f->emit_record != NULL && (f->emit_begin == NULL || f->emit_end == NULL))
		refuse(m, "it has emit_record without emit_begin and emit_end");
	else if (f->state_size > STATE_MAX)
		refuse(m, "it asks for a state of %zu bytes", f->state_size);
	else
		m->format = f;
}

static void load_file(struct module *m, const struct loader *l, int fd)
{
	const struct tally_format *f;
	struct stat st;
	char why[150];
	void *so;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		refuse(m, "not a regular file");
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		refuse(m, "owned by uid %lu, neither root nor ours", (unsigned long)st.st_uid);
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		refuse(m, "writable by group or others");
	else
		trial(m, fd);
	if (m->refused[0] != '\0')
		return;
	alarm(LOAD_SECONDS);			/* and the process ends by SIGALRM */
	so = open_fd(fd, why, sizeof(why));
	alarm(0);
	if (so == NULL) {
		refuse(m, "cannot be loaded: %s", why);
		return;
	}
	f = dlsym(so, "tally_format");
	if (f == NULL) {
		refuse(m, "it has no symbol tally_format");
		return;
	}
	for (size_t i = 0; i < l->n; i++)
		if (l->m[i].format == f)
			refuse(m, "the same module as '%s'", l->m[i].name);
	if (m->refused[0] == '\0')
		take_symbol(m, f);
}

static int is_module(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 3 && d->d_name[0] != '.' && strcmp(d->d_name + n - 3, ".so") == 0;
}

static void load_name(struct loader *l, int dirfd, const char *name)
{
	struct module *m = &l->m[l->n];
	size_t n = strlen(name) - 3;
	int fd;

	memset(m, 0, sizeof(*m));
	memcpy(m->name, name, n < sizeof(m->name) ? n : sizeof(m->name) - 1);
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (n >= sizeof(m->name))
		refuse(m, "its name is longer than %zu bytes", sizeof(m->name) - 1);
	else if (fd == -1)
		refuse(m, "cannot be opened: %s", errno == ELOOP ? "a symbolic link" : strerror(errno));
	else
		load_file(m, l, fd);
	l->n++;
}

int loader_open(struct loader *l, const char *dir, struct err *e)
{
	struct dirent **names = NULL;
	int n, dirfd;

	l->n = 0;
	if (cage_trial_prepare(e) == -1)
		return -1;
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = dirfd == -1 ? -1 : scandirat(dirfd, ".", &names, is_module, alphasort);
	if (n == -1) {
		err_set(e, errno, "cannot read the modules directory '%s': %s", dir, strerror(errno));
		if (dirfd != -1)
			close(dirfd);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		if (l->n < LOADER_MODULES)
			load_name(l, dirfd, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	close(dirfd);
	if (n > LOADER_MODULES)
		return err_set(e, -1, "'%s' holds %d modules, more than %d", dir, n, LOADER_MODULES);
	return 0;
}

const struct module *loader_find(const struct loader *l, struct view name)
{
	for (size_t i = 0; i < l->n; i++)
		if (view_eq(view_of(l->m[i].name), name))
			return &l->m[i];
	return NULL;
}

const struct module *loader_detect(const struct loader *l, struct view head)
{
	const struct module *best = NULL;
	int most = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct tally_format *f = l->m[i].format;
		int p = f == NULL || f->probe == NULL || f->parse == NULL ? 0 : f->probe(head);

		if (p > most) {
			most = p;
			best = &l->m[i];
		}
	}
	return best;
}
