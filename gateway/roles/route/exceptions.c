/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exceptions - what a person must look at: facts that contradict each other, and bank lines that no item explains
 *
 * An exception is raised once a fact, however often the fact is seen (a crash between two events makes route see it again), stays until
 * a person resolves it (`tallygate resolve X1`) or what it was about comes in order by itself, and then keeps its reason.
 * A bank line's reason says what is known: a check that was voided or stopped, a fee, money that nothing here expects.
 */
#include "gateway/roles/route/bank.h"

#include <stdio.h>
#include <strings.h>
#include "gateway/log.h"

#define BY_ITSELF "by itself: "

int exception_raise(struct route *r, const struct exception *x, struct err *err)
{
	char object[24];
	int64_t id = 0;
	int n = ledger_do(r->ledger, err, "INSERT INTO exception(source, reason, alarm, partner, parcel, line, bank_line, item, artifact, account, ccy, date, amount_minor, detail, deadline,"
			  " state, at) VALUES(?,?,?,?,nullif(?,0),nullif(?,0),nullif(?,0),nullif(?,0),nullif(?,0),?,?,?,?,?,?,3,?) ON CONFLICT(source) DO UPDATE SET state=3, closed=NULL,"
			  " reason=excluded.reason, detail=excluded.detail, amount_minor=excluded.amount_minor WHERE (exception.state=4 AND substr(exception.closed,1,11)='" BY_ITSELF "')"
			  " OR (exception.state=3 AND exception.reason<>excluded.reason)", "ttitiiiiivviittt",
			  x->source, x->reason, (int64_t)x->alarm, x->partner, x->parcel, x->line, x->bank_line, x->item, x->artifact, x->account, x->ccy, x->date != 0 ? x->date : clock_utc(r) / 86400, x->amount,
			  x->detail, x->deadline, ledger_now(r->ledger)->business);

	if (n <= 0)
		return n;
	if (ledger_int(r->ledger, &id, err, "SELECT id FROM exception WHERE source=?", "t", x->source) != 1)
		return -1;
	log_step(x->alarm ? LOG_CRIT : LOG_WARNING, "exception.raised", "exception", id_text('X', id, object).p, "why", x->reason, "text", x->detail, NULL);
	r->report_wanted = true;
	return route_audit(r, object, "", "OPEN", x->reason, err);
}

int exception_close(struct route *r, const char *source, const char *how, struct err *err)
{
	char object[24], closed[120];
	int64_t id;
	int found = ledger_int(r->ledger, &id, err, "SELECT id FROM exception WHERE source=? AND state=3", "t", source);

	if (found <= 0)
		return found;
	snprintf(closed, sizeof(closed), BY_ITSELF "%s", how);
	if (ledger_do(r->ledger, err, "UPDATE exception SET state=4, closed=?2 WHERE id=?1", "it", id, closed) != 1)
		return -1;
	r->report_wanted = true;
	return route_audit(r, id_text('X', id, object).p, "OPEN", "CLOSED", how, err);
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; *p != '\0'; p++) {
		bool begins = p == text || ((p[-1] | 32) < 'a' || (p[-1] | 32) > 'z');

		if (begins && strncasecmp(p, word, n) == 0 && ((p[n] | 32) < 'a' || (p[n] | 32) > 'z'))
			return true;
	}
	return false;
}

/* BAI2 detail codes of fees, the transaction types of MT940 and the bank transaction codes of camt that say so; else the bank's words. */
static bool is_fee(const struct bank_line *l)
{
	static const char *const codes[] = { "564", "567", "661", "698", "NCHG", "SCHG", "FCHG", "CHG", "NCOM", "COM", NULL };
	static const char *const words[] = { "fee", "fees", "charges", "service charge", "entgelt", "gebuehr", "kosten", NULL };
	struct view type = view_of(l->type);

	if (l->amount >= 0)
		return false;
	for (int i = 0; codes[i] != NULL; i++)
		if (view_eq(type, view_of(codes[i])))
			return true;
	for (int i = 0; words[i] != NULL; i++)
		if (has_word(l->text[0], words[i]))
			return true;
	return strstr(l->type, "CHRG") != NULL || strstr(l->type, "FEES") != NULL;
}

/* A book item of this amount that was voided or stopped, if the line names it.  1 and its words, 0, -1. */
static int names_stopped(struct route *r, const struct bank_line *l, const char **reason, char text[300], struct err *err)
{
	char reference[64];
	struct rows rows;
	int rc, named = 0;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, status, book_item, reference FROM expected WHERE state=4 AND partner=? AND account=? AND amount_minor=? AND status IN ('VOID','STOPPED')"
			 " ORDER BY id LIMIT 20", "tti", l->partner, l->account, l->amount) != 0)
		return -1;
	while (named == 0 && (rc = rows_next(&rows)) == 1) {
		named = bank_names_another(r, l, 0, -1, reference, err) == 1 && view_eq(rows_text(&rows, 3), view_of(reference));
		*reason = view_eq(rows_text(&rows, 1), VIEW("VOID")) ? "VOID_PRESENTED" : "STOP_PRESENTED";
		snprintf(text, 300, "the book item '%.*s' of this amount and reference was %s", VIEW_FMT(rows_text(&rows, 2)), *reason[0] == 'V' ? "voided" : "stopped");
	}
	rows_end(&rows);
	return named;
}

/* Money that was taken back has left: a person hears of it at once. */
static int alarm(struct route *r, const struct bank_line *l, const char *reason, const char *words, struct err *err)
{
	char source[40];
	struct exception x = { .source = source, .reason = reason, .partner = l->partner, .detail = words, .alarm = true, .parcel = l->parcel, .line = l->line, .bank_line = l->id,
		.account = view_of(l->account), .ccy = view_of(l->ccy), .date = l->date, .amount = l->amount };

	snprintf(source, sizeof(source), "line:L%lld", (long long)l->id);
	return exception_raise(r, &x, err);
}

int bank_line_miss(struct route *r, const struct bank_line *l, struct view reason, struct view text, struct err *err)
{
	const char *better = NULL;
	char words[300] = "";
	int rc = view_eq(reason, VIEW("NO_COUNTERPART_BOOK")) ? names_stopped(r, l, &better, words, err) : 0;

	if (rc == 0 && view_eq(reason, VIEW("NO_COUNTERPART_BOOK")))
		rc = group_named(r, l, &better, words, err);
	if (rc < 0)
		return -1;
	if (rc == 0 && view_eq(reason, VIEW("NO_COUNTERPART_BOOK")) && is_fee(l)) {
		better = "FEE_UNEXPLAINED";
		snprintf(words, sizeof(words), "a fee, by its type %s or the bank's words, that the book does not know", l->type);
		rc = 1;
	}
	if (rc == 1) {
		reason = view_of(better);
		text = view_of(words);
	}
	if (better != NULL && rc == 1 && (better[0] == 'V' || better[0] == 'S') && alarm(r, l, better, words, err) != 0)
		return -1;
	return ledger_do(r->ledger, err, "UPDATE bank_line SET state=3, reason=?2, detail=?3 WHERE id=?1 AND state IN (1,3)", "ivv", l->id, reason, text) < 0 ? -1 : 0;
}
