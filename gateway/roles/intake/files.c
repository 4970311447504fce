/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files - see files.h: a hash table of names a watch, and the list of those in work
 *
 * A list is a generation: what it did not show and nobody works on is forgotten at its end.  Bounded by FAR_LIST_MAX
 * names a directory, which the channels check.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/core/mask.h"
#include "gateway/roles/intake/errand.h"
#include "gateway/roles/intake/files.h"

static unsigned hash(struct view name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 16777619u;
	return h % FILES_BUCKETS;
}

int files_open(struct watch *w, const struct partner *p, const struct inbound *in, struct crew_member *member,
	       struct err *e)
{
	*w = (struct watch){ .in = in, .partner = p, .member = member };
	w->claims = p->kind == CHANNEL_DIR && in->after != AFTER_KEEP;
	w->claims_listed = !w->claims;
	if (snprintf(w->channel, sizeof(w->channel), "%s/%s", p->name, in->name) >= (int)sizeof(w->channel))
		return err_set(e, ENAMETOOLONG, "the name of channel '%s/%s' is too long", p->name, in->name);
	if (in->done_path[0] != '\0')
		snprintf(w->done_path, sizeof(w->done_path), "%s", in->done_path);
	else
		snprintf(w->done_path, sizeof(w->done_path), "%s/done", in->path[0] == '\0' ? "." : in->path);
	w->buckets = calloc(FILES_BUCKETS, sizeof(*w->buckets));
	return w->buckets != NULL ? 0 : err_set(e, ENOMEM, "no memory for channel '%s'", w->channel);
}

static void file_free(struct file *f)
{
	free(f->fetched);
	free(f);
}

void files_release(struct watch *w)
{
	for (size_t i = 0; w->buckets != NULL && i < FILES_BUCKETS; i++) {
		while (w->buckets[i] != NULL) {
			struct file *f = w->buckets[i];

			w->buckets[i] = f->next;
			file_free(f);
		}
	}
	free(w->buckets);
	w->buckets = NULL;
}

struct file *files_find(struct watch *w, struct view name, bool hostile)
{
	for (struct file *f = w->buckets[hash(name)]; f != NULL; f = f->next)
		if (f->hostile == hostile && view_eq(view_of(f->name), name))
			return f;
	return NULL;
}

int files_take(struct file **out, struct watch *w, struct view name, bool hostile, struct err *e)
{
	unsigned at = hash(name);

	*out = files_find(w, name, hostile);
	if (*out != NULL)
		return 0;
	if (name.n == 0 || name.n > FILE_SHOWN || w->n >= 2 * FAR_LIST_MAX)
		return err_set(e, E2BIG, "channel '%s' shows too many names", w->channel);
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return err_set(e, ENOMEM, "no memory for the names of channel '%s'", w->channel);
	memcpy((*out)->name, name.p, name.n);
	(*out)->hostile = hostile;
	(*out)->next = w->buckets[at];
	w->buckets[at] = *out;
	w->n++;
	return 0;
}

void files_begin_list(struct watch *w)
{
	w->generation++;
}

/* While a list is under way the one before still counts. */
static bool shown(const struct watch *w, unsigned generation)
{
	return generation != 0 && generation >= w->shown;
}

bool files_present(const struct watch *w, const struct file *f)
{
	return shown(w, f->generation);
}

static void note(struct watch *w, struct file *f, uint64_t size, int64_t mtime, bool regular, int64_t now)
{
	bool was_here = files_present(w, f);

	if (was_here && f->size == size && f->mtime == mtime) {
		if (f->equal_polls < INT32_MAX)
			f->equal_polls++;
	} else {
		f->equal_polls = 1;
		f->changed_at = now;
	}
	f->generation = w->generation;
	f->size = size;
	f->mtime = mtime;
	f->regular = regular;
}

static int listed_hostile(struct watch *w, struct view raw, uint64_t size, int64_t mtime, int64_t now, struct err *e)
{
	struct buf text = { .max = 4096 };
	struct file *f;
	int rc;

	escape_text(&text, raw);
	rc = files_take(&f, w, view_sub(buf_as_view(&text), 0, FILE_SHOWN), true, e);
	buf_release(&text);
	if (rc == 0)
		note(w, f, size, mtime, false, now);
	return rc;
}

/* NAME.done says that NAME is complete; it is no file of its own. */
static int listed_marker(struct watch *w, struct view raw, struct err *e)
{
	struct file *f;

	if (files_take(&f, w, view_sub(raw, 0, raw.n - (sizeof(MARKER_TAIL) - 1)), false, e) != 0)
		return -1;
	f->marker_generation = w->generation;
	return 0;
}

static bool is_marker(const struct watch *w, struct view raw)
{
	struct view tail = view_of(MARKER_TAIL);

	return w->in->ready == READY_MARKER && raw.n > tail.n && view_eq(view_sub(raw, raw.n - tail.n, tail.n), tail);
}

int files_listed(struct watch *w, struct view raw, uint64_t size, int64_t mtime, bool regular, int64_t now,
		 struct err *e)
{
	enum far_name kind = far_name(raw);
	char name[FAR_NAME_MAX + 1];
	struct file *f;

	if (kind == FAR_TEMPORARY)
		return 0;
	if (kind == FAR_HOSTILE)
		return listed_hostile(w, raw, size, mtime, now, e);
	if (is_marker(w, raw))
		return listed_marker(w, raw, e);
	memcpy(name, raw.p, raw.n);
	name[raw.n] = '\0';
	if (w->in->pattern[0] != '\0' && fnmatch(w->in->pattern, name, FNM_PERIOD) != 0)
		return 0;
	if (files_take(&f, w, raw, false, e) != 0)
		return -1;
	note(w, f, size, mtime, regular, now);
	return 0;
}

void files_end_list(struct watch *w)
{
	w->shown = w->generation;
	for (size_t i = 0; i < FILES_BUCKETS; i++) {
		for (struct file **at = &w->buckets[i]; *at != NULL;) {
			struct file *f = *at;

			if (f->work != WORK_NONE || shown(w, f->generation) || shown(w, f->marker_generation)) {
				at = &f->next;
				continue;
			}
			*at = f->next;
			w->n--;
			file_free(f);
		}
	}
}

enum file_ready files_ready(const struct watch *w, const struct file *f, int64_t now)
{
	if (f->hostile)
		return FILE_HOSTILE;
	switch (w->in->ready) {
	case READY_MARKER:
		return shown(w, f->marker_generation) ? FILE_READY : FILE_NOT_READY;
	case READY_STABLE:
		return f->equal_polls >= w->in->stable_polls && now - f->changed_at >= w->in->min_age_ms
			       ? FILE_READY
			       : FILE_NOT_READY;
	default:
		return FILE_READY;
	}
}

bool files_has_news(const struct watch *w, const struct file *f, enum file_ready ready)
{
	if (f->work != WORK_NONE || !files_present(w, f) || (!f->regular && !f->hostile))
		return false;
	if (f->kept && f->kept_size == f->size && f->kept_mtime == f->mtime)
		return false;
	return !f->sent || f->sent_size != f->size || f->sent_ready != ready;
}

static void leave_work(struct watch *w, struct file *f)
{
	struct file **at = &w->work;

	while (*at != NULL && *at != f)
		at = &(*at)->next_work;
	if (*at == f)
		*at = f->next_work;
	f->next_work = NULL;
	f->work = WORK_NONE;
	f->parcel = 0;
	f->known = false;
	f->retry_at = f->pause_ms = 0;
	free(f->fetched);
	f->fetched = NULL;
	f->sent = f->answered = false;
	f->equal_polls = 0;
}

int files_work(struct watch *w, struct file *f, enum file_work to, int64_t parcel, struct err *e)
{
	struct file **at = &w->work;

	if (to == WORK_NONE) {
		leave_work(w, f);
		return 0;
	}
	if (f->work == WORK_NONE) {
		f->fetched = calloc(1, sizeof(*f->fetched));
		if (f->fetched == NULL)
			return err_set(e, ENOMEM, "no memory for a file in work");
		while (*at != NULL)
			at = &(*at)->next_work;
		*at = f;
		f->parcel = parcel;
	}
	f->work = to;
	return 0;
}
