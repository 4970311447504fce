/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile - the contract's command: statements and books in, matches, exceptions, open items and proof out
 *
 * Exit: 0 done; 1 a balance breaks, a statement is off or a file had faults (everything is written all the same);
 * 2 wrong use, a file that cannot be read, two bank files of one base name (nothing is written).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/casebook/folder.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/reconcile/reconcile.h"

#define USAGE "reconcile --as-of YYYY-MM-DD --book FILE... --bank FILE... --out DIR\n" \
	"                           [--book-balance FILE] [--prior DIR] [--rules DIR] [--threads N] [--xlsx-rows N] [--json]"


static int wrong(const char *what, const char *arg)
{
	fprintf(stderr, "tallygate: %s '%s'\nusage: tallygate %s\n", what, arg, USAGE);
	return 2;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int add_file(struct rc *rc, const char *path, bool bank)
{
	struct rc_file *f = realloc(rc->files, (rc->n_files + 1) * sizeof(*f));

	if (f == NULL)
		return 2;
	rc->files = f;
	rc->files[rc->n_files++] = (struct rc_file){ .path = path, .base = base_of(path), .bank = bank };
	return 0;
}

static int threads_of(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *end != '\0' || n < 1 || n > RC_THREADS ? -1 : (int)n;
}

static bool rows_of(uint32_t *rows, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*rows = (uint32_t)n;
	return *text >= '0' && *text <= '9' && *end == '\0' && n <= 1000000;
}

/* --book A B C: every word up to the next option is a file. */
static int read_options(struct rc *rc, int argc, char **argv)
{
	static const char *const with_value[] = { "--rules", "--threads", "--as-of", "--book-balance", "--out", "--prior",
		"--xlsx-rows", NULL };
	int files = -1;			/* 0 = books follow, 1 = bank files */

	for (int i = 1; i < argc; i++) {
		const char *a = argv[i];
		int k = 0;

		if (strcmp(a, "--book") == 0 || strcmp(a, "--bank") == 0) {
			files = strcmp(a, "--bank") == 0;
			if (i + 1 >= argc)
				return wrong("a file is missing after", a);
			continue;
		}
		if (strcmp(a, "--json") == 0) {
			rc->json = true;
			continue;
		}
		if (a[0] != '-' && files >= 0) {
			if (add_file(rc, a, files == 1) != 0)
				return 2;
			continue;
		}
		while (with_value[k] != NULL && strcmp(a, with_value[k]) != 0)
			k++;
		if (with_value[k] == NULL)
			return wrong("unknown option", a);
		if (++i >= argc)
			return wrong("a value is missing after", a);
		files = -1;
		switch (k) {
		case 0: rc->rules = argv[i]; break;
		case 1: rc->threads = threads_of(argv[i]); break;
		case 2: if (!date_parse_iso(&rc->as_of, view_of(argv[i]))) return wrong("a date is YYYY-MM-DD, not", argv[i]); break;
		case 3: rc->balances = argv[i]; break;
		case 4: rc->out = argv[i]; break;
		case 5: rc->prior = argv[i]; break;
		default: if (!rows_of(&rc->xlsx_rows, argv[i])) return wrong("--xlsx-rows is a number from 0 to 1000000, not", argv[i]);
		}
		if (rc->threads < 0)
			return wrong("--threads is a number from 1 to 64, not", argv[i]);
	}
	return 0;
}

static int check_options(struct rc *rc, bool out)
{
	uint32_t books = 0;

	for (uint32_t i = 0; i < rc->n_files; i++)
		books += !rc->files[i].bank;
	if (rc->as_of == DATE_NONE)
		return wrong("missing", "--as-of");
	if (out && rc->out == NULL)
		return wrong("missing", "--out");
	if (books == 0)
		return wrong("missing", "--book");
	if (books == rc->n_files)
		return wrong("missing", "--bank");
	if (rc->threads == 0) {
		long n = sysconf(_SC_NPROCESSORS_ONLN);

		rc->threads = n < 1 ? 1 : n > 8 ? 8 : (int)n;
	}
	return 0;
}

int rc_options(struct rc *rc, int argc, char **argv, bool out)
{
	int status;

	rc->as_of = DATE_NONE;
	rc->xlsx_rows = RC_XLSX_BY_SIZE;
	status = read_options(rc, argc, argv);
	return status == 0 ? check_options(rc, out) : status;
}

int cli_reconcile(int argc, char **argv)
{
	struct rc *rc = calloc(1, sizeof(*rc));
	struct err err = { 0 };
	int status;

	if (rc == NULL)
		return 2;
	status = rc_options(rc, argc, argv, true);
	if (status == 0 && folder_decided(rc->out)) {
		err_set(&err, -1, "people have decided on the results in '%s'; write to another folder and carry it forward by --prior '%s'", rc->out, rc->out);
		status = rc_fail(&err);
	}
	if (status == 0)
		status = rc_run(rc);
	if (status < 2 && rc->ran && rc_write(rc, &err) != 0)
		status = rc_fail(&err);
	rc_release(rc);
	free(rc);
	return status;
}
