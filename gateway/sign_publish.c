/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_publish - see sign_publish.h
 *
 * What lies under a name already is compared by its bytes: the manifest is canonical, so its artifact member and its
 * stable part can be found without reading JSON (manifest.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channels/digest.h"
#include "formats/core/manifest.h"
#include "gateway/sign_publish.h"

#define TMP_TEXT ".new.manifest.json"
#define TMP_SEAL ".new.manifest.p7s"
#define PATH_CAP (SIGN_NAME + 20)

/* ---- files ---- */

/* 1 = read, 0 = not there, -1. */
static int read_file(struct buf *out, int dirfd, const char *name, struct err *e)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc = -1;

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return err_set(e, errno, "cannot open 'manifests/%s': %s", name, strerror(errno));
	for (;;) {
		char *room = buf_reserve(out, 65536);
		ssize_t n = room == NULL ? -1 : read(fd, room, 65536);

		if (n == -1 && room != NULL && errno == EINTR)
			continue;
		if (n == -1) {
			err_set(e, errno, "cannot read 'manifests/%s': %s", name, room == NULL ? "too long"
				: strerror(errno));
			break;
		}
		if (n == 0) {
			rc = 1;
			break;
		}
		out->n += (size_t)n;
	}
	close(fd);
	return rc;
}

static int write_file(int dirfd, const char *name, struct view v, struct err *e)
{
	int fd, rc = -1;

	unlinkat(dirfd, name, 0);
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd == -1)
		return err_set(e, errno, "cannot create 'manifests/%s': %s", name, strerror(errno));
	while (v.n > 0) {
		ssize_t n = write(fd, v.p, v.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		v = view_sub(v, (size_t)n, v.n);
	}
	if (v.n > 0 || fsync(fd) == -1)
		err_set(e, errno, "cannot write 'manifests/%s': %s", name, strerror(errno));
	else
		rc = 0;
	close(fd);
	if (rc != 0)
		unlinkat(dirfd, name, 0);
	return rc;
}

int publish_prepare(int dirfd, struct err *e)
{
	static const char *const names[] = { TMP_TEXT, TMP_SEAL };

	for (size_t i = 0; i < 2; i++)
		if (unlinkat(dirfd, names[i], 0) == -1 && errno != ENOENT)
			return err_set(e, errno, "cannot sweep 'manifests/%s': %s", names[i], strerror(errno));
	return 0;
}

static void name_of(char out[PATH_CAP], const struct sign_request *r, const char *ending)
{
	snprintf(out, PATH_CAP, "%s.manifest.%s", r->name, ending);
}

/* ---- the manifest's text ---- */

struct lists {
	struct manifest_batch *batches;
	struct manifest_source *sources;
	struct manifest_approval *approvals;
	char (*days)[DATE_TEXT];
};

static void lists_release(struct lists *l)
{
	free(l->batches);
	free(l->sources);
	free(l->approvals);
	free(l->days);
}

__attribute__((noinline))		/* gcc 12 sees an overread that is not there once this is inlined */
static void put_approval(struct manifest_approval *a, const struct statement *s)
{
	a->operator_name = view_of(s->operator_name);
	a->act = view_of(s->act);
	a->object = view_of(s->object);
	a->sha256 = view_of(s->sha256);
	a->reason = view_of(s->reason);
	a->time = view_of(s->time);
	a->nonce = view_of(s->nonce);
	a->signature = view_of(s->signature);
	a->run = view_of(s->run);
	a->run_nonce = view_of(s->run_nonce);
	a->run_list = s->run_list;
}

static bool lists_fill(struct lists *l, const struct sign_request *r)
{
	if (r->n_batches > MANIFEST_ROWS || r->n_sources > MANIFEST_ROWS || r->n_statements > MANIFEST_ROWS)
		return false;
	l->batches = calloc(r->n_batches + 1, sizeof(*l->batches));
	l->sources = calloc(r->n_sources + 1, sizeof(*l->sources));
	l->approvals = calloc(r->n_statements + 1, sizeof(*l->approvals));
	l->days = calloc(r->n_batches + 1, sizeof(*l->days));
	if (l->batches == NULL || l->sources == NULL || l->approvals == NULL || l->days == NULL)
		return false;
	for (size_t i = 0; i < r->n_batches; i++) {
		const struct sign_batch *b = &r->batches[i];

		l->batches[i] = (struct manifest_batch){ view_of(b->id), view_of(date_print(b->effective, l->days[i])),
			view_of(b->items_sha256), b->count, b->debit, b->credit };
	}
	for (size_t i = 0; i < r->n_sources; i++)
		l->sources[i] = (struct manifest_source){ view_of(r->sources[i].sha256), r->sources[i].first,
			r->sources[i].first + r->sources[i].count - 1 };
	for (size_t i = 0; i < r->n_statements; i++)
		put_approval(&l->approvals[i], &r->statements[i]);
	return true;
}

static struct manifest manifest_of(const struct publish *p, const struct sign_request *r, const struct lists *l)
{
	return (struct manifest){
		.name = view_of(r->name), .sha256 = view_of(r->sha256), .size = r->size, .partner = view_of(r->partner),
		.outbound = view_of(r->outbound), .business_key = view_of(r->business_key),
		.format = view_of(r->format),
		.version = view_of(r->version), .currency = view_of(r->ccy), .count = r->count, .debit_minor = r->debit,
		.credit_minor = r->credit, .entry_hash = r->hash, .batches = l->batches, .n_batches = r->n_batches,
		.sources = l->sources, .n_sources = r->n_sources, .approvals = l->approvals,
		.n_approvals = r->n_statements,
		.rules_sha256 = view_of(r->rules_sha256), .configuration_sha256 = view_of(r->config_sha256),
		.previous = view_of(r->previous), .audit_size = r->audit_size, .audit_root = view_of(r->audit_root),
		.signer = view_of(seal_signer_name(p->signer)), .time = view_of(r->time), .demo = p->demo || r->demo,
	};
}

/* ---- what is there already ---- */

static bool holds(const struct buf *whole, struct view part)
{
	return whole->n > 0 && part.n > 0 && memmem(whole->p, whole->n, part.p, part.n) != NULL;
}

static int there(struct buf *old, bool *mine, const struct publish *p, const struct sign_request *r, struct err *e)
{
	struct manifest m = { .name = view_of(r->name), .sha256 = view_of(r->sha256), .size = r->size };
	struct buf member = { .max = MANIFEST_MAX };
	char name[PATH_CAP];
	int found;

	name_of(name, r, "json");
	found = read_file(old, p->dirfd, name, e);
	*mine = found == 1 && manifest_artifact(&m, &member) && holds(old, buf_as_view(&member));
	buf_release(&member);
	return found;
}

int publish_taken(const struct publish *p, const struct sign_request *r, bool *taken, struct err *e)
{
	struct buf old = { .max = 2 * MANIFEST_MAX };
	bool mine;
	int found = there(&old, &mine, p, r, e);

	*taken = found == 1 && !mine;
	buf_release(&old);
	return found == -1 ? -1 : 0;
}

/* The facts are equal and the signature is beside it: nothing to do. */
static int still_good(bool *good, const struct publish *p, const struct sign_request *r, const struct buf *old,
	const struct buf *text, struct err *e)
{
	struct buf seal = { .max = MANIFEST_MAX };
	struct view then, now;
	char name[PATH_CAP];
	int found;

	*good = false;
	if (!manifest_stable(buf_as_view(old), &then) || !manifest_stable(buf_as_view(text), &now) ||
	    !view_eq(then, now))
		return 0;
	name_of(name, r, "p7s");
	found = read_file(&seal, p->dirfd, name, e);
	*good = found == 1 && seal.n > 0;
	buf_release(&seal);
	return found == -1 ? -1 : 0;
}

static int write_both(const struct publish *p, const struct sign_request *r, const struct buf *text, struct err *e)
{
	struct buf der = { .max = MANIFEST_MAX };
	char json[PATH_CAP], p7s[PATH_CAP];
	int rc = -1;

	name_of(json, r, "json");
	name_of(p7s, r, "p7s");
	if (seal_sign_cms(p->signer, buf_as_view(text), &der, e) == -1 ||
	    write_file(p->dirfd, TMP_TEXT, buf_as_view(text), e) == -1 ||
	    write_file(p->dirfd, TMP_SEAL, buf_as_view(&der), e) == -1)
		goto out;
	if (renameat(p->dirfd, TMP_SEAL, p->dirfd, p7s) == -1 || renameat(p->dirfd, TMP_TEXT, p->dirfd, json) == -1 ||
	    fsync(p->dirfd) == -1) {
		err_set(e, errno, "cannot publish 'manifests/%s': %s", json, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	buf_release(&der);
	return rc;
}

int publish_manifest(enum publish_result *result, char sha256[65], const struct publish *p,
	const struct sign_request *r, struct err *e)
{
	struct buf text = { .max = MANIFEST_MAX }, old = { .max = 2 * MANIFEST_MAX };
	struct lists lists = { NULL, NULL, NULL, NULL };
	struct manifest m;
	bool mine = false, good = false;
	int found, rc = -1;

	if (!lists_fill(&lists, r)) {
		err_set(e, ENOMEM, "cannot write a manifest: out of memory");
		goto out;
	}
	m = manifest_of(p, r, &lists);
	*result = PUBLISH_MALFORMED;
	if (!manifest_text(&m, &text)) {
		rc = 0;
		goto out;
	}
	found = there(&old, &mine, p, r, e);
	if (found == -1)
		goto out;
	*result = PUBLISH_NAME_TAKEN;
	if (found == 1 && !mine) {
		rc = 0;
		goto out;
	}
	if (found == 1 && still_good(&good, p, r, &old, &text, e) == -1)
		goto out;
	*result = PUBLISHED;
	rc = good ? 0 : write_both(p, r, &text, e);
	digest_hex(buf_as_view(good ? &old : &text), sha256);
out:
	lists_release(&lists);
	buf_release(&text);
	buf_release(&old);
	return rc;
}
