/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps - see steps.h: upload, rename, look, manifest; at a partner's server or in a directory here, by the same verbs
 *
 * Names at the far side: `.tg-<delivery>-<attempt>.part` while a payload is uploaded; `...-<attempt>.json.part` and
 * `.p7s.part` for the manifest's two files.  Only names of this delivery and of lower attempts are ever removed.
 *
 * What is uploaded is hashed first: bytes that are not the ones that were signed never leave.  What the far side shows
 * is compared by size after each step and by content in STEP_LOOK.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "channels/digest.h"
#include "channels/spool.h"
#include "formats/core/mask.h"
#include "gateway/proto.h"
#include "gateway/roles/deliver/steps.h"

#define ATTEMPTS_BACK 32		/* leftovers of so many lower attempts are looked for */
#define SMALL_NAME 96
#define EVIDENCE_MAX 1024

struct steps {
	const struct config *config;
	struct spool *out;
};

struct task {
	int64_t job, delivery, attempt, step;
	uint64_t size;
	char path[FAR_PATH_MAX], name[FAR_NAME_MAX + 1], sha256[DIGEST_HEX];
	char manifest_path[FAR_PATH_MAX], manifest_name[FAR_NAME_MAX + 1];
	char temporary[SMALL_NAME];
	struct steps *steps;
	struct far *far;
};

enum content { CONTENT_ABSENT, CONTENT_EQUAL, CONTENT_DIFFERS, CONTENT_UNREAD };

int steps_prepare(void **ctx, const struct config *config, struct err *e)
{
	struct steps *s = calloc(1, sizeof(*s));
	char dir[FAR_PATH_MAX];

	*ctx = s;
	if (s == NULL)
		return err_set(e, ENOMEM, "no memory for a courier");
	s->config = config;
	if (snprintf(dir, sizeof(dir), "%s/spool/out", config->home) >= (int)sizeof(dir))
		return err_set(e, ENAMETOOLONG, "home is too long");
	return spool_open(&s->out, dir, false, e);
}

static void temporary_name(char out[SMALL_NAME], const struct task *t, int64_t attempt, const char *tail)
{
	snprintf(out, SMALL_NAME, ".tg-%" PRId64 "-%" PRId64 "%s.part", t->delivery, attempt, tail);
}

static bool read_task(struct task *t, struct steps *s, const struct msg *m)
{
	int64_t size = msg_num_or(m, T_SIZE, -1);

	*t = (struct task){ .steps = s, .size = (uint64_t)size };
	t->job = msg_num_or(m, T_JOB, -1);
	t->delivery = msg_num_or(m, T_DELIVERY, -1);
	t->attempt = msg_num_or(m, T_ATTEMPT, -1);
	t->step = msg_num_or(m, T_STEP, -1);
	temporary_name(t->temporary, t, t->attempt, "");
	if (!msg_cstr(m, T_MANIFEST_PATH, t->manifest_path, sizeof(t->manifest_path)) || t->manifest_path[0] == '\0')
		msg_cstr(m, T_PATH, t->manifest_path, sizeof(t->manifest_path));
	if (!msg_cstr(m, T_MANIFEST_NAME, t->manifest_name, sizeof(t->manifest_name)) || t->manifest_name[0] == '\0')
		msg_cstr(m, T_NAME, t->manifest_name, sizeof(t->manifest_name));
	return size >= 0 && t->delivery >= 0 && t->attempt >= 0 && msg_cstr(m, T_PATH, t->path, sizeof(t->path))
		&& msg_cstr(m, T_NAME, t->name, sizeof(t->name)) && msg_cstr(m, T_SHA256, t->sha256, sizeof(t->sha256))
		&& far_name(view_of(t->name)) == FAR_PLAIN && far_name(view_of(t->manifest_name)) == FAR_PLAIN;
}

static void put_time(struct buf *b)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	if (gmtime_r(&now, &tm) != NULL && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		buf_text(b, text);
}

static void put_evidence(struct buf *b, const char *what, const char *name, uint64_t size, const char *more,
			 const struct far *far)
{
	if (b->n > 0)
		buf_char(b, ' ');
	buf_fmt(b, "%s=", what);
	escape_text(b, view_of(name));
	buf_fmt(b, " size=%" PRIu64 "%s %s at=", size, more, far_evidence(far));
	put_time(b);
}

/* ---- the far side, asked ---- */

static int hash_sink(void *ctx, struct view bytes, struct err *e)
{
	(void)e;
	digest_update(ctx, bytes);
	return 0;
}

/* Compares what stands under that name with (size, sha256).  -1: the link died, or the far side would not say. */
static int compare(enum content *out, struct far *far, const char *dir, const char *name, uint64_t size,
		   const char *sha256, struct err *e)
{
	enum far_found found;
	struct far_attrs attrs;
	struct digest *digest;
	char hex[DIGEST_HEX];
	uint64_t got = 0;

	*out = CONTENT_UNREAD;
	if (far_stat(far, dir, name, &found, &attrs, e) != 0)
		return -1;
	if (found == FAR_NOT_THERE || !attrs.regular || attrs.size != size) {
		*out = found == FAR_NOT_THERE ? CONTENT_ABSENT : CONTENT_DIFFERS;
		return 0;
	}
	if (digest_open(&digest, e) != 0)
		return -1;
	if (far_get(far, dir, name, hash_sink, digest, &got, e) != 0) {
		digest_free(digest);
		return -1;
	}
	digest_final_hex(digest, hex);
	*out = got == size && strcmp(hex, sha256) == 0 ? CONTENT_EQUAL : CONTENT_DIFFERS;
	return 0;
}

/* True when the name is there with that size. */
static int right_size(bool *right, struct far *far, const char *dir, const char *name, uint64_t size, struct err *e)
{
	enum far_found found;
	struct far_attrs attrs;

	*right = false;
	if (far_stat(far, dir, name, &found, &attrs, e) != 0)
		return -1;
	*right = found == FAR_THERE && attrs.regular && attrs.size == size;
	return 0;
}

/* Removes this delivery's leftovers of the attempts below `below`; what is not there is no fault. */
static int remove_leftovers(struct task *t, const char *dir, int64_t below, const char *tail, struct err *e)
{
	char name[SMALL_NAME];

	for (int64_t k = below > ATTEMPTS_BACK ? below - ATTEMPTS_BACK : 0; k < below; k++) {
		struct err own = { 0 };

		temporary_name(name, t, k, tail);
		if (far_remove(t->far, dir, name, &own) != 0 && far_dead(t->far)) {
			if (e != NULL)
				*e = own;
			return -1;
		}
	}
	return 0;
}

/* ---- STEP_UPLOAD ---- */

static int open_notice(int *fd, uint64_t *size, const struct task *t, struct err *e)
{
	char dir[FAR_PATH_MAX];
	struct stat st;
	int dirfd;

	if (snprintf(dir, sizeof(dir), "%s/reports/notices", t->steps->config->home) >= (int)sizeof(dir))
		return err_set(e, ENAMETOOLONG, "home is too long");
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*fd = dirfd == -1 ? -1 : openat(dirfd, t->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (dirfd != -1)
		close(dirfd);
	if (*fd == -1 || fstat(*fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		if (*fd != -1)
			close(*fd);
		*fd = -1;
		return err_set(e, ENOENT, "no object of that hash in the spool and no such notice");
	}
	*size = (uint64_t)st.st_size;
	return 0;
}

/* The bytes to send: of the spool, or a notice; they must be the ones that route means. */
static int open_source(int *fd, const struct task *t, struct err *e)
{
	char hex[DIGEST_HEX];
	long long hashed = 0;
	uint64_t size = 0;

	if (spool_object(t->steps->out, t->sha256, fd, &size, e) != 0
	    && (e->code != ENOENT || open_notice(fd, &size, t, e) != 0))
		return -1;
	if (size == t->size && digest_fd_hex(*fd, hex, &hashed, e) == 0 && hashed == (long long)size
	    && strcmp(hex, t->sha256) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return err_set(e, EBADMSG, "the bytes in the spool are not the ones to be delivered");
}

static enum deliver_result upload(struct task *t, struct buf *evidence, struct err *e)
{
	bool synced = false, right = false;
	int fd, rc;

	if (open_source(&fd, t, e) != 0)
		return RESULT_SAFE_FAIL;
	rc = remove_leftovers(t, t->path, t->attempt, "", e);
	if (rc == 0)
		rc = far_put(t->far, t->path, t->temporary, fd, t->size, &synced, e);
	close(fd);
	if (rc != 0)
		return RESULT_SAFE_FAIL;
	if (right_size(&right, t->far, t->path, t->temporary, t->size, e) != 0)
		return RESULT_SAFE_FAIL;
	if (!right) {
		err_set(e, EIO, "the far side shows another size than was put");
		return RESULT_SAFE_FAIL;
	}
	put_evidence(evidence, "temporary", t->temporary, t->size, synced ? " synced=yes" : " synced=no", t->far);
	return RESULT_OK;
}

/* ---- STEP_RENAME ---- */

/* The rename was refused, or its answer was lost. */
static enum deliver_result refused_rename(struct task *t, struct err *e)
{
	enum far_found final_found, temporary_found;
	struct far_attrs attrs;

	if (e->code == EEXIST)
		return RESULT_EXISTS;
	if (far_dead(t->far) || far_stat(t->far, t->path, t->name, &final_found, &attrs, NULL) != 0
	    || far_stat(t->far, t->path, t->temporary, &temporary_found, &attrs, NULL) != 0)
		return RESULT_UNCERTAIN;
	if (final_found == FAR_THERE)
		return RESULT_EXISTS;
	return temporary_found == FAR_THERE ? RESULT_SAFE_FAIL : RESULT_UNCERTAIN;
}

static enum deliver_result rename_step(struct task *t, struct buf *evidence, struct err *e)
{
	enum far_found found;
	struct far_attrs attrs;
	bool right = false;

	if (right_size(&right, t->far, t->path, t->temporary, t->size, e) != 0)
		return RESULT_SAFE_FAIL;			/* nothing was renamed yet */
	if (!right) {
		err_set(e, ENOENT, "the temporary name is not there with its size");
		if (far_stat(t->far, t->path, t->name, &found, &attrs, NULL) != 0)
			return RESULT_UNCERTAIN;
		return found == FAR_THERE ? RESULT_EXISTS : RESULT_SAFE_FAIL;
	}
	if (far_move(t->far, t->path, t->temporary, t->path, t->name, e) != 0)
		return refused_rename(t, e);
	if (right_size(&right, t->far, t->path, t->name, t->size, e) != 0)
		return RESULT_UNCERTAIN;
	if (!right) {
		err_set(e, EIO, "after the rename the far side does not show the final name with its size");
		return RESULT_UNCERTAIN;
	}
	put_evidence(evidence, "final", t->name, t->size, "", t->far);
	return RESULT_OK;
}

/* ---- STEP_LOOK ---- */

static enum deliver_result look(struct task *t, struct buf *evidence, struct err *e)
{
	enum content final = CONTENT_ABSENT, temporary = CONTENT_ABSENT;

	if (compare(&final, t->far, t->path, t->name, t->size, t->sha256, e) != 0
	    || compare(&temporary, t->far, t->path, t->temporary, t->size, t->sha256, e) != 0)
		return RESULT_UNCERTAIN;
	if (final == CONTENT_DIFFERS) {
		err_set(e, EEXIST, "the final name holds other bytes");
		return LOOK_FINAL_DIFFERS;
	}
	if (final == CONTENT_EQUAL) {
		put_evidence(evidence, "final", t->name, t->size, " content=equal", t->far);
		if (temporary != CONTENT_ABSENT)
			far_remove(t->far, t->path, t->temporary, NULL);	/* left there it would harm nobody */
		return temporary == CONTENT_EQUAL ? LOOK_BOTH_EQUAL : LOOK_FINAL_EQUAL;
	}
	if (temporary == CONTENT_EQUAL) {
		put_evidence(evidence, "temporary", t->temporary, t->size, " content=equal", t->far);
		return LOOK_TEMPORARY_ONLY;
	}
	err_set(e, ENOENT,
		temporary == CONTENT_ABSENT ? "neither name is there"
					    : "the final name is not there, the temporary one holds other bytes");
	return LOOK_NEITHER;
}

/* ---- STEP_MANIFEST ---- */

static int put_beside(struct task *t, const char *name, const char *tail, int fd, uint64_t size, struct err *e)
{
	char temporary[SMALL_NAME];
	bool synced, right = false;

	temporary_name(temporary, t, t->attempt, tail);
	if (remove_leftovers(t, t->manifest_path, t->attempt + 1, tail, e) != 0)
		return -1;
	if (far_put(t->far, t->manifest_path, temporary, fd, size, &synced, e) != 0)
		return -1;
	if (far_move(t->far, t->manifest_path, temporary, t->manifest_path, name, e) != 0)
		return -1;
	if (right_size(&right, t->far, t->manifest_path, name, size, e) != 0)
		return -1;
	return right ? 0 : err_set(e, EIO, "the far side does not show '%s' with its size", name);
}

/* One of the two files: there and equal is done, there and other is RESULT_EXISTS. */
static enum deliver_result manifest_file(struct task *t, const char *end, const char *tail, struct buf *evidence,
					 struct err *e)
{
	char name[FAR_NAME_MAX + 32], path[FAR_PATH_MAX + FAR_NAME_MAX + 64], hex[DIGEST_HEX];
	enum deliver_result result = RESULT_SAFE_FAIL;
	enum content content;
	long long size = 0;
	int fd;

	snprintf(name, sizeof(name), "%s%s", t->manifest_name, end);
	if (snprintf(path, sizeof(path), "%s/manifests/%s", t->steps->config->home, name) >= (int)sizeof(path)) {
		err_set(e, ENAMETOOLONG, "home is too long");
		return RESULT_SAFE_FAIL;
	}
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1) {
		err_set(e, errno, "cannot open '%s': %s", path, strerror(errno));
		return RESULT_SAFE_FAIL;
	}
	if (digest_fd_hex(fd, hex, &size, e) != 0
	    || compare(&content, t->far, t->manifest_path, name, (uint64_t)size, hex, e) != 0)
		goto out;
	if (content == CONTENT_DIFFERS) {
		err_set(e, EEXIST, "'%s' is there with other bytes", name);
		result = RESULT_EXISTS;
		goto out;
	}
	if (content == CONTENT_ABSENT && put_beside(t, name, tail, fd, (uint64_t)size, e) != 0)
		goto out;
	put_evidence(evidence, "manifest", name, (uint64_t)size, "", t->far);
	result = RESULT_OK;
out:
	close(fd);
	return result;
}

static enum deliver_result manifest(struct task *t, struct buf *evidence, struct err *e)
{
	enum deliver_result result = manifest_file(t, ".manifest.json", ".json", evidence, e);

	return result == RESULT_OK ? manifest_file(t, ".manifest.p7s", ".p7s", evidence, e) : result;
}

/* ---- one job ---- */

static enum deliver_result run_step(struct task *t, struct courier_self *self, struct buf *evidence, struct err *e)
{
	static enum deliver_result (*const steps[])(struct task *, struct buf *, struct err *) = {
		[STEP_UPLOAD] = upload, [STEP_RENAME] = rename_step, [STEP_LOOK] = look, [STEP_MANIFEST] = manifest,
	};

	if (t->step < 0 || (size_t)t->step >= sizeof(steps) / sizeof(steps[0])) {
		err_set(e, EINVAL, "no such step");
		return RESULT_SAFE_FAIL;
	}
	if (courier_far(&t->far, self, t->step == STEP_LOOK, e) != 0)
		return t->step == STEP_LOOK ? RESULT_UNCERTAIN : RESULT_SAFE_FAIL;
	return steps[t->step](t, evidence, e);
}

static bool failed(enum deliver_result result)
{
	return result != RESULT_OK && result != LOOK_FINAL_EQUAL && result != LOOK_BOTH_EQUAL
	       && result != LOOK_TEMPORARY_ONLY;
}

int steps_work(struct courier_self *self, void *ctx, const struct msg *job, struct err *e)
{
	struct buf evidence = { .max = EVIDENCE_MAX }, answer = { .max = COURIER_MESSAGE },
		   text = { .max = 4 * ERR_TEXT };
	enum deliver_result result = RESULT_SAFE_FAIL;
	struct err why = { 0 };
	struct task t;
	int rc;

	if (!read_task(&t, ctx, job))
		err_set(&why, EINVAL, "a step without the parts it needs, or with a name that is none");
	else
		result = run_step(&t, self, &evidence, &why);
	wire_begin(&answer, M_DELIVER_RESULT);
	wire_num(&answer, T_JOB, t.job);
	wire_num(&answer, T_DELIVERY, t.delivery);
	wire_num(&answer, T_ATTEMPT, t.attempt);
	wire_num(&answer, T_STEP, t.step);
	wire_num(&answer, T_RESULT, result);
	wire_view(&answer, T_EVIDENCE, evidence.failed ? VIEW("") : buf_as_view(&evidence));
	escape_text(&text, view_of(failed(result) ? why.text : ""));
	wire_view(&answer, T_TEXT, buf_as_view(&text));
	rc = courier_tell(self, &answer, e);
	buf_release(&text);
	buf_release(&evidence);
	buf_release(&answer);
	return rc;
}
