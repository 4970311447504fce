/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recon_words - see recon_words.h: what was seen, which operator joined it, and the sum that proves it
 */
#include "gateway/recon_words.h"

#include "formats/core/date.h"
#include "formats/core/mask.h"

void put_int(struct buf *b, int64_t n)
{
	char t[24];
	size_t at = sizeof(t);
	uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do
		t[--at] = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (n < 0)
		t[--at] = '-';
	buf_put(b, t + at, sizeof(t) - at);
}

void put_money(struct buf *b, int64_t n, int digits)
{
	char t[32];
	size_t at = sizeof(t);
	uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	for (int i = 0; i < digits; i++, u /= 10)
		t[--at] = (char)('0' + u % 10);
	if (digits > 0)
		t[--at] = '.';
	do
		t[--at] = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (n < 0)
		t[--at] = '-';
	buf_put(b, t + at, sizeof(t) - at);
}

static const char *const places[RECON_TEXTS] = { "the customer reference", "the end-to-end id", "the check or trace number",
	"the bank's own number", "the name", "the text" };

static void shown(struct buf *b, struct view v)
{
	buf_char(b, '\'');
	for (size_t i = 0; i < v.n && i < 48; i++)
		buf_char(b, v.p[i] == '\n' ? ' ' : v.p[i]);
	buf_text(b, v.n > 48 ? "...'" : "'");
}

static void days(struct buf *b, int n)
{
	if (n == 0) {
		buf_text(b, "on the expected day");
		return;
	}
	put_int(b, n < 0 ? -n : n);
	buf_text(b, n == 1 || n == -1 ? " banking day " : " banking days ");
	buf_text(b, n < 0 ? "early" : "late");
}

static const char *party_words(uint8_t party)
{
	switch ((enum recon_party)party) {
	case PARTY_AGREES: return "; the name agrees";
	case PARTY_DOUBT: return "; the names are alike in part";
	case PARTY_OTHER: return "; the names differ";
	default: return "";
	}
}

static void reference(struct buf *b, const struct recon_row *line, const struct recon_row *item, const struct recon_match *m)
{
	buf_text(b, places[m->where]);
	if (m->where != B_TEXT) {
		buf_char(b, ' ');
		shown(b, recon_text(line, m->where));
	}
	buf_text(b, m->where == B_TEXT ? " names " : " reads ");
	shown(b, recon_text(item, K_REF));
	if (m->op > OP_EXACT) {
		buf_text(b, " (");
		buf_text(b, recon_operator_names[m->op]);
		buf_char(b, ')');
	}
}

static void sum_of(struct buf *b, const struct recon *r, const struct recon_match *m)
{
	put_int(b, m->n_book);
	buf_text(b, " items add up to ");
	put_money(b, m->book_total, r->digits);
}

static void one_to_one(struct buf *b, const struct recon *r, const struct recon_match *m)
{
	const struct recon_row *line = &r->lines[r->ids[m->bank_at]], *item = &r->items[r->ids[m->book_at]];

	switch ((enum recon_rule)m->rule) {
	case RULE_AMOUNT_DATE:
		buf_text(b, "no reference joins them; amount and sign agree");
		break;
	case RULE_CONFLICT:
		buf_text(b, "amount and sign agree; but ");
		if (m->op == OP_NONE)
			buf_text(b, "the names differ");
		else
			buf_text(b, "the line bears another reference");
		break;
	default:
		reference(b, line, item, m);
		buf_text(b, "; amount and sign agree");
	}
	buf_text(b, m->rule == RULE_CONFLICT ? "" : party_words(m->party));
}

void recon_explain(struct buf *b, const struct recon *r, const struct recon_match *m)
{
	const struct recon_row *line = &r->lines[r->ids[m->bank_at]], *item = &r->items[r->ids[m->book_at]];

	switch ((enum recon_rule)m->rule) {
	case RULE_GROUP_KEY:
	case RULE_GROUP_FEE_TEXT:
		buf_text(b, places[m->where]);
		buf_text(b, " names the group ");
		shown(b, recon_text(item, K_GROUP));
		buf_text(b, "; ");
		sum_of(b, r, m);
		if (m->rule == RULE_GROUP_FEE_TEXT) {
			buf_text(b, "; the line states that gross and a fee of ");
			put_money(b, m->extra, r->digits);
		}
		break;
	case RULE_GROUP_TOTAL:
		buf_text(b, "the line bears no reference; the group ");
		shown(b, recon_text(item, K_GROUP));
		buf_text(b, ": ");
		sum_of(b, r, m);
		break;
	case RULE_GROUP_LESS:
		buf_text(b, "the line names the group ");
		shown(b, recon_text(item, K_GROUP));
		buf_text(b, "; without the items left out ");
		sum_of(b, r, m);
		break;
	case RULE_PARTS:
	case RULE_PARTS_REST:
		put_int(b, m->n_bank);
		buf_text(b, m->rule == RULE_PARTS ? " lines bear the reference " : " lines; all but one bear the reference ");
		shown(b, recon_text(item, K_REF));
		buf_text(b, " and add up to the item");
		break;
	case RULE_LUMP:
		buf_text(b, "items of one name: ");
		sum_of(b, r, m);
		buf_text(b, "; sums that fit: ");
		put_int(b, m->extra);
		buf_text(b, "; by accident in a million lines: ");
		put_int(b, m->odds);
		break;
	case RULE_AMOUNT_OFF:
		reference(b, line, item, m);
		buf_text(b, "; the amounts differ");
		break;
	default:
		one_to_one(b, r, m);
	}
	buf_text(b, "; ");
	days(b, m->days);
	if (m->automatic)
		return;
	if (m->extra > 0 && m->rule != RULE_LUMP) {
		buf_text(b, "; others that fit: ");
		put_int(b, m->extra);
	}
	buf_text(b, "; ahead of the next by ");
	put_money(b, m->margin, 2);
}

/* Reasons */

static const char *const details[RECON_REASONS] = {
	[NO_COUNTERPART_BOOK] = "nothing in the book has this amount and nothing that it names is there",
	[NO_COUNTERPART_BANK] = "the bank has not shown it",
	[AMOUNT_DIFF] = "the references agree; the amounts do not",
	[DATE_OUT_OF_WINDOW] = "reference and amount agree; the days are too far apart",
	[REF_CONFLICT] = "the amount agrees; reference or name contradict",
	[AMBIGUOUS] = "several fit equally; a person must choose",
	[DUP_LINE] = "the same line stands in a statement already",
	[DUP_PAYMENT] = "the same reference and amount was posted before",
	[SIGN_FLIP] = "reference and amount agree; credit and debit are swapped",
	[TRANSPOSED_AMOUNT] = "the references agree; two neighbouring digits of the amount are swapped",
	[WRONG_ACCOUNT] = "reference and amount agree; the accounts differ",
	[RETURN_UNLINKED] = "the bank returns something that the book does not know",
	[FEE_UNEXPLAINED] = "the bank charges a fee that the book does not know",
	[GROUP_SHORT] = "the line is less than the sum of its group",
	[GROUP_OVER] = "the line is more than the sum of its group",
	[STALE_CHECK] = "issued too long ago and not paid",
	[VOID_PRESENTED] = "paid though the book had it void",
	[STOP_PRESENTED] = "paid though the book had it stopped",
	[CCY_MISMATCH] = "reference and digits agree; the currencies differ",
};

/* a = the line, k = the item, of whichever side the row is. */
static void numbers(struct buf *b, const struct recon *r, const struct recon_row *a, const struct recon_row *k, enum recon_reason why)
{
	if (why == AMOUNT_DIFF || why == TRANSPOSED_AMOUNT) {
		buf_text(b, ": bank ");
		put_money(b, a->amount, r->digits);
		buf_text(b, " book ");
		put_money(b, k->amount, r->digits);
		buf_text(b, " difference ");
		put_money(b, a->amount - k->amount, r->digits);
	} else if (why == DATE_OUT_OF_WINDOW) {
		buf_text(b, ": ");
		days(b, a->day - k->day);
	} else if (why == VOID_PRESENTED || why == STOP_PRESENTED) {
		char text[DATE_TEXT];

		buf_text(b, " since ");
		buf_text(b, date_print(k->status_date, text));
	}
}

void recon_detail(struct buf *b, const struct recon *r, const struct recon_row *row, bool bank)
{
	enum recon_reason why = (enum recon_reason)row->reason;

	if (row->refused && (why == NO_COUNTERPART_BOOK || why == NO_COUNTERPART_BANK))
		buf_text(b, "a person refused what fits; nothing else is there");
	else
		buf_text(b, details[why] == NULL ? "" : details[why]);
	if (row->with != NULL && why != DUP_LINE && why != DUP_PAYMENT && !(why == REF_CONFLICT && row->with->amount != row->amount))
		numbers(b, r, bank ? row : row->with, bank ? row->with : row, why);
}
