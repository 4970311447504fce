/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile - a module that attacks where it is told to: in its constructor, in parse or in emit
 *
 * Built several times (Makefile, HOSTILE): -DCTOR=attack_x attacks in the constructor; without CTOR the attack is the
 * value of the option `parse` or `emit`, and without that the module behaves: each line of the input becomes an ENTRY
 * with the line as its text, each record to write becomes a line of output.  Only tests load it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include "formats/core/format.h"

#ifndef NAME
#define NAME "hostile"
#endif
#ifndef ABI
#define ABI TALLY_FORMAT_ABI
#endif
#ifndef SIZE
#define SIZE sizeof(struct tally_format)
#endif
#ifndef SYMBOL
#define SYMBOL tally_format
#endif

static volatile int never;

static void attack_exec(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	execv("/bin/true", argv);
}

static void attack_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd != -1)
		close(fd);
}

static void attack_fork(void)
{
	for (int i = 0; i < 64; i++)
		if (fork() == 0) {
			alarm(2);	/* where nothing stops us no child may outlive its test */
			pause();
		}
}

static void attack_loop(void)
{
	while (!never)
		;
}

static void attack_sleep(void)
{
	pause();
}

static void attack_memory(void)
{
	for (size_t n = 0; n < (size_t)64 << 10; n++) {
		char *p = malloc((size_t)1 << 20);

		if (p == NULL)
			abort();
		memset(p, 1, (size_t)1 << 20);
	}
	_exit(0);	/* 64 GiB were there: nothing stopped us */
}

static void attack_open(void)
{
	int fd = open("/tmp/tallygate-hostile", O_WRONLY | O_CREAT, 0600);

	if (fd != -1)
		close(fd);
}

static void attack_kill(void)
{
#ifndef TALLY_SANITIZED		/* no filter is there to stop it: it would end the test */
	kill(getppid(), SIGKILL);
#endif
}

static void attack_ptrace(void)
{
	ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static void attack_exit(void)
{
	_exit(0);
}

static void attack_crash(void)
{
	raise(SIGSEGV);
	abort();
}

static void attack_stack(void)
{
	volatile char deep[65536];

	deep[0] = 1;
	if (!never)
		attack_stack();
	deep[1] = deep[0];
}

static void attack_garbage(void)
{
	static const char rubbish[] = "\xff\xff\xff\xff\x01 this is no frame";

	_exit(write(1, rubbish, sizeof(rubbish)) > 0 ? 0 : 1);
}

static void attack_nothing(void)
{
}

static const struct { const char *name; void (*run)(void); } attacks[] = {
	{ "exec", attack_exec }, { "socket", attack_socket }, { "fork", attack_fork }, { "loop", attack_loop },
	{ "sleep", attack_sleep }, { "memory", attack_memory }, { "open", attack_open }, { "kill", attack_kill },
	{ "ptrace", attack_ptrace }, { "exit", attack_exit }, { "crash", attack_crash }, { "stack", attack_stack },
	{ "garbage", attack_garbage }, { "nothing", attack_nothing },
};

#ifdef CTOR
__attribute__((constructor)) static void at_load(void)
{
	CTOR();
}
#endif

/* Attacks on the contract instead of the machine; true when `name` was one. */
static bool break_contract(const struct tally_host *host, struct view name)
{
	struct record r;
	struct finding f = { .size = sizeof(f), .severity = FINDING_WARNING, .code = "HOSTILE_FLOOD", .line = 1,
		.text = VIEW("again") };
	struct view window;

	record_init(&r, RECORD_ENTRY, 1);
	if (view_eq(name, VIEW("kind"))) {
		r.kind = 200;
		host->record(host->ctx, &r);
	} else if (view_eq(name, VIEW("field"))) {
		r.present[1] = (uint64_t)1 << 63;
		host->record(host->ctx, &r);
	} else if (view_eq(name, VIEW("keep"))) {
		host->more(host->ctx, 0, &window);
		host->more(host->ctx, window.n + 1, &window);
	} else if (view_eq(name, VIEW("wrongway"))) {
		host->write(host->ctx, VIEW("bytes from a parser"));
		host->record(host->ctx, &r);
	} else if (view_eq(name, VIEW("flood"))) {
		for (int i = 0; i < 250000; i++)
			host->finding(host->ctx, &f);
	} else if (view_eq(name, VIEW("large"))) {
		char *text = calloc(1, (size_t)2 << 20);

		if (text == NULL)
			abort();
		record_set_text(&r, F_TEXT, (struct view){ memset(text, 'x', (size_t)2 << 20), (size_t)2 << 20 });
		host->record(host->ctx, &r);
	} else if (view_eq(name, VIEW("seq"))) {
		r.seq = 77;
		host->record(host->ctx, &r);
	} else {
		return false;
	}
	return true;
}

static int attack(const struct tally_host *host, const char *option)
{
	struct view name = host->option(host->ctx, option);

	if (name.n == 0)
		return 0;
	if (break_contract(host, name))
		return 0;
	if (view_eq(name, VIEW("minus")))
		return -1;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		if (view_eq(name, view_of(attacks[i].name)))
			attacks[i].run();
	return 0;
}

static int line_record(const struct tally_host *host, uint64_t line, struct view text)
{
	struct record r;

	record_init(&r, RECORD_ENTRY, line);
	record_set_num(&r, F_AMOUNT, (int64_t)text.n);
	record_set_text(&r, F_TEXT, text);
	return host->record(host->ctx, &r);
}

static int hostile_parse(const struct tally_host *host, void *state)
{
	struct view window, rest, line;
	uint64_t *lines = state;
	size_t keep = 0;

	if (attack(host, "parse") != 0)
		return -1;
	while (host->more(host->ctx, keep, &window) > 0) {
		for (rest = window; rest.n > 0 && memchr(rest.p, '\n', rest.n) != NULL;) {
			view_cut(&rest, '\n', &line);
			if (line_record(host, ++*lines, line) != 0)
				return -1;
		}
		keep = rest.p == NULL ? 0 : rest.n;
		if (keep > TALLY_KEEP_MAX)
			return -1;
	}
	return keep > 0 ? line_record(host, ++*lines, rest) : 0;
}

static int hostile_probe(struct view head)
{
	return view_starts(head, VIEW("line")) ? 50 : 0;
}

static int hostile_begin(const struct tally_host *host, void *state)
{
	(void)state;
	return attack(host, "emit");
}

static int hostile_record(const struct tally_host *host, void *state, const struct record *r)
{
	(void)state;
	if (attack(host, "emit_record") != 0 || host->write(host->ctx, record_text(r, F_TEXT)) != 0)
		return -1;
	return host->write(host->ctx, VIEW("\n"));
}

static int hostile_end(const struct tally_host *host, void *state)
{
	(void)state;
	return host->write(host->ctx, VIEW("end\n"));
}

extern const struct tally_format SYMBOL;
__attribute__((visibility("default"))) const struct tally_format SYMBOL = {
	.abi = ABI, .size = SIZE, .name = NAME, .version = "1.0", .state_size = sizeof(uint64_t),
	.probe = hostile_probe,
	.parse = hostile_parse, .emit_begin = hostile_begin, .emit_record = hostile_record, .emit_end = hostile_end,
};
