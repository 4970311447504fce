/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_note - returns (99), dishonored and contested returns, changes (98), refused changes: which it is, and whether
 * it holds
 *
 * The reason code decides which of four layouts the same addenda has.  What the rules make the operator reject is an
 * error; a reason that does not suit class or direction is a warning, since the money comes back all the same.
 */
#include <string.h>

#include "formats/lib/nacha_read.h"

static bool is_change(const struct nacha_entry *e)
{
	return memcmp(e->note + 1, "98", 2) == 0;
}

static struct view note_at(const struct nacha_entry *e, const struct layout *l, unsigned row)
{
	return layout_at(&l->rows[row], e->note);
}

unsigned nacha_note_kind(struct nacha *n, const struct layout **note)
{
	const struct nacha_entry *e = &n->entry;
	const char *code = layout_at(&nacha_return.rows[A99_REASON], e->note).p;
	const struct nacha_reason *reason;
	const struct nacha_change *change;

	if (is_change(e)) {
		change = nacha_change_find(code, n->day);
		if (change != NULL && change->kind == CHANGE_REFUSED)
			*note = &nacha_refused;
		else
			*note = n->batch.iat ? &nacha_change_iat : &nacha_change;
		return KIND_CHANGE;
	}
	reason = nacha_reason_find(code, n->day);
	if (reason != NULL && reason->kind == REASON_DISHONORED) {
		*note = &nacha_dishonored;
		return KIND_DISHONORED;
	}
	if (reason != NULL && reason->kind == REASON_CONTESTED) {
		*note = &nacha_contested;
		return KIND_CONTESTED;
	}
	*note = n->batch.iat ? &nacha_return_iat : &nacha_return;
	return KIND_RETURN;
}

/* --- changes --- */

static bool routing_good(struct view v)
{
	return v.n == 9 && layout_is_digits(v) && nacha_check_digit(v.p);
}

static bool code_good(struct view v)
{
	int64_t code;

	return v.n == 2 && layout_number(&code, v) && nacha_transaction_code((int)code);
}

/* Where the rules put it, or as the last word: some banks push the code to the field's right end. */
static bool code_somewhere(struct view data, size_t at)
{
	struct view all = view_rtrim(data);

	return code_good(view_sub(data, at, 2)) || (all.n > at + 2 && code_good(view_sub(all, all.n - 2, 2)));
}

static bool corrected_good(const char *code, struct view data, bool iat)
{
	switch (code[2]) {
	case '1':
		return !layout_is_blank(view_sub(data, 0, iat ? 35 : 17));
	case '2':
		return routing_good(view_sub(data, 0, 9));
	case '3':
		return routing_good(view_sub(data, 0, 9)) && !layout_is_blank(view_sub(data, 9, 20));
	case '5':
		return code_good(view_sub(data, 0, 2));
	case '6':
		return !layout_is_blank(view_sub(data, 0, 17)) && code_somewhere(data, 20);
	case '7':
		return routing_good(view_sub(data, 0, 9)) && !layout_is_blank(view_sub(data, 9, 17)) &&
			code_somewhere(data, 26);
	default:
		return true;
	}
}

/* C14 asks for class IAT, and says so. */
static bool form_good(const char *code, struct view data, bool iat)
{
	return memcmp(code, "C14", 3) == 0 ? view_starts(data, VIEW("IAT")) : code[1] != '0' || corrected_good(code, data, iat);
}

static void refused_check(struct nacha *n)
{
	const struct nacha_entry *e = &n->entry;
	const struct nacha_change *change = nacha_change_find(note_at(e, &nacha_refused, R98_CHANGE).p, n->day);

	if (change == NULL || change->kind != CHANGE_NOTIFIED)
		nacha_say(n, NC_REFUSED_FIELDS, &nacha_refused.rows[R98_CHANGE],
			  "the refused change does not say which change code it refuses (R26)");
	if (layout_is_blank(note_at(e, &nacha_refused, A98_CORRECTED)))
		nacha_say(n, NC_CORRECTED_BLANK, &nacha_refused.rows[A98_CORRECTED], "the corrected data is blank (R26)");
	nacha_reserved_check(n, &nacha_refused, e->note);
	if (!layout_is_digits(note_at(e, &nacha_refused, R98_SEQUENCE)) ||
	    layout_is_nothing(note_at(e, &nacha_refused, R98_SEQUENCE)))
		nacha_say(n, NC_REFUSED_FIELDS, &nacha_refused.rows[R98_SEQUENCE],
			  "the refused change lacks the sequence number of the change (R26)");
	if (n->batch.iat)
		nacha_say(n, NC_IAT_DISHONORED, &nacha_refused.rows[A98_REASON],
			  "changes of international entries cannot be refused (R26)");
}

static void change_check(struct nacha *n)
{
	const struct nacha_entry *e = &n->entry;
	const struct layout *l = n->batch.iat ? &nacha_change_iat : &nacha_change;
	struct view code = note_at(e, l, A98_REASON), data = note_at(e, l, A98_CORRECTED);
	const struct nacha_change *change = nacha_change_find(code.p, n->day);

	if (!(n->batch.sec->flags & SEC_COR))
		nacha_say(n, NC_ADDENDA_TYPE, &l->rows[A98_CODE],
			  "an addenda record 98 belongs into a batch of class COR (R25)");
	if (change == NULL) {
		nacha_say(n, NC_CHANGE_CODE, &l->rows[A98_REASON], "the change code is not assigned (R26)");
	} else if (change->kind == CHANGE_REFUSED) {
		refused_check(n);
		return;
	} else if (change->flags & (n->batch.iat ? CHANGE_NOT_IAT : CHANGE_IAT_ONLY)) {
		nacha_say(n, NC_CHANGE_IAT, &l->rows[A98_REASON], "the change code is %s international entries",
			  n->batch.iat ? "not for" : "only for");
	}
	nacha_reserved_check(n, l, e->note);
	if (layout_is_blank(data))
		nacha_say(n, NC_CORRECTED_BLANK, &l->rows[A98_CORRECTED], "the corrected data is blank (R26)");
	else if (change != NULL && !form_good(code.p, data, n->batch.iat))
		nacha_say(n, NC_CORRECTED_DATA, &l->rows[A98_CORRECTED],
			  "the corrected data does not have the form of its change code");
}

/* --- returns --- */

static void reason_check(struct nacha *n, const struct nacha_reason *reason)
{
	const struct nacha_entry *e = &n->entry;
	const struct layout_row *row = &nacha_return.rows[A99_REASON];
	bool credit = e->code >= 0 && nacha_is_credit(e->code);

	if (reason->secs != NULL && n->batch.known && !nacha_secs_have(reason->secs, n->batch.sec->code))
		nacha_say(n, NC_RETURN_REASON_SEC, row, "%s is not meant for entries of class %s", reason->code,
			  n->batch.sec->code);
	if (e->code >= 0 && (reason->flags & (credit ? REASON_DEBIT : REASON_CREDIT)))
		nacha_say(n, NC_RETURN_REASON_SIDE, row, "%s is meant for %s only", reason->code, credit ? "debits" :
			  "credits");
	if ((reason->flags & REASON_DEATH) && layout_is_nothing(note_at(e, &nacha_return, A99_DEATH)))
		nacha_say(n, NC_DATE_OF_DEATH, &nacha_return.rows[A99_DEATH], "%s should name the date of death",
			  reason->code);
	else if (!(reason->flags & REASON_DEATH) && !layout_is_nothing(note_at(e, &nacha_return, A99_DEATH)))
		nacha_say(n, NC_RESERVED, &nacha_return.rows[A99_DEATH], "%s has no date of death, but one is named",
			  reason->code);
	nacha_return_days_check(n, reason);
}

/* R69 says what is wrong as two-digit codes, joined by asterisks: 01*03. */
static bool field_errors_good(struct view v)
{
	bool some = false;

	for (v = view_trim(v); v.n >= 2; v = view_sub(v, 3, v.n)) {
		if (v.p[0] != '0' || v.p[1] < '1' || v.p[1] > '7' || (v.n > 2 && v.p[2] != '*' && v.p[2] != ' '))
			return false;
		some = true;
		if (v.n > 2 && v.p[2] == ' ')
			return true;
	}
	return some && v.n == 0;
}

/* Which return is disputed, and which dishonored return: without it nothing can be linked. */
static void disputed_check(struct nacha *n, const struct nacha_reason *reason)
{
	static const unsigned dishonored[] = { D99_RETURN_TRACE, D99_SETTLED, D99_RETURN_REASON };
	static const unsigned contested[] = { C99_RETURN_TRACE, C99_RETURN_SETTLED, C99_RETURN_REASON,
		C99_DISHONORED_TRACE, C99_DISHONORED_SETTLED, C99_DISHONORED_REASON };
	bool first = reason->kind == REASON_DISHONORED;
	const struct layout *l = first ? &nacha_dishonored : &nacha_contested;

	for (size_t i = 0; i < (first ? 3u : 6u); i++) {
		const struct layout_row *row = &l->rows[first ? dishonored[i] : contested[i]];

		if (!layout_is_digits(layout_at(row, n->entry.note)))
			nacha_say(n, NC_DISPUTE_FIELDS, row, "the field \"%s\" is not %u digits", row->name, row->len);
	}
}

/* Of what kind the two-digit code (no R) is that a dispute names. */
static bool names_reason(const struct nacha *n, struct view two, enum nacha_reason_kind kind)
{
	char code[3] = { 'R', two.p[0], two.p[1] };
	const struct nacha_reason *reason = nacha_reason_find(code, n->day);

	return reason != NULL && reason->kind == kind;
}

static void named_reason_check(struct nacha *n, const struct layout_row *row, enum nacha_reason_kind kind)
{
	struct view two = layout_at(row, n->entry.note);

	if (layout_is_digits(two) && !names_reason(n, two, kind))	/* others are told as DISPUTE_FIELDS */
		nacha_say(n, NC_RETURN_REASON, row, "the field \"%s\" names R%.*s, which is no %s (R26)", row->name, VIEW_FMT(two),
			  kind == REASON_RETURN ? "return reason" : "reason of a dishonored return");
}

/* Which reason of the disputed return a reason is against. */
static void pair_check(struct nacha *n, const struct nacha_reason *reason, const struct layout_row *row)
{
	static const struct { char code[4], against[12]; } pairs[] = {
		{ "R70", "R06 R31" }, { "R73", "R68" }, { "R74", "R69" }, { "R75", "R67" }, { "R76", "R69" }, { "R77", "R62" },
	};
	struct view two = layout_at(row, n->entry.note);
	char named[3] = { 'R', two.p[0], two.p[1] };

	for (size_t i = 0; layout_is_digits(two) && i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (memcmp(pairs[i].code, reason->code, 3) == 0 && !nacha_secs_have(pairs[i].against, named))
			nacha_say(n, NC_DISPUTE_PAIR, row, "%s answers %s, but this is R%.*s", reason->code, pairs[i].against,
				  VIEW_FMT(two));
}

static void answers_check(struct nacha *n, const struct nacha_reason *reason)
{
	const struct layout_row *d = nacha_dishonored.rows, *c = nacha_contested.rows;
	const char *note = n->entry.note;

	if (reason->kind == REASON_DISHONORED) {
		named_reason_check(n, &d[D99_RETURN_REASON], REASON_RETURN);
		pair_check(n, reason, &d[D99_RETURN_REASON]);
		nacha_dispute_days_check(n, layout_at(&d[D99_SETTLED], note), 5);
	} else {
		named_reason_check(n, &c[C99_RETURN_REASON], REASON_RETURN);
		named_reason_check(n, &c[C99_DISHONORED_REASON], REASON_DISHONORED);
		pair_check(n, reason, &c[C99_DISHONORED_REASON]);
		nacha_dispute_days_check(n, layout_at(&c[C99_DISHONORED_SETTLED], note), 2);
	}
}

static void dispute_check(struct nacha *n, const struct nacha_reason *reason)
{
	const struct nacha_entry *e = &n->entry;

	if (n->batch.iat)
		nacha_say(n, NC_IAT_DISHONORED, &nacha_return.rows[A99_REASON],
			  "returns of international entries cannot be disputed (R26)");
	if (memcmp(reason->code, "R69", 3) == 0 && !field_errors_good(note_at(e, &nacha_dishonored, D99_INFO)))
		nacha_say(n, NC_FIELD_ERRORS, &nacha_dishonored.rows[D99_INFO],
			  "R69 does not say which fields were wrong (R26)");
	disputed_check(n, reason);
	answers_check(n, reason);
	if (memcmp(reason->code, "R73", 3) != 0)
		return;
	if (layout_is_nothing(note_at(e, &nacha_contested, C99_RETURNED)) ||
	    layout_is_nothing(note_at(e, &nacha_contested, C99_SETTLED)))
		nacha_say(n, NC_CONTESTED_DATES, &nacha_contested.rows[C99_RETURNED],
			  "R73 lacks the day of return or of settlement (R26)");
}

static void return_check(struct nacha *n, const struct layout *l)
{
	const struct nacha_entry *e = &n->entry;
	const struct nacha_reason *reason = nacha_reason_find(note_at(e, l, A99_REASON).p, n->day);

	if (n->batch.sec->flags & SEC_COR)
		nacha_say(n, NC_ADDENDA_TYPE, &l->rows[A99_CODE], "class COR takes addenda records 98, not 99 (R25)");
	layout_verify(l, e->note, nacha_fault, n);
	nacha_reserved_check(n, l, e->note);
	if (reason == NULL)
		nacha_say(n, NC_RETURN_REASON, &l->rows[A99_REASON],
			  "the return reason is not assigned, or not valid on this file's day (R26)");
	else if (reason->kind == REASON_RETURN)
		reason_check(n, reason);
	else
		dispute_check(n, reason);
}

/* What never went out in this class cannot come back; after a reversal it can. */
enum nacha_code nacha_back_fault(const struct nacha *n, int code)
{
	unsigned flags = n->batch.sec->flags;

	if ((flags & (SEC_PRENOTE_ONLY | SEC_ZERO_ONLY)) && (code % 10 != 1 || code >= 40))
		return NC_CODE_SEC;
	if (!n->batch.reversal && !(flags & (nacha_is_credit(code) ? SEC_CREDIT : SEC_DEBIT)))
		return NC_RETURN_CODE;
	return NC_CODES;
}

static void back_check(struct nacha *n, int code)
{
	const struct layout_row *row = &nacha_entry.rows[E_CODE];
	enum nacha_code fault = nacha_back_fault(n, code);

	if (fault == NC_CODE_SEC)
		nacha_say(n, fault, row, "transaction code %02d is not allowed in class %s", code, n->batch.sec->code);
	else if (fault == NC_RETURN_CODE)
		nacha_say(n, fault, row, "class %s has no %s that could come back, but for a reversal", n->batch.sec->code,
			  nacha_is_credit(code) ? "credits" : "debits");
}

void nacha_note_check(struct nacha *n, unsigned kind)
{
	const struct nacha_entry *e = &n->entry;
	const struct layout_row *code = &nacha_entry.rows[E_CODE];
	const struct layout *l = kind == KIND_CONTESTED ? &nacha_contested : kind == KIND_DISHONORED ?
		&nacha_dishonored :
		n->batch.iat ? &nacha_return_iat : &nacha_return;
	bool returns = e->code % 10 == 1 || e->code % 10 == 6 || e->code / 10 == 8;

	if (e->code >= 0 && !returns)
		nacha_say(n, kind == KIND_CHANGE ? NC_CODE_SEC : NC_RETURN_CODE, code,
			  "transaction code %02d is not that of a return or change", e->code);
	else if (e->code >= 0 && kind != KIND_CHANGE)
		back_check(n, e->code);
	if (kind == KIND_CHANGE && e->amount > 0)
		nacha_say(n, NC_AMOUNT_NOT_ZERO, &nacha_entry.rows[E_AMOUNT], "a change must carry no money (R19)");
	if (e->forward > 0)
		nacha_say(n, NC_ADDENDA_COUNT, NULL, "a return or change has one addenda record only (R25)");
	if (n->batch.iat && kind != KIND_CHANGE)
		nacha_iat_close(n, false);
	n->at = (struct nacha_place){ e->note_at, { e->note, NACHA_WIDTH } };
	if (kind == KIND_CHANGE)
		change_check(n);
	else
		return_check(n, l);
	if (layout_is_nothing(note_at(e, l, A99_TRACE)) || !layout_is_digits(note_at(e, l, A99_TRACE)))
		nacha_say(n, NC_ORIGINAL_TRACE, &l->rows[A99_TRACE],
			  "the original entry's trace number is missing or not 15 digits (R27)");
	if (layout_is_nothing(note_at(e, l, A99_RDFI)) || !layout_is_digits(note_at(e, l, A99_RDFI)))
		nacha_say(n, NC_ORIGINAL_RDFI, &l->rows[A99_RDFI], "the original receiving bank is missing or not 8 digits");
	n->at = (struct nacha_place){ e->at, { e->line, NACHA_WIDTH } };
}
