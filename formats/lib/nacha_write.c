/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_write - see nacha_write.h
 *
 * Memory does not grow with the file: lines leave in blocks of NACHA_OUT bytes.  A call that returns -1 has released
 * what it held; the host does not call again.
 */
#include <string.h>

#include "formats/lib/nacha_write.h"

static int read_back_record(void *ctx, const struct record *r)
{
	(void)ctx;
	(void)r;
	return 0;
}

static int read_back_finding(void *ctx, const struct finding *f)
{
	struct nacha_writer *w = ctx;

	w->errors += f->severity == FINDING_ERROR;
	return w->host->finding(w->host->ctx, f);
}

static struct view read_back_option(void *ctx, const char *name)
{
	struct nacha_writer *w = ctx;

	return w->host->option(w->host->ctx, name);
}

static void flush(struct nacha_writer *w)
{
	if (w->n_out > 0 && !w->stopped && w->host->write(w->host->ctx, (struct view){ w->out, w->n_out }) != 0)
		w->stopped = true;
	w->n_out = 0;
}

void nacha_put_line(struct nacha_writer *w, const char line[NACHA_WIDTH])
{
	if (sizeof(w->out) - w->n_out < NACHA_WIDTH + w->line_end.n)
		flush(w);
	memcpy(w->out + w->n_out, line, NACHA_WIDTH);
	w->n_out += NACHA_WIDTH;
	if (w->line_end.n > 0)
		memcpy(w->out + w->n_out, w->line_end.p, w->line_end.n);
	w->n_out += w->line_end.n;
	w->n.at = (struct nacha_place){ ++w->lines, { line, NACHA_WIDTH } };
	nacha_line(&w->n, line);
}

void nacha_refuse(struct nacha_writer *w, enum nacha_code code, const struct layout_row *row, const char *why)
{
	w->n.at = (struct nacha_place){ w->lines + 1, { NULL, 0 } };
	if (row == NULL)
		nacha_say(&w->n, code, NULL, "%s", why);
	else
		nacha_say(&w->n, code, row, "the field \"%s\" %s", row->name, why);
}

bool nacha_fill_line(struct nacha_writer *w, char *line, const struct layout *l, const struct record *r)
{
	const struct layout_row *bad;
	enum layout_fault fault;

	if (layout_write(line, l, r, &bad, &fault) == 0)
		return true;
	nacha_refuse(w, NC_EMIT_VALUE, bad, layout_fault_text(fault));
	return false;
}

/* --- controls --- */

static void put_totals(struct record *r, const struct nacha_totals *sum, char hash[11])
{
	uint64_t left = sum->hash;

	for (size_t i = 10; i-- > 0; left /= 10)
		hash[i] = (char)('0' + left % 10);
	record_set_num(r, F_COUNT, (int64_t)sum->items);
	record_set_text(r, F_HASH, (struct view){ hash, 10 });
	record_set_num(r, F_DEBIT, sum->debit);
	record_set_num(r, F_CREDIT, sum->credit);
}

static void copy_text(struct record *r, enum record_field f, const struct layout_row *row, const char *line)
{
	record_set_text(r, f, view_rtrim(layout_at(row, line)));
}

static void close_batch(struct nacha_writer *w)
{
	const struct layout_row *header = nacha_batch_header.rows;
	const struct layout *l = w->sec != NULL && (w->sec->flags & SEC_ADV) ? &nacha_batch_control_adv : &nacha_batch_control;
	struct record *r = &w->n.record;
	char line[NACHA_WIDTH], hash[11];

	if (w->sec == NULL)
		return;
	nacha_close_entry(&w->n);			/* the reader's record is ours from here */
	nacha_balance_batch(w);
	record_init(r, RECORD_TOTAL, 0);
	put_totals(r, &w->n.batch.sum, hash);
	copy_text(r, F_SERVICE_CLASS, &header[BH_CLASS], w->n.batch.line);
	copy_text(r, F_COMPANY_ID, &header[BH_COMPANY_ID], w->n.batch.line);
	copy_text(r, F_ODFI, &header[BH_ODFI], w->n.batch.line);
	record_set_num(r, F_BATCH_NUMBER, w->n.batch.number);
	record_set_text(r, F_CODE, (struct view){ w->control_code, w->n_control_code });
	w->n_control_code = 0;
	w->sec = NULL;
	if (nacha_fill_line(w, line, l, r))
		nacha_put_line(w, line);
}

static void put_control(struct nacha_writer *w)
{
	const struct layout *l = w->n.adv ? &nacha_file_control_adv : &nacha_file_control;
	const struct layout_row *rows = l->rows;
	uint64_t blocks = (w->lines + 1 + NACHA_BLOCKING - 1) / NACHA_BLOCKING;
	struct record *r = &w->n.record;
	char line[NACHA_WIDTH], hash[11];

	record_init(r, RECORD_TOTAL, 0);
	put_totals(r, &w->n.sum, hash);
	if (!nacha_fill_line(w, line, l, r))
		return;
	if (!layout_put_number(line, &rows[FC_BATCHES], (int64_t)w->n.sum.batches) ||
	    !layout_put_number(line, &rows[FC_BLOCKS], (int64_t)blocks)) {
		nacha_refuse(w, NC_EMIT_VALUE, &rows[FC_BATCHES], layout_fault_text(LAYOUT_TOO_LONG));
		return;
	}
	nacha_put_line(w, line);
	memset(line, '9', sizeof(line));
	while (w->lines % NACHA_BLOCKING != 0)
		nacha_put_line(w, line);
}

/* --- records --- */

static void put_file(struct nacha_writer *w, const struct record *r)
{
	char line[NACHA_WIDTH];

	if (w->begun) {
		nacha_refuse(w, NC_EMIT_ORDER, NULL, "a second file header was given");
		return;
	}
	w->begun = true;
	if (nacha_fill_line(w, line, &nacha_file_header, r))
		nacha_put_line(w, line);
}

static void put_batch(struct nacha_writer *w, const struct record *r)
{
	struct view sec = record_text(r, F_SEC);
	const struct nacha_sec *class = sec.n == 3 ? nacha_sec_find(sec.p) : NULL;
	bool change = class != NULL && (class->flags & SEC_COR) && view_starts(record_text(r, F_COMPANY_NAME), VIEW("IATCOR")),
		iat = change || (class != NULL && (class->flags & SEC_IAT));
	char line[NACHA_WIDTH];

	if (!w->begun) {
		nacha_refuse(w, NC_EMIT_ORDER, NULL, "a batch was given before the file header");
		return;
	}
	close_batch(w);
	if (class == NULL) {
		nacha_refuse(w, NC_EMIT_KIND, &nacha_batch_header.rows[BH_SEC], "names a class that does not exist");
	} else if (w->balance.on && (class->flags & (SEC_IAT | SEC_ADV))) {
		nacha_refuse(w, NC_EMIT_KIND, &nacha_batch_header.rows[BH_SEC], "names a class that cannot be balanced");
	} else if (nacha_fill_line(w, line, iat ? &nacha_iat_header : &nacha_batch_header, r) &&
		   (!iat || nacha_iat_extra(w, line, "5", &nacha_iat_header, r))) {
		if (iat && !change)			/* a company's name has no place in the header */
			memset(line + nacha_iat_header.rows[IH_INDICATOR].pos - 1, ' ', nacha_iat_header.rows[IH_INDICATOR].len);
		if (w->balance.on && !(class->flags & SEC_COR))		/* the other side comes into the same batch */
			memcpy(line + nacha_batch_header.rows[BH_CLASS].pos - 1, "200", 3);
		w->sec = class;
		nacha_put_line(w, line);
	}
}

/* The fields that say which batch a record belongs to. */
static const struct { enum record_field field; unsigned row; } batch_keys[] = {
	{ F_SEC, BH_SEC }, { F_COMPANY_ID, BH_COMPANY_ID }, { F_DESCRIPTION, BH_DESCRIPTION },
};
#define BATCH_KEYS (sizeof(batch_keys) / sizeof(batch_keys[0]))

static bool of_open_batch(const struct nacha_writer *w, const struct record *r)
{
	for (size_t i = 0; i < BATCH_KEYS; i++) {
		const struct layout_row *row = &nacha_batch_header.rows[batch_keys[i].row];

		if (record_has(r, batch_keys[i].field) && !view_eq(record_text(r, batch_keys[i].field),
								   view_rtrim(layout_at(row, w->n.batch.line))))
			return false;
	}
	return record_num(r, F_EFFECTIVE_DATE, w->n.batch.effective) == w->n.batch.effective;
}

/* A record that names its class is put into a batch of that class, company, description and date. */
static void follow_batch(struct nacha_writer *w, const struct record *r)
{
	struct record head;

	if (!w->begun || !record_has(r, F_SEC) || (w->sec != NULL && of_open_batch(w, r)))
		return;
	record_init(&head, RECORD_BATCH, 0);
	record_set_text(&head, F_ODFI, view_sub(record_text(r, F_TRACE), 0, 8));
	record_set_num(&head, F_BATCH_NUMBER, 1);
	if (w->sec != NULL) {
		layout_read(&head, w->n.batch.iat ? &nacha_iat_header : &nacha_batch_header, w->n.batch.line);
		record_set_num(&head, F_BATCH_NUMBER, w->n.batch.number + 1);
	}
	for (size_t i = 0; i < BATCH_KEYS; i++)
		record_set_text(&head, batch_keys[i].field, record_text(r, batch_keys[i].field));
	record_set_text(&head, F_COMPANY_NAME, record_text(r, F_COMPANY_NAME));
	record_set_text(&head, F_SERVICE_CLASS, VIEW("200"));
	if (record_has(r, F_EFFECTIVE_DATE))
		record_set_num(&head, F_EFFECTIVE_DATE, r->v[F_EFFECTIVE_DATE].n);
	put_batch(w, &head);
}

static bool payment_good(struct nacha_writer *w, const struct record *r)
{
	const struct layout_row *rows = nacha_entry.rows;
	struct view routing = record_text(r, F_ROUTING), ccy = record_text(r, F_CURRENCY),
		code = record_text(r, F_TRANSACTION_CODE);
	int64_t amount = record_num(r, F_AMOUNT, 0), number = 0;

	if (routing.n != 9 || !layout_is_digits(routing))
		nacha_refuse(w, NC_EMIT_VALUE, &rows[E_ROUTING], "must have 9 digits");
	else if (!record_has(r, F_ACCOUNT) || layout_is_blank(record_text(r, F_ACCOUNT)))
		nacha_refuse(w, NC_EMIT_VALUE, &rows[E_ACCOUNT], layout_fault_text(LAYOUT_BLANK));
	else if (ccy.n > 0 && !view_eq(ccy, VIEW("USD")))
		nacha_refuse(w, NC_EMIT_VALUE, &rows[E_AMOUNT], "is not in US dollars");
	else if (code.n != 2 || !layout_number(&number, code) || !nacha_transaction_code((int)number))
		nacha_refuse(w, NC_EMIT_VALUE, &rows[E_CODE], "is not assigned by the rules");
	else if (amount != 0 && (amount > 0) != nacha_is_credit((int)number))
		nacha_refuse(w, NC_EMIT_VALUE, &rows[E_AMOUNT],
		       "has the sign of the other direction than its transaction code");
	else
		return true;
	return false;
}

static void put_remittance(struct nacha_writer *w, const char *entry, struct view text, unsigned count)
{
	const struct layout_row *rows = nacha_addenda_05.rows;
	char line[NACHA_WIDTH];

	for (unsigned i = 0; i < count; i++) {
		memset(line, ' ', sizeof(line));
		memcpy(line, "705", 3);
		if (!layout_put_text(line, &rows[A05_TEXT], view_sub(text, (size_t)i * NACHA_TEXT_BYTES,
								     NACHA_TEXT_BYTES))) {
			nacha_refuse(w, NC_EMIT_VALUE, &rows[A05_TEXT], layout_fault_text(LAYOUT_BAD_BYTE));
			return;
		}
		layout_put_number(line, &rows[A05_SEQUENCE], i + 1);
		memcpy(line + rows[A05_ENTRY].pos - 1, entry + nacha_entry.rows[E_TRACE].pos - 1 + 8,
		       rows[A05_ENTRY].len);
		nacha_put_line(w, line);
	}
}

static void copy_trace(char *line, const char *entry)
{
	const struct layout_row *row = &nacha_entry.rows[E_TRACE];

	memcpy(line + row->pos - 1, entry + row->pos - 1, row->len);
}

/* POS SHR MTE: `addenda` holds what stands between the type code and the trace. */
static void put_terminal(struct nacha_writer *w, const char *entry, struct view text)
{
	static const struct layout_row whole = { "Terminal", NACHA_02_AT + 1, NACHA_02_BYTES, LAYOUT_TEXT, LAYOUT_M,
		LAYOUT_NONE, NULL };
	char line[NACHA_WIDTH];

	memset(line, ' ', sizeof(line));
	memcpy(line, "702", 3);
	copy_trace(line, entry);
	if (layout_put_text(line, &whole, text))
		nacha_put_line(w, line);
	else
		nacha_refuse(w, NC_EMIT_VALUE, &whole, layout_fault_text(text.n > NACHA_02_BYTES ? LAYOUT_TOO_LONG :
									 LAYOUT_BAD_BYTE));
}

/* The entry's own line; false: refused. */
static bool put_entry(struct nacha_writer *w, const struct record *r, uint64_t addenda, char line[NACHA_WIDTH])
{
	bool iat = w->n.batch.iat;

	if (!payment_good(w, r) || !nacha_fill_line(w, line, iat ? &nacha_entry_iat : w->sec->entry, r) ||
	    (iat && !nacha_iat_extra(w, line, "6", &nacha_entry_iat, r)))
		return false;
	line[nacha_entry.rows[E_INDICATOR].pos - 1] = addenda > 0 ? '1' : '0';
	if (iat)
		layout_put_number(line, &nacha_entry_iat.rows[IE_COUNT], (int64_t)addenda);
	else if (w->sec->flags & SEC_COUNT)
		layout_put_number(line, &nacha_entry_count.rows[X_COUNT], (int64_t)addenda);
	nacha_put_line(w, line);
	return true;
}

static void put_international(struct nacha_writer *w, const struct record *r)
{
	char line[NACHA_WIDTH];

	if (put_entry(w, r, nacha_iat_count(r, 0), line))
		nacha_iat_put(w, r, line, 0);
}

static void put_payment(struct nacha_writer *w, const struct record *r)
{
	struct view text = record_text(r, F_ADDENDA);
	int64_t asked = record_num(r, F_ADDENDA_COUNT, 0);
	size_t width = w->sec->addenda == 2 ? NACHA_02_BYTES : NACHA_TEXT_BYTES;
	uint64_t count = (text.n + width - 1) / width;
	char line[NACHA_WIDTH];

	if (asked > 0 && (uint64_t)asked > count)		/* blank addenda at the end leave no text */
		count = (uint64_t)asked;
	if (count > w->sec->most) {
		nacha_refuse(w, NC_EMIT_VALUE, &nacha_addenda_05.rows[A05_TEXT], layout_fault_text(LAYOUT_TOO_LONG));
		return;
	}
	if (!put_entry(w, r, count, line))
		return;
	if (count > 0 && w->sec->addenda == 2)
		put_terminal(w, line, text);
	else
		put_remittance(w, line, text, (unsigned)count);
}

static const struct layout *note_layout(const struct record *r, bool iat)
{
	struct view type = record_text(r, F_TYPE);

	if (r->kind == RECORD_CHANGE)
		return view_eq(type, VIEW("refused")) ? &nacha_refused : iat ? &nacha_change_iat : &nacha_change;
	return view_eq(type, VIEW("dishonored")) ? &nacha_dishonored : view_eq(type, VIEW("contested")) ?
		&nacha_contested : iat ? &nacha_return_iat : &nacha_return;
}

/* A return or a change: the entry, and its addenda 99 or 98. */
static void put_note(struct nacha_writer *w, const struct record *r)
{
	char entry[NACHA_WIDTH], line[NACHA_WIDTH];
	const struct layout *l = note_layout(r, w->n.batch.iat);
	bool whole = w->n.batch.iat && r->kind == RECORD_RETURN;		/* a return repeats addenda 10 to 16, a change does not */

	if (record_has(r, F_ADDENDA)) {
		nacha_refuse(w, NC_EMIT_VALUE, &nacha_addenda_05.rows[A05_TEXT], "does not go with a return or change");
		return;
	}
	if (!put_entry(w, r, whole ? nacha_iat_count(r, 1) : 1, entry))
		return;
	if (whole)
		nacha_iat_put(w, r, entry, 1);
	if (!nacha_fill_line(w, line, l, r) || (l == &nacha_return_iat && !nacha_iat_extra(w, line, "99", l, r)))
		return;
	copy_trace(line, entry);
	nacha_put_line(w, line);
}

static void put_item(struct nacha_writer *w, const struct record *r)
{
	follow_batch(w, r);
	if (w->errors > 0)
		return;
	if (w->sec == NULL)
		nacha_refuse(w, NC_EMIT_ORDER, NULL, "a payment was given outside a batch");
	else if (r->kind == RECORD_PAYMENT && w->n.batch.iat)
		put_international(w, r);
	else if (r->kind == RECORD_PAYMENT)
		put_payment(w, r);
	else
		put_note(w, r);
}

/* Its figures are ours to compute; the authentication code, or the operator's data of an advice, stand nowhere else. */
static void keep_control_code(struct nacha_writer *w, const struct record *r)
{
	struct view text = record_text(r, F_CODE);

	if (w->sec == NULL || !view_eq(record_text(r, F_TYPE), VIEW("batch")) || text.n > sizeof(w->control_code))
		return;
	if (text.n > 0)
		memcpy(w->control_code, text.p, text.n);
	w->n_control_code = text.n;
}

/* What we only warn of in a file of others must not leave in one of ours. */
static void be_strict(struct nacha *n)
{
	static const enum nacha_code codes[] = { NC_SAME_DAY_LIMIT, NC_SAME_DAY_CLASS, NC_DESCRIPTION_CASE,
		NC_DESCRIPTION_SEC, NC_MICRO_ENTRY, NC_DESTINATION_DIGIT, NC_ROUTING, NC_RETURN_TRACE, NC_RETURN_CODE };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (n->severity[codes[i]] == FINDING_WARNING)
			n->severity[codes[i]] = FINDING_ERROR;
}

static int answer(struct nacha_writer *w)
{
	if (w->errors == 0 && !w->stopped && !w->n.stopped)
		return 0;
	nacha_release(&w->n);
	return -1;
}

int nacha_write_begin(struct nacha_writer *w, const struct tally_host *host)
{
	struct view end = host->option(host->ctx, "line_end");

	w->host = host;
	w->line_end = view_eq(end, VIEW("crlf")) ? VIEW("\r\n") : view_eq(end, VIEW("none")) ? VIEW("") : VIEW("\n");
	w->shim = (struct tally_host){
		.abi = TALLY_FORMAT_ABI, .size = sizeof(w->shim), .ctx = w, .record = read_back_record,
			.finding = read_back_finding,
		.option = read_back_option,
	};
	nacha_begin(&w->n, &w->shim);
	be_strict(&w->n);
	nacha_balance_begin(w);
	return 0;
}

int nacha_write_record(struct nacha_writer *w, const struct tally_host *host, const struct record *r)
{
	w->host = host;
	switch (r->kind) {
	case RECORD_FILE:
		put_file(w, r);
		break;
	case RECORD_BATCH:
		put_batch(w, r);
		break;
	case RECORD_PAYMENT:
	case RECORD_RETURN:
	case RECORD_CHANGE:
		put_item(w, r);
		break;
	case RECORD_TOTAL:
		keep_control_code(w, r);
		break;
	default:
		nacha_refuse(w, NC_EMIT_KIND, NULL, "a record of this kind cannot be written to a NACHA file");
	}
	return answer(w);
}

int nacha_write_end(struct nacha_writer *w, const struct tally_host *host)
{
	w->host = host;
	if (!w->begun)
		nacha_refuse(w, NC_EMIT_ORDER, NULL, "no file header was given");
	close_batch(w);
	if (w->errors == 0 && !w->n.stopped)
		put_control(w);
	if (w->errors == 0 && !w->n.stopped)
		nacha_end(&w->n);
	if (w->errors == 0)
		flush(w);
	if (answer(w) != 0)
		return -1;
	nacha_release(&w->n);
	return 0;
}
