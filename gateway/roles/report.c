/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report - writes reports: asks route page by page, publishes a whole directory at once
 *
 * {home}/reports/NAME-DATE/ holds report.html and the CSV of each section.  It is written beside (.NAME-DATE.new), every file fsynced,
 * and takes the old one's place by an exchange, so a reader sees the old report or the new one and never half.
 * Notices to feeds (report/notice.c) are single files in reports/notices; one thing is written at a time, a report or a notice.
 * Failure: what was begun is left for the next try; route asks again when it hears nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/core/date.h"
#include "formats/core/wire.h"
#include "gateway/doc.h"
#include "gateway/log.h"
#include "gateway/proto.h"
#include "gateway/report_page.h"
#include "gateway/role.h"
#include "gateway/roles/report/notice.h"

#define HELLO_MS 1000
#define CSV_CHUNK ((size_t)256 << 10)

struct writing {
	int64_t job;				/* route's; 0 = idle */
	int64_t question, cursor;
	char name[64], date[DATE_TEXT], fresh[200], final[200];
	size_t section;
	int fd;					/* the section's CSV */
	struct buf csv;
	struct report_html html[REPORT_SECTIONS];
};

struct reporter {
	struct role_env *env;
	struct bus *bus;
	struct bus_socket *route;
	struct writing w;
	struct notice_paper notice;
	int dir;
	int64_t hello_ms, questions, uid;
};

static void send_route(struct reporter *r, struct buf *m)
{
	enum bus_sent sent;
	struct err err;

	bus_send(&sent, r->route, NULL, buf_as_view(m), &err);
	buf_release(m);
}

static void forget(struct writing *w)
{
	if (w->fd != -1)
		close(w->fd);
	buf_release(&w->csv);
	for (size_t i = 0; i < REPORT_SECTIONS; i++)
		report_html_release(&w->html[i]);
	*w = (struct writing){ .fd = -1 };
}

static void ask_page(struct reporter *r)
{
	struct buf m = { 0 };

	r->w.question = ++r->questions;
	wire_begin(&m, M_COMMAND);
	wire_num(&m, T_JOB, r->w.question);
	wire_text(&m, T_VERB, report_sections[r->w.section].verb);
	wire_num(&m, T_UID, r->uid);
	wire_num(&m, T_CURSOR, r->w.cursor);
	send_route(r, &m);
}

static int put_all(int fd, struct view v, struct err *err)
{
	while (v.n > 0) {
		ssize_t n = write(fd, v.p, v.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, errno, "cannot write the report: %s", strerror(errno));
		v.p += n;
		v.n -= (size_t)n;
	}
	return 0;
}

static int open_file(struct reporter *r, const char *name, struct err *err)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", r->w.fresh, name);
	r->w.fd = openat(r->dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	return r->w.fd == -1 ? err_set(err, errno, "cannot create '%s': %s", path, strerror(errno)) : 0;
}

static int close_file(struct reporter *r, struct err *err)
{
	int rc = fsync(r->w.fd);

	close(r->w.fd);
	r->w.fd = -1;
	return rc == 0 ? 0 : err_set(err, errno, "cannot write the report to disk: %s", strerror(errno));
}

static int flush_csv(struct reporter *r, bool all, struct err *err)
{
	if (r->w.csv.n < CSV_CHUNK && !all)
		return 0;
	if (r->w.csv.failed || put_all(r->w.fd, buf_as_view(&r->w.csv), err) != 0)
		return r->w.csv.failed ? err_set(err, ENOMEM, "no memory for the report") : -1;
	buf_clear(&r->w.csv);
	return 0;
}

static int begin_section(struct reporter *r, struct err *err)
{
	const struct report_section *s = &report_sections[r->w.section];

	if (open_file(r, s->csv, err) != 0)
		return -1;
	report_csv_head(&r->w.csv, s);
	r->w.cursor = 0;
	ask_page(r);
	return 0;
}

static int sync_fresh(struct reporter *r, struct err *err)
{
	int fd = openat(r->dir, r->w.fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int rc = fd == -1 || fsync(fd) != 0 ? err_set(err, errno, "cannot write '%s' to disk: %s", r->w.fresh, strerror(errno)) : 0;

	if (fd != -1)
		close(fd);
	return rc;
}

/* What the exchange left under the temporary name is the report before; a leftover is harmless, so nothing is said. */
static void sweep_old(struct reporter *r)
{
	char path[300];

	for (size_t i = 0; report_sections[i].verb != NULL; i++) {
		snprintf(path, sizeof(path), "%s/%s", r->w.fresh, report_sections[i].csv);
		unlinkat(r->dir, path, 0);
	}
	snprintf(path, sizeof(path), "%s/report.html", r->w.fresh);
	unlinkat(r->dir, path, 0);
	unlinkat(r->dir, r->w.fresh, AT_REMOVEDIR);
}

static int publish(struct reporter *r, struct err *err)
{
	struct buf page = { 0 };
	int rc = -1;

	report_page(&page, r->w.name, r->w.date, r->w.html);
	if (page.failed) {
		err_set(err, ENOMEM, "the report's page is too large");
		goto out;
	}
	if (open_file(r, "report.html", err) != 0 || put_all(r->w.fd, buf_as_view(&page), err) != 0 || close_file(r, err) != 0 || sync_fresh(r, err) != 0)
		goto out;
	if (renameat2(r->dir, r->w.fresh, r->dir, r->w.final, RENAME_EXCHANGE) != 0
	    && (errno != ENOENT || renameat2(r->dir, r->w.fresh, r->dir, r->w.final, RENAME_NOREPLACE) != 0)) {
		err_set(err, errno, "cannot publish '%s': %s", r->w.final, strerror(errno));
		goto out;
	}
	fsync(r->dir);
	sweep_old(r);
	rc = 0;
out:
	buf_release(&page);
	return rc;
}

static int finish(struct reporter *r, struct err *err)
{
	struct buf m = { 0 };

	if (publish(r, err) != 0)
		return -1;
	wire_begin(&m, M_REPORTED);
	wire_num(&m, T_JOB, r->w.job);
	wire_text(&m, T_NAME, r->w.final);
	send_route(r, &m);
	log_step(LOG_NOTICE, "report.written", "name", r->w.final, NULL);
	forget(&r->w);
	return 0;
}

static bool good_name(const char *name)
{
	return *name != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static int on_report(struct reporter *r, const struct msg *m, struct err *err)
{
	int64_t day = msg_num_or(m, T_DATE, DATE_NONE);

	forget(&r->w);
	r->w.job = msg_num_or(m, T_JOB, 0);
	if (!msg_cstr(m, T_NAME, r->w.name, sizeof(r->w.name)) || !good_name(r->w.name) || day < 0 || day > 4000000) {
		r->w.job = 0;
		return 0;
	}
	date_print((date_t)day, r->w.date);
	snprintf(r->w.final, sizeof(r->w.final), "%s-%s", r->w.name, r->w.date);
	snprintf(r->w.fresh, sizeof(r->w.fresh), ".%s-%s.new", r->w.name, r->w.date);
	if (mkdirat(r->dir, r->w.fresh, 0755) != 0 && errno != EEXIST)
		return err_set(err, errno, "cannot create '%s': %s", r->w.fresh, strerror(errno));
	return begin_section(r, err);
}

static int on_rows(struct reporter *r, const struct doc_value *rows, int64_t next, struct err *err)
{
	const struct report_section *s = &report_sections[r->w.section];

	for (size_t i = 0; i < doc_count(rows); i++) {
		report_csv_row(&r->w.csv, s, doc_item(rows, i));
		report_html_row(&r->w.html[r->w.section], s, doc_item(rows, i));
	}
	if (flush_csv(r, next == 0, err) != 0)
		return -1;
	if (next > 0) {
		r->w.cursor = next;
		ask_page(r);
		return 0;
	}
	if (close_file(r, err) != 0)
		return -1;
	if (report_sections[++r->w.section].verb == NULL)
		return finish(r, err);
	return begin_section(r, err);
}

static int on_answer(struct reporter *r, const struct msg *m, struct err *err)
{
	struct doc *doc = NULL;
	int rc;

	if (r->w.job == 0 || msg_num_or(m, T_JOB, -1) != r->w.question)
		return 0;
	if (doc_read(&doc, msg_text(m, T_JSON), err) != 0)
		return -1;
	if (msg_num_or(m, T_STATUS, 1) != 0) {
		err_set(err, -1, "route refuses '%s'", report_sections[r->w.section].verb);
		rc = -1;
	} else {
		rc = on_rows(r, doc_member(doc_root(doc), "rows"), msg_num_or(m, T_CURSOR, 0), err);
	}
	doc_free(doc);
	return rc;
}

static void ask_notice(struct reporter *r)
{
	struct buf m = { 0 };

	r->notice.question = ++r->questions;
	notice_ask(&r->notice, r->uid, &m);
	send_route(r, &m);
}

static int on_notice(struct reporter *r, const struct msg *m, struct err *err)
{
	if (!notice_begin(&r->notice, r->dir, m, err))
		return -1;
	ask_notice(r);
	return 0;
}

static void told(struct reporter *r, const char *sha256)
{
	struct buf m = { 0 };

	wire_begin(&m, M_REPORTED);
	wire_num(&m, T_JOB, r->notice.job);
	wire_text(&m, T_NAME, r->notice.name);
	wire_text(&m, T_SHA256, sha256);
	wire_num(&m, T_SIZE, r->notice.size);
	send_route(r, &m);
	log_step(LOG_INFO, "notice.written", "name", r->notice.name, NULL);
	notice_forget(&r->notice);
}

/* Others of route's notices are not held up by one that cannot be written. */
static void not_told(struct reporter *r, int64_t job, const char *why)
{
	struct buf m = { 0 };

	wire_begin(&m, M_JOB_FAILED);
	wire_num(&m, T_JOB, job);
	wire_text(&m, T_TEXT, why);
	send_route(r, &m);
}

static int on_notice_rows(struct reporter *r, const struct msg *m, struct err *err)
{
	char sha256[DIGEST_HEX];
	struct doc *doc = NULL;
	int rc;

	if (doc_read(&doc, msg_text(m, T_JSON), err) != 0)
		return -1;
	rc = msg_num_or(m, T_STATUS, 1) != 0 ? err_set(err, -1, "route refuses the rows of '%s'", r->notice.name)
		: notice_page(&r->notice, doc_member(doc_root(doc), "rows"), msg_num_or(m, T_CURSOR, 0), sha256, err);
	doc_free(doc);
	if (rc == 1)
		told(r, sha256);
	else if (rc == 0)
		ask_notice(r);
	return rc < 0 ? -1 : 0;
}

static int take_messages(struct reporter *r, struct err *err)
{
	static struct msg m;
	struct err why = { 0 };
	char peer[BUS_PEER];
	struct view bytes;
	int got, rc = 0;

	while ((got = bus_recv(r->route, peer, &bytes, err)) == 1) {
		if (!msg_parse(&m, bytes))
			continue;
		if (m.type == M_REPORT)
			rc = on_report(r, &m, &why);
		else if (m.type == M_NOTICE)
			rc = on_notice(r, &m, &why);
		else if (m.type == M_ANSWER && r->notice.job != 0 && msg_num_or(&m, T_JOB, -1) == r->notice.question)
			rc = on_notice_rows(r, &m, &why);
		else if (m.type == M_ANSWER)
			rc = on_answer(r, &m, &why);
		if (rc != 0) {
			log_step(LOG_ERR, "report.failed", "why", why.text, NULL);
			if (m.type == M_NOTICE || r->notice.job != 0)
				not_told(r, m.type == M_NOTICE ? msg_num_or(&m, T_JOB, 0) : r->notice.job, why.text);
			forget(&r->w);
			notice_forget(&r->notice);
			rc = 0;
		}
	}
	return got;
}

static void hello(struct reporter *r)
{
	struct buf m = { 0 };

	if (role_monotonic_ms() < r->hello_ms)
		return;
	r->hello_ms = role_monotonic_ms() + HELLO_MS;
	wire_begin(&m, M_HELLO);
	wire_text(&m, T_ROLE, r->env->identity);
	wire_num(&m, T_EPOCH, (int64_t)role_epoch());
	send_route(r, &m);
}

static int turn(struct reporter *r, struct err *err)
{
	struct bus_wait wait[2] = { { .fd = r->env->stop_fd }, { .socket = r->route, .fd = -1 } };

	for (;;) {
		hello(r);
		if (bus_poll(r->bus, wait, 2, 200, err) < 0)
			return -1;
		if (wait[0].readable)
			return 0;
		if (take_messages(r, err) < 0)
			return -1;
	}
}

int role_report(struct role_env *env, struct err *err)
{
	struct reporter r = { .env = env, .w.fd = -1, .uid = (int64_t)getuid() };
	char path[500];
	int rc = -1;

	snprintf(path, sizeof(path), "%s/reports", env->config->home);
	r.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.dir == -1)
		return err_set(err, errno, "cannot open '%s': %s", path, strerror(errno));
	if (bus_open(&r.bus, err) != 0 || role_bus_connect(&r.route, r.bus, env, "route-report", err) != 0 || role_ready(env, err) != 0)
		goto out;
	rc = turn(&r, err);
out:
	forget(&r.w);
	notice_forget(&r.notice);
	close(r.dir);
	bus_socket_free(r.route);
	bus_free(r.bus);
	return rc;
}
