/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice - see notice.h
 *
 * {home}/reports/notices/NAME is written as .NAME.new, fsynced and renamed over what an earlier try left; only after its hash is known at
 * route does anybody deliver it, and then it is asked for no more.  Failure: the temporary name is left for the next try.
 */
#include "gateway/roles/report/notice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/proto.h"
#include "gateway/report_page.h"

#define CHUNK ((size_t)256 << 10)

void notice_forget(struct notice_paper *p)
{
	if (p->dir > 0)
		close(p->dir);
	if (p->fd > 0)
		close(p->fd);
	digest_free(p->digest);
	buf_release(&p->csv);
	*p = (struct notice_paper){ .job = 0 };
}

static const struct report_section *section_of(const char *kind)
{
	for (size_t i = 0; notice_sections[i].verb != NULL; i++)
		if (strcmp(notice_sections[i].csv, kind) == 0)
			return &notice_sections[i];
	return NULL;
}

static bool good_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")] == '\0';
}

static void temporary(const struct notice_paper *p, char out[100])
{
	snprintf(out, 100, ".%s.new", p->name);
}

static int open_file(struct notice_paper *p, int reports, struct err *err)
{
	char name[100];

	temporary(p, name);
	p->dir = openat(reports, "notices", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	p->fd = p->dir == -1 ? -1 : openat(p->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (p->fd == -1)
		return err_set(err, errno, "cannot create '%s': %s", name, strerror(errno));
	return digest_open(&p->digest, err);
}

bool notice_begin(struct notice_paper *p, int reports, const struct msg *m, struct err *err)
{
	char kind[16];

	notice_forget(p);
	if (!msg_cstr(m, T_VERB, kind, sizeof(kind)) || !msg_cstr(m, T_NAME, p->name, sizeof(p->name)) || !msg_cstr(m, T_ARG, p->id, sizeof(p->id)) || !good_name(p->name))
		return err_set(err, EINVAL, "a notice without its parts, or with a name that is none"), false;
	p->section = section_of(kind);
	if (p->section == NULL)
		return err_set(err, EINVAL, "there is no notice of kind '%s'", kind), false;
	if (open_file(p, reports, err) != 0) {
		notice_forget(p);
		return false;
	}
	p->job = msg_num_or(m, T_JOB, 0);
	report_csv_head(&p->csv, p->section);
	return true;
}

void notice_ask(const struct notice_paper *p, int64_t uid, struct buf *message)
{
	char arg[40];

	snprintf(arg, sizeof(arg), "id=%s", p->id);
	wire_begin(message, M_COMMAND);
	wire_num(message, T_JOB, p->question);
	wire_text(message, T_VERB, p->section->verb);
	wire_text(message, T_ARG, arg);
	wire_num(message, T_UID, uid);
	wire_num(message, T_CURSOR, p->cursor);
}

static int flush(struct notice_paper *p, struct err *err)
{
	struct view v = buf_as_view(&p->csv);

	if (p->csv.failed)
		return err_set(err, ENOMEM, "no memory for '%s'", p->name);
	digest_update(p->digest, v);
	p->size += (int64_t)v.n;
	while (v.n > 0) {
		ssize_t n = write(p->fd, v.p, v.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, errno, "cannot write '%s': %s", p->name, strerror(errno));
		v = view_sub(v, (size_t)n, v.n);
	}
	buf_clear(&p->csv);
	return 0;
}

static int publish(struct notice_paper *p, char sha256[DIGEST_HEX], struct err *err)
{
	char name[100];

	temporary(p, name);
	if (flush(p, err) != 0)
		return -1;
	if (fchmod(p->fd, 0640) != 0 || fsync(p->fd) != 0 || renameat(p->dir, name, p->dir, p->name) != 0 || fsync(p->dir) != 0)
		return err_set(err, errno, "cannot publish '%s': %s", p->name, strerror(errno));
	digest_final_hex(p->digest, sha256);
	p->digest = NULL;
	return 1;
}

int notice_page(struct notice_paper *p, const struct doc_value *rows, int64_t next, char sha256[DIGEST_HEX], struct err *err)
{
	for (size_t i = 0; i < doc_count(rows); i++)
		report_csv_row(&p->csv, p->section, doc_item(rows, i));
	if (next <= 0)
		return publish(p, sha256, err);
	p->cursor = next;
	return p->csv.n < CHUNK ? 0 : flush(p, err);
}
