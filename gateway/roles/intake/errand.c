/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errand - see errand.h.  Runs in a courier: everything here may wait on the far side
 *
 * A fetch is: claim, look, copy into the spool while hashing, look again, publish.  When size or time differ between
 * the two looks the copy is thrown away and the claim given back: the file was not ready.
 *
 * Failure: an errand that fails says so in its DONE; -1 only when the parent cannot be told.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "channels/dir.h"
#include "channels/spool.h"
#include "formats/core/mask.h"
#include "gateway/roles/intake/errand.h"

#define NAMES_A_MESSAGE 48 /* four elements each, below MSG_ELEMENTS, below COURIER_MESSAGE with names of 255 bytes */
#define NAME_SHOWN 255
#define CLAIM_NAME (FAR_NAME_MAX + 24)
#define DONE_NAME (FAR_NAME_MAX + 64)

struct errands { struct spool *spool; };

struct errand_job {
	int64_t watch, parcel, size, mtime;
	bool claim, move, marker;
	char path[FAR_PATH_MAX], name[FAR_NAME_MAX + 1], done_path[FAR_PATH_MAX];
	char claims[FAR_PATH_MAX + 16], claim_name[CLAIM_NAME];
	struct errands *errands;
	struct courier_self *self;
	struct far *far;
};

struct place { const char *dir, *name; };

int errand_prepare(void **ctx, const struct config *config, struct err *e)
{
	struct errands *s = calloc(1, sizeof(*s));
	char dir[FAR_PATH_MAX];

	*ctx = s;
	if (s == NULL)
		return err_set(e, ENOMEM, "no memory for a courier");
	if (snprintf(dir, sizeof(dir), "%s/spool/new", config->home) >= (int)sizeof(dir))
		return err_set(e, ENAMETOOLONG, "home is too long");
	return spool_open(&s->spool, dir, true, e);
}

static bool read_name(struct errand_job *j, const struct msg *m)
{
	j->parcel = msg_num_or(m, E_PARCEL, -1);
	if (!msg_cstr(m, E_NAME, j->name, sizeof(j->name)) || far_name(view_of(j->name)) != FAR_PLAIN || j->parcel < 0)
		return false;
	snprintf(j->claim_name, sizeof(j->claim_name), "%" PRId64 ".%s", j->parcel, j->name);
	return true;
}

static bool read_job(struct errand_job *j, struct errands *s, struct courier_self *self, const struct msg *m)
{
	*j = (struct errand_job){ .errands = s, .self = self };
	j->watch = msg_num_or(m, E_WATCH, -1);
	j->parcel = -1;
	j->size = msg_num_or(m, E_SIZE, -1);
	j->mtime = msg_num_or(m, E_MTIME, -1);
	j->claim = msg_num_or(m, E_CLAIM, 0) != 0;
	j->move = msg_num_or(m, E_MOVE, 0) != 0;
	j->marker = msg_num_or(m, E_MARKER, 0) != 0;
	msg_cstr(m, E_DONE_PATH, j->done_path, sizeof(j->done_path));
	if (!msg_cstr(m, E_PATH, j->path, sizeof(j->path)))
		return false;
	snprintf(j->claims, sizeof(j->claims), "%s/%s", j->path, DIR_CLAIMS);
	return m->type != ERRAND_TOUCH || read_name(j, m);
}

static void begin_done(struct buf *b, const struct errand_job *j)
{
	wire_begin(b, ERRAND_DONE);
	wire_num(b, E_WATCH, j->watch);
	wire_num(b, E_PARCEL, j->parcel);
	wire_text(b, E_NAME, j->name);
}

static void end_done(struct buf *b, enum errand_outcome outcome, const struct err *why)
{
	struct buf text = { .max = 4 * ERR_TEXT };

	wire_num(b, E_OUTCOME, outcome);
	escape_text(&text, view_of(outcome == OUTCOME_OK ? "" : why->text));
	wire_view(b, E_TEXT, buf_as_view(&text));
	buf_release(&text);
}

/* ---- listing ---- */

struct names {
	struct errand_job *job;
	struct buf out;
	unsigned n;
	int rc;
	struct err err;			/* the parent could not be told */
};

static int send_names(struct names *l)
{
	if (l->n > 0)
		l->rc = courier_tell(l->job->self, &l->out, &l->err);
	l->n = 0;
	return l->rc;
}

static int add_name(void *ctx, struct view name, const struct far_attrs *a)
{
	struct names *l = ctx;

	if (a->is_dir)
		return 0;
	if (l->n == 0) {
		wire_begin(&l->out, ERRAND_NAMES);
		wire_num(&l->out, E_WATCH, l->job->watch);
	}
	wire_view(&l->out, E_NAME, view_sub(name, 0, NAME_SHOWN));
	wire_num(&l->out, E_SIZE, a->size > INT64_MAX ? INT64_MAX : (int64_t)a->size);
	wire_num(&l->out, E_MTIME, errand_mtime(a));
	wire_num(&l->out, E_REGULAR, a->regular);
	return ++l->n == NAMES_A_MESSAGE ? send_names(l) : 0;
}

static int run_list(struct errand_job *j, const char *dir, bool may_miss, enum errand_outcome *outcome, struct err *why,
		    struct err *e)
{
	struct names l = { .job = j, .out = { .max = COURIER_MESSAGE } };
	int rc = far_list(j->far, dir, add_name, &l, why);

	if (rc == 0)
		send_names(&l);
	buf_release(&l.out);
	if (l.rc != 0) {
		*e = l.err;
		return -1;
	}
	*outcome = rc == 0 || (may_miss && why->code == ENOENT) ? OUTCOME_OK : OUTCOME_FAILED;
	return 0;
}

/* ---- fetching ---- */

static int spool_sink(void *ctx, struct view bytes, struct err *e)
{
	return spool_write(ctx, bytes, e);
}

/* One of the files of an errand. */
struct fetch {
	struct errand_job j;
	struct place at;		/* where its bytes are now: the claim when there is one or one can be made, else the name itself */
	struct far_attrs a;
	struct spool_writer *w;
	char hex[DIGEST_HEX];
	uint64_t size;
	bool going;			/* nothing has failed yet */
	enum errand_outcome outcome;
	struct err why;
};

static int claim(struct fetch *f)
{
	struct errand_job *j = &f->j;
	enum far_found found;
	struct far_attrs attrs;

	f->at = (struct place){ j->path, j->name };
	if (!j->claim)
		return 0;
	if (far_stat(j->far, j->claims, j->claim_name, &found, &attrs, &f->why) != 0)
		return -1;
	if (found == FAR_NOT_THERE && far_move_unsynced(j->far, j->path, j->name, j->claims, j->claim_name, &f->why) != 0)
		return -1;
	f->at = (struct place){ j->claims, j->claim_name };
	return 0;
}

static int look(struct far *far, const struct place *at, struct far_attrs *a, struct err *e)
{
	enum far_found found;

	if (far_stat(far, at->dir, at->name, &found, a, e) != 0)
		return -1;
	if (found == FAR_NOT_THERE)
		return err_set(e, ENOENT, "'%.200s' is not there", at->name);
	return a->regular ? 0 : err_set(e, EINVAL, "'%.200s' is not a regular file", at->name);
}

/* Into the spool's tmp/. */
static int copy(struct fetch *f)
{
	struct errand_job *j = &f->j;
	struct far_attrs after;
	uint64_t got = 0;

	if (look(j->far, &f->at, &f->a, &f->why) != 0 || spool_begin(&f->w, j->errands->spool, &f->why) != 0)
		return -1;
	if (far_get(j->far, f->at.dir, f->at.name, spool_sink, f->w, &got, &f->why) != 0 || look(j->far, &f->at, &after, &f->why) != 0)
		return -1;
	if (got != f->a.size || after.size != f->a.size || errand_mtime(&after) != errand_mtime(&f->a))
		return err_set(&f->why, EAGAIN, "'%.200s' changed while it was read", f->at.name);
	spool_hurry(f->w);
	return 0;
}

static int seal(struct fetch *f)
{
	return spool_seal(f->w, f->hex, &f->size, &f->why);
}

static int publish(struct fetch *f)
{
	struct spool_writer *w = f->w;

	f->w = NULL;			/* freed in any case */
	return spool_publish(w, f->hex, &f->why);
}

static void put_evidence(struct buf *b, const struct errand_job *j, uint64_t size, const struct far_attrs *a)
{
	struct buf text = { .max = 4096 };
	time_t now = time(NULL);
	struct tm tm;
	char at[32] = "";

	if (gmtime_r(&now, &tm) != NULL)
		strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_text(&text, "name=");
	escape_text(&text, view_of(j->name));
	buf_fmt(&text, " size=%" PRIu64 " mtime=%" PRId64 " %s at=%s", size, a->mtime, far_evidence(j->far), at);
	wire_view(b, E_EVIDENCE, buf_as_view(&text));
	buf_release(&text);
}

/* It was not ready: where its name is taken again the claim stays, and is fetched once more. */
static enum errand_outcome give_back(const struct errand_job *j)
{
	if (!j->claim || far_move(j->far, j->claims, j->claim_name, j->path, j->name, NULL) == 0)
		return OUTCOME_CHANGED;
	return OUTCOME_FAILED;
}

static void each(struct fetch *all, size_t n, int (*step)(struct fetch *), bool claiming)
{
	for (size_t i = 0; i < n; i++) {
		struct fetch *f = &all[i];

		if (!f->going || step(f) == 0)
			continue;
		f->going = false;
		spool_abort(f->w);
		f->w = NULL;
		f->outcome = f->why.code == ENOENT ? OUTCOME_GONE : f->why.code == EAGAIN && !claiming ? give_back(&f->j) : OUTCOME_FAILED;
	}
}

static void all_failed(struct fetch *all, size_t n, const struct err *why)
{
	for (size_t i = 0; i < n; i++) {
		if (!all[i].going)
			continue;
		all[i].going = false;
		all[i].outcome = why->code == ENOENT ? OUTCOME_GONE : OUTCOME_FAILED;
		all[i].why = *why;
	}
}

static void fetch_all(struct fetch *all, size_t n)
{
	const struct errand_job *j = &all->j;
	struct err why = { 0 };

	if (j->claim && far_make_dir(j->far, j->claims, &why) != 0) {
		all_failed(all, n, &why);
		return;
	}
	each(all, n, claim, true);
	if (j->claim && (far_sync(j->far, j->claims, &why) != 0 || far_sync(j->far, j->path, &why) != 0))
		all_failed(all, n, &why);
	each(all, n, copy, false);
	each(all, n, seal, false);
	each(all, n, publish, false);
	if (spool_settle(j->errands->spool, &why) != 0)
		all_failed(all, n, &why);
}

static int tell_fetch(struct fetch *f, struct err *e)
{
	struct buf done = { .max = COURIER_MESSAGE };
	int rc;

	begin_done(&done, &f->j);
	if (f->outcome == OUTCOME_OK) {
		wire_text(&done, E_SHA256, f->hex);
		wire_num(&done, E_SIZE, (int64_t)f->size);
		wire_num(&done, E_MTIME, errand_mtime(&f->a));
		put_evidence(&done, &f->j, f->size, &f->a);
	}
	end_done(&done, f->outcome, &f->why);
	rc = courier_tell(f->j.self, &done, e);
	buf_release(&done);
	return rc;
}

static int run_fetches(struct errand_job *j, const struct msg *m, struct err *e)
{
	static struct fetch all[FETCHES_AT_ONCE];
	struct err why = { 0 };
	size_t n = 0;

	for (size_t i = 0; i + 1 < m->n; i++) {
		struct msg one = { .type = m->type, .n = 2 };

		if (m->e[i].tag != E_NAME)
			continue;
		memcpy(one.e, &m->e[i], 2 * sizeof(one.e[0]));
		if (n == FETCHES_AT_ONCE)
			return err_set(e, EBADMSG, "an errand for too many files");
		all[n] = (struct fetch){ .j = *j, .going = true, .outcome = OUTCOME_OK };
		if (!read_name(&all[n++].j, &one))
			return err_set(e, EBADMSG, "an errand without the parts it needs");
	}
	if (n == 0)
		return err_set(e, EBADMSG, "an errand for no file");
	if (courier_far(&j->far, j->self, false, &why) != 0)
		all_failed(all, n, &why);
	for (size_t i = 0; i < n; i++)
		all[i].j.far = j->far;
	if (all->going)
		fetch_all(all, n);
	for (size_t i = 0; i < n; i++)
		if (tell_fetch(&all[i], e) != 0)
			return -1;
	return 0;
}

/* ---- touching the original ---- */

static int hash_sink(void *ctx, struct view bytes, struct err *e)
{
	(void)e;
	digest_update(ctx, bytes);
	return 0;
}

/* True when the very bytes under that name lie in the spool. */
static int in_spool(bool *yes, struct errand_job *j, const struct place *at, struct err *e)
{
	struct digest *digest;
	char hex[DIGEST_HEX];
	uint64_t size = 0;
	int fd = -1;

	*yes = false;
	if (digest_open(&digest, e) != 0)
		return -1;
	if (far_get(j->far, at->dir, at->name, hash_sink, digest, &size, e) != 0) {
		digest_free(digest);
		return -1;
	}
	digest_final_hex(digest, hex);
	if (spool_object(j->errands->spool, hex, &fd, &size, e) != 0)
		return e->code == ENOENT ? 0 : -1;
	close(fd);
	*yes = true;
	return 0;
}

/* The original as it stands now: *ours when it may be touched. */
static int find_original(struct errand_job *j, struct place *at, bool *there, bool *ours, struct err *e)
{
	enum far_found found = FAR_NOT_THERE;
	struct far_attrs a;

	*ours = *there = false;
	if (j->claim) {
		*at = (struct place){ j->claims, j->claim_name };
		if (far_stat(j->far, at->dir, at->name, &found, &a, e) != 0 && e->code != ENOENT)
			return -1;
		if (found == FAR_THERE) {
			*ours = *there = true;
			return 0;
		}
	}
	*at = (struct place){ j->path, j->name };
	if (far_stat(j->far, at->dir, at->name, &found, &a, e) != 0)
		return -1;
	if (found == FAR_NOT_THERE || !a.regular)
		return 0;
	*there = true;
	if (j->size >= 0) {		/* we fetched it in this life */
		*ours = a.size == (uint64_t)j->size && errand_mtime(&a) == j->mtime;
		return 0;
	}
	return in_spool(ours, j, at, e);
}

static int move_to_done(struct errand_job *j, const struct place *at, const char *name, struct err *e)
{
	char other[DONE_NAME];

	if (far_make_dir(j->far, j->done_path, e) != 0)
		return -1;
	if (far_move(j->far, at->dir, at->name, j->done_path, name, e) == 0)
		return 0;
	if (e->code != EEXIST)
		return -1;
	snprintf(other, sizeof(other), "%s.%" PRId64, name, j->parcel);
	return far_move(j->far, at->dir, at->name, j->done_path, other, e);
}

static int dispose(struct errand_job *j, const struct place *at, const char *name, struct err *e)
{
	return j->move ? move_to_done(j, at, name, e) : far_remove(j->far, at->dir, at->name, e);
}

static int dispose_marker(struct errand_job *j, struct err *e)
{
	char name[FAR_NAME_MAX + 16];
	struct place at = { j->path, name };
	enum far_found found;
	struct far_attrs a;

	snprintf(name, sizeof(name), "%s%s", j->name, MARKER_TAIL);
	if (far_stat(j->far, j->path, name, &found, &a, e) != 0)
		return -1;
	return found == FAR_THERE ? dispose(j, &at, name, e) : 0;
}

static enum errand_outcome run_touch(struct errand_job *j, struct err *why)
{
	struct place at;
	bool there, ours;

	if (find_original(j, &at, &there, &ours, why) != 0)
		return OUTCOME_FAILED;
	if (there && !ours) {
		err_set(why, EEXIST, "another file stands under that name now; it is left as it is");
		return OUTCOME_CHANGED;
	}
	if (there && dispose(j, &at, j->name, why) != 0)
		return OUTCOME_FAILED;
	return j->marker && dispose_marker(j, why) != 0 ? OUTCOME_FAILED : OUTCOME_OK;
}

/* ---- one job ---- */

int errand_work(struct courier_self *self, void *ctx, const struct msg *m, struct err *e)
{
	enum errand_outcome outcome = OUTCOME_FAILED;
	struct buf done = { .max = COURIER_MESSAGE };
	struct errand_job j;
	struct err why = { 0 };
	int rc = 0;

	if (!read_job(&j, ctx, self, m))
		return err_set(e, EBADMSG, "an errand without the parts it needs");
	if (m->type == ERRAND_FETCH)
		return run_fetches(&j, m, e);
	begin_done(&done, &j);
	if (courier_far(&j.far, self, false, &why) != 0)
		outcome = OUTCOME_FAILED;
	else if (m->type == ERRAND_LIST)
		rc = run_list(&j, j.path, false, &outcome, &why, e);
	else if (m->type == ERRAND_CLAIMS)
		rc = run_list(&j, j.claims, true, &outcome, &why, e);
	else
		outcome = run_touch(&j, &why);
	if (rc == 0) {
		end_done(&done, outcome, &why);
		rc = courier_tell(self, &done, e);
	}
	buf_release(&done);
	return rc;
}
