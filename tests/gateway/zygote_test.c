/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zygote_test - jobs that behave, jobs that attack, and the zygote that goes on
 *
 * The module is tests/modules/hostile.c, told by an option what to do; the frames are read as parse and distribute read
 * them. Attacks that only the system call filter stops are left out of a sanitizer build, which has no filter.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/core/wire.h"
#include "gateway/zygote.h"
#include "tests/lib/tap.h"

#ifdef TALLY_SANITIZED
#define FILTERED false
#else
#define FILTERED true
#endif

static struct zygote *z;

struct outcome {
	struct zygote_end end;
	char format[32], version[32], why[200], code[64];	/* code: of the last finding */
	bool well, ended, malformed;
	uint64_t records, findings, line_bytes, seq_faults;
	size_t longest;
	struct buf bytes;
	uint8_t first_kind;
};

static void add_records(struct outcome *o, struct view rest)
{
	struct record r;
	int got;

	while ((got = wire_cut_record(&rest, &r)) == 1) {
		o->seq_faults += r.seq != ++o->records;
		o->line_bytes += record_text(&r, F_TEXT).n;
		if (record_text(&r, F_TEXT).n > o->longest)
			o->longest = record_text(&r, F_TEXT).n;
	}
	if (got != 0 || rest.n != 0)
		o->malformed = true;
}

static void add_frame(struct outcome *o, uint8_t kind, struct view payload)
{
	struct finding f;

	if (o->first_kind == 0)
		o->first_kind = kind;
	if (kind == FRAME_RECORDS)
		add_records(o, payload);
	else if (kind == FRAME_FINDING)
		o->findings += wire_get_finding(payload, &f, o->code);
	else if (kind == FRAME_BYTES)
		buf_view(&o->bytes, payload);
	else if (kind == FRAME_FORMAT)
		o->malformed |= !zygote_get_format(payload, o->format, o->version);
	else
		o->ended = zygote_get_end(payload, &o->end);
}

/* Reads the pipe to its end and waits for the exit. */
static void collect(struct outcome *o, int fd, uint32_t job)
{
	struct buf in = { .max = (size_t)64 << 20 };
	bool open = true, over = false;

	while (open || !over) {
		struct pollfd p[2] = { { .fd = open ? fd : -1, .events = POLLIN },
			{ .fd = zygote_fd(z), .events = POLLIN } };
		struct view rest, payload;
		uint32_t ended;
		int status, got = 0;
		uint8_t kind;
		char chunk[65536];
		ssize_t n;

		poll(p, 2, -1);
		n = open && p[0].revents != 0 ? read(fd, chunk, sizeof(chunk)) : -1;
		if (n > 0)
			buf_put(&in, chunk, (size_t)n);
		open = open && n != 0;
		rest = buf_as_view(&in);
		while (!o->malformed && (got = zygote_cut_frame(&rest, &kind, &payload)) == 1)
			add_frame(o, kind, payload);
		o->malformed |= got == -1;
		if (in.n > 0)
			memmove(in.p, in.p + in.n - rest.n, rest.n);
		in.n = rest.n;
		while ((got = zygote_exit_next(z, &ended, &status)) == 1) {
			over |= ended == job;
			o->well = zygote_ended_well(status, o->why, sizeof(o->why));
		}
		if (got == -1) {
			snprintf(o->why, sizeof(o->why), "the zygote is gone");
			break;
		}
	}
	o->malformed |= in.n > 0;
	buf_release(&in);
	close(fd);
}

static int file_of(struct view bytes)
{
	char path[] = "/tmp/tallygate-zygote-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n <= 0)
			break;
		bytes = (struct view){ bytes.p + n, bytes.n - (size_t)n };
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static struct outcome run(enum zygote_what what, const char *format, const char *option, const char *value,
	struct view input)
{
	struct config_pair pair = { (char *)(uintptr_t)option, (char *)(uintptr_t)value };
	struct zygote_job job = { .what = what, .options = &pair, .n_options = option != NULL, .deadline_ms = 20000,
		.limits = { .memory_bytes = (uint64_t)128 << 20, .cpu_seconds = 1 } };
	struct outcome o = { 0 };
	struct err e = { 0 };
	uint32_t number;
	int fd = file_of(input), pipe_fd;

	if (value != NULL && (strcmp(value, "sleep") == 0 || strcmp(value, "loop") == 0))
		job.deadline_ms = 300;
	snprintf(job.format, sizeof(job.format), "%s", format);
	if (zygote_submit(z, fd, &job, &pipe_fd, &number, &e) == 0)
		collect(&o, pipe_fd, number);
	else
		snprintf(o.why, sizeof(o.why), "%.190s", e.text);
	close(fd);
	return o;
}

static bool lives(void)
{
	struct outcome o = run(ZYGOTE_PARSE, "", NULL, NULL, VIEW("line one\nline two\n"));

	return o.well && o.ended && o.end.rc == ZYGOTE_GOOD && o.records == 2;
}

static void good_jobs(void)
{
	struct outcome o = run(ZYGOTE_PARSE, "", NULL, NULL, VIEW("line one\nline two\nlast without newline"));
	struct buf wire = { 0 };
	struct record r;

	ok(o.well && o.ended && o.end.rc == ZYGOTE_GOOD, "a good file ends well (%s)", o.why);
	ok(o.first_kind == FRAME_FORMAT && strcmp(o.format, "hostile") == 0 && strcmp(o.version, "1.0") == 0,
		"the first frame names module and version");
	is_int(o.records, 3, "every line became a record");
	ok(o.end.records == 3 && o.seq_faults == 0, "records are counted and numbered from 1 by the host");
	o = run(ZYGOTE_PARSE, "", NULL, NULL, VIEW("nobody's file"));
	ok(o.ended && o.end.rc == ZYGOTE_NOBODYS && strcmp(o.code, "UNKNOWN_FORMAT") == 0 && o.end.errors == 1,
		"a file that no probe knows is nobody's, with a finding");
	o = run(ZYGOTE_PARSE, "", NULL, NULL, VIEW(""));
	ok(o.ended && o.end.rc == ZYGOTE_NOBODYS, "an empty file is nobody's");
	o = run(ZYGOTE_PARSE, "hostile", NULL, NULL, VIEW(""));
	ok(o.ended && o.end.rc == ZYGOTE_GOOD && o.records == 0, "an empty file of a named format is read to its end");
	o = run(ZYGOTE_PARSE, "nosuch", NULL, NULL, VIEW("line"));
	ok(o.ended && o.end.rc == ZYGOTE_NO_MODULE && strcmp(o.code, "MODULE_REFUSED") == 0,
		"a format without a module says so");
	record_init(&r, RECORD_ENTRY, 1);
	record_set_text(&r, F_TEXT, VIEW("first"));
	wire_put_record(&wire, &r);
	record_set_text(&r, F_TEXT, VIEW("second"));
	wire_put_record(&wire, &r);
	o = run(ZYGOTE_EMIT, "hostile", NULL, NULL, buf_as_view(&wire));
	is_view(buf_as_view(&o.bytes), VIEW("first\nsecond\nend\n"), "records go in and the module's bytes come out");
	ok(o.ended && o.end.rc == ZYGOTE_GOOD && o.end.records == 2, "an emit counts the records it took");
	buf_release(&o.bytes);
	o = run(ZYGOTE_EMIT, "hostile", NULL, NULL, view_sub(buf_as_view(&wire), 0, wire.n - 3));
	ok(o.ended && o.end.rc == ZYGOTE_BAD_INPUT, "an emit whose last record is cut short says so");
	buf_release(&o.bytes);
	buf_release(&wire);
}

/* The sliding window: every byte arrives once, whatever the sizes of lines and files. */
static void windows(void)
{
	static const size_t lengths[] = { 1, 65535, 65536, 262143, 262144, 262145, 1000000, ((size_t)1 << 20) - 5000 };
	struct buf file = { .max = (size_t)32 << 20 };
	uint64_t bytes = 0;
	struct outcome o;
	char line[64];

	for (int i = 0; i < 200000; i++) {
		snprintf(line, sizeof(line), "line %d %.*s\n", i, i % 40, "........................................");
		buf_text(&file, line);
		bytes += strlen(line) - 1;
	}
	o = run(ZYGOTE_PARSE, "", NULL, NULL, buf_as_view(&file));
	ok(o.records == 200000 && o.line_bytes == bytes && o.seq_faults == 0,
		"a file of many windows gives every line once, whole");
	buf_clear(&file);
	bytes = 0;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		buf_text(&file, "line ");
		buf_fill(&file, 'x', lengths[i]);
		buf_char(&file, '\n');
		bytes += 5 + lengths[i];
	}
	o = run(ZYGOTE_PARSE, "", NULL, NULL, buf_as_view(&file));
	ok(o.records == sizeof(lengths) / sizeof(lengths[0]) && o.line_bytes == bytes,
		"lines up to 1 MiB arrive whole across windows");
	ok(!o.malformed && o.longest > 1000000, "a record larger than a batch has a frame of its own (%zu)",
		o.longest);
	buf_release(&file);
}

static void broken_contracts(void)
{
	static const struct { const char *what, *code; } cases[] = {
		{ "kind", "MODULE_FAILED" }, { "field", "MODULE_FAILED" }, { "keep", "MODULE_FAILED" },
			{ "wrongway", "MODULE_FAILED" }, { "minus", "MODULE_FAILED" },
	};
	struct outcome o;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		o = run(ZYGOTE_PARSE, "hostile", "parse", cases[i].what, VIEW("line\n"));
		ok(o.well && o.ended && o.end.rc == ZYGOTE_MODULE_FAILED && strcmp(o.code, cases[i].code) == 0,
		   "a module that breaks its contract by '%s' fails its job and says so", cases[i].what);
	}
	o = run(ZYGOTE_PARSE, "hostile", "parse", "flood", VIEW("line\n"));
	ok(o.end.rc == ZYGOTE_GOOD && o.findings == ZYGOTE_FINDINGS && o.end.findings == 250000,
		"findings beyond the cap are counted and not sent");
	o = run(ZYGOTE_PARSE, "hostile", "parse", "large", VIEW("line\n"));
	ok(o.end.rc == ZYGOTE_GOOD && strcmp(o.code, "RECORD_TOO_LARGE") == 0 && o.records == 1,
		"a record larger than the wire takes is a finding, and the rest is read");
	o = run(ZYGOTE_PARSE, "hostile", "parse", "seq", VIEW("line\n"));
	ok(o.seq_faults == 0 && o.records == 2, "a module's own number of a record counts for nothing");
}

static void attacks(enum zygote_what what, const char *option, const char *where)
{
	static const struct { const char *attack, *why; bool by_filter; } cases[] = {
		{ "exec", "SIGSYS", true }, { "socket", "SIGSYS", true }, { "fork", "SIGSYS", true },
		{ "open", "SIGSYS", true },
		{ "kill", "SIGSYS", true }, { "ptrace", "SIGSYS", true }, { "sleep", "", true }, { "memory", "", true },
		{ "loop", "", false }, { "crash", "", false }, { "stack", "", false },
	};
	struct buf wire = { 0 };
	struct record r;

	record_init(&r, RECORD_ENTRY, 1);
	wire_put_record(&wire, &r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o;

		if (cases[i].by_filter && !FILTERED)
			continue;
		o = run(what, "hostile", option, cases[i].attack,
			what == ZYGOTE_PARSE ? VIEW("line\n") : buf_as_view(&wire));
		ok(!o.well && !o.ended && strstr(o.why, cases[i].why) != NULL, "'%s' from %s ends its job: %s",
			cases[i].attack, where, o.why);
		ok(lives(), "the zygote does the next job after '%s' from %s", cases[i].attack, where);
		buf_release(&o.bytes);
	}
	buf_release(&wire);
}

static void liars(void)
{
	struct outcome o = run(ZYGOTE_PARSE, "hostile", "parse", "exit", VIEW("line\n"));

	ok(o.well && !o.ended, "a module that ends its process with status 0 leaves no end frame");
	o = run(ZYGOTE_PARSE, "hostile", "parse", "garbage", VIEW("line\n"));
	ok(o.malformed && !o.ended, "bytes that are no frame are seen as such");
	ok(lives(), "the zygote goes on after liars");
}

static void several_at_once(void)
{
	struct config_pair sleepy = { (char[]){ "parse" }, (char[]){ "loop" } };
	struct zygote_job job = { .what = ZYGOTE_PARSE, .format = "hostile", .options = &sleepy, .n_options = 1,
		.limits = { .cpu_seconds = 60 } };
	uint32_t number[ZYGOTE_JOBS], extra, ended;
	int fd = file_of(VIEW("line\n")), pipes[ZYGOTE_JOBS], other, status, seen = 0;
	struct err e = { 0 };
	bool all = true;

	for (int i = 0; i < ZYGOTE_JOBS; i++)
		all &= zygote_submit(z, fd, &job, &pipes[i], &number[i], &e) == 0;
	ok(all, "%d jobs run at once", ZYGOTE_JOBS);
	ok(zygote_submit(z, fd, &job, &other, &extra, &e) == -1 && e.code == EAGAIN, "one more is refused: %s", e.text);
	for (int i = 0; i < ZYGOTE_JOBS; i++)
		zygote_kill(z, number[i]);
	while (seen < ZYGOTE_JOBS) {
		struct pollfd p = { .fd = zygote_fd(z), .events = POLLIN };

		poll(&p, 1, -1);
		while (zygote_exit_next(z, &ended, &status) == 1)
			seen += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	for (int i = 0; i < ZYGOTE_JOBS; i++)
		close(pipes[i]);
	close(fd);
	ok(lives(), "killed jobs make room for the next");
}

/* A child holds the pipe's write end, so the pipe ends when the child does. */
static void everything_dies_downwards(const char *modules)
{
	struct config_pair loop = { (char[]){ "parse" }, (char[]){ "loop" } };
	struct zygote_job job = { .what = ZYGOTE_PARSE, .format = "hostile", .options = &loop, .n_options = 1,
		.limits = { .cpu_seconds = 60 } };
	int fd = file_of(VIEW("line\n")), pipe_fd = -1, pair[2], status = 0;
	char byte;
	ssize_t n;
	pid_t pid;

	zygote_free(z);
	z = NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return;
	pid = fork();
	/* a parent that dies in the middle of a job; its end of `pair` leaves no one but itself */
	if (pid == 0) {
		struct zygote *mine = NULL;
		struct err e = { 0 };
		uint32_t number;

		close(pair[0]);
		fcntl(pair[1], F_SETFD, FD_CLOEXEC);
		if (zygote_start(&mine, modules, &e) != 0 || zygote_submit(mine, fd, &job, &pipe_fd, &number, &e) != 0)
			_exit(1);
		struct msghdr h = { 0 };
		union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int))]; } control = { .bytes = { 0 } };
		struct iovec io = { (char[]){ "p" }, 1 };

		h.msg_iov = &io;
		h.msg_iovlen = 1;
		h.msg_control = &control;
		h.msg_controllen = sizeof(control);
		CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), &pipe_fd, sizeof(int));
		_exit(sendmsg(pair[1], &h, 0) == 1 ? 0 : 1);
	}
	close(pair[1]);
	{
		union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int))]; } control;
		struct iovec io = { &byte, 1 };
		struct msghdr h = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control,
			.msg_controllen = sizeof(control) };

		if (recvmsg(pair[0], &h, 0) == 1 && CMSG_FIRSTHDR(&h) != NULL)
			memcpy(&pipe_fd, CMSG_DATA(CMSG_FIRSTHDR(&h)), sizeof(int));
	}
	waitpid(pid, &status, 0);
	ok(status == 0 && pipe_fd != -1, "a parent with a job running ends");
	fcntl(pipe_fd, F_SETFL, 0);
	while ((n = read(pipe_fd, &byte, 1)) > 0)	/* the module's name comes first */
		;
	is_int(n, 0, "its zygote and the job's child end with it: the pipe has no writer left");
	close(pipe_fd);
	close(pair[0]);
	close(fd);
}

static void frames(void)
{
	static const struct { const char *what; struct view in; int want; } cases[] = {
		{ "four bytes are no frame yet", VIEW_INIT("\1\0\0\0"), 0 },
		{ "a frame without its payload is no frame yet", VIEW_INIT("\1\0\0\0\2"), 0 },
		{ "a whole frame is cut", VIEW_INIT("\1\0\0\0\2x"), 1 },
		{ "an empty payload is a frame", VIEW_INIT("\0\0\0\0\1"), 1 },
		{ "kind 0 is refused", VIEW_INIT("\1\0\0\0\0x"), -1 },
		{ "an unknown kind is refused", VIEW_INIT("\1\0\0\0\7x"), -1 },
		{ "a length above the bound is refused at once", VIEW_INIT("\1\0\x10\0\1"), -1 },
		{ "the largest length is waited for", VIEW_INIT("\0\0\x10\0\1"), 0 },
	};
	struct zygote_end end;
	char name[32], version[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view rest = cases[i].in, payload;
		uint8_t kind;

		is_int(zygote_cut_frame(&rest, &kind, &payload), cases[i].want, "%s", cases[i].what);
	}
	ok(!zygote_get_end(VIEW("\0"), &end), "an end of the wrong size is refused");
	ok(!zygote_get_end(VIEW("\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), &end),
		"an end with an unknown verdict is refused");
	ok(!zygote_get_end(VIEW("\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"), &end),
		"an end with more errors than findings is refused");
	ok(!zygote_get_format(VIEW("bai2"), name, version), "a format without its version is refused");
	ok(!zygote_get_format(VIEW("bai2 1\n2"), name, version), "a format with control characters is refused");
}

/* A sum crosses by its bytes; what no file can have is refused, also from a child that lies. */
static void sums(void)
{
	static const struct { unsigned at; char byte; const char *what; } lies[] = {
		{ 0, RECORD_BATCH, "of a kind that is never summed up" }, { 8, (char)0x80, "of more records than can be counted" },
		{ 16, (char)0x80, "of more addenda than can be counted" }, { 32, (char)0x80, "with a debit below zero" },
		{ 40, (char)0x80, "with a credit below zero" },
	};
	struct tally_sum s = { .size = sizeof(s), .kind = RECORD_PAYMENT, .records = 7, .addenda = 2, .hash = 9,
		.debit = 100, .credit = INT64_MAX }, back;
	char bytes[ZYGOTE_SUM_BYTES];

	zygote_put_sum(bytes, &s);
	ok(zygote_get_sum((struct view){ bytes, sizeof(bytes) }, &back) && memcmp(&s, &back, sizeof(s)) == 0,
		"a sum comes back as it was put");
	ok(!zygote_get_sum((struct view){ bytes, sizeof(bytes) - 1 }, &back), "a sum that is a byte short is refused");
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		zygote_put_sum(bytes, &s);
		bytes[lies[i].at] = lies[i].byte;
		ok(!zygote_get_sum((struct view){ bytes, sizeof(bytes) }, &back), "a sum %s is refused", lies[i].what);
	}
}

int main(void)
{
	char modules[512];
	ssize_t n = readlink("/proc/self/exe", modules, sizeof(modules) - 32);
	struct err e = { 0 };
	char *slash;

	modules[n < 0 ? 0 : n] = '\0';
	for (int i = 0; i < 2; i++)
		if ((slash = strrchr(modules, '/')) != NULL)
			*slash = '\0';
	strncat(modules, "/modules/good", 16);
	frames();
	sums();
	ok(zygote_start(&z, "/nonexistent/modules", &e) == -1 && strstr(e.text, "/nonexistent") != NULL,
		"a missing directory of modules is an error: %s", e.text);
	e = (struct err){ 0 };
	if (!ok(zygote_start(&z, modules, &e) == 0, "the zygote starts (%s)", e.text))
		return done_testing();
	ok(zygote_module_at(z, 0) != NULL && strcmp(zygote_module_at(z, 0)->name, "hostile") == 0 &&
		zygote_module_at(z, 1) == NULL, "it tells which modules it has");
	good_jobs();
	windows();
	broken_contracts();
	liars();
	attacks(ZYGOTE_PARSE, "parse", "parse");
	attacks(ZYGOTE_EMIT, "emit", "emit");
	several_at_once();
	everything_dies_downwards(modules);
	return done_testing();
}
