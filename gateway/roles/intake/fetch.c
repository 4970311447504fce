/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch - see fetch.h; here or at a partner's, by the same verbs of far.h
 *
 * Failure: a job's failure is its answer, in words; only a spool that cannot be opened ends the courier.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channels/dir.h"
#include "channels/spool.h"
#include "formats/core/mask.h"
#include "gateway/proto.h"
#include "gateway/roles/intake/fetch.h"

#define CLAIM_NAME (FAR_NAME_MAX + 24)

struct fetch { struct spool *spool; };

struct job {
	struct courier_self *self;
	struct spool *spool;
	struct far *far;
	const struct inbound *in;
	bool local;
	int64_t channel, parcel;
	char name[FAR_NAME_MAX + 1], claims[FAR_PATH_MAX], done[FAR_PATH_MAX], claimed[CLAIM_NAME];
};

int fetch_prepare(void **ctx, const struct config *config, struct err *e)
{
	struct fetch *f = calloc(1, sizeof(*f));
	char path[FAR_PATH_MAX];

	*ctx = f;
	if (f == NULL)
		return err_set(e, ENOMEM, "no memory for a courier");
	if (snprintf(path, sizeof(path), "%s/spool/new", config->home) >= (int)sizeof(path))
		return err_set(e, ENAMETOOLONG, "home is too long");
	return spool_open(&f->spool, path, true, e);
}

static int tell(struct job *j, struct buf *b, struct err *e)
{
	int rc = courier_tell(j->self, b, e);

	buf_release(b);
	return rc;
}

static int tell_failed(struct job *j, const struct err *why, struct err *e)
{
	struct buf b = { .max = COURIER_MESSAGE }, text = { .max = 4 * ERR_TEXT };

	escape_text(&text, view_of(why->text));
	wire_begin(&b, FETCH_FAILED);
	wire_num(&b, T_CHANNEL, j->channel);
	wire_text(&b, T_NAME, j->name);
	wire_text(&b, T_REASON, why->code == ENOENT ? "gone" : "failed");
	wire_view(&b, T_TEXT, buf_as_view(&text));
	buf_release(&text);
	return tell(j, &b, e);
}

/* LIST */

struct listing { struct job *job; struct buf b; int in_message; int64_t all; struct err *err; };

static int each_name(void *ctx, struct view name, const struct far_attrs *a)
{
	struct listing *l = ctx;

	if (!a->regular)
		return 0;
	if (l->in_message == 0) {
		wire_begin(&l->b, FETCH_ENTRIES);
		wire_num(&l->b, T_CHANNEL, l->job->channel);
	}
	wire_view(&l->b, T_NAME, view_sub(name, 0, 255));
	wire_num(&l->b, T_SIZE, (int64_t)a->size);
	wire_num(&l->b, T_MTIME, a->mtime);
	l->all++;
	if (++l->in_message < FETCH_NAMES)
		return 0;
	l->in_message = 0;
	return courier_tell(l->job->self, &l->b, l->err);
}

static int list(struct job *j, bool claims, struct err *e)
{
	struct listing l = { .job = j, .b.max = COURIER_MESSAGE, .err = e };
	struct err why = { 0 };
	int rc = far_list(j->far, claims ? j->claims : j->in->path, each_name, &l, &why);

	if (rc != 0 && !(claims && why.code == ENOENT)) {
		buf_release(&l.b);
		return tell_failed(j, &why, e);
	}
	if (l.in_message == 0) {
		wire_begin(&l.b, FETCH_ENTRIES);
		wire_num(&l.b, T_CHANNEL, j->channel);
	}
	wire_num(&l.b, T_COUNT, l.all);
	return tell(j, &l.b, e);
}

/* FETCH */

static int to_spool(void *ctx, struct view bytes, struct err *e)
{
	return spool_write(ctx, bytes, e);
}

/* Where the bytes are to be read: claimed already by an earlier life, or claimed now; at a partner's where they lie. */
static int claim(struct job *j, const char **dir, const char **name, struct err *e)
{
	enum far_found found;
	struct far_attrs attrs;

	*dir = j->in->path;
	*name = j->name;
	if (!j->local)
		return 0;
	if (far_make_dir(j->far, j->claims, e) != 0 || far_stat(j->far, j->claims, j->claimed, &found, &attrs, e) != 0)
		return -1;
	if (found == FAR_NOT_THERE && far_move(j->far, j->in->path, j->name, j->claims, j->claimed, e) != 0)
		return -1;
	*dir = j->claims;
	*name = j->claimed;
	return 0;
}

static int into_spool(struct job *j, const char *dir, const char *name, char hex[DIGEST_HEX], uint64_t *size, struct err *e)
{
	struct far_attrs before, after;
	struct spool_writer *w = NULL;
	enum far_found found;
	uint64_t got = 0;

	if (far_stat(j->far, dir, name, &found, &before, e) != 0)
		return -1;
	if (found == FAR_NOT_THERE)
		return err_set(e, ENOENT, "the file is not there any more");
	if (spool_begin(&w, j->spool, e) != 0)
		return -1;
	if (far_get(j->far, dir, name, to_spool, w, &got, e) != 0 || far_stat(j->far, dir, name, &found, &after, e) != 0) {
		spool_abort(w);
		return -1;
	}
	if (found == FAR_NOT_THERE || after.size != got || after.size != before.size || after.mtime != before.mtime) {
		spool_abort(w);
		return err_set(e, EAGAIN, "the file changed while it was fetched");
	}
	return spool_commit(w, hex, size, e);
}

static int fetch(struct job *j, struct err *e)
{
	struct buf b = { .max = COURIER_MESSAGE };
	char hex[DIGEST_HEX] = "";
	const char *dir, *name;
	struct err why = { 0 };
	uint64_t size = 0;

	if (claim(j, &dir, &name, &why) != 0 || into_spool(j, dir, name, hex, &size, &why) != 0)
		return tell_failed(j, &why, e);
	wire_begin(&b, FETCH_FETCHED);
	wire_num(&b, T_CHANNEL, j->channel);
	wire_text(&b, T_NAME, j->name);
	wire_num(&b, T_PARCEL, j->parcel);
	wire_text(&b, T_SHA256, hex);
	wire_num(&b, T_SIZE, (int64_t)size);
	wire_text(&b, T_EVIDENCE, far_evidence(j->far));
	return tell(j, &b, e);
}

/* ASIDE */

static int move_aside(struct job *j, const char *dir, const char *name, struct err *e)
{
	char other[CLAIM_NAME + 24];

	if (far_make_dir(j->far, j->done, e) != 0)
		return -1;
	if (far_move(j->far, dir, name, j->done, j->name, e) == 0)
		return 0;
	if (far_dead(j->far))
		return -1;
	snprintf(other, sizeof(other), "%s.%" PRId64, j->name, j->parcel);	/* a name that was there before keeps it */
	return far_move(j->far, dir, name, j->done, other, e);
}

static int aside(struct job *j, struct err *e)
{
	const char *dir = j->local ? j->claims : j->in->path, *name = j->local ? j->claimed : j->name;
	struct buf b = { .max = COURIER_MESSAGE };
	struct err why = { 0 };
	enum far_found found;
	struct far_attrs attrs;
	int rc = 0;

	if (j->in->after != AFTER_KEEP || j->local) {
		rc = far_stat(j->far, dir, name, &found, &attrs, &why);
		if (rc == 0 && found == FAR_THERE)
			rc = j->in->after == AFTER_DELETE ? far_remove(j->far, dir, name, &why)
				: j->in->after == AFTER_KEEP ? far_move(j->far, dir, name, j->in->path, j->name, &why) : move_aside(j, dir, name, &why);
	}
	if (rc != 0)
		return tell_failed(j, &why, e);
	wire_begin(&b, FETCH_DONE);
	wire_num(&b, T_CHANNEL, j->channel);
	wire_text(&b, T_NAME, j->name);
	wire_num(&b, T_PARCEL, j->parcel);
	return tell(j, &b, e);
}

static bool paths(struct job *j)
{
	return snprintf(j->claims, sizeof(j->claims), "%s/%s", j->in->path, DIR_CLAIMS) < (int)sizeof(j->claims)
		&& snprintf(j->done, sizeof(j->done), "%s%s", j->in->done_path[0] ? j->in->done_path : j->in->path, j->in->done_path[0] ? "" : "/done") < (int)sizeof(j->done)
		&& snprintf(j->claimed, sizeof(j->claimed), "%" PRId64 ".%s", j->parcel, j->name) < (int)sizeof(j->claimed);
}

int fetch_work(struct courier_self *self, void *ctx, const struct msg *m, struct err *e)
{
	const struct partner *p = courier_partner(self);
	struct job j = { .self = self, .spool = ((struct fetch *)ctx)->spool, .local = p->kind == CHANNEL_DIR, .channel = msg_num_or(m, T_CHANNEL, -1),
		.parcel = msg_num_or(m, T_PARCEL, 0) };
	struct err why = { 0 };

	msg_cstr(m, T_NAME, j.name, sizeof(j.name));
	if (j.channel < 0 || (size_t)j.channel >= p->n_in)
		return err_set(e, EINVAL, "a job for a channel that is not there");
	j.in = &p->in[j.channel];
	if (!paths(&j)) {
		err_set(&why, ENAMETOOLONG, "the directory's path is too long");
		return tell_failed(&j, &why, e);
	}
	if (courier_far(&j.far, self, false, &why) != 0)
		return tell_failed(&j, &why, e);
	if (m->type == FETCH_LIST)
		return list(&j, msg_num_or(m, T_SPOOL, 0) == 1, e);
	if (far_name(view_of(j.name)) != FAR_PLAIN) {
		err_set(&why, EINVAL, "a hostile name is never touched");
		return tell_failed(&j, &why, e);
	}
	return m->type == FETCH_FETCH ? fetch(&j, e) : aside(&j, e);
}
