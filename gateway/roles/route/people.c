/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people - what persons decide: approve, reject, hold, release, resolve; each a signed statement in the audit
 *
 * control says who asks (SO_PEERCRED); route verifies the signature by its own copy of the keys, that the statement is of that operator,
 * names this object and these totals, and was not used before; sign verifies approvals once more by its own.
 * A refusal is an answer in words with exit status 1 and changes nothing.  Failure of the ledger: -1.
 */
#include "gateway/roles/route/people.h"
#include "gateway/roles/route/handwork.h"
#include "gateway/roles/route/whole.h"

#include <stdio.h>
#include <stdlib.h>
#include "formats/core/json.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/seal.h"

enum { ANSWER_DONE = 0, ANSWER_NO = 1, ANSWER_WRONG = 2 };

static void answer(struct route *r, const char *peer, enum route_pair pair, int64_t job, int status, struct view json, int64_t next)
{
	struct buf m = { 0 };

	wire_begin(&m, M_ANSWER);
	wire_num(&m, T_JOB, job);
	wire_num(&m, T_STATUS, status);
	wire_view(&m, T_JSON, json);
	wire_num(&m, T_CURSOR, next);
	route_send(r, pair, peer, &m);
	buf_release(&m);
}

static void answer_words(struct route *r, const char *peer, enum route_pair pair, int64_t job, int status, const char *key, const char *words)
{
	struct buf text = { 0 };
	struct json j;

	json_init(&j, &text, false);
	json_object(&j, NULL);
	json_cstr(&j, key, words);
	json_object_end(&j);
	answer(r, peer, pair, job, status, buf_as_view(&text), 0);
	buf_release(&text);
}

/* Who is paid how much to where, and why it waits: what changes of it spoils the statement. */
static int item_digest(struct route *r, int64_t id, char hex[DIGEST_HEX], struct err *err)
{
	struct buf text = { 0 };
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT 'I'||id, person, amount_minor, routing, account, state, why, person_version FROM item WHERE id=?", "i", id) != 0)
		return -1;
	rc = rows_next(&rows);
	for (int c = 0; rc == 1 && c < rows_cols(&rows); c++) {
		buf_view(&text, rows_text(&rows, c));
		buf_char(&text, '\n');
	}
	rows_end(&rows);
	if (rc == 1)
		digest_hex(buf_as_view(&text), hex);
	buf_release(&text);
	return rc;
}

/* What a person signs about an object: the SHA-256 of a batch's totals, of a file's or artifact's bytes, else of its id. */
int people_digest(struct route *r, char letter, int64_t id, char hex[DIGEST_HEX], struct err *err)
{
	static const struct { char letter; const char *sql; } by_bytes[] = {
		{ 'F', "SELECT sha256 FROM parcel WHERE id=?" },
		{ 'A', "SELECT sha256 FROM artifact WHERE id=?" },
		{ 'D', "SELECT ifnull(a.sha256, n.sha256) FROM delivery d LEFT JOIN artifact a ON a.id=d.artifact LEFT JOIN notice n ON n.id=d.notice WHERE d.id=?" },
	};
	struct batch_totals t;
	struct rows rows;
	char text[24];
	int rc;

	if (letter == 'B') {
		rc = run_totals(r, id, &t, err);
		if (rc == 1)
			totals_sha256(&t, hex);
		return rc;
	}
	if (letter == 'I')
		return item_digest(r, id, hex, err);
	digest_hex(id_text(letter, id, text), hex);
	for (size_t i = 0; i < sizeof(by_bytes) / sizeof(by_bytes[0]); i++) {
		if (by_bytes[i].letter != letter)
			continue;
		if (ledger_query(&rows, r->ledger, err, by_bytes[i].sql, "i", id) != 0)
			return -1;
		rc = rows_next(&rows);
		if (rc == 1 && rows_text(&rows, 0).n == 64)
			snprintf(hex, DIGEST_HEX, "%.*s", VIEW_FMT(rows_text(&rows, 0)));
		rows_end(&rows);
		return rc;
	}
	return 1;
}

/* The rows that an analyst decides about, as they stand: what he signs is the hash of these words. */
static int put_rows(struct route *r, const struct command *c, const char *act, char letter, int64_t id, struct json *j, struct err *err)
{
	struct buf text = { 0 };
	char hex[DIGEST_HEX], object[24];
	int rc = handwork_digest(r, c, act, letter, id, hex, &text, err);

	if (rc == 1) {
		json_object(j, NULL);
		json_cstr(j, "object", id_text(letter, id, object).p);
		json_cstr(j, "sha256", hex);
		json_text(j, "text", buf_as_view(&text));
		json_object_end(j);
	}
	buf_release(&text);
	return rc == 0 ? 2 : rc;
}

static int put_totals(struct route *r, const struct command *c, struct json *j, struct err *err)
{
	char text[40], act[16] = "", who[64] = "", letter, hex[DIGEST_HEX];
	struct batch_totals t;
	int64_t id;
	int rc;

	if (!command_arg(c, "id", text, sizeof(text)) || !id_parse(view_of(text), &letter, &id)) {
		err_set(err, -1, "name the object, such as B1");
		return 2;
	}
	command_arg(c, "act", act, sizeof(act));
	if (handwork_is(view_of(act)))
		return put_rows(r, c, act, letter, id, j, err);
	rc = people_digest(r, letter, id, hex, err);
	if (rc != 1) {
		err_set(err, -1, "there is no '%s'", text);
		return rc < 0 ? -1 : 2;
	}
	command_arg(c, "operator", who, sizeof(who));
	rc = letter == 'F' ? whole_is(r, act, id, err) : 0;
	if (rc < 0)
		return -1;
	json_object(j, NULL);
	json_cstr(j, "object", text);
	if (rc == 1) {
		rc = whole_digest(r, act, id, who, hex, err);
		if (rc == 1)
			rc = whole_put(r, act, id, who, j, err);
		if (rc != 1)
			return rc < 0 ? -1 : 2;
	}
	json_cstr(j, "sha256", hex);
	if (letter == 'B' && run_totals(r, id, &t, err) == 1) {
		struct buf b = { 0 };

		if (totals_text(&t, &b))
			json_raw(j, "totals", buf_as_view(&b));
		buf_release(&b);
	}
	json_object_end(j);
	return 1;
}

/* By the key that route's own configuration has for him: control is believed about nobody's signature. */
static bool signed_by(const struct route *r, const struct command *c, const struct statement *s)
{
	const struct operator *op = config_operator(r->config, view_of(s->operator_name));
	enum seal_verdict verdict = SEAL_BAD;
	struct buf text = { 0 };
	struct err err;
	bool good;

	if (op == NULL || ((int64_t)op->uid != c->uid && !(r->config->demo && r->config->same_uid_ok)))
		return false;
	good = statement_text(s, &text) && seal_verify_statement(&verdict, buf_as_view(&text), view_of(s->signature), op->public_key, &err) == 0
		&& verdict == SEAL_GOOD;
	buf_release(&text);
	return good;
}

/* Is the statement this person's, about this object as it stands now, and fresh?  1 yes, 0 no (words in *err), -1. */
static int statement_good(struct route *r, const struct command *c, struct statement *s, char *letter, int64_t *id, struct err *err)
{
	struct view bytes;
	char hex[DIGEST_HEX];
	int64_t used;
	int rc;

	if (!msg_view(c->msg, T_STATEMENT, &bytes) || !statement_get(bytes, s))
		return err_set(err, -1, "'%s' needs a signed statement", c->verb), 0;
	if (s->run[0] != '\0')
		return err_set(err, -1, "a statement about a whole run names its file; it becomes its batches' here"), 0;
	if (strcmp(s->act, c->verb) != 0 || strcmp(s->operator_name, c->operator_name) != 0)
		return err_set(err, -1, "the statement is about another act or of another operator"), 0;
	if (!signed_by(r, c, s))
		return err_set(err, -1, "the statement is not signed by the key of '%s', or comes from another uid", s->operator_name), 0;
	if (!id_parse(view_of(s->object), letter, id))
		return err_set(err, -1, "'%s' is not an object; write B1", s->object), 0;
	hex[0] = '\0';
	rc = *letter == 'F' ? whole_is(r, s->act, *id, err) : 0;
	if (rc < 0)
		return -1;
	rc = handwork_is(view_of(s->act)) ? handwork_digest(r, c, s->act, *letter, *id, hex, NULL, err) : rc == 1 ? whole_digest(r, s->act, *id, s->operator_name, hex, err) : strcmp(s->act, "redate") == 0 && *letter == 'B' ? redate_digest(r, c, *id, hex, err)
		: strcmp(s->act, "resend") == 0 && *letter == 'A' ? resend_digest(r, c, *id, hex, err) : people_digest(r, *letter, *id, hex, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err->code != 0 ? 0 : (err_set(err, -1, "there is no '%s'", s->object), 0);
	if (strcmp(hex, s->sha256) != 0)
		return err_set(err, -1, "'%s' has changed since you looked at it; look again and sign what stands now", s->object), 0;
	rc = ledger_int(r->ledger, &used, err, "SELECT 1 FROM statement WHERE nonce=?1 OR run_nonce=?1 LIMIT 1", "t", s->nonce);
	if (rc != 0)
		return rc < 0 ? -1 : (err_set(err, -1, "this statement was used before"), 0);
	return 1;
}

int people_keep(struct route *r, const struct command *c, const struct statement *s, struct err *err)
{
	char detail[120];

	if (ledger_do(r->ledger, err, "INSERT INTO statement(act, object, operator, uid, sha256, reason, time, nonce, signature, stored_at, run, run_nonce) VALUES(?,?,?,?,?,?,?,?,?,?,nullif(?,''),nullif(?,''))",
		      "tttitttttttt", s->act, s->object, s->operator_name, c->uid, s->sha256, s->reason, s->time, s->nonce, s->signature, ledger_now(r->ledger)->utc, s->run, s->run_nonce) < 0)
		return -1;
	log_step(LOG_NOTICE, "person.decided", "operator", s->operator_name, "act", s->act, "object", s->object, "run", s->run[0] ? s->run : "-", NULL);
	if (s->run[0] != '\0')
		snprintf(detail, sizeof(detail), "%s of %s %s", s->nonce, s->run, s->run_nonce);
	return route_audit(r, s->object, "", s->act, s->run[0] != '\0' ? detail : s->nonce, err);
}

static int decide(struct route *r, const struct command *c, const char *peer, enum route_pair pair, int64_t job, struct err *err)
{
	struct statement s;
	struct err why = { 0 };
	char letter, done[200] = "";
	int64_t id;
	int rc;

	rc = statement_good(r, c, &s, &letter, &id, &why);
	if (rc == 1) {
		struct decision d = { .command = c, .statement = &s, .letter = letter, .id = id, .done = done, .done_cap = sizeof(done) };

		rc = decision_carry_out(r, &d, &why);
	}
	if (rc < 0) {
		*err = why;
		return -1;
	}
	if (rc == 1)
		r->dirty = true;
	answer_words(r, peer, pair, job, rc == 1 ? ANSWER_DONE : ANSWER_NO, rc == 1 ? "done" : "error", rc == 1 ? done : why.text);
	return 0;
}

static int set_clock(struct route *r, const struct command *c, const char *peer, enum route_pair pair, int64_t job, struct err *err)
{
	char time[40] = "";
	struct err why = { 0 };
	int rc;

	command_arg(c, "time", time, sizeof(time));
	rc = clock_set(r, view_of(time), &why);
	if (rc == -2) {
		*err = why;
		return -1;
	}
	r->dirty = true;
	answer_words(r, peer, pair, job, rc == 0 ? ANSWER_DONE : ANSWER_NO, rc == 0 ? "done" : "error", rc == 0 ? time : why.text);
	return rc == 0 ? bank_clock(r, err) : 0;
}

int people_command(struct route *r, const char *peer, enum route_pair pair, const struct msg *m, struct err *err)
{
	struct command c = { .msg = m, .uid = msg_num_or(m, T_UID, -1), .cursor = msg_num_or(m, T_CURSOR, 0) };
	int64_t job = msg_num_or(m, T_JOB, 0), next = 0;
	struct buf text = { .max = (size_t)1 << 20 };
	struct err why = { 0 };
	struct json j;
	int rc;

	if (!msg_cstr(m, T_VERB, c.verb, sizeof(c.verb)) || c.cursor < 0)
		return 0;
	msg_cstr(m, T_OPERATOR, c.operator_name, sizeof(c.operator_name));
	if (c.operator_name[0] != '\0')
		clock_actor(r, c.operator_name);
	if (pair == PAIR_CONTROL && statement_is_act(view_of(c.verb)))
		return decide(r, &c, peer, pair, job, err);
	if (pair == PAIR_CONTROL && strcmp(c.verb, "clock") == 0)
		return set_clock(r, &c, peer, pair, job, err);
	if (pair == PAIR_CONTROL && strcmp(c.verb, "report") == 0) {
		r->report_wanted = r->dirty = true;
		answer_words(r, peer, pair, job, ANSWER_DONE, "done", "the report is being written");
		return 0;
	}
	json_init(&j, &text, false);
	rc = strcmp(c.verb, "totals") == 0 ? put_totals(r, &c, &j, &why) : query_run(r, &c, &j, &next, &why);
	if (rc == 1 && !text.failed)
		answer(r, peer, pair, job, ANSWER_DONE, buf_as_view(&text), next);
	else if (rc >= 0)
		answer_words(r, peer, pair, job, ANSWER_WRONG, "error", rc == 0 ? "unknown command" : rc == 1 ? "the answer is too long; narrow the question" : why.text);
	buf_release(&text);
	if (rc < 0)
		*err = why;
	return rc < 0 ? -1 : 0;
}
