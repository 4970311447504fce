/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli - the commands on single files; each takes its own name as argv[0] and returns the exit status
 */
#pragma once

int cli_formats(int argc, char **argv);
int cli_validate(int argc, char **argv);
int cli_parse(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_verify(int argc, char **argv);
int cli_verify_config(int argc, char **argv);
int cli_reconcile(int argc, char **argv);
int cli_rules(int argc, char **argv);
int rules_simulate(int argc, char **argv);
int rules_suggest(int argc, char **argv);
int cli_keygen(int argc, char **argv);
int cli_casebook(int argc, char **argv);	/* match unmatch confirm refuse write-off assign comment second withdraw */
int cli_decisions(int argc, char **argv);
int cli_exceptions(int argc, char **argv);	/* export, import; else the gateway's list */
