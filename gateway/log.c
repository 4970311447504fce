/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - see log.h.  One write(2) a line, so that lines of several processes never mix
 *
 * When stderr is the journal (JOURNAL_STREAM names its device and inode) the same step goes there as fields by
 * libsystemd, whose socket is a plain AF_UNIX datagram one and is allowed in every cage.  Events that an operator must
 * act on carry a MESSAGE_ID: systemd/tallygate.catalog explains them (journalctl -x).
 *
 * Failure: a log line that cannot be written is lost in silence; work never stops for its log.  Memory: bounded,
 * LINE_MAX_BYTES a line; a longer value is cut and ends in "...".  Only the thread that called log_open() may log.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "formats/core/buf.h"
#include "formats/core/date.h"
#include "formats/core/mask.h"
#include "gateway/log.h"

#define LINE_MAX_BYTES ((size_t)8192)
#define PAIRS_MAX_BYTES (LINE_MAX_BYTES - 64)
#define VALUE_MAX_BYTES ((size_t)1024)
#define PAIRS_MAX 24
#define FIELDS_MAX (PAIRS_MAX + 8)

static const struct { const char *event, *id; } catalogued[] = {
	{ "role.died", "7c1b36c5bd2e4d0e8f0a7d6f2a9f5b01" },
	{ "role.ready", "7c1b36c5bd2e4d0e8f0a7d6f2a9f5b02" },
	{ "parcel.held", "7c1b36c5bd2e4d0e8f0a7d6f2a9f5b03" },
	{ "delivery.uncertain", "7c1b36c5bd2e4d0e8f0a7d6f2a9f5b04" },
	{ "module.refused", "7c1b36c5bd2e4d0e8f0a7d6f2a9f5b05" },
	{ "cage.weak", "7c1b36c5bd2e4d0e8f0a7d6f2a9f5b06" },
};

static struct {
	char role[32];
	bool journal;
} log_state = { .role = "tallygate" };

static const char *priority_name(int priority)
{
	static const char *const names[] = { "emergency", "alert", "critical", "error", "warning", "notice", "info",
			"debug" };

	return priority >= 0 && priority <= LOG_DEBUG ? names[priority] : "notice";
}

/* JOURNAL_STREAM=DEVICE:INODE, in decimal: true when that is our stderr. */
static bool stderr_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	struct stat st;
	char *end;
	uintmax_t dev, ino;

	if (text == NULL || !isdigit((unsigned char)*text) || fstat(STDERR_FILENO, &st) == -1)
		return false;
	dev = strtoumax(text, &end, 10);
	if (*end != ':' || !isdigit((unsigned char)end[1]))
		return false;
	ino = strtoumax(end + 1, &end, 10);
	return *end == '\0' && dev == (uintmax_t)st.st_dev && ino == (uintmax_t)st.st_ino;
}

void log_open(const char *role)
{
	snprintf(log_state.role, sizeof(log_state.role), "%s", role);
	log_state.journal = stderr_is_journal();
}

/* UTC from the seconds since 1970 alone: gmtime() would read zone files, which no cage allows. */
static void put_time(struct buf *b)
{
	struct timespec now;
	char day[DATE_TEXT];
	int64_t rest;

	clock_gettime(CLOCK_REALTIME, &now);
	rest = now.tv_sec % 86400;
	buf_fmt(b, "%sT%02d:%02d:%02dZ", date_print((date_t)(now.tv_sec / 86400), day), (int)(rest / 3600),
		(int)(rest / 60 % 60), (int)(rest % 60));
}

static void put_escaped(struct buf *b, const char *value)
{
	struct view v = view_of(value);

	escape_text(b, view_sub(v, 0, VALUE_MAX_BYTES));
	if (v.n > VALUE_MAX_BYTES)
		buf_text(b, "...");
}

/* Quotes only where a blank, a quote or nothing at all would make the line ambiguous. */
static void put_value(struct buf *b, const char *value)
{
	struct buf clean = { .max = 8 * VALUE_MAX_BYTES };
	const char *p;

	put_escaped(&clean, value);
	p = buf_cstr(&clean);
	if (*p != '\0' && strpbrk(p, " \"=") == NULL) {
		buf_text(b, p);
	} else {
		buf_char(b, '"');
		for (; *p != '\0'; p++) {
			if (*p == '"')
				buf_char(b, '\\');
			buf_char(b, *p);
		}
		buf_char(b, '"');
	}
	buf_release(&clean);
}

struct pair { const char *key, *value; };

/* As many pairs as the line holds; the last word then says that some are missing. */
static void put_pairs(struct buf *b, const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf one = { .max = LINE_MAX_BYTES };

		buf_fmt(&one, " %s=", pairs[i].key);
		put_value(&one, pairs[i].value);
		if (one.failed || b->n + one.n > PAIRS_MAX_BYTES) {
			buf_text(b, " cut=yes");
			i = n - 1;
		} else {
			buf_view(b, buf_as_view(&one));
		}
		buf_release(&one);
	}
}

static void to_stderr(int priority, const char *event, const struct pair *pairs, size_t n)
{
	struct buf line = { .max = LINE_MAX_BYTES };
	ssize_t written;

	put_time(&line);
	buf_fmt(&line, " %s %s %s", log_state.role, priority_name(priority), event);
	put_pairs(&line, pairs, n);
	buf_char(&line, '\n');
	do
		written = line.failed ? 0 : write(STDERR_FILENO, line.p, line.n);
	while (written == -1 && errno == EINTR);
	buf_release(&line);
}

/* TALLY_PARCEL=F7: upper case, everything else an underscore. */
static void put_field(struct buf *b, const struct pair *pair)
{
	buf_text(b, "TALLY_");
	for (const char *p = pair->key; *p != '\0'; p++)
		buf_char(b, isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_');
	buf_char(b, '=');
	put_escaped(b, pair->value);
}

static const char *catalogue_id(const char *event)
{
	for (size_t i = 0; i < sizeof(catalogued) / sizeof(catalogued[0]); i++)
		if (strcmp(catalogued[i].event, event) == 0)
			return catalogued[i].id;
	return NULL;
}

static void to_journal(int priority, const char *event, const struct pair *pairs, size_t n)
{
	struct buf fields[FIELDS_MAX];
	struct iovec iov[FIELDS_MAX];
	const char *id = catalogue_id(event);
	size_t k = 0, used = 0;

	for (size_t i = 0; i < FIELDS_MAX; i++)
		fields[i] = (struct buf){ .max = LINE_MAX_BYTES };
	buf_fmt(&fields[k], "MESSAGE=%s", event);
	put_pairs(&fields[k++], pairs, n);
	buf_fmt(&fields[k++], "PRIORITY=%d", priority);
	buf_text(&fields[k++], "SYSLOG_IDENTIFIER=tallygate");
	buf_fmt(&fields[k++], "TALLY_PROCESS=%s", log_state.role);
	buf_fmt(&fields[k++], "TALLY_EVENT=%s", event);
	if (id != NULL)
		buf_fmt(&fields[k++], "MESSAGE_ID=%s", id);
	for (size_t i = 0; i < n; i++)
		put_field(&fields[k++], &pairs[i]);
	for (size_t i = 0; i < k; i++)
		if (!fields[i].failed)
			iov[used++] = (struct iovec){ fields[i].p, fields[i].n };
	if (sd_journal_sendv(iov, (int)used) < 0)
		to_stderr(priority, event, pairs, n);
	for (size_t i = 0; i < k; i++)
		buf_release(&fields[i]);
}

void log_step(int priority, const char *event, ...)
{
	struct pair pairs[PAIRS_MAX];
	const char *key, *value;
	int keep = errno;
	size_t n = 0;
	va_list ap;

	va_start(ap, event);
	while (n < PAIRS_MAX && (key = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		pairs[n++] = (struct pair){ key, value == NULL ? "" : value };
	}
	va_end(ap);
	if (log_state.journal)
		to_journal(priority, event, pairs, n);
	else
		to_stderr(priority, event, pairs, n);
	errno = keep;
}
