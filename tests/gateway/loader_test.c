/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader_test - which modules are taken, and why the others are not
 *
 * Each case loads in a child of its own that is caged as the zygote is, since that is where the loader runs.  The
 * modules are built beside this test (tests/modules/hostile.c).
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/cage.h"
#include "gateway/loader.h"
#include "tests/lib/tap.h"

#ifdef TALLY_SANITIZED
#define FILTERED false
#else
#define FILTERED true
#endif

static char modules[512];
/* shared with the child */
static struct answer { int rc; struct err e; struct loader l; char version[32]; char found[32]; } *answer;

static void find_modules(void)
{
	ssize_t n = readlink("/proc/self/exe", modules, sizeof(modules) - 32);
	char *slash;

	modules[n < 0 ? 0 : n] = '\0';
	for (int i = 0; i < 2; i++)
		if ((slash = strrchr(modules, '/')) != NULL)
			*slash = '\0';
	strncat(modules, "/modules", 16);
}

/* loader_open() in a caged child; its table comes back through shared memory, without pointers being used. */
static void load(const char *dir, const char *head)
{
	struct cage cage = { .role = "test", .forks = true };
	static const char *const libraries[] = { "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache" };
	int status = 0;
	pid_t pid;

	memset(answer, 0, sizeof(*answer));
	answer->rc = -2;
	pid = fork();
	if (pid == 0) {
		alarm(120);
		cage.paths[cage.n_paths++] = (struct cage_path){ dir, CAGE_READ | CAGE_OPTIONAL };
		for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
			cage.paths[cage.n_paths++] = (struct cage_path){ libraries[i], CAGE_READ | CAGE_OPTIONAL };
		if (cage_enter(&cage, &answer->e) == -1)
			_exit(1);
		answer->rc = loader_open(&answer->l, dir, &answer->e);
		if (answer->rc == 0 && head != NULL) {
			const struct module *m = loader_detect(&answer->l, view_of(head));

			snprintf(answer->found, sizeof(answer->found), "%s", m == NULL ? "" : m->name);
			snprintf(answer->version, sizeof(answer->version), "%s", m == NULL ? "" : m->format->version);
		}
		_exit(0);
	}
	waitpid(pid, &status, 0);
}

static const char *refused(const char *name)
{
	const struct module *m = loader_find(&answer->l, view_of(name));

	if (m == NULL)
		return "not there";
	return m->refused[0] == '\0' ? "taken" : m->refused;
}

static char *path_of(char out[640], const char *dir, const char *name)
{
	snprintf(out, 640, "%s/%s", dir, name);
	return out;
}

static void copy_file(const char *from, const char *to, mode_t mode)
{
	char bytes[4096];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;

	while (in != NULL && out != NULL && (n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		fwrite(bytes, 1, n, out);
	if (in != NULL)
		fclose(in);
	if (out != NULL)
		fclose(out);
	chmod(to, mode);
}

/* On a busy machine the deadline may be first, whatever the attack is. */
static void attacks_in_constructors(void)
{
	static const struct { const char *attack, *why; bool needs_filter; } cases[] = {
		{ "exec", "SIGSYS", true }, { "socket", "SIGSYS", true }, { "fork", "SIGSYS", true },
		{ "open", "SIGSYS", true },
		{ "kill", "SIGSYS", true }, { "ptrace", "SIGSYS", true },
		{ "loop", "processor time", false }, { "memory", "died", true }, { "exit", "ended the process", false },
		{ "crash", "died", false }, { "stack", "died", false }, { "sleep", "died", false },
	};
	char dir[] = "/tmp/tallygate-loader-XXXXXX", from[640], to[640], name[32];

	if (mkdtemp(dir) == NULL)
		return;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].needs_filter && !FILTERED)
			continue;
		snprintf(name, sizeof(name), "ctor/ctor_%s.so", cases[i].attack);
		copy_file(path_of(from, modules, name), path_of(to, dir, name + 5), 0644);
	}
	load(dir, NULL);
	is_int(answer->rc, 0, "a directory of hostile modules is no error of the loader (%s)", answer->e.text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].needs_filter && !FILTERED)
			continue;
		snprintf(name, sizeof(name), "ctor_%s.so", cases[i].attack);
		unlink(path_of(to, dir, name));
		name[strlen(name) - 3] = '\0';
		ok(strstr(refused(name), cases[i].why) != NULL || strstr(refused(name), "did not come back") != NULL,
		   "a constructor that tries '%s' gets its module refused: %s", cases[i].attack, refused(name));
	}
	rmdir(dir);
}

static void liars(void)
{
	char dir[640];

	load(path_of(dir, modules, "liar"), NULL);
	ok(strstr(refused("oldabi"), "ABI 0") != NULL, "a module of another ABI is refused: %s", refused("oldabi"));
	ok(strstr(refused("small"), "40 bytes") != NULL,
		"a tally_format smaller than the first release's is refused: %s", refused("small"));
	ok(strstr(refused("othername"), "differ") != NULL,
		"a module that calls itself otherwise than its file is refused: %s", refused("othername"));
	ok(strstr(refused("nosymbol"), "no symbol") != NULL, "a library without the symbol is refused: %s",
		refused("nosymbol"));
}

static void owners_and_modes(void)
{
	char dir[] = "/tmp/tallygate-loader-XXXXXX", from[640], to[640];
	FILE *f;

	if (mkdtemp(dir) == NULL)
		return;
	path_of(from, modules, "good/hostile.so");
	copy_file(from, path_of(to, dir, "hostile.so"), 0644);
	load(dir, "line 1\n");
	is_str(refused("hostile"), "taken", "a module of ours that only we may write is taken");
	is_str(answer->found, "hostile", "its probe finds its files");
	is_str(answer->version, "1.0", "its version is read");
	load(dir, "nothing of the kind");
	is_str(answer->found, "", "a file that no probe knows is nobody's");
	chmod(to, 0664);
	load(dir, NULL);
	ok(strstr(refused("hostile"), "writable") != NULL, "a module that its group may write is refused: %s",
		refused("hostile"));
	chmod(to, 0646);
	load(dir, NULL);
	ok(strstr(refused("hostile"), "writable") != NULL, "a module that others may write is refused");
	chmod(to, 0644);
	if (geteuid() == 0) {
		if (chown(to, 4711, (gid_t)-1) == 0)
			load(dir, NULL);
		ok(strstr(refused("hostile"), "4711") != NULL, "a module of a third user is refused: %s",
			refused("hostile"));
		(void)!chown(to, 0, (gid_t)-1);
	}
	unlink(path_of(from, dir, "second.so"));
	if (link(to, from) == 0)
		load(dir, NULL);
	ok(strcmp(refused("second"), "taken") != 0, "the same file under a second name is refused: %s",
		refused("second"));
	unlink(from);
	if (symlink("hostile.so", from) == 0)
		load(dir, NULL);
	ok(strstr(refused("second"), "symbolic link") != NULL, "a symbolic link is refused: %s", refused("second"));
	unlink(from);
	f = fopen(path_of(from, dir, "text.so"), "w");
	if (f != NULL) {
		fputs("this is no library\n", f);
		fclose(f);
	}
	if (mkdir(path_of(from, dir, "folder.so"), 0755) == 0)
		load(dir, NULL);
	ok(strstr(refused("text"), "cannot be loaded") != NULL, "a text file called .so is refused: %s",
		refused("text"));
	ok(strstr(refused("folder"), "regular") != NULL, "a directory called .so is refused: %s", refused("folder"));
	is_str(refused("hostile"), "taken", "the good module beside refused ones is taken");
	rmdir(from);
	unlink(path_of(from, dir, "text.so"));
	unlink(to);
	load(dir, NULL);
	ok(answer->rc == 0 && answer->l.n == 0, "an empty directory holds no module and is no error");
	rmdir(dir);
	load(dir, NULL);
	ok(answer->rc == -1 && strstr(answer->e.text, "modules directory") != NULL,
		"a missing directory is an error: %s", answer->e.text);
}

int main(void)
{
	answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (answer == MAP_FAILED)
		return 1;
	umask(022);
	find_modules();
	attacks_in_constructors();
	liars();
	owners_and_modes();
	return done_testing();
}
