/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch - from a name in a watched directory to bytes in the spool: SEEN, CLAIMED, FETCHED, and what is a duplicate
 *
 * The ledger knows a file before intake touches it, and the original is touched only after the ledger knows its hash.
 * Duplicates (DESIGN "Inbound"): an empty file is judged as empty first; same channel, name and hash = replay, noted and ignored;
 * with `names = unique` the same name with another hash, or another name with the same hash, is held.
 */
#include "gateway/roles/route/route.h"

#include <stdio.h>
#include "gateway/audit.h"
#include "gateway/log.h"
#include "gateway/proto.h"

#define ADOPT_WAIT_MS 60000		/* for claims that were open when route started */

enum { READY_NOT = 0, READY_YES = 1, READY_HOSTILE = 2 };

static void tell_parcel(struct route *r, const char *peer, int type, struct view channel, struct view name, int64_t parcel, int go)
{
	struct buf m = { 0 };

	wire_begin(&m, (uint16_t)type);
	wire_view(&m, T_CHANNEL, channel);
	wire_view(&m, T_NAME, name);
	wire_num(&m, T_PARCEL, parcel);
	if (type == M_PARCEL)
		wire_num(&m, T_GO, go);
	route_send(r, PAIR_INTAKE, peer, &m);
	buf_release(&m);
}

/* The open row of that name, or the row that has these very bytes already (same size and time of change). */
static int open_parcel(struct route *r, struct view channel, struct view name, int64_t size, int64_t mtime, int64_t *id, int *state, struct err *err)
{
	struct rows rows;
	int rc;

	if (ledger_query(&rows, r->ledger, err, "SELECT id, state FROM parcel WHERE channel=?1 AND name=?2 AND (state IN (1,2)"
			 " OR (sha256 IS NOT NULL AND original_done=1 AND size=?3 AND mtime=?4 AND ?4>0)) ORDER BY state IN (1,2) DESC, id DESC LIMIT 1",
			 "vvii", channel, name, size, mtime) != 0)
		return -1;
	rc = rows_next(&rows);
	if (rc == 1) {
		*id = rows_int(&rows, 0);
		*state = (int)rows_int(&rows, 1);
	}
	rows_end(&rows);
	return rc;
}

static int new_parcel(struct route *r, struct view channel, const struct partner *partner, const struct inbound *in, struct view name,
		      int64_t size, int64_t mtime, int state, const char *why, int64_t *id, struct err *err)
{
	char object[24];

	if (ledger_do(r->ledger, err, "INSERT INTO parcel(partner, channel, name, purpose, size, mtime, state, why, config_sha256, seen_at, changed_at, business_at)"
		      " VALUES(?,?,?,?,?,?,?,?,?,?,?,?)", "tvvtiiittttt", partner->name, channel, name, in->purpose, size, mtime, (int64_t)state, why,
		      r->config->sha256, ledger_now(r->ledger)->utc, ledger_now(r->ledger)->utc, ledger_now(r->ledger)->business) < 0)
		return -1;
	*id = ledger_last_id(r->ledger);
	id_text('F', *id, object);
	return route_audit(r, object, "", state_name(THING_PARCEL, state), why, err);
}

int watch_seen(struct route *r, const char *peer, const struct msg *m, struct err *err)
{
	struct view channel = msg_text(m, T_CHANNEL), name = msg_text(m, T_NAME);
	int64_t size = msg_num_or(m, T_SIZE, 0), mtime = msg_num_or(m, T_MTIME, 0), ready = msg_num_or(m, T_READY, READY_NOT), id = 0;
	const struct partner *partner;
	const struct inbound *in = config_inbound(r->config, channel, &partner);
	char object[24];
	int state = 0, found;

	if (in == NULL || name.n == 0 || name.n > 255)
		return 0;
	found = open_parcel(r, channel, name, size, mtime, &id, &state, err);
	if (found < 0)
		return -1;
	if (ready == READY_HOSTILE) {
		int64_t n;

		if (found == 0 && ledger_int(r->ledger, &n, err, "SELECT id FROM parcel WHERE channel=? AND name=? AND why='HOSTILE_NAME'", "vv", channel, name) == 0
		    && new_parcel(r, channel, partner, in, name, size, mtime, PARCEL_HELD, "HOSTILE_NAME", &id, err) != 0)
			return -1;
		log_step(LOG_WARNING, "parcel.held", "parcel", id_text('F', id, object).p, "channel", in->name, "why", "HOSTILE_NAME", NULL);
		return 0;
	}
	if (found == 0) {
		if (new_parcel(r, channel, partner, in, name, size, mtime, PARCEL_SEEN, ready == READY_YES ? NULL : "STILL_GROWING", &id, err) != 0)
			return -1;
		state = PARCEL_SEEN;
		log_step(LOG_INFO, "parcel.seen", "parcel", id_text('F', id, object).p, "partner", partner->name, "channel", in->name, NULL);
	} else if (state <= PARCEL_CLAIMED && ledger_do(r->ledger, err, "UPDATE parcel SET size=?2, mtime=?3, why=?4 WHERE id=?1", "iiit", id, size, mtime,
							 ready == READY_YES ? NULL : "STILL_GROWING") < 0) {
		return -1;
	}
	if (state > PARCEL_CLAIMED) {		/* a kept original that we have had: nothing to do */
		tell_parcel(r, peer, M_TAKEN, channel, name, id, 0);
		return 0;
	}
	if (ready == READY_YES && state == PARCEL_SEEN && ledger_move(r->ledger, THING_PARCEL, id, PARCEL_CLAIMED, NULL, err) != 0)
		return -1;
	tell_parcel(r, peer, M_PARCEL, channel, name, id, ready == READY_YES);
	return 0;
}

/* Which rule of duplicates applies to a freshly fetched parcel; "" = none. */
static int judge_duplicate(struct route *r, int64_t id, struct view channel, struct view name, const char *sha, const struct inbound *in, int64_t size,
			   const char **why, int *to, struct err *err)
{
	int64_t other;
	int found;

	*why = NULL;
	if (size == 0) {
		*why = "EMPTY_FILE";
		*to = PARCEL_HELD;
		return 0;
	}
	found = ledger_int(r->ledger, &other, err, "SELECT id FROM parcel WHERE channel=? AND sha256=? AND id<>? AND (name=? OR ?=1) AND state<>9 LIMIT 1",
			   "vtivi", channel, sha, id, name, (int64_t)(in->names == NAMES_REUSED));
	if (found == 1) {
		*why = "REPLAY";
		*to = PARCEL_DUPLICATE;
	}
	if (found != 0 || in->names == NAMES_REUSED)
		return found < 0 ? -1 : 0;
	*to = PARCEL_HELD;
	found = ledger_int(r->ledger, &other, err, "SELECT id FROM parcel WHERE partner=(SELECT partner FROM parcel WHERE id=?2) AND sha256=?1 AND id<>?2"
			   " AND state<>9 LIMIT 1", "ti", sha, id);
	if (found == 1)
		*why = "SAME_CONTENT_OTHER_NAME";
	if (found != 0)
		return found < 0 ? -1 : 0;
	found = ledger_int(r->ledger, &other, err, "SELECT id FROM parcel WHERE channel=? AND name=? AND id<>? AND sha256 IS NOT NULL AND state<>9 LIMIT 1",
			   "vvi", channel, name, id);
	if (found == 1)
		*why = "SAME_NAME_OTHER_CONTENT";
	return found < 0 ? -1 : 0;
}

/* The object was found without a row at a start, and now its file is told: the row of that start has done its work. */
static int disown(struct route *r, const char *sha, struct err *err)
{
	int64_t orphan;
	int found = ledger_int(r->ledger, &orphan, err, "SELECT id FROM parcel WHERE sha256=? AND state=8 AND why='ORPHAN'", "t", sha);

	return found <= 0 ? found : ledger_move(r->ledger, THING_PARCEL, orphan, PARCEL_DUPLICATE, "ADOPTED", err);
}

struct adoption { struct route *r; struct err *err; };

static int adopt(void *ctx, const char *sha)
{
	struct adoption *a = ctx;
	char object[24];
	int64_t n;
	int found = ledger_int(a->r->ledger, &n, a->err, "SELECT 1 FROM parcel WHERE sha256=?", "t", sha);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (ledger_do(a->r->ledger, a->err, "INSERT INTO parcel(partner, channel, name, purpose, sha256, state, why, text, config_sha256, seen_at, changed_at, business_at)"
		      " VALUES('','',?1,'',?1,8,'ORPHAN','these bytes lie in the spool and no file of them is known',?2,?3,?3,?4)", "tttt", sha, a->r->config->sha256,
		      ledger_now(a->r->ledger)->utc, ledger_now(a->r->ledger)->business) < 0)
		return -1;
	id_text('F', ledger_last_id(a->r->ledger), object);
	log_step(LOG_WARNING, "parcel.adopted", "parcel", object, "sha256", sha, NULL);
	return route_audit(a->r, object, "", "HELD", "ORPHAN", a->err);
}

/*
 * After a start: objects without a row are taken in by their hash, never deleted (a ledger that was restored knows less than the spool).
 * While a file is CLAIMED its bytes may lie there and its FETCHED not be told yet: an object is nobody's only when no claim is open, or
 * when one has been open so long that nobody will tell it.  So a crash in between gives no file another number than it would have had.
 */
int watch_adopt(struct route *r, struct err *err)
{
	struct adoption a = { r, err };
	struct spool *s = NULL;
	int64_t claimed = 0;
	char path[600];
	int rc;

	if (r->adopted)
		return 0;
	if (ledger_int(r->ledger, &claimed, err, "SELECT 1 FROM parcel WHERE state=? LIMIT 1", "i", (int64_t)PARCEL_CLAIMED) < 0)
		return -1;
	if (claimed && route_ms(r) - r->started_ms < ADOPT_WAIT_MS)
		return 0;
	r->adopted = true;
	snprintf(path, sizeof(path), "%s/spool/new", r->config->home);
	if (spool_open(&s, path, false, err) != 0)
		return -1;
	rc = spool_each(s, adopt, &a, err);
	spool_free(s);
	return rc;
}

static int take(struct route *r, int64_t id, struct view channel, struct view name, const char *sha, int64_t size, struct view evidence,
		const struct inbound *in, struct err *err)
{
	const char *why;
	char object[24];
	int to;

	if (ledger_do(r->ledger, err, "UPDATE parcel SET sha256=?2, size=?3, evidence=?4, fetched_at=?5, business_at=?6 WHERE id=?1", "itivtt", id, sha, size, evidence,
		      ledger_now(r->ledger)->utc, ledger_now(r->ledger)->business) != 1 || ledger_move(r->ledger, THING_PARCEL, id, PARCEL_FETCHED, NULL, err) != 0)
		return -1;
	if (disown(r, sha, err) != 0 || judge_duplicate(r, id, channel, name, sha, in, size, &why, &to, err) != 0)
		return -1;
	if (why != NULL && ledger_move(r->ledger, THING_PARCEL, id, to, why, err) != 0)
		return -1;
	log_step(why ? LOG_WARNING : LOG_INFO, why ? (to == PARCEL_HELD ? "parcel.held" : "parcel.duplicate") : "parcel.fetched", "parcel",
		 id_text('F', id, object).p, "sha256", sha, "why", why ? why : "-", NULL);
	return 0;
}

int watch_fetched(struct route *r, const char *peer, const struct msg *m, struct err *err)
{
	struct view channel = msg_text(m, T_CHANNEL), name = msg_text(m, T_NAME);
	int64_t id = msg_num_or(m, T_PARCEL, 0), size = msg_num_or(m, T_SIZE, -1), state, same = 0;
	const struct partner *partner;
	const struct inbound *in = config_inbound(r->config, channel, &partner);
	char sha[DIGEST_HEX];
	int found;

	if (in == NULL || size < 0 || !msg_cstr(m, T_SHA256, sha, sizeof(sha)) || strlen(sha) != 64 || strspn(sha, "0123456789abcdef") != 64)
		return 0;
	found = ledger_int(r->ledger, &state, err, "SELECT state FROM parcel WHERE id=? AND channel=?", "iv", id, channel);
	if (found <= 0)
		return found;
	if (state == PARCEL_CLAIMED && take(r, id, channel, name, sha, size, msg_text(m, T_EVIDENCE), in, err) != 0)
		return -1;
	if (state == PARCEL_SEEN || ledger_int(r->ledger, &same, err, "SELECT sha256=?2 FROM parcel WHERE id=?1", "it", id, sha) < 0)
		return state == PARCEL_SEEN ? 0 : -1;
	if (!same) {				/* a claim of another ledger's life: its original is not touched */
		log_step(LOG_CRIT, "parcel.stranger", "channel", in->name, "sha256", sha, "do", "the ledger knows other bytes under this number; look at the claimed file", NULL);
		return 0;
	}
	tell_parcel(r, peer, M_TAKEN, channel, name, id, 0);
	r->dirty = true;
	return 0;
}

int watch_failed(struct route *r, const char *peer, const struct msg *m, struct err *err)
{
	char object[24], text[300];
	int64_t id = msg_num_or(m, T_PARCEL, 0);

	(void)peer;
	if (!msg_cstr(m, T_TEXT, text, sizeof(text)))
		snprintf(text, sizeof(text), "the fetch failed");
	log_step(LOG_WARNING, "parcel.fetch-failed", "parcel", id_text('F', id, object).p, "why", text, NULL);
	return ledger_do(r->ledger, err, "UPDATE parcel SET text=? WHERE id=? AND state=2", "ti", text, id) < 0 ? -1 : 0;
}

int watch_original(struct route *r, const char *peer, const struct msg *m, struct err *err)
{
	(void)peer;
	return ledger_do(r->ledger, err, "UPDATE parcel SET original_done=1 WHERE id=?", "i", msg_num_or(m, T_PARCEL, 0)) < 0 ? -1 : 0;
}
