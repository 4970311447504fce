/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_table - the roles, a row each, in the order the data walks: what each may touch and whom it speaks to
 *
 * docs/architecture.md prints this table; tests/gateway/privileges_test.c tries every cell that is not in it. The order
 * is part of the deployment: it is the order of the numeric users above uid_base.
 *
 * parse and distribute fork a zygote, which holds the modules; intake and deliver fork couriers, which hold the
 * network.
 */
#include "gateway/role.h"

#define R CAGE_READ
#define W CAGE_WRITE

const struct role roles[] = {
	{
		.name = "intake", .run = role_intake, .connects = { "route-intake" },
		.paths = { { "{home}/spool/new", W }, { "{inbound}", W | CAGE_OPTIONAL },
			   { "{client_keys}", R | CAGE_OPTIONAL } },
		.inet = true, .forks = true, .memory_mb = 2048, .secret = "client keys",
	}, {
		.name = "parse", .run = role_parse, .binds = { "parse-sign" }, .connects = { "route-parse" },
		.paths = { { "{home}/spool/new", R }, { "{home}/spool/out", R }, { "{modules}", R } },
		.forks = true, .memory_mb = 4096,
	}, {
		.name = "route", .run = role_route,
		.binds = { "route-intake", "route-parse", "route-reconcile", "route-distribute", "route-sign",
			   "route-deliver", "route-report", "route-control" },
		.paths = { { "{home}/ledger", W }, { "{home}/spool/new", R }, { "{home}/spool/out", W },
			   { "{home}/spool/rec", W } },
		.memory_mb = 16384,
	}, {
		.name = "reconcile", .run = role_reconcile, .connects = { "route-reconcile" }, .memory_mb = 8192,
	}, {
		.name = "distribute", .run = role_distribute, .connects = { "route-distribute" },
		.paths = { { "{modules}", R } },
		.forks = true, .memory_mb = 4096,
	}, {
		.name = "sign", .run = role_sign, .connects = { "route-sign", "parse-sign" },
		.paths = { { "{home}/spool/out", R }, { "{home}/manifests", W }, { "{signer_key}", R },
			   { "{signer_cert}", R }, { "{ca}", R | CAGE_OPTIONAL } },
		.memory_mb = 2048, .secret = "signing key",
	}, {
		.name = "deliver", .run = role_deliver, .connects = { "route-deliver" },
		.paths = { { "{home}/spool/out", R }, { "{home}/manifests", R }, { "{home}/reports/notices", R },
			   { "{outbound}", W | CAGE_OPTIONAL }, { "{client_keys}", R | CAGE_OPTIONAL } },
		.inet = true, .forks = true, .memory_mb = 2048, .secret = "client keys",
	}, {
		.name = "report", .run = role_report, .connects = { "route-report" },
		.paths = { { "{home}/reports", W }, { "{home}/manifests", R } },
		.memory_mb = 4096,
	}, {
		.name = "control", .run = role_control, .connects = { "route-control" },
		.operators = true, .memory_mb = 2048,
	},
	{ .name = NULL },
};
