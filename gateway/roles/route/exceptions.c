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

int bank_alarm(struct route *r, const struct bank_line *l, const char *reason, const char *words, int64_t item, const char *deadline, struct err *err)
{
	char source[40];
	struct exception x = { .source = source, .reason = reason, .partner = l->partner, .detail = words, .alarm = true, .parcel = l->parcel, .line = l->line, .bank_line = l->id,
		.item = item, .account = view_of(l->account), .ccy = view_of(l->ccy), .date = l->date, .amount = l->amount, .deadline = deadline };

	snprintf(source, sizeof(source), "line:L%lld", (long long)l->id);
	return exception_raise(r, &x, err);
}

/* The same reference and amount waits in another account, or in another currency.  1 and the words, 0, -1. */
static int elsewhere(struct route *r, const struct bank_line *l, const char **reason, char words[300], struct err *err)
{
	struct rows rows;
	struct view word;
	int rc = 0;

	for (int i = 0; rc == 0 && i < 4; i++) {
		const char *at = l->text[i];

		while (rc == 0 && bank_next_reference(&at, &word)) {
			if (ledger_query(&rows, r->ledger, err, "SELECT id, account=?2, partner=?3 FROM expected WHERE state=1 AND reference=?1 COLLATE NOCASE AND amount_minor=?4"
					 " AND (account=?2) <> (ccy=?5) ORDER BY id LIMIT 1", "vttit", word, l->account, l->partner, l->amount, l->ccy) != 0)
				return -1;
			rc = rows_next(&rows);
			if (rc == 1) {
				*reason = rows_int(&rows, 1) ? "CCY_MISMATCH" : "WRONG_ACCOUNT";
				snprintf(words, 300, "reference and amount are those of an item that waits in another %s (E%lld)", rows_int(&rows, 1) ? "currency" : "account", (long long)rows_int(&rows, 0));
			}
			rows_end(&rows);
		}
	}
	return rc;
}

int bank_line_miss(struct route *r, const struct bank_line *l, struct view reason, struct view text, struct err *err)
{
	bool back = view_eq(reason, VIEW("VOID_PRESENTED")) || view_eq(reason, VIEW("STOP_PRESENTED"));
	const char *better = NULL;
	char words[300] = "";
	int rc = view_eq(reason, VIEW("NO_COUNTERPART_BOOK")) ? elsewhere(r, l, &better, words, err) : 0;

	if (rc < 0)
		return -1;
	if (rc == 0 && view_eq(reason, VIEW("NO_COUNTERPART_BOOK")) && is_fee(l)) {
		better = "FEE_UNEXPLAINED";
		snprintf(words, sizeof(words), "a fee, by its type %s or the bank's words, that the book does not know", l->type);
	}
	if (better != NULL) {
		reason = view_of(better);
		text = view_of(words);
	}
	if (back) {			/* money that was taken back has left: a person hears of it at once */
		snprintf(words, sizeof(words), "%.*s", VIEW_FMT(view_sub(text, 0, 290)));
		if (bank_alarm(r, l, reason.p[0] == 'V' ? "VOID_PRESENTED" : "STOP_PRESENTED", words, 0, NULL, err) != 0)
			return -1;
	}
	return ledger_do(r->ledger, err, "UPDATE bank_line SET state=3, reason=?2, detail=?3 WHERE id=?1 AND state IN (1,3) AND (state=1 OR reason IS NOT ?2 OR detail IS NOT ?3)", "ivv", l->id, reason,
			 view_sub(text, 0, 400)) < 0 ? -1 : 0;
}
