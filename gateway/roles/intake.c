/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake - watches the configured directories, tells route what is there, and fetches what route lets it
 *
 *   SEEN -> route says GO -> claim and fetch into spool/new -> FETCHED
 *        -> route says TAKEN -> touch the original -> ORIGINAL_DONE
 *
 * The original is touched only after the ledger has its hash.  What route has not acknowledged is said again every
 * second, so that a message the bus lost and a route that was restarted cost a second, not a file.  Claims of an
 * earlier life are found in `.tallygate` at start and fetched again under their parcel's id.  Waiting on the far side
 * is done by couriers (intake/errand.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/spool.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/roles/intake/errand.h"
#include "gateway/roles/intake/files.h"

#define DIR_POLL_MS 100
#define DIR_BUSY_POLL_MS 10		/* of a directory whose names are whole, while files come */
#define BUSY_MS 10000
#define FETCHES_A_TOUCH 32		/* originals wait while files do, but not for ever */
#define SMALL_BYTES ((uint64_t)256 << 10)	/* of files that are fetched together */
#define AGAIN_MS 1000
#define HOSTILE_AGAIN_MS 600000		/* nobody answers a hostile name; told again in case route lost it */
#define PAUSE_MOST_MS 30000
#define TURN_MS 50

struct intake {
	struct crew crew;
	struct watch *watches;
	size_t n;
	int64_t again_at;
};

static bool wants(const struct partner *p)
{
	return p->n_in > 0;
}

/* ---- what route is told ---- */

static void begin(struct buf *b, int type, const struct watch *w, const struct file *f, int64_t parcel)
{
	wire_begin(b, (uint16_t)type);
	if (type != M_SEEN)
		wire_num(b, T_PARCEL, parcel);
	wire_text(b, T_CHANNEL, w->channel);
	wire_text(b, T_NAME, f->name);
}

static int end(struct intake *t, struct buf *b, struct err *e)
{
	int rc = crew_tell(&t->crew, b, e);

	buf_release(b);
	return rc;
}

static int tell_seen(struct intake *t, struct watch *w, struct file *f, enum file_ready ready, struct err *e)
{
	struct buf b = { .max = 8192 };

	f->sent = true;
	w->news_at = role_monotonic_ms();
	f->answered = false;
	f->sent_ready = ready;
	f->sent_size = f->size;
	f->sent_at = role_monotonic_ms();
	begin(&b, M_SEEN, w, f, 0);
	wire_num(&b, T_SIZE, f->size > INT64_MAX ? INT64_MAX : (int64_t)f->size);
	wire_num(&b, T_MTIME, f->mtime);
	wire_num(&b, T_READY, ready);
	return end(t, &b, e);
}

static int tell_fetched(struct intake *t, struct watch *w, struct file *f, struct err *e)
{
	struct buf b = { .max = 8192 };

	begin(&b, M_FETCHED, w, f, f->parcel);
	wire_text(&b, T_SHA256, f->fetched->sha256);
	wire_num(&b, T_SIZE, (int64_t)f->fetched->size);
	wire_text(&b, T_EVIDENCE, f->fetched->evidence);
	return end(t, &b, e);
}

static int tell_failed(struct intake *t, struct watch *w, struct file *f, const char *why, struct err *e)
{
	struct buf b = { .max = 8192 };

	begin(&b, M_FETCH_FAILED, w, f, f->parcel);
	wire_text(&b, T_TEXT, why);
	return end(t, &b, e);
}

static int tell_done(struct intake *t, struct watch *w, struct file *f, int64_t parcel, struct err *e)
{
	struct buf b = { .max = 8192 };

	begin(&b, M_ORIGINAL_DONE, w, f, parcel);
	return end(t, &b, e);
}

static void log_file(int priority, const char *event, const struct watch *w, const struct file *f, int64_t parcel,
		     const char *why)
{
	char id[24];

	snprintf(id, sizeof(id), "F%" PRId64, parcel);
	log_step(priority, event, "parcel", parcel > 0 ? id : "-", "channel", w->channel, "name", f->name, "why", why,
		 NULL);
}

/* ---- what couriers are sent for ---- */

static void begin_errand(struct buf *b, enum errand type, const struct intake *t, const struct watch *w)
{
	wire_begin(b, (uint16_t)type);
	wire_num(b, E_WATCH, (int64_t)(w - t->watches));
	wire_text(b, E_PATH, w->in->path);
}

static int send_errand(struct watch *w, struct buf *b, struct err *e)
{
	int rc = crew_job(w->member, b, e);

	buf_release(b);
	return rc;
}

static int send_list(struct intake *t, struct watch *w, enum errand type, struct err *e)
{
	struct buf b = { .max = COURIER_MESSAGE };

	if (type == ERRAND_LIST)
		files_begin_list(w);
	begin_errand(&b, type, t, w);
	w->member->awaited = 1;
	return send_errand(w, &b, e);
}

static int send_touch(struct intake *t, struct watch *w, struct file *f, struct err *e)
{
	struct buf b = { .max = COURIER_MESSAGE };

	begin_errand(&b, ERRAND_TOUCH, t, w);
	wire_text(&b, E_NAME, f->name);
	wire_num(&b, E_PARCEL, f->parcel);
	wire_num(&b, E_CLAIM, w->claims);
	wire_num(&b, E_MOVE, w->in->after == AFTER_MOVE);
	wire_text(&b, E_DONE_PATH, w->done_path);
	wire_num(&b, E_MARKER, w->in->ready == READY_MARKER);
	if (f->known) {
		wire_num(&b, E_SIZE, (int64_t)f->fetched->size);
		wire_num(&b, E_MTIME, f->fetched->mtime);
	}
	f->work = WORK_TOUCHING;
	w->member->awaited = 1;
	w->member->fetches = 0;
	return send_errand(w, &b, e);
}

/* The first that is wanted, and small ones behind it: a large file goes alone, so that nobody waits for its bytes. */
static int send_fetches(struct intake *t, struct watch *w, struct file *f, int64_t now, struct err *e)
{
	struct buf b = { .max = COURIER_MESSAGE };
	uint64_t bytes = 0;
	int n = 0;

	begin_errand(&b, ERRAND_FETCH, t, w);
	wire_num(&b, E_CLAIM, w->claims);
	for (; f != NULL && n < FETCHES_AT_ONCE; f = f->next_work) {
		if (f->work != WORK_WANTED || f->retry_at > now)
			continue;
		if (n > 0 && (f->size > SMALL_BYTES || (bytes += f->size) > SMALL_BYTES))
			continue;
		wire_text(&b, E_NAME, f->name);
		wire_num(&b, E_PARCEL, f->parcel);
		f->work = WORK_FETCHING;
		n++;
		if (n == 1 && f->size > SMALL_BYTES)
			break;
	}
	w->member->awaited = n;
	w->member->fetches += n;
	return send_errand(w, &b, e);
}

static struct file *next_work(struct watch *w, enum file_work kind, int64_t now)
{
	for (struct file *f = w->work; f != NULL; f = f->next_work)
		if (f->work == kind && f->retry_at <= now)
			return f;
	return NULL;
}

/* An idle courier: fetches first, then originals (one of them after so many fetches at least), then the list that is due. */
static int give_work(struct intake *t, struct crew_member *m, int64_t now, struct err *e)
{
	static const enum file_work order[] = { WORK_WANTED, WORK_TAKEN, WORK_WANTED };
	struct watch *due = NULL;

	for (size_t k = m->fetches >= FETCHES_A_TOUCH ? 1 : 0; k < sizeof(order) / sizeof(order[0]); k++) {
		for (size_t i = 0; i < t->n; i++) {
			struct watch *w = &t->watches[i];
			struct file *f = w->member == m ? next_work(w, order[k], now) : NULL;

			if (f != NULL)
				return order[k] == WORK_WANTED ? send_fetches(t, w, f, now, e) : send_touch(t, w, f, e);
		}
	}
	for (size_t i = 0; i < t->n; i++) {
		struct watch *w = &t->watches[i];

		if (w->member == m && w->poll_at <= now && (due == NULL || w->poll_at < due->poll_at))
			due = w;
	}
	return due == NULL ? 0 : send_list(t, due, due->claims_listed ? ERRAND_LIST : ERRAND_CLAIMS, e);
}

static int give_all(struct intake *t, struct err *e)
{
	int64_t now = role_monotonic_ms();

	for (size_t i = 0; i < t->crew.n; i++) {
		struct crew_member *m = &t->crew.members[i];

		if (m->courier != NULL && !m->busy && give_work(t, m, now, e) != 0)
			return -1;
	}
	return 0;
}

/* ---- what couriers bring ---- */

/* "<parcel>.<name>" of an earlier life: fetched again under its parcel's id. */
static int take_claim(struct watch *w, struct view claim, struct err *e)
{
	struct view digits, name = claim;
	int64_t parcel = 0;
	struct file *f;

	if (!view_cut(&name, '.', &digits) || digits.n == 0 || digits.n > 18 || far_name(name) != FAR_PLAIN)
		return 0;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return 0;
		parcel = parcel * 10 + (digits.p[i] - '0');
	}
	if (files_take(&f, w, name, false, e) != 0)
		return -1;
	if (f->work != WORK_NONE) /* two claims of one name: the other one is taken up at the next start */
		return 0;
	log_file(LOG_NOTICE, "claim.found", w, f, parcel, "left by an earlier life");
	return files_work(w, f, WORK_WANTED, parcel, e);
}

static int take_names(struct watch *w, const struct msg *m, struct err *e)
{
	int64_t now = role_monotonic_ms();
	int rc;

	for (size_t i = 0; i + 3 < m->n; i++) {
		struct msg one = { .type = m->type, .n = 4 };

		if (m->e[i].tag != E_NAME)
			continue;
		memcpy(one.e, &m->e[i], 4 * sizeof(one.e[0]));
		i += 3;
		if (!w->claims_listed)
			rc = take_claim(w, msg_text(&one, E_NAME), e);
		else
			rc = files_listed(w, msg_text(&one, E_NAME), (uint64_t)msg_num_or(&one, E_SIZE, 0),
					  msg_num_or(&one, E_MTIME, 0), msg_num_or(&one, E_REGULAR, 0) != 0, now, e);
		if (rc != 0)
			return -1;
	}
	return 0;
}

static int tell_news(struct intake *t, struct watch *w, struct err *e)
{
	int64_t now = role_monotonic_ms();

	for (size_t i = 0; i < FILES_BUCKETS; i++) {
		for (struct file *f = w->buckets[i]; f != NULL; f = f->next) {
			enum file_ready ready = files_ready(w, f, now);

			if (files_present(w, f) && !f->regular && !f->hostile && !f->complained) {
				f->complained = true;
				log_file(LOG_WARNING, "file.ignored", w, f, 0, "not a regular file");
			}
			if (files_has_news(w, f, ready) && tell_seen(t, w, f, ready, e) != 0)
				return -1;
		}
	}
	return 0;
}

static int list_done(struct intake *t, struct watch *w, enum errand_outcome outcome, const char *why, struct err *e)
{
	int64_t now = role_monotonic_ms(), every = w->partner->kind == CHANNEL_DIR ? DIR_POLL_MS : w->partner->poll_ms;

	if (w->partner->kind == CHANNEL_DIR && w->in->ready != READY_STABLE && w->news_at != 0 && now - w->news_at < BUSY_MS)
		every = DIR_BUSY_POLL_MS;
	w->poll_at = now + (outcome == OUTCOME_OK ? every : every > AGAIN_MS ? every : AGAIN_MS);
	if (outcome != OUTCOME_OK) {
		if (!w->failed)
			log_step(LOG_WARNING, "channel.unreachable", "channel", w->channel, "why", why, NULL);
		w->failed = true;
		return 0;
	}
	if (w->failed)
		log_step(LOG_NOTICE, "channel.reachable", "channel", w->channel, NULL);
	w->failed = false;
	if (!w->claims_listed) {
		w->claims_listed = true;
		w->poll_at = 0;
		return 0;
	}
	files_end_list(w);
	return tell_news(t, w, e);
}

static void pause_file(struct file *f)
{
	f->pause_ms = f->pause_ms == 0 ? AGAIN_MS : f->pause_ms * 2 > PAUSE_MOST_MS ? PAUSE_MOST_MS : f->pause_ms * 2;
	f->retry_at = role_monotonic_ms() + f->pause_ms;
}

static int fetch_done(struct intake *t, struct watch *w, struct file *f, enum errand_outcome outcome,
		      const struct msg *m, const char *why, struct err *e)
{
	int64_t size = msg_num_or(m, E_SIZE, -1), now = role_monotonic_ms();

	if (outcome == OUTCOME_OK) {
		if (size < 0 || !msg_cstr(m, E_SHA256, f->fetched->sha256, DIGEST_HEX)
		    || !msg_cstr(m, E_EVIDENCE, f->fetched->evidence, FILE_EVIDENCE))
			return err_set(e, EBADMSG, "a fetch without its hash");
		f->fetched->size = (uint64_t)size;
		f->fetched->mtime = msg_num_or(m, E_MTIME, 0);
		f->known = true;
		f->pause_ms = 0;
		f->retry_at = now + AGAIN_MS;
		f->work = WORK_FETCHED;
		return tell_fetched(t, w, f, e);
	}
	log_file(LOG_WARNING, "fetch.failed", w, f, f->parcel, why);
	if ((f->pause_ms == 0 || outcome != OUTCOME_FAILED) && tell_failed(t, w, f, why, e) != 0)
		return -1;
	if (outcome != OUTCOME_FAILED) {	/* not ready, or gone: what a later list shows is told anew */
		w->poll_at = now + AGAIN_MS;
		return files_work(w, f, WORK_NONE, 0, e);
	}
	f->work = WORK_WANTED;
	pause_file(f);
	return 0;
}

static int touch_done(struct intake *t, struct watch *w, struct file *f, enum errand_outcome outcome, const char *why,
		      struct err *e)
{
	int64_t parcel = f->parcel;
	bool known = f->known;

	if (outcome == OUTCOME_FAILED) {
		if (f->pause_ms == 0)
			log_file(LOG_WARNING, "original.failed", w, f, parcel, why);
		f->work = WORK_TAKEN;
		pause_file(f);
		return 0;
	}
	if (outcome == OUTCOME_CHANGED) {
		log_file(LOG_WARNING, "original.left", w, f, parcel, why);
		f->kept = !known; /* route takes it for one it has, and its bytes are not here: a person must look */
		f->kept_size = f->size;
		f->kept_mtime = f->mtime;
	}
	if (files_work(w, f, WORK_NONE, 0, e) != 0)
		return -1;
	return tell_done(t, w, f, parcel, e);
}

static int on_courier(void *ctx, struct crew_member *member, const struct msg *m, struct err *e)
{
	struct intake *t = ctx;
	int64_t at = msg_num_or(m, E_WATCH, -1);
	struct watch *w = at >= 0 && (size_t)at < t->n ? &t->watches[at] : NULL;
	enum errand_outcome outcome = (enum errand_outcome)msg_num_or(m, E_OUTCOME, OUTCOME_FAILED);
	struct view name = msg_text(m, E_NAME);
	struct file *f;
	char why[2048];

	if (w == NULL || w->member != member || !member->busy)
		return err_set(e, EBADMSG, "a courier answered what it was not asked");
	if (m->type == ERRAND_NAMES)
		return take_names(w, m, e);
	if (!msg_cstr(m, E_TEXT, why, sizeof(why)))
		why[0] = '\0';
	member->busy = --member->awaited > 0;
	if (name.n == 0)
		return list_done(t, w, outcome, why, e);
	f = files_find(w, name, false);
	if (f == NULL || f->parcel != msg_num_or(m, E_PARCEL, -1))
		return err_set(e, EBADMSG, "a courier answered for a file that it was not sent for");
	if (f->work == WORK_FETCHING)
		return fetch_done(t, w, f, outcome, m, why, e);
	return f->work == WORK_TOUCHING ? touch_done(t, w, f, outcome, why, e) : 0;
}

/* ---- what route says ---- */

static int on_parcel(struct intake *t, struct watch *w, struct file *f, const struct msg *m, struct err *e)
{
	(void)t;
	f->answered = true;
	if (msg_num_or(m, T_GO, 0) == 0 || f->work != WORK_NONE || !files_present(w, f) || !f->regular
	    || files_ready(w, f, role_monotonic_ms()) != FILE_READY)
		return 0;
	return files_work(w, f, WORK_WANTED, msg_num_or(m, T_PARCEL, 0), e);
}

static int on_taken(struct intake *t, struct watch *w, struct file *f, const struct msg *m, struct err *e)
{
	int64_t parcel = msg_num_or(m, T_PARCEL, 0);

	f->answered = true;
	if (f->work != WORK_NONE && (f->work != WORK_FETCHED || f->parcel != parcel))
		return 0;
	if (w->in->after != AFTER_KEEP) {
		f->retry_at = f->pause_ms = 0;
		return files_work(w, f, WORK_TAKEN, parcel, e);
	}
	f->kept = true;
	f->kept_size = f->known ? f->fetched->size : f->size;
	f->kept_mtime = f->known ? f->fetched->mtime : f->mtime;
	if (files_work(w, f, WORK_NONE, 0, e) != 0)
		return -1;
	return tell_done(t, w, f, parcel, e);
}

static int on_route(void *ctx, const struct msg *m, struct err *e)
{
	struct intake *t = ctx;
	struct view channel = msg_text(m, T_CHANNEL), name = msg_text(m, T_NAME);
	struct watch *w = NULL;
	struct file *f;

	if ((m->type != M_PARCEL && m->type != M_TAKEN) || msg_num_or(m, T_PARCEL, 0) <= 0
	    || far_name(name) != FAR_PLAIN)
		return 0;
	for (size_t i = 0; i < t->n && w == NULL; i++)
		if (view_eq(view_of(t->watches[i].channel), channel))
			w = &t->watches[i];
	if (w == NULL || !w->claims_listed)		/* before the old claims are known nothing new is begun */
		return 0;
	if (m->type == M_PARCEL) {
		f = files_find(w, name, false);
		return f == NULL ? 0 : on_parcel(t, w, f, m, e);
	}
	return files_take(&f, w, name, false, e) != 0 ? -1 : on_taken(t, w, f, m, e);
}

/* Says again what has no answer. */
static int say_again(struct intake *t, struct err *e)
{
	int64_t now = role_monotonic_ms();

	if (now < t->again_at)
		return 0;
	t->again_at = now + AGAIN_MS / 2;
	for (size_t i = 0; i < t->n; i++) {
		struct watch *w = &t->watches[i];

		for (struct file *f = w->work; f != NULL; f = f->next_work) {
			if (f->work != WORK_FETCHED || f->retry_at > now)
				continue;
			f->retry_at = now + AGAIN_MS;
			if (tell_fetched(t, w, f, e) != 0)
				return -1;
		}
		for (size_t k = 0; k < FILES_BUCKETS; k++)
			for (struct file *f = w->buckets[k]; f != NULL; f = f->next)
				if (f->sent && !f->answered && f->work == WORK_NONE && files_present(w, f)
				    && now - f->sent_at >= (f->hostile ? HOSTILE_AGAIN_MS : AGAIN_MS)
				    && tell_seen(t, w, f, f->sent_ready, e) != 0)
					return -1;
	}
	return 0;
}

/* ---- the role ---- */

static int open_watches(struct intake *t, struct err *e)
{
	const struct config *c = t->crew.env->config;
	size_t n = 0;

	for (size_t i = 0; i < c->n_partners; i++)
		n += c->partners[i].n_in;
	t->watches = calloc(n ? n : 1, sizeof(*t->watches));
	if (t->watches == NULL)
		return err_set(e, ENOMEM, "no memory for the watched directories");
	for (size_t i = 0; i < c->n_partners; i++) {
		const struct partner *p = &c->partners[i];

		for (size_t k = 0; k < p->n_in; k++, t->n++)
			if (files_open(&t->watches[t->n], p, &p->in[k], &t->crew.members[i], e) != 0)
				return -1;
	}
	return 0;
}

static int sweep_spool(const struct config *c, struct err *e)
{
	struct spool *s = NULL;
	char dir[FAR_PATH_MAX];
	int rc;

	if (snprintf(dir, sizeof(dir), "%s/spool/new", c->home) >= (int)sizeof(dir))
		return err_set(e, ENAMETOOLONG, "home is too long");
	if (spool_open(&s, dir, true, e) != 0)
		return -1;
	rc = spool_sweep(s, e);
	spool_free(s);
	return rc;
}

/* Until the next list is due at a courier that is idle, if nothing happens before. */
static int turn_ms(const struct intake *t)
{
	int64_t now = role_monotonic_ms(), least = TURN_MS;

	for (size_t i = 0; i < t->n; i++) {
		const struct watch *w = &t->watches[i];

		if (w->member->courier != NULL && !w->member->busy && w->poll_at - now < least)
			least = w->poll_at - now;
	}
	return least < 0 ? 0 : (int)least;
}

int role_intake(struct role_env *env, struct err *e)
{
	static const struct crew_plan plan = {
		.pair = "route-intake",
		.wants = wants,
		.prepare = errand_prepare,
		.work = errand_work,
		.on_route = on_route,
		.on_courier = on_courier,
	};
	struct intake t = { .again_at = 0 };
	int rc = -1;

	if (sweep_spool(env->config, e) != 0)	/* before any courier writes there */
		return -1;
	if (crew_open(&t.crew, env, &plan, e) == 0 && open_watches(&t, e) == 0) {
		do
			rc = give_all(&t, e) != 0 || say_again(&t, e) != 0 ? -1 : crew_turn(&t.crew, &t, turn_ms(&t), e);
		while (rc == 0);
	}
	for (size_t i = 0; i < t.n; i++)
		files_release(&t.watches[i]);
	free(t.watches);
	crew_release(&t.crew);
	return rc == 1 ? 0 : -1;
}
