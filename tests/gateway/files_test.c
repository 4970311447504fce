/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files_test - when a name in a watched directory is ready, when it is news, and when it is forgotten
 *
 * Lists are fed by hand and time is a number, so every order of events can be had.
 */
#include "gateway/roles/intake/files.h"
#include "tests/lib/tap.h"

static struct partner partner = { .name = (char *)"feed", .kind = CHANNEL_DIR };

static struct inbound inbound(enum ready_how ready)
{
	static char name[] = "in", path[] = "/srv/in", none[] = "";

	return (struct inbound){ .name = name, .path = path, .pattern = none, .ready = ready, .stable_polls = 3, .min_age_ms = 500,
				 .after = AFTER_MOVE, .done_path = none };
}

struct shown { const char *name; uint64_t size; int64_t mtime; };

static void list(struct watch *w, int64_t now, const struct shown *rows, size_t n)
{
	struct err e = { 0 };

	files_begin_list(w);
	for (size_t i = 0; i < n; i++)
		if (files_listed(w, view_of(rows[i].name), rows[i].size, rows[i].mtime, true, now, &e) != 0)
			abort();
	files_end_list(w);
}

#define LIST(w, now, ...) list(w, now, (struct shown[]){ __VA_ARGS__ }, sizeof((struct shown[]){ __VA_ARGS__ }) / sizeof(struct shown))

static struct file *file(struct watch *w, const char *name)
{
	return files_find(w, view_of(name), false);
}

static void tell(struct file *f, enum file_ready ready)
{
	f->sent = true;
	f->sent_size = f->size;
	f->sent_ready = ready;
}

static void test_stable(void)
{
	struct inbound in = inbound(READY_STABLE);
	struct watch w;

	files_open(&w, &partner, &in, NULL, NULL);
	LIST(&w, 0, { "a", 5, 1 });
	ok(files_ready(&w, file(&w, "a"), 0) == FILE_NOT_READY, "a file seen once is not ready");
	LIST(&w, 100, { "a", 5, 1 });
	LIST(&w, 200, { "a", 5, 1 });
	ok(files_ready(&w, file(&w, "a"), 200) == FILE_NOT_READY, "three equal lists without the least age are not enough");
	ok(files_ready(&w, file(&w, "a"), 500) == FILE_READY, "with the least age they are");
	LIST(&w, 600, { "a", 6, 2 });
	ok(files_ready(&w, file(&w, "a"), 2000) == FILE_NOT_READY, "a change begins the count anew");
	LIST(&w, 700, { "a", 6, 2 });
	LIST(&w, 800, { "b", 1, 1 });
	ok(file(&w, "a") == NULL, "a name that is gone is forgotten");
	LIST(&w, 900, { "a", 6, 2 });
	ok(files_ready(&w, file(&w, "a"), 5000) == FILE_NOT_READY, "and starts at one when it comes back");
	files_release(&w);
}

static void test_marker(void)
{
	struct inbound in = inbound(READY_MARKER);
	struct watch w;

	files_open(&w, &partner, &in, NULL, NULL);
	LIST(&w, 0, { "a", 5, 1 });
	ok(files_ready(&w, file(&w, "a"), 0) == FILE_NOT_READY, "without its marker a file is not ready");
	LIST(&w, 1, { "a", 5, 1 }, { "a.done", 0, 1 });
	ok(files_ready(&w, file(&w, "a"), 1) == FILE_READY, "with NAME.done it is");
	ok(file(&w, "a.done") == NULL, "the marker is no file of its own");
	LIST(&w, 2, { "b.done", 0, 1 });
	ok(file(&w, "b") != NULL && !files_present(&w, file(&w, "b")), "a marker without its file makes no file present");
	files_release(&w);
}

static void test_news(void)
{
	struct inbound in = inbound(READY_RENAME);
	struct err e = { 0 };
	struct watch w;
	struct file *f;

	files_open(&w, &partner, &in, NULL, NULL);
	LIST(&w, 0, { "a", 5, 1 }, { ".b", 1, 1 }, { "c.tmp", 1, 1 });
	f = file(&w, "a");
	ok(file(&w, ".b") == NULL && file(&w, "c.tmp") == NULL && w.n == 1, "temporary names are no files");
	ok(files_has_news(&w, f, FILE_READY), "a new name is news");
	tell(f, FILE_READY);
	LIST(&w, 1, { "a", 5, 1 });
	ok(!files_has_news(&w, f, FILE_READY), "it is told once");
	ok(files_has_news(&w, f, FILE_NOT_READY), "a change of readiness is news");
	LIST(&w, 2, { "a", 6, 2 });
	ok(files_has_news(&w, f, FILE_READY), "a change of size is news");
	files_begin_list(&w);
	ok(files_present(&w, f), "while a list is under way the last one still counts");
	files_end_list(&w);
	LIST(&w, 3, { "a", 6, 2 });
	f = file(&w, "a");
	ok(files_work(&w, f, WORK_WANTED, 7, &e) == 0 && w.work == f && !files_has_news(&w, f, FILE_READY), "a file in work is no news");
	LIST(&w, 4, { "z", 1, 1 });
	ok(file(&w, "a") == f && !files_present(&w, f), "a file in work is not forgotten when its name is gone");
	LIST(&w, 5, { "a", 9, 9 });
	files_work(&w, f, WORK_NONE, 0, &e);
	ok(w.work == NULL && files_has_news(&w, f, FILE_READY), "what stands under its name when the work is done is news");
	f->kept = true;
	f->kept_size = 9;
	f->kept_mtime = 9;
	ok(!files_has_news(&w, f, FILE_READY), "a kept original is no news");
	LIST(&w, 6, { "a", 9, 10 });
	ok(files_has_news(&w, f, FILE_READY), "until its time changes");
	files_release(&w);
}

static void test_hostile(void)
{
	struct inbound in = inbound(READY_RENAME);
	struct watch w;
	struct file *f;

	files_open(&w, &partner, &in, NULL, NULL);
	LIST(&w, 0, { "bad\nname", 5, 1 }, { "bad\\x0aname", 5, 1 });
	is_int(w.n, 2, "a hostile name and a plain one that looks like its escape are two");
	f = files_find(&w, VIEW("bad\\x0aname"), true);
	ok(f != NULL && f->hostile && files_ready(&w, f, 0) == FILE_HOSTILE, "the hostile one is known by its escaped form");
	ok(file(&w, "bad\\x0aname") != f && !file(&w, "bad\\x0aname")->hostile, "and is not found as the plain one");
	files_release(&w);
}

int main(void)
{
	test_stable();
	test_marker();
	test_news();
	test_hostile();
	return done_testing();
}
