/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config - walks the configuration directory, gathers every fault, hands out the whole or nothing
 *
 * Files of a folder are read in byte order of their names, so that the hash and the order of messages do not depend on
 * the file system.  A file that cannot be opened is a reason to stop (-1): whoever may not read his configuration must
 * not run on half of it.
 *
 * Failure: see config.h.  Ownership: struct config owns all; the trees of the text live only while it is read.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channels/digest.h"
#include "gateway/config_schema.h"
#include "gateway/seal.h"
#include "rules/calendar.h"
#include "rules/cutoff.h"

#define HOLIDAYS_MAX (CALENDAR_CLOSED / 2)		/* the calendar's file and the partner's, both whole, fit one calendar */
#define FILES_MAX (4 * CONFIG_FILES + 1)

/* ---- files ---- */

int config_slurp(struct buf *out, const char *path, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = -1;

	if (fd == -1)
		return err_set(e, errno, "cannot open '%s': %s", path, strerror(errno));
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		err_set(e, EINVAL, "'%s' is not a file", path);
		goto out;
	}
	if (st.st_size > (off_t)CONFIG_FILE_MAX) {
		err_set(e, EFBIG, "'%s' is longer than a configuration file may be", path);
		goto out;
	}
	for (;;) {
		char *room = buf_reserve(out, 8192);
		ssize_t n = room == NULL ? -1 : read(fd, room, 8192);

		if (n == -1 && room != NULL && errno == EINTR)
			continue;
		if (n == -1) {
			err_set(e, errno, "cannot read '%s': %s", path, room == NULL ? "too long" : strerror(errno));
			goto out;
		}
		if (n == 0)
			break;
		out->n += (size_t)n;
	}
	rc = 0;
out:
	close(fd);
	return rc;
}

void config_hash_add(struct config_load *l, const char *name, struct view bytes)
{
	struct config_hashed *more = realloc(l->hashed, (l->n_hashed + 1) * sizeof(*more));

	if (more == NULL) {
		l->no_memory = true;
		return;
	}
	l->hashed = more;
	more[l->n_hashed].name = config_copy(l, name);
	digest_hex(bytes, more[l->n_hashed].sha256);
	l->n_hashed++;
}

static int by_name(const void *a, const void *b)
{
	const struct config_hashed *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : strcmp(x->sha256, y->sha256);
}

static void hash_all(struct config_load *l, const char *prefix, char hex[65])
{
	struct buf lines = { .max = 0 };

	for (size_t i = 0; i < l->n_hashed; i++)
		if (strncmp(l->hashed[i].name, prefix, strlen(prefix)) == 0)
			buf_fmt(&lines, "%s  %s\n", l->hashed[i].sha256, l->hashed[i].name);
	if (lines.failed)
		l->no_memory = true;
	digest_hex(buf_as_view(&lines), hex);
	buf_release(&lines);
}

struct folder { char **names; size_t n; };

static void folder_release(struct folder *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->names[i]);
	free(f->names);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in DIR/folder that end so; a folder that is not there is an empty one. */
static int folder_list(struct config_load *l, struct folder *out, const char *folder, const char *ending, struct err *e)
{
	char *path = config_path(l, folder);
	DIR *dir = path == NULL ? NULL : opendir(path);
	struct dirent *entry;
	int rc = -1;

	memset(out, 0, sizeof(*out));
	if (dir == NULL && path != NULL && errno == ENOENT) {
		free(path);
		return 0;
	}
	out->names = config_take(l, CONFIG_FILES, sizeof(*out->names));
	if (dir == NULL || out->names == NULL) {
		err_set(e, errno, "cannot read '%s': %s", path == NULL ? folder : path, strerror(errno));
		goto out;
	}
	while ((entry = readdir(dir)) != NULL) {
		size_t n = strlen(entry->d_name), end = strlen(ending);

		if (entry->d_name[0] == '.' || n <= end || strcmp(entry->d_name + n - end, ending) != 0)
			continue;
		if (out->n == CONFIG_FILES) {
			err_set(e, E2BIG, "'%s' holds more than %d files", path, CONFIG_FILES);
			goto out;
		}
		out->names[out->n] = config_copy(l, entry->d_name);
		if (out->names[out->n] == NULL)
			goto out;
		out->n++;
	}
	qsort(out->names, out->n, sizeof(*out->names), compare_names);
	rc = 0;
out:
	if (dir != NULL)
		closedir(dir);
	free(path);
	return rc;
}

/* ---- one file after the other ---- */

static int add_file(struct config_load *l, const char *name, struct buf *text, struct err *e)
{
	struct config_file *f;

	if (l->n_files == FILES_MAX)
		return err_set(e, E2BIG, "there are more than %d configuration files", FILES_MAX);
	f = &l->files[l->n_files++];
	f->name = config_copy(l, name);
	f->path = config_path(l, name);
	if (f->path == NULL || f->name == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if (config_slurp(text, f->path, e) == -1)
		return -1;
	config_hash_add(l, name, buf_as_view(text));
	return 0;
}

static int read_conf(struct config_load *l, const char *name, struct err *e)
{
	struct buf text = { .max = CONFIG_FILE_MAX + 8192 };
	int rc = add_file(l, name, &text, e);

	if (rc == 0)
		config_tree(l, (int)l->n_files - 1, buf_as_view(&text), &l->files[l->n_files - 1].root);
	buf_release(&text);
	return rc;
}

static int read_folder(struct config_load *l, const char *folder, size_t *n, struct err *e)
{
	struct folder f;
	char name[512];
	int rc = folder_list(l, &f, folder, ".conf", e);

	*n = 0;
	for (size_t i = 0; rc == 0 && i < f.n; i++) {
		snprintf(name, sizeof(name), "%s/%s", folder, f.names[i]);
		rc = read_conf(l, name, e);
		*n += rc == 0;
	}
	folder_release(&f);
	return rc;
}

static int compare_dates(const void *a, const void *b)
{
	date_t x = *(const date_t *)a, y = *(const date_t *)b;

	return x < y ? -1 : x > y;
}

static void parse_holidays(struct config_load *l, int file, struct view text, struct holidays *h)
{
	struct view rest = text, line;

	h->days = config_take(l, HOLIDAYS_MAX, sizeof(*h->days));
	for (int n = 1; h->days != NULL && view_cut(&rest, '\n', &line); n++) {
		struct view day;
		date_t d;

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (!view_cut(&line, '#', &day) || (day = view_trim(day)).n == 0)
			continue;
		if (!date_parse_iso(&d, day))
			config_fault(l, file, n, "this is no day; expected YYYY-MM-DD, or # and a remark");
		else if (h->n == HOLIDAYS_MAX)
			config_fault(l, file, n, "there are too many days; expected at most %d", HOLIDAYS_MAX);
		else
			h->days[h->n++] = d;
	}
	if (h->days != NULL)
		qsort(h->days, h->n, sizeof(*h->days), compare_dates);
}

static void check_holidays_name(struct config_load *l, int file, const char *name)
{
	struct calendar c;

	for (size_t i = 0; i < l->n_files; i++)
		if (l->files[i].broken)
			return;			/* the partner may stand there */
	if (!calendar_init(&c, view_of(name)) && config_partner(l->config, view_of(name)) == NULL)
		config_fault(l, file, 1, "no calendar and no partner is called '%s'; expected the file to be named "
			"after one", name);
}

static int read_holidays(struct config_load *l, struct err *e)
{
	struct config *c = l->config;
	struct folder f;
	char name[512];
	int rc = folder_list(l, &f, "holidays", ".txt", e);

	c->holidays = config_take(l, f.n, sizeof(*c->holidays));
	for (size_t i = 0; rc == 0 && c->holidays != NULL && i < f.n; i++) {
		struct buf text = { .max = CONFIG_FILE_MAX + 8192 };
		struct holidays *h = &c->holidays[c->n_holidays++];

		snprintf(name, sizeof(name), "holidays/%s", f.names[i]);
		f.names[i][strlen(f.names[i]) - 4] = '\0';
		h->name = config_copy(l, f.names[i]);
		rc = add_file(l, name, &text, e);
		if (rc == 0) {
			parse_holidays(l, (int)l->n_files - 1, buf_as_view(&text), h);
			check_holidays_name(l, (int)l->n_files - 1, f.names[i]);
		}
		buf_release(&text);
	}
	folder_release(&f);
	return rc;
}

/* ---- from trees to structs ---- */

/* Files of one folder stand side by side in l->files, from `first` on. */
static void apply_files(struct config_load *l, size_t first, size_t n, const struct config_table *t, char *array,
	size_t size)
{
	for (size_t i = 0; array != NULL && i < n; i++) {
		struct config_file *f = &l->files[first + i];

		config_origin_add(l, array + i * size, (int)(first + i), &f->root);
		config_apply(l, (int)(first + i), &f->root, t, array + i * size);
	}
}

static size_t count_of(const struct config_load *l, size_t first, size_t n, const char *list_name)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++) {
		const struct config_node *list = config_node_find(&l->files[first + i].root, list_name);

		total += list != NULL && list->type == NODE_LIST ? list->n_kids : 0;
	}
	return total;
}

/* One file's elements behind those of the files before it; where they came from moves with them. */
static void append(struct config_load *l, char *all, size_t *have, size_t room, char *part, size_t n, size_t size)
{
	for (size_t k = 0; k < n && *have < room; k++) {
		for (size_t o = 0; o < l->n_origins; o++)
			if (l->origins[o].object == part + k * size)
				l->origins[o].object = all + *have * size;
		memcpy(all + *have * size, part + k * size, size);
		++*have;
	}
	free(part);
}

/* rules.d: several files, one list of each kind. */
static void apply_rules(struct config_load *l, size_t first, size_t n)
{
	size_t rules = count_of(l, first, n, "approvals"), ways = count_of(l, first, n, "ways");
	size_t days = count_of(l, first, n, "match_days"), extracts = count_of(l, first, n, "extract");
	size_t statements = count_of(l, first, n, "statements");
	size_t offs = count_of(l, first, n, "write_offs"), decisions = count_of(l, first, n, "decisions");
	struct config *c = l->config;

	c->rules = config_take(l, rules, sizeof(*c->rules));
	c->ways = config_take(l, ways, sizeof(*c->ways));
	c->match_days = config_take(l, days, sizeof(*c->match_days));
	c->extracts = config_take(l, extracts, sizeof(*c->extracts));
	c->statements = config_take(l, statements, sizeof(*c->statements));
	c->write_offs = config_take(l, offs, sizeof(*c->write_offs));
	c->decisions = config_take(l, decisions, sizeof(*c->decisions));
	for (size_t i = 0; !l->no_memory && i < n; i++) {
		struct config part = { .dir = c->dir };

		config_apply(l, (int)(first + i), &l->files[first + i].root, &config_table_rules, &part);
		append(l, (char *)c->rules, &c->n_rules, rules, (char *)part.rules, part.n_rules, sizeof(*c->rules));
		append(l, (char *)c->ways, &c->n_ways, ways, (char *)part.ways, part.n_ways, sizeof(*c->ways));
		append(l, (char *)c->match_days, &c->n_match_days, days, (char *)part.match_days, part.n_match_days, sizeof(*c->match_days));
		append(l, (char *)c->extracts, &c->n_extracts, extracts, (char *)part.extracts, part.n_extracts, sizeof(*c->extracts));
		append(l, (char *)c->statements, &c->n_statements, statements, (char *)part.statements, part.n_statements, sizeof(*c->statements));
		append(l, (char *)c->write_offs, &c->n_write_offs, offs, (char *)part.write_offs, part.n_write_offs, sizeof(*c->write_offs));
		append(l, (char *)c->decisions, &c->n_decisions, decisions, (char *)part.decisions, part.n_decisions, sizeof(*c->decisions));
	}
}

static int read_all(struct config_load *l, struct err *e)
{
	struct config *c = l->config;
	size_t channels, operators, rules;

	if (read_conf(l, "tallygate.conf", e) == -1 || read_folder(l, "channels.d", &channels, e) == -1 ||
	    read_folder(l, "operators.d", &operators, e) == -1 || read_folder(l, "rules.d", &rules, e) == -1)
		return -1;
	c->partners = config_take(l, channels, sizeof(*c->partners));
	c->operators = config_take(l, operators, sizeof(*c->operators));
	if (c->partners == NULL || c->operators == NULL)
		return err_set(e, ENOMEM, "out of memory");
	apply_files(l, 0, 1, &config_table_main, (char *)c, sizeof(*c));
	c->n_partners = channels;
	apply_files(l, 1, channels, &config_table_channel, (char *)c->partners, sizeof(*c->partners));
	for (size_t i = 0; i < channels; i++)
		c->partners[i].file = config_copy(l, l->files[1 + i].path);
	c->n_operators = operators;
	apply_files(l, 1 + channels, operators, &config_table_operator, (char *)c->operators, sizeof(*c->operators));
	apply_rules(l, 1 + channels + operators, rules);
	return read_holidays(l, e);
}

/* A dir channel's paths are below DIR when they are relative; an sftp channel's belong to the server. */
static void resolve_path(struct config_load *l, char **path)
{
	char *whole = config_path(l, *path);

	if (whole != NULL) {
		free(*path);
		*path = whole;
	}
}

static void resolve_paths(struct config_load *l)
{
	for (size_t i = 0; i < l->config->n_partners; i++) {
		struct partner *p = &l->config->partners[i];

		for (size_t k = 0; p->kind == CHANNEL_DIR && k < p->n_in; k++) {
			resolve_path(l, &p->in[k].path);
			resolve_path(l, &p->in[k].done_path);
		}
		for (size_t k = 0; p->kind == CHANNEL_DIR && k < p->n_out; k++) {
			resolve_path(l, &p->out[k].path);
			resolve_path(l, &p->out[k].manifest_path);
		}
	}
}

static int by_place(const void *a, const void *b)
{
	const struct config_fault *x = a, *y = b;

	if (x->file != y->file)
		return x->file - y->file;
	return x->line != y->line ? x->line - y->line : x->order - y->order;
}

static void report_faults(struct config_load *l, struct buf *report)
{
	qsort(l->faults, l->n_faults, sizeof(*l->faults), by_place);
	for (size_t i = 0; i < l->n_faults; i++)
		buf_fmt(report, "%s:%d: %s\n", l->files[l->faults[i].file].path, l->faults[i].line,
			l->faults[i].text == NULL ? "out of memory" : l->faults[i].text);
	if (l->unseen > 0)
		buf_fmt(report, "%s: %zu faults more are not shown; expected fewer\n", l->config->dir, l->unseen);
}

static void load_release(struct config_load *l)
{
	for (size_t i = 0; i < l->n_files; i++) {
		free(l->files[i].path);
		free(l->files[i].name);
		config_node_release(&l->files[i].root);
	}
	for (size_t i = 0; i < l->n_faults; i++)
		free(l->faults[i].text);
	for (size_t i = 0; i < l->n_hashed; i++)
		free(l->hashed[i].name);
	free(l->files);
	free(l->faults);
	free(l->hashed);
	free(l->origins);
}

typedef int reading(struct config_load *, struct err *);

static int load(struct config **out, const char *dir, bool whole, reading *read, struct buf *report, struct err *e)
{
	struct config_load l = { .config = calloc(1, sizeof(*l.config)) };
	size_t n = strlen(dir);
	bool broken = false;
	int rc = -1;

	*out = NULL;
	l.files = calloc(FILES_MAX, sizeof(*l.files));		/* once: trees are pointed into and may not move */
	if (l.config == NULL || l.files == NULL) {
		free(l.config);
		free(l.files);
		return err_set(e, ENOMEM, "out of memory");
	}
	while (n > 1 && dir[n - 1] == '/')
		n--;
	l.config->dir = strndup(dir, n);
	if (l.config->dir == NULL || read(&l, e) == -1) {
		if (l.config->dir == NULL || l.no_memory)
			err_set(e, ENOMEM, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < l.n_files; i++)
		broken |= l.files[i].broken;
	if (!broken && whole)
		config_check(&l);
	if (!broken)
		config_check_decisions(&l);
	if (whole)
		resolve_paths(&l);
	qsort(l.hashed, l.n_hashed, sizeof(*l.hashed), by_name);
	hash_all(&l, "", l.config->sha256);
	hash_all(&l, whole ? "rules.d/" : "", l.config->rules_sha256);
	if (l.no_memory) {
		err_set(e, ENOMEM, "out of memory");
		goto out;
	}
	rc = l.n_faults > 0;
	if (rc == 1)
		report_faults(&l, report);
out:
	if (rc == 0)
		*out = l.config;
	else
		config_free(l.config);
	load_release(&l);
	return rc;
}

int config_load(struct config **out, const char *dir, struct buf *report, struct err *e)
{
	return load(out, dir, true, read_all, report, e);
}

static int read_rules(struct config_load *l, struct err *e)
{
	size_t n;

	if (read_folder(l, ".", &n, e) == -1)
		return -1;
	if (n == 0)
		return err_set(e, ENOENT, "'%s' holds no rules (NAME.conf)", l->config->dir);
	apply_rules(l, 0, n);
	return 0;
}

int config_rules(struct config **out, const char *dir, struct buf *report, struct err *e)
{
	return load(out, dir, false, read_rules, report, e);
}

void config_free(struct config *c)
{
	struct config rules;

	if (c == NULL)
		return;
	rules = (struct config){ .rules = c->rules, .n_rules = c->n_rules, .ways = c->ways, .n_ways = c->n_ways,
		.match_days = c->match_days, .n_match_days = c->n_match_days, .extracts = c->extracts, .n_extracts = c->n_extracts,
		.statements = c->statements, .n_statements = c->n_statements,
		.write_offs = c->write_offs, .n_write_offs = c->n_write_offs, .decisions = c->decisions, .n_decisions = c->n_decisions };
	for (size_t i = 0; i < c->n_partners; i++) {
		config_unapply(&config_table_channel, &c->partners[i]);
		free(c->partners[i].file);
	}
	for (size_t i = 0; i < c->n_operators; i++)
		config_unapply(&config_table_operator, &c->operators[i]);
	for (size_t i = 0; i < c->n_holidays; i++) {
		free(c->holidays[i].name);
		free(c->holidays[i].days);
	}
	config_unapply(&config_table_rules, &rules);
	config_unapply(&config_table_main, c);
	free(c->partners);
	free(c->operators);
	free(c->holidays);
	free(c->dir);
	free(c);
}

/* ---- looking things up ---- */

const struct partner *config_partner(const struct config *c, struct view name)
{
	for (size_t i = 0; i < c->n_partners; i++)
		if (view_eq(view_of(c->partners[i].name), name))
			return &c->partners[i];
	return NULL;
}

static const struct partner *partner_of(const struct config *c, struct view *name, const struct partner **out)
{
	struct view partner;
	const struct partner *p = view_cut(name, '/', &partner) ? config_partner(c, partner) : NULL;

	if (out != NULL)
		*out = p;
	return name->p == NULL ? NULL : p;
}

const struct inbound *config_inbound(const struct config *c, struct view name, const struct partner **partner)
{
	const struct partner *p = partner_of(c, &name, partner);

	for (size_t i = 0; p != NULL && i < p->n_in; i++)
		if (view_eq(view_of(p->in[i].name), name))
			return &p->in[i];
	return NULL;
}

const struct outbound *config_outbound(const struct config *c, struct view name, const struct partner **partner)
{
	const struct partner *p = partner_of(c, &name, partner);

	for (size_t i = 0; p != NULL && i < p->n_out; i++)
		if (view_eq(view_of(p->out[i].name), name))
			return &p->out[i];
	return NULL;
}

static bool given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

const struct outbound *config_checks_of(const struct config *c, const struct outbound *pospay, size_t i, const struct partner **partner)
{
	for (size_t p = 0; p < c->n_partners; p++)
		for (size_t k = 0; k < c->partners[p].n_out; k++) {
			const struct outbound *o = &c->partners[p].out[k];

			if (!given(o->positive_pay) || config_outbound(c, view_of(o->positive_pay), NULL) != pospay || i-- > 0)
				continue;
			*partner = &c->partners[p];
			return o;
		}
	return NULL;
}

enum outbound_way config_way(const struct config *c, const struct outbound *o)
{
	const struct partner *p;

	if (given(o->check_account))
		return WAY_CHECK;
	if (given(o->funded_by))
		return WAY_ROLLOVER;
	return config_checks_of(c, o, 0, &p) != NULL ? WAY_POSPAY : WAY_ACH;
}

bool config_cut_off(const struct config *c, const struct outbound *o, int *minutes, int *lead_days)
{
	enum outbound_way way = config_way(c, o);
	const char *time = way == WAY_ACH ? o->cut_off : way == WAY_CHECK ? o->check_cut_off : way == WAY_ROLLOVER ? o->rollover_cut_off : NULL;

	*lead_days = way == WAY_ACH ? o->lead_days : way == WAY_CHECK ? o->check_lead_days : way == WAY_ROLLOVER ? o->rollover_lead_days : 0;
	*minutes = CUTOFF_END_OF_DAY;
	if (given(time))
		cutoff_parse(minutes, view_of(time));
	return way == WAY_ACH || given(time) || *lead_days > 0;
}

#define RUN_OUTBOUNDS 5

/* Every outbound that a run of this feed may use; returns how many. */
static size_t run_outbounds(const struct config *c, const struct inbound *in, const struct outbound *out[RUN_OUTBOUNDS],
	const struct partner *of[RUN_OUTBOUNDS])
{
	const char *const names[] = { in->pay_by, in->check_by, in->rollover_by };
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		if (given(names[i]) && (out[n] = config_outbound(c, view_of(names[i]), &of[n])) != NULL)
			n++;
	for (size_t i = 0, first = n; i < first; i++) {
		const char *further = given(out[i]->positive_pay) ? out[i]->positive_pay : out[i]->funded_by;

		if (given(further) && n < RUN_OUTBOUNDS && (out[n] = config_outbound(c, view_of(further), &of[n])) != NULL)
			n++;
	}
	return n;
}

static void add_partner(const struct partner **out, size_t *n, size_t cap, const struct partner *p)
{
	for (size_t i = 0; i < *n; i++)
		if (out[i] == p)
			return;
	if (*n < cap)
		out[(*n)++] = p;
}

size_t config_run_partners(const struct config *c, const struct outbound *o, const struct partner **out, size_t cap)
{
	const struct outbound *used[RUN_OUTBOUNDS];
	const struct partner *of[RUN_OUTBOUNDS];
	size_t n = 0;

	for (size_t p = 0; p < c->n_partners; p++) {
		if (o >= c->partners[p].out && o < c->partners[p].out + c->partners[p].n_out)
			add_partner(out, &n, cap, &c->partners[p]);
		for (size_t i = 0; i < c->partners[p].n_in; i++) {
			size_t k = run_outbounds(c, &c->partners[p].in[i], used, of);
			bool uses = false;

			for (size_t u = 0; u < k; u++)
				uses |= used[u] == o;
			for (size_t u = 0; u < k && uses; u++)
				add_partner(out, &n, cap, of[u]);
		}
	}
	return n;
}

const struct way_rule *config_way_rule(const struct config *c, struct view feed)
{
	const struct way_rule *every = NULL;

	for (size_t i = 0; i < c->n_ways; i++) {
		if (view_eq(view_of(c->ways[i].feed), feed))
			return &c->ways[i];
		if (c->ways[i].feed[0] == '\0')
			every = &c->ways[i];
	}
	return every;
}

const struct decision_rule *config_decision_rule(const struct config *c, struct view act)
{
	const struct decision_rule *any = NULL;

	for (size_t i = 0; i < c->n_decisions; i++) {
		const struct decision_rule *r = &c->decisions[i];

		if (view_eq(view_of(r->act), act))
			return r;
		if (*r->act == '\0' && any == NULL)
			any = r;
	}
	return any;
}

const struct operator *config_operator_by_uid(const struct config *c, uid_t uid)
{
	for (size_t i = 0; i < c->n_operators; i++)
		if (c->operators[i].uid == uid)
			return &c->operators[i];
	return NULL;
}

const struct operator *config_operator(const struct config *c, struct view name)
{
	for (size_t i = 0; i < c->n_operators; i++)
		if (view_eq(view_of(c->operators[i].name), name))
			return &c->operators[i];
	return NULL;
}

void config_calendar(const struct config *c, const struct partner *p, struct calendar *out)
{
	calendar_init(out, view_of(p->calendar));
	for (size_t i = 0; i < c->n_holidays; i++) {
		const struct holidays *h = &c->holidays[i];

		if (strcmp(h->name, p->calendar) != 0 && strcmp(h->name, p->name) != 0)
			continue;
		for (size_t k = 0; k < h->n; k++)
			calendar_close(out, h->days[k]);
	}
}

/* ---- the files it names ---- */

static int key_line(const char *place, struct buf *report, const char *key, const char *path, bool secret)
{
	struct stat st;

	if (stat(path, &st) == -1 && errno == EACCES)
		return 0;			/* another role's: not ours to see */
	if (stat(path, &st) == -1) {
		buf_fmt(report, "%s: '%s' names '%s': %s; expected a file that is there\n", place, key, path,
			strerror(errno));
		return 1;
	}
	if (!S_ISREG(st.st_mode)) {
		buf_fmt(report, "%s: '%s' names '%s', which is not a file; expected a key in PEM\n", place, key, path);
		return 1;
	}
	if (secret && (st.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
		buf_fmt(report, "%s: '%s' names '%s', which is open to others (mode %03o); expected 600\n", place, key,
			path, (unsigned)st.st_mode & 0777);
		return 1;
	}
	return 0;
}

int config_keys(const struct config *c, struct buf *report)
{
	struct seal_signer *signer = NULL;
	struct err e = { 0, "" };
	char main_file[512];
	int n, pair;

	snprintf(main_file, sizeof(main_file), "%s/tallygate.conf", c->dir);
	pair = key_line(main_file, report, "signer_key", c->signer_key, true) +
		key_line(main_file, report, "signer_cert", c->signer_cert, false);
	n = pair + key_line(main_file, report, "ca", c->ca, false);
	if (pair == 0 && access(c->signer_key, R_OK) == 0 && seal_signer_open(&signer, c->signer_key, c->signer_cert,
	    &e) == -1) {
		buf_fmt(report,
			"%s: 'signer_key' and 'signer_cert': %s; expected what `tallygate keygen signer` made\n",
			main_file, e.text);
		n++;
	}
	seal_signer_free(signer);
	for (size_t i = 0; i < c->n_partners; i++)
		if (c->partners[i].client_key[0] != '\0')
			n += key_line(c->partners[i].file, report, "client_key", c->partners[i].client_key, true);
	return n;
}
