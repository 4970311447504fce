/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tallygate - the operator's command: a table of subcommands that prints its own help
 *
 * Answers to stdout, chatter to stderr.  Exit status: 0 done or valid; 1 no (findings, not verified, refused, gateway not there);
 * 2 wrong use, unreadable file, unknown format.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/online.h"

static const struct { const char *name; int (*run)(int argc, char **argv); const char *line; } commands[] = {
	{ NULL, NULL, "single files, no gateway needed:" },
	{ "formats", cli_formats, "the format modules: version, direction, options, finding codes" },
	{ "validate", cli_validate, "FILE...: is it right, and every fault with line and column" },
	{ "parse", cli_parse, "FILE: its normalised records, one a line" },
	{ "explain", cli_explain, "CODE: what a finding, return, change or type code means and what to do" },
	{ "reconcile", cli_reconcile, "statements against books: matches, exceptions, open items, proof" },
	{ "rules", cli_rules, "simulate: what a change of the rules would do to past days; suggest: what confirmed matches teach" },
	{ "match", cli_handwork, "[--in DIR] ID...: these rows of its results belong together" },
	{ "unmatch", cli_handwork, "[--in DIR] MATCH: they do not; the rows are open again" },
	{ "confirm", cli_handwork, "[--in DIR] MATCH: the proposal is right" },
	{ "refuse", cli_handwork, "[--in DIR] MATCH: the proposal is wrong, and is not made again" },
	{ "write-off", cli_handwork, "[--in DIR] ID...: nothing will come of these rows; within the rules' limits" },
	{ "assign", cli_handwork, "[--in DIR] ID... --to NAME: who looks after these rows" },
	{ "comment", cli_handwork, "[--in DIR] ID...: a word on these rows" },
	{ "second", cli_handwork, "[--in DIR] NUMBER: a second person agrees to a decision" },
	{ "withdraw", cli_handwork, "[--in DIR] NUMBER: take back what waits, a refusal, a comment" },
	{ "decisions", cli_decided, "[DIR]: what people decided about lines and items, in its order" },
	{ "exceptions", cli_exceptions, "export DIR | import DIR FILE: the same work in a spreadsheet" },
	{ "verify", cli_verify, "F.manifest.json: manifest, signature and payload" },
	{ "verify-config", cli_verify_config, "[DIR]: every fault of a configuration at once" },
	{ "keygen", cli_keygen, "operator | signer: make keys" },
	{ NULL, NULL, "a running gateway (--config DIR or --run DIR):" },
	{ "status", cli_status, "figures, roles, clock, audit head" },
	{ "today", cli_today, "what must still go out and by when, what is awaited from whom, what is held" },
	{ "files", cli_list, "files that came in" },
	{ "batches", cli_list, "payment runs and their approvals" },
	{ "artifacts", cli_list, "files that go out" },
	{ "deliveries", cli_list, "their way to the partner, with evidence" },
	{ "notices", cli_list, "what feeds were told: receipts, reject files, status files" },
	{ "returns", cli_list, "returns and changes of the bank" },
	{ "lines", cli_list, "bank lines" },
	{ "exceptions", cli_exceptions, "what a person must look at, with its reason" },
	{ "proposals", cli_list, "what an open bank line may be, the best first, and how far it is ahead of the next" },
	{ "items", cli_list, "B1: the payments of a run" },
	{ "findings", cli_list, "F1: the faults in a file" },
	{ "find", cli_find, "payments by --amount, --name, --trace, --last4 or --date" },
	{ "show", cli_show, "ID: one thing, where it came from and where it went" },
	{ "approve", cli_decide, "B1, or F1 for its whole run: sign that these totals may be paid" },
	{ "reverse", cli_decide, "B1, I1: ask the payees' banks for the money back, by a file that a second person approves" },
	{ "redate", cli_decide, "B1 --effective DATE: a run that missed its cut-off leaves later, under a new approval" },
	{ "cancel", cli_decide, "B1: checks that are written and not printed end; the bank is told that their numbers are void" },
	{ "resend", cli_decide, "A1 --effective DATE: a file that was rejected goes out anew, under new approvals; a list of checks without a date" },
	{ "reject", cli_decide, "B1, F1 (a file, or its whole run): it will not be processed" },
	{ "hold", cli_decide, "B1: stop it before it is written" },
	{ "release", cli_decide, "F1, B1, A1, D1, I1: go on with what is held; F1 or B1 --without-held-rows: pay the rest of a run" },
	{ "resolve", cli_decide, "L1, R1: an exception is cleared" },
	{ "report", cli_report, "write the match report now" },
	{ "audit", cli_audit, "verify | prove N: the hash chain and inclusion proofs" },
	{ "clock", cli_clock, "TIME: set the business clock (demo only)" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *to)
{
	fprintf(to, "usage: tallygate COMMAND ...      every command takes --json\n");
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].name == NULL)
			fprintf(to, "\n%s\n", commands[i].line);
		else
			fprintf(to, "  %-14s %s\n", commands[i].name, commands[i].line);
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help(argc < 2 ? stderr : stdout);
		return argc < 2 ? 2 : 0;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].name != NULL && strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "tallygate: there is no command '%s'; `tallygate help` lists them\n", argv[1]);
	return 2;
}
