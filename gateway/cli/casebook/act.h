/* SPDX-License-Identifier: Apache-2.0 */
/*
 * casebook/act - one person's word in a folder: who he is, what the rules say, and the answer in words
 */
#pragma once

#include "gateway/cli/casebook/folder.h"

struct actor {
	struct config *config;		/* the rules, or NULL */
	char name[CASE_NAME_MOST + 1];	/* the user's own */
	const char *by;			/* --by, or NULL */
	uint32_t uid;
	char at[32];
};

int actor_init(struct actor *, const char *rules, const char *by, struct err *);
void actor_release(struct actor *);

/* Fills who and when into the decision and judges it under the rules; `words`: why it was refused. */
enum case_verdict actor_decide(const struct actor *, struct folder *, struct case_decision *, struct case_answer *);

/* "decision 3: matched 's.txt#5' with 'K08' (H3)", escaped */
void act_words(struct buf *, const struct casebook *, uint32_t number);
/* Tells of a journal that ends in a piece of a row: 1; else 0. */
int act_torn(const struct folder *);
/* A text for people: foreign bytes escaped. */
void act_say(int stream, const char *before, struct view text);
