/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - the steps of one reconciliation, from its files to decisions and proof; nothing is written here
 *
 * 0 done, 1 a balance breaks or a file had faults, 2 a file or the rules cannot be read (said on stderr; nothing is decided)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/reconcile/decided.h"
#include "gateway/cli/reconcile/reconcile.h"

int rc_fail(const struct err *err)
{
	fprintf(stderr, "tallygate: %s\n", err->text);
	return 2;
}

static int by_base(const void *pa, const void *pb)
{
	const struct rc_file *a = *(const struct rc_file *const *)pa, *b = *(const struct rc_file *const *)pb;

	return strcmp(a->base, b->base);
}

/* Ranks by base name; two bank files of one base name would give two lines one id. */
static int rank_files(struct rc *rc)
{
	struct err err = { 0 };

	rc->bank = malloc((rc->n_files + 1) * sizeof(*rc->bank));
	if (rc->bank == NULL)
		return 2;
	rc->n_bank = 0;
	for (uint32_t i = 0; i < rc->n_files; i++)
		if (rc->files[i].bank)
			rc->bank[rc->n_bank++] = &rc->files[i];
	if (rc->n_bank > 0)
		qsort(rc->bank, rc->n_bank, sizeof(*rc->bank), by_base);
	for (uint32_t i = 0; i < rc->n_bank; i++) {
		((struct rc_file *)(uintptr_t)rc->bank[i])->rank = i;
		if (i > 0 && strcmp(rc->bank[i]->base, rc->bank[i - 1]->base) == 0)
			return err_set(&err, -1, "two bank files have the base name '%s'", rc->bank[i]->base), rc_fail(&err);
	}
	return 0;
}

void rc_release(struct rc *rc)
{
	rc_read_end(rc);
	rc_decided_release(rc);
	for (uint32_t i = 0; i < rc->n_files; i++) {
		free(rc->files[i].rows);
		free(rc->files[i].prov);
		free(rc->files[i].statements);
		free(rc->files[i].accounts);
	}
	for (uint32_t i = 0; i < rc->n_parts; i++) {
		recon_release(&rc->parts[i].recon);
		free(rc->parts[i].recon.lines);
		free(rc->parts[i].recon.items);
	}
	for (int i = 0; i < RC_THREADS; i++)
		rc_store_release(&rc->store[i]);
	match_rules_free(rc->taught);
	config_free(rc->config);
	free(rc->files);
	free(rc->bank);
	free(rc->parts);
	free(rc->proofs);
	free(rc->carried);
	free(rc->open_items);
	free(rc->known);
	free(rc->waiting);
	free(rc->carried_ids.p);
	free(rc->closed_items.p);
	for (int i = 0; i < RC_CALENDARS; i++)
		free(rc->days[i]);
}

/* --rules: a fault in them ends the run before anything is read. */
static int read_rules(struct rc *rc)
{
	struct buf report = { 0 };
	struct err err = { 0 };
	int code = rc->rules == NULL ? 0 : config_rules(&rc->config, rc->rules, &report, &err);

	if (code == 1)
		fprintf(stderr, "%s", buf_cstr(&report));
	else if (code == -1)
		rc_fail(&err);
	buf_release(&report);
	if (code != 0 || rc->config == NULL)
		return code == 0 ? 0 : 2;
	return match_rules_new(&rc->taught, rc->config, &err) == 0 ? 0 : rc_fail(&err);
}

int rc_run(struct rc *rc)
{
	struct err err = { 0 };
	int read;

	if (read_rules(rc) != 0)
		return 2;
	if (rc_read_begin(rc, &err) != 0)
		return rc_fail(&err);
	if (rc->prior != NULL && rc_prior(rc, &err) != 0)
		return rc_fail(&err);
	if (rank_files(rc) != 0)
		return 2;
	read = rc_read(rc, &err);
	if (read == 2)
		return err.code != 0 ? rc_fail(&err) : 2;
	if (rc_set(rc, &err) != 0 || rc_decide(rc, &err) != 0 || rc_prove(rc, &err) != 0)
		return rc_fail(&err);
	rc->ran = true;
	return read == 1 || rc->breaks ? 1 : 0;
}

