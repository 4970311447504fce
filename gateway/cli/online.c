/* SPDX-License-Identifier: Apache-2.0 */
/*
 * online - options and questions of the commands that speak to a running gateway
 *
 * The socket is found by the configuration (--config DIR, TALLY_CONFIG, /etc/tallygate) or directly (--run DIR, TALLY_RUN), so that an
 * operator need not be able to read partners' files.
 * Failure: words on stderr, exit status 2 for wrong use, 1 when the gateway says no or is not there.
 */
#include "gateway/cli/online.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "channels/bus.h"
#include "formats/core/wire.h"
#include "gateway/ask.h"
#include "gateway/config.h"
#include "gateway/proto.h"
#include "gateway/statement.h"

static const char *from_environment(const char *name, const char *otherwise)
{
	const char *v = getenv(name);

	return v != NULL && *v != '\0' ? v : otherwise;
}

/* One option with its value ("--key F" or "--key=F"): 1 taken, 0 not an option with a value, -1 value missing. */
static int take_value(const char *name, const char **out, int argc, char **argv, int *i)
{
	size_t n = strlen(name);

	if (strncmp(argv[*i], name, n) != 0 || (argv[*i][n] != '\0' && argv[*i][n] != '='))
		return 0;
	if (argv[*i][n] == '=') {
		*out = argv[*i] + n + 1;
		return 1;
	}
	if (*i + 1 >= argc)
		return -1;
	*out = argv[++*i];
	return 1;
}

static int wrong(const char *usage, const char *what, const char *arg)
{
	fprintf(stderr, "tallygate: %s '%s'\nusage: tallygate %s\n", what, arg, usage);
	return 2;
}

static int take_filter(struct online *o, int argc, char **argv, int *i)
{
	static const char *const names[] = { "amount", "name", "trace", "check", "last4", "date" };
	static char store[ONLINE_ARGS][200];
	const char *value;
	char option[16];
	int got;

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		snprintf(option, sizeof(option), "--%s", names[k]);
		got = take_value(option, &value, argc, argv, i);
		if (got <= 0 || o->n_filters == ONLINE_ARGS)
			continue;
		snprintf(store[o->n_filters], sizeof(store[0]), "%s=%s", names[k], value);
		o->filters[o->n_filters] = store[o->n_filters];
		o->n_filters++;
		return 1;
	}
	return 0;
}

int online_options(struct online *o, int argc, char **argv, const char *usage)
{
	const struct { const char *name; const char **out; } values[] = {
		{ "--config", &o->config }, { "--run", &o->run }, { "--operator", &o->operator_name }, { "--key", &o->key }, { "--reason", &o->reason }, { "--effective", &o->effective },
	};

	*o = (struct online){ .config = from_environment("TALLY_CONFIG", "/etc/tallygate"), .run = from_environment("TALLY_RUN", NULL), .fd = -1,
		.operator_name = from_environment("TALLY_OPERATOR", NULL), .key = from_environment("TALLY_KEY", NULL) };
	for (int i = 1; i < argc; i++) {
		int got = 0;

		for (size_t k = 0; got == 0 && k < sizeof(values) / sizeof(values[0]); k++)
			got = take_value(values[k].name, values[k].out, argc, argv, &i);
		if (got < 0)
			return wrong(usage, "a value is missing after", argv[i]);
		if (got == 1 || take_filter(o, argc, argv, &i))
			continue;
		if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--without-held-rows") == 0)
			o->rest = true;
		else if (argv[i][0] == '-')
			return wrong(usage, "unknown option", argv[i]);
		else if (o->n_args == ONLINE_ARGS)
			return wrong(usage, "too many arguments at", argv[i]);
		else
			o->args[o->n_args++] = argv[i];
	}
	return 0;
}

int online_open(struct online *o, struct err *err)
{
	struct config *config = NULL;
	struct buf report = { 0 };
	int rc;

	if (o->run != NULL)
		return ask_connect(&o->fd, o->run, err);
	rc = config_load(&config, o->config, &report, err);
	if (rc == 1)
		rc = err_set(err, -1, "the configuration '%s' has faults; `tallygate verify-config %s` lists them", o->config, o->config);
	if (rc == 0)
		rc = ask_connect(&o->fd, config->run, err);
	config_free(config);
	buf_release(&report);
	return rc;
}

void online_close(struct online *o)
{
	if (o->fd != -1)
		close(o->fd);
	o->fd = -1;
}

static void put_request(struct buf *m, const char *verb, const char *const *args, size_t n, const struct statement *statement, int64_t cursor)
{
	wire_begin(m, M_COMMAND);
	wire_text(m, T_VERB, verb);
	for (size_t i = 0; i < n; i++)
		wire_text(m, T_ARG, args[i]);
	if (statement != NULL)
		statement_put(m, T_STATEMENT, statement);
	wire_num(m, T_CURSOR, cursor);
}

int online_ask(struct online *o, const char *verb, const char *const *args, size_t n_args, const struct statement *statement, int *status,
	       void (*each)(void *ctx, struct view json, const struct doc_value *), void *ctx, struct err *err)
{
	struct buf request = { 0 }, answer = { .max = BUS_MESSAGE_MAX };
	static struct msg m;
	struct doc *doc = NULL;
	int64_t cursor = 0;
	int rc = -1;

	do {
		put_request(&request, verb, args, n_args, statement, cursor);
		if (ask(o->fd, &request, &answer, err) != 0)
			goto out;
		if (!msg_parse(&m, buf_as_view(&answer)) || m.type != M_ANSWER || doc_read(&doc, msg_text(&m, T_JSON), err) != 0) {
			err_set(err, -1, "the gateway's answer is malformed");
			goto out;
		}
		*status = (int)msg_num_or(&m, T_STATUS, 2);
		each(ctx, msg_text(&m, T_JSON), doc_root(doc));
		doc_free(doc);
		doc = NULL;
		cursor = msg_num_or(&m, T_CURSOR, 0);
	} while (cursor > 0 && *status == 0);
	rc = 0;
out:
	buf_release(&request);
	buf_release(&answer);
	return rc;
}
