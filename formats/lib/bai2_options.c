/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bai2_options - what one bank's channel says: policies for totals and counts, how severe each finding is, codes of its own
 *
 * A finding's own option (BAI2_DATE=warning) wins over a policy (totals=warn).  A value that is not known is told, and the
 * strictest one is used.
 */
#include "formats/lib/bai2.h"

static struct view option(struct bai2 *b, const char *name)
{
	return b->host->option == NULL ? (struct view){ NULL, 0 } : b->host->option(b->host->ctx, name);
}

/* The index of the value in `words`, `otherwise` when it is not set, and a finding when it is none of them. */
static int choose(struct bai2 *b, const char *name, const char *const *words, int otherwise)
{
	struct view v = option(b, name);

	if (v.p == NULL)
		return otherwise;
	for (int i = 0; words[i] != NULL; i++)
		if (view_eq(v, view_of(words[i])))
			return i;
	bai2_find_at(b, BAI2_OPTION, FINDING_ERROR, 0, 0, NULL, "option %s has a value that is not known", name);
	return 0;
}

static void read_policies(struct bai2 *b)
{
	static const char *const policies[] = { "reject", "warn", "ignore", NULL };
	static const char *const totals[RINGS] = { "totals_49", "totals_98", "totals_99" };
	static const char *const counts[RINGS] = { "counts_49", "counts_98", "counts_99" };
	static const char *const versions[] = { "2", "any", NULL };
	static const char *const slash[] = { "keep", "drop", NULL };
	static const char *const items[] = { "entries", "details", NULL };
	int all_totals = choose(b, "totals", policies, POLICY_REJECT);
	int all_counts = choose(b, "counts", policies, POLICY_REJECT);

	for (int i = 0; i < RINGS; i++) {
		b->totals[i] = (enum bai2_policy)choose(b, totals[i], policies, all_totals);
		b->counts[i] = (enum bai2_policy)choose(b, counts[i], policies, all_counts);
	}
	b->any_version = choose(b, "versions", versions, 0) == 1;
	b->text_slash_drop = choose(b, "text_slash", slash, 0) == 1;
	b->items_are_details = choose(b, "items", items, 0) == 1;
}

/* What is not read, or cannot be proved without, is always told. */
static bool never_off(enum bai2_code code)
{
	return code <= BAI2_CONTINUATION || code == BAI2_FIELD_LONG || code == BAI2_TEXT_LONG || code == BAI2_LINE_LONG ||
		code == BAI2_ENVELOPE || code == BAI2_AMOUNT || code == BAI2_OVERFLOW || code == BAI2_FUNDS_TYPE;
}

static void read_severities(struct bai2 *b)
{
	static const char *const words[] = { "error", "warning", "note", "off", NULL };
	static const int8_t values[] = { FINDING_ERROR, FINDING_WARNING, FINDING_NOTE, BAI2_SEVERITY_OFF };

	for (int i = 0; i < BAI2_CODES; i++)
		b->severity[i] = BAI2_SEVERITY_UNSET;
	for (int i = 0; i < BAI2_CODES; i++) {
		if (option(b, bai2_findings[i].code).p == NULL)
			continue;
		b->severity[i] = values[choose(b, bai2_findings[i].code, words, 0)];
		if (b->severity[i] < FINDING_WARNING && never_off((enum bai2_code)i))
			b->severity[i] = FINDING_WARNING;
	}
	b->severity[BAI2_OPTION] = b->severity[BAI2_EMPTY] = BAI2_SEVERITY_UNSET;
}

static int three_digits(struct view v)
{
	int n = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return -1;
		n = n * 10 + v.p[i] - '0';
	}
	return v.n == 3 ? n : -1;
}

/* "871=debit" or "901=none:status". */
static bool read_code(struct bai2 *b, struct view v)
{
	static const struct { struct view word; char sign; } words[] = {
		{ VIEW_INIT("credit"), 'C' }, { VIEW_INIT("debit"), 'D' }, { VIEW_INIT("none"), '-' },
		{ VIEW_INIT("status"), 'S' }, { VIEW_INIT("summary"), 'T' }, { VIEW_INIT("detail"), 'D' },
	};
	struct view code, direction, level = VIEW("detail");
	struct bai2_type type = { 0, 0, "Code of this bank" };

	if (!view_cut(&v, '=', &code) || !view_cut(&v, ':', &direction) || three_digits(code) < 0 ||
	    b->n_custom == BAI2_CUSTOM_CODES)
		return false;
	if (v.p != NULL)
		level = v;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (i < 3 && view_eq(direction, words[i].word))
			type.direction = words[i].sign;
		else if (i >= 3 && view_eq(level, words[i].word))
			type.level = words[i].sign;
	}
	if (type.direction == 0 || type.level == 0)
		return false;
	b->custom[b->n_custom].code = three_digits(code);
	b->custom[b->n_custom++].type = type;
	return true;
}

static void read_codes(struct bai2 *b)
{
	struct view list = option(b, "codes"), piece;

	while (view_cut(&list, ',', &piece))
		if (!read_code(b, view_trim(piece)))
			bai2_find_at(b, BAI2_OPTION, FINDING_ERROR, 0, 0, NULL,
				"option codes: '%.*s' is not CODE=credit|debit|none[:status|summary|detail]",
				piece.n > 40 ? 40 : (int)piece.n, piece.p);
}

void bai2_options_read(struct bai2 *b)
{
	read_severities(b);
	read_policies(b);
	read_codes(b);
}

const struct bai2_type *bai2_type(const struct bai2 *b, int code)
{
	for (size_t i = 0; i < b->n_custom; i++)
		if (b->custom[i].code == code)
			return &b->custom[i].type;
	return bai2_type_of(code);
}

bool bai2_listed(const struct bai2 *b, int code)
{
	for (size_t i = 0; i < b->n_custom; i++)
		if (b->custom[i].code == code)
			return true;
	return bai2_type_listed(code);
}
