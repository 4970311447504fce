/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offline - one file through the zygote, frame by frame
 *
 * The child's bytes are checked as the gateway checks them: a malformed frame or record ends the file as FAILED.
 * Failure: -1 for a file that cannot be read or a zygote that is gone; what is wrong inside the file is a finding.
 */
#include "gateway/cli/offline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/core/wire.h"

#define MEMORY ((uint64_t)256 << 20)
#define CPU_SECONDS 60
#define CPU_BYTES ((uint64_t)1 << 20)		/* a second more for each MiB; what is no file has CPU_STREAM */
#define CPU_STREAM 86400

static int wrong(const char *usage, const char *what, const char *arg)
{
	fprintf(stderr, "tallygate: %s '%s'\nusage: tallygate %s\n", what, arg, usage);
	return 2;
}

static int take_option(struct offline *o, char *text)
{
	char *eq = strchr(text, '=');

	if (eq == NULL || eq == text || o->n_options == OFFLINE_OPTIONS)
		return -1;
	*eq = '\0';
	o->options[o->n_options++] = (struct config_pair){ text, eq + 1 };
	return 0;
}

int offline_options(struct offline *o, int argc, char **argv, const char *usage)
{
	int n = 0;

	*o = (struct offline){ .format = "", .files = argv + 1 };
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			o->json = true;
		} else if (strcmp(argv[i], "--unmask") == 0) {
			o->unmask = true;
		} else if (strcmp(argv[i], "--format") == 0 || strcmp(argv[i], "--option") == 0) {
			if (i + 1 >= argc)
				return wrong(usage, "a value is missing after", argv[i]);
			if (strcmp(argv[i], "--format") == 0)
				o->format = argv[i + 1];
			else if (take_option(o, argv[i + 1]) != 0)
				return wrong(usage, "an option is NAME=VALUE, not", argv[i + 1]);
			i++;
		} else if (argv[i][0] == '-' && argv[i][1] != '\0') {
			return wrong(usage, "unknown option", argv[i]);
		} else {
			o->files[n++] = argv[i];
		}
	}
	o->n_files = n;
	if (n > 0)
		return 0;
	fprintf(stderr, "usage: tallygate %s\n", usage);
	return 2;
}

const char *offline_modules(void)
{
	static char path[600];
	const char *given = getenv("TALLY_MODULES");
	char *slash;
	ssize_t n;

	if (given != NULL && *given != '\0')
		return given;
	n = readlink("/proc/self/exe", path, sizeof(path) - 32);
	path[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 2 && (slash = strrchr(path, '/')) != NULL; i++)
		*slash = '\0';
	memcpy(path + strlen(path), "/modules", 9);
	return access(path, R_OK) == 0 ? path : "/usr/lib/tallygate/modules";
}

struct reading {
	const struct offline_sink *sink;
	struct offline_result *result;
	struct zygote_end end;
	struct buf in;
	bool ended, broken;
};

static bool on_records(struct reading *r, struct view payload)
{
	struct record rec;
	int got;

	while ((got = wire_cut_record(&payload, &rec)) == 1) {
		r->result->records++;
		r->sink->record(r->sink->ctx, &rec);
	}
	return got == 0 && payload.n == 0;
}

static bool on_frame(struct reading *r, uint8_t kind, struct view payload)
{
	char code[64], version[32];
	struct tally_sum sum;
	struct finding f;

	switch (kind) {
	case FRAME_RECORDS:
		return on_records(r, payload);
	case FRAME_SUM:
		if (r->sink->sum == NULL || !zygote_get_sum(payload, &sum) ||
			sum.records > INT64_MAX - r->result->records)
			return false;
		r->result->records += sum.records;
		r->sink->sum(r->sink->ctx, &sum);
		return true;
	case FRAME_FINDING:
		if (!wire_get_finding(payload, &f, code))
			return false;
		r->result->findings++;
		r->result->errors += f.severity == FINDING_ERROR;
		r->sink->finding(r->sink->ctx, &f);
		return true;
	case FRAME_FORMAT:
		return zygote_get_format(payload, r->result->format, version);
	case FRAME_END:
		r->ended = zygote_get_end(payload, &r->end);
		return r->ended;
	default:
		return false;
	}
}

/* Everything that is in the pipe now.  False: the end, or a broken child. */
static bool drain(struct reading *r, int fd)
{
	char chunk[65536];
	struct view rest, payload;
	uint8_t kind;
	ssize_t n;
	int got = 0;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		buf_put(&r->in, chunk, (size_t)n);
		rest = buf_as_view(&r->in);
		while ((got = zygote_cut_frame(&rest, &kind, &payload)) == 1)
			if (!on_frame(r, kind, payload))
				got = -1;
		if (got < 0 || r->in.failed) {
			r->broken = true;
			return false;
		}
		memmove(r->in.p, r->in.p + (r->in.n - rest.n), rest.n);
		r->in.n = rest.n;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void judge(struct reading *r, int status)
{
	struct offline_result *out = r->result;
	bool well = zygote_ended_well(status, out->why, sizeof(out->why));

	if (r->end.errors > out->errors)
		out->errors = r->end.errors;
	if (r->end.findings > out->findings)
		out->findings = r->end.findings;
	if (!well || r->broken || !r->ended) {
		out->end = OFFLINE_FAILED;
		if (out->why[0] == '\0')
			snprintf(out->why, sizeof(out->why), "it sent what are no records");
		return;
	}
	out->end = r->end.rc == ZYGOTE_GOOD ? OFFLINE_DONE : r->end.rc == ZYGOTE_NOBODYS ? OFFLINE_UNKNOWN :
		r->end.rc == ZYGOTE_NO_MODULE ? OFFLINE_NO_MODULE : OFFLINE_GAVE_UP;
}

static int follow(struct zygote *z, struct reading *r, int pipe_fd, uint32_t job, struct err *err)
{
	struct pollfd p[2] = { { .fd = pipe_fd, .events = POLLIN }, { .fd = zygote_fd(z), .events = POLLIN } };
	bool open = true, over = false;
	int status = 0, got;
	uint32_t ended;

	while (open || !over) {
		p[0].fd = open ? pipe_fd : -1;
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_set(err, errno, "cannot wait for the module: %s", strerror(errno));
		if (open && p[0].revents != 0)
			open = drain(r, pipe_fd);
		if (r->broken)
			zygote_kill(z, job);
		while ((got = zygote_exit_next(z, &ended, &status)) == 1)
			over |= ended == job;
		if (got < 0)
			return err_set(err, -1, "the zygote is gone");
	}
	judge(r, status);
	return 0;
}

static uint64_t cpu_seconds(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return CPU_STREAM;
	return CPU_SECONDS + (uint64_t)st.st_size / CPU_BYTES;
}

int offline_file(struct zygote *z, const struct offline *o, const char *path, const struct offline_sink *sink,
	struct offline_result *out, struct err *err)
{
	struct zygote_job job = { .what = ZYGOTE_PARSE, .options = (struct config_pair *)(uintptr_t)o->options,
		.n_options = o->n_options, .sums = sink->sum != NULL,
		.limits = { .memory_bytes = MEMORY } };
	struct reading r = { .sink = sink, .result = out };
	int fd = strcmp(path, "-") == 0 ? 0 : open(path, O_RDONLY | O_CLOEXEC), pipe_fd = -1, rc = -1;
	struct stat st;
	uint32_t number;

	*out = (struct offline_result){ .end = OFFLINE_FAILED };
	if (fd == -1 || (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))) {
		err_set(err, fd == -1 ? errno : EISDIR, "cannot read '%s': %s", path,
			strerror(fd == -1 ? errno : EISDIR));
		if (fd > 0)
			close(fd);
		return -1;
	}
	if ((size_t)snprintf(job.format, sizeof(job.format), "%s", o->format) >= sizeof(job.format))
		job.format[0] = '?';			/* no module has so long a name */
	job.limits.cpu_seconds = cpu_seconds(fd);
	if (zygote_submit(z, fd, &job, &pipe_fd, &number, err) == 0)
		rc = follow(z, &r, pipe_fd, number, err);
	if (pipe_fd != -1)
		close(pipe_fd);
	if (fd != 0)
		close(fd);
	buf_release(&r.in);
	return rc;
}
