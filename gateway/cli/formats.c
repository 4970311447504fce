/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formats, explain - what the modules say of themselves: version, direction, options, and every code with what to do
 *
 * Modules are loaded as the gateway loads them (owner, mode, trial child, abi, name); one that is refused is listed with its reason.
 */
#include <stdio.h>
#include <string.h>

#include "formats/core/json.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/offline.h"
#include "gateway/loader.h"
#include "gateway/reasons.h"

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
		printf("    --option %s=%s (standard %s)  %s\n", o->name, o->values ? o->values : "...", o->standard ? o->standard : "none", o->meaning ? o->meaning : "");
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

int cli_formats(int argc, char **argv)
{
	static struct loader l;
	struct err err = { 0 };
	struct buf out = { 0 };
	struct json j;

	if (loader_open(&l, offline_modules(), &err) != 0) {
		fprintf(stderr, "tallygate: %s\n", err.text);
		return 2;
	}
	json_init(&j, &out, false);
	json_array(&j, NULL);
	for (size_t i = 0; i < l.n; i++)
		if (wants_json(argc, argv))
			format_json(&j, &l.m[i]);
		else
			format_words(&l.m[i]);
	json_array_end(&j);
	if (wants_json(argc, argv))
		printf("%s\n", buf_cstr(&out));
	buf_release(&out);
	return 0;
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

int cli_explain(int argc, char **argv)
{
	static struct loader l;
	struct err err = { 0 };
	struct buf out = { 0 };
	struct json j;
	const char *code = NULL;
	int found = 0;

	for (int i = 1; i < argc; i++)
		code = argv[i][0] == '-' ? code : argv[i];
	if (code == NULL) {
		fprintf(stderr, "usage: tallygate explain CODE [--json]      such as NACHA_ENTRY_HASH, R03, C01 or 455\n");
		return 2;
	}
	json_init(&j, &out, false);
	if (reason_find(code) != NULL) {		/* why the gateway holds something: no module is needed to say it */
		found = 1;
		if (wants_json(argc, argv))
			explain_json(&j, "gateway", reason_find(code));
		else
			explain_words("gateway", reason_find(code));
	} else if (loader_open(&l, offline_modules(), &err) != 0) {
		fprintf(stderr, "tallygate: %s\n", err.text);
		return 2;
	}
	for (size_t i = 0; i < l.n && !found; i++)
		for (const struct tally_code *c = l.m[i].format ? l.m[i].format->findings : NULL; c != NULL && c->code != NULL && !found; c++) {
			if (strcmp(c->code, code) != 0)
				continue;
			found = 1;
			if (wants_json(argc, argv))
				explain_json(&j, l.m[i].name, c);
			else
				explain_words(l.m[i].name, c);
		}
	if (found && wants_json(argc, argv))
		printf("%s\n", buf_cstr(&out));
	if (!found)
		fprintf(stderr, "tallygate: no module knows the code '%s'; `tallygate formats` lists them\n", code);
	buf_release(&out);
	return found ? 0 : 2;
}
