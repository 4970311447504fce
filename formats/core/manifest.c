/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest - writes the canonical text; reads none
 *
 * Text members are verified before the first byte is written, so that a manifest is whole or not there.
 * manifest_stable finds its borders by quoted keys: inside a JSON string every quote has a backslash before it, so
 * `"batches":` can only be a key, and only the top level has keys of these names.
 */
#include "formats/core/json.h"
#include "formats/core/manifest.h"

static bool is_sha256(struct view v)
{
	if (v.n != 64)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!((v.p[i] >= '0' && v.p[i] <= '9') || (v.p[i] >= 'a' && v.p[i] <= 'f')))
			return false;
	return true;
}

static bool is_part(struct view v)
{
	return v.n > 0 && v.n <= MANIFEST_PART;
}

static bool batches_good(const struct manifest *m)
{
	if (m->n_batches == 0 || m->n_batches > MANIFEST_ROWS)
		return false;
	for (size_t i = 0; i < m->n_batches; i++) {
		const struct manifest_batch *b = &m->batches[i];

		if (!is_part(b->batch) || b->effective_date.n > MANIFEST_PART || !is_sha256(b->items_sha256) ||
		    b->count < 0 || b->debit_minor < 0 || b->credit_minor < 0)
			return false;
	}
	return true;
}

static bool lists_good(const struct manifest *m)
{
	if (m->n_sources > MANIFEST_ROWS || m->n_approvals > MANIFEST_ROWS)
		return false;
	for (size_t i = 0; i < m->n_sources; i++)
		if (!is_sha256(m->sources[i].sha256) || m->sources[i].first < 0 ||
		    m->sources[i].last < m->sources[i].first)
			return false;
	for (size_t i = 0; i < m->n_approvals; i++) {
		const struct manifest_approval *a = &m->approvals[i];

		if (!is_part(a->operator_name) || !is_part(a->act) || !is_part(a->object) || !is_sha256(a->sha256) ||
		    !is_part(a->reason) || !is_part(a->time) || !is_part(a->nonce) || !is_part(a->signature))
			return false;
		if (a->run.n > 0 && (!is_part(a->run) || !is_part(a->run_nonce) || a->run_list.n == 0 || a->run_list.n > MANIFEST_LIST))
			return false;
	}
	return true;
}

static bool is_good(const struct manifest *m)
{
	return is_part(m->name) && is_sha256(m->sha256) && m->size >= 0 && is_part(m->partner) &&
		is_part(m->outbound) && is_part(m->business_key) && is_part(m->format) && is_part(m->version) &&
		is_part(m->currency) && m->count >= 0 && m->debit_minor >= 0 && m->credit_minor >= 0 &&
		m->entry_hash >= 0 && is_sha256(m->rules_sha256) && is_sha256(m->configuration_sha256) &&
		(m->previous.n == 0 || is_sha256(m->previous)) && m->audit_size >= 0 && is_sha256(m->audit_root) &&
		is_part(m->signer) && is_part(m->time) && batches_good(m) && lists_good(m);
}

static void put_approvals(struct json *j, const struct manifest *m)
{
	json_array(j, "approvals");
	for (size_t i = 0; i < m->n_approvals; i++) {
		const struct manifest_approval *a = &m->approvals[i];

		json_object(j, NULL);
		json_text(j, "act", a->act);
		json_text(j, "nonce", a->nonce);
		json_text(j, "object", a->object);
		json_text(j, "operator", a->operator_name);
		json_text(j, "reason", a->reason);
		if (a->run.n > 0) {
			json_text(j, "run", a->run);
			json_text(j, "run_list", a->run_list);
			json_text(j, "run_nonce", a->run_nonce);
		}
		json_text(j, "sha256", a->sha256);
		json_text(j, "signature", a->signature);
		json_text(j, "time", a->time);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_artifact(struct json *j, const struct manifest *m)
{
	json_object(j, "artifact");
	json_text(j, "name", m->name);
	json_text(j, "sha256", m->sha256);
	json_int(j, "size", m->size);
	json_object_end(j);
}

static void put_batches(struct json *j, const struct manifest *m)
{
	json_array(j, "batches");
	for (size_t i = 0; i < m->n_batches; i++) {
		const struct manifest_batch *b = &m->batches[i];

		json_object(j, NULL);
		json_text(j, "batch", b->batch);
		json_int(j, "count", b->count);
		json_int(j, "credit_minor", b->credit_minor);
		json_int(j, "debit_minor", b->debit_minor);
		json_text(j, "effective_date", b->effective_date.n == 0 ? VIEW("") : b->effective_date);
		json_text(j, "items_sha256", b->items_sha256);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_controls(struct json *j, const struct manifest *m)
{
	json_object(j, "controls");
	json_int(j, "count", m->count);
	json_int(j, "credit_minor", m->credit_minor);
	json_text(j, "currency", m->currency);
	json_int(j, "debit_minor", m->debit_minor);
	json_int(j, "entry_hash", m->entry_hash);
	json_object_end(j);
}

static void put_sources(struct json *j, const struct manifest *m)
{
	json_array(j, "sources");
	for (size_t i = 0; i < m->n_sources; i++) {
		json_object(j, NULL);
		json_int(j, "first", m->sources[i].first);
		json_int(j, "last", m->sources[i].last);
		json_text(j, "sha256", m->sources[i].sha256);
		json_object_end(j);
	}
	json_array_end(j);
}

bool manifest_text(const struct manifest *m, struct buf *out)
{
	struct json j;

	if (!is_good(m))
		return false;
	json_init(&j, out, true);
	json_object(&j, NULL);
	put_approvals(&j, m);
	put_artifact(&j, m);
	json_object(&j, "audit");
	json_text(&j, "root", m->audit_root);
	json_int(&j, "size", m->audit_size);
	json_object_end(&j);
	put_batches(&j, m);
	json_text(&j, "business_key", m->business_key);
	json_text(&j, "configuration_sha256", m->configuration_sha256);
	put_controls(&j, m);
	json_bool(&j, "demo", m->demo);
	json_object(&j, "format");
	json_text(&j, "module", m->format);
	json_text(&j, "version", m->version);
	json_object_end(&j);
	json_int(&j, "manifest", MANIFEST_FORM);
	json_text(&j, "outbound", m->outbound);
	json_text(&j, "partner", m->partner);
	json_text(&j, "previous", m->previous.n == 0 ? VIEW("") : m->previous);
	json_text(&j, "rules_sha256", m->rules_sha256);
	json_text(&j, "signer", m->signer);
	put_sources(&j, m);
	json_text(&j, "time", m->time);
	json_object_end(&j);
	return !out->failed && out->n <= MANIFEST_MAX;
}

bool manifest_stable(struct view text, struct view *part)
{
	const char *from = text.n == 0 ? NULL : memmem(text.p, text.n, "\"batches\":", 10);
	const char *to = from == NULL ? NULL : memmem(from, (size_t)(text.p + text.n - from), ",\"time\":", 8);

	if (to == NULL)
		return false;
	*part = (struct view){ from, (size_t)(to - from) };
	return true;
}

bool manifest_artifact(const struct manifest *m, struct buf *out)
{
	struct buf whole = { .max = 2 * MANIFEST_PART * 6 };
	struct json j;

	if (!is_part(m->name) || !is_sha256(m->sha256))
		return false;
	json_init(&j, &whole, true);
	json_object(&j, NULL);
	put_artifact(&j, m);
	json_object_end(&j);
	if (!whole.failed && whole.n > 2)		/* without the braces around it */
		buf_put(out, whole.p + 1, whole.n - 2);
	else
		out->failed = true;
	buf_release(&whole);
	return !out->failed;
}
