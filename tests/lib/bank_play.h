/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bank_play - a bank's side on the stage of route_play.h: a book feed, an account in dollars and one in euros, statements line by line
 *
 * begin(); book_item()... book_done(); sheet(); line()... sheet_done(): then everything that follows has been played.
 */
#pragma once

#include "tests/lib/route_play.h"

#define NOV(d) (20757 + (d))		/* 20758 = 2026-11-01 */

static struct partner partners[3];
static struct inbound feed_in[2], bank_in[5], euro_in[1];
static struct config_pair usd[1] = { { (char *)(uintptr_t)"777", (char *)(uintptr_t)"USD" } }, eur[1] = { { (char *)(uintptr_t)"DE777", (char *)(uintptr_t)"EUR" } };

static struct inbound inbound(const char *name, const char *purpose)
{
	return (struct inbound){ .name = (char *)(uintptr_t)name, .purpose = (char *)(uintptr_t)purpose, .format = (char *)(uintptr_t)"", .pay_by = (char *)(uintptr_t)"bank/ach" };
}

static void begin(const char *start)
{
	play_begin(start, 1000);
	feed_in[0] = play.in[0];
	feed_in[1] = inbound("book", "expected");
	bank_in[0] = inbound("statements", "statement");
	bank_in[1] = inbound("returns", "return");
	bank_in[2] = inbound("acks", "ack");
	bank_in[3] = inbound("printed", "confirmation");
	euro_in[0] = inbound("statements", "statement");
	partners[0] = (struct partner){ .name = (char *)(uintptr_t)"hr", .timezone = (char *)(uintptr_t)"America/New_York", .calendar = (char *)(uintptr_t)"federal-reserve", .in = feed_in, .n_in = 2 };
	partners[1] = play.partners[1];
	partners[1].in = bank_in;
	partners[1].n_in = 4;
	partners[1].accounts = usd;
	partners[1].n_accounts = 1;
	partners[2] = (struct partner){ .name = (char *)(uintptr_t)"eurobank", .timezone = (char *)(uintptr_t)"Europe/Berlin", .calendar = (char *)(uintptr_t)"target", .in = euro_in, .n_in = 1,
		.accounts = eur, .n_accounts = 1 };
	play.config.partners = partners;
	play.config.n_partners = 3;
}

/* Files of records */

static struct buf file;

static void book_item(const char *id, const char *account, const char *ccy, int64_t amount, date_t date, const char *reference, const char *group, const char *status)
{
	struct record r;

	record_init(&r, RECORD_EXPECTED, 0);
	record_set_text(&r, F_ITEM, view_of(id));
	record_set_text(&r, F_ACCOUNT, view_of(account));
	record_set_text(&r, F_CURRENCY, view_of(ccy));
	record_set_num(&r, F_AMOUNT, amount);
	record_set_num(&r, F_EFFECTIVE_DATE, date);
	record_set_text(&r, F_REFERENCE, view_of(reference));
	record_set_text(&r, F_GROUP, view_of(group));
	record_set_text(&r, F_STATUS, view_of(status));
	play_record(&file, &r);
}

static void book_done(const char *name)
{
	play_file("hr/book", name, &file);
	for (int i = 0; i < 4; i++)
		play_turn();
}

static const char *sheet_account, *sheet_ccy;
static date_t sheet_day;
static bool sheet_provisional;

static bool sheet_dateless;		/* a camt.052 says no day itself */

static void sheet(const char *account, const char *ccy, date_t day, bool provisional, const char *status)
{
	struct record r;

	sheet_account = account;
	sheet_ccy = ccy;
	sheet_day = day;
	sheet_provisional = provisional;
	record_init(&r, RECORD_STATEMENT, 0);
	record_set_text(&r, F_ACCOUNT, view_of(account));
	record_set_text(&r, F_CURRENCY, view_of(ccy));
	if (!sheet_dateless)
		record_set_num(&r, F_AS_OF_DATE, day);
	record_set_text(&r, F_STATUS, view_of(status));
	if (provisional)
		record_set_num(&r, F_PROVISIONAL, 1);
	play_record(&file, &r);
}

static void line(int64_t amount, const char *type, const char *bank_ref, const char *text)
{
	struct record r;

	record_init(&r, RECORD_ENTRY, 0);
	record_set_text(&r, F_ACCOUNT, view_of(sheet_account));
	record_set_text(&r, F_CURRENCY, view_of(sheet_ccy));
	record_set_num(&r, F_BOOKING_DATE, sheet_day);
	record_set_num(&r, F_VALUE_DATE, sheet_day);
	record_set_num(&r, F_AMOUNT, amount);
	record_set_text(&r, F_TYPE, view_of(type));
	record_set_text(&r, F_BANK_REF, view_of(bank_ref));
	record_set_text(&r, F_TEXT, view_of(text));
	if (sheet_provisional)
		record_set_num(&r, F_PROVISIONAL, 1);
	play_record(&file, &r);
}

static void sheet_done(const char *channel, const char *name)
{
	play_file(channel, name, &file);
	for (int i = 0; i < 8; i++)
		play_turn();
}

static bool is(const char *sql, int64_t want, const char *what)
{
	return is_int(play_figure(sql), want, "%s", what);
}

static void settle_down(void)
{
	for (int i = 0; i < 6; i++)
		play_turn();
}
