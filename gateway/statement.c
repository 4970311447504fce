/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement - the canonical texts a person signs, and a statement's way through a message
 *
 * What a person cannot see he does not sign: a text with a control character, or with bytes that are not UTF-8, is
 * refused here, so that nothing hides behind an escape or a second reading.
 *
 * Failure: false; the buffer then holds nothing new that anybody may use.
 */
#include <stdio.h>
#include <string.h>

#include "channels/digest.h"
#include "formats/core/json.h"
#include "formats/core/wire.h"
#include "gateway/proto.h"
#include "gateway/statement.h"

#define TEXT_MAX ((size_t)8 << 10)

/* Length of the UTF-8 sequence at p, 0 when there is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	/* the least second byte's bits that are not overlong */
	static const unsigned char low[5] = { 0, 0, 0x80, 0x20, 0x10 };
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 &&
		p[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 || p[0] == 0xf0) && (p[1] & 0x3f) < low[n])
		return 0;
	if ((p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static bool plain(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text), n;

	if (left == 0)
		return false;
	for (; left > 0; p += n, left -= n) {
		n = utf8_length(p, left);
		if (n == 0 || *p < 0x20 || *p == 0x7f || (n == 2 && p[0] == 0xc2 && p[1] < 0xa0))
			return false;
	}
	return true;
}

bool statement_is_act(struct view verb)
{
	static const struct view acts[] = { VIEW_INIT("approve"), VIEW_INIT("reject"), VIEW_INIT("hold"), VIEW_INIT("release"), VIEW_INIT("release-rest"), VIEW_INIT("resolve"),
		VIEW_INIT("redate"), VIEW_INIT("reverse"), VIEW_INIT("resend"), VIEW_INIT("cancel"), VIEW_INIT("match"), VIEW_INIT("unmatch"), VIEW_INIT("confirm"), VIEW_INIT("refuse"),
		VIEW_INIT("write-off"), VIEW_INIT("assign"), VIEW_INIT("comment"), VIEW_INIT("second"), VIEW_INIT("withdraw") };

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (view_eq(verb, acts[i]))
			return true;
	return false;
}

/* What stands for a batch was signed as the run's: object, hash and nonce are those of the run. */
static const struct statement *as_signed(const struct statement *s, struct statement *whole)
{
	if (s->run[0] == '\0')
		return s;
	*whole = *s;
	memcpy(whole->object, s->run, sizeof(whole->object));
	memcpy(whole->nonce, s->run_nonce, sizeof(whole->nonce));
	digest_hex(s->run_list, whole->sha256);
	return whole;
}

bool statement_text(const struct statement *part, struct buf *out)
{
	struct statement whole;
	const struct statement *s = as_signed(part, &whole);
	struct json j;

	if (!plain(s->act) || !plain(s->object) || !plain(s->operator_name) || !plain(s->reason) || !plain(s->sha256) ||
	    !plain(s->time) || !plain(s->nonce))
		return false;
	json_init(&j, out, true);
	json_object(&j, NULL);
	json_cstr(&j, "act", s->act);
	json_cstr(&j, "nonce", s->nonce);
	json_cstr(&j, "object", s->object);
	json_cstr(&j, "operator", s->operator_name);
	json_cstr(&j, "reason", s->reason);
	json_cstr(&j, "sha256", s->sha256);
	json_cstr(&j, "time", s->time);
	json_object_end(&j);
	return !out->failed;
}

bool totals_text(const struct batch_totals *t, struct buf *out)
{
	struct json j;

	if (!plain(t->batch) || !plain(t->partner) || !plain(t->outbound) || !plain(t->format) || !plain(t->ccy) ||
	    (t->effective_date[0] != '\0' && !plain(t->effective_date)) || !plain(t->items_sha256) ||
	    !plain(t->source_sha256))
		return false;
	json_init(&j, out, true);
	json_object(&j, NULL);
	json_cstr(&j, "batch", t->batch);
	json_cstr(&j, "ccy", t->ccy);
	json_int(&j, "count", t->count);
	json_int(&j, "credit_minor", t->credit_minor);
	json_int(&j, "debit_minor", t->debit_minor);
	json_cstr(&j, "effective_date", t->effective_date);
	json_cstr(&j, "format", t->format);
	json_cstr(&j, "items_sha256", t->items_sha256);
	json_cstr(&j, "outbound", t->outbound);
	json_cstr(&j, "partner", t->partner);
	json_cstr(&j, "source_sha256", t->source_sha256);
	json_object_end(&j);
	return !out->failed;
}

/* Malformed totals have the hash "", which equals no statement's. */
void totals_sha256(const struct batch_totals *t, char hex[65])
{
	struct buf text = { .max = TEXT_MAX };

	if (totals_text(t, &text))
		digest_hex(buf_as_view(&text), hex);
	else
		hex[0] = '\0';
	buf_release(&text);
}

void run_list_add(struct buf *list, const struct batch_totals *t)
{
	char hex[65];

	totals_sha256(t, hex);
	buf_fmt(list, "%s %lld %lld %lld %s %s;", t->batch, (long long)t->count, (long long)t->debit_minor, (long long)t->credit_minor, t->ccy, hex);
}

static void part_nonce(const char *run_nonce, const char *batch, char out[33])
{
	struct buf text = { .max = 100 };
	char hex[65];

	buf_fmt(&text, "%s %s", run_nonce, batch);
	digest_hex(buf_as_view(&text), hex);
	memcpy(out, hex, 32);
	out[32] = '\0';
	buf_release(&text);
}

void run_list_part(struct statement *run, const char *batch, const char *sha256, struct view list)
{
	memcpy(run->run, run->object, sizeof(run->run));
	memcpy(run->run_nonce, run->nonce, sizeof(run->run_nonce));
	run->run_list = list;
	snprintf(run->object, sizeof(run->object), "%s", batch);
	snprintf(run->sha256, sizeof(run->sha256), "%s", sha256);
	part_nonce(run->run_nonce, batch, run->nonce);
}

/* The list has one entry of that batch, with those totals. */
static bool listed(struct view list, const char *batch, const char *sha256)
{
	struct view entry, word, last = { NULL, 0 };
	int n = 0, found = 0;

	for (; view_cut(&list, ';', &entry); n++) {
		if (entry.n == 0)
			continue;
		if (!view_cut(&entry, ' ', &word) || !view_eq(word, view_of(batch)))
			continue;
		while (view_cut(&entry, ' ', &last))
			;
		found += view_eq(last, view_of(sha256)) ? 1 : 2;
	}
	return n <= RUN_LIST_BATCHES + 1 && found == 1;
}

/* A run's statement stands for the batches of its list, with the totals of its list, by the nonce that follows, and for no other act. */
static bool borne_out(const struct statement *s)
{
	char nonce[33];

	part_nonce(s->run_nonce, s->object, nonce);
	return strcmp(s->act, "approve") == 0 && s->run[0] == 'F' && strlen(s->run_nonce) == 32 && strcmp(s->nonce, nonce) == 0 && listed(s->run_list, s->object, s->sha256);
}

void resend_sha256(const char *artifact_sha256, const char *effective_date, char hex[65])
{
	struct buf text = { .max = 200 };

	buf_fmt(&text, "%s %s", artifact_sha256, effective_date);
	digest_hex(buf_as_view(&text), hex);
	buf_release(&text);
}

void statement_put(struct buf *out, uint16_t tag, const struct statement *s)
{
	struct buf m = { .max = TEXT_MAX };

	wire_begin(&m, 0);
	wire_text(&m, T_VERB, s->act);
	wire_text(&m, T_ARTIFACT, s->object);
	wire_text(&m, T_OPERATOR, s->operator_name);
	wire_text(&m, T_REASON, s->reason);
	wire_text(&m, T_SHA256, s->sha256);
	wire_text(&m, T_TIME, s->time);
	wire_text(&m, T_NONCE, s->nonce);
	wire_text(&m, T_SIGNATURE, s->signature);
	if (s->run[0] != '\0') {
		wire_text(&m, T_RUN, s->run);
		wire_text(&m, T_RUN_NONCE, s->run_nonce);
		wire_view(&m, T_RUN_LIST, s->run_list);
	}
	if (m.failed)
		out->failed = true;
	else
		wire_view(out, tag, buf_as_view(&m));
	buf_release(&m);
}

static bool get_parts(struct view bytes, struct msg *m, struct statement *s)
{
	return bytes.n <= TEXT_MAX && msg_parse(m, bytes) && m->type == 0 &&
		msg_cstr(m, T_VERB, s->act, sizeof(s->act)) &&
		msg_cstr(m, T_ARTIFACT, s->object, sizeof(s->object)) &&
		msg_cstr(m, T_OPERATOR, s->operator_name, sizeof(s->operator_name)) &&
		msg_cstr(m, T_REASON, s->reason, sizeof(s->reason)) &&
		msg_cstr(m, T_SHA256, s->sha256, sizeof(s->sha256)) &&
		msg_cstr(m, T_TIME, s->time, sizeof(s->time)) &&
		msg_cstr(m, T_NONCE, s->nonce, sizeof(s->nonce)) &&
		msg_cstr(m, T_SIGNATURE, s->signature, sizeof(s->signature));
}

bool statement_get(struct view bytes, struct statement *s)
{
	struct view run;
	struct msg m;

	memset(s, 0, sizeof(*s));
	if (!get_parts(bytes, &m, s))
		return false;
	if (!msg_view(&m, T_RUN, &run) && !msg_view(&m, T_RUN_LIST, &run))
		return true;
	return msg_cstr(&m, T_RUN, s->run, sizeof(s->run)) && msg_cstr(&m, T_RUN_NONCE, s->run_nonce, sizeof(s->run_nonce)) && msg_view(&m, T_RUN_LIST, &s->run_list) && borne_out(s);
}
