/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp - see sftp.h: the questions of SFTP version 3, one at a time or pipelined, over sftp_link
 *
 * Every request carries an id of its own; an answer with another id, of a wrong type or with more data than was asked
 * for means that the server does not speak the protocol: the link is killed, nothing it said before is undone by
 * that.  After a refused read or write the answers still under way are taken in, so that the session stays usable for
 * the next question.
 *
 * Failure: -1 and *err; err.code is an errno value (ENOENT, EACCES, EIO for "failure", EPROTO for nonsense).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channels/sftp.h"
#include "channels/sftp_link.h"
#include "channels/sftp_packet.h"
#include "formats/core/mask.h"

#define IN_FLIGHT ((uint32_t)2 << 20)
#define CHUNK_SMALL ((uint32_t)32 << 10)	/* what every server must take */
#define CHUNK_LARGE ((uint32_t)255 << 10)	/* OpenSSH drops a session that sends more */
#define SLOTS (IN_FLIGHT / CHUNK_SMALL)
#define IN_ROOM ((size_t)IN_FLIGHT + SFTP_PACKET_MAX + 4)
#define NEW_FILE_MODE 0640u
#define ATTR_FLAG_MODE 4u

struct sftp {
	struct sftp_link *link;
	struct buf out;			/* the request being built */
	char *in;			/* IN_ROOM bytes from the server, [start, end) not yet cut */
	size_t start, end;
	uint32_t last_id, chunk;
	bool can_fsync, can_limits;
};

struct slot {				/* one read under way, or answered before its turn */
	uint64_t offset;
	uint32_t want, got, id;
	bool waiting, eof;
	char *data;			/* s->chunk bytes, only where an answer came out of order or short */
};

struct get {
	struct sftp *s;
	struct view handle;
	const char *path;
	struct slot slot[SLOTS];
	unsigned head, n;
	uint64_t size, asked, given;
	bool end_asked, ended;
	far_sink *sink;
	void *ctx;
};

struct put {
	struct sftp *s;
	struct view handle;
	const char *path;
	uint32_t id[SLOTS];
	unsigned n;
	int fd;
	uint64_t size, sent;
};

struct handle { char bytes[SFTP_HANDLE_MAX]; size_t n; };

static int broken(struct sftp *s, struct err *e, const char *what)
{
	sftp_link_kill(s->link);
	return err_set(e, EPROTO, "the server breaks the protocol: %s", what);
}

static int status_errno(uint32_t status)
{
	switch (status) {
	case SFTP_NO_SUCH_FILE: return ENOENT;
	case SFTP_PERMISSION_DENIED: return EACCES;
	case SFTP_UNSUPPORTED: return ENOSYS;
	default: return EIO;
	}
}

/* "cannot VERB 'PATH': no such file (text of the server, escaped)". */
static int refused(struct err *e, const char *verb, const char *path, uint32_t status, struct view said)
{
	struct buf text = { .max = 1024 };
	int rc;

	escape_text(&text, view_sub(said, 0, 80));
	rc = err_set(e, status_errno(status), "cannot %s '%.200s': %s (%.100s)", verb, path, sftp_status_text(status),
		     buf_cstr(&text));
	buf_release(&text);
	return rc;
}

static size_t begin(struct sftp *s, enum sftp_type type)
{
	buf_clear(&s->out);
	if (++s->last_id == 0)
		s->last_id = 1;
	return sftp_begin(&s->out, type, s->last_id);
}

static int finish_send(struct sftp *s, size_t at, struct err *e)
{
	sftp_end(&s->out, at);
	if (s->out.failed)
		return err_set(e, E2BIG, "request is too large");
	return sftp_link_send(s->link, buf_as_view(&s->out), e);
}

/* The next packet of the server; borrowed until the next call. */
static int next_packet(struct sftp *s, struct sftp_packet *p, struct err *e)
{
	size_t got = 0;

	sftp_link_step(s->link);
	for (;;) {
		struct view rest = { s->in + s->start, s->end - s->start };
		int rc = sftp_cut_packet(&rest, p);

		if (rc < 0)
			return broken(s, e, "a packet of a wrong length");
		if (rc > 0) {
			s->start = s->end - rest.n;
			return 0;
		}
		if (s->start == s->end)
			s->start = s->end = 0;
		if (IN_ROOM - s->end < SFTP_PACKET_MAX + 4) {
			memmove(s->in, s->in + s->start, s->end - s->start);
			s->end -= s->start;
			s->start = 0;
		}
		if (sftp_link_receive(s->link, s->in + s->end, IN_ROOM - s->end, &got, e) != 0)
			return -1;
		s->end += got;
	}
}

static int ask(struct sftp *s, size_t at, struct sftp_packet *p, struct err *e)
{
	sftp_link_step(s->link);
	if (finish_send(s, at, e) != 0 || next_packet(s, p, e) != 0)
		return -1;
	return p->id == s->last_id ? 0 : broken(s, e, "an answer to no question");
}

/* The answer must be STATUS; 0 when it is OK. */
static int must_be_ok(struct sftp *s, const struct sftp_packet *p, const char *verb, const char *path, struct err *e)
{
	uint32_t status = 0;
	struct view said;

	if (!sftp_read_status(p, &status, &said))
		return broken(s, e, "a status was expected");
	return status == SFTP_OK ? 0 : refused(e, verb, path, status, said);
}

/* The answer is of a type that must not be: a STATUS that says why, or nonsense. */
static int no_answer(struct sftp *s, const struct sftp_packet *p, const char *verb, const char *path, struct err *e)
{
	uint32_t status = 0;
	struct view said;

	if (!sftp_read_status(p, &status, &said) || status == SFTP_OK)
		return broken(s, e, "an answer of a wrong type");
	return refused(e, verb, path, status, said);
}

static bool sane_path(const char *path, struct err *e)
{
	if (strlen(path) > 0 && strlen(path) <= FAR_PATH_MAX)
		return true;
	err_set(e, ENAMETOOLONG, "path is empty or longer than %d bytes", FAR_PATH_MAX);
	return false;
}

static int open_handle(struct sftp *s, size_t at, const char *path, struct handle *h, struct err *e)
{
	struct sftp_packet p;
	struct view v;

	if (ask(s, at, &p, e) != 0)
		return -1;
	if (!sftp_read_handle(&p, &v))
		return no_answer(s, &p, "open", path, e);
	memcpy(h->bytes, v.p, v.n);
	h->n = v.n;
	return 0;
}

static int open_file(struct sftp *s, const char *path, uint32_t flags, struct handle *h, struct err *e)
{
	size_t at = begin(s, SFTP_OPEN);

	sftp_put_string(&s->out, view_of(path));
	sftp_put_u32(&s->out, flags);
	sftp_put_u32(&s->out, flags & SFTP_OPEN_CREATE ? ATTR_FLAG_MODE : 0);
	if (flags & SFTP_OPEN_CREATE)
		sftp_put_u32(&s->out, NEW_FILE_MODE);
	return open_handle(s, at, path, h, e);
}

static struct view handle_view(const struct handle *h)
{
	return (struct view){ h->bytes, h->n };
}

static int close_handle(struct sftp *s, const struct handle *h, const char *path, struct err *e)
{
	struct sftp_packet p;
	size_t at = begin(s, SFTP_CLOSE);

	sftp_put_string(&s->out, handle_view(h));
	return ask(s, at, &p, e) != 0 ? -1 : must_be_ok(s, &p, "close", path, e);
}

static void to_attrs(const struct sftp_wire_attrs *w, struct far_attrs *a)
{
	*a = (struct far_attrs){ .size = w->size, .mtime = w->mtime };
	a->is_dir = w->has_mode && S_ISDIR(w->mode);
	a->regular = w->has_size && (!w->has_mode || S_ISREG(w->mode));
}

/* ---- connecting ---- */

static void read_extensions(struct sftp *s, struct view rest)
{
	struct view name, value;

	while (sftp_take_string(&rest, &name) && sftp_take_string(&rest, &value)) {
		s->can_fsync |= view_eq(name, VIEW("fsync@openssh.com")) && view_eq(value, VIEW("1"));
		s->can_limits |= view_eq(name, VIEW("limits@openssh.com")) && view_eq(value, VIEW("1"));
	}
}

static uint32_t lower(uint32_t chunk, uint64_t limit)
{
	return limit != 0 && limit < chunk ? (uint32_t)limit : chunk;
}

/* limits@openssh.com: max packet, max read, max write, max handles; 0 = not told. */
static int ask_limits(struct sftp *s, struct err *e)
{
	uint64_t packet = 0, read = 0, write = 0;
	struct sftp_packet p;
	size_t at = begin(s, SFTP_EXTENDED);

	sftp_put_string(&s->out, VIEW("limits@openssh.com"));
	if (ask(s, at, &p, e) != 0)
		return -1;
	if (p.type != SFTP_EXTENDED_REPLY)
		return 0;
	if (!sftp_take_u64(&p.body, &packet) || !sftp_take_u64(&p.body, &read) || !sftp_take_u64(&p.body, &write))
		return broken(s, e, "limits that are no limits");
	s->chunk = lower(lower(lower(CHUNK_LARGE, packet > 1024 ? packet - 1024 : 0), read), write);
	if (s->chunk < CHUNK_SMALL)
		s->chunk = CHUNK_SMALL;
	return 0;
}

static int greet(struct sftp *s, struct err *e)
{
	struct sftp_packet p;
	size_t at;

	buf_clear(&s->out);
	at = sftp_begin(&s->out, SFTP_INIT, 3);
	if (finish_send(s, at, e) != 0 || next_packet(s, &p, e) != 0)
		return -1;
	if (p.type != SFTP_VERSION || p.id != 3)
		return broken(s, e, "no SFTP version 3");
	read_extensions(s, p.body);
	s->chunk = CHUNK_SMALL;
	return s->can_limits ? ask_limits(s, e) : 0;
}

int sftp_connect(struct sftp **out, const struct sftp_target *t, struct err *e)
{
	struct sftp *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL || (s->in = malloc(IN_ROOM)) == NULL) {
		free(s);
		return err_set(e, ENOMEM, "no memory for a session");
	}
	s->out.max = SFTP_PACKET_MAX + 4;
	if (sftp_link_open(&s->link, t, e) != 0 || greet(s, e) != 0) {
		sftp_close(s);
		return -1;
	}
	*out = s;
	return 0;
}

void sftp_close(struct sftp *s)
{
	if (s == NULL)
		return;
	sftp_link_free(s->link);
	buf_release(&s->out);
	free(s->in);
	free(s);
}

const char *sftp_evidence(const struct sftp *s)
{
	return sftp_link_evidence(s->link);
}

bool sftp_dead(struct sftp *s)
{
	if (s->start != s->end)			/* bytes that nobody asked for */
		sftp_link_kill(s->link);
	return sftp_link_dead(s->link);
}

/* ---- names ---- */

/* One READDIR: 1 = some names, 0 = the end, -1. */
static int list_some(struct sftp *s, const struct handle *h, const char *path, far_each *each, void *ctx, size_t *seen,
		     struct err *e)
{
	struct sftp_wire_attrs w;
	struct far_attrs attrs;
	struct sftp_packet p;
	struct view rest, name, said;
	uint32_t count = 0, status = 0;
	size_t at = begin(s, SFTP_READDIR);

	sftp_put_string(&s->out, handle_view(h));
	if (ask(s, at, &p, e) != 0)
		return -1;
	if (sftp_read_status(&p, &status, &said) && status == SFTP_EOF)
		return 0;
	if (!sftp_read_names(&p, &rest, &count))
		return no_answer(s, &p, "list", path, e);
	if (count == 0)
		return broken(s, e, "a list without names and without an end");
	for (; count > 0; count--) {
		if (!sftp_take_name(&rest, &name, &w))
			return broken(s, e, "a name cut short");
		if (view_eq(name, VIEW(".")) || view_eq(name, VIEW("..")))
			continue;
		if (++*seen > FAR_LIST_MAX)
			return err_set(e, E2BIG, "'%.200s' holds over %d names", path, FAR_LIST_MAX);
		to_attrs(&w, &attrs);
		if (each(ctx, name, &attrs) != 0)
			return err_set(e, ECANCELED, "listing of '%.200s' ended by its caller", path);
	}
	return 1;
}

int sftp_list(struct sftp *s, const char *path, far_each *each, void *ctx, struct err *e)
{
	struct handle h;
	size_t at, seen = 0;
	int rc;

	if (!sane_path(path, e))
		return -1;
	sftp_link_operation(s->link);
	at = begin(s, SFTP_OPENDIR);
	sftp_put_string(&s->out, view_of(path));
	if (open_handle(s, at, path, &h, e) != 0)
		return -1;
	while ((rc = list_some(s, &h, path, each, ctx, &seen, e)) > 0)
		;
	if (!sftp_link_failed(s->link))
		close_handle(s, &h, path, rc == 0 ? e : NULL);
	return rc;
}

int sftp_stat_path(struct sftp *s, const char *path, enum far_found *found, struct far_attrs *attrs, struct err *e)
{
	struct sftp_wire_attrs w;
	struct sftp_packet p;
	struct view said;
	uint32_t status = 0;
	size_t at;

	if (!sane_path(path, e))
		return -1;
	sftp_link_operation(s->link);
	at = begin(s, SFTP_LSTAT);
	sftp_put_string(&s->out, view_of(path));
	if (ask(s, at, &p, e) != 0)
		return -1;
	*attrs = (struct far_attrs){ 0 };
	*found = FAR_NOT_THERE;
	if (sftp_read_status(&p, &status, &said) && status == SFTP_NO_SUCH_FILE)
		return 0;
	if (!sftp_read_attrs(&p, &w))
		return no_answer(s, &p, "stat", path, e);
	to_attrs(&w, attrs);
	*found = FAR_THERE;
	return 0;
}

static int one_name(struct sftp *s, enum sftp_type type, const char *path, const char *verb, struct err *e)
{
	struct sftp_packet p;
	size_t at;

	if (!sane_path(path, e))
		return -1;
	sftp_link_operation(s->link);
	at = begin(s, type);
	sftp_put_string(&s->out, view_of(path));
	if (type == SFTP_MKDIR)
		sftp_put_u32(&s->out, 0);
	return ask(s, at, &p, e) != 0 ? -1 : must_be_ok(s, &p, verb, path, e);
}

int sftp_remove_path(struct sftp *s, const char *path, struct err *e)
{
	return one_name(s, SFTP_REMOVE, path, "remove", e);
}

int sftp_make_dir(struct sftp *s, const char *path, struct err *e)
{
	return one_name(s, SFTP_MKDIR, path, "make directory", e);
}

int sftp_move(struct sftp *s, const char *from, const char *to, struct err *e)
{
	struct sftp_packet p;
	size_t at;

	if (!sane_path(from, e) || !sane_path(to, e))
		return -1;
	sftp_link_operation(s->link);
	at = begin(s, SFTP_RENAME);
	sftp_put_string(&s->out, view_of(from));
	sftp_put_string(&s->out, view_of(to));
	return ask(s, at, &p, e) != 0 ? -1 : must_be_ok(s, &p, "rename to", to, e);
}

/* ---- get ---- */

static int get_ask(struct get *g, struct slot *slot, struct err *e)
{
	size_t at = begin(g->s, SFTP_READ);

	sftp_put_string(&g->s->out, g->handle);
	sftp_put_u64(&g->s->out, slot->offset + slot->got);
	sftp_put_u32(&g->s->out, slot->want - slot->got);
	slot->id = g->s->last_id;
	slot->waiting = true;
	return finish_send(g->s, at, e);
}

/* Asks for what comes next, as far as slots are free; behind the last byte one more, whose answer must be the end. */
static int get_fill(struct get *g, struct err *e)
{
	unsigned most = IN_FLIGHT / g->s->chunk;

	while (g->n < most && !g->end_asked) {
		struct slot *slot = &g->slot[(g->head + g->n) % SLOTS];
		uint64_t left = g->size - g->asked;

		*slot = (struct slot){ .offset = g->asked, .data = slot->data };
		slot->want = left == 0 ? 1 : left < g->s->chunk ? (uint32_t)left : g->s->chunk;
		g->end_asked = left == 0;
		g->asked += left == 0 ? 0 : slot->want;
		g->n++;
		if (get_ask(g, slot, e) != 0)
			return -1;
	}
	return 0;
}

static struct slot *get_slot(struct get *g, uint32_t id, bool *is_head)
{
	for (unsigned i = 0; i < g->n; i++) {
		struct slot *slot = &g->slot[(g->head + i) % SLOTS];

		if (slot->waiting && slot->id == id) {
			*is_head = i == 0;
			return slot;
		}
	}
	return NULL;
}

static int give(struct get *g, struct view data, struct err *e)
{
	if (data.n > g->size - g->given)
		return err_set(e, EAGAIN, "'%.200s' grew while it was read", g->path);
	g->given += data.n;
	return g->sink(g->ctx, data, e);
}

static int get_data(struct get *g, struct slot *slot, bool is_head, struct view data, struct err *e)
{
	if (data.n == 0 || data.n > slot->want - slot->got)
		return broken(g->s, e, "data that was not asked for");
	slot->waiting = false;
	if (is_head && slot->got == 0) {		/* its turn: straight through, however short */
		if (give(g, data, e) != 0)
			return -1;
		slot->offset += data.n;
		slot->want -= (uint32_t)data.n;
	} else {
		if (slot->data == NULL && (slot->data = malloc(g->s->chunk)) == NULL)
			return err_set(e, ENOMEM, "no memory for data out of order");
		memcpy(slot->data + slot->got, data.p, data.n);
		slot->got += (uint32_t)data.n;
	}
	return slot->got < slot->want ? get_ask(g, slot, e) : 0;
}

/* Hands on what is complete, in order. */
static int get_advance(struct get *g, struct err *e)
{
	while (g->n > 0 && !g->slot[g->head].waiting) {
		struct slot *slot = &g->slot[g->head];

		if (slot->got > 0 && give(g, (struct view){ slot->data, slot->got }, e) != 0)
			return -1;
		if (slot->eof && g->given != g->size)
			return err_set(e, EAGAIN, "'%.200s' ended after %llu of %llu bytes", g->path,
				       (unsigned long long)g->given, (unsigned long long)g->size);
		g->ended |= slot->eof;
		g->head = (g->head + 1) % SLOTS;
		g->n--;
	}
	return 0;
}

static int get_one(struct get *g, struct err *e)
{
	struct view data, said;
	struct sftp_packet p;
	uint32_t status = 0;
	struct slot *slot;
	bool is_head;

	if (next_packet(g->s, &p, e) != 0)
		return -1;
	slot = get_slot(g, p.id, &is_head);
	if (slot == NULL)
		return broken(g->s, e, "an answer to no question");
	if (sftp_read_data(&p, &data))
		return get_data(g, slot, is_head, data, e);
	slot->waiting = false;
	if (!sftp_read_status(&p, &status, &said) || status == SFTP_OK)
		return broken(g->s, e, "an answer of a wrong type");
	slot->eof = true;
	return status == SFTP_EOF ? 0 : refused(e, "read", g->path, status, said);
}

/* After a failure: takes in the answers under way, so that the next question gets its own. */
static void get_drain(struct get *g)
{
	struct sftp_packet p;
	struct slot *slot;
	unsigned waiting = 0;
	bool is_head;

	for (unsigned i = 0; i < g->n; i++)
		waiting += g->slot[(g->head + i) % SLOTS].waiting;
	for (; waiting > 0 && !sftp_link_failed(g->s->link); waiting--) {
		if (next_packet(g->s, &p, NULL) != 0)
			return;
		slot = get_slot(g, p.id, &is_head);
		if (slot == NULL) {
			sftp_link_kill(g->s->link);
			return;
		}
		slot->waiting = false;
	}
}

static int get_size(struct get *g, struct err *e)
{
	struct sftp_wire_attrs w;
	struct sftp_packet p;
	size_t at = begin(g->s, SFTP_FSTAT);

	sftp_put_string(&g->s->out, g->handle);
	if (ask(g->s, at, &p, e) != 0)
		return -1;
	if (!sftp_read_attrs(&p, &w))
		return no_answer(g->s, &p, "stat", g->path, e);
	if (!w.has_size)
		return err_set(e, EPROTO, "the server tells no size for '%.200s'", g->path);
	if (w.has_mode && !S_ISREG(w.mode))
		return err_set(e, EINVAL, "'%.200s' is not a regular file", g->path);
	g->size = w.size;
	return 0;
}

static int get_all(struct get *g, struct err *e)
{
	if (get_size(g, e) != 0)
		return -1;
	while (!g->ended) {
		if (get_fill(g, e) != 0 || get_one(g, e) != 0 || get_advance(g, e) != 0) {
			get_drain(g);
			return -1;
		}
	}
	return 0;
}

int sftp_get(struct sftp *s, const char *path, far_sink *sink, void *ctx, uint64_t *size, struct err *e)
{
	struct handle h;
	struct get *g;
	int rc;

	*size = 0;
	if (!sane_path(path, e))
		return -1;
	sftp_link_operation(s->link);
	if (open_file(s, path, SFTP_OPEN_READ, &h, e) != 0)
		return -1;
	g = calloc(1, sizeof(*g));
	if (g == NULL) {
		rc = err_set(e, ENOMEM, "no memory for a transfer");
		goto out;
	}
	*g = (struct get){ .s = s, .handle = handle_view(&h), .path = path, .sink = sink, .ctx = ctx };
	rc = get_all(g, e);
	*size = g->given;
	for (unsigned i = 0; i < SLOTS; i++)
		free(g->slot[i].data);
	free(g);
out:
	if (!sftp_link_failed(s->link))
		close_handle(s, &h, path, NULL);	/* what was read is read; a refused close changes nothing */
	return rc;
}

/* ---- put ---- */

static int put_ask(struct put *w, struct err *e)
{
	uint64_t left = w->size - w->sent;
	uint32_t n = left < w->s->chunk ? (uint32_t)left : w->s->chunk, done = 0;
	size_t at = begin(w->s, SFTP_WRITE);
	char *room;

	sftp_put_string(&w->s->out, w->handle);
	sftp_put_u64(&w->s->out, w->sent);
	sftp_put_u32(&w->s->out, n);
	room = buf_reserve(&w->s->out, n);
	if (room == NULL)
		return err_set(e, ENOMEM, "no memory for a request");
	while (done < n) {
		ssize_t got = pread(w->fd, room + done, n - done, (off_t)(w->sent + done));

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(e, got == 0 ? EIO : errno, "cannot read what is to be put: %s",
				       got == 0 ? "it is shorter than told" : strerror(errno));
		done += (uint32_t)got;
	}
	w->s->out.n += n;
	if (finish_send(w->s, at, e) != 0)
		return -1;
	w->id[w->n++] = w->s->last_id;
	w->sent += n;
	return 0;
}

static int put_answer(struct put *w, struct err *e)
{
	struct sftp_packet p;
	unsigned i = 0;

	if (next_packet(w->s, &p, e) != 0)
		return -1;
	while (i < w->n && w->id[i] != p.id)
		i++;
	if (i == w->n)
		return broken(w->s, e, "an answer to no question");
	w->id[i] = w->id[--w->n];
	return must_be_ok(w->s, &p, "write", w->path, e);
}

static int put_all(struct put *w, struct err *e)
{
	unsigned most = IN_FLIGHT / w->s->chunk;
	int rc = 0;

	while (rc == 0 && (w->sent < w->size || w->n > 0)) {
		while (rc == 0 && w->n < most && w->sent < w->size) {
			sftp_link_step(w->s->link);
			rc = put_ask(w, e);
		}
		if (rc == 0)
			rc = put_answer(w, e);
	}
	while (w->n > 0 && !sftp_link_failed(w->s->link))
		put_answer(w, NULL);
	return rc;
}

static int sync_handle(struct sftp *s, const struct handle *h, const char *path, struct err *e)
{
	struct sftp_packet p;
	size_t at = begin(s, SFTP_EXTENDED);

	sftp_put_string(&s->out, VIEW("fsync@openssh.com"));
	sftp_put_string(&s->out, handle_view(h));
	return ask(s, at, &p, e) != 0 ? -1 : must_be_ok(s, &p, "fsync", path, e);
}

int sftp_put(struct sftp *s, const char *path, int fd, uint64_t size, bool *synced, struct err *e)
{
	struct put w = { .s = s, .path = path, .fd = fd, .size = size };
	struct handle h;
	int rc;

	*synced = false;
	if (!sane_path(path, e))
		return -1;
	if (size > INT64_MAX)
		return err_set(e, EFBIG, "'%.200s' is too large", path);
	sftp_link_operation(s->link);
	if (open_file(s, path, SFTP_OPEN_WRITE | SFTP_OPEN_CREATE | SFTP_OPEN_EXCLUSIVE, &h, e) != 0)
		return -1;
	w.handle = handle_view(&h);
	rc = put_all(&w, e);
	if (rc == 0 && s->can_fsync) {
		rc = sync_handle(s, &h, path, e);
		*synced = rc == 0;
	}
	if (!sftp_link_failed(s->link) && close_handle(s, &h, path, rc == 0 ? e : NULL) != 0)
		return -1;
	return rc == 0 && sftp_link_failed(s->link) ? err_set(e, ECONNRESET, "the connection is lost") : rc;
}
