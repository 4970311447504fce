/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide - approve, reject, hold, release, resolve, redate, resend, reverse, cancel: look, sign what was seen, send
 *
 * The totals are shown and hashed here, by this program, from what the gateway says: the operator signs what he sees, and a gateway
 * that shows one thing and stores another gets a statement that fits neither.  The private key is read here and nowhere else.
 * Failure: words, exit 1 (the gateway says no) or 2 (wrong use); nothing was decided.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "channels/digest.h"
#include "formats/core/money.h"
#include "gateway/cli/online.h"
#include "gateway/seal.h"
#include "gateway/statement.h"

struct seen { char sha256[65]; char error[300]; bool good; const struct online *o; };

static void copy(char *out, size_t cap, const char *text)
{
	snprintf(out, cap, "%s", text ? text : "");
}

static bool read_totals(const struct doc_value *t, struct batch_totals *out)
{
	copy(out->batch, sizeof(out->batch), doc_text(doc_member(t, "batch")));
	copy(out->partner, sizeof(out->partner), doc_text(doc_member(t, "partner")));
	copy(out->outbound, sizeof(out->outbound), doc_text(doc_member(t, "outbound")));
	copy(out->format, sizeof(out->format), doc_text(doc_member(t, "format")));
	copy(out->effective_date, sizeof(out->effective_date), doc_text(doc_member(t, "effective_date")));
	copy(out->ccy, sizeof(out->ccy), doc_text(doc_member(t, "ccy")));
	copy(out->items_sha256, sizeof(out->items_sha256), doc_text(doc_member(t, "items_sha256")));
	copy(out->source_sha256, sizeof(out->source_sha256), doc_text(doc_member(t, "source_sha256")));
	return doc_int(doc_member(t, "count"), &out->count) && doc_int(doc_member(t, "debit_minor"), &out->debit_minor)
		&& doc_int(doc_member(t, "credit_minor"), &out->credit_minor);
}

static void show_totals(const struct batch_totals *t)
{
	struct buf credit = { 0 }, debit = { 0 };

	money_print_grouped(&credit, t->credit_minor, t->ccy);
	money_print_grouped(&debit, t->debit_minor, t->ccy);
	fprintf(stderr, "%s: %lld payments to %s/%s, credits %s %s, debits %s %s, effective %s\n", t->batch, (long long)t->count, t->partner, t->outbound, buf_cstr(&credit),
		t->ccy, buf_cstr(&debit), t->ccy, t->effective_date);
	buf_release(&credit);
	buf_release(&debit);
}

/* Each batch of a run as it is shown is what is signed. */
static void on_batches(struct seen *s, const struct doc_value *batches)
{
	struct buf list = { .max = 8000 }, credit = { 0 };
	struct batch_totals t = { .ccy = "" };
	int64_t sum = 0;

	s->good = doc_count(batches) > 0;
	for (size_t i = 0; s->good && i < doc_count(batches); i++) {
		s->good = read_totals(doc_item(batches, i), &t) && money_add_minor(&sum, t.credit_minor) && money_add_minor(&sum, t.debit_minor);
		run_list_add(&list, &t);
		show_totals(&t);
	}
	money_print_grouped(&credit, sum, t.ccy);
	fprintf(stderr, "%zu batches, %s %s in all their credits and debits\n", doc_count(batches), buf_cstr(&credit), t.ccy);
	s->good = s->good && !list.failed;
	digest_hex(buf_as_view(&list), s->sha256);
	buf_release(&list);
	buf_release(&credit);
}

static void on_totals(void *ctx, struct view json, const struct doc_value *root)
{
	struct seen *s = ctx;
	struct batch_totals t = { .batch = "" };
	const struct doc_value *totals = doc_member(root, "totals");

	(void)json;
	copy(s->error, sizeof(s->error), doc_text(doc_member(root, "error")));
	copy(s->sha256, sizeof(s->sha256), doc_text(doc_member(root, "sha256")));
	s->good = strlen(s->sha256) == 64;
	if (!doc_is_null(doc_member(root, "batches"))) {
		on_batches(s, doc_member(root, "batches"));
		return;
	}
	if (doc_text(doc_member(root, "text")) != NULL) {		/* rows, in words: ours is the hash of what is shown */
		fprintf(stderr, "%s", doc_text(doc_member(root, "text")));
		digest_hex(view_of(doc_text(doc_member(root, "text"))), s->sha256);
		s->good = true;
		return;
	}
	if (doc_is_null(totals))
		return;
	s->good = read_totals(totals, &t);
	if (s->o->effective != NULL)
		copy(t.effective_date, sizeof(t.effective_date), s->o->effective);	/* what he signs is the run as it shall be */
	totals_sha256(&t, s->sha256);		/* ours, of what is shown */
	show_totals(&t);
}

static void on_answer(void *ctx, struct view json, const struct doc_value *root)
{
	struct seen *s = ctx;
	const char *error = doc_text(doc_member(root, "error")), *done = doc_text(doc_member(root, "done"));

	if (s->o->json)
		printf("%.*s\n", VIEW_FMT(json));
	else if (error != NULL)
		fprintf(stderr, "tallygate: %s\n", error);
	else if (done != NULL)
		printf("%s\n", done);
}

static int make_statement(const struct online *o, const char *act, const char *object, const char *sha256, struct statement *s, struct err *err)
{
	struct buf text = { 0 }, signature = { 0 };
	unsigned char nonce[16];
	time_t now = time(NULL);
	struct tm tm;
	int rc = -1;

	*s = (struct statement){ .act = "" };
	copy(s->act, sizeof(s->act), act);
	copy(s->object, sizeof(s->object), object);
	copy(s->operator_name, sizeof(s->operator_name), o->operator_name);
	copy(s->reason, sizeof(s->reason), o->reason);
	copy(s->sha256, sizeof(s->sha256), sha256);
	gmtime_r(&now, &tm);
	strftime(s->time, sizeof(s->time), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (seal_random(nonce, sizeof(nonce), err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(nonce); i++)
		snprintf(s->nonce + 2 * i, 3, "%02x", nonce[i]);
	if (!statement_text(s, &text))
		err_set(err, -1, "the reason '%.60s' cannot stand in a statement: it is empty or holds control characters", o->reason);
	else if (seal_sign_statement(&signature, buf_as_view(&text), o->key, err) == 0)
		rc = 0;
	if (rc == 0)
		copy(s->signature, sizeof(s->signature), buf_cstr(&signature));
	buf_release(&text);
	buf_release(&signature);
	return rc;
}

int online_decide(struct online *o, const char *act, const char *object, struct err *err)
{
	struct seen seen = { .o = o };
	struct statement statement;
	char id[64], effective[32], what[32], who[80];
	const char *args[6] = { id, effective }, *look[6] = { id, what, who };
	size_t n = o->effective != NULL ? 2 : 1;
	int status = 1;

	for (size_t i = 0; i < o->n_more; i++)
		args[n + i] = look[3 + i] = o->more[i];
	n += o->n_more;

	snprintf(id, sizeof(id), "id=%s", object);
	snprintf(effective, sizeof(effective), "effective=%s", o->effective ? o->effective : "");
	snprintf(what, sizeof(what), "act=%s", act);
	snprintf(who, sizeof(who), "operator=%s", o->operator_name);
	if (online_open(o, err) != 0 || online_ask(o, "totals", look, 3 + o->n_more, NULL, &status, on_totals, &seen, err) != 0)
		goto out;
	if (!seen.good) {
		err_set(err, -1, "%s", seen.error[0] ? seen.error : "the gateway shows no totals for it");
		status = 1;
		goto out;
	}
	if (strcmp(act, "resend") == 0) {
		char file[65];

		copy(file, sizeof(file), seen.sha256);
		resend_sha256(file, o->effective ? o->effective : "", seen.sha256);
	}
	if (make_statement(o, act, object, seen.sha256, &statement, err) != 0 || online_ask(o, act, args, n, &statement, &status, on_answer, &seen, err) != 0)
		status = 1;
out:
	if (err->code != 0)
		fprintf(stderr, "tallygate: %s\n", err->text);
	online_close(o);
	return err->code != 0 ? 1 : status;
}

int cli_decide(int argc, char **argv)
{
	static const char usage[] = "approve|reject|hold|release|resolve ID | approve|reject F1 (a whole run) | release B1|F1 --without-held-rows | redate B1 --effective DATE | resend A1 [--effective DATE] | cancel B1 | reverse B1|I1   --operator NAME --key FILE --reason TEXT   [--json]";
	struct err err = { 0 };
	struct online o;
	int rc = online_options(&o, argc, argv, usage);

	if (rc != 0)
		return rc;
	if (o.rest && strcmp(argv[0], "release") != 0) {
		fprintf(stderr, "tallygate: --without-held-rows belongs to release\nusage: tallygate %s\n", usage);
		return 2;
	}
	if (strcmp(argv[0], "resend") != 0 && (strcmp(argv[0], "redate") == 0) != (o.effective != NULL)) {
		fprintf(stderr, "tallygate: --effective DATE belongs to redate and resend; redate needs it\nusage: tallygate %s\n", usage);
		return 2;
	}
	if (o.n_args != 1 || o.operator_name == NULL || o.key == NULL || o.reason == NULL) {
		fprintf(stderr, "tallygate: a decision is signed by a person: name the object, the operator, the key and the reason\nusage: tallygate %s\n", usage);
		return 2;
	}
	return online_decide(&o, o.rest ? "release-rest" : argv[0], o.args[0], &err);
}
