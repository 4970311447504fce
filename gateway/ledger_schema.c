/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_schema - the schema, as the steps that made it
 *
 * migrations[i] brings a ledger from version i to version i + 1, in one transaction, and is never changed after a release: a
 * new need is a new step.  Money is minor units, dates are days since 1970-01-01, times are UTC text, states are state.h's
 * numbers.  Account numbers stand here in the clear (payments need them) and leave only by the bus; the file is route's alone.
 */
#include "gateway/ledger_schema.h"

static const char first[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"

	"CREATE TABLE audit(n INTEGER PRIMARY KEY, object TEXT NOT NULL, text TEXT NOT NULL, leaf BLOB NOT NULL, chain BLOB NOT NULL);"
	"CREATE INDEX audit_object ON audit(object);"

	/* an inbound file */
	"CREATE TABLE parcel(id INTEGER PRIMARY KEY, partner TEXT NOT NULL, channel TEXT NOT NULL, name TEXT NOT NULL, purpose TEXT NOT NULL,"
	" size INTEGER, mtime INTEGER, sha256 TEXT, state INTEGER NOT NULL, why TEXT, text TEXT, format TEXT, module_version TEXT, records INTEGER,"
	" sum_minor INTEGER, errors INTEGER, warnings INTEGER, business_key TEXT, claimed_key TEXT, config_sha256 TEXT, evidence TEXT, released INTEGER NOT NULL DEFAULT 0,"
	" attempts INTEGER NOT NULL DEFAULT 0, original_done INTEGER NOT NULL DEFAULT 0, toucher TEXT, seen_at TEXT, fetched_at TEXT, changed_at TEXT, business_at TEXT);"
	"CREATE INDEX parcel_state ON parcel(state);"
	"CREATE INDEX parcel_sha ON parcel(sha256);"
	"CREATE INDEX parcel_name ON parcel(channel, name);"
	"CREATE UNIQUE INDEX parcel_key ON parcel(business_key) WHERE business_key IS NOT NULL;"
	"CREATE TABLE finding(parcel INTEGER NOT NULL, n INTEGER NOT NULL, severity INTEGER NOT NULL, code TEXT NOT NULL, line INTEGER,"
	" col INTEGER, field TEXT, text TEXT, excerpt TEXT, PRIMARY KEY(parcel, n)) WITHOUT ROWID;"

	/* payments */
	"CREATE TABLE batch(id INTEGER PRIMARY KEY, parcel INTEGER NOT NULL, partner TEXT NOT NULL, outbound TEXT NOT NULL, format TEXT NOT NULL,"
	" ccy TEXT NOT NULL, effective INTEGER, pay_date INTEGER, run TEXT, count INTEGER NOT NULL DEFAULT 0, debit_minor INTEGER NOT NULL DEFAULT 0,"
	" credit_minor INTEGER NOT NULL DEFAULT 0, items_sha256 TEXT, source_sha256 TEXT, state INTEGER NOT NULL, items_state INTEGER NOT NULL,"
	" why TEXT, maker TEXT NOT NULL, persons INTEGER NOT NULL DEFAULT 0, first_item INTEGER NOT NULL, artifact INTEGER, number INTEGER,"
	" approved_at TEXT, approved_ms INTEGER, changed_at TEXT);"
	"CREATE UNIQUE INDEX batch_parcel ON batch(parcel);"
	"CREATE INDEX batch_state ON batch(state);"
	"CREATE INDEX batch_artifact ON batch(artifact);"
	"CREATE TABLE allotted(batch INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, sum_minor INTEGER NOT NULL,"
	" PRIMARY KEY(batch, first)) WITHOUT ROWID;"
	"CREATE TABLE item(id INTEGER PRIMARY KEY, batch INTEGER NOT NULL, seq INTEGER NOT NULL, line INTEGER NOT NULL, leg INTEGER NOT NULL,"
	" person TEXT, individual_id TEXT, party TEXT, routing TEXT, account TEXT, amount_minor INTEGER NOT NULL, code TEXT, trace INTEGER,"
	" state INTEGER NOT NULL, why TEXT, person_version INTEGER);"
	"CREATE INDEX item_batch ON item(batch, id);"
	"CREATE INDEX item_trace ON item(trace) WHERE trace IS NOT NULL;"
	"CREATE TABLE person(id INTEGER PRIMARY KEY, feed TEXT NOT NULL, person TEXT NOT NULL, version INTEGER NOT NULL, routing TEXT, account TEXT,"
	" account_type TEXT, parcel INTEGER, since TEXT, UNIQUE(feed, person, version));"
	"CREATE TABLE overlay(id INTEGER PRIMARY KEY, feed TEXT NOT NULL, person TEXT NOT NULL, code TEXT NOT NULL, old_routing TEXT, old_account TEXT,"
	" old_code TEXT, routing TEXT, account TEXT, account_code TEXT, source INTEGER NOT NULL, at TEXT, superseded INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX overlay_person ON overlay(feed, person);"

	/* outbound */
	"CREATE TABLE artifact(id INTEGER PRIMARY KEY, partner TEXT NOT NULL, outbound TEXT NOT NULL, format TEXT NOT NULL, state INTEGER NOT NULL,"
	" why TEXT, text TEXT, business_key TEXT NOT NULL UNIQUE, file_name TEXT NOT NULL, created_date INTEGER NOT NULL, created_time INTEGER NOT NULL,"
	" modifier TEXT NOT NULL, first_trace INTEGER NOT NULL, effective INTEGER NOT NULL, ccy TEXT NOT NULL, count INTEGER NOT NULL, debit_minor INTEGER NOT NULL,"
	" credit_minor INTEGER NOT NULL, entry_hash INTEGER, sha256 TEXT, size INTEGER, module_version TEXT, manifest_sha256 TEXT, previous TEXT,"
	" audit_size INTEGER, audit_root TEXT, signer TEXT, signed_n INTEGER, attempts INTEGER NOT NULL DEFAULT 0, business_at TEXT, changed_at TEXT);"
	"CREATE INDEX artifact_state ON artifact(state);"
	"CREATE TABLE delivery(id INTEGER PRIMARY KEY, artifact INTEGER NOT NULL, partner TEXT NOT NULL, path TEXT NOT NULL, final_name TEXT NOT NULL,"
	" state INTEGER NOT NULL, attempt INTEGER NOT NULL DEFAULT 1, manifest_done INTEGER NOT NULL DEFAULT 0, renamed INTEGER NOT NULL DEFAULT 0, evidence TEXT, why TEXT, text TEXT,"
	" delivered_date INTEGER, delivered_at TEXT, changed_at TEXT, UNIQUE(partner, path, final_name), UNIQUE(partner, artifact));"
	"CREATE INDEX delivery_state ON delivery(state);"

	/* people */
	"CREATE TABLE statement(id INTEGER PRIMARY KEY, act TEXT NOT NULL, object TEXT NOT NULL, operator TEXT NOT NULL, uid INTEGER NOT NULL,"
	" sha256 TEXT NOT NULL, reason TEXT NOT NULL, time TEXT NOT NULL, nonce TEXT NOT NULL UNIQUE, signature TEXT NOT NULL, stored_at TEXT);"
	"CREATE INDEX statement_object ON statement(object, act);"

	/* the bank's side */
	"CREATE TABLE bank_statement(id INTEGER PRIMARY KEY, parcel INTEGER NOT NULL, n INTEGER NOT NULL, partner TEXT NOT NULL, account TEXT NOT NULL,"
	" ccy TEXT NOT NULL, as_of INTEGER, provisional INTEGER NOT NULL, posted INTEGER NOT NULL, opening_minor INTEGER, closing_minor INTEGER,"
	" lines INTEGER NOT NULL, net_minor INTEGER NOT NULL, UNIQUE(parcel, n));"
	"CREATE INDEX bank_statement_account ON bank_statement(account, as_of);"
	"CREATE TABLE bank_line(id INTEGER PRIMARY KEY, parcel INTEGER NOT NULL, statement INTEGER NOT NULL, n INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" line INTEGER NOT NULL, account TEXT NOT NULL, ccy TEXT NOT NULL, date INTEGER, value_date INTEGER, amount_minor INTEGER NOT NULL, type TEXT,"
	" bank_ref TEXT, customer_ref TEXT, text TEXT, provisional INTEGER NOT NULL, state INTEGER NOT NULL, reason TEXT, detail TEXT, UNIQUE(parcel, n));"
	"CREATE INDEX bank_line_open ON bank_line(state, account);"
	/* what the bank must still show: kind settlement (artifact, and batch where the bank books by batch) or return (ach_return) */
	"CREATE TABLE expected(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, artifact INTEGER, batch INTEGER, ach_return INTEGER, partner TEXT NOT NULL,"
	" account TEXT NOT NULL, ccy TEXT NOT NULL, amount_minor INTEGER NOT NULL, effective INTEGER NOT NULL, company_id TEXT, description TEXT,"
	" reference TEXT, state INTEGER NOT NULL, first_seen INTEGER);"
	"CREATE UNIQUE INDEX expected_source ON expected(kind, ifnull(artifact,0), ifnull(batch,0), ifnull(ach_return,0));"
	"CREATE INDEX expected_open ON expected(state, account);"
	"CREATE TABLE match(id INTEGER PRIMARY KEY, bank_line INTEGER NOT NULL UNIQUE, expected INTEGER, rule TEXT NOT NULL, score INTEGER NOT NULL,"
	" explanation TEXT NOT NULL, at TEXT, UNIQUE(expected));"
	"CREATE TABLE ach_return(id INTEGER PRIMARY KEY, parcel INTEGER NOT NULL, seq INTEGER NOT NULL, line INTEGER NOT NULL, partner TEXT NOT NULL, change INTEGER NOT NULL,"
	" code TEXT NOT NULL, original_trace TEXT, original_rdfi TEXT, trace TEXT, account TEXT, amount_minor INTEGER NOT NULL, corrected TEXT, transaction_code TEXT,"
	" company_id TEXT, settled INTEGER, state INTEGER NOT NULL, item INTEGER, rule TEXT, reason TEXT, detail TEXT, UNIQUE(parcel, seq));"
	"CREATE INDEX ach_return_open ON ach_return(state);"
	"CREATE INDEX ach_return_item ON ach_return(item);"

	"CREATE TABLE report(id INTEGER PRIMARY KEY, name TEXT NOT NULL, date INTEGER NOT NULL, state INTEGER NOT NULL, path TEXT, UNIQUE(name, date));";

/*
 * Ways: a run leaves in batches of several kinds (ach check rollover funding, and void reversal).  whole_minor is what all
 * batches of the source pay together, and reference the key that a rollover file and its funding share.  A check's number is
 * item.serial; check_serial never forgets one that was used (state 1 issued, 2 void).  item.record is the leg as a wire record,
 * for kinds that need more than the ACH columns.  A positive-pay artifact announces the checks of batch `issues`, a print
 * artifact waits until artifact `waits_for` is delivered.
 */
static const char ways[] =
	"ALTER TABLE batch ADD COLUMN kind TEXT NOT NULL DEFAULT 'ach';"
	"ALTER TABLE batch ADD COLUMN whole_minor INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE batch ADD COLUMN reference TEXT;"
	"DROP INDEX batch_parcel;"
	"CREATE UNIQUE INDEX batch_parcel ON batch(parcel, kind, outbound);"
	"CREATE INDEX batch_source ON batch(source_sha256);"
	"ALTER TABLE item ADD COLUMN method TEXT;"
	"ALTER TABLE item ADD COLUMN serial INTEGER;"
	"ALTER TABLE item ADD COLUMN record BLOB;"
	"CREATE TABLE check_serial(account TEXT NOT NULL, serial INTEGER NOT NULL, item INTEGER NOT NULL, batch INTEGER NOT NULL,"
	" state INTEGER NOT NULL, replaced_by INTEGER, PRIMARY KEY(account, serial)) WITHOUT ROWID;"
	"CREATE INDEX check_serial_item ON check_serial(item);"
	"ALTER TABLE artifact ADD COLUMN issues INTEGER;"
	"ALTER TABLE artifact ADD COLUMN waits_for INTEGER;"
	"ALTER TABLE artifact ADD COLUMN reference TEXT;"
	/* kind check: one line an item, reference = the check's number */
	"ALTER TABLE expected ADD COLUMN item INTEGER;"
	"DROP INDEX expected_source;"
	"CREATE UNIQUE INDEX expected_source ON expected(kind, ifnull(artifact,0), ifnull(batch,0), ifnull(ach_return,0), ifnull(item,0));";

/* An approval that was given for a file which never left is kept, and counts no more. */
static const char spent_statements[] = "ALTER TABLE statement ADD COLUMN spent INTEGER NOT NULL DEFAULT 0;";

/* the bank's side: book items, keyed groups, exceptions, acknowledgements */
static const char bank_side[] =
	"CREATE TABLE exception(id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, reason TEXT NOT NULL, alarm INTEGER NOT NULL, partner TEXT NOT NULL, parcel INTEGER, line INTEGER,"
	" bank_line INTEGER, item INTEGER, artifact INTEGER, account TEXT, ccy TEXT, date INTEGER, amount_minor INTEGER, detail TEXT NOT NULL, deadline TEXT, state INTEGER NOT NULL,"
	" closed TEXT, at TEXT);"
	"CREATE INDEX exception_open ON exception(state);"

	"ALTER TABLE bank_statement ADD COLUMN number TEXT;"
	"ALTER TABLE bank_line ADD COLUMN partner TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE bank_line ADD COLUMN check_number TEXT;"
	"ALTER TABLE bank_line ADD COLUMN end_to_end TEXT;"
	"ALTER TABLE bank_line ADD COLUMN party TEXT;"
	"ALTER TABLE bank_line ADD COLUMN superseded_by INTEGER;"
	"UPDATE bank_line SET partner=(SELECT s.partner FROM bank_statement s WHERE s.id=bank_line.statement);"
	"CREATE INDEX bank_line_asks ON bank_line(partner, account, amount_minor, id) WHERE state IN (1,3) AND provisional=0;"
	"CREATE INDEX bank_line_amount ON bank_line(account, amount_minor);"
	"CREATE INDEX bank_line_statement ON bank_line(statement, n);"
	"CREATE INDEX bank_line_superseded ON bank_line(superseded_by) WHERE superseded_by IS NOT NULL;"

	/* kind book: book_item is the book's own id, feed the channel it came by; grp: what may be posted as one sum; match: the match it stands in */
	"ALTER TABLE expected ADD COLUMN feed TEXT;"
	"ALTER TABLE expected ADD COLUMN book_item TEXT;"
	"ALTER TABLE expected ADD COLUMN parcel INTEGER;"
	"ALTER TABLE expected ADD COLUMN line INTEGER;"
	"ALTER TABLE expected ADD COLUMN type TEXT;"
	"ALTER TABLE expected ADD COLUMN party TEXT;"
	"ALTER TABLE expected ADD COLUMN grp TEXT;"
	"ALTER TABLE expected ADD COLUMN issued INTEGER;"
	"ALTER TABLE expected ADD COLUMN status TEXT;"
	"ALTER TABLE expected ADD COLUMN match INTEGER;"
	"ALTER TABLE expected ADD COLUMN reason TEXT;"
	"ALTER TABLE expected ADD COLUMN detail TEXT;"
	"UPDATE expected SET match=(SELECT m.id FROM match m WHERE m.expected=expected.id);"
	"UPDATE expected SET grp=(SELECT 'F'||x.parcel FROM ach_return x WHERE x.id=expected.ach_return) WHERE kind='return';"
	"DROP INDEX expected_source;"
	"CREATE UNIQUE INDEX expected_source ON expected(kind, ifnull(artifact,0), ifnull(batch,0), ifnull(ach_return,0), ifnull(item,0), ifnull(feed,''),"
	" ifnull(book_item,''));"
	"CREATE INDEX expected_amount ON expected(state, partner, account, amount_minor);"
	"CREATE INDEX expected_reference ON expected(partner, account, reference COLLATE NOCASE) WHERE reference IS NOT NULL;"
	"CREATE INDEX expected_group ON expected(partner, account, grp) WHERE grp IS NOT NULL;"
	"CREATE INDEX expected_match ON expected(match) WHERE match IS NOT NULL;"

	/* state: 1 waits for its file to be delivered, 2 done, 3 an exception */
	"CREATE TABLE ack(id INTEGER PRIMARY KEY, parcel INTEGER NOT NULL, seq INTEGER NOT NULL, line INTEGER NOT NULL, partner TEXT NOT NULL, file_name TEXT, reference TEXT,"
	" verdict TEXT NOT NULL, reason TEXT, text TEXT, artifact INTEGER, state INTEGER NOT NULL, at TEXT, UNIQUE(parcel, seq));"
	"CREATE INDEX ack_open ON ack(state);"
	"CREATE INDEX ack_artifact ON ack(artifact) WHERE artifact IS NOT NULL;"
	"ALTER TABLE artifact ADD COLUMN ack INTEGER NOT NULL DEFAULT 0;"	/* 0 none, else the row of the ack that counted */
	"ALTER TABLE delivery ADD COLUMN ack_due INTEGER;"			/* seconds since 1970 */
	"ALTER TABLE batch ADD COLUMN resent_from INTEGER;";

/*
 * People of a feed: effective dates, aliases, the whole record; what a change of bank data has to wait for.  `quarantined`: a payment was
 * held for it; `cleared_by`: a person let it pass.  A version is in force from valid_from on, until a later one or its own valid_to.
 */
static const char persons[] =
	"ALTER TABLE person ADD COLUMN seq INTEGER;"
	"ALTER TABLE person ADD COLUMN hcm_id TEXT;"
	"ALTER TABLE person ADD COLUMN badge TEXT;"
	"ALTER TABLE person ADD COLUMN valid_from INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE person ADD COLUMN valid_to INTEGER;"
	"ALTER TABLE person ADD COLUMN record BLOB;"
	"ALTER TABLE person ADD COLUMN superseded_by INTEGER;"
	"ALTER TABLE person ADD COLUMN changed_on INTEGER;"
	"ALTER TABLE person ADD COLUMN quarantined INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE person ADD COLUMN cleared_by TEXT;"
	"CREATE UNIQUE INDEX person_source ON person(parcel, seq) WHERE seq IS NOT NULL;"
	"CREATE INDEX person_hcm_id ON person(feed, hcm_id) WHERE hcm_id IS NOT NULL;"
	"CREATE INDEX person_badge ON person(feed, badge) WHERE badge IS NOT NULL;"
	"ALTER TABLE parcel ADD COLUMN person_mark INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE item ADD COLUMN detail TEXT;";

/* Looked at by every tick: only what is awaited. */
static const char awaited_acks[] = "CREATE INDEX delivery_ack_due ON delivery(ack_due) WHERE ack_due IS NOT NULL;";

static const char held_rows[] = "CREATE INDEX item_held ON item(batch) WHERE state=4;";

/* What the bank says it counted in our file. */
static const char ack_totals[] =
	"ALTER TABLE ack ADD COLUMN count INTEGER;"
	"ALTER TABLE ack ADD COLUMN amount_minor INTEGER;";

/*
 * What feeds are told: receipts, reject files, status files.  sha256 NULL = not written yet; once noted the file is never written again.
 * delivery.artifact is minus the notice's id for a notice.  parcel.answered: the last state its feed was told.
 */
static const char notices[] =
	"CREATE TABLE notice(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, parcel INTEGER NOT NULL, n INTEGER NOT NULL, partner TEXT NOT NULL, outbound TEXT NOT NULL,"
	" name TEXT NOT NULL UNIQUE, about TEXT, verdict TEXT, why TEXT, text TEXT, sha256 TEXT, size INTEGER, at TEXT, UNIQUE(kind, parcel, n));"
	"CREATE INDEX notice_unwritten ON notice(id) WHERE sha256 IS NULL;"
	"CREATE INDEX notice_parcel ON notice(parcel);"
	"CREATE TABLE notice_due(parcel INTEGER PRIMARY KEY);"
	"INSERT INTO meta(key, value) SELECT 'notice_audit', count(*) FROM audit;"
	"ALTER TABLE delivery ADD COLUMN notice INTEGER;"
	"ALTER TABLE parcel ADD COLUMN answered INTEGER NOT NULL DEFAULT 0;"
	"UPDATE parcel SET answered=state;"
	"CREATE INDEX parcel_unanswered ON parcel(id) WHERE answered<>state;";

/* What was read back of a file of checks, numbers included: sign compares the print file with the bank's by it. */
static const char check_numbers[] = "ALTER TABLE artifact ADD COLUMN numbers_sha256 TEXT;"
	"CREATE INDEX artifact_issues ON artifact(issues) WHERE issues IS NOT NULL;"
	"CREATE INDEX item_method ON item(batch, method) WHERE method IS NOT NULL;";

/* A run larger than an ACH batch has several of a kind; a reversal is made for what is asked, as often as it is.  A file of two dates settles twice. */
static const char parts[] =
	"ALTER TABLE batch ADD COLUMN part INTEGER NOT NULL DEFAULT 1;"
	"DROP INDEX batch_parcel;"
	"CREATE UNIQUE INDEX batch_parcel ON batch(parcel, kind, outbound, part) WHERE kind<>'reversal';"
	"CREATE INDEX batch_parcel_kind ON batch(parcel, kind);"
	"DROP INDEX expected_source;"
	"CREATE UNIQUE INDEX expected_source ON expected(kind, ifnull(artifact,0), ifnull(batch,0), ifnull(ach_return,0), ifnull(item,0), ifnull(feed,''),"
	" ifnull(book_item,''), CASE kind WHEN 'settlement' THEN effective ELSE 0 END);";

/* What the printer or the trustee says of each item; state 1 waits for its file to be delivered, 2 done, 3 an exception. */
static const char confirmations[] =
	"CREATE TABLE confirmation(id INTEGER PRIMARY KEY, parcel INTEGER NOT NULL, seq INTEGER NOT NULL, line INTEGER NOT NULL, partner TEXT NOT NULL, rollover INTEGER NOT NULL,"
	" reference TEXT, serial INTEGER NOT NULL, new_serial INTEGER NOT NULL, person TEXT, amount_minor INTEGER NOT NULL, verdict TEXT NOT NULL, reason TEXT, item INTEGER,"
	" state INTEGER NOT NULL, at TEXT, UNIQUE(parcel, seq));"
	"CREATE INDEX confirmation_open ON confirmation(id) WHERE state=1;"
	"CREATE INDEX confirmation_waits ON confirmation(parcel) WHERE state=1;"
	"CREATE INDEX confirmation_item ON confirmation(item) WHERE item IS NOT NULL;"
	"CREATE INDEX check_serial_number ON check_serial(serial);";

/* An item of a reversal names the payment that it asks back. */
static const char reversals[] =
	"ALTER TABLE item ADD COLUMN reverses INTEGER;"
	"CREATE INDEX item_reverses ON item(reverses) WHERE reverses IS NOT NULL;";

/* What is still asked for: paid checks, and items that a key may gather. */
static const char still_asked[] =
	"CREATE INDEX bank_line_checks ON bank_line(id) WHERE state IN (1,3) AND provisional=0 AND check_number IS NOT NULL AND amount_minor<0;"
	"CREATE INDEX expected_group_open ON expected(partner, account, kind, grp) WHERE state=1 AND grp IS NOT NULL;";

static const char book_items[] = "CREATE INDEX expected_book ON expected(feed, book_item) WHERE kind='book';";

/* How far a large return file is; and returns ask for the delivery of a batch's file. */
static const char bulk_returns[] =
	"CREATE TABLE bulk(parcel INTEGER PRIMARY KEY, next INTEGER NOT NULL);"
	"CREATE INDEX delivery_artifact ON delivery(artifact);";

/* What the items without a state of their own are: each change of the shared state is recorded over them, and they seldom change. */
static const char shared_ids[] =
	"ALTER TABLE batch ADD COLUMN ids_sha256 TEXT;"
	"ALTER TABLE batch ADD COLUMN ids_count INTEGER;"
	"ALTER TABLE batch ADD COLUMN ids_minor INTEGER;";

/* Counting what has a state of its own reads this alone. */
static const char own_states[] = "CREATE INDEX item_own ON item(state, amount_minor) WHERE state<>0;";

/* Returns by the thousand: what waits and what is an exception are few, and own states come in the order of the items. */
static const char lean_returns[] =
	"DROP INDEX ach_return_open;"
	"CREATE INDEX ach_return_waits ON ach_return(change, id) WHERE state=1;"
	"CREATE INDEX ach_return_exceptions ON ach_return(id) WHERE state=3;"
	"DROP INDEX item_own;"
	"CREATE INDEX item_own ON item(state, id, amount_minor) WHERE state<>0;";

/* An approval of a whole run is kept once for each of its batches; what was signed is the list that names them all. */
static const char whole_runs[] =
	"ALTER TABLE statement ADD COLUMN run TEXT;"
	"ALTER TABLE statement ADD COLUMN run_nonce TEXT;"
	"CREATE INDEX statement_run ON statement(run_nonce) WHERE run_nonce IS NOT NULL;"
	"CREATE TABLE run_list(nonce TEXT PRIMARY KEY, list TEXT NOT NULL) WITHOUT ROWID;";

/* A number as wide as a trace where there will be one: numbering takes it away, so that the row keeps its length and is overwritten in place. */
static const char room[] = "ALTER TABLE item ADD COLUMN room INTEGER;";

/*
 * A match keeps what decided it: rule and its version, evidence and arithmetic in words; it may stand for several lines (bank_line.match).
 * What people undo stays, with its end in `undone`.  Proposals are what a person may want to look at, the best first; each answer replaces
 * those of its line.  The account's open lines are walked by id.
 */
static const char engine_matches[] =
	"CREATE TABLE match2(id INTEGER PRIMARY KEY, bank_line INTEGER NOT NULL, expected INTEGER, partner TEXT NOT NULL, account TEXT NOT NULL, ccy TEXT NOT NULL, rule TEXT NOT NULL,"
	" version TEXT NOT NULL, score INTEGER NOT NULL, explanation TEXT NOT NULL, evidence TEXT NOT NULL, arithmetic TEXT NOT NULL, at TEXT, undone TEXT);"
	"INSERT INTO match2 SELECT m.id, m.bank_line, m.expected, l.partner, l.account, l.ccy, m.rule, '0', m.score, m.explanation, '', '', m.at, NULL FROM match m JOIN bank_line l ON l.id=m.bank_line;"
	"DROP TABLE match;"
	"ALTER TABLE match2 RENAME TO match;"
	"CREATE UNIQUE INDEX match_line ON match(bank_line) WHERE undone IS NULL;"
	"CREATE UNIQUE INDEX match_expected ON match(expected) WHERE undone IS NULL AND expected IS NOT NULL;"
	"CREATE INDEX match_account ON match(partner, account, ccy, id);"
	"CREATE INDEX match_at ON match(at);"
	"ALTER TABLE bank_line ADD COLUMN match INTEGER;"
	"UPDATE bank_line SET match=(SELECT m.id FROM match m WHERE m.bank_line=bank_line.id) WHERE state=2;"
	"CREATE INDEX bank_line_match ON bank_line(match) WHERE match IS NOT NULL;"
	"DROP INDEX bank_line_asks;"
	"CREATE INDEX bank_line_asks ON bank_line(partner, account, ccy, id) WHERE state IN (1,3) AND provisional=0;"
	"DROP INDEX bank_line_checks;"
	"CREATE INDEX expected_elsewhere ON expected(reference COLLATE NOCASE, amount_minor) WHERE state=1 AND reference IS NOT NULL;"
	"CREATE TABLE proposal(id INTEGER PRIMARY KEY, line INTEGER NOT NULL, rank INTEGER NOT NULL, lines TEXT NOT NULL, items TEXT NOT NULL, rule TEXT NOT NULL, version TEXT NOT NULL,"
	" score INTEGER NOT NULL, margin INTEGER NOT NULL, explanation TEXT NOT NULL, at TEXT, UNIQUE(line, rank));";

/* What banks announced is few beside what they booked. */
static const char announced_lines[] = "CREATE INDEX bank_line_announced ON bank_line(id) WHERE provisional=1;";

/*
 * What analysts decide by hand; a row is never changed.  lines and items: ids with their letters, a blank between.  text: what was signed.
 * persons 2: it waits until another row says `second` or `withdraw` about it.  by_hand: the decision that took the line's match apart.
 */
static const char analysts[] =
	"CREATE TABLE casework(id INTEGER PRIMARY KEY, act TEXT NOT NULL, object TEXT NOT NULL, match INTEGER, lines TEXT NOT NULL, items TEXT NOT NULL, owner TEXT NOT NULL, operator TEXT NOT NULL,"
	" uid INTEGER NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL, persons INTEGER NOT NULL, about INTEGER, at TEXT);"
	"CREATE INDEX casework_about ON casework(about) WHERE about IS NOT NULL;"
	"CREATE INDEX casework_refused ON casework(lines, items) WHERE act='refuse';"
	"ALTER TABLE bank_line ADD COLUMN by_hand INTEGER;"
	"ALTER TABLE bank_line ADD COLUMN owner TEXT;"
	"ALTER TABLE bank_line ADD COLUMN comment TEXT;"
	"ALTER TABLE expected ADD COLUMN owner TEXT;"
	"ALTER TABLE expected ADD COLUMN comment TEXT;";

/* A large batch that has its traces, whose items are told while its file is being written: item trace_item has trace_first; from trace_next on they do not know. */
static const char told_traces[] =
	"ALTER TABLE batch ADD COLUMN trace_first INTEGER;"
	"ALTER TABLE batch ADD COLUMN trace_item INTEGER;"
	"ALTER TABLE batch ADD COLUMN trace_next INTEGER;"
	"CREATE INDEX batch_trace_next ON batch(id) WHERE trace_next IS NOT NULL;";

/* The records of a small file, as segment.h writes them: a larger one has a file in spool/rec. */
static const char small_segments[] = "CREATE TABLE segment(parcel INTEGER PRIMARY KEY, bytes BLOB NOT NULL);";

/* A large file may be taken in another order than its own: of the records from `next` on so many are done. */
static const char bulk_order[] = "ALTER TABLE bulk ADD COLUMN done INTEGER NOT NULL DEFAULT 0;";

const char *const ledger_migrations[] = { first, ways, spent_statements, bank_side, persons, awaited_acks, held_rows, ack_totals, notices, check_numbers, parts, confirmations, reversals, still_asked, book_items, bulk_returns, shared_ids, own_states, lean_returns, whole_runs, room, engine_matches, announced_lines, analysts, told_traces, small_segments, bulk_order };
const int ledger_version = sizeof(ledger_migrations) / sizeof(ledger_migrations[0]);
