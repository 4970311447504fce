/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reasons - see reasons.h.  One row a code, in the order in which a file and its payments meet them
 *
 * An ERROR stops the thing until a person acts.  A WARNING is an exception that waits for an answer.  A NOTE says why
 * something waits or ended, and needs nobody.
 */
#include "gateway/reasons.h"

#include <string.h>

#define HOLDS(code, of, title, action) { code, FINDING_ERROR, title, action, of }
#define ASKS(code, of, title, action)  { code, FINDING_WARNING, title, action, of }
#define SAYS(code, of, title, action)  { code, FINDING_NOTE, title, action, of }

const struct tally_code gateway_reasons[] = {
	/* a file that comes in */
	SAYS("STILL_GROWING", "file", "the file is not ready yet: it still changes, or its marker is missing",
		"nothing; if it stays, ask the sender whether the upload has ended"),
	HOLDS("HOSTILE_NAME", "file",
		"the name holds bytes that could mislead a terminal or a path; it was not fetched",
		"ask the sender to send it under a plain name, then reject this one"),
	HOLDS("EMPTY_FILE", "file", "the file has 0 bytes", "ask the sender for the file, then reject this one"),
	SAYS("REPLAY", "file", "the same name with the same bytes was taken in before",
		"nothing; it is noted and not processed again"),
	HOLDS("SAME_CONTENT_OTHER_NAME", "file", "the same bytes came before under another name",
		"find the first one by its hash; reject this one unless the sender means it twice"),
	HOLDS("SAME_NAME_OTHER_CONTENT", "file", "this name came before with other bytes",
		"ask the sender which one counts; reject the other, release this one only if both count"),
	HOLDS("DUPLICATE_KEY", "file", "another file has the same sender, date and file number or run",
		"ask the sender; reject this one and have the right one sent under its own number"),
	HOLDS("UNKNOWN_FORMAT", "file", "no format module knows these bytes",
		"look at the file and at the channel's 'format'; release it once they agree, or reject it"),
	HOLDS("MODULE_REFUSED", "file, outbound file",
		"the format module is not there or was refused when it was loaded",
		"`tallygate formats` says why; repair the module, restart the gateway, release"),
	HOLDS("PARSER_FAILED", "file", "the module gave up on this file",
		"read the text of the hold; report the file to whoever keeps the module"),
	HOLDS("PARSER_DIED", "file", "the process that read the file died or overran, twice",
		"treat the file as hostile; keep it, ask the sender, report it to whoever keeps the module; reject it"),
	HOLDS("COUNTS_DIFFER", "file", "what was received of the reader does not add up to what it said",
		"release to read it once more; if it comes again, report it: a role does not tell the truth"),
	HOLDS("FINDINGS", "file", "the file has errors",
		"`tallygate findings F1` lists them; reject and ask for a right one, or release to pay what is right"),
	HOLDS("NOTHING_FOR_PURPOSE", "file", "the file can be read, but holds nothing of what its channel is for",
		"it lies in the wrong directory, or the channel has the wrong 'purpose'; reject it or correct the "
		"channel and release"),
	HOLDS("NO_ROUTE", "file", "the outbound that this feed pays by is not in the configuration",
		"correct 'pay_by', restart, release"),

	/* a payment that cannot be paid; the others of its run go on */
	HOLDS("NOT_ACH", "payment", "the row's method is neither ACH nor check", "pay it in the way the row asks for"),
	HOLDS("NO_WAY", "payment", "the row asks for a check or a rollover, and its feed has no outbound for it",
		"add 'check_by' or 'rollover_by' for the next run, and pay this one in the way it asks for"),
	HOLDS("BAD_ROLLOVER", "payment", "the rollover is more than the net, negative, or of an unknown amount", "have the row corrected"),
	HOLDS("NO_TRUSTEE", "payment", "the rollover names no account at the trustee", "have the row corrected"),
	HOLDS("OTHER_TRUSTEE", "payment", "the rollover is for another trustee than the feed's rollovers go to", "ask the plan's administrator"),
	HOLDS("BAD_ADDRESS", "payment", "the address does not fit on a check", "have the address shortened at its source"),
	HOLDS("TOO_MANY_LEGS", "payment", "the payment would have to be divided into more than four", "raise the bound in rules.d, or pay it by hand"),
	HOLDS("NO_AMOUNT", "payment", "the net amount is absent, zero or negative",
		"nothing is paid; ask payroll if that surprises"),
	HOLDS("AMOUNT_TOO_LARGE", "payment", "the net amount has more than ten digits of cents",
		"ask payroll; an ACH entry cannot hold it"),
	HOLDS("NOT_USD", "payment", "ACH pays US dollars only", "ask payroll"),
	HOLDS("NO_NAME", "payment", "there is no name that an ACH file can hold",
		"ask payroll for a name in Latin letters"),
	HOLDS("NO_PERSON", "payment", "the row does not say who is paid", "ask payroll for the person's id"),
	HOLDS("NO_ACCOUNT", "payment", "the account number is missing", "ask the payee"),
	HOLDS("BAD_ACCOUNT", "payment", "the account number is too long or holds a bad character", "ask the payee"),
	HOLDS("BAD_ACCOUNT_TYPE", "payment", "the account type is neither checking nor savings", "ask the payee"),
	HOLDS("NO_ROUTING", "payment", "the routing number is missing", "ask the payee"),
	HOLDS("BAD_ROUTING", "payment", "the routing number is not that of a bank: its check digit is wrong",
		"ask the payee"),

	/* a batch */
	SAYS("NEEDS_APPROVAL", "batch", "the sum is above the limit of a rule; persons must sign it",
		"look at it with `tallygate show B1`, then approve or reject"),
	SAYS("RELEASED", "file, batch, outbound file, delivery", "a person released it",
		"nothing; the statement and its reason are in the audit"),
	HOLDS("ORPHAN", "file", "bytes lay in the spool of which the ledger knew no file, as after a ledger was restored from a backup",
		"find the file's name by its hash, let the sender or the feed put it again, then reject this row"),
	HOLDS("ADOPTED", "file", "the file of an orphan was told after all",
		"nothing; the file has its own row"),
	HOLDS("CORRECTS_MATCHED", "file", "the bank corrects or deletes a day of which lines are matched already",
		"compare the statement with the matches of that day and settle it with the bank by hand; then reject the file"),
	HOLDS("FILE_REJECTED", "batch", "a person rejected the outbound file that it was written in",
		"its payments are cancelled; the feed sends them again under a new run"),
	HOLDS("REJECTED", "outbound file, delivery", "a person decided that it will not be sent",
		"nothing more is done with it; its payments are cancelled"),
	HOLDS("BY_OPERATOR", "file, batch", "a person held or rejected it",
		"ask the person; the reason stands in the statement, `tallygate show B1`"),
	HOLDS("NOTHING_TO_PAY", "batch", "no row of the run can be paid",
		"`tallygate items B1` says why for each; reject it and ask for a right run"),
	HOLDS("WORKER_DIED", "batch", "workers died over a range of this run, twice",
		"find what they died of in the log; reject the batch and have the run sent again under a new run "
		"id"),
	HOLDS("MISSED_CUTOFF", "batch, outbound file, delivery",
		"it can no longer be at the bank in time for its effective date",
		"nothing was sent; `tallygate redate B1 --effective DATE` gives it another date under a new approval, or "
		"reject it"),
	SAYS("REDATED", "batch, outbound file, delivery", "it missed its cut-off, and a person gave its run another date",
		"approve the run again; the file that was not sent is given up"),
	HOLDS("FILE_REDATED", "batch", "another run of its file got another date, so that file is given up",
		"its own date is still good: release it, and have it approved again where it needs that"),
	HOLDS("MODIFIERS_USED", "batch", "36 files were made for this bank today; there is no file ID modifier left",
		"release it on the next day"),

	/* a file that goes out */
	HOLDS("NO_CHANNEL", "outbound file", "its outbound has left the configuration",
		"put it back, restart, release"),
	HOLDS("EMITTER_DIED", "outbound file", "the process that writes the file died or overran, twice",
		"find what it died of in the log; then release"),
	HOLDS("EMITTER_FAILED", "outbound file", "the module cannot write these payments",
		"the text names the field; correct the outbound or the data"),
	HOLDS("RENDER_INCOMPLETE", "outbound file", "the worker's bytes have gaps",
		"release: it is rendered again from the same numbers"),
	HOLDS("RENDER_DIFFERS", "outbound file", "the worker's hash is not that of its bytes",
		"release once; if it comes again, a role does not tell the truth: stop and look"),
	HOLDS("READBACK_FAILED", "outbound file", "our own file could not be read again",
		"the text says why; release once it is repaired"),
	HOLDS("READBACK_FINDINGS", "outbound file", "our own file does not pass its validation",
		"keep it and report it; nothing was signed"),
	HOLDS("READBACK_DIFFERS", "outbound file", "the file that was read back is not what was approved",
		"ALARM: a worker or a module writes something else; stop it, keep the file, look; nothing was "
		"signed"),

	/* refused by sign */
	HOLDS("REFUSED", "outbound file", "sign refused without a code", "read its log"),
	HOLDS("BAD_REQUEST", "outbound file", "what route asked sign for is malformed",
		"report it; both programs must be of one release"),
	HOLDS("BUSY", "outbound file", "sign has as many files in hand as it takes", "release in a minute"),
	HOLDS("NOT_CONFIGURED", "outbound file", "sign's configuration does not know this partner or outbound",
		"start all roles again with one configuration, then release"),
	HOLDS("NO_READBACK", "outbound file", "parse has not read this file back; it is read again by itself",
		"nothing"),
	HOLDS("READBACK_UNKNOWN", "outbound file",
		"parse was restarted and no longer knows this file; it is read again by itself",
		"nothing"),
	HOLDS("HASH_DIFFERS", "outbound file", "the bytes are not those that route names",
		"ALARM: spool/out was changed, or route lies; stop and look"),
	HOLDS("TOTALS_DIFFER", "outbound file", "route's totals are not those that parse read in the file",
		"ALARM: route or parse does not tell the truth; stop and look"),
	HOLDS("NO_APPROVAL", "outbound file", "fewer persons have signed a batch than sign's own rules ask for",
		"compare the rules of route and sign: one configuration, all roles restarted; then release"),
	HOLDS("FORGED_STATEMENT", "outbound file",
		"an approval's signature is not by the key of the operator it names",
		"ALARM: somebody invents approvals; stop and look"),
	HOLDS("UNKNOWN_OPERATOR", "outbound file", "an approval is by an operator whom sign does not know",
		"one configuration for all roles; else ALARM"),
	HOLDS("STATEMENT_OBJECT", "outbound file", "an approval is of other totals or of another batch",
		"ALARM: an approval was moved; stop and look"),
	HOLDS("STATEMENT_ACT", "outbound file", "a statement that is no approval was shown as one",
		"ALARM: stop and look"),
	HOLDS("ROOT_APPROVAL", "outbound file", "an approval is by an operator with uid 0",
		"root never approves; give the operator a uid of his own"),
	HOLDS("SELF_APPROVAL", "outbound file", "an approval is by somebody who made or touched the run",
		"another person must approve"),
	HOLDS("REPLAYED_NONCE", "outbound file", "an approval was used before for something else",
		"ALARM: stop and look"),
	HOLDS("UNSIGNED_LIMIT", "outbound file",
		"without an approval this would pass what may be paid unsigned a partner and day",
		"have the batches approved by rule, or raise 'unsigned_limit' with a reason"),
	HOLDS("CLOCK_DIFFERS", "outbound file", "route's time is not sign's",
		"set the machine's clock right, then release"),
	HOLDS("NAME_TAKEN", "outbound file", "another file was signed under this name",
		"correct 'file_name' so that names differ; ask before anything is removed"),
	HOLDS("AUDIT_SHRANK", "outbound file", "route's audit is shorter than sign has seen it, or another one",
		"ALARM: the ledger was set back or changed; compare with the partners' manifests before anything "
		"goes out"),

	/* a delivery */
	SAYS("UPLOAD_FAILED", "delivery", "the upload did not end well; nothing lies under the final name",
		"nothing; it is tried again. If it stays: network, login, space"),
	SAYS("WORKER_LOST", "delivery", "deliver died in this step",
		"nothing; the far side is looked at, or the upload is tried again"),
	SAYS("LINK_CUT", "delivery", "the link broke while the file was renamed",
		"nothing; both names are looked at on a new connection"),
	SAYS("NAME_EXISTS", "delivery", "the far side refused the rename: the final name is there",
		"nothing; what lies there is compared"),
	SAYS("TEMPORARY_ONLY", "delivery", "only the temporary name is there; the rename is done again", "nothing"),
	HOLDS("NEITHER_NAME", "delivery", "neither name is there: the partner took the file away, or lost it",
		"ask the partner whether the file arrived; it is never sent again without a person"),
	HOLDS("FINAL_NAME_TAKEN", "delivery", "another file lies under the final name at the partner",
		"ask the partner what it is; once it is gone, release"),

	/* what the bank's answers leave open */
	ASKS("NO_COUNTERPART_BOOK", "bank line", "the bank shows a line that nothing here expects",
		"fees, interest and foreign bookings: book them elsewhere, then `tallygate resolve L1`"),
	ASKS("NO_COUNTERPART_BANK", "batch", "the bank has not shown the settlement in time",
		"ask the bank, with the file's name, total and effective date"),
	ASKS("AMBIGUOUS", "bank line", "several fit equally; nobody guesses",
		"the text counts them; clear it with the bank's reference"),
	ASKS("REF_CONFLICT", "bank line", "one of that amount is expected, but the line gives another reference",
		"compare the references with the bank"),
	SAYS("PROVISIONAL", "bank line", "an intraday line informs only", "nothing; the booked line settles"),
	ASKS("RETURN_UNLINKED", "return", "no payment, or not exactly one, fits the return",
		"the text says what differs; ask the bank, then `tallygate resolve R1`"),
	ASKS("CHANGE_UNLINKED", "return", "no payment, or not exactly one, fits the notification of change",
		"ask the payee, correct the feed, then resolve it"),
	ASKS("CHANGE_UNREADABLE", "return", "the corrected data do not fit the change code",
		"ask the payee, correct the feed, then resolve it"),
	{ 0 }
};

const struct tally_code *reason_find(const char *code)
{
	for (const struct tally_code *c = gateway_reasons; c->code != NULL; c++)
		if (strcmp(c->code, code) == 0)
			return c;
	return NULL;
}
