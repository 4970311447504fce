/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileges_test - the whole matrix: every role, in the cage it really gets, tries every file, socket and call of the
 * others
 *
 * The rows are roles[]; run() is replaced by a probe, everything before it is what tallygated does: role_enter(),
 * role_ready(). Who may do what stands here once more, by hand, so that a slip in the role table or in the tree shows.
 *
 * As root every role has its own user.  Then the files and sockets are tried a second time by users alone, without
 * Landlock and seccomp, since Debian 12's own kernel may have no Landlock.  As a plain user the cells that only users
 * can hold are named and left out.
 */
#include "gateway/role.h"
#include "gateway/tree.h"
#include "tests/lib/attempts.h"
#include "tests/lib/place.h"
#include "tests/lib/tap.h"

#ifdef TALLY_SANITIZED
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define UID_BASE 710000
#define CELLS_MAX 80
#define UNTRIED -1

enum way { READ, LIST, CREATE, WRITE, CONNECT, CALL };
/* what refuses it: both; Landlock or seccomp alone; users alone; the sealed filter */
enum held { BY_ALL, BY_CAGE, BY_USERS, BY_SECOND };

struct cell {
	enum way way;
	enum held held;
	const char *what, *path, *who;		/* path below the place; who = the roles that may, blank separated */
	int (*call)(void);
};

static int victim_pid(void);
static int try_kill_victim(void) { return ANSWER(syscall(SYS_kill, victim_pid(), SIGKILL)); }
static int try_trace_victim(void) { return ANSWER(ptrace(PTRACE_SEIZE, victim_pid(), NULL, NULL)); }

#define EVERYBODY "intake parse route reconcile distribute sign deliver report control"

static const struct cell cells[] = {
	{ READ, BY_ALL, "read the ledger", "home/ledger/seed", "route", NULL },
	{ CREATE, BY_ALL, "create in the ledger's directory", "home/ledger", "route", NULL },
	{ WRITE, BY_ALL, "write to the ledger", "home/ledger/seed", "route", NULL },
	{ READ, BY_ALL, "read the signing key", "home/keys/signer.key", "sign", NULL },
	{ WRITE, BY_ALL, "write to the signing key", "home/keys/signer.key", "", NULL },
	{ READ, BY_ALL, "read a client key", "home/keys/client.key", "intake deliver", NULL },
	{ WRITE, BY_ALL, "write to a client key", "home/keys/client.key", "", NULL },
	{ CREATE, BY_ALL, "create among the keys", "home/keys", "", NULL },
	{ READ, BY_ALL, "read spool/new", "home/spool/new/seed", "intake parse route", NULL },
	{ CREATE, BY_ALL, "create in spool/new", "home/spool/new", "intake", NULL },
	{ CREATE, BY_ALL, "create in spool/new/tmp", "home/spool/new/tmp", "intake", NULL },
	{ WRITE, BY_ALL, "write to an object of spool/new", "home/spool/new/seed", "intake", NULL },
	{ READ, BY_ALL, "read spool/out", "home/spool/out/seed", "parse route sign deliver", NULL },
	{ CREATE, BY_ALL, "create in spool/out", "home/spool/out", "route", NULL },
	{ WRITE, BY_ALL, "write to an object of spool/out", "home/spool/out/seed", "route", NULL },
	{ READ, BY_ALL, "read spool/rec", "home/spool/rec/seed", "route", NULL },
	{ CREATE, BY_ALL, "create in spool/rec", "home/spool/rec", "route", NULL },
	{ READ, BY_ALL, "read a manifest", "home/manifests/seed", "sign deliver report", NULL },
	{ CREATE, BY_ALL, "create a manifest", "home/manifests", "sign", NULL },
	{ WRITE, BY_ALL, "write to a manifest", "home/manifests/seed", "sign", NULL },
	{ READ, BY_CAGE, "read a report", "home/reports/seed", "report", NULL },
	{ CREATE, BY_ALL, "create a report", "home/reports", "report", NULL },
	{ READ, BY_ALL, "read a notice", "home/reports/notices/seed", "report deliver", NULL },
	{ CREATE, BY_ALL, "create a notice", "home/reports/notices", "report", NULL },
	{ READ, BY_ALL, "read a watched directory's file", "home/in/seed", "intake", NULL },
	{ CREATE, BY_ALL, "create in a watched directory", "home/in", "intake", NULL },
	{ READ, BY_ALL, "read an outgoing directory's file", "home/out/seed", "deliver", NULL },
	{ CREATE, BY_ALL, "create in an outgoing directory", "home/out", "deliver", NULL },
	{ LIST, BY_ALL, "list ledger", "home/ledger", "route", NULL },
	{ LIST, BY_ALL, "list spool/new", "home/spool/new", "intake parse route", NULL },
	{ LIST, BY_ALL, "list spool/out", "home/spool/out", "parse route sign deliver", NULL },
	{ LIST, BY_ALL, "list spool/rec", "home/spool/rec", "route", NULL },
	{ LIST, BY_ALL, "list manifests", "home/manifests", "sign deliver report", NULL },
	{ LIST, BY_ALL, "list reports/notices", "home/reports/notices", "report deliver", NULL },
	{ LIST, BY_ALL, "list in", "home/in", "intake", NULL },
	{ LIST, BY_ALL, "list out", "home/out", "deliver", NULL },
	{ LIST, BY_ALL, "list keys", "home/keys", "", NULL },
	{ READ, BY_ALL, "read the configuration", "conf", "", NULL },
	{ WRITE, BY_ALL, "write to the configuration", "conf", "", NULL },
	{ CREATE, BY_ALL, "create in the home directory", "home", "", NULL },
	{ CREATE, BY_ALL, "create in the run directory", "run", "", NULL },
	{ CREATE, BY_ALL, "create among the modules", "modules", "", NULL },
	{ READ, BY_CAGE, "read a world-readable file elsewhere", "open", "", NULL },
	{ CONNECT, BY_USERS, "reach route-intake", "run/route-intake/bus", "route intake", NULL },
	{ CONNECT, BY_USERS, "reach route-parse", "run/route-parse/bus", "route parse", NULL },
	{ CONNECT, BY_USERS, "reach route-reconcile", "run/route-reconcile/bus", "route reconcile", NULL },
	{ CONNECT, BY_USERS, "reach route-distribute", "run/route-distribute/bus", "route distribute", NULL },
	{ CONNECT, BY_USERS, "reach route-sign", "run/route-sign/bus", "route sign", NULL },
	{ CONNECT, BY_USERS, "reach route-deliver", "run/route-deliver/bus", "route deliver", NULL },
	{ CONNECT, BY_USERS, "reach route-report", "run/route-report/bus", "route report", NULL },
	{ CONNECT, BY_USERS, "reach route-control", "run/route-control/bus", "route control", NULL },
	{ CONNECT, BY_USERS, "reach parse-sign", "run/parse-sign/bus", "parse sign", NULL },
	{ CALL, BY_CAGE, "make a unix socket", NULL, EVERYBODY, try_unix },
	{ CALL, BY_SECOND, "make an INET socket", NULL, "", try_inet },
	{ CALL, BY_SECOND, "make an INET6 socket", NULL, "", try_inet6 },
	{ CALL, BY_CAGE, "make a NETLINK socket", NULL, "", try_netlink },
	{ CALL, BY_CAGE, "make a PACKET socket", NULL, "", try_packet },
	{ CALL, BY_CAGE, "execute", NULL, "", try_exec },
	{ CALL, BY_CAGE, "kill another role", NULL, "", try_kill_victim },
	{ CALL, BY_CAGE, "trace another role", NULL, "", try_trace_victim },
	{ CALL, BY_CAGE, "signal the supervisor", NULL, "", try_signal_parent },
	{ CALL, BY_CAGE, "become root", NULL, "", try_setuid },
	{ CALL, BY_CAGE, "use io_uring", NULL, "", try_io_uring },
	{ CALL, BY_CAGE, "make a user namespace", NULL, "", try_unshare },
	{ CALL, BY_SECOND, "fork", NULL, "", try_fork },
	{ CALL, BY_SECOND, "map executable memory", NULL, "", try_exec_memory },
};
#define CELLS (sizeof(cells) / sizeof(cells[0]))
_Static_assert(CELLS <= CELLS_MAX, "the shared table is too small");

static char base[64], home[80], run[80], modules[80], signer[96], client[96], watched[96], outgoing[96];
static struct inbound in = { .name = (char *)"in", .path = watched, .done_path = (char *)"" };
static struct outbound out = { .name = (char *)"out", .path = outgoing, .manifest_path = (char *)"" };
static struct partner partners[] = {
	{ .name = (char *)"files", .kind = CHANNEL_DIR, .client_key = (char *)"", .in = &in, .n_in = 1, .out = &out,
			.n_out = 1 },
	{ .name = (char *)"bank", .kind = CHANNEL_SFTP, .client_key = client },
};
static struct config config = {
	.home = home, .run = run, .modules = modules, .signer_key = signer, .signer_cert = (char *)"", .ca = (char *)"",
	.reconcilers = 1, .distributors = 1, .partners = partners, .n_partners = 2,
};

static struct shared { int answer[CELLS_MAX]; int victim; char why[200]; } *shared;

static int victim_pid(void)
{
	return shared->victim;
}

static int try_cell(const struct cell *c)
{
	char path[200];

	if (c->way == CALL)
		return c->call();
	snprintf(path, sizeof(path), "%s/%s", base, c->path);
	switch (c->way) {
	case READ: return try_read(path);
	case LIST: return try_list(path);
	case CREATE: return try_create_in(path);
	case WRITE: return try_write(path);
	default: return try_connect(path);
	}
}

static bool users(void)
{
	return config.uid_base != 0;
}

/* Which cells hold in this build, on this kernel, as this user. */
static bool tried(const struct cell *c, bool caged)
{
	if (c->way == CALL)
		return caged && !(SANITIZED && c->held == BY_SECOND);
	if (c->held == BY_USERS)
		return users();
	if (c->held == BY_CAGE)
		return caged && cage_landlock_abi() > 0;
	return users() || (caged && cage_landlock_abi() > 0);
}

static int probe(struct role_env *env, struct err *e)
{
	if (role_ready(env, e) == -1)
		return -1;
	for (size_t i = 0; i < CELLS; i++)
		if (tried(&cells[i], true))
			shared->answer[i] = try_cell(&cells[i]);
	return 0;
}

struct turn { const struct role *row; int (*run)(struct role_env *, struct err *); };

/* A role as tallygated starts it, but for its run(). */
static int as_role(void *ctx)
{
	const struct turn *t = ctx;
	struct role row = *t->row;
	struct role_env env;
	struct err e = { 0 };
	int line[2];

	row.run = t->run;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, line) == 0 && role_enter(&env, &config, &row, 1, line[1], &e) == 0
			&& row.run(&env, &e) == 0)
		return 0;
	snprintf(shared->why, sizeof(shared->why), "%.199s", e.text);
	return 1;
}

static int as_user(void *ctx)
{
	static struct arena strings = { .max = 1 << 20 };
	const struct role *row = ctx;
	struct cage c;
	struct err e = { 0 };

	if (role_cage(&c, &strings, &config, row, &e) == -1 || cage_drop(&c, &e) == -1) {
		snprintf(shared->why, sizeof(shared->why), "%.199s", e.text);
		return 1;
	}
	for (size_t i = 0; i < CELLS; i++)
		if (tried(&cells[i], false))
			shared->answer[i] = try_cell(&cells[i]);
	return 0;
}

static bool may(const struct cell *c, const char *role)
{
	struct view rest = view_of(c->who), one;

	while (view_cut(&rest, ' ', &one))
		if (view_eq(one, view_of(role)))
			return true;
	return false;
}

static void judge(const struct role *row, const char *how)
{
	size_t left_out = 0;

	for (size_t i = 0; i < CELLS; i++) {
		const struct cell *c = &cells[i];
		int got = shared->answer[i];
		bool good = may(c, row->name) ? got == 0 : got == EACCES || got == EPERM;

		if (got == UNTRIED)
			left_out++;
		else if (!ok(good, "%s %s %s%s", row->name, may(c, row->name) ? "can" : "cannot", c->what, how))
			printf("#   it got: %s\n", got == 0 ? "yes" : strerror(got));
	}
	if (left_out > 0)
		printf("# %s%s: %zu cells were not tried\n", row->name, how, left_out);
}

static void forget(void)
{
	for (size_t i = 0; i < CELLS_MAX; i++)
		shared->answer[i] = UNTRIED;
	shared->why[0] = '\0';
}

/* Before its seal a row with a zygote or couriers may kill its own children, and nobody else. */
static int entered_kill(struct role_env *env, struct err *e)
{
	(void)env;
	(void)e;
	shared->answer[0] = try_kill_victim();
	return 0;
}

static void test_entered_kill(const struct role *row)
{
	if (!row->forks || (!users() && cage_landlock_abi() < 6))
		return;
	forget();
	in_child(as_role, &(struct turn){ row, entered_kill });
	is_int(shared->answer[0], EPERM, "%s cannot kill another role before its seal either", row->name);
}

static int nothing(struct role_env *env, struct err *e)
{
	(void)env;
	(void)e;
	return 0;
}

static void test_row(const struct role *row)
{
	struct turn t = { row, probe };

	forget();
	if (!is_int(in_child(as_role, &t), 0, "%s enters its cage and is ready", row->name))
		printf("#   %s\n", shared->why);
	judge(row, "");
	test_entered_kill(row);
	if (!users())
		return;
	forget();
	if (!is_int(in_child(as_user, (void *)(uintptr_t)row), 0, "%s becomes its own user", row->name))
		printf("#   %s\n", shared->why);
	judge(row, ", by users alone");
}

/* ---- the place ---- */

static void seed_mode(const char *path, mode_t mode)
{
	char full[200], dir[200];
	struct stat st;
	int fd;

	snprintf(full, sizeof(full), "%s/%s", base, path);
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(full, '/') - full), full);
	fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, "seed", 4) != 4 || stat(dir, &st) == -1 || fchown(fd, st.st_uid, st.st_gid) == -1
			|| fchmod(fd, mode) == -1)
		skip_all("cannot make the files to try");
	close(fd);
}

static void make_place(void)
{
	static const char *const seeds[] = {
		"home/ledger/seed", "home/spool/new/seed", "home/spool/out/seed", "home/spool/rec/seed",
		"home/manifests/seed",
		"home/reports/notices/seed", "home/in/seed", "home/out/seed",
	};
	static char why[200];
	struct err e = { 0 };

	if (!place_make(base, sizeof(base), "tally-privileges"))
		skip_all("no temporary directory");
	snprintf(home, sizeof(home), "%s/home", base);
	snprintf(run, sizeof(run), "%s/run", base);
	snprintf(modules, sizeof(modules), "%s/modules", base);
	snprintf(signer, sizeof(signer), "%s/keys/signer.key", home);
	snprintf(client, sizeof(client), "%s/keys/client.key", home);
	snprintf(watched, sizeof(watched), "%s/in", home);
	snprintf(outgoing, sizeof(outgoing), "%s/out", home);
	mkdir(modules, 0755);
	config.uid_base = geteuid() == 0 ? UID_BASE : 0;
	if (tree_prepare(&config, &e) == 0) {
		seed_mode("home/keys/signer.key", 0400);
		seed_mode("home/keys/client.key", 0400);
		seed_mode("conf", 0600);
		seed_mode("open", 0644);
		seed_mode("home/reports/seed", 0644);
		for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
			seed_mode(seeds[i], 0640);
	}
	if (e.code == 0 && tree_prepare(&config, &e) == 0)	/* again: now the keys are there */
		return;
	snprintf(why, sizeof(why), "%.190s", e.text);
	skip_all(why);
}

/* The socket's own mode would refuse strangers too: both doors are there. */
static void test_pair_doors(void)
{
	char path[128];
	struct stat st;

	for (const struct role *r = roles; r->name != NULL; r++) {
		for (size_t i = 0; i < ROLE_PAIRS && r->binds[i] != NULL; i++) {
			snprintf(path, sizeof(path), "%s/%s", run, r->binds[i]);
			ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0710
					&& st.st_uid == (users() ? tree_uid(&config, r) : geteuid()),
				"%s is %s's, its peer may pass, nobody else", r->binds[i], r->name);
			snprintf(path, sizeof(path), "%s/%s/bus", run, r->binds[i]);
			ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0660, "the socket of %s is for the two",
					r->binds[i]);
		}
	}
}

/* A key outside {home}/keys is refused by name. */
static void test_key_place(void)
{
	struct err e = { 0 };

	if (!users())
		return;
	config.signer_key = (char *)"/etc/hostname";
	ok(tree_prepare(&config, &e) == -1 && strstr(e.text, "signer_key '/etc/hostname'") != NULL,
		"a signing key outside {home}/keys is refused: %s", e.text);
	config.signer_key = signer;
}

static pid_t start_victim(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (users() && (setresgid(UID_BASE + 90, UID_BASE + 90, UID_BASE + 90) == -1
			|| setresuid(UID_BASE + 90, UID_BASE + 90, UID_BASE + 90) == -1))
		_exit(1);
	for (;;)
		pause();
}

int main(void)
{
	static const char *const binders[] = { "route", "parse" };

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		skip_all("no shared memory");
	make_place();
	printf("# %s, %s\n", cage_describe(), users() ? "as root: each role has its own user"
		: "as a plain user: who reaches whose socket needs root and is not tried");
	shared->victim = start_victim();
	for (size_t i = 0; i < 2; i++)
		is_int(in_child(as_role, &(struct turn){ role_find(view_of(binders[i])), nothing }), 0,
				"%s makes its sockets", binders[i]);
	for (const struct role *r = roles; r->name != NULL; r++)
		test_row(r);
	test_pair_doors();
	test_key_place();
	is_int(waitpid(shared->victim, NULL, WNOHANG), 0, "the other role lives to the end");
	kill(shared->victim, SIGKILL);
	waitpid(shared->victim, NULL, 0);
	place_remove(base);
	return done_testing();
}
