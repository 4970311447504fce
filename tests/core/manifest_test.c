/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest_test - the text is canonical, whole or absent, and says which part a second signing may change
 */
#include "formats/core/manifest.h"
#include "tests/lib/tap.h"

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct manifest_batch batches[] = {
	{ VIEW_INIT("B12"), VIEW_INIT("2026-11-12"), VIEW_INIT(HEX64), 2, 0, 150000 },
};
static const struct manifest_source sources[] = { { VIEW_INIT(HEX64), 1, 2 } };
static const struct manifest_approval approvals[] = {
	{ VIEW_INIT("alice"), VIEW_INIT("approve"), VIEW_INIT("B12"), VIEW_INIT(HEX64),
	  VIEW_INIT("says \"batches\":[ and ,\"time\":"), VIEW_INIT("2026-11-09T10:00:00Z"), VIEW_INIT("00ff"),
	  VIEW_INIT("3045"), { NULL, 0 }, { NULL, 0 }, { NULL, 0 } },
};

static struct manifest good(void)
{
	return (struct manifest){
		.name = VIEW("PAY1.ach"), .sha256 = VIEW(HEX64), .size = 940, .partner = VIEW("firstbank"),
		.outbound = VIEW("ach"),
		.business_key = VIEW("091000019-261109-1000-A"), .format = VIEW("nacha"), .version = VIEW("1.0"),
		.currency = VIEW("USD"),
		.count = 2, .credit_minor = 150000, .entry_hash = 12345, .batches = batches, .n_batches = 1,
		.sources = sources,
		.n_sources = 1, .approvals = approvals, .n_approvals = 1, .rules_sha256 = VIEW(HEX64),
		.configuration_sha256 = VIEW(HEX64), .previous = VIEW(""), .audit_size = 7, .audit_root = VIEW(HEX64),
		.signer = VIEW("gw1"), .time = VIEW("2026-11-09T10:05:00Z"),
	};
}

static void test_text(void)
{
	static const char want[] =
		"{\"approvals\":[{\"act\":\"approve\",\"nonce\":\"00ff\",\"object\":\"B12\",\"operator\":\"alice\","
		"\"reason\":\"says \\\"batches\\\":[ and ,\\\"time\\\":\",\"sha256\":\"" HEX64 "\",\"signature\":\"3045\","
		"\"time\":\"2026-11-09T10:00:00Z\"}],\"artifact\":{\"name\":\"PAY1.ach\",\"sha256\":\"" HEX64 "\",\"size\":940},"
		"\"audit\":{\"root\":\"" HEX64 "\",\"size\":7},\"batches\":[{\"batch\":\"B12\",\"count\":2,\"credit_minor\":150000,"
		"\"debit_minor\":0,\"effective_date\":\"2026-11-12\",\"items_sha256\":\"" HEX64 "\"}],"
		"\"business_key\":\"091000019-261109-1000-A\",\"configuration_sha256\":\"" HEX64 "\",\"controls\":{\"count\":2,"
		"\"credit_minor\":150000,\"currency\":\"USD\",\"debit_minor\":0,\"entry_hash\":12345},\"demo\":false,"
		"\"format\":{\"module\":\"nacha\",\"version\":\"1.0\"},\"manifest\":1,\"outbound\":\"ach\",\"partner\":\"firstbank\","
		"\"previous\":\"\",\"rules_sha256\":\"" HEX64 "\",\"signer\":\"gw1\",\"sources\":[{\"first\":1,\"last\":2,"
		"\"sha256\":\"" HEX64 "\"}],\"time\":\"2026-11-09T10:05:00Z\"}";
	struct manifest m = good();
	struct buf text = { .max = MANIFEST_MAX };

	ok(manifest_text(&m, &text), "a whole manifest is written");
	is_view(buf_as_view(&text), view_of(want), "its text is canonical JSON with ascending keys");
	buf_release(&text);
}

static void test_stable(void)
{
	struct manifest m = good();
	struct buf one = { .max = MANIFEST_MAX }, two = { .max = MANIFEST_MAX }, artifact = { .max = 4096 };
	struct view a = { NULL, 0 }, b = { NULL, 0 };

	manifest_text(&m, &one);
	m.time = VIEW("2026-11-09T11:11:11Z");
	m.audit_size = 99;
	m.n_approvals = 0;
	manifest_text(&m, &two);
	ok(manifest_stable(buf_as_view(&one), &a) && manifest_stable(buf_as_view(&two), &b) && view_eq(a, b),
		"time, audit and approvals stand outside the stable part");
	ok(view_starts(a, VIEW("\"batches\":[{")) && a.p[a.n - 1] == ']',
		"an approval's reason cannot shift the stable part");
	m.count = 3;
	buf_clear(&two);
	manifest_text(&m, &two);
	ok(manifest_stable(buf_as_view(&two), &b) && !view_eq(a, b), "another count is another stable part");
	ok(manifest_artifact(&m, &artifact) && memmem(one.p, one.n, artifact.p, artifact.n) != NULL,
		"the artifact member stands in the text as it is given alone");
	ok(!manifest_stable(VIEW("{}"), &a) && !manifest_stable((struct view){ NULL, 0 }, &a),
		"another text has no stable part");
	buf_release(&one);
	buf_release(&two);
	buf_release(&artifact);
}

static void refused(struct manifest m, const char *what)
{
	struct buf text = { .max = MANIFEST_MAX };

	ok(!manifest_text(&m, &text) && text.n == 0, "%s: nothing is written", what);
	buf_release(&text);
}

static void test_bounds(void)
{
	static char longer[MANIFEST_PART + 1];
	struct manifest m = good();

	memset(longer, 'x', sizeof(longer));
	m.name = (struct view){ longer, sizeof(longer) };
	refused(m, "a name longer than a part may be");
	m = good();
	m.sha256 = VIEW("abc");
	refused(m, "an artifact hash that is none");
	m = good();
	m.previous = VIEW("ABCDEF");
	refused(m, "a previous hash that is none");
	m = good();
	m.n_batches = MANIFEST_ROWS + 1;
	refused(m, "more batches than the bound");
	m = good();
	m.n_batches = 0;
	refused(m, "no batch at all");
	m = good();
	m.credit_minor = -1;
	refused(m, "a negative total");
}

int main(void)
{
	test_text();
	test_stable();
	test_bounds();
	return done_testing();
}
