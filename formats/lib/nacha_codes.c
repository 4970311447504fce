/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_codes - see nacha_codes.h.  The tables themselves, and looking things up in them
 *
 * A new return reason or a code that ends is a row here and a row in nacha_findings.c; no other line changes.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/lib/nacha_codes.h"
#include "formats/lib/nacha_tables.h"

#define BOTH (SEC_CREDIT | SEC_DEBIT)
#define CENTS(dollars) ((int64_t)(dollars) * 100)
#define ALWAYS { 0, 0 }
#define FROM(day) { day, 0 }
#define UNTIL(day) { 0, day }

static const struct nacha_sec secs[] = {
	{ "PPD", ALWAYS, &nacha_entry,            BOTH,                                   5, 0, 1,    0, NULL },
	{ "CCD", ALWAYS, &nacha_entry,            BOTH | SEC_ZERO_CODES,                  5, 0, 1,    0, NULL },
	{ "CTX", ALWAYS, &nacha_entry_count,      BOTH | SEC_ZERO_CODES | SEC_COUNT,      5, 0, 9999, 0, NULL },
	{ "WEB", ALWAYS, &nacha_entry,            BOTH | SEC_NAME | SEC_PAYMENT_TYPE,     5, 0, 1,    0, NULL },
	{ "TEL", ALWAYS, &nacha_entry,            SEC_DEBIT | SEC_NAME | SEC_PAYMENT_BLANK, 0, 0, 0,    0, NULL },
	{ "ARC", ALWAYS, &nacha_entry_serial,     SEC_DEBIT | SEC_SERIAL,                 0, 0, 0,    CENTS(25000), NULL },
	{ "BOC", ALWAYS, &nacha_entry_serial,     SEC_DEBIT | SEC_SERIAL,                 0, 0, 0,    CENTS(25000), NULL },
	{ "POP", ALWAYS, &nacha_entry_pop,        SEC_DEBIT | SEC_SERIAL | SEC_TERMINAL,  0, 0, 0,    CENTS(25000), NULL },
	{ "RCK", ALWAYS, &nacha_entry_serial,     SEC_DEBIT | SEC_SERIAL,                 0, 0, 0,    CENTS(2500) - 1,
		"REDEPCHECK" },
	{ "XCK", ALWAYS, &nacha_entry_trc,        SEC_DEBIT | SEC_SERIAL | SEC_NO_NAME,   0, 0, 0,    CENTS(2500) - 1,
		"NO CHECK" },
	{ "CIE", ALWAYS, &nacha_entry_name_first, SEC_CREDIT | SEC_ID,                         5, 0, 1,    0, NULL },
	{ "MTE", ALWAYS, &nacha_entry_name_first, BOTH | SEC_NAME | SEC_ID,               2, 1, 1,    0, NULL },
	{ "POS", ALWAYS, &nacha_entry,            BOTH | SEC_CARD,                        2, 1, 1,    0, NULL },
	{ "SHR", ALWAYS, &nacha_entry_shr,        BOTH | SEC_CARD | SEC_NO_NAME,          2, 1, 1,    0, NULL },
	{ "DNE", ALWAYS, &nacha_entry,            SEC_CREDIT | SEC_PRENOTE_ONLY,          5, 1, 1,    0, NULL },
	{ "ENR", ALWAYS, &nacha_entry_count,      SEC_CREDIT | SEC_PRENOTE_ONLY | SEC_COUNT, 5, 0, 9999, 0, "AUTOENROLL" },
	{ "ACK", ALWAYS, &nacha_entry,            SEC_CREDIT | SEC_ZERO_ONLY,             5, 0, 1,    0, NULL },
	{ "ATX", ALWAYS, &nacha_entry_count,      SEC_CREDIT | SEC_ZERO_ONLY | SEC_COUNT, 5, 0, 9999, 0, NULL },
	{ "TRC", ALWAYS, &nacha_entry_trc,        SEC_DEBIT | SEC_SERIAL | SEC_NO_NAME,   0, 0, 0,    0, NULL },
	{ "TRX", ALWAYS, &nacha_entry_count,      SEC_DEBIT | SEC_COUNT,                  5, 0, 9999, 0, NULL },
	{ "IAT", ALWAYS, &nacha_entry_iat,        BOTH | SEC_ZERO_CODES | SEC_IAT | SEC_NO_NAME, 10, 7, 12, 0, NULL },
	{ "COR", ALWAYS, &nacha_entry,            BOTH | SEC_COR,                         0, 0, 0,    0, NULL },
	{ "ADV", ALWAYS, &nacha_entry_adv,        BOTH | SEC_ADV,                         0, 0, 0,    0, NULL },
};

#define IN(n, kind, flags, secs_) { "R" #n, REASON_##kind, flags, ALWAYS, secs_ }

static const struct nacha_reason reasons[] = {
	IN(01, RETURN, REASON_DEBIT, NULL), IN(02, RETURN, 0, NULL), IN(03, RETURN, 0, NULL), IN(04, RETURN, 0, NULL),
	IN(05, RETURN, REASON_DEBIT, "CCD CTX"), IN(06, RETURN, 0, NULL),
	IN(07, RETURN, REASON_DEBIT, "PPD CCD CTX WEB TEL IAT MTE POS SHR XCK TRC TRX"),
	IN(08, RETURN, REASON_DEBIT, NULL), IN(09, RETURN, REASON_DEBIT, NULL), IN(10, RETURN, REASON_DEBIT, NULL),
	/* until 2020 R11 sent back truncated checks */
	{ "R11", REASON_RETURN, 0, UNTIL(20200331), "TRC TRX" },
	{ "R11", REASON_RETURN, REASON_DEBIT, FROM(20200401), NULL },
	IN(12, RETURN, 0, NULL), IN(13, RETURN, 0, NULL),
	IN(14, RETURN, REASON_DEATH, NULL),
	IN(15, RETURN, REASON_DEATH, NULL), IN(16, RETURN, 0, NULL), IN(17, RETURN, 0, NULL), IN(18, RETURN, 0, NULL),
	IN(19, RETURN, 0, NULL), IN(20, RETURN, 0, NULL), IN(21, RETURN, 0, NULL), IN(22, RETURN, 0, "CIE MTE"),
	IN(23, RETURN, REASON_CREDIT, NULL), IN(24, RETURN, 0, NULL), IN(25, RETURN, 0, NULL), IN(26, RETURN, 0, NULL),
	IN(27, RETURN, 0, NULL), IN(28, RETURN, 0, NULL), IN(29, RETURN, REASON_DEBIT, NULL),
	IN(30, RETURN, 0, "TRC TRX"),
	IN(31, RETURN, 0, "CCD CTX"), IN(32, RETURN, 0, NULL), IN(33, RETURN, REASON_DEBIT, "XCK"),
	IN(34, RETURN, 0, NULL),
	IN(35, RETURN, REASON_DEBIT, NULL), IN(36, RETURN, REASON_CREDIT, NULL),
	IN(37, RETURN, REASON_DEBIT, "ARC BOC POP"),
	IN(38, RETURN, REASON_DEBIT, "ARC BOC"), IN(39, RETURN, REASON_DEBIT, "ARC BOC POP"), IN(40, RETURN, 0, "ENR"),
	IN(41, RETURN, 0, "ENR"), IN(42, RETURN, 0, "ENR"), IN(43, RETURN, 0, "ENR"), IN(44, RETURN, 0, "ENR"),
	IN(45, RETURN, 0, "ENR"), IN(46, RETURN, 0, "ENR"), IN(47, RETURN, 0, "ENR"),
	IN(50, RETURN, REASON_DEBIT, "RCK"),
	IN(51, RETURN, REASON_DEBIT, "RCK"), IN(52, RETURN, REASON_DEBIT, "RCK"), IN(53, RETURN, REASON_DEBIT, "RCK"),
	IN(61, DISHONORED, 0, NULL), { "R62", REASON_DISHONORED, 0, FROM(20150320), NULL }, IN(67, DISHONORED, 0, NULL),
	IN(68, DISHONORED, 0, NULL), IN(69, DISHONORED, 0, NULL), IN(70, DISHONORED, 0, NULL),
	IN(71, CONTESTED, 0, NULL),
	IN(72, CONTESTED, 0, NULL), IN(73, CONTESTED, 0, NULL), IN(74, CONTESTED, 0, NULL), IN(75, CONTESTED, 0, NULL),
	IN(76, CONTESTED, 0, NULL), { "R77", REASON_CONTESTED, 0, FROM(20150320), NULL }, IN(80, RETURN, 0, "IAT"),
	IN(81, RETURN, 0, "IAT"), IN(82, RETURN, 0, "IAT"), IN(83, RETURN, 0, "IAT"), IN(84, RETURN, 0, "IAT"),
	IN(85, RETURN, 0, NULL), { "R90", REASON_RETURN, 0, FROM(20280317), NULL },
};

static const struct nacha_change changes[] = {
	{ "C01", CHANGE_NOTIFIED, 0, ALWAYS }, { "C02", CHANGE_NOTIFIED, 0, ALWAYS },
	{ "C03", CHANGE_NOTIFIED, CHANGE_NOT_IAT, ALWAYS },
	{ "C04", CHANGE_NOTIFIED, CHANGE_NOT_IAT, UNTIL(20150319) }, { "C05", CHANGE_NOTIFIED, 0, ALWAYS },
	{ "C06", CHANGE_NOTIFIED, CHANGE_NOT_IAT, ALWAYS },
	{ "C07", CHANGE_NOTIFIED, CHANGE_NOT_IAT, ALWAYS }, { "C08", CHANGE_NOTIFIED, CHANGE_IAT_ONLY, ALWAYS },
	{ "C09", CHANGE_NOTIFIED, 0, ALWAYS },
	{ "C13", CHANGE_NOTIFIED, 0, ALWAYS }, { "C14", CHANGE_NOTIFIED, 0, ALWAYS }, { "C61", CHANGE_REFUSED, 0, ALWAYS },
	{ "C62", CHANGE_REFUSED, 0, ALWAYS },
	{ "C63", CHANGE_REFUSED, 0, ALWAYS }, { "C64", CHANGE_REFUSED, 0, ALWAYS }, { "C65", CHANGE_REFUSED, 0, ALWAYS },
	{ "C66", CHANGE_REFUSED, 0, ALWAYS },
	{ "C67", CHANGE_REFUSED, 0, ALWAYS }, { "C68", CHANGE_REFUSED, 0, ALWAYS }, { "C69", CHANGE_REFUSED, 0, ALWAYS },
};

static const struct nacha_word words[] = {
	{ "REVERSAL", ALWAYS, NULL }, { "RETURN FEE", ALWAYS, NULL }, { "RECLAIM", ALWAYS, NULL },
	{ "NONSETTLED", ALWAYS, NULL }, { "AUTOENROLL", ALWAYS, "ENR" }, { "REDEPCHECK", ALWAYS, "RCK" },
	{ "NO CHECK", ALWAYS, "XCK" }, { "HCCLAIMPMT", ALWAYS, "CCD" }, { "RETRY PYMT", ALWAYS, NULL },
	{ "ACCTVERIFY", FROM(20220916), NULL }, { "PAYROLL", FROM(20260320), NULL },
	{ "PURCHASE", FROM(20260320), "WEB" },
};

/* An entry's limit inside the same-day windows. */
static const struct { struct nacha_days days; int64_t limit; } same_day[] = {
	{ ALWAYS, CENTS(1000000) },		/* since 2022-03-18; older files are not held to older limits */
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct nacha_sec *nacha_sec_find(const char code[3])
{
	for (size_t i = 0; i < COUNT(secs); i++)
		if (memcmp(secs[i].code, code, 3) == 0)
			return &secs[i];
	return NULL;
}

bool nacha_valid(struct nacha_days d, int day)
{
	return day >= d.from && (d.until == 0 || day <= d.until);
}

const struct nacha_reason *nacha_reason_find(const char code[3], int day)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (memcmp(reasons[i].code, code, 3) == 0 && nacha_valid(reasons[i].days, day))
			return &reasons[i];
	return NULL;
}

const struct nacha_change *nacha_change_find(const char code[3], int day)
{
	for (size_t i = 0; i < COUNT(changes); i++)
		if (memcmp(changes[i].code, code, 3) == 0 && nacha_valid(changes[i].days, day))
			return &changes[i];
	return NULL;
}

static bool same_letters(struct view v, const char *word)
{
	size_t len = strlen(word);

	if (v.n < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = v.p[i];

		if ((c >= 'a' && c <= 'z' ? (char)(c - 32) : c) != word[i])
			return false;
	}
	return true;
}

const struct nacha_word *nacha_word_find(struct view description, int day)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (nacha_valid(words[i].days, day) && same_letters(description, words[i].word))
			return &words[i];
	return NULL;
}

int64_t nacha_same_day_limit(int day)
{
	for (size_t i = 0; i < COUNT(same_day); i++)
		if (nacha_valid(same_day[i].days, day))
			return same_day[i].limit;
	return 0;
}

bool nacha_transaction_code(int code)
{
	int family = code / 10, end = code % 10;

	if (family >= 2 && family <= 4)
		return end != 0 && end != 5;
	if (family == 5)
		return end >= 1 && end <= 6;
	return family == 8 && end >= 1 && end <= 8;
}

bool nacha_is_credit(int code)
{
	if (code / 10 == 8)
		return code % 2 == 1;
	return code % 10 >= 1 && code % 10 <= 4;
}

bool nacha_secs_have(const char *list, const char code[3])
{
	for (size_t n = strlen(list); n >= 3; n = n >= 4 ? n - 4 : 0, list += 4)
		if (memcmp(list, code, 3) == 0)
			return true;
	return false;
}
