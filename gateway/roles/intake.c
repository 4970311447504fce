/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake - watches directories here and at partners, and brings complete files into the spool
 *
 * A file is told to route when it is first seen and again when it is ready (renamed into place, its marker is there, or so many equal
 * looks and its least age); route gives it a number, a courier claims and fetches it, and only when route says that the ledger
 * has it is the original put aside.  What route does not answer is said again every second.  Nothing is remembered over a restart:
 * claims of an earlier life are found by their names, kept originals are known to route.
 * Failure: a partner that is away is asked again at its next look; the role ends only when a courier or the bus breaks.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/spool.h"
#include "formats/core/mask.h"
#include "gateway/crew.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/roles/intake/fetch.h"

#define TURN_MS 50
#define LOCAL_POLL_MS 100
#define AGAIN_MS 1000
#define FILES_MAX 20000			/* of one watched directory */

enum file_state {
	FILE_WATCHED,			/* seen, not ready, or told to route and not answered */
	FILE_WANTED,			/* route wants it: fetch */
	FILE_FETCHED,			/* in the spool, told to route */
	FILE_TAKEN,			/* the ledger has it: put the original aside */
	FILE_KEPT,			/* had, and left where it lies */
	FILE_HOSTILE,
};

struct file {
	struct file *next;
	char name[256];			/* raw; a hostile one is only ever compared and shown escaped */
	int64_t size, mtime, parcel, equal, since_ms, again_ms, fetched_size;
	enum file_state state;
	bool here, told, told_ready;	/* here: in the listing that is under way */
	char sha256[65], evidence[200];
};

struct watched {
	const struct inbound *in;
	char channel[80];
	struct file *files;
	size_t n;
	int64_t poll_ms;
	bool claims_known;
};

struct intake {
	struct crew crew;
	struct watched **channels;	/* one row a partner, one watched an inbound */
	const struct partner *partners;
};

static bool wants(const struct partner *p)
{
	return p->n_in > 0;
}

static struct file *find(struct watched *w, struct view name)
{
	for (struct file *f = w->files; f != NULL; f = f->next)
		if (view_eq(view_of(f->name), name))
			return f;
	return NULL;
}

static struct file *add(struct watched *w, struct view name)
{
	struct file *f;

	if (w->n >= FILES_MAX || name.n >= sizeof(f->name) || memchr(name.p, '\0', name.n) != NULL)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	memcpy(f->name, name.p, name.n);
	f->size = -1;
	f->next = w->files;
	w->files = f;
	w->n++;
	return f;
}

static void drop(struct watched *w, struct file *gone)
{
	struct file **at = &w->files;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	w->n--;
	free(gone);
}

/* Telling route */

static int tell_seen(struct intake *k, struct watched *w, struct file *f, int ready, struct err *e)
{
	struct buf b = { .max = 4096 }, name = { .max = 1200 };
	int rc;

	if (ready == 2)
		escape_text(&name, view_of(f->name));
	else
		buf_text(&name, f->name);
	wire_begin(&b, M_SEEN);
	wire_text(&b, T_CHANNEL, w->channel);
	wire_view(&b, T_NAME, view_sub(buf_as_view(&name), 0, 255));
	wire_num(&b, T_SIZE, f->size);
	wire_num(&b, T_MTIME, f->mtime);
	wire_num(&b, T_READY, ready);
	f->told = true;
	f->told_ready = ready == 1;
	f->again_ms = role_monotonic_ms() + AGAIN_MS;
	rc = crew_tell(&k->crew, &b, e);
	buf_release(&name);
	buf_release(&b);
	return rc;
}

static int tell_fetched(struct intake *k, struct watched *w, struct file *f, struct err *e)
{
	struct buf b = { .max = 4096 };
	int rc;

	wire_begin(&b, M_FETCHED);
	wire_num(&b, T_PARCEL, f->parcel);
	wire_text(&b, T_CHANNEL, w->channel);
	wire_text(&b, T_NAME, f->name);
	wire_text(&b, T_SHA256, f->sha256);
	wire_num(&b, T_SIZE, f->fetched_size);
	wire_text(&b, T_EVIDENCE, f->evidence);
	f->again_ms = role_monotonic_ms() + AGAIN_MS;
	rc = crew_tell(&k->crew, &b, e);
	buf_release(&b);
	return rc;
}

static int tell_about(struct intake *k, struct watched *w, const struct file *f, int type, struct view text, struct err *e)
{
	struct buf b = { .max = 4096 };
	int rc;

	wire_begin(&b, (uint16_t)type);
	wire_num(&b, T_PARCEL, f->parcel);
	wire_text(&b, T_CHANNEL, w->channel);
	wire_text(&b, T_NAME, f->name);
	if (text.n > 0)
		wire_view(&b, T_TEXT, text);
	rc = crew_tell(&k->crew, &b, e);
	buf_release(&b);
	return rc;
}

/* Readiness */

static bool has_marker(struct watched *w, const struct file *f)
{
	char marker[300];
	int n = snprintf(marker, sizeof(marker), "%s.done", f->name);
	struct file *m = find(w, (struct view){ marker, (size_t)n });

	return m != NULL && m->here;
}

static bool is_marker(const struct watched *w, const struct file *f)
{
	size_t n = strlen(f->name);

	return w->in->ready == READY_MARKER && n > 5 && strcmp(f->name + n - 5, ".done") == 0;
}

static bool is_ready(struct watched *w, const struct file *f)
{
	switch (w->in->ready) {
	case READY_MARKER:
		return has_marker(w, f);
	case READY_STABLE:
		return f->equal >= w->in->stable_polls && role_monotonic_ms() - f->since_ms >= w->in->min_age_ms;
	default:
		return true;
	}
}

/* One look at one file is over: what is to be said of it. */
static int judge(struct intake *k, struct watched *w, struct file *f, struct err *e)
{
	bool ready;

	if (f->state == FILE_HOSTILE)
		return f->told ? 0 : tell_seen(k, w, f, 2, e);
	if (f->state != FILE_WATCHED || is_marker(w, f))
		return 0;
	ready = is_ready(w, f);
	if (f->told && f->told_ready == ready && (!ready || role_monotonic_ms() < f->again_ms))
		return 0;
	return tell_seen(k, w, f, ready, e);
}

static void note_entry(struct watched *w, struct view name, int64_t size, int64_t mtime)
{
	enum far_name kind = far_name(name);
	struct file *f;

	if (kind == FAR_TEMPORARY)
		return;
	f = find(w, name);
	if (f == NULL) {
		f = add(w, name);
		if (f == NULL)
			return;
		if (kind == FAR_HOSTILE)
			f->state = FILE_HOSTILE;
		else if (w->in->pattern[0] != '\0' && fnmatch(w->in->pattern, f->name, 0) != 0 && !is_marker(w, f)) {
			drop(w, f);
			return;
		}
	}
	f->here = true;
	if (f->size == size && f->mtime == mtime) {
		f->equal++;
		return;
	}
	if (f->state == FILE_KEPT)
		f->state = FILE_WATCHED;	/* a kept name holds something new */
	if (f->state == FILE_WATCHED)
		f->told = false;
	f->size = size;
	f->mtime = mtime;
	f->equal = 1;
	f->since_ms = role_monotonic_ms();
}

/* A claim of an earlier life: "17.register.csv". */
static void note_claim(struct watched *w, struct view name)
{
	int64_t parcel = 0;
	struct file *f;
	size_t i = 0;

	for (; i < name.n && i < 18 && name.p[i] >= '0' && name.p[i] <= '9'; i++)
		parcel = parcel * 10 + (name.p[i] - '0');
	if (i == 0 || i + 1 >= name.n || name.p[i] != '.' || far_name(view_sub(name, i + 1, name.n)) != FAR_PLAIN)
		return;
	f = find(w, view_sub(name, i + 1, name.n));
	if (f == NULL)
		f = add(w, view_sub(name, i + 1, name.n));
	if (f == NULL)
		return;
	f->parcel = parcel;
	f->state = FILE_WANTED;
}

static int end_of_list(struct intake *k, struct watched *w, struct err *e)
{
	for (struct file *f = w->files, *next; f != NULL; f = next) {
		next = f->next;
		if (!f->here && (f->state == FILE_WATCHED || f->state == FILE_KEPT || f->state == FILE_HOSTILE)) {
			drop(w, f);
			continue;
		}
		if (f->here && judge(k, w, f, e) != 0)
			return -1;
	}
	for (struct file *f = w->files; f != NULL; f = f->next)
		f->here = false;
	return 0;
}

static int on_entries(struct intake *k, struct crew_member *member, struct watched *w, const struct msg *m, struct err *e)
{
	bool claims = !w->claims_known;

	for (uint16_t i = 0; i + 2 < m->n; i++) {
		int64_t size, mtime;

		if (m->e[i].tag != T_NAME || m->e[i + 1].v.n != 8 || m->e[i + 2].v.n != 8)
			continue;
		memcpy(&size, m->e[i + 1].v.p, 8);
		memcpy(&mtime, m->e[i + 2].v.p, 8);
		if (claims)
			note_claim(w, m->e[i].v);
		else
			note_entry(w, m->e[i].v, size, mtime);
	}
	if (msg_num_or(m, T_COUNT, -1) < 0)
		return 0;
	member->busy = false;
	w->claims_known = true;
	return claims ? 0 : end_of_list(k, w, e);
}

static int on_fetched(struct intake *k, struct watched *w, struct file *f, const struct msg *m, struct err *e)
{
	if (f == NULL || f->state != FILE_WANTED || msg_num_or(m, T_PARCEL, -1) != f->parcel || !msg_cstr(m, T_SHA256, f->sha256, sizeof(f->sha256)))
		return 0;
	if (!msg_cstr(m, T_EVIDENCE, f->evidence, sizeof(f->evidence)))
		f->evidence[0] = '\0';
	f->fetched_size = msg_num_or(m, T_SIZE, 0);
	f->state = FILE_FETCHED;
	return tell_fetched(k, w, f, e);
}

static int on_failed(struct intake *k, struct watched *w, struct file *f, const struct msg *m, struct err *e)
{
	char text[300] = "";

	msg_cstr(m, T_TEXT, text, sizeof(text));
	log_step(LOG_WARNING, "intake.failed", "channel", w->channel, "why", text, NULL);
	if (f == NULL)
		return 0;			/* a listing: the next look tries again */
	f->again_ms = role_monotonic_ms() + AGAIN_MS;
	if (f->state != FILE_WANTED)
		return 0;
	if (view_eq(msg_text(m, T_REASON), VIEW("gone"))) {
		int rc = tell_about(k, w, f, M_FETCH_FAILED, view_of(text), e);

		drop(w, f);
		return rc;
	}
	return tell_about(k, w, f, M_FETCH_FAILED, view_of(text), e);
}

static int on_aside(struct intake *k, struct watched *w, struct file *f, struct err *e)
{
	int rc;

	if (f == NULL || f->state != FILE_TAKEN)
		return 0;
	rc = tell_about(k, w, f, M_ORIGINAL_DONE, (struct view){ NULL, 0 }, e);
	if (w->in->after == AFTER_KEEP)
		f->state = FILE_KEPT;
	else
		drop(w, f);
	return rc;
}

static struct watched *channel_of(struct intake *k, const struct crew_member *member, int64_t i)
{
	size_t p = (size_t)(member->partner - k->partners);

	return i >= 0 && (size_t)i < member->partner->n_in ? &k->channels[p][i] : NULL;
}

static int on_courier(void *ctx, struct crew_member *member, const struct msg *m, struct err *e)
{
	struct intake *k = ctx;
	struct watched *w = channel_of(k, member, msg_num_or(m, T_CHANNEL, -1));
	struct file *f;

	if (w == NULL)
		return err_set(e, -1, "the courier of '%s' answered for no channel", member->partner->name);
	if (m->type == FETCH_ENTRIES)
		return on_entries(k, member, w, m, e);
	member->busy = false;
	f = msg_text(m, T_NAME).n > 0 ? find(w, msg_text(m, T_NAME)) : NULL;
	if (m->type == FETCH_FETCHED)
		return on_fetched(k, w, f, m, e);
	return m->type == FETCH_DONE ? on_aside(k, w, f, e) : on_failed(k, w, f, m, e);
}

static struct watched *channel_by_name(struct intake *k, struct view channel)
{
	for (size_t p = 0; p < k->crew.n; p++)
		for (size_t i = 0; i < k->partners[p].n_in; i++)
			if (view_eq(view_of(k->channels[p][i].channel), channel))
				return &k->channels[p][i];
	return NULL;
}

static int on_route(void *ctx, const struct msg *m, struct err *e)
{
	struct watched *w = channel_by_name(ctx, msg_text(m, T_CHANNEL));
	struct file *f = w ? find(w, msg_text(m, T_NAME)) : NULL;

	(void)e;
	if (f == NULL)
		return 0;
	if (m->type == M_PARCEL && msg_num_or(m, T_GO, 0) == 1 && f->state == FILE_WATCHED) {
		f->parcel = msg_num_or(m, T_PARCEL, 0);
		f->state = FILE_WANTED;
		f->again_ms = 0;
	} else if (m->type == M_TAKEN && f->state == FILE_FETCHED) {
		f->state = FILE_TAKEN;
		f->again_ms = 0;
	} else if (m->type == M_TAKEN && f->state == FILE_WATCHED) {
		f->state = FILE_KEPT;		/* route had these very bytes before this life */
	}
	return 0;
}

/* Jobs */

static int give(struct crew_member *member, size_t channel, int type, const struct file *f, bool claims, struct err *e)
{
	struct buf b = { .max = COURIER_MESSAGE };
	int rc;

	wire_begin(&b, (uint16_t)type);
	wire_num(&b, T_CHANNEL, (int64_t)channel);
	wire_num(&b, T_SPOOL, claims);
	if (f != NULL) {
		wire_text(&b, T_NAME, f->name);
		wire_num(&b, T_PARCEL, f->parcel);
	}
	rc = crew_job(member, &b, e);
	buf_release(&b);
	return rc;
}

static int next_job(struct intake *k, struct crew_member *member, struct err *e)
{
	struct watched *row = k->channels[member->partner - k->partners];
	int64_t now = role_monotonic_ms();

	for (size_t i = 0; i < member->partner->n_in; i++)
		for (struct file *f = row[i].files; f != NULL; f = f->next)
			if ((f->state == FILE_WANTED || f->state == FILE_TAKEN) && now >= f->again_ms)
				return give(member, i, f->state == FILE_WANTED ? FETCH_FETCH : FETCH_ASIDE, f, false, e);
	for (size_t i = 0; i < member->partner->n_in; i++) {
		struct watched *w = &row[i];

		if (now < w->poll_ms)
			continue;
		w->poll_ms = now + (member->partner->kind == CHANNEL_DIR ? LOCAL_POLL_MS : member->partner->poll_ms);
		w->claims_known = w->claims_known || member->partner->kind != CHANNEL_DIR;
		return give(member, i, FETCH_LIST, NULL, !w->claims_known, e);
	}
	return 0;
}

static int say_again(struct intake *k, struct err *e)
{
	int64_t now = role_monotonic_ms();

	for (size_t p = 0; p < k->crew.n; p++)
		for (size_t i = 0; i < k->partners[p].n_in; i++)
			for (struct file *f = k->channels[p][i].files; f != NULL; f = f->next)
				if (f->state == FILE_FETCHED && now >= f->again_ms && tell_fetched(k, &k->channels[p][i], f, e) != 0)
					return -1;
	return 0;
}

static int work(struct intake *k, struct err *e)
{
	for (size_t i = 0; i < k->crew.n; i++) {
		struct crew_member *m = &k->crew.members[i];

		if (m->courier != NULL && !m->busy && next_job(k, m, e) != 0)
			return -1;
	}
	return say_again(k, e);
}

static int watch_channels(struct intake *k, const struct config *c, struct err *e)
{
	k->partners = c->partners;
	k->channels = calloc(c->n_partners + 1, sizeof(*k->channels));
	for (size_t p = 0; k->channels != NULL && p < c->n_partners; p++) {
		k->channels[p] = calloc(c->partners[p].n_in + 1, sizeof(**k->channels));
		if (k->channels[p] == NULL)
			return err_set(e, -1, "no memory to watch directories");
		for (size_t i = 0; i < c->partners[p].n_in; i++) {
			k->channels[p][i].in = &c->partners[p].in[i];
			snprintf(k->channels[p][i].channel, sizeof(k->channels[p][i].channel), "%s/%s", c->partners[p].name, c->partners[p].in[i].name);
		}
	}
	return k->channels != NULL ? 0 : err_set(e, -1, "no memory to watch directories");
}

static void release(struct intake *k, const struct config *c)
{
	for (size_t p = 0; k->channels != NULL && p < c->n_partners; p++) {
		for (size_t i = 0; k->channels[p] != NULL && i < c->partners[p].n_in; i++)
			while (k->channels[p][i].files != NULL)
				drop(&k->channels[p][i], k->channels[p][i].files);
		free(k->channels[p]);
	}
	free(k->channels);
}

static int sweep(const struct config *c, struct err *e)
{
	struct spool *s = NULL;
	char path[600];
	int rc;

	snprintf(path, sizeof(path), "%s/spool/new", c->home);
	rc = spool_open(&s, path, true, e) != 0 ? -1 : spool_sweep(s, e);
	spool_free(s);
	return rc;
}

int role_intake(struct role_env *env, struct err *e)
{
	static const struct crew_plan plan = {
		.pair = "route-intake", .wants = wants, .prepare = fetch_prepare, .work = fetch_work, .on_route = on_route, .on_courier = on_courier,
	};
	struct intake k = { .channels = NULL };
	int rc = -1;

	if (sweep(env->config, e) == 0 && watch_channels(&k, env->config, e) == 0 && crew_open(&k.crew, env, &plan, e) == 0)
		while ((rc = crew_turn(&k.crew, &k, TURN_MS, e)) == 0 && work(&k, e) == 0)
			;
	release(&k, env->config);
	crew_release(&k.crew);
	return rc == 1 ? 0 : -1;
}
