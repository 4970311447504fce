/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cage_test - each refusal of the cage is a sentence, and so is each thing that must still work inside
 *
 * A child enters the very cage that role_cage() builds for a row, tries, and its errno is the answer. As root every
 * test runs with a user of its own for the role; as a plain user the steps that need root are left out and say so. In a
 * sanitizer build the second filter and the child's do not exist, and neither do their tests.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>

#include <openssl/evp.h>
#include <openssl/ec.h>
#include <sqlite3.h>

#include "channels/sftp.h"
#include "gateway/log.h"
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

#define UID_BASE 700000

static char base[64], home[80], run[80], modules[80], outside[96];
static struct config config = {
	.home = home, .run = run, .modules = modules, .signer_key = (char *)"", .signer_cert = (char *)"",
			.ca = (char *)"",
	.reconcilers = 1, .distributors = 1,
};

enum phase { ENTERED, SEALED };
struct job { const char *row; enum phase phase; int (*body)(void); };

static bool cage_of(struct cage *c, const char *row, struct err *e)
{
	static struct arena strings = { .max = 1 << 20 };

	return role_cage(c, &strings, &config, role_find(view_of(row)), e) == 0;
}

static bool enter(struct cage *c, const char *row, enum phase phase)
{
	struct err e = { 0 };

	if (cage_of(c, row, &e) && cage_drop(c, &e) == 0 && cage_enter(c, &e) == 0
			&& (phase == ENTERED || cage_seal(c, &e) == 0))
		return true;
	printf("# %s: %s\n", row, e.text);
	fflush(stdout);
	return false;
}

static int do_job(void *ctx)
{
	const struct job *j = ctx;
	struct cage c;

	return enter(&c, j->row, j->phase) ? j->body() : 200;
}

static int inside(const char *row, enum phase phase, int (*body)(void))
{
	return in_child(do_job, &(struct job){ row, phase, body });
}

static const struct { const char *what; int (*body)(void); bool second_only; } refused[] = {
	{ "execve", try_exec, false },
	{ "execveat", try_execveat, false },
	{ "a NETLINK socket", try_netlink, false },
	{ "a PACKET socket", try_packet, false },
	{ "a VSOCK socket", try_vsock, false },
	{ "an ALG socket", try_alg, false },
	{ "io_uring", try_io_uring, false },
	{ "ptrace of the parent", try_ptrace_parent, false },
	{ "ptrace of itself", try_ptrace_me, false },
	{ "kill of the parent", try_kill_parent, false },
	{ "a signal to the parent", try_signal_parent, false },
	{ "kill of everybody", try_kill_all, false },
	{ "tgkill of the parent", try_tgkill_parent, false },
	{ "pidfd_open", try_pidfd_open, false },
	{ "process_vm_readv", try_process_vm, false },
	{ "bpf", try_bpf, false },
	{ "perf_event_open", try_perf, false },
	{ "userfaultfd", try_userfaultfd, false },
	{ "keyctl", try_keyctl, false },
	{ "mount", try_mount, false },
	{ "unshare", try_unshare, false },
	{ "a new user namespace by clone", try_clone_namespace, false },
	{ "a change of user", try_setuid, false },
	{ "chroot", try_chroot, false },
	{ "inotify", try_inotify, false },
	{ "shared memory of System V", try_shm, false },
	{ "setxattr", try_setxattr, false },
	{ "being dumpable again", try_dumpable, false },
	{ "a system call younger than the list", try_unknown, false },
	{ "fork", try_fork, true },
	{ "writable and executable memory", try_exec_memory, true },
	{ "making memory executable", try_mprotect_exec, true },
	{ "chmod by name", try_chmod, true },
	{ "raising a limit", try_more_files, true },
};

static void test_refusals(const char *row)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (!refused[i].second_only)
			is_int(inside(row, ENTERED, refused[i].body), EPERM, "%s, entered: %s is refused", row,
					refused[i].what);
		if (!SANITIZED)
			is_int(inside(row, SEALED, refused[i].body), EPERM, "%s, sealed: %s is refused", row,
					refused[i].what);
	}
	is_int(inside(row, ENTERED, try_clone3), ENOSYS, "%s: clone3 does not exist, so that glibc takes clone", row);
	is_int(inside(row, SEALED, try_unix), 0, "%s: a unix socket is allowed", row);
}

static void test_inet(void)
{
	is_int(inside("route", ENTERED, try_inet), EPERM, "route: an INET socket is refused");
	is_int(inside("route", ENTERED, try_inet6), EPERM, "route: an INET6 socket is refused");
	is_int(inside("route", ENTERED, try_inet_udp), EPERM, "route: a UDP socket is refused");
	is_int(inside("deliver", SEALED, try_inet), 0, "deliver: an INET socket is allowed");
	is_int(inside("deliver", SEALED, try_inet6), 0, "deliver: an INET6 socket is allowed");
	is_int(inside("route", ENTERED, try_fork), EPERM, "route: fork is refused from the start");
	is_int(inside("parse", ENTERED, try_fork), 0, "parse: fork of a zygote is allowed before the seal");
}

/* ---- files ---- */

static int read_passwd(void) { return try_read("/etc/passwd"); }
static int read_outside(void) { return try_read(outside); }
static int list_home(void) { return try_list(home); }
static int list_proc(void) { return try_list("/proc"); }
static int read_zone(void) { return try_read("/usr/share/zoneinfo/UTC"); }

static int at_home(const char *name, int (*attempt)(const char *))
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", home, name);
	return attempt(path);
}

static int create_ledger(void) { return at_home("ledger", try_create_in); }
static int create_new(void) { return at_home("spool/new", try_create_in); }
static int list_new(void) { return at_home("spool/new", try_list); }
static int list_ledger(void) { return at_home("ledger", try_list); }

static bool denied(int answer)
{
	return answer == EACCES || answer == EPERM;
}

static void test_files(void)
{
	is_int(inside("route", SEALED, create_ledger), 0, "route creates a file in the ledger's directory");
	is_int(inside("route", SEALED, list_new), 0, "route lists spool/new");
	is_int(inside("intake", SEALED, create_new), 0, "intake creates a file in spool/new");
	is_int(inside("route", SEALED, read_zone), 0, "route reads the time zones");
	if (cage_landlock_abi() == 0) {
		ok(true, "skip: no Landlock on this kernel, so files outside are the owners' to refuse");
		return;
	}
	is_int(inside("route", SEALED, read_passwd), EACCES, "route cannot read /etc/passwd");
	is_int(inside("route", SEALED, read_outside), EACCES,
			"route cannot read a world-readable file outside its directories");
	is_int(inside("route", SEALED, list_home), EACCES, "route cannot list the home directory");
	is_int(inside("route", SEALED, list_proc), EACCES, "route cannot list /proc");
	ok(denied(inside("route", SEALED, create_new)), "route cannot create a file in spool/new, which it reads");
	ok(denied(inside("parse", SEALED, create_new)), "parse cannot create a file in spool/new, which it reads");
	ok(denied(inside("control", SEALED, list_ledger)), "control cannot list the ledger");
	ok(denied(inside("reconcile", SEALED, list_new)), "reconcile cannot list spool/new");
}

/* ---- the user ---- */

static int is_other_user(void)
{
	uid_t r, e, s;

	if (getresuid(&r, &e, &s) == -1 || r != UID_BASE + 3 || e != r || s != r || getgid() != UID_BASE + 3)
		return 1;
	return getgroups(0, NULL) == 1 ? 0 : 2;
}

static int no_caps_left(void)
{
	char text[4096];
	FILE *f;
	int rc = 1;

	f = fopen("/proc/self/status", "re");		/* Landlock may refuse it: then ask otherwise */
	if (f == NULL)
		return syscall(SYS_setresuid, 0, 0, 0) == -1 ? 0 : 1;
	while (fgets(text, sizeof(text), f) != NULL)
		if (strncmp(text, "CapEff:", 7) == 0)
			rc = strtoull(text + 7, NULL, 16) == 0 ? 0 : 2;
	fclose(f);
	return rc;
}

static int half_user(void *ctx)
{
	struct cage c = { .role = "test", .uid = UID_BASE + 1 };		/* no group */
	struct err e = { 0 };

	(void)ctx;
	return cage_drop(&c, &e) == -1 && getuid() == 0 ? 0 : 1;
}

static int dump_after(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }
static int new_privs(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1; }

static int core_limit(void)
{
	struct rlimit l;

	return getrlimit(RLIMIT_CORE, &l) == 0 && l.rlim_max == 0 ? 0 : 1;
}

static void test_user(void)
{
	is_int(inside("route", ENTERED, dump_after), 0, "a caged process is not dumpable");
	is_int(inside("route", ENTERED, new_privs), 0, "a caged process can gain no privilege");
	is_int(inside("route", SEALED, core_limit), 0, "a caged process writes no core");
	is_int(inside("route", ENTERED, no_caps_left), 0, "a caged process has no capability");
	if (geteuid() != 0) {
		ok(true, "skip: the change of user needs root");
		return;
	}
	is_int(inside("route", ENTERED, is_other_user), 0,
			"route runs as its own user and group with its one shared group");
	is_int(in_child(half_user, NULL), 0, "a user without a group is refused before anything changes");
}

static int cage_twice(void)
{
	struct cage c = { .role = "inner", .forks = true };
	struct err e = { 0 };

	c.paths[c.n_paths++] = (struct cage_path){ modules, CAGE_READ };
	return cage_enter(&c, &e) == 0 && cage_seal_forker(&c, &e) == 0 ? try_fork() : 201;
}

static int kill_child(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		for (;;)
			pause();
	if (kill(pid, SIGKILL) == -1)
		return errno;
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? 0 : 2;
}

static int abort_inside(void) { abort(); }

static int missing_path(void *ctx)
{
	struct cage c = { .role = "test" };
	struct err e = { 0 };

	(void)ctx;
	c.paths[c.n_paths++] = (struct cage_path){ "/nonexistent/optional", CAGE_READ | CAGE_OPTIONAL };
	c.paths[c.n_paths++] = (struct cage_path){ "/nonexistent/needed", CAGE_READ };
	return cage_enter(&c, &e) == -1 && strstr(e.text, "'/nonexistent/needed'") != NULL ? 0 : 1;
}

static void test_frame(void)
{
	is_int(inside("parse", ENTERED, cage_twice), 0,
			"a zygote enters a cage inside parse's, seals itself, and may still fork");
	is_int(inside("parse", ENTERED, kill_child), 0, "a zygote may kill its own child");
	ok(inside("route", SEALED, abort_inside) == KILLED + SIGABRT, "a sealed process that aborts dies of SIGABRT");
	if (cage_landlock_abi() > 0)
		is_int(in_child(missing_path, NULL), 0,
				"a missing directory refuses the cage by name, an optional one does not");
}

/* ---- what must work when sealed ---- */

/* One bus inside the sealed cage: route binds and this same process connects, over the pair's real directory. */
static int bus_round_trip(void *ctx)
{
	struct role_env env;
	struct bus *bus;
	struct bus_socket *hub, *peer;
	enum bus_sent sent;
	struct err e = { 0 };
	struct view got;
	char from[BUS_PEER], path[128];
	int line[2], rc = 0;

	(void)ctx;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, line) == -1
			|| role_enter(&env, &config, role_find(VIEW("route")), 1, line[1], &e) == -1
			|| bus_open(&bus, &e) == -1 || role_bus_bind(&hub, bus, &env, "route-parse", &e) == -1)
		goto bad;
	snprintf(path, sizeof(path), "%s/route-parse/bus", run);
	if (bus_connect(&peer, bus, path, "parse.1", &e) == -1 || role_ready(&env, &e) == -1)
		goto bad;
	for (int i = 0; i < 100 && rc == 0; i++) {
		if (bus_send(&sent, peer, NULL, VIEW("ping"), &e) == -1)
			goto bad;
		while ((rc = bus_recv(hub, from, &got, &e)) == 0) {
			struct bus_wait w[1] = { { .socket = hub } };

			if (bus_poll(bus, w, 1, 5000, &e) < 0)
				goto bad;
		}
		if (rc != 1 || !view_eq(got, VIEW("ping")) || bus_send(&sent, hub, from, VIEW("pong"), &e) == -1)
			goto bad;
		while ((rc = bus_recv(peer, from, &got, &e)) == 0) {
			struct bus_wait w[1] = { { .socket = peer } };

			if (bus_poll(bus, w, 1, 5000, &e) < 0)
				goto bad;
		}
		rc = rc == 1 && view_eq(got, VIEW("pong")) ? 0 : 3;
	}
	bus_socket_free(peer);
	bus_socket_free(hub);
	bus_free(bus);
	if (rc == 0 && (read(line[0], from, 1) != 1 || from[0] != 'R'))
		rc = 4;
	return rc;
bad:
	printf("# bus: %s\n", e.text);
	fflush(stdout);
	return 2;
}

static int sqlite_works(void)
{
	static const char sql[] = "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		"CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); BEGIN; INSERT INTO t(b) VALUES('x'),('y'); COMMIT;"
		"PRAGMA wal_checkpoint(TRUNCATE); CREATE INDEX i ON t(b); DELETE FROM t; VACUUM;";
	char path[160];
	sqlite3 *db = NULL;
	char *why = NULL;
	int rc;

	snprintf(path, sizeof(path), "%s/ledger/cage_test.db", home);
	rc = sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK ? 0 : 1;
	if (rc != 0)
		printf("# sqlite: %s\n", why == NULL ? sqlite3_errmsg(db) : why);
	fflush(stdout);
	sqlite3_close(db);
	unlink(path);
	return rc;
}

static int openssl_works(void)
{
	unsigned char sig[128];
	size_t n = sizeof(sig);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int good = key != NULL && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1
		&& EVP_DigestSign(md, sig, &n, (const unsigned char *)"text", 4) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	return good ? 0 : 1;
}

static int names_resolve(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int rc = getaddrinfo("localhost", "22", &hints, &list);

	if (rc == 0)
		freeaddrinfo(list);
	return rc == 0 ? 0 : 1;
}

static int closed_port;

static int ssh_connects(void)
{
	struct sftp_target t = { "127.0.0.1", "nobody", "ssh-ed25519 AAAA", "/nonexistent", closed_port, 2000 };
	struct sftp *s = NULL;
	struct err e = { 0 };

	if (sftp_connect(&s, &t, &e) == 0)
		return 1;
	if (strstr(e.text, "refused") != NULL)
		return 0;
	printf("# ssh: %s\n", e.text);
	fflush(stdout);
	return 2;
}

/* A port that was ours a moment ago: nobody listens there. */
static void find_closed_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd != -1 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0
			&& getsockname(fd, (struct sockaddr *)&a, &n) == 0)
		closed_port = ntohs(a.sin_port);
	close(fd);
}

static int log_works(void)
{
	int fd[2];
	char text[400] = "";

	if (pipe(fd) == -1)
		return 1;
	dup2(fd[1], STDERR_FILENO);
	log_step(LOG_NOTICE, "parcel.held", "parcel", "F7", "why", "control total\ndiffers \"x\"", NULL);
	if (read(fd[0], text, sizeof(text) - 1) <= 0)
		return 2;
	return strstr(text,
			"Z route.1 notice parcel.held parcel=F7 why=\"control total\\x0adiffers \\\"x\\\"\"\n") != NULL
			? 0 : 3;
}

static int spawn_thread(void)
{
	struct bus *bus;
	struct bus_socket *s;
	struct err e = { 0 };

	return bus_open(&bus, &e) == 0 && bus_connect(&s, bus, "/nonexistent/bus", "x", &e) == 0 ? 0 : 1;
}

static void test_works(void)
{
	log_open("route.1");
	is_int(inside("route", SEALED, log_works), 0,
			"a log line from the sealed cage is one line, escaped and quoted");
	is_int(in_child(bus_round_trip, NULL), 0,
			"ZeroMQ over ipc works in the sealed cage, and READY went to the supervisor's line");
	is_int(inside("reconcile", ENTERED, spawn_thread), 0,
			"ZeroMQ's threads start before the seal where fork is refused");
	is_int(inside("route", SEALED, sqlite_works), 0,
			"SQLite in WAL mode creates, commits and vacuums in route's sealed cage");
	is_int(inside("sign", SEALED, openssl_works), 0, "OpenSSL makes a key and signs in sign's sealed cage");
	is_int(inside("deliver", SEALED, names_resolve), names_resolve(),
			"localhost resolves in deliver's sealed cage as it does outside");
	find_closed_port();
	is_int(inside("deliver", SEALED, ssh_connects), 0, "libssh reaches the network from deliver's sealed cage");
}

/* ---- one job's child, and a trial load ---- */

static int child_pipe[2];
static const struct cage_limits small = { .memory_bytes = 512u << 20, .cpu_seconds = 1 };

static int child_with(int (*body)(void))
{
	struct cage c;
	struct err e = { 0 };

	if (!enter(&c, "parse", ENTERED) || cage_child_prepare(&e) == -1 || cage_child(&small, &e) == -1)
		return 202;
	return body();
}

static int run_child(void *ctx)
{
	const struct job *j = ctx;

	return child_with(j->body);
}

static int in_job(int (*body)(void)) { return in_child(run_child, &(struct job){ .body = body }); }

static int child_works(void)
{
	char *p = malloc(8 << 20), byte;

	if (p == NULL || write(child_pipe[1], "x", 1) != 1 || read(child_pipe[0], &byte, 1) != 1)
		return 1;
	memset(p, 1, 8 << 20);
	p = realloc(p, 16 << 20);
	free(p);
	return p == NULL ? 2 : role_monotonic_ms() > 0 ? 0 : 3;
}

static int child_eats(void) { return malloc((size_t)2 << 30) == NULL ? 0 : 1; }
__attribute__((noreturn)) static int child_spins(void) { for (volatile unsigned long i = 0; ; i++) ; }
static int child_opens(void) { return try_read("/dev/null"); }
static int child_kills(void) { return try_kill_parent(); }
static int child_dups(void) { return ANSWER(dup(0)); }
static int child_stats(void) { struct stat st; return ANSWER(stat("/", &st)); }

static void test_child(void)
{
	static const struct { const char *what; int (*body)(void); } deadly[] = {
		{ "opens a file", child_opens }, { "makes a unix socket", try_unix },
		{ "makes an INET socket", try_inet },
		{ "executes", try_exec }, { "forks", try_fork }, { "signals its parent", child_kills },
		{ "maps executable memory", try_exec_memory }, { "makes memory executable", try_mprotect_exec },
		{ "asks for io_uring", try_io_uring }, { "traces", try_ptrace_me }, { "duplicates an fd", child_dups },
		{ "looks at a path", child_stats }, { "raises a limit", try_more_files },
	};

	if (SANITIZED) {
		ok(true, "skip: a sanitizer build has no filter for the child");
		return;
	}
	is_int(in_job(child_works), 0, "a job's child reads, writes, allocates and asks for the time");
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		is_int(in_job(deadly[i].body), KILLED + SIGSYS, "a job's child that %s is killed", deadly[i].what);
	is_int(in_job(child_eats), 0, "a job's child gets no more memory than its limit");
	is_int(in_job(child_spins), KILLED + SIGXCPU,
			"a job's child that spins is killed at its limit of processor time");
}

static int load_library(void)
{
	return dlopen("libresolv.so.2", RTLD_NOW) != NULL ? 0 : 1;
}

static int create_tmp(void) { return try_create_in("/tmp"); }

static int run_trial(void *ctx)
{
	const struct job *j = ctx;
	struct cage c;
	struct err e = { 0 };

	return enter(&c, "parse", ENTERED) && cage_trial(&(struct cage_limits){ 0 }, &e) == 0 ? j->body() : 203;
}

static void test_trial(void)
{
	static const struct { const char *what; int (*body)(void); } deadly[] = {
		{ "executing", try_exec }, { "a socket", try_unix }, { "fork", try_fork },
		{ "creating a file", create_tmp },
	};

	if (SANITIZED) {
		ok(true, "skip: a sanitizer build has no filter for a trial load");
		return;
	}
	is_int(in_child(run_trial, &(struct job){ .body = load_library }), 0, "a trial loads a shared library");
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		is_int(in_child(run_trial, &(struct job){ .body = deadly[i].body }), KILLED + SIGSYS,
				"%s ends a trial load", deadly[i].what);
}

/* ---- */

static void make_place(void)
{
	struct err e = { 0 };
	char cmd[96];
	int fd;

	if (!place_make(base, sizeof(base), "tally-cage"))
		skip_all("no temporary directory");
	snprintf(home, sizeof(home), "%s/home", base);
	snprintf(run, sizeof(run), "%s/run", base);
	snprintf(modules, sizeof(modules), "%s/modules", base);
	snprintf(outside, sizeof(outside), "%s/outside", base);
	mkdir(modules, 0755);
	fd = open(outside, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	close(fd);
	config.uid_base = geteuid() == 0 ? UID_BASE : 0;
	if (tree_prepare(&config, &e) == -1) {
		snprintf(cmd, sizeof(cmd), "%.90s", e.text);
		skip_all(cmd);
	}
}

int main(void)
{
	make_place();
	if (pipe2(child_pipe, O_CLOEXEC) == -1)
		skip_all("no pipe");
	printf("# %s, %s\n", cage_describe(), geteuid() == 0 ? "as root: each role has its own user"
			: "as a plain user");
	test_refusals("route");
	test_refusals("deliver");
	test_inet();
	test_files();
	test_user();
	test_frame();
	test_works();
	test_child();
	test_trial();
	place_remove(base);
	return done_testing();
}
