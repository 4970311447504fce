/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_check - what one part of the configuration says about another
 *
 * Runs over the whole, after every file was read, so that a name may be used in one file and defined in a later one.
 * Each check notes its fault at the line of the key that is wrong, never at the one that is right.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/config_schema.h"

static void check_main(struct config_load *l)
{
	const struct config *c = l->config;

	if (c->same_uid_ok && !c->demo)
		config_fault_at(l, c, "same_uid_ok", "'same_uid_ok' is set without 'demo'; expected two persons to be "
			"two uids outside of a demo");
	if (c->demo_start[0] != '\0' && !c->demo)
		config_fault_at(l, c, "demo_start", "'demo_start' is set without 'demo'; expected the business clock "
			"to be the machine's outside of a demo");
	if (c->n_operators == 0 && c->n_rules > 0)
		config_fault_at(l, &c->rules[0], NULL, "approvals are asked for, but there is no operator; expected a "
			"file in operators.d");
}

static void check_operators(struct config_load *l)
{
	const struct config *c = l->config;

	for (size_t i = 0; i < c->n_operators; i++) {
		const struct operator *o = &c->operators[i];

		if (o->uid == 0)
			config_fault_at(l, o, "uid", "operator '%s' has uid 0; expected a person's own uid, since root "
				"never approves", o->name);
		for (size_t k = 0; k < i; k++) {
			const struct operator *p = &c->operators[k];

			if (o->name[0] != '\0' && strcmp(o->name, p->name) == 0)
				config_fault_at(l, o, "name", "operator '%s' stands in two files; expected one",
					o->name);
			if (o->uid == p->uid && o->uid != 0 && !(c->same_uid_ok && c->demo))
				config_fault_at(l, o, "uid", "operators '%s' and '%s' share uid %u; expected one uid a "
					"person", p->name, o->name, (unsigned)o->uid);
			if (o->key_id[0] != '\0' && strcmp(o->key_id, p->key_id) == 0)
				config_fault_at(l, o, "public_key", "operators '%s' and '%s' share one key; expected "
					"one key a person", p->name, o->name);
		}
	}
}

static void check_sftp(struct config_load *l, const struct partner *p)
{
	const struct { const char *key, *value, *expected; } needed[] = {
		{ "host", p->host, "a host name or address" }, { "user", p->user, "a login name" },
		{ "host_key", p->host_key, "the server's key, since nothing is sent to an unknown server" },
		{ "client_key", p->client_key, "the path of our private key" },
	};

	if (config_faulty(l, p, "kind"))
		return;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (p->kind == CHANNEL_SFTP && needed[i].value[0] == '\0')
			config_fault_at(l, p, needed[i].key, "'%s' is missing in a channel of kind \"sftp\"; expected "
				"%s", needed[i].key, needed[i].expected);
		if (p->kind == CHANNEL_DIR && needed[i].value[0] != '\0')
			config_fault_at(l, p, needed[i].key, "'%s' stands in a channel of kind \"dir\"; expected it in "
				"kind \"sftp\" only", needed[i].key);
	}
}

static void check_inbound(struct config_load *l, const struct partner *p, size_t at)
{
	struct inbound *in = &p->in[at];
	bool payroll = strcmp(in->purpose, "payroll") == 0;

	for (size_t i = 0; i < at; i++) {
		if (in->name[0] != '\0' && strcmp(in->name, p->in[i].name) == 0)
			config_fault_at(l, in, "name", "inbound '%s' stands twice in '%s'; expected each name once",
				in->name, p->name);
		else if (strcmp(in->path, p->in[i].path) == 0 && strcmp(in->pattern, p->in[i].pattern) == 0)
			config_fault_at(l, in, "path", "inbounds '%s' and '%s' watch the same files; expected another "
				"path or pattern", p->in[i].name, in->name);
	}
	if (payroll && in->people == PEOPLE_NONE)
		in->people = PEOPLE_ROW;		/* whose bank data, if not the row's? */
	if (!payroll && in->people != PEOPLE_NONE)
		config_fault_at(l, in, "people", "'people' stands in an inbound of purpose \"%s\"; expected it in "
			"\"payroll\" only", in->purpose);
	if (!payroll && in->pay_by[0] != '\0')
		config_fault_at(l, in, "pay_by", "'pay_by' stands in an inbound of purpose \"%s\"; expected it in "
			"\"payroll\" only", in->purpose);
	else if (payroll && in->pay_by[0] == '\0')
		config_fault_at(l, in, "pay_by", "'pay_by' is missing in payroll inbound '%s'; expected the outbound "
			"its payments leave by, \"partner/name\"", in->name);
	else if (payroll && config_outbound(l->config, view_of(in->pay_by), NULL) == NULL)
		config_fault_at(l, in, "pay_by", "'pay_by' is \"%s\", and there is no such outbound; expected "
			"\"partner/name\"", in->pay_by);
	if (in->done_path[0] != '\0' && strcmp(in->done_path, in->path) == 0)
		config_fault_at(l, in, "done_path",
			"'done_path' is the watched directory itself; expected another one");
}

static void check_outbound(struct config_load *l, const struct partner *p, size_t at)
{
	const struct outbound *o = &p->out[at];
	bool ach = o->company_name[0] != '\0' || o->odfi[0] != '\0' || o->immediate_destination[0] != '\0';

	for (size_t i = 0; i < at; i++)
		if (o->name[0] != '\0' && strcmp(o->name, p->out[i].name) == 0)
			config_fault_at(l, o, "name", "outbound '%s' stands twice in '%s'; expected each name once",
				o->name, p->name);
	if (strcmp(o->format, "nacha") == 0 && !ach)
		config_fault_at(l, o, "ach", "'ach' is missing in outbound '%s' of format \"nacha\"; expected a group "
			"{ immediate_destination = ... }", o->name);
	if (o->coalesce_max_ms < o->coalesce_ms)
		config_fault_at(l, o, "coalesce_max_ms", "'coalesce_max_ms' is %d and 'coalesce_ms' %d; expected the "
			"first to be no less", o->coalesce_max_ms, o->coalesce_ms);
}

/* Manifests of all partners lie in one directory under the file's own name: two outbounds may not make one name. */
static void check_file_names(struct config_load *l)
{
	const struct config *c = l->config;

	for (size_t i = 0; i < c->n_partners; i++) {
		for (size_t a = 0; a < c->partners[i].n_out; a++) {
			const struct outbound *o = &c->partners[i].out[a];

			if (strstr(o->file_name, "{artifact}") != NULL)
				continue;
			for (size_t k = 0; k <= i; k++)
				for (size_t b = 0; b < (k == i ? a : c->partners[k].n_out); b++) {
					const struct outbound *q = &c->partners[k].out[b];

					if (o->file_name[0] == '\0' || strcmp(o->file_name, q->file_name) != 0 ||
					    (k != i && strstr(o->file_name, "{partner}") != NULL))
						continue;
					config_fault_at(l, o, "file_name",
						"outbounds '%s/%s' and '%s/%s' make the same names; expected names "
						"that differ, by {partner} or {artifact}", c->partners[k].name, q->name,
						c->partners[i].name, o->name);
				}
		}
	}
}

static void check_partner(struct config_load *l, size_t at)
{
	const struct partner *p = &l->config->partners[at];

	for (size_t i = 0; i < at; i++)
		if (p->name[0] != '\0' && strcmp(p->name, l->config->partners[i].name) == 0)
			config_fault_at(l, p, "partner", "partner '%s' stands in two files; expected one", p->name);
	for (size_t i = 0; i < p->n_accounts; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(p->accounts[i].name, p->accounts[k].name) == 0)
				config_fault_at(l, &p->accounts[i], "number",
					"an account of '%s' stands twice; expected each number once", p->name);
	check_sftp(l, p);
	for (size_t i = 0; i < p->n_in; i++)
		check_inbound(l, p, i);
	for (size_t i = 0; i < p->n_out; i++)
		check_outbound(l, p, i);
}

static void check_rules(struct config_load *l)
{
	const struct config *c = l->config;

	for (size_t i = 0; i < c->n_rules; i++) {
		const struct approval_rule *r = &c->rules[i];

		if (r->partner[0] != '\0' && config_partner(c, view_of(r->partner)) == NULL)
			config_fault_at(l, r, "partner", "there is no partner '%s'; expected one of channels.d",
				r->partner);
		if ((size_t)r->persons > c->n_operators && c->n_operators > 0)
			config_fault_at(l, r, "persons", "%d persons are asked for and there are %zu operators; "
				"expected no more than there are", r->persons, c->n_operators);
	}
}

void config_check(struct config_load *l)
{
	check_main(l);
	check_operators(l);
	for (size_t i = 0; i < l->config->n_partners; i++)
		check_partner(l, i);
	check_file_names(l);
	check_rules(l);
}
