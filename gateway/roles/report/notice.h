/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice - one receipt, reject file or status file being written: rows come page by page, the file stands when all are there
 */
#pragma once

#include "channels/digest.h"
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "formats/core/wire.h"
#include "gateway/doc.h"

struct report_section;

struct notice_paper {
	int64_t job;				/* route's; 0 = idle */
	int64_t question, cursor;
	char name[80], id[24];
	const struct report_section *section;
	int dir, fd;				/* reports/notices; the file under its temporary name */
	struct buf csv;
	struct digest *digest;
	int64_t size;
};

/* true: its first page is to be asked (notice_ask); false: not a notice that can be written, and it is forgotten. */
bool notice_begin(struct notice_paper *, int reports, const struct msg *, struct err *);
void notice_ask(const struct notice_paper *, int64_t uid, struct buf *message);
/* 1: all rows are there, the file has its name and `sha256` is set; 0: ask for the next page; -1. */
int notice_page(struct notice_paper *, const struct doc_value *rows, int64_t next, char sha256[DIGEST_HEX], struct err *);
void notice_forget(struct notice_paper *);
