/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camt - ISO 20022 account reports, statements and notifications: camt.052, camt.053 and camt.054, versions 01 to 13
 *
 * Elements are found by their local names, whatever namespace or envelope stands around them.  Order of records: FILE for
 * each message, then for each Stmt, Rpt or Ntfctn STATEMENT, its BALANCEs, a TOTAL for each line of its summary, an ENTRY
 * for every Ntry (also for one that cannot be read: it has no amount) and a DETAIL for each of its TxDtls.  The Ntry of a
 * camt.054 is a part of a 053's entry: it is a DETAIL too.  Memory does not grow with the file.
 */
#include <stdio.h>

#include "formats/lib/camt.h"

static struct view trimmed(struct view v)
{
	while (v.n > 0 && (unsigned char)*v.p <= ' ') {
		v.p++;
		v.n--;
	}
	while (v.n > 0 && (unsigned char)v.p[v.n - 1] <= ' ')
		v.n--;
	return v;
}

/* Messages */

static void tell_file(struct camt *c)
{
	struct record *r = &c->rec;

	if (c->said_file)
		return;
	c->said_file = true;
	record_init(r, RECORD_FILE, c->line);
	record_set_text(r, F_TYPE, view_of(c->version));
	record_set_text(r, F_RECEIVER, camt_view(&c->receiver));
	record_set_text(r, F_FILE_ID, camt_view(&c->message_id));
	if (c->message_date != DATE_NONE)
		record_set_num(r, F_CREATED_DATE, c->message_date);
	record_set_text(r, F_CREATED_TIME, view_of(c->message_time));
	if (c->message_page >= 0)
		record_set_num(r, F_PAGE, c->message_page);
	camt_emit(c, r);
}

/* "...:camt.053.001.08", and of some countries with more behind it */
static void read_version(struct camt *c, struct view uri)
{
	const char *camt = uri.n == 0 ? NULL : memmem(uri.p, uri.n, "camt.", 5);
	struct view v = camt == NULL ? (struct view){ NULL, 0 } : view_sub(uri, (size_t)(camt - uri.p), 15);
	int64_t kind = v.n == 0 || !view_starts(v, VIEW("camt.")) ? -1 : camt_number(view_sub(v, 5, 3));
	int64_t version = kind < 0 || v.n < 15 ? -1 : camt_number(view_sub(v, 13, 2));

	snprintf(c->version, sizeof(c->version), "camt.%03d", (int)c->kind);
	if (kind >= 0 && version >= 0)
		snprintf(c->version, sizeof(c->version), "%.*s", VIEW_FMT(v));
	if (uri.n == 0)
		return;
	if (kind < 0 || version < 1 || version > 13)
		camt_find(c, CAMT_VERSION, "xmlns", "the namespace is none of a known camt version; the file is read by its element names");
	else if (kind != (int64_t)c->kind)
		camt_find(c, CAMT_VERSION, "xmlns", "the namespace is of another message than the root element; the element is believed");
}

static bool message_kind(struct view name, enum camt_kind *kind)
{
	static const struct { struct view name; enum camt_kind kind; } rows[] = {
		{ VIEW_INIT("BkToCstmrStmt"), CAMT_053 }, { VIEW_INIT("BkToCstmrAcctRpt"), CAMT_052 }, { VIEW_INIT("BkToCstmrDbtCdtNtfctn"), CAMT_054 },
	};

	for (size_t i = 0; i < 3; i++) {
		struct view rest = view_sub(name, rows[i].name.n, name.n);

		/* of version 01 the names end with V01 */
		if (view_starts(name, rows[i].name) && (rest.n == 0 || *rest.p == 'V')) {
			*kind = rows[i].kind;
			return true;
		}
	}
	return false;
}

static void begin_message(struct camt *c, struct view uri)
{
	c->messages++;
	c->in_message = 0;
	c->message_id.n = c->receiver.n = 0;
	c->message_date = DATE_NONE;
	c->message_time[0] = '\0';
	c->message_page = -1;
	c->message_last = true;
	c->said_file = false;
	read_version(c, uri);
}

static void end_message(struct camt *c)
{
	tell_file(c);
	if (c->in_message == 0)
		camt_find(c, CAMT_NO_STATEMENT, NULL, "the message has no statement, report or notification in it");
	if (!c->message_last || c->message_page > 1)
		camt_find(c, CAMT_PAGE, "MsgPgntn", "the message is one page of several");
}

static void take_time(struct camt *c, struct view v)
{
	c->message_date = camt_date(c, v, "CreDtTm");
	if (v.n >= 19)
		memcpy(c->message_time, v.p + 11, 8);
	c->message_time[8] = '\0';
}

/* Elements */

static void read_amount_currency(struct camt *c, const struct xml_element *e)
{
	memset(c->amount_currency, 0, sizeof(c->amount_currency));
	for (unsigned i = 0; i < e->n_attributes; i++)
		if (view_eq(e->attributes[i].name, VIEW("Ccy")))
			camt_take_currency(c->amount_currency, trimmed(e->attributes[i].value));
	c->amount_has_currency = c->amount_currency[0] != '\0';
}

#define OUTSIDE UINT16_MAX		/* of every message: envelopes */
#define PASSED_OVER 0

static uint32_t node_of(camt_place_t p)
{
	return p >> 16;
}

static enum camt_is what_is(camt_place_t p)
{
	return (enum camt_is)(p >> 8 & 0xff);
}

static camt_place_t place_of(const struct camt *c, uint32_t node)
{
	return node << 16 | (node == OUTSIDE ? 0 : (uint32_t)c->grammar->is[node] << 8 | c->grammar->begins[node]);
}

/* What few elements ask for stands out of line, so that the others save no registers for it. */

__attribute__((noinline))
static camt_place_t outside(struct camt *c, const struct xml_element *e)
{
	if (!message_kind(view_of(e->name), &c->kind))
		return place_of(c, OUTSIDE);
	begin_message(c, e->uri);
	return place_of(c, 1);
}

__attribute__((noinline))
static camt_place_t look_up(struct camt *c, uint32_t from, const char *name, size_t at)
{
	struct camt_step *s = &c->steps[at];

	for (size_t i = 1; i < 4 && s->name != NULL; i++) {
		s = &c->steps[at ^ i];
		if (s->name == name && s->from == from)
			return s->to;
	}
	*s = (struct camt_step){ name, from, place_of(c, c->grammar->next[from][camt_name(c->grammar, view_of(name))]) };
	return s->to;
}

/* Its place was looked up once; up to four that fall together lie in one line of the cache. */
static camt_place_t step(struct camt *c, uint32_t from, const char *name)
{
	size_t at = (((uintptr_t)name + from) * 0x9e3779b97f4a7c15u >> 48) % CAMT_STEPS;
	const struct camt_step *s = &c->steps[at];

	return s->name == name && s->from == from ? s->to : look_up(c, from, name, at);
}

__attribute__((noinline))
static int begin(struct camt *c, enum camt_is is, const struct xml_element *e)
{
	switch (is) {
	case IS_MESSAGE: break;
	case IS_STATEMENT:
		tell_file(c);
		camt_statement_begin(c);
		break;
	case IS_BALANCE: camt_balance_begin(c); break;
	case IS_ENTRY: camt_entry_begin(c); break;
	case IS_DETAILS: camt_details_begin(c); break;
	case IS_TRANSACTION: camt_tx_begin(c); break;
	default:
		read_amount_currency(c, e);
	}
	return c->stopped ? -1 : 0;
}

static int on_start(void *ctx, const struct xml_element *e)
{
	struct camt *c = ctx;
	uint32_t from = node_of(c->at[e->depth]);
	camt_place_t to;

	c->line = e->line;
	if (from == OUTSIDE)
		to = outside(c, e);
	else if (from == PASSED_OVER)
		to = PASSED_OVER;
	else
		to = step(c, from, e->name);
	c->at[e->depth + 1] = to;
	return (to & 1) != 0 ? begin(c, what_is(to), e) : 0;
}

static int on_end(void *ctx, const struct xml_element *e, struct view text)
{
	struct camt *c = ctx;
	enum camt_is is = what_is(c->at[e->depth + 1]);

	if (is == IS_NOTHING)
		return 0;
	c->line = e->line;
	text = trimmed(text);
	switch (is) {
	case IS_NOTHING: break;
	case IS_MESSAGE: end_message(c); break;
	case IS_MESSAGE_ID: camt_keep(&c->message_id, text); break;
	case IS_MESSAGE_TIME: take_time(c, text); break;
	case IS_MESSAGE_PAGE: c->message_page = camt_number(text); break;
	case IS_MESSAGE_LAST: c->message_last = !view_eq(text, VIEW("false")) && !view_eq(text, VIEW("0")); break;
	case IS_RECEIVER: camt_keep(&c->receiver, text); break;
	case IS_ENTRY: camt_entry_end(c); break;
	case IS_DETAILS: camt_details_end(c); break;
	case IS_TRANSACTION: camt_tx_end(c); break;
	default:
		if (is < IS_ENTRY)
			camt_statement_value(c, is, text);
		else if (c->item != NULL)
			camt_item_value(c, is, text);
	}
	return c->stopped ? -1 : 0;
}

/* Options */

static int choose(struct camt *c, const char *name, int otherwise)
{
	static const char *const words[] = { "reject", "warn", "ignore", NULL };
	struct view v = c->host->option == NULL ? (struct view){ NULL, 0 } : c->host->option(c->host->ctx, name);

	if (v.p == NULL)
		return otherwise;
	for (int i = 0; words[i] != NULL; i++)
		if (view_eq(v, view_of(words[i])))
			return i;
	camt_find_at(c, CAMT_OPTION, FINDING_ERROR, 0, NULL, "option %s has a value that is not known", name);
	return 0;
}

static const struct tally_option camt_options[] = {
	{ "proof", "reject|warn|ignore", "reject", "statements that do not add up" },
	{ "totals", "reject|warn|ignore", "reject", "counts and sums of the summary (TxsSummry) that do not agree" },
	{ "chain", "reject|warn|ignore", "warn", "a statement that does not begin where the account's last one ended" },
	STRICT_OPTION("CAMT", STRICT_OF_STATEMENTS),
	{ NULL, NULL, NULL, NULL },
};

/* Without these nothing was read, or the file not to its end. */
static const uint64_t must_be_errors = STRICT(CAMT_EMPTY) | STRICT(CAMT_XML) | STRICT(CAMT_DOCTYPE) | STRICT(CAMT_LIMIT) | STRICT(CAMT_NO_MESSAGE) |
	STRICT(CAMT_OVERFLOW) | STRICT(CAMT_OPTION);
/* Something is not read, or its meaning is doubtful. */
static const uint64_t must_be_told = STRICT(CAMT_ENCODING) | STRICT(CAMT_NO_ACCOUNT) | STRICT(CAMT_BALANCE) | STRICT(CAMT_BALANCE_SIGN) |
	STRICT(CAMT_BALANCE_REPEATED) | STRICT(CAMT_AMOUNT) | STRICT(CAMT_NO_AMOUNT) | STRICT(CAMT_SIGN) | STRICT(CAMT_NO_CURRENCY) |
	STRICT(CAMT_CURRENCY) | STRICT(CAMT_STATUS) | STRICT(CAMT_DATE) | STRICT(CAMT_REPEATED_ELEMENT) | STRICT(CAMT_REPEATED) | STRICT(CAMT_TEXT_LONG);
_Static_assert(CAMT_CODES <= 64, "strict.h has a bit a code");

static void read_options(struct camt *c)
{
	const char *code;

	strict_init(&c->strict, c->host, camt_findings, must_be_told, must_be_errors);
	for (unsigned at = 0; (code = strict_unknown(&c->strict, &at)) != NULL;)
		camt_find_at(c, CAMT_OPTION, FINDING_ERROR, 0, NULL, "option %s is none of error, warning, note, off", code);
	c->proof = (enum camt_policy)choose(c, "proof", POLICY_REJECT);
	c->totals = (enum camt_policy)choose(c, "totals", POLICY_REJECT);
	c->chain_policy = (enum camt_policy)choose(c, "chain", POLICY_WARN);
}

/* The module */

static const struct { enum xml_fault_kind kind; enum camt_code code; } faults[] = {
	{ XML_EMPTY, CAMT_EMPTY }, { XML_BROKEN, CAMT_XML }, { XML_DOCTYPE, CAMT_DOCTYPE }, { XML_LIMIT, CAMT_LIMIT },
};

static void tell_fault(struct camt *c, const struct xml_fault *fault)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].kind == fault->kind)
			camt_find_at(c, faults[i].code, FINDING_ERROR, fault->line, NULL, "%s", fault->text);
}

static int on_repaired(void *ctx, enum xml_repair what, uint64_t line, const char *text)
{
	struct camt *c = ctx;
	enum camt_code code = what == XML_ENCODING ? CAMT_ENCODING : CAMT_XML;

	camt_find_at(c, code, camt_findings[code].severity, line, NULL, "%s", text);
	return c->stopped ? -1 : 0;
}

static int camt_parse(const struct tally_host *host, void *state)
{
	static const struct xml_handler handler = { on_start, on_end, on_repaired };
	struct camt *c = state;
	struct xml_fault fault;
	int rc;

	c->host = host;
	c->grammar = camt_grammar();
	c->at[0] = place_of(c, OUTSIDE);
	c->sums = TALLY_HOST_HAS(host, sum);
	c->sum = (struct tally_sum){ .size = sizeof(c->sum), .kind = RECORD_ENTRY };
	c->details = (struct tally_sum){ .size = sizeof(c->details), .kind = RECORD_DETAIL };
	c->held.max = CAMT_HELD * 8;
	read_options(c);
	rc = xml_parse(host, &handler, c, &fault);
	camt_emit_sums(c);
	if (rc == 1)
		tell_fault(c, &fault);
	else if (rc == 0 && c->messages == 0)
		camt_find_at(c, CAMT_NO_MESSAGE, FINDING_ERROR, 0, NULL, "there is no camt.052, camt.053 or camt.054 message in the file");
	if (c->held.failed)
		c->stopped = true;
	buf_release(&c->held);
	return rc < 0 || c->stopped ? -1 : 0;
}

/* The name of a camt namespace or of one of the three roots, in XML. */
static int camt_probe(struct view head)
{
	static const char *const roots[] = { "BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn" };
	static const char *const spaces[] = { "camt.052.", "camt.053.", "camt.054." };
	char plain[XML_HEAD];

	head = xml_narrow(head, plain);
	if (!xml_looks_so(head))
		return 0;
	for (size_t i = 0; i < 3; i++)
		if (memmem(head.p, head.n, roots[i], strlen(roots[i])) != NULL)
			return 100;
	for (size_t i = 0; i < 3; i++)
		if (memmem(head.p, head.n, spaces[i], strlen(spaces[i])) != NULL)
			return 90;
	return 0;
}

static int camt_document(const struct tally_host *host)
{
	struct buf text = { .max = 0 };
	int rc;

	camt_document_paths(&text);
	rc = text.failed ? -1 : host->write(host->ctx, buf_as_view(&text));
	buf_release(&text);
	return rc;
}

TALLY_FORMAT(.name = "camt", .version = "1.0", .state_size = sizeof(struct camt), .probe = camt_probe, .parse = camt_parse,
	.options = camt_options, .findings = camt_findings, .document = camt_document);
