/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files - what intake knows of the names in one watched directory: what a list showed, what route was told, what is in
 * work
 *
 * Nothing here waits or speaks: the role feeds lists in and asks what to say.  Time comes as a parameter.  A name that
 * is hostile is kept and told in its escaped form and never becomes a path again.
 *
 * Ownership: struct watch owns its files; pointers stay good until files_end_list().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "channels/digest.h"
#include "channels/far.h"
#include "gateway/config.h"
#include "gateway/crew.h"

#define FILES_BUCKETS 4096
#define FILE_SHOWN 240			/* a hostile name, escaped, is cut to this */
#define FILE_EVIDENCE 1024

enum file_ready { FILE_NOT_READY, FILE_READY, FILE_HOSTILE };	/* READY of M_SEEN */

enum file_work {
	WORK_NONE,
	WORK_WANTED,			/* route said GO */
	WORK_FETCHING,
	WORK_FETCHED,			/* told route, waiting for TAKEN */
	WORK_TAKEN,			/* the original is to be touched */
	WORK_TOUCHING,
};

struct fetched { char sha256[DIGEST_HEX], evidence[FILE_EVIDENCE]; uint64_t size; int64_t mtime; };

struct file {
	struct file *next;		/* in its bucket */
	struct file *next_work;		/* in the watch's list of files in work */
	char name[FILE_SHOWN + 1];
	bool hostile;
	/* listed */
	unsigned generation, marker_generation;
	bool regular, complained;
	uint64_t size;
	int64_t mtime, changed_at;
	int equal_polls;
	/* told */
	bool sent, answered;
	enum file_ready sent_ready;
	uint64_t sent_size;
	int64_t sent_at;
	/* in work */
	enum file_work work;
	int64_t parcel, retry_at, pause_ms;
	bool known;			/* fetched in this life: *fetched holds what */
	struct fetched *fetched;
	/* done with, and still there: after = keep, or another's */
	bool kept;
	uint64_t kept_size;
	int64_t kept_mtime;
};

struct watch {
	const struct inbound *in;
	const struct partner *partner;
	struct crew_member *member;
	char channel[160], done_path[FAR_PATH_MAX];
	bool claims;			/* originals are claimed by rename */
	bool claims_listed;		/* what an earlier life claimed is known */
	bool failed;			/* the last list did not come to its end */
	int64_t poll_at, news_at;		/* of the next list; route was last told of a file */
	unsigned generation, shown;	/* the list under way or done last; the last one that came to its end */
	struct file **buckets, *work;
	size_t n;
};

int files_open(struct watch *, const struct partner *, const struct inbound *, struct crew_member *, struct err *);
void files_release(struct watch *);

struct file *files_find(struct watch *, struct view name, bool hostile);
int files_take(struct file **out, struct watch *, struct view name, bool hostile, struct err *);
	/* finds or makes */

void files_begin_list(struct watch *);
int files_listed(struct watch *, struct view raw_name, uint64_t size, int64_t mtime, bool regular, int64_t now_ms,
		 struct err *);
void files_end_list(struct watch *);		/* forgets what is gone and not in work */

bool files_present(const struct watch *, const struct file *);
enum file_ready files_ready(const struct watch *, const struct file *, int64_t now_ms);
bool files_has_news(const struct watch *, const struct file *, enum file_ready);
	/* (size, ready) differ from what was told */

int files_work(struct watch *, struct file *, enum file_work, int64_t parcel, struct err *);
	/* into the list, or out of it (WORK_NONE) */
