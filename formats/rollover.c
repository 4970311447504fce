/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollover - direct rollovers to the trustee of another plan: lines of 480 characters, H, then R for each person, then T
 *
 * The layout is ours and versioned.  The header holds our reference and the total that one credit, or one check, of the
 * same amount and reference funds.  A direct rollover is one only while the money is the trustee's: the payee must say
 * FBO (for the benefit of) and the person's name (Treas. Reg. 1.401(a)(31)-1, Q&A-4), and never be the person alone.
 */
#include "formats/lib/flat.h"

enum { ROLLOVER_SEQUENCE = FLAT_CODES, ROLLOVER_FBO, ROLLOVER_PLAN, ROLLOVER_CODES };

static const struct layout_row header_rows[] = {
	{ "Record Type", 1, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "H" },
	{ "File Kind", 2, 10, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "TALLYROLL " },
	{ "Version", 12, 2, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "01" },
	{ "Creation Date", 14, 8, LAYOUT_YYYYMMDD, LAYOUT_M, F_CREATED_DATE, NULL },
	{ "Creation Time", 22, 6, LAYOUT_TEXT, LAYOUT_O, F_CREATED_TIME, NULL },
	{ "Reference", 28, 40, LAYOUT_TEXT, LAYOUT_M, F_REFERENCE, NULL },
	{ "File Id", 68, 32, LAYOUT_TEXT, LAYOUT_O, F_FILE_ID, NULL },
	{ "Sender", 100, 40, LAYOUT_TEXT, LAYOUT_O, F_SENDER, NULL },
	{ "Receiver", 140, 40, LAYOUT_TEXT, LAYOUT_O, F_RECEIVER, NULL },
	{ "Plan", 180, 40, LAYOUT_TEXT, LAYOUT_O, F_PLAN, NULL },
	{ "Funding Total", 220, 15, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Company Name", 235, 40, LAYOUT_TEXT, LAYOUT_O, F_COMPANY_NAME, NULL },
	{ "Company Id", 275, 20, LAYOUT_TEXT, LAYOUT_O, F_COMPANY_ID, NULL },
	{ "Effective Date", 295, 8, LAYOUT_YYYYMMDD, LAYOUT_O, F_EFFECTIVE_DATE, NULL },
	{ "Reserved", 303, 178, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
};

static const struct layout_row rollover_rows[] = {
	{ "Record Type", 1, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "R" },
	{ "Sequence", 2, 7, LAYOUT_NUMBER, LAYOUT_M, LAYOUT_NONE, "0000000" },
	{ "Reference", 9, 40, LAYOUT_TEXT, LAYOUT_M, F_REFERENCE, NULL },
	{ "Amount", 49, 12, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Currency", 61, 3, LAYOUT_TEXT, LAYOUT_M, F_CURRENCY, NULL },
	{ "Participant", 64, 60, LAYOUT_TEXT, LAYOUT_M, F_PARTY, NULL },
	{ "SSN", 124, 9, LAYOUT_DIGITS, LAYOUT_M, F_SSN, NULL },
	{ "Person Id", 133, 64, LAYOUT_TEXT, LAYOUT_O, F_PERSON, NULL },
	{ "Plan", 197, 40, LAYOUT_TEXT, LAYOUT_M, F_PLAN, NULL },
	{ "Distribution Code", 237, 2, LAYOUT_TEXT, LAYOUT_O, F_DISTRIBUTION, NULL },
	{ "Trustee", 239, 60, LAYOUT_TEXT, LAYOUT_M, F_TRUSTEE, NULL },
	{ "Trustee Account", 299, 30, LAYOUT_TEXT, LAYOUT_M, F_TRUSTEE_ACCOUNT, NULL },
	{ "Payee", 329, 140, LAYOUT_TEXT, LAYOUT_M, F_PAYEE, NULL },
	{ "Reserved", 469, 12, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
};

static const struct layout_row trailer_rows[] = {
	{ "Record Type", 1, 1, LAYOUT_CONST, LAYOUT_M, LAYOUT_NONE, "T" },
	{ "Count", 2, 7, LAYOUT_NUMBER, LAYOUT_M, F_COUNT, NULL },
	{ "Total Amount", 9, 15, LAYOUT_MONEY, LAYOUT_M, F_AMOUNT, NULL },
	{ "Reserved", 24, 457, LAYOUT_FILL, LAYOUT_O, LAYOUT_NONE, NULL },
};

static const struct layout header = LAYOUT("Rollover header", header_rows, 480);
static const struct layout detail = LAYOUT("Rollover", rollover_rows, 480);
static const struct layout trailer = LAYOUT("Rollover trailer", trailer_rows, 480);

static const struct flat_layout layouts[] = {
	{ .name = "tally01", .title = "this program's rollover file, version 01", .header = &header, .detail = &detail,
		.trailer = &trailer, .header_mark = VIEW_INIT("H"), .detail_mark = VIEW_INIT("R"),
		.trailer_mark = VIEW_INIT("T"), .header_total = true },
	{ .name = NULL },
};

#define SOURCE "docs/formats/rollover.md"

static const struct tally_code findings[ROLLOVER_CODES + 1] = {
	FLAT_TABLE("ROLLOVER", SOURCE),
	[ROLLOVER_SEQUENCE] = FLAT_SEQUENCE_ROW("ROLLOVER_SEQUENCE", SOURCE),
	[ROLLOVER_FBO] = { "ROLLOVER_FBO", FINDING_ERROR, "the payee does not say FBO and the person's name",
		"write the payee as \"Trustee of PLAN FBO NAME\"; money paid to the person alone is no rollover and is taxed",
		"Treas. Reg. 1.401(a)(31)-1, Q&A-4" },
	[ROLLOVER_PLAN] = { "ROLLOVER_PLAN", FINDING_ERROR, "a line is of another plan than the header says", FLAT_RESEND,
		SOURCE },
	{ NULL, 0, NULL, NULL, NULL },
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_word(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '\'' || c == '-' || (c & 0x80) != 0;
}

/* The next run of letters and digits. */
static bool next_word(struct view *rest, struct view *word)
{
	size_t n = 0;

	while (rest->n > 0 && !is_word(*rest->p))
		*rest = view_sub(*rest, 1, rest->n);
	while (n < rest->n && is_word(rest->p[n]))
		n++;
	*word = view_sub(*rest, 0, n);
	*rest = view_sub(*rest, n, rest->n);
	return n > 0;
}

static bool has_word(struct view text, struct view wanted)
{
	struct view word;

	while (next_word(&text, &word)) {
		size_t i = 0;

		while (word.n == wanted.n && i < word.n && lower(word.p[i]) == lower(wanted.p[i]))
			i++;
		if (word.n == wanted.n && i == word.n)
			return true;
	}
	return false;
}

static void judge_payee(struct flat *f, const struct record *r)
{
	struct view payee = record_text(r, F_PAYEE), name = record_text(r, F_PARTY), word;

	if (!has_word(payee, VIEW("FBO"))) {
		flat_bad(f, ROLLOVER_FBO, F_PAYEE, "the payee does not say FBO (for the benefit of)");
		return;
	}
	while (next_word(&name, &word))
		if (!has_word(payee, word)) {
			flat_bad(f, ROLLOVER_FBO, F_PAYEE, "the payee does not hold the person's whole name");
			return;
		}
}

static void judge_plan(struct flat *f, const struct record *r)
{
	struct view plan = record_text(r, F_PLAN);

	if (f->writing) {				/* the header names the plan when there is one only */
		if (f->plan[0] == '\0' && plan.n < sizeof(f->plan))
			memcpy(f->plan, plan.n > 0 ? plan.p : "", plan.n);
		f->plan_differs = f->plan_differs || !view_eq(view_of(f->plan), plan);
	} else if (f->plan[0] != '\0' && !view_eq(view_of(f->plan), plan)) {
		flat_bad(f, ROLLOVER_PLAN, F_PLAN, "the plan is another than the header's");
	}
}

static void judge(struct flat *f, const struct record *r)
{
	judge_payee(f, r);
	judge_plan(f, r);
}

static size_t key(const struct record *r, struct view parts[FLAT_KEY])
{
	parts[0] = record_text(r, F_REFERENCE);
	return parts[0].n > 0;
}

static const struct flat_format format = {
	.findings = findings, .sequence = ROLLOVER_SEQUENCE, .layouts = layouts,
	.kind = RECORD_ROLLOVER, .serial = RECORD_FIELDS, .unit = "rollovers",
	.judge = judge, .key = key,
};

FLAT_CALLS(&format)

static int rollover_probe(struct view head)
{
	return view_starts(head, VIEW("HTALLYROLL 01")) ? 100 : 0;
}

static const struct tally_option options[] = {
	{ "line_end", "lf crlf", "lf", "what ends a line of a file that is written" },
	STRICT_OPTION("ROLLOVER", STRICT_OF_ROWS),
	{ NULL, NULL, NULL, NULL },
};

TALLY_FORMAT(.name = "rollover", .version = "1.0", .probe = rollover_probe, .options = options, .findings = findings, FLAT_MEMBERS);
