/* SPDX-License-Identifier: Apache-2.0 */
/*
 * online - what the commands to a running gateway share: options, one question, all its pages
 */
#pragma once

#include "formats/core/buf.h"
#include "formats/core/err.h"
#include "gateway/doc.h"

#define ONLINE_ARGS 8

struct statement;

struct online {
	const char *config, *run, *operator_name, *key, *reason, *effective;	/* --config --run --operator --key --reason --effective, or TALLY_CONFIG ... */
	const char *args[ONLINE_ARGS];		/* what is not an option */
	const char *filters[ONLINE_ARGS];	/* --amount=V as "amount=V", for find */
	int n_args, n_filters;
	bool json, rest;			/* --json, --without-held-rows */
	const char *more[3];			/* what else is said of the object, as "with=E7": asked for and signed with it */
	size_t n_more;
	int fd;
};

int online_options(struct online *, int argc, char **argv, const char *usage);	/* 0, or the exit status after it said why */
int online_open(struct online *, struct err *);
void online_close(struct online *);

/* One question, every page: `each` sees each answer; *status is the gateway's exit status. */
int online_ask(struct online *, const char *verb, const char *const *args, size_t n_args, const struct statement *statement, int *status,
	       void (*each)(void *ctx, struct view json, const struct doc_value *), void *ctx, struct err *);

int cli_status(int argc, char **argv);
int cli_today(int argc, char **argv);
int cli_list(int argc, char **argv);		/* files batches artifacts deliveries returns lines items findings */
int cli_find(int argc, char **argv);
int cli_show(int argc, char **argv);
int cli_decide(int argc, char **argv);		/* approve reject hold release resolve */
int online_decide(struct online *, const char *act, const char *object, struct err *);	/* look, sign, send; the exit status */
int cli_handwork(int argc, char **argv);	/* match unmatch confirm refuse write-off assign comment second withdraw, in a folder or at the gateway */
int cli_decided(int argc, char **argv);		/* decisions: of a folder, or of the gateway */
int cli_report(int argc, char **argv);
int cli_audit(int argc, char **argv);
int cli_clock(int argc, char **argv);
