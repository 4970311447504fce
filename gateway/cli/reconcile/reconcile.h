/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile - what the parts of `tallygate reconcile` give each other
 *
 * command.c reads the options and goes through the steps; read.c reads files by caged children into rows
 * (row.c); statement.c says which statements count, set.c sorts rows into partitions,
 * prior.c carries an earlier run forward, decided.c what people decided about it; decide.c runs the engine (rules/recon.h);
 * proof.c adds up statements; write.c (by sheet.c), stats.c and html.c write.
 */
#pragma once

#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "rules/calendar.h"
#include "gateway/config.h"
#include "gateway/match_rules.h"
#include "rules/recon.h"

#define RC_THREADS 64
#define RC_CALENDARS 3
#define RC_MARK "complete.csv"		/* written last: the other files of the result and their sizes */
#define RC_WORKBOOK "report.xlsx"
#define RC_XLSX_BY_SIZE UINT32_MAX

struct rc_store { char *block, *p; size_t left; };	/* bytes that stay until the end; blocks hang on one another */

struct rc_statement {
	struct view account;
	char currency[4];
	date_t date;
	uint64_t print;			/* of account, day, balances and lines: the same one again has the same */
	uint32_t file, number;		/* number: place in the file */
	uint32_t first, n;		/* its lines in the file's rows */
	uint32_t partition, place;	/* where they go */
	int64_t opening, closing, net;
	bool has_opening, has_closing, lost;
	bool provisional, again;	/* again: stands in another file already */
	bool known;			/* an earlier run had it from the same file */
	char status;			/* BAI2 group status, or 0 */
	bool wiped;			/* taken back by a later group of status 2 or 3, or never posted */
};

struct rc_account { struct view account; char currency[4]; uint32_t partition, rows, place; };	/* its rows, and where they go */

struct rc_file {
	const char *path, *base;
	bool bank, carried;		/* carried: not in this run, lines of it are */
	uint32_t rank;			/* by base name, among the bank's */
	char format[32];
	struct recon_row *rows, *prov;
	uint32_t n_rows, cap_rows, n_prov, cap_prov, entries;
	struct rc_statement *statements;
	uint32_t n_statements, cap_statements;
	struct rc_account *accounts;	/* book: row.n is one of them */
	uint32_t n_accounts, cap_accounts, last_account;
	uint64_t findings, errors;
	char why[400];			/* the first error, or what ended it */
	int fault;			/* 0, 1 = read with errors, 2 = not read */
};

/* A set of prints. */
struct rc_prints { uint64_t *p; size_t n, mask; };
bool rc_print_add(struct rc_prints *, uint64_t);
bool rc_print_room(struct rc_prints *, size_t more);	/* so that adding them needs no memory */
bool rc_print_has(const struct rc_prints *, uint64_t);
uint64_t rc_print_of(struct view);

struct rc_carried { struct recon_row row; struct view account, base; uint64_t print; char currency[4]; };	/* a line of an earlier run */
struct rc_waiting { struct recon_row row; struct view id, account, base; char currency[4]; };	/* announced in an earlier run, not booked yet */
struct rc_known { struct view file, account; char currency[4]; date_t date; uint64_t print; int64_t closing; bool has_closing; uint32_t order; };

struct rc_part {
	struct recon_refusal *refusals;	/* what recon.refusals shows */
	struct view account;
	char currency[4];
	int digits;
	struct calendar calendar;
	const int32_t *days;		/* open days before each day around as-of; rc_set() makes it */
	struct recon recon;
	struct recon_options options;
	uint32_t at_lines;		/* while they are filled */
};

struct rc_proof {
	struct view account;
	char currency[4];
	date_t date;
	const struct rc_statement *statement;
	int64_t opening, lines, closing, residual;
	bool proves;			/* both balances were there */
	int64_t gap;			/* opening less the closing before it */
	bool chained, has_book;
	int64_t book, in_transit, outstanding, unexplained;
	int64_t unknown;		/* lines of the bank that the book does not know */
};

struct rc {
	/* options */
	const char *out, *prior, *balances, *rules;
	date_t as_of;
	int threads;
	bool json;
	uint32_t xlsx_rows;		/* RC_XLSX_BY_SIZE until rc_write(); of each sheet of the workbook; 0: no workbook */
	/* input */
	struct rc_file *files;
	uint32_t n_files, n_bank;	/* n_bank: ranks given out, carried ones included */
	const struct rc_file **bank;	/* by rank */
	struct rc_store store[RC_THREADS];	/* [0] is the main thread's as well */
	struct reader *readers;			/* from rc_read_begin() on */
	int n_readers;
	/* of an earlier run */
	struct rc_carried *carried;
	uint32_t n_carried;
	char *open_items;			/* what prior_open.c read: texts of rows stand in it */
	struct rc_decided *decided;		/* what people decided about it (decided.h); NULL without --prior */
	struct rc_prints carried_ids, closed_items;	/* lines that are known, items that are closed */
	struct rc_known *known;			/* statements */
	uint32_t n_known;
	struct rc_waiting *waiting;
	uint32_t n_waiting;
	/* work */
	struct rc_part *parts;
	uint32_t n_parts;
	struct rc_proof *proofs;
	uint32_t n_proofs;
	int32_t *days[RC_CALENDARS];
	struct config *config;		/* of --rules, or NULL */
	struct match_rules *taught;	/* of config, or NULL */
	uint64_t again_lines, dropped_items;
	bool breaks, ran;		/* ran: it came to decisions */
};

/* Rows */
#define RC_TEXT_MOST 2000u		/* a longer text is cut */
struct rc_texts { struct view t[RECON_TEXTS]; };
bool rc_keep(struct rc_store *, struct view from, struct view *to);
bool rc_pack(struct rc_store *, struct recon_row *, const struct rc_texts *);	/* false: memory is short */
void rc_store_release(struct rc_store *);
void *rc_large(size_t n);		/* for free(); in large pages where the system has them */
struct recon_row *rc_rows(size_t n);
struct recon_row *rc_row(struct recon_row **rows, uint32_t *n, uint32_t *cap);	/* a new one behind the last; NULL */
bool rc_account_of(struct rc_file *, struct rc_store *, struct view account, struct view currency, uint32_t *n);	/* n: its place */

int rc_read_begin(struct rc *, struct err *);		/* the children's parents; before anything large is in memory */
void rc_read_end(struct rc *);
int rc_read(struct rc *, struct err *);			/* 0; 1: errors in some; 2: some could not be read (said on stderr) */
int rc_prior(struct rc *, struct err *);		/* rows of --prior, and what it closed; before rc_set() */
int rc_check_whole(const char *dir, struct err *);		/* that the run into it ended, and no file lost its end */
int rc_prior_ids(const struct rc *, struct err *);	/* behind rc_judge_statements() */
int rc_part_of(const struct rc *, struct view account, const char *currency);	/* -1: none */
int rc_judge_statements(struct rc *);		/* -1: memory is short */
int rc_set(struct rc *, struct err *);			/* partitions, sorted */
int rc_age(const struct rc *, const struct rc_part *, date_t);	/* open days from then to as-of; 0 when it is later */
int rc_decide(struct rc *, struct err *);		/* the engine, on threads */
int rc_prove(struct rc *, struct err *);
int rc_options(struct rc *, int argc, char **argv, bool out);	/* 0, or 2 and why on stderr; out: --out must be there */
int rc_run(struct rc *);				/* run.c */
void rc_release(struct rc *);
int rc_fail(const struct err *);			/* says it on stderr; 2 */
int rc_write(struct rc *, struct err *);
int rc_write_carry(const struct rc *, struct err *);
int rc_put_file(const struct rc *, const char *name, struct buf *, struct err *);
