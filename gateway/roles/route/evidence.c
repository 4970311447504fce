/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence - what the worker says is proved anew from the ledger before it is believed
 *
 * Lines and items are open, of one account and currency, each once; their sums are equal to the cent (or differ by the fee that the
 * rule is about); the days are the rule's; a sum is that of all open items of one key; the bytes of the line that the worker points
 * at read as the item's reference, by the operator that it names.  Vetoes of our own: a line that names another expected item, or
 * bears a reference with another digit; one file of
 * a company's day where the bank books the net; a check by anything but its number.  What is kept with the match says all of it in words.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include "formats/core/date.h"
#include "formats/core/mask.h"
#include "formats/core/money.h"
#include "rules/calendar.h"
#include "rules/recon_text.h"

#define LINES_MOST 64
#define SHOWN 12
#define ALL_DAYS (-1)

static const struct proof { bool pair, group, reference, fee; int early, late; } proofs[RECON_RULES] = {
	[RULE_REFERENCE] = { .pair = true, .reference = true, .early = ALL_DAYS },
	[RULE_REFERENCE_OWN] = { .pair = true, .reference = true, .early = ALL_DAYS },
	[RULE_REFERENCE_TEXT] = { .pair = true, .reference = true, .early = ALL_DAYS },
	[RULE_REFERENCE_NEAR] = { .pair = true, .reference = true, .early = 3, .late = 45 },
	[RULE_AMOUNT_DATE] = { .pair = true, .early = 1, .late = 5 },
	[RULE_GROUP_KEY] = { .group = true, .reference = true, .early = 4, .late = 12 },
	[RULE_GROUP_FEE_TEXT] = { .group = true, .reference = true, .fee = true, .early = 4, .late = 12 },
	[RULE_GROUP_TOTAL] = { .group = true, .early = 1, .late = 3 },
	[RULE_PARTS] = { .reference = true, .early = 2, .late = 12 },
};

struct facts {
	int64_t lines, items, first_day, last_day;	/* sums; the days of the items */
	char kind[24], reference[200], grp[200], file[240], day[240];
	bool one_grp, one_file, one_day, returns, check;
};

static int refuse(char why[200], const char *text)
{
	snprintf(why, 200, "%s", text);
	return 0;
}

static void copy(char *out, size_t cap, struct view v)
{
	snprintf(out, cap, "%.*s", VIEW_FMT(v));
}

static void shown(struct buf *b, size_t n, int64_t minor, const char *ccy)
{
	if (n >= SHOWN)
		return;
	if (n > 0)
		buf_text(b, minor < 0 ? " - " : " + ");
	money_print_grouped(b, n > 0 && minor < 0 ? -minor : minor, ccy);
}

static int read_lines(struct route *r, const struct match *m, const struct bank_line *l, struct facts *f, struct buf *sum, char why[200], struct err *err)
{
	int64_t amount;

	for (size_t i = 0; i < m->n_lines; i++) {
		int rc = ledger_int(r->ledger, &amount, err, "SELECT amount_minor FROM bank_line WHERE id=? AND state IN (1,3) AND provisional=0 AND partner=? AND account=? AND ccy=?", "ittt",
				    m->lines[i], l->partner, l->account, l->ccy);

		if (rc < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			rc = m->lines[k] == m->lines[i] ? 0 : rc;
		if (rc == 0 || !money_add_minor(&f->lines, amount))
			return refuse(why, "a line of it is not open any more");
		shown(sum, i, amount, l->ccy);
	}
	return 1;
}

static bool same(const char *kept, struct view v)
{
	return v.n > 0 && view_eq(view_of(kept), v);
}

static void add_item(struct facts *f, struct rows *rows, bool first)
{
	int64_t day = rows_int(rows, 1);

	if (first) {
		*f = (struct facts){ .lines = f->lines, .first_day = day, .last_day = day, .one_grp = true, .one_file = true, .one_day = true, .returns = true };
		copy(f->kind, sizeof(f->kind), rows_text(rows, 2));
		copy(f->reference, sizeof(f->reference), rows_text(rows, 3));
		copy(f->grp, sizeof(f->grp), rows_text(rows, 4));
		copy(f->file, sizeof(f->file), rows_text(rows, 5));
		copy(f->day, sizeof(f->day), rows_text(rows, 6));
	}
	f->first_day = day < f->first_day ? day : f->first_day;
	f->last_day = day > f->last_day ? day : f->last_day;
	f->returns &= view_eq(rows_text(rows, 2), VIEW("return"));
	f->check |= rows_int(rows, 7) != 0;
	f->one_grp &= same(f->grp, rows_text(rows, 4));
	f->one_file &= same(f->file, rows_text(rows, 5));
	f->one_day &= same(f->day, rows_text(rows, 6));
}

static int read_items(struct route *r, const struct match *m, const struct bank_line *l, struct facts *f, struct buf *sum, char why[200], struct err *err)
{
	int64_t total = 0;

	for (size_t i = 0; i < m->n_items; i++) {
		struct rows rows;
		bool lost;
		int rc;

		if (ledger_query(&rows, r->ledger, err, "SELECT e.amount_minor, e.effective, e.kind, CASE WHEN abs(x.amount_minor)=abs(e.amount_minor) THEN x.original_trace ELSE e.reference END, e.grp,"
				 " CASE e.kind WHEN 'return' THEN " RETURN_FILE_KEY " END, CASE e.kind WHEN 'return' THEN " RETURN_DAY_KEY " END, e.kind='check' OR ifnull(e.type,'')='CHECK'"
				 " FROM expected e LEFT JOIN ach_return x ON x.id=e.ach_return WHERE e.id=? AND e.state=1 AND e.partner=? AND e.account=? AND e.ccy=?", "ittt", m->items[i], l->partner,
				 l->account, l->ccy) != 0)
			return -1;
		rc = rows_next(&rows);
		if (rc < 0)
			return -1;
		if (rc == 0 || (i > 0 && m->items[i] <= m->items[i - 1])) {
			rows_end(&rows);
			return refuse(why, "an item of it is not open any more");
		}
		add_item(f, &rows, i == 0);
		lost = !money_add_minor(&total, rows_int(&rows, 0));
		shown(sum, i, rows_int(&rows, 0), l->ccy);
		rows_end(&rows);
		if (lost)
			return refuse(why, "its sum is too large");
	}
	f->items = total;
	return 1;
}

/* The sums, and the words of them: items, then lines. */
static int prove_sum(const struct match *m, const struct proof *p, const struct facts *f, const char *ccy, const struct buf *lines, struct buf *sum, char why[200])
{
	int64_t gross = f->items < 0 ? -f->items : f->items, net = f->lines < 0 ? -f->lines : f->lines;

	if (m->n_items > SHOWN)
		buf_fmt(sum, " + %zu more", m->n_items - SHOWN);
	if (p->fee ? (f->items < 0) != (f->lines < 0) || net >= gross || net == 0 : f->items != f->lines)
		return refuse(why, "its sum does not prove");
	if (m->n_items > 1) {
		buf_text(sum, " = ");
		money_print_grouped(sum, f->items, ccy);
	}
	if (p->fee) {
		buf_text(sum, " gross, less a fee of ");
		money_print_grouped(sum, gross - net, ccy);
	}
	if (m->n_items == 1 || m->n_lines > 1 || p->fee) {
		buf_text(sum, " = ");
		buf_view(sum, buf_as_view(lines));
	}
	buf_fmt(sum, " %s", ccy);
	return 1;
}

/* Are these all that is open of one key?  Its words in *key. */
static int prove_group(struct route *r, const struct match *m, const struct bank_line *l, const struct facts *f, const char **key, char why[200], struct err *err)
{
	int64_t n = 0;
	int rc;

	if (f->returns && f->one_file) {
		*key = f->file;
		rc = ledger_int(r->ledger, &n, err, "SELECT count(*) FROM expected WHERE state=1 AND partner=? AND account=? AND ccy=? AND kind='return' AND grp=?", "tttt", l->partner, l->account,
				l->ccy, f->grp);
	} else if (f->returns && f->one_day) {
		*key = f->day;
		rc = ledger_int(r->ledger, &n, err, "SELECT count(*) FROM expected e JOIN ach_return x ON x.id=e.ach_return WHERE e.state=1 AND e.partner=? AND e.account=? AND e.ccy=? AND e.kind='return'"
				" AND " RETURN_DAY_KEY "=?", "tttt", l->partner, l->account, l->ccy, f->day);
	} else if (!f->returns && f->one_grp) {
		*key = f->grp;
		rc = ledger_int(r->ledger, &n, err, "SELECT count(*) FROM expected WHERE state=1 AND partner=? AND account=? AND ccy=? AND kind=? AND grp=?", "ttttt", l->partner, l->account, l->ccy,
				f->kind, f->grp);
	} else {
		return refuse(why, "its items are not of one key");
	}
	if (rc < 0)
		return -1;
	return n == (int64_t)m->n_items ? 1 : refuse(why, "other items of its key are open too");
}

static int field_of(struct route *r, int64_t line, int field, char out[2200], struct err *err)
{
	static const char *const sql[RECON_TEXTS] = {
		[B_REF] = "SELECT customer_ref FROM bank_line WHERE id=?", [B_E2E] = "SELECT end_to_end FROM bank_line WHERE id=?",
		[B_NUMBER] = "SELECT check_number FROM bank_line WHERE id=?", [B_OWN] = "SELECT bank_ref FROM bank_line WHERE id=?",
		[B_PARTY] = "SELECT party FROM bank_line WHERE id=?", [B_TEXT] = "SELECT text FROM bank_line WHERE id=?",
	};
	struct rows rows;
	int rc;

	out[0] = '\0';
	if (field < 0 || field >= RECON_TEXTS)
		return 0;
	if (ledger_query(&rows, r->ledger, err, sql[field], "i", line) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1)
		copy(out, 2200, rows_text(&rows, 0));
	rows_end(&rows);
	return rc;
}

static int days_between(struct route *r, const struct bank_line *l, int64_t day)
{
	const struct partner *p = config_partner(r->config, view_of(l->partner));
	struct calendar c;

	if (p == NULL)
		calendar_init(&c, VIEW("federal-reserve"));
	else
		clock_calendar(r, p, &c);
	return calendar_count(&c, (date_t)day, (date_t)l->date);
}

/* A closed day counts as the next open one for the worker: one day of grace. */
static bool days_good(struct route *r, const struct match *m, const struct proof *p, const struct bank_line *l, const struct facts *f)
{
	int days = days_between(r, l, f->last_day), early = p->early, late = p->late;
	struct recon_options o;

	if (m->n_lines > 1)
		return true;			/* each is bound by the key that it bears */
	if (p->early == ALL_DAYS) {
		match_days_of(r, l->ccy, &o);
		early = o.early;
		late = f->check ? o.late_check : o.late;
	}
	return days >= -early - 1 && days <= late + 1;
}

void evidence_put(const struct match *m, struct view said, struct view reference, struct buf *out)
{
	static const char *const fields[RECON_TEXTS] = { "customer reference", "end-to-end id", "number", "bank's reference", "name", "text" };

	if (m->field >= 0 && m->field < RECON_TEXTS) {
		buf_fmt(out, "bank: %s, bytes %lld to %lld '", fields[m->field], (long long)m->from + 1, (long long)(m->from + m->size));
		escape_text(out, view_sub(said, 0, 80));
		buf_text(out, "'; book: '");
		escape_text(out, view_sub(reference, 0, 80));
		buf_fmt(out, "'; %s; ", recon_operator_names[m->reading]);
	}
	buf_fmt(out, "%lld points", (long long)m->score);
}

/* INV-12 for INV-13 is no slip but a sibling; look-alike letters, and what is cut short or swapped, are. */
static bool another_digit(const struct norm *a, const struct norm *b)
{
	unsigned differ = 0, at = 0;

	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (a->p[i] != b->p[i]) {
			differ++;
			at = i;
		}
	return differ == 1 && a->p[at] >= '0' && a->p[at] <= '9' && b->p[at] >= '0' && b->p[at] <= '9';
}

static int prove_reading(struct route *r, const struct match *m, struct view reference, struct buf *evidence, char why[200], struct err *err)
{
	static char text[2200];
	struct norm a, b;
	struct view said;
	enum recon_operator op;

	if (field_of(r, m->lines[0], m->field, text, err) < 0)
		return -1;
	if (m->from < 0 || m->size <= 0 || m->field < 0)
		return refuse(why, "nothing of the line is said to name it");
	said = view_sub(view_of(text), (size_t)m->from, (size_t)m->size);
	norm_of(&a, said);
	norm_of(&b, reference);
	op = norm_compare(a.p, a.n, b.p, b.n);
	if (m->rule == RULE_REFERENCE_NEAR && another_digit(&a, &b))
		return refuse(why, "the line's reference differs by a digit, which is another one");
	if (op != m->reading || op == OP_NONE || (m->rule == RULE_REFERENCE_NEAR ? op < OP_PREFIX || op > OP_EDIT : op != OP_EXACT))
		return refuse(why, "what the line says does not read as its reference");
	evidence_put(m, said, reference, evidence);
	return 1;
}

static int vetoes(struct route *r, const struct match *m, const struct proof *p, const struct bank_line *l, const struct facts *f, char why[200], struct err *err)
{
	int64_t netted = 0;
	char other[64];
	int rc;

	if (f->check && m->rule > RULE_REFERENCE_TEXT)
		return refuse(why, "a check is told by its number alone, and the line does not bear it");
	if (p->group)
		return 1;
	if (strcmp(f->kind, "settlement") == 0 && f->grp[0] != '\0'
	    && ledger_int(r->ledger, &netted, err, "SELECT EXISTS (SELECT 1 FROM expected WHERE state=1 AND partner=? AND account=? AND kind='settlement' AND grp=? AND id<>?)", "ttti", l->partner,
			  l->account, f->grp, m->items[0]) < 0)
		return -1;
	if (netted)
		return refuse(why, "the bank books one net for that day, and other files of it are open too");
	rc = bank_names_another(r, l, m->items[0], other, err);
	if (rc == 1)
		snprintf(why, 200, "one of this amount is expected, but the line names '%s', which is another one", other);
	return rc < 0 ? -1 : rc == 0;
}

int evidence_prove(struct route *r, const struct match *m, const struct bank_line *l, struct buf *evidence, struct buf *sum, char why[200], struct err *err)
{
	const struct proof *p = &proofs[m->rule];
	struct buf lines = { .max = 600 };
	static struct facts f;			/* too large for the stack */
	const char *key = NULL;
	int rc = 1;

	f = (struct facts){ 0 };
	why[0] = '\0';
	if ((!p->pair && !p->group && m->rule != RULE_PARTS) || m->n_lines == 0 || m->n_items == 0 || m->n_lines > LINES_MOST || (p->pair && (m->n_lines != 1 || m->n_items != 1))
	    || (m->rule == RULE_PARTS && m->n_items != 1) || (m->rule == RULE_GROUP_TOTAL && m->n_items < 2))
		rc = refuse(why, "the worker's answer is none of the rules'");
	rc = rc == 1 ? read_lines(r, m, l, &f, &lines, why, err) : rc;
	rc = rc == 1 ? read_items(r, m, l, &f, sum, why, err) : rc;
	rc = rc == 1 ? prove_sum(m, p, &f, l->ccy, &lines, sum, why) : rc;
	if (rc == 1 && !days_good(r, m, p, l, &f))
		rc = refuse(why, "its days are too far apart");
	rc = rc == 1 && p->group ? prove_group(r, m, l, &f, &key, why, err) : rc;
	rc = rc == 1 ? vetoes(r, m, p, l, &f, why, err) : rc;
	if (rc == 1 && p->reference)
		rc = prove_reading(r, m, view_of(p->group ? key : f.reference), evidence, why, err);
	else if (rc == 1)
		evidence_put(m, (struct view){ 0 }, (struct view){ 0 }, evidence);
	buf_release(&lines);
	return rc;
}
