/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv - a CSV file being written: quoted where needed, flushed in large pieces, renamed when it is whole
 */
#pragma once

#include "gateway/cli/reconcile/reconcile.h"
#include "gateway/cli/reconcile/xlsx.h"
#include "gateway/recon_words.h"

#define CSV_DAYS 64u

struct csv_day { date_t date; uint8_t n; char text[DATE_TEXT]; };
struct csv_out { struct buf b; int fd, dir; char name[64]; bool some, failed; struct xlsx_sheet *sheet; struct csv_day days[CSV_DAYS]; };	/* sheet: every cell goes there too; or NULL */

/* fd -1: rows stay in `b`. */
int write_whole(int fd, const char *p, size_t n, off_t at);	/* every byte, at < 0: where the file stands; 0, or -1 and errno */

int csv_begin(struct csv_out *, const char *dir, const char *name, const char *heads, struct err *);	/* marks as in xlsx.h are left out */
void csv_text(struct csv_out *, struct view);		/* one field; a formula's first byte gets an apostrophe */
void csv_word(struct csv_out *, const char *);		/* needs no quotes */
void csv_int(struct csv_out *, int64_t);
void csv_money(struct csv_out *, int64_t minor, int digits);
void csv_date(struct csv_out *, date_t);
void csv_row(struct csv_out *);				/* ends the row */
void csv_flush(struct csv_out *);
int csv_finish(struct csv_out *, struct err *);		/* flush, rename; 0 or -1 */

void put_bank_id(struct buf *, const struct rc *, const struct recon_row *);
void put_id(struct buf *, const struct rc *, const struct recon_row *, bool bank);
