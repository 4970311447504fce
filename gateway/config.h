/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config - the configuration directory, read once, verified whole
 *
 * DIR/tallygate.conf, DIR/channels.d/X.conf (one partner or feed a file), DIR/operators.d/X.conf, DIR/rules.d/X.conf,
 * DIR/holidays/X.txt; files of a folder in sorted order.  libconfig reads the text, a schema table verifies every key:
 * unknown keys, missing keys and wrong types are faults with file, line and what was expected; ALL faults are reported
 * at once.  Amounts are strings ("5000000000.00"): libconfig 1.5 cuts large integers in silence.
 *
 * The configuration hash is the SHA-256 of the lines "<sha256 of a file>  <its name below DIR>", names in byte order:
 * what `sha256sum` prints in DIR for the .conf files, the holidays and the operators' public keys, hashed once more.
 *
 * Ownership: everything hangs on struct config and is freed by config_free().  Strings are never NULL: "" = not given.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "formats/core/date.h"
#include "formats/core/err.h"
#include "formats/core/money.h"

enum channel_kind { CHANNEL_DIR, CHANNEL_SFTP };
/* renamed into place | NAME.done beside it | N equal polls + age */
enum ready_how { READY_RENAME, READY_MARKER, READY_STABLE };
enum names_how { NAMES_UNIQUE, NAMES_REUSED };
enum after_fetch { AFTER_MOVE, AFTER_DELETE, AFTER_KEEP };	/* what happens to the original once it is ours */
enum people_how { PEOPLE_NONE, PEOPLE_ROW, PEOPLE_FEED };
enum settles_how { SETTLES_FILE, SETTLES_BATCH, SETTLES_COMPANY_DAY };
enum account_type { ACCOUNT_CHECKING, ACCOUNT_SAVINGS };
enum manifest_to { MANIFEST_NONE, MANIFEST_BESIDE, MANIFEST_DIR };

struct config_pair { char *name, *value; };

struct inbound {			/* one watched directory, here or at the partner's */
	char *name;			/* "register"; partner/name identifies it in logs and rows */
	char *path;			/* absolute for dir; relative to the login directory for sftp */
	char *pattern;			/* fnmatch, "" = everything that is not a temporary name */
	char *format;			/* module name, "" = detect */
	/* payroll | people | statement | return | expected | ack | confirmation : what route does with the records */
	char *purpose;
	struct config_pair *options;	/* for the format module */
	size_t n_options;
	enum ready_how ready;
	int stable_polls, min_age_ms;	/* for READY_STABLE */
	enum names_how names;
	enum after_fetch after;
	char *done_path;		/* for AFTER_MOVE; "" = PATH/done */
	enum people_how people;
	char *pay_by;			/* purpose payroll: the outbound "partner/name" its payments leave by */
	char *check_by, *rollover_by;	/* the outbounds of its checks and rollovers; "" = such rows are held */
	char *people_from;		/* people = feed: the inbound "partner/name" of purpose people that knows them */
	char *answer_to;		/* payroll, people: the outbound of format notice for receipts, rejects and status; "" = none */
};

struct outbound {
	char *name;			/* "ach" */
	char *path;			/* the directory files are put into */
	char *format;			/* module name: "nacha" */
	/* pattern: {date} {modifier} {artifact} {partner} ; "PAY{date}{modifier}.ach" */
	char *file_name;
	enum manifest_to manifest;
	char *manifest_path;		/* for MANIFEST_DIR */
	int coalesce_ms, coalesce_max_ms;
	/* ACH */
	char *immediate_destination, *immediate_origin, *destination_name, *origin_name;
	char *company_name, *company_id, *odfi, *entry_description, *sec;
	char *offset_account;		/* our account the bank charges; expected lines are looked for there */
	enum settles_how settles;
	char *cut_off;			/* "17:00" in the partner's zone; file must be at the bank by then */
	int ack_within_minutes;		/* after the delivery the partner's verdict is awaited so long; 0: none is */
	int batch_entries;		/* entries and addenda of one batch, at most */
	int lead_days;			/* banking days from the delivery day to the effective entry date, at least */
	struct config_pair *options;	/* for the format module, as for inbound */
	size_t n_options;
	/* checks: drawn on check_account at the bank check_routing, numbered from first_serial */
	char *check_account, *check_routing, *first_serial;
	char *reprint_first, *reprint_last;	/* the numbers that the printer takes for spoiled checks; "" = ours */
	char *positive_pay;		/* the outbound "partner/name" by which the bank hears of them first; "" = none */
	char *memo;			/* on a check whose row brings none */
	char *check_cut_off;		/* "16:00" in the printer's zone, "" = none */
	int check_lead_days;		/* banking days from the delivery to the date of the checks */
	int payee_length;		/* as many characters as the bank's positive-pay layout holds */
	/* rollovers: the trustee's own account is credited by funded_by, an ACH outbound */
	char *funded_by, *trustee, *plan, *trustee_routing, *trustee_account;
	enum account_type trustee_type;
	char *rollover_cut_off;
	int rollover_lead_days;
};

struct partner {
	char *name;
	enum channel_kind kind;
	char *timezone;			/* "America/New_York" */
	/* "federal-reserve" | "target" | "weekdays"; closed days besides: config_calendar() */
	char *calendar;
	/* sftp */
	char *host, *user, *host_key;	/* host_key: one line "ssh-ed25519 AAAA..." that the server must show */
	int port;
	char *client_key;		/* path of the private key file */
	int poll_ms;
	int timeout_ms;			/* deadline of one network step */
	struct config_pair *accounts;	/* number -> currency; ours at that bank */
	size_t n_accounts;
	struct inbound *in;
	size_t n_in;
	struct outbound *out;
	size_t n_out;
	char *file;			/* the file it came from, for messages */
};

struct operator {
	char *name;
	uid_t uid;
	char *public_key;		/* PEM text, read from the file named in the config at load time */
	char key_id[65];		/* SHA-256 of the key itself: two texts of one key have one id */
};

/* rules.d: batches above `limit` wait for `persons` signed approvals besides the maker */
struct approval_rule {
	char *partner;			/* "" = every partner */
	char ccy[4];
	int64_t limit_minor;
	int persons;
};

/* rules.d: how the rows of a feed are divided over the ways */
struct way_rule {
	char *feed;			/* an inbound "partner/name"; "" = every one */
	int64_t ach_most_minor, check_most_minor;	/* a payment above it leaves in equal legs; 0 = no bound */
	int rollover_percent;		/* of a row that names a trustee and no amount; 0 = such a row is held */
};

/* rules.d: in which days lines and items may belong together; the first row of a currency, else the first of "" counts */
struct match_days {
	int early, late, late_check, rivals, rivals_check, stale_days;
	char *currency;			/* not first: the table frees it by its place, and place 0 is none */
};

/* rules.d: a reference that stands in a bank's text; rows are tried in their order, the first that finds one counts */
struct extract_rule {
	char *account, *type;		/* "" = every one */
	char *pattern;			/* PCRE2 with one capture */
	char *sample, *gives;		/* tested when the rules are read */
	char *valid_from, *valid_to;	/* booking dates, "" = open */
};

/* rules.d: statement files that do not say by themselves what they are */
struct statement_rule {
	char *files;			/* a pattern of base names */
	char *format;
	struct config_pair *options;	/* for the format module */
	size_t n_options;
};

/* rules.d: what an analyst may write off in a currency */
struct write_off_rule {
	char ccy[4];
	int64_t most_minor, second_minor;	/* above `most` nobody; above `second` by two persons */
};

/* rules.d: who may make which decision about matches; the act's own row, else the one of "" */
struct decision_rule {
	int persons;			/* 1, 2 */
	bool on_behalf;			/* --by NAME is taken: names tell persons apart, whatever the user */
	char *act;			/* "match" ..., "" = every one */
};

struct holidays {			/* DIR/holidays/NAME.txt: one YYYY-MM-DD a line, # begins a remark */
	char *name;			/* a calendar's ("federal-reserve") or a partner's: closed there besides */
	date_t *days;			/* ascending */
	size_t n;
};

struct config {
	char *dir;
	char *home;			/* spool, ledger, manifests, reports, keys */
	char *run;			/* sockets */
	char *modules;			/* directory of *.so */
	bool demo;			/* business clock settable, same_uid_ok allowed; manifest and status say DEMO */
	bool same_uid_ok;		/* demo only, and never lifts the rule on uid 0 */
	char *demo_start;		/* "2026-11-09T08:00:00Z" */
	/*
	 * started as root: role i runs as uid_base + 1 + i (the order of role_table.c), shared groups are from
	 * uid_base + 101; 0 = stay who we are
	 */
	uid_t uid_base;
	int reconcilers, distributors;	/* numbers of workers */
	int return_days;		/* 90: a return later than that is not linked */
	int change_quarantine_days;	/* bank data changed that recently waits for a second person; 0 = off */
	char *signer_key, *signer_cert, *ca;	/* paths */
	/* sign: without a statement only below this sum per partner and business date */
	int64_t unsigned_limit_minor;
	struct partner *partners;
	size_t n_partners;
	struct operator *operators;
	size_t n_operators;
	struct approval_rule *rules;
	size_t n_rules;
	struct way_rule *ways;
	size_t n_ways;
	char sha256[65];		/* over all files, sorted: "configuration hash" */
	char unsigned_ccy[4];		/* the currency of unsigned_limit; other currencies always need a statement */
	char rules_sha256[65];		/* the same over rules.d alone: "rules hash" */
	struct holidays *holidays;
	size_t n_holidays;
	struct match_days *match_days;
	size_t n_match_days;
	struct extract_rule *extracts;
	size_t n_extracts;
	struct statement_rule *statements;
	size_t n_statements;
	struct write_off_rule *write_offs;
	size_t n_write_offs;
	struct decision_rule *decisions;
	size_t n_decisions;
};

/*
 * Reads DIR.  0 = good; 1 = faults in the files, *report holds one line each ("FILE:LINE: what; expected ..."), *out is
 * NULL; -1 = unreadable, *err says what.
 */
int config_load(struct config **out, const char *dir, struct buf *report, struct err *);
void config_free(struct config *);

/* The same for a folder of rules alone (NAME.conf in DIR): what `tallygate reconcile --rules DIR` reads. */
int config_rules(struct config **out, const char *dir, struct buf *report, struct err *);

/*
 * The key files the configuration names, as far as this process may look: a line of the same form for each that is
 * missing, open to others or not what it should be.  Returns the number of lines.  `tallygate verify-config` asks; the
 * roles do not, since each may only see its own.
 */
int config_keys(const struct config *, struct buf *report);

/*
 * A partner's banking calendar: the named one with the days of holidays/CALENDAR.txt and holidays/PARTNER.txt closed
 * besides.
 */
struct calendar;
void config_calendar(const struct config *, const struct partner *, struct calendar *out);

const struct partner *config_partner(const struct config *, struct view name);
const struct inbound *config_inbound(const struct config *, struct view partner_slash_name, const struct partner **);
const struct outbound *config_outbound(const struct config *, struct view partner_slash_name, const struct partner **);

/*
 * What an outbound is for, by its groups and by what others say of it; a format's name means nothing here.  The outbound
 * of checks that a positive-pay outbound announces: config_checks_of(), number `i` of them, NULL at the end.
 */
enum outbound_way { WAY_ACH, WAY_CHECK, WAY_POSPAY, WAY_ROLLOVER };
enum outbound_way config_way(const struct config *, const struct outbound *);
/*
 * By when a file must be there: minutes of the day in the partner's zone, and banking days before the effective date.  False: this outbound
 * has no cut-off (paper without one in its group, positive pay); then it is the end of the day itself.
 */
bool config_cut_off(const struct config *, const struct outbound *, int *minutes, int *lead_days);
const struct outbound *config_checks_of(const struct config *, const struct outbound *pospay, size_t i, const struct partner **);

/*
 * The partners a run may leave by that uses this outbound: of every feed that pays by it the outbounds of all its ways, their
 * positive pay and their funding.  The rules of all of them judge each batch.  The outbound's own partner is always there;
 * at most `cap` are written, and their number is the answer.
 */
size_t config_run_partners(const struct config *, const struct outbound *, const struct partner **out, size_t cap);
const struct way_rule *config_way_rule(const struct config *, struct view feed);	/* the feed's own, else that of every feed; NULL: none */

const struct decision_rule *config_decision_rule(const struct config *, struct view act);	/* NULL: none, so one person in his own name */

const struct operator *config_operator_by_uid(const struct config *, uid_t);
const struct operator *config_operator(const struct config *, struct view name);
