/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readback_test - totals of a file and of its batches, from records alone
 *
 * The hashes are over the lines that readback.h names, made here by hand.
 */
#include <stdio.h>

#include "gateway/readback.h"
#include "tests/lib/tap.h"

static bool add_batch(struct readback *r, int64_t number, date_t effective)
{
	struct record rec;

	record_init(&rec, RECORD_BATCH, 1);
	record_set_num(&rec, F_BATCH_NUMBER, number);
	record_set_num(&rec, F_EFFECTIVE_DATE, effective);
	return readback_add(r, &rec);
}

static bool add_payment(struct readback *r, const char *code, int64_t amount, const char *id, const char *routing)
{
	struct record rec;

	record_init(&rec, RECORD_PAYMENT, 2);
	record_set_num(&rec, F_AMOUNT, amount);
	record_set_text(&rec, F_TRANSACTION_CODE, view_of(code));
	record_set_text(&rec, F_INDIVIDUAL_ID, view_of(id));
	record_set_text(&rec, F_ROUTING, view_of(routing));
	record_set_text(&rec, F_ACCOUNT, VIEW("12345"));
	record_set_text(&rec, F_PARTY, VIEW("ADA"));
	return readback_add(r, &rec);
}

static void batches(void)
{
	struct readback r = { 0 };
	char hex[DIGEST_HEX];

	add_batch(&r, 1, 20000);
	add_payment(&r, "22", 100, "E1", "091000019");
	add_payment(&r, "32", 250, "E2", "121042882");
	add_batch(&r, 7, 20001);
	add_payment(&r, "27", 40, "E3", "091000019");
	ok(readback_end(&r), "a good file's totals hold");
	ok(r.count == 3 && r.credit == 350 && r.debit == 40, "count, credits and debits are the payments'");
	is_int(r.entry_hash, 9100001 + 12104288 + 9100001,
		"the entry hash adds the first eight digits of the routing numbers");
	if (!ok(r.n_batches == 2, "each batch has a row"))
		return;
	ok(r.batches[0].number == 1 && r.batches[0].effective == 20000 && r.batches[0].credit == 350 &&
		r.batches[0].debit == 0, "the first batch's figures are its own");
	ok(r.batches[1].number == 7 && r.batches[1].count == 1 && r.batches[1].debit == 40, "so are the second's");
	digest_hex(VIEW("E1|091000019|12345|100|22|ADA\nE2|121042882|12345|250|32|ADA\n"), hex);
	is_str(r.batches[0].items_sha256, hex, "the items' hash is over their lines in file order");
	digest_hex(VIEW("E3|091000019|12345|40|27|ADA\n"), hex);
	is_str(r.batches[1].items_sha256, hex, "a debit's line holds its amount without a sign");
	readback_release(&r);
}

static bool add_check(struct readback *r, const char *status, const char *number, int64_t amount, const char *payee)
{
	struct record rec;

	record_init(&rec, RECORD_CHECK_ISSUE, 3);
	record_set_text(&rec, F_STATUS, view_of(status));
	record_set_text(&rec, F_CHECK_NUMBER, view_of(number));
	record_set_num(&rec, F_AMOUNT, amount);
	record_set_text(&rec, F_ACCOUNT, VIEW("400"));
	record_set_text(&rec, F_ROUTING, VIEW("091000019"));
	record_set_text(&rec, F_PAYEE, view_of(payee));
	record_set_num(&rec, F_ISSUE_DATE, 20767);
	return readback_add(r, &rec);
}

static void checks(void)
{
	struct readback r = { 0 };
	char hex[DIGEST_HEX], unnumbered[DIGEST_HEX];

	add_batch(&r, 1, DATE_NONE);
	add_check(&r, "issue", "100001", 500, "Ada");
	add_check(&r, "", "100002", 700, "Bob");
	ok(readback_end(&r) && r.count == 2 && r.credit == 1200 && r.debit == 0 && r.batches[0].effective == 20767,
		"checks are credits, and their issue date is the batch's");
	digest_hex(VIEW("issue|400|500|2026-11-10|Ada\nissue|400|700|2026-11-10|Bob\n"), unnumbered);
	is_str(r.batches[0].items_sha256, unnumbered, "what persons approve before numbers are given names account, amount, day and payee");
	digest_hex(VIEW("issue|400|500|2026-11-10|Ada|100001\nissue|400|700|2026-11-10|Bob|100002\n"), hex);
	is_str(r.batches[0].numbers_sha256, hex, "a second hash names their numbers too");
	digest_hex(VIEW("091000019||||||||\n091000019||||||||\n"), hex);
	is_str(r.batches[0].rest_sha256, hex, "a third what the printer needs besides");
	is_int(r.entry_hash, 200003, "the file's hash is the sum of the numbers, whatever the routing number");
	readback_release(&r);
	add_batch(&r, 1, DATE_NONE);
	add_check(&r, "void", "100001", 500, "Ada");
	add_check(&r, "issue", "100003", 500, "Ada");
	ok(readback_end(&r) && r.debit == 500 && r.credit == 500, "a void takes back what its new issue pays");
	digest_hex(VIEW("void|400|500|2026-11-10|Ada|100001\nissue|400|500|2026-11-10|Ada|100003\n"), hex);
	is_str(r.batches[0].items_sha256, hex, "a void is approved with its number, and what follows it");
	readback_release(&r);
}

static void rollovers(void)
{
	struct readback r = { 0 };
	struct record rec;
	char hex[DIGEST_HEX];

	record_init(&rec, RECORD_ROLLOVER, 3);
	record_set_num(&rec, F_AMOUNT, 900);
	record_set_text(&rec, F_PERSON, VIEW("E1"));
	record_set_text(&rec, F_PARTY, VIEW("Ada"));
	record_set_text(&rec, F_TRUSTEE, VIEW("Summit"));
	record_set_text(&rec, F_TRUSTEE_ACCOUNT, VIEW("IRA-1"));
	record_set_text(&rec, F_PLAN, VIEW("PSP"));
	record_set_text(&rec, F_PAYEE, VIEW("Summit FBO Ada"));
	record_set_text(&rec, F_SSN, VIEW("900112233"));
	record_set_text(&rec, F_DISTRIBUTION, VIEW("G"));
	record_set_text(&rec, F_REFERENCE, VIEW("I7"));
	add_batch(&r, 1, DATE_NONE);
	readback_add(&r, &rec);
	ok(readback_end(&r) && r.credit == 900 && r.entry_hash == 0 && r.batches[0].numbers_sha256[0] == '\0', "a rollover is a credit without numbers");
	digest_hex(VIEW("E1|Ada|Summit|IRA-1|900|PSP|Summit FBO Ada|900112233|G|I7\n"), hex);
	is_str(r.batches[0].items_sha256, hex, "its line names person, trustee, account there, plan, payee and reference");
	readback_release(&r);
}

static void without_batches(void)
{
	struct readback r = { 0 };
	struct record rec;
	char hex[DIGEST_HEX];

	record_init(&rec, RECORD_CHECK_ISSUE, 1);
	record_set_num(&rec, F_AMOUNT, 500);
	record_set_text(&rec, F_ACCOUNT, VIEW("9"));
	record_set_text(&rec, F_PAYEE, VIEW("BOB"));
	readback_add(&r, &rec);
	record_init(&rec, RECORD_TOTAL, 2);
	record_set_num(&rec, F_COUNT, 99);
	readback_add(&r, &rec);
	ok(readback_end(&r) && r.n_batches == 1 && r.batches[0].number == 0 && r.count == 1 && r.credit == 500,
		"a check file is one batch, 0, and its trailer counts for nothing");
	digest_hex(VIEW("issue|9|500||BOB\n"), hex);
	is_str(r.batches[0].items_sha256, hex, "a check's line names its payee");
	readback_release(&r);
	ok(readback_end(&r) && r.count == 0 && r.n_batches == 0, "a file without payments has no batch");
	add_batch(&r, 3, 20000);
	digest_hex(VIEW(""), hex);
	ok(readback_end(&r) && r.n_batches == 1 && r.batches[0].count == 0, "an empty batch has a row");
	is_str(r.batches[0].items_sha256, hex, "and the hash of nothing");
	readback_release(&r);
}

static void bounds(void)
{
	struct readback r = { 0 };
	bool good = true;

	add_payment(&r, "22", INT64_MAX, "E1", "091000019");
	ok(!add_payment(&r, "22", 1, "E2", "091000019") && !readback_end(&r),
		"a sum that does not fit is refused, and stays so");
	readback_release(&r);
	ok(!add_payment(&r, "22", INT64_MIN, "E1", "091000019"), "an amount without a positive form is refused");
	readback_release(&r);
	for (int i = 0; i < READBACK_BATCHES; i++)
		good &= add_batch(&r, i, 20000);
	ok(good, "%d batches have room", READBACK_BATCHES);
	ok(!add_batch(&r, 999, 20000), "one more is refused");
	readback_release(&r);
	add_payment(&r, "22", 1, "E1", "09x0");
	is_int(r.entry_hash, 9000000, "what is no digit of a routing number counts as 0");
	readback_release(&r);
	for (int i = 0; i < 200; i++)
		add_payment(&r, "22", 1, "E1", "999999999");
	is_int(r.entry_hash, 99999999LL * 200 % 10000000000LL, "the entry hash keeps ten digits");
	readback_release(&r);
	add_payment(&r, "", -30, "E1", "091000019");
	ok(r.debit == 30 && r.credit == 0, "without a transaction code the sign says debit");
	readback_release(&r);
}

int main(void)
{
	batches();
	checks();
	rollovers();
	without_batches();
	bounds();
	return done_testing();
}
