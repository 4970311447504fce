/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payroll - rows as a payroll feed gives them, for the benchmarks: 14 fields, names and accounts that differ
 */
#pragma once

#include <stdio.h>
#include <time.h>
#include "formats/core/record.h"

#define PAYROLL_NAMES 16

struct payroll_row { struct record r; char person[16], account[20], routing[10]; };

static inline void payroll_row(struct payroll_row *p, uint64_t i)
{
	static const struct view names[PAYROLL_NAMES] = { VIEW_INIT("Ann Lee"),
							  VIEW_INIT("Roberto Gonzalez Martinez"),
							  VIEW_INIT("Mei Chen"),
							  VIEW_INIT("Patricia O'Brien"),
							  VIEW_INIT("J\303\274rgen M\303\274ller"),
							  VIEW_INIT("Siobhan Kelly-Ward"),
							  VIEW_INIT("Ade Okafor"),
							  VIEW_INIT("Thomas Whitfield III"),
							  VIEW_INIT("Lan Nguyen"),
							  VIEW_INIT("Maria da Silva"),
							  VIEW_INIT("Kofi Mensah"),
							  VIEW_INIT("Eva Novak"),
							  VIEW_INIT("Jean-Luc Bernard"),
							  VIEW_INIT("Priya Raman"),
							  VIEW_INIT("Sam Hill"),
							  VIEW_INIT("Alexandra Featherstonehaugh") };
	static const struct view routings[4] = { VIEW_INIT("021000021"), VIEW_INIT("011401533"), VIEW_INIT("091000019"),
						 VIEW_INIT("121000248") };
	uint64_t mix = (i + 1) * 0x9e3779b97f4a7c15u;
	int person = snprintf(p->person, sizeof(p->person), "E%08llu", (unsigned long long)(i % 100000000));
	int account =
		snprintf(p->account, sizeof(p->account), "%010llu", (unsigned long long)(mix >> 20) % 10000000000u);

	record_init(&p->r, RECORD_PAYMENT, i + 2);
	p->r.seq = i + 1;
	record_set_text(&p->r, F_ACCOUNT, (struct view){ p->account, (size_t)account });
	record_set_text(&p->r, F_CURRENCY, VIEW("USD"));
	record_set_text(&p->r, F_PARTY, names[mix >> 60]);
	record_set_text(&p->r, F_ROUTING, routings[mix >> 58 & 3]);
	record_set_text(&p->r, F_COMPANY, VIEW("ACME"));
	record_set_text(&p->r, F_RUN, VIEW("2026-23-BIWEEKLY"));
	record_set_text(&p->r, F_PERSON, (struct view){ p->person, (size_t)person });
	record_set_num(&p->r, F_PAY_DATE, 20774);
	record_set_num(&p->r, F_GROSS, (int64_t)(mix % 900000) + 100000);
	record_set_num(&p->r, F_DEDUCTIONS, (int64_t)(mix % 90000));
	record_set_num(&p->r, F_NET, (int64_t)(mix % 900000) + 100000 - (int64_t)(mix % 90000));
	record_set_text(&p->r, F_ACCOUNT_TYPE, mix & 1 ? VIEW("checking") : VIEW("savings"));
	record_set_text(&p->r, F_METHOD, VIEW("ach"));
	record_set_text(&p->r, F_SSN, VIEW("***-**-1234"));
}

static inline int64_t bench_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
