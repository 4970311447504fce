/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role - one row a role: what it is, what it may touch, whom it speaks to; and the frame that every role runs in
 *
 * tallygated starts every role as a re-executed child (`tallygated --role parse.1`), or runs one under its systemd
 * unit: same table, same cage.  role_main() does, in this order: config -> plain listening fds -> cage_drop ->
 * cage_enter -> row->run(), which loads modules or forks helpers where its row says so, opens the bus, calls
 * role_ready() (cage_seal, sd_notify, one log line) and only then reads the first hostile byte.  run() returns when
 * env->stop_fd becomes readable or hangs up (the supervisor closed its end): 0 = told to stop, -1 = *err.
 *
 * Sockets: one per pair, {run}/PAIR/bus, PAIR = "route-parse" (the first binds a ROUTER, the second connects a DEALER),
 * in a directory that only these two users can enter.
 */
#pragma once

#include "channels/bus.h"
#include "formats/core/arena.h"
#include "formats/core/err.h"
#include "gateway/cage.h"
#include "gateway/config.h"

#define ROLE_PAIRS 10

struct role_env {
	const struct config *config;
	const struct role *role;
	int number;				/* 1.. for pools; 1 for the others */
	char identity[BUS_PEER];		/* "parse.1": name on the bus and in the log */
	int stop_fd;
	int listen_fd[ROLE_PAIRS];		/* for role->binds, same order */
	int operator_fd;			/* control only: the listening unix socket for operators */
	/* already entered; in a row that forks, role_ready() clears .inet: only the couriers, sealed before, have it */
	struct cage cage;
	bool supervised;			/* stop_fd is the supervisor's line: READY goes back on it */
};

struct role {
	const char *name;
	int (*run)(struct role_env *, struct err *);
	const char *binds[ROLE_PAIRS];		/* pairs this role binds, NULL ends */
	const char *connects[ROLE_PAIRS];	/* pairs it connects to */
	struct { const char *path; unsigned access; } paths[16];
		/* {home}/... {run}/... {modules} {signer_key} {signer_cert} {ca}, or absolute; NULL ends.  {inbound}
		 * and {outbound} are the directories of dir channels, {client_keys} the partners' key files: each
		 * stands for as many as there are. */
	bool inet, forks;
	bool operators;				/* listens on {run}/control/operator.sock */
	unsigned memory_mb;			/* RLIMIT_AS */
	const char *secret;			/* for the table in the docs: "signing key", "client keys" */
};

extern const struct role roles[];		/* in the order the data walks; a row with a NULL name ends it */
const struct role *role_find(struct view name);

/* What tallygated does for --role: reads the configuration, then role_enter and run.  Returns an exit status.
 * line < 0: nobody holds a line to us, SIGTERM and SIGINT stop the role. */
int role_main(const char *config_dir, struct view name_and_number, int line);

/* From a configuration to a caged process, *env filled; the next step is row->run(env).  For tests too: `row` may be
 * a copy. */
int role_enter(struct role_env *, const struct config *, const struct role *row, int number, int line, struct err *);
/* What the row becomes here; the arena holds the strings */
int role_cage(struct cage *, struct arena *, const struct config *, const struct role *row, struct err *);
/* How many of that row run: pools by configuration, else 1 */
int role_count(const struct config *, const struct role *);

/* For run(): */
int role_bus_bind(struct bus_socket **out, struct bus *, struct role_env *, const char *pair, struct err *);
int role_bus_connect(struct bus_socket **out, struct bus *, struct role_env *, const char *pair, struct err *);
int role_ready(struct role_env *, struct err *);
/* One log line for each thing that this machine or configuration leaves open */
void role_warn_weak(const struct config *);
void role_notify(const char *state);		/* to systemd, when it waits: "READY=1" */
uint64_t role_epoch(void);			/* random per process: HELLO carries it, so that a restart is seen */
int64_t role_monotonic_ms(void);

/* The roles' run functions, one file each in gateway/roles/. */
int role_intake(struct role_env *, struct err *);
int role_parse(struct role_env *, struct err *);
int role_route(struct role_env *, struct err *);
int role_reconcile(struct role_env *, struct err *);
int role_distribute(struct role_env *, struct err *);
int role_sign(struct role_env *, struct err *);
int role_deliver(struct role_env *, struct err *);
int role_report(struct role_env *, struct err *);
int role_control(struct role_env *, struct err *);
