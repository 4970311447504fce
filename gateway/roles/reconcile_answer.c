/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile_answer - see reconcile_answer.h.  The message comes from route, and is input all the same: whatever is
 * not as proto.h says refuses the whole of it.  Memory is bounded by the message's own length; when it is short,
 * the job has failed.
 */
#include "gateway/roles/reconcile_answer.h"

#include <stdlib.h>

#include "channels/bus.h"
#include "formats/core/date.h"
#include "formats/core/wire.h"
#include "gateway/proto.h"
#include "rules/link.h"

struct lines { struct link_row *l; size_t n; };

struct request {
	int64_t job;
	struct link_options options;
	struct lines subjects, items;
	unsigned seen;				/* options, by bit */
	bool short_of_memory;
};

static bool number(int *out, struct view v, int max)
{
	int n = 0;

	if (v.n == 0 || v.n > 5)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		n = n * 10 + (v.p[i] - '0');
	}
	*out = n;
	return n <= max;
}

static bool set_kind(struct request *q, struct view v)
{
	q->options.change = view_eq(v, VIEW("change"));
	return q->options.change || view_eq(v, VIEW("return"));
}

static bool set_return_days(struct request *q, struct view v)
{
	return number(&q->options.return_days, v, 3660);
}

static bool set_as_of(struct request *q, struct view v)
{
	return date_parse_iso(&q->options.as_of, v);
}

static const struct { struct view key; bool (*set)(struct request *, struct view); } keys[] = {
	{ VIEW_INIT("kind"), set_kind },
	{ VIEW_INIT("return_days"), set_return_days },
	{ VIEW_INIT("as_of"), set_as_of },
};

static bool option(struct request *q, struct view v)
{
	struct view key;

	if (!view_cut(&v, '=', &key) || v.p == NULL)
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!view_eq(key, keys[i].key))
			continue;
		if ((q->seen >> i & 1) != 0)
			return false;
		q->seen |= 1u << i;
		return keys[i].set(q, v);
	}
	return false;
}

static bool options(struct request *q, const struct msg *m)
{
	q->options = (struct link_options){ .return_days = 90, .as_of = DATE_NONE };
	for (size_t i = 0; i < m->n; i++)
		if (m->e[i].tag == T_OPTION && !option(q, m->e[i].v))
			return false;
	return (q->seen & 1) != 0;		/* without a kind there is nothing to decide */
}

static bool fits_kind(const struct record *r, bool change, bool subject)
{
	if (subject)
		return r->kind == (change ? RECORD_CHANGE : RECORD_RETURN);
	return r->kind == RECORD_PAYMENT && r->seq != 0;
}

/* The records of `bytes`, counted first, so that nothing is allocated by what a length says. */
static bool read_lines(struct request *q, struct lines *out, struct view bytes, bool subject)
{
	struct view rest = bytes;
	struct record r;
	size_t n = 0;

	while (rest.n > 0) {
		if (wire_cut_record(&rest, &r) != 1 || !fits_kind(&r, q->options.change, subject))
			return false;
		n++;
	}
	if (subject && n > RECONCILE_SUBJECTS)
		return false;
	out->l = calloc(n + 1, sizeof(*out->l));
	if (out->l == NULL) {
		q->short_of_memory = true;
		return true;
	}
	for (rest = bytes; out->n < n && wire_cut_record(&rest, &r) == 1;)
		link_row_init(&out->l[out->n++], &r, &q->options, subject);
	return true;
}

static int by_seq(const void *a, const void *b)
{
	const struct link_row *x = a, *y = b;

	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* route sends the items of each return; two returns of one trace bring the same items twice. */
static void once_each(struct lines *items)
{
	size_t n = 0;

	qsort(items->l, items->n, sizeof(*items->l), by_seq);
	for (size_t i = 0; i < items->n; i++)
		if (n == 0 || items->l[n - 1].seq != items->l[i].seq)
			items->l[n++] = items->l[i];
	items->n = n;
}

static void put_match(void *ctx, const struct link_result *r)
{
	struct buf one = { .max = 4096 };
	struct buf *reply = ctx;

	wire_begin(&one, M_MATCHED);
	wire_num(&one, T_SUBJECT, (int64_t)r->subject);
	if (r->rule != NULL) {
		wire_num(&one, T_ITEM, (int64_t)r->item);
		wire_text(&one, T_RULE, r->rule);
		wire_num(&one, T_SCORE, 10000);
	}
	wire_text(&one, T_TEXT, r->text);
	wire_text(&one, T_REASON, r->reason);
	if (one.failed)
		reply->failed = true;
	else
		wire_view(reply, T_MATCH, buf_as_view(&one));
	buf_release(&one);
}

static void failed(struct buf *reply, int64_t job)
{
	wire_begin(reply, M_JOB_FAILED);
	wire_num(reply, T_JOB, job);
	wire_text(reply, T_REASON, "NO_MEMORY");
	wire_text(reply, T_TEXT, "the reconciler is short of memory");
}

int reconcile_answer(struct view message, struct buf *reply)
{
	struct request q = { 0 };
	struct view subjects, candidates;
	struct msg m;
	int rc = -1;

	buf_clear(reply);
	if (!msg_parse(&m, message) || m.type != M_MATCH || !msg_num(&m, T_JOB, &q.job) ||
	    !msg_view(&m, T_BYTES, &subjects) || !msg_view(&m, T_CANDIDATES, &candidates) || !options(&q, &m))
		goto out;
	if (!read_lines(&q, &q.subjects, subjects, true) || !read_lines(&q, &q.items, candidates, false))
		goto out;
	rc = 0;
	if (!q.short_of_memory) {
		once_each(&q.items);
		wire_begin(reply, M_MATCHED);
		wire_num(reply, T_JOB, q.job);
		q.short_of_memory =
			link_run(q.subjects.l, q.subjects.n, q.items.l, q.items.n, &q.options, put_match, reply) != 0;
	}
	if (q.short_of_memory || reply->failed)
		failed(reply, q.job);
out:
	free(q.subjects.l);
	free(q.items.l);
	return rc;
}
