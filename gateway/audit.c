/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit - chain and tree over the ledger's audit table
 *
 * The tree is kept as its peaks (the roots of the perfect subtrees of size 2^k that make up `size`), so an append costs a few
 * hashes and no read.  After a rollback the peaks are rebuilt from the stored leaves.
 * Failure: -1 and *err; an entry that does not fit its chain is a verdict of audit_verify(), not an error.
 */
#include "gateway/audit.h"

#include <stdio.h>
#include "channels/digest.h"

#define HASH 32

static void join(const unsigned char left[HASH], const unsigned char right[HASH], unsigned char out[HASH])
{
	unsigned char both[1 + 2 * HASH] = { 1 };

	memcpy(both + 1, left, HASH);
	memcpy(both + 1 + HASH, right, HASH);
	digest_raw((struct view){ (const char *)both, sizeof(both) }, out);
}

static void leaf_of(struct view text, struct buf *scratch, unsigned char out[HASH])
{
	buf_clear(scratch);
	buf_char(scratch, 0);
	buf_view(scratch, text);
	digest_raw(buf_as_view(scratch), out);
}

static void chain_of(unsigned char chain[HASH], struct view text, struct buf *scratch)
{
	buf_clear(scratch);
	buf_put(scratch, chain, HASH);
	buf_view(scratch, text);
	digest_raw(buf_as_view(scratch), chain);
}

/* Peak k is set when bit k of size is: adding a leaf carries like adding one. */
static void tree_add(struct audit_tree *t, const unsigned char leaf[HASH])
{
	unsigned char node[HASH];
	int k = 0;

	memcpy(node, leaf, HASH);
	for (; t->size >> k & 1; k++)
		join(t->peak[k], node, node);
	memcpy(t->peak[k], node, HASH);
	t->size++;
}

static void tree_root(const struct audit_tree *t, unsigned char out[HASH])
{
	bool some = false;

	for (int k = 0; k < 63; k++) {
		if (!(t->size >> k & 1))
			continue;
		if (some)
			join(t->peak[k], out, out);
		else
			memcpy(out, t->peak[k], HASH);
		some = true;
	}
	if (!some)
		digest_raw((struct view){ "", 0 }, out);
}

static int load(struct ledger *l, struct err *err)
{
	struct audit_tree *t = ledger_audit_tree(l);
	struct rows rows;
	int rc;

	if (t->loaded)
		return 0;
	memset(t, 0, sizeof(*t));
	if (ledger_query(&rows, l, err, "SELECT leaf, chain FROM audit ORDER BY n", "") != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct view leaf = rows_text(&rows, 0), chain;

		if (leaf.n != HASH) {
			rows_end(&rows);
			return err_set(err, -1, "audit entry %lld has no leaf", (long long)t->size + 1);
		}
		tree_add(t, (const unsigned char *)leaf.p);
		chain = rows_text(&rows, 1);
		if (chain.n == HASH)
			memcpy(t->chain, chain.p, HASH);
	}
	t->loaded = rc == 0;
	return rc;
}

void audit_forget(struct ledger *l)
{
	ledger_audit_tree(l)->loaded = false;
}

static void entry_text(const struct audit_entry *e, const struct ledger_now *now, int64_t n, struct buf *out)
{
	struct json j;

	json_init(&j, out, true);
	json_object(&j, NULL);
	json_cstr(&j, "actor", now->actor);
	json_cstr(&j, "at", now->utc);
	json_cstr(&j, "business", now->business);
	json_int(&j, "count", e->count);
	json_cstr(&j, "detail", e->detail ? e->detail : "");
	json_cstr(&j, "from", e->from ? e->from : "");
	json_int(&j, "n", n);
	json_cstr(&j, "object", e->object);
	json_int(&j, "sum", e->sum_minor);
	json_cstr(&j, "to", e->to ? e->to : "");
	json_object_end(&j);
}

int audit_append(struct ledger *l, const struct audit_entry *e, struct err *err)
{
	struct audit_tree *t = ledger_audit_tree(l);
	struct buf text = { 0 }, scratch = { 0 };
	unsigned char leaf[HASH];
	int rc = -1;

	if (load(l, err) != 0)
		return -1;
	entry_text(e, ledger_now(l), t->size + 1, &text);
	if (text.failed) {
		err_set(err, -1, "the audit entry for '%s' is too long", e->object);
		goto out;
	}
	leaf_of(buf_as_view(&text), &scratch, leaf);
	chain_of(t->chain, buf_as_view(&text), &scratch);
	tree_add(t, leaf);
	if (ledger_do(l, err, "INSERT INTO audit(n, object, text, leaf, chain) VALUES(?,?,?,?,?)", "itvbb", t->size, e->object, buf_as_view(&text),
		      (struct view){ (const char *)leaf, HASH }, (struct view){ (const char *)t->chain, HASH }) == 1)
		rc = 0;
	else
		audit_forget(l);
out:
	buf_release(&text);
	buf_release(&scratch);
	return rc;
}

static void head_of(const struct audit_tree *t, struct audit_head *out)
{
	unsigned char root[HASH];

	tree_root(t, root);
	out->size = t->size;
	for (int i = 0; i < HASH; i++)
		snprintf(out->root + 2 * i, 3, "%02x", root[i]);
}

int audit_head(struct ledger *l, struct audit_head *out, struct err *err)
{
	if (load(l, err) != 0)
		return -1;
	head_of(ledger_audit_tree(l), out);
	return 0;
}

int audit_verify(struct ledger *l, struct audit_head *head, int64_t *bad, struct err *err)
{
	struct audit_tree t = { 0 };
	struct buf scratch = { 0 };
	struct rows rows;
	int rc;

	*bad = 0;
	if (ledger_query(&rows, l, err, "SELECT n, text, leaf, chain FROM audit ORDER BY n", "") != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct view text = rows_text(&rows, 1), leaf, chain;
		unsigned char want[HASH];

		leaf_of(text, &scratch, want);
		chain_of(t.chain, text, &scratch);
		tree_add(&t, want);
		leaf = rows_text(&rows, 2);
		chain = rows_text(&rows, 3);
		if (rows_int(&rows, 0) != t.size || leaf.n != HASH || chain.n != HASH || memcmp(leaf.p, want, HASH) != 0
		    || memcmp(chain.p, t.chain, HASH) != 0) {
			*bad = rows_int(&rows, 0);
			rows_end(&rows);
			break;
		}
	}
	buf_release(&scratch);
	head_of(&t, head);
	return rc < 0 ? -1 : *bad == 0;
}

/* The root of leaves [first, first + n), n > 0, read from the rows; writes the siblings of `index` on the way down when asked. */
static int subtree(struct ledger *l, int64_t first, int64_t n, unsigned char out[HASH], struct err *err)
{
	struct audit_tree t = { 0 };
	struct rows rows;
	int rc;

	if (ledger_query(&rows, l, err, "SELECT leaf FROM audit WHERE n>?1 AND n<=?1+?2 ORDER BY n", "ii", first, n) != 0)
		return -1;
	while ((rc = rows_next(&rows)) == 1) {
		struct view leaf = rows_text(&rows, 0);

		if (leaf.n == HASH)
			tree_add(&t, (const unsigned char *)leaf.p);
	}
	tree_root(&t, out);
	return rc;
}

/* RFC 6962 2.1.1: PATH(m, D[n]), the siblings from the leaf up. */
static int path(struct ledger *l, int64_t m, int64_t first, int64_t n, struct json *j, struct err *err)
{
	unsigned char sibling[HASH];
	char hex[2 * HASH + 1];
	int64_t k = 1, other, other_n;

	if (n <= 1)
		return 0;
	while (k * 2 < n)
		k *= 2;
	if (m < k) {
		if (path(l, m, first, k, j, err) != 0)
			return -1;
		other = first + k;
		other_n = n - k;
	} else {
		if (path(l, m - k, first + k, n - k, j, err) != 0)
			return -1;
		other = first;
		other_n = k;
	}
	if (subtree(l, other, other_n, sibling, err) != 0)
		return -1;
	for (int i = 0; i < HASH; i++)
		snprintf(hex + 2 * i, 3, "%02x", sibling[i]);
	json_cstr(j, NULL, hex);
	return 0;
}

int audit_prove(struct ledger *l, int64_t n, struct json *j, struct err *err)
{
	struct audit_head head;
	struct rows rows;
	int rc;

	if (audit_head(l, &head, err) != 0)
		return -1;
	if (ledger_query(&rows, l, err, "SELECT text FROM audit WHERE n=?", "i", n) != 0)
		return -1;
	if (rows_next(&rows) != 1)
		return err_set(err, -1, "there is no audit entry %lld; the audit has %lld", (long long)n, (long long)head.size);
	json_object(j, NULL);
	json_text(j, "entry", rows_text(&rows, 0));
	rows_end(&rows);
	json_int(j, "index", n - 1);
	json_array(j, "path");
	rc = path(l, n - 1, 0, head.size, j, err);
	json_array_end(j);
	json_cstr(j, "root", head.root);
	json_int(j, "size", head.size);
	json_object_end(j);
	return rc;
}
