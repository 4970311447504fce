/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formats, explain - what the modules say of themselves: version, direction, options, and every code with what to do
 *
 * Modules are loaded as the gateway loads them (owner, mode, trial child, abi, name), in a caged child that prints; one
 * that is refused is listed with its reason.  Exit: 0, or 2 for wrong use, no modules, an unknown code.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/core/json.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/offline.h"
#include "gateway/loader.h"
#include "gateway/reasons.h"
#include "gateway/zygote_child.h"

static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

static const char *direction(const struct tally_format *f)
{
	return f->parse && f->emit_begin ? "in, out" : f->parse ? "in" : "out";
}

static void format_words(const struct module *m)
{
	if (m->format == NULL) {
		printf("%-10s refused: %s\n", m->name, m->refused);
		return;
	}
	printf("%-10s %-8s %s\n", m->format->name, m->format->version, direction(m->format));
	for (const struct tally_option *o = m->format->options; o != NULL && o->name != NULL; o++)
		printf("    --option %s=%s (standard %s)  %s\n", o->name, o->values ? o->values : "...",
			o->standard ? o->standard : "none", o->meaning ? o->meaning : "");
	printf("    codes:");
	for (const struct tally_code *c = m->format->findings; c != NULL && c->code != NULL; c++)
		printf(" %s", c->code);
	printf("\n");
}

static void format_json(struct json *j, const struct module *m)
{
	json_object(j, NULL);
	json_cstr(j, "name", m->name);
	if (m->format == NULL) {
		json_cstr(j, "refused", m->refused);
		json_object_end(j);
		return;
	}
	json_cstr(j, "version", m->format->version);
	json_cstr(j, "direction", direction(m->format));
	json_array(j, "options");
	for (const struct tally_option *o = m->format->options; o != NULL && o->name != NULL; o++) {
		json_object(j, NULL);
		json_cstr(j, "name", o->name);
		json_cstr(j, "values", o->values);
		json_cstr(j, "standard", o->standard);
		json_cstr(j, "meaning", o->meaning);
		json_object_end(j);
	}
	json_array_end(j);
	json_array(j, "findings");
	for (const struct tally_code *c = m->format->findings; c != NULL && c->code != NULL; c++)
		json_cstr(j, NULL, c->code);
	json_array_end(j);
	json_object_end(j);
}

/*
 * Runs `tell` on the loaded modules in a child that is caged as the zygote is: a module's tables are its own pages, and
 * its constructor has run.  Returns the exit status.
 */
static int with_modules(int (*tell)(const struct loader *, bool json, const char *code), bool json, const char *code)
{
	static struct loader l;
	struct err err = { 0 };
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (zygote_cage(offline_modules(), &err) != 0 || loader_open(&l, offline_modules(), &err) != 0) {
			fprintf(stderr, "tallygate: %s\n", err.text);
			_exit(2);
		}
		status = tell(&l, json, code);
		_exit(fflush(stdout) == 0 ? status : 2);
	}
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (pid != -1 && WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "tallygate: a module ended the process that looked at it\n");
	return 2;
}

static int tell_formats(const struct loader *l, bool json, const char *code)
{
	struct buf out = { 0 };
	struct json j;

	(void)code;
	json_init(&j, &out, false);
	json_array(&j, NULL);
	for (size_t i = 0; i < l->n; i++)
		if (json)
			format_json(&j, &l->m[i]);
		else
			format_words(&l->m[i]);
	json_array_end(&j);
	if (json)
		printf("%s\n", buf_cstr(&out));
	buf_release(&out);
	return 0;
}

int cli_formats(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") != 0) {
			fprintf(stderr, "usage: tallygate formats [--json]\n");
			return 2;
		}
	return with_modules(tell_formats, wants_json(argc, argv), NULL);
}

static void explain_words(const char *module, const struct tally_code *c)
{
	printf("%s (%s)\n  %s\n  do: %s\n", c->code, module, c->title, c->action ? c->action : "nothing");
	if (c->source != NULL)
		printf("  source: %s\n", c->source);
}

static void explain_json(struct json *j, const char *module, const struct tally_code *c)
{
	json_object(j, NULL);
	json_cstr(j, "code", c->code);
	json_cstr(j, "format", module);
	json_cstr(j, "severity", severity_name(c->severity));
	json_cstr(j, "title", c->title);
	json_cstr(j, "action", c->action);
	json_cstr(j, "source", c->source);
	json_object_end(j);
}

static void explain_one(const char *who, const struct tally_code *c, bool json)
{
	struct buf out = { 0 };
	struct json j;

	if (!json) {
		explain_words(who, c);
		return;
	}
	json_init(&j, &out, false);
	explain_json(&j, who, c);
	printf("%s\n", buf_cstr(&out));
	buf_release(&out);
}

/* A module's own finding or reason first; then what stands in the data. */
static bool explain_by(const struct module *m, const char *code, bool json)
{
	const struct tally_format *f = m->format;
	struct tally_code said;

	for (const struct tally_code *c = f == NULL ? NULL : f->findings; c != NULL && c->code != NULL; c++)
		if (strcmp(c->code, code) == 0) {
			explain_one(m->name, c, json);
			return true;
		}
	if (f == NULL || !LOADER_HAS(f, explain) || !f->explain(view_of(code), &said))
		return false;
	explain_one(m->name, &said, json);
	return true;
}

static int tell_code(const struct loader *l, bool json, const char *code)
{
	for (size_t i = 0; i < l->n; i++)
		if (explain_by(&l->m[i], code, json))
			return 0;
	fprintf(stderr, "tallygate: no module knows the code '%s'; `tallygate formats` lists those of the modules\n",
		code);
	return 2;
}

static const struct tally_code *machine_code(const char *code)
{
	const struct tally_code *c = zygote_codes;

	while (c->code != NULL && strcmp(c->code, code) != 0)
		c++;
	return c->code == NULL ? NULL : c;
}

int cli_explain(int argc, char **argv)
{
	const struct tally_code *ours;
	const char *code = NULL;
	int n = 0;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") != 0) {
			code = argv[i];
			n++;
		}
	if (n != 1 || code[0] == '-') {
		fprintf(stderr, "usage: tallygate explain CODE [--json]\n");
		fprintf(stderr, "       such as NACHA_ENTRY_HASH, R03, C01 or 455\n");
		return 2;
	}
	ours = reason_find(code);		/* why the gateway holds something: no module is needed to say it */
	if (ours == NULL)
		ours = machine_code(code);
	if (ours == NULL)
		return with_modules(tell_code, wants_json(argc, argv), code);
	explain_one("gateway", ours, wants_json(argc, argv));
	return 0;
}
