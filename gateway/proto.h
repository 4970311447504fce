/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto - what roles say to each other: message types and element tags (wire.h); docs/wire.md describes each
 *
 * Every role sends HELLO to route at start and once a second; a new EPOCH under an old name means "I was restarted and know
 * nothing": route sends its unfinished work again.  JOB is route's number for a piece of work; an answer to an unknown JOB
 * is ignored.  A message from another process is input: a missing or wrong element drops the message with a log line.
 * Values are on the wire: add at the end, never renumber.
 */
#pragma once

enum proto_type {
	M_HELLO = 1,		/* any -> route: ROLE, EPOCH, CREDIT (bytes it can take) */

	/* intake -> route */
	M_SEEN = 10,		/* CHANNEL NAME SIZE MTIME READY(0|1): a name in a watched directory */
	M_FETCHED,		/* PARCEL CHANNEL NAME SHA256 SIZE EVIDENCE: the bytes are in spool/new, fsynced */
	M_FETCH_FAILED,		/* PARCEL CHANNEL NAME TEXT */
	M_ORIGINAL_DONE,	/* PARCEL: the original is moved or deleted */
	/* route -> intake */
	M_PARCEL = 20,		/* CHANNEL NAME PARCEL GO(0|1): claim and fetch when 1 */
	M_TAKEN,		/* PARCEL CHANNEL NAME: the ledger has it; now touch the original */

	/* route -> parse */
	M_PARSE = 30,		/* JOB SHA256 SPOOL(0 new, 1 out) FORMAT("" detect) OPTION("k=v")* CREDIT */
	M_CREDIT,		/* JOB CREDIT: so many bytes more may be sent (also distribute -> route for its input) */
	/* parse -> route */
	M_RECORDS = 40,		/* JOB FIRST COUNT SUM BYTES: records FIRST.. ; SUM = sum of their AMOUNT fields (also route -> distribute) */
	M_FINDINGS,		/* JOB FINDING* */
	M_PARSED,		/* JOB VERDICT FORMAT VERSION COUNT SUM ERRORS TEXT */

	/* route -> distribute */
	M_ALLOT = 50,		/* JOB PARCEL FIRST COUNT BYTES OPTION*: allot these PAYMENT records into legs */
	M_EMIT,			/* JOB FORMAT OPTION*: then RECORDS*, then EMIT_END */
	M_EMIT_END,		/* JOB COUNT */
	/* distribute -> route */
	M_ALLOTTED = 60,	/* JOB COUNT SUM BYTES: the legs, as PAYMENT records with LEG and the source's seq */
	M_BYTES,		/* JOB FIRST(offset) BYTES */
	M_EMITTED,		/* JOB VERDICT SIZE SHA256 VERSION TEXT */
	M_JOB_FAILED,		/* JOB REASON TEXT: also from reconcile */

	/* route -> reconcile, and back */
	M_MATCH = 70,		/* JOB BYTES(subjects as records) CANDIDATES(records; seq = the candidate's id) OPTION* */
	M_MATCHED,		/* JOB MATCH*; MATCH = { SUBJECT(seq) ITEM(id)* RULE SCORE(0..10000) TEXT REASON(when no match) } */
	M_SETTLE,		/* JOB FIRST(part, from 1) READY(1 the last with rows) BYTES(lines) CANDIDATES(items) OPTION*: see reconcile_desk.h */
	M_SETTLED,		/* JOB FIRST READY(1 the last) MATCH*: decisions, as reconcile_desk.c tells them */

	/* route -> sign, and back */
	M_SIGN = 80,		/* JOB ARTIFACT NAME PARTNER OUTBOUND FORMAT SHA256 SIZE ... BATCH* STATEMENT* SOURCE*: see sign.c */
	M_SIGNED,		/* JOB ARTIFACT SHA256(of the manifest) NAME SIGNER */
	M_REFUSED,		/* JOB ARTIFACT REASON TEXT */
	M_CHECKPOINT,		/* JOB SIZE ROOT: sign this audit head */
	M_CHECKPOINTED,		/* JOB TEXT (the signed note) */

	/* sign -> parse, and back */
	M_READBACK_ASK = 90,	/* JOB SHA256 */
	M_READBACK,		/* JOB SHA256 KNOWN(0|1) FORMAT COUNT DEBIT CREDIT_SUM HASH BATCH*; BATCH = { BATCH_NUMBER COUNT DEBIT CREDIT_SUM ITEMS_SHA256 EFFECTIVE } */

	/* route -> deliver, and back */
	M_DELIVER = 100,	/* JOB DELIVERY ATTEMPT STEP PARTNER PATH NAME SHA256 SIZE MANIFEST_PATH MANIFEST_NAME */
	M_DELIVER_RESULT,	/* JOB DELIVERY ATTEMPT STEP RESULT EVIDENCE TEXT */

	/* control, report -> route, and back */
	M_COMMAND = 110,	/* JOB VERB UID OPERATOR ARG("k=v")* STATEMENT CURSOR */
	M_ANSWER,		/* JOB STATUS(exit status) JSON CURSOR(when there is more) */
	M_REPORT,		/* route -> report: JOB NAME DATE: write it */
	M_REPORTED,		/* report -> route: JOB NAME TEXT; of a notice JOB NAME SHA256 SIZE */
	M_NOTICE,		/* route -> report: JOB VERB(receipt|reject|status) NAME(the file's) ARG(its id): write it; rows by notice.rows */
};

enum proto_tag {
	T_ROLE = 1, T_EPOCH, T_CREDIT, T_JOB, T_PARCEL, T_CHANNEL, T_NAME, T_SIZE, T_MTIME, T_READY, T_SHA256, T_EVIDENCE, T_TEXT, T_GO,
	T_SPOOL, T_FORMAT, T_OPTION, T_FIRST, T_COUNT, T_SUM, T_BYTES, T_FINDING, T_VERDICT, T_VERSION, T_ERRORS, T_REASON,
	T_CANDIDATES, T_MATCH, T_SUBJECT, T_ITEM, T_RULE, T_SCORE,
	T_ARTIFACT, T_PARTNER, T_OUTBOUND, T_BATCH, T_BATCH_NUMBER, T_STATEMENT, T_SOURCE, T_DEBIT, T_CREDIT_SUM, T_HASH, T_ITEMS_SHA256,
	T_EFFECTIVE, T_CCY, T_BUSINESS_KEY, T_PREVIOUS, T_AUDIT_SIZE, T_AUDIT_ROOT, T_CONFIG_SHA256, T_RULES_SHA256, T_TIME, T_DATE, T_SIGNER,
	T_KNOWN, T_ROOT, T_DELIVERY, T_ATTEMPT, T_STEP, T_PATH, T_RESULT, T_MANIFEST_PATH, T_MANIFEST_NAME,
	T_VERB, T_UID, T_OPERATOR, T_ARG, T_CURSOR, T_STATUS, T_JSON, T_DEMO, T_TRANSIENT,
	T_NONCE, T_SIGNATURE,		/* of a statement */
	T_NUMBERS_SHA256,		/* of a batch of checks, in SIGN and READBACK */
	T_RUN, T_RUN_NONCE, T_RUN_LIST,	/* of a statement about a whole run, as it stands for one of its batches */
	T_FIELD, T_READING, T_MARGIN,	/* of a decision in SETTLED: enum of recon.h's bank texts, recon_operator, score ahead of the next */
};

/* VERDICT of PARSED and EMITTED. */
enum job_verdict {
	JOB_DONE,		/* the module came to its end; findings say the rest */
	JOB_DIED,		/* killed by a signal or a limit, or overran its deadline */
	JOB_UNKNOWN_FORMAT,	/* nobody's probe answered */
	JOB_REFUSED,		/* the module is not there, or was refused at load */
	JOB_MODULE_FAILED,	/* the module returned -1 */
};

/* STEP and RESULT of DELIVER. */
enum deliver_step { STEP_UPLOAD, STEP_RENAME, STEP_LOOK, STEP_MANIFEST };
enum deliver_result {
	RESULT_OK,		/* UPLOAD: temporary name there with the right size; RENAME: final name seen with the right size; MANIFEST: both files there */
	RESULT_SAFE_FAIL,	/* nothing irreversible happened; may be tried again */
	RESULT_UNCERTAIN,	/* the link died around the irreversible step: LOOK decides */
	RESULT_EXISTS,		/* RENAME refused: the final name is taken */
	LOOK_FINAL_EQUAL, LOOK_FINAL_DIFFERS, LOOK_TEMPORARY_ONLY, LOOK_BOTH_EQUAL, LOOK_NEITHER,	/* of STEP_LOOK */
};
