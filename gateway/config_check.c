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

static bool pays_paper(const struct outbound *o)
{
	return o->check_account[0] != '\0' || o->funded_by[0] != '\0';
}

static void check_way(struct config_load *l, const struct inbound *in, const char *key, const char *name,
	enum outbound_way way, const char *group)
{
	const struct outbound *o = config_outbound(l->config, view_of(name), NULL);

	if (name[0] == '\0')
		return;
	if (strcmp(in->purpose, "payroll") != 0)
		config_fault_at(l, in, key, "'%s' stands in an inbound of purpose \"%s\"; expected it in \"payroll\" only",
			key, in->purpose);
	else if (o == NULL)
		config_fault_at(l, in, key, "'%s' is \"%s\", and there is no such outbound; expected \"partner/name\"", key,
			name);
	else if (config_way(l->config, o) != way)
		config_fault_at(l, in, key, "'%s' is \"%s\", which writes no %s; expected an outbound with a group '%s'",
			key, name, group, way == WAY_CHECK ? "check" : "rollover");
}

/* people = "feed" names the inbound whose persons it joins; "row" needs none. */
static void check_people(struct config_load *l, const struct inbound *in)
{
	const struct inbound *from = config_inbound(l->config, view_of(in->people_from), NULL);

	if (in->people == PEOPLE_FEED && in->people_from[0] == '\0')
		config_fault_at(l, in, "people_from", "'people_from' is missing beside people = \"feed\" in '%s'; expected "
			"the inbound of purpose \"people\" that knows them, \"partner/name\"", in->name);
	else if (in->people != PEOPLE_FEED && in->people_from[0] != '\0')
		config_fault_at(l, in, "people_from", "'people_from' stands in inbound '%s' without people = \"feed\"; expected "
			"both or none", in->name);
	else if (in->people == PEOPLE_FEED && (from == NULL || strcmp(from->purpose, "people") != 0))
		config_fault_at(l, in, "people_from", "'people_from' is \"%s\", and there is no such inbound of purpose "
			"\"people\"; expected \"partner/name\"", in->people_from);
}

static void check_answer(struct config_load *l, const struct inbound *in)
{
	const struct outbound *to = config_outbound(l->config, view_of(in->answer_to), NULL);

	if (in->answer_to[0] == '\0')
		return;
	if (strcmp(in->purpose, "payroll") != 0 && strcmp(in->purpose, "people") != 0)
		config_fault_at(l, in, "answer_to", "'answer_to' stands in an inbound of purpose \"%s\"; expected it in "
			"\"payroll\" and \"people\" only", in->purpose);
	else if (to == NULL || strcmp(to->format, "notice") != 0)
		config_fault_at(l, in, "answer_to", "'answer_to' is \"%s\", and there is no such outbound of format "
			"\"notice\"; expected \"partner/name\"", in->answer_to);
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
	else if (payroll && pays_paper(config_outbound(l->config, view_of(in->pay_by), NULL)))
		config_fault_at(l, in, "pay_by", "'pay_by' is \"%s\", which writes checks or rollovers; expected an outbound "
			"of payments, and 'check_by' or 'rollover_by' for those", in->pay_by);
	check_way(l, in, "check_by", in->check_by, WAY_CHECK, "checks");
	check_way(l, in, "rollover_by", in->rollover_by, WAY_ROLLOVER, "rollovers");
	check_people(l, in);
	check_answer(l, in);
	if (in->done_path[0] != '\0' && strcmp(in->done_path, in->path) == 0)
		config_fault_at(l, in, "done_path",
			"'done_path' is the watched directory itself; expected another one");
}

static bool is_ach(const struct outbound *o)
{
	return o->company_name[0] != '\0' || o->odfi[0] != '\0' || o->immediate_destination[0] != '\0';
}

/* An outbound says by its group what it pays by, and so it has one of them at most. */
static void check_groups(struct config_load *l, const struct outbound *o)
{
	static const char *const names[] = { "ach", "check", "rollover" };
	const bool there[] = { is_ach(o), o->check_account[0] != '\0', o->funded_by[0] != '\0' };
	static const char *const formats[] = { "nacha", "check", "rollover" };
	int n = 0;

	for (int i = 0; i < 3; i++) {
		if (strcmp(o->format, formats[i]) == 0 && !there[i])
			config_fault_at(l, o, names[i], "'%s' is missing in outbound '%s' of format \"%s\"; expected a group "
				"{ %s = ... }", names[i], o->name, formats[i], i == 0 ? "immediate_destination" : i == 1
				? "account" : "funded_by");
		n += there[i];
		if (there[i] && n == 2)
			config_fault_at(l, o, names[i], "'%s' stands beside another group in outbound '%s'; expected one of "
				"'ach', 'check' and 'rollover'", names[i], o->name);
	}
}

static int by_number(const char *a, const char *b)
{
	size_t n = strlen(a), k = strlen(b);

	return n != k ? (n > k) - (n < k) : strcmp(a, b);
}

/* The numbers that a printer takes for spoiled checks are a range of their own, ahead of ours. */
static void check_reprints(struct config_load *l, const struct outbound *o)
{
	if (o->reprint_first[0] == '\0' && o->reprint_last[0] == '\0')
		return;
	if (o->reprint_first[0] == '\0' || o->reprint_last[0] == '\0' || by_number(o->reprint_last, o->reprint_first) < 0)
		config_fault_at(l, o, o->reprint_first[0] == '\0' ? "reprint_last" : "reprint_first", "'reprint_first' is \"%s\" and "
			"'reprint_last' is \"%s\"; expected both, the second no less than the first", o->reprint_first, o->reprint_last);
	else if (by_number(o->first_serial, o->reprint_first) >= 0 && by_number(o->first_serial, o->reprint_last) <= 0)
		config_fault_at(l, o, "first_serial", "'first_serial' is \"%s\", one of the printer's own numbers; expected one "
			"outside of 'reprint_first' to 'reprint_last'", o->first_serial);
}

/* A positive-pay file pays nothing: sign lets an approval of checks stand for it too, so it may be nothing else. */
static void check_pairs(struct config_load *l, const struct outbound *o)
{
	const struct config *c = l->config;
	const struct outbound *to = config_outbound(c, view_of(o->positive_pay), NULL);

	if (o->positive_pay[0] != '\0' && to == NULL)
		config_fault_at(l, o, "positive_pay", "'positive_pay' is \"%s\", and there is no such outbound; expected "
			"\"partner/name\"", o->positive_pay);
	else if (o->positive_pay[0] != '\0' && (is_ach(to) || to->check_account[0] != '\0' || to->funded_by[0] != '\0'))
		config_fault_at(l, o, "positive_pay", "'positive_pay' is \"%s\", which pays by itself; expected an outbound "
			"without 'ach', 'check' and 'rollover'", o->positive_pay);
	for (size_t i = 0; to != NULL && i < c->n_partners; i++)
		for (size_t k = 0; k < c->partners[i].n_in; k++)
			if (config_outbound(c, view_of(c->partners[i].in[k].pay_by), NULL) == to)
				config_fault_at(l, o, "positive_pay", "'positive_pay' is \"%s\", by which '%s/%s' is paid; "
					"expected an outbound that pays nothing", o->positive_pay, c->partners[i].name,
					c->partners[i].in[k].name);
	to = config_outbound(c, view_of(o->funded_by), NULL);
	if (o->funded_by[0] != '\0' && (to == NULL || !is_ach(to)))
		config_fault_at(l, o, "funded_by", "'funded_by' is \"%s\", and there is no such ACH outbound; expected "
			"\"partner/name\" of one with a group 'ach'", o->funded_by);
}

static void check_outbound(struct config_load *l, const struct partner *p, size_t at)
{
	const struct outbound *o = &p->out[at];

	for (size_t i = 0; i < at; i++)
		if (o->name[0] != '\0' && strcmp(o->name, p->out[i].name) == 0)
			config_fault_at(l, o, "name", "outbound '%s' stands twice in '%s'; expected each name once",
				o->name, p->name);
	check_groups(l, o);
	check_reprints(l, o);
	check_pairs(l, o);
	if (strcmp(o->format, "notice") != 0 && o->file_name[0] == '\0')
		config_fault_at(l, o, "file_name", "'file_name' is missing in outbound '%s'; expected a name of letters, "
			"digits and . _ - with {date}, {modifier} or {artifact} in it", o->name);
	if (strcmp(o->format, "notice") == 0 && (o->file_name[0] != '\0' || o->manifest != MANIFEST_NONE))
		config_fault_at(l, o, o->file_name[0] != '\0' ? "file_name" : "manifest", "outbound '%s' of format \"notice\" "
			"has a file name or a manifest; expected none, since notices are named by what they answer and are not "
			"signed", o->name);
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

static void check_ways(struct config_load *l)
{
	const struct config *c = l->config;

	for (size_t i = 0; i < c->n_ways; i++) {
		const struct way_rule *w = &c->ways[i];

		if (w->feed[0] != '\0' && config_inbound(c, view_of(w->feed), NULL) == NULL)
			config_fault_at(l, w, "feed", "'feed' is \"%s\", and there is no such inbound; expected "
				"\"partner/name\", or nothing for every feed", w->feed);
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->ways[k].feed, w->feed) == 0)
				config_fault_at(l, w, "feed", "the ways of '%s' stand twice; expected each feed once",
					w->feed[0] != '\0' ? w->feed : "every feed");
	}
}

/* Rules that stand alone, so that a folder of rules is checked as well. */
void config_check_decisions(struct config_load *l)
{
	const struct config *c = l->config;

	for (size_t i = 0; i < c->n_write_offs; i++) {
		const struct write_off_rule *w = &c->write_offs[i];

		if (w->second_minor > w->most_minor)
			config_fault_at(l, w, "second_above", "'second_above' is above 'most' in %s; expected no more than 'most'", w->ccy);
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->write_offs[k].ccy, w->ccy) == 0)
				config_fault_at(l, w, "currency", "the limit of write-offs in %s stands twice; expected each currency once", w->ccy);
	}
	for (size_t i = 0; i < c->n_decisions; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->decisions[k].act, c->decisions[i].act) == 0 && !config_faulty(l, &c->decisions[k], "act") &&
			    !config_faulty(l, &c->decisions[i], "act"))
				config_fault_at(l, &c->decisions[i], "act", "the rule of '%s' stands twice; expected each act once",
					*c->decisions[i].act == '\0' ? "every act" : c->decisions[i].act);
}

void config_check(struct config_load *l)
{
	check_main(l);
	check_operators(l);
	for (size_t i = 0; i < l->config->n_partners; i++)
		check_partner(l, i);
	check_file_names(l);
	check_rules(l);
	check_ways(l);
}
