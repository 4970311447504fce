/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zygote_frame - cutting what a child wrote into frames, and reading how it ended; pure
 *
 * The bytes come from a process that may be hostile: a length is compared with its bound before anything waits for it,
 * an unknown kind is refused, a payload of the wrong size is refused.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "gateway/zygote.h"

#define FRAME_HEAD 5u

static uint64_t get_le(const char *p, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return v;
}

int zygote_cut_frame(struct view *rest, uint8_t *kind, struct view *payload)
{
	uint64_t n;

	if (rest->n < FRAME_HEAD)
		return 0;
	n = get_le(rest->p, 4);
	*kind = (uint8_t)rest->p[4];
	if (n > ZYGOTE_FRAME_MAX || *kind < FRAME_RECORDS || *kind > FRAME_SUM)
		return -1;
	if (rest->n - FRAME_HEAD < n)
		return 0;
	*payload = (struct view){ rest->p + FRAME_HEAD, (size_t)n };
	*rest = (struct view){ rest->p + FRAME_HEAD + n, rest->n - FRAME_HEAD - (size_t)n };
	return 1;
}

bool zygote_get_end(struct view payload, struct zygote_end *end)
{
	if (payload.n != 25 || (unsigned char)payload.p[0] > ZYGOTE_BAD_INPUT)
		return false;
	end->rc = (uint8_t)payload.p[0];
	end->records = get_le(payload.p + 1, 8);
	end->errors = get_le(payload.p + 9, 8);
	end->findings = get_le(payload.p + 17, 8);
	return end->records <= INT64_MAX && end->errors <= end->findings && end->findings <= INT64_MAX;
}

static void put_le64(char *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (char)(v >> (8 * i));
}

void zygote_put_sum(char out[ZYGOTE_SUM_BYTES], const struct tally_sum *s)
{
	out[0] = (char)s->kind;
	put_le64(out + 1, s->records);
	put_le64(out + 9, s->addenda);
	put_le64(out + 17, s->hash);
	put_le64(out + 25, (uint64_t)s->debit);
	put_le64(out + 33, (uint64_t)s->credit);
}

bool zygote_get_sum(struct view payload, struct tally_sum *s)
{
	if (payload.n != ZYGOTE_SUM_BYTES)
		return false;
	*s = (struct tally_sum){
		.size = sizeof(*s), .kind = (unsigned char)payload.p[0], .records = get_le(payload.p + 1, 8),
		.addenda = get_le(payload.p + 9, 8), .hash = get_le(payload.p + 17, 8),
		.debit = (int64_t)get_le(payload.p + 25, 8), .credit = (int64_t)get_le(payload.p + 33, 8),
	};
	return (s->kind == RECORD_PAYMENT || s->kind == RECORD_ENTRY || s->kind == RECORD_DETAIL) && s->records <= INT64_MAX &&
		s->addenda <= INT64_MAX && s->debit >= 0 && s->credit >= 0;
}

static bool printable(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < '!' || v.p[i] > '~')
			return false;
	return v.n > 0;
}

bool zygote_get_format(struct view payload, char name[32], char version[32])
{
	struct view n;

	if (!view_cut(&payload, ' ', &n) || n.n > 31 || payload.n > 31 || !printable(n) || !printable(payload))
		return false;
	snprintf(name, 32, "%.*s", VIEW_FMT(n));
	snprintf(version, 32, "%.*s", VIEW_FMT(payload));
	return true;
}

static const char *signal_meaning(int sig)
{
	switch (sig) {
	case SIGSYS:	return "it tried what a module may not do, or gave up";
	case SIGKILL:	return "it was killed at its deadline or by the memory limit";
	case SIGXCPU:	return "it used up its processor time";
	case SIGSEGV:
	case SIGBUS:	return "it touched memory that is not its own";
	case SIGABRT:	return "it gave up";
	case SIGPIPE:	return "nobody read its answer";
	default:	return "killed";
	}
}

bool zygote_ended_well(int status, char *why, size_t cap)
{
	if (WIFSIGNALED(status))
		snprintf(why, cap, "%s (SIG%s)", signal_meaning(WTERMSIG(status)),
			sigabbrev_np(WTERMSIG(status)) == NULL ? "?" :
			 sigabbrev_np(WTERMSIG(status)));
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EX_NOPERM)
		snprintf(why, cap, "its cage could not be closed");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EX_IOERR)
		snprintf(why, cap, "its input could not be read");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EX_OSERR)
		snprintf(why, cap, "it ran out of memory");
	else
		snprintf(why, cap, "exit status %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
