/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_sql - the queries of operators and reports, as data
 *
 * ?1 rows a page, ?2 rows to skip, ?3 the argument.  Aliases: see query.c.  Each is ordered, so that pages do not shift.
 */
#include "gateway/roles/route/query.h"

#define PAGE " LIMIT ?1 OFFSET ?2"
#define ONE " LIMIT ?1 OFFSET ?2"
#define ITEM_STATE "CASE WHEN i.state=0 THEN b.items_state ELSE i.state END"
#define ITEM_COLUMNS "i.id AS 'I:id', " ITEM_STATE " AS '=I:state', i.person, i.party, i.amount_minor AS '#:amount_minor', b.ccy AS currency, i.account AS '*:account'," \
	" i.routing, CASE WHEN i.trace IS NULL THEN NULL ELSE printf('%015d', i.trace) END AS trace, i.line AS '#:line', ifnull(i.method, CASE b.kind WHEN 'ach' THEN 'ach' ELSE b.kind END) AS method, i.serial AS '#:check_number', i.why, i.detail, b.id AS 'B:batch', b.effective AS '@:effective_date'"
#define PARCEL_COLUMNS "p.id AS 'F:id', p.state AS '=F:state', p.why, p.text, p.partner, p.channel, p.name, p.purpose, p.format, p.size AS '#:size', p.sha256," \
	" p.records AS '#:records', p.errors AS '#:errors', p.warnings AS '#:warnings', p.evidence, p.business_at AS at"
#define BATCH_COLUMNS "b.id AS 'B:id', b.state AS '=B:state', b.kind, b.why, b.items_state AS '=I:items_state', b.partner, b.outbound, b.run, b.ccy AS currency, b.count AS '#:count'," \
	" b.debit_minor AS '#:debit_minor', b.credit_minor AS '#:credit_minor', b.effective AS '@:effective_date', b.persons AS '#:persons_needed'," \
	" (SELECT count(DISTINCT operator) FROM statement s WHERE s.object='B'||b.id AND s.act='approve' AND s.spent=0) AS '#:persons_signed', b.maker, b.parcel AS 'F:source'," \
	" b.artifact AS 'A:artifact', b.items_sha256, b.source_sha256, b.format, b.reference, b.whole_minor AS '#:whole_minor'"
#define ARTIFACT_COLUMNS "a.id AS 'A:id', a.state AS '=A:state', a.why, a.text, a.partner, a.file_name AS name, a.sha256, a.size AS '#:size', a.count AS '#:count'," \
	" a.credit_minor AS '#:credit_minor', a.debit_minor AS '#:debit_minor', a.effective AS '@:effective_date', a.modifier, a.manifest_sha256, a.signer, a.business_at AS at"
#define DELIVERY_COLUMNS "d.id AS 'D:id', d.state AS '=D:state', d.why, d.text, d.partner, d.path, d.final_name AS name, d.attempt AS '#:attempt', d.evidence," \
	" d.delivered_at AS at, CASE WHEN d.artifact>0 THEN d.artifact END AS 'A:artifact', d.notice AS 'N:notice'"
#define NOTICE_COLUMNS "n.id AS 'N:id', n.kind, n.parcel AS 'F:about', n.partner, n.name, n.verdict, n.why, n.size AS '#:size', n.sha256, d.id AS 'D:delivery'," \
	" d.state AS '=D:state', n.at"
#define STATEMENT_COLUMNS "s.act, s.object, s.operator, s.reason, s.time, s.sha256, s.run"
#define RETURN_COLUMNS "x.id AS 'R:id', CASE x.change WHEN 1 THEN 'CHANGE' ELSE 'RETURN' END AS kind, x.code, CASE x.state WHEN 1 THEN 'OPEN' WHEN 2 THEN 'LINKED' ELSE 'EXCEPTION'" \
	" END AS state, x.original_trace, x.amount_minor AS '#:amount_minor', x.account AS '*:account', x.item AS 'I:item', x.reason," \
	/* of a million there is no need to store that (returns_bulk.c) */ \
	" CASE WHEN x.detail IS NULL AND x.rule='RETURN_LINKED' THEN 'original trace, bank, account, amount and direction are those of one payment' ELSE x.detail END AS detail," \
	" x.parcel AS 'F:parcel', x.line AS '#:line'"
#define LINE_COLUMNS "l.id AS 'L:id', CASE l.state WHEN 1 THEN 'OPEN' WHEN 2 THEN 'MATCHED' WHEN 3 THEN 'EXCEPTION' ELSE 'SUPERSEDED' END AS state, l.account AS '*:account'," \
	" l.date AS '@:date', l.amount_minor AS '#:amount_minor', l.ccy AS currency, l.type, l.bank_ref, l.customer_ref, l.text, l.reason, l.detail, l.owner, l.comment, l.parcel AS 'F:parcel', l.line AS '#:line'"
#define EXPECTED_COLUMNS "e.id AS 'E:id', e.kind, CASE e.state WHEN 1 THEN 'OPEN' WHEN 2 THEN 'MATCHED' WHEN 3 THEN 'EXCEPTION' ELSE ifnull(e.status,'CLOSED') END AS state, e.account AS '*:account', e.amount_minor AS '#:amount_minor', e.ccy AS currency," \
	" e.effective AS '@:effective_date', e.reference, e.book_item, e.party, e.grp AS 'group', e.reason, e.owner, e.comment, e.artifact AS 'A:artifact', e.parcel AS 'F:source', e.line AS '#:line', e.match AS 'M:match'"
#define MATCH_COLUMNS "m.id AS 'M:id', m.rule, m.version, m.score AS '#:score', m.explanation, m.evidence, m.arithmetic, m.bank_line AS 'L:bank_line', m.expected AS 'E:expected', m.undone, m.at"
#define CASEWORK_COLUMNS "c.id AS 'C:id', c.act, CASE WHEN c.persons=1 THEN 'DONE' WHEN s.act='second' THEN 'DONE' WHEN s.act='withdraw' THEN 'TAKEN BACK' ELSE 'WAITS' END AS state, c.operator, s.operator AS second," \
	" c.reason, c.lines, c.items, c.match AS 'M:match', c.owner, c.text, c.at"
#define CASEWORK "casework c LEFT JOIN casework s ON s.about=c.id AND s.act IN ('second','withdraw')"
#define PROPOSAL_COLUMNS "o.line AS 'L:line', o.rank AS '#:rank', o.rule, o.version, o.score AS '#:score', o.margin AS '#:ahead_of_next', o.items, o.lines, o.explanation"
#define EXCEPTION_COLUMNS "x.id AS 'X:id', CASE x.state WHEN 3 THEN 'OPEN' ELSE 'CLOSED' END AS state, x.reason, x.alarm AS '!:alarm', x.partner, x.account AS '*:account'," \
	" CASE WHEN x.date>-100000 THEN x.date END AS '@:date', x.amount_minor AS '#:amount_minor', x.ccy AS currency, x.detail, x.deadline, x.bank_line AS 'L:bank_line', x.item AS 'I:item'," \
	" x.artifact AS 'A:artifact', x.parcel AS 'F:parcel', x.line AS '#:line', x.closed, x.at"
#define AUDIT_COLUMNS "u.n AS '#:n', u.text"

#define PAYS "b.kind IN ('ach','check','rollover')"
#define SHARED_ITEMS(of) "SELECT b.items_state AS s, b.ids_count AS n, b.ids_minor AS m, b.kind AS kind FROM batch b WHERE b.ids_sha256 IS NOT NULL AND b.ids_count>0 AND " of \
	" UNION ALL SELECT b.items_state, count(*), sum(i.amount_minor), b.kind FROM batch b CROSS JOIN item i ON i.batch=b.id AND i.state=0 WHERE b.ids_sha256 IS NULL AND " of " GROUP BY b.id"

const struct query_section status_sections[] = {
	{ "parcels", "SELECT state AS '=F:state', count(*) AS '#:count' FROM parcel WHERE ?1+?2+?3 IS NOT NULL GROUP BY state" },
	{ "batches", "SELECT state AS '=B:state', count(*) AS '#:count', sum(credit_minor) AS '#:credit_minor' FROM batch WHERE ?1+?2+?3 IS NOT NULL GROUP BY state" },
	{ "artifacts", "SELECT state AS '=A:state', count(*) AS '#:count' FROM artifact WHERE ?1+?2+?3 IS NOT NULL GROUP BY state" },
	{ "deliveries", "SELECT state AS '=D:state', count(*) AS '#:count' FROM delivery WHERE ?1+?2+?3 IS NOT NULL GROUP BY state" },
	/*
	 * What a batch's items share is counted where their ids are kept (ledger_move.c); the others by an index of their own: a million are no burden.
	 * What a run makes besides its payments is counted apart: the money of a rollover file, what the bank is told of check numbers, reversals.
	 */
	{ "items", "SELECT s AS '=I:state', sum(n) AS '#:count', sum(m) AS '#:amount_minor' FROM (" SHARED_ITEMS(PAYS)
		" UNION ALL SELECT state, count(*), sum(amount_minor), '' FROM item WHERE state<>0 GROUP BY state"
		" UNION ALL SELECT i.state, -count(*), -sum(i.amount_minor), '' FROM batch b CROSS JOIN item i ON i.batch=b.id AND i.state<>0 WHERE NOT " PAYS " GROUP BY i.state)"
		" WHERE ?1+?2+?3 IS NOT NULL GROUP BY s HAVING sum(n)<>0 ORDER BY s" },
	{ "besides", "SELECT kind, s AS '=I:state', sum(n) AS '#:count', sum(m) AS '#:amount_minor' FROM (SELECT kind, s, n, m FROM (" SHARED_ITEMS("NOT " PAYS) ")"
		" UNION ALL SELECT b.kind, i.state, count(*), sum(i.amount_minor) FROM batch b CROSS JOIN item i ON i.batch=b.id AND i.state<>0 WHERE NOT " PAYS " GROUP BY b.kind, i.state)"
		" WHERE ?1+?2+?3 IS NOT NULL GROUP BY kind, s HAVING sum(n)<>0 ORDER BY kind, s" },
	{ "exceptions", "SELECT 'bank line' AS kind, count(*) AS '#:count' FROM bank_line WHERE state=3 AND ?1+?2+?3 IS NOT NULL UNION ALL SELECT 'return', count(*) FROM ach_return WHERE state=3"
		" UNION ALL SELECT 'other', count(*) FROM exception WHERE state=3" },
	{ 0 }
};

/* What grows with the data is told one by one up to five of a kind, then by its first and how many there are. */
#define GATHERED(rows, key, order) "(SELECT *, count(*) OVER (PARTITION BY " key ") AS gathered, row_number() OVER (PARTITION BY " key " ORDER BY " order ") AS place FROM " rows ")"
#define FEW "(gathered<=5 OR place=1) AND ?3 IS NOT NULL"
#define HOW_MANY "CASE WHEN gathered>5 THEN gathered ELSE 1 END AS '#:count'"

const struct query_section today_sections[] = {
	{ "alarms", "SELECT " EXCEPTION_COLUMNS ", " HOW_MANY " FROM " GATHERED("exception WHERE state=3 AND alarm=1", "reason, partner", "ifnull(deadline,'9'), id") " x WHERE " FEW
		" ORDER BY ifnull(x.deadline,'9'), x.id" ONE },
	{ "to_approve", "SELECT " BATCH_COLUMNS " FROM batch b WHERE b.state=2 AND ?3 IS NOT NULL ORDER BY b.effective, b.id" ONE },
	{ "held", "SELECT id, kind, name, why, text, " HOW_MANY " FROM " GATHERED("(SELECT 'F'||id AS id, 'file' AS kind, name, why, text, 1 AS thing, id AS number FROM parcel WHERE state=8"
		" UNION ALL SELECT 'B'||id, 'batch', run, why, NULL, 2, id FROM batch WHERE state=4 UNION ALL SELECT 'A'||id, 'artifact', file_name, why, text, 3, id FROM artifact WHERE state=5 AND ifnull(why,'') NOT IN ('REJECTED','REDATED')"
		" UNION ALL SELECT 'D'||id, 'delivery', final_name, why, text, 4, id FROM delivery WHERE state=8 AND ifnull(why,'') NOT IN ('REJECTED','REDATED'))", "kind, why", "number") " WHERE " FEW " ORDER BY thing, number" ONE },
	{ "acks_awaited", "SELECT d.id AS 'D:id', d.partner, d.final_name AS name, d.delivered_at, strftime('%Y-%m-%dT%H:%M:%SZ', d.ack_due, 'unixepoch') AS until, d.artifact AS 'A:artifact', " HOW_MANY
		" FROM " GATHERED("(SELECT d.* FROM delivery d JOIN artifact a ON a.id=d.artifact WHERE d.ack_due IS NOT NULL AND d.state=5 AND a.ack=0)", "partner", "ack_due, id")
		" d WHERE " FEW " ORDER BY d.ack_due, d.id" ONE },
	/* as in status: what a batch's items share is counted where their ids are kept */
	{ "confirmations_awaited", "SELECT b.id AS 'B:id', b.kind, b.partner, a.file_name AS name, d.delivered_at, sum(x.n) AS '#:count', sum(x.m) AS '#:amount_minor', b.ccy AS currency FROM ("
		"SELECT id AS batch, ids_count AS n, ids_minor AS m FROM batch WHERE kind IN ('check','rollover') AND items_state=8 AND ids_sha256 IS NOT NULL AND ids_count>0"
		" UNION ALL SELECT b.id, count(*), sum(i.amount_minor) FROM batch b CROSS JOIN item i ON i.batch=b.id AND i.state=0 WHERE b.kind IN ('check','rollover') AND b.items_state=8"
		" AND b.ids_sha256 IS NULL GROUP BY b.id UNION ALL SELECT batch, count(*), sum(amount_minor) FROM item WHERE state=8 GROUP BY batch"
		") x JOIN batch b ON b.id=x.batch JOIN artifact a ON a.id=b.artifact JOIN delivery d ON d.artifact=a.id WHERE b.kind IN ('check','rollover') AND d.state=5 AND ?3 IS NOT NULL"
		" GROUP BY b.id ORDER BY b.id" ONE },
	{ "on_the_way", "SELECT " DELIVERY_COLUMNS ", " HOW_MANY " FROM " GATHERED("delivery WHERE state NOT IN (5,8)", "partner, state, why", "id") " d WHERE " FEW " ORDER BY d.id" ONE },
	/* a line for each day's settlements of an account, one for all else of a kind that an account still has to show */
	{ "awaited", "SELECT CASE count(*) WHEN 1 THEN min(e.id) END AS 'E:id', e.kind, e.partner, e.account AS '*:account', e.ccy AS currency, count(*) AS '#:count',"
		" sum(e.amount_minor) AS '#:amount_minor', min(e.effective) AS '@:effective_date', ?3 - min(e.effective) AS '#:days_since', CASE count(*) WHEN 1 THEN min(e.reference) END AS reference,"
		" CASE count(*) WHEN 1 THEN min(e.artifact) END AS 'A:artifact' FROM expected e WHERE e.state=1 GROUP BY e.kind, e.partner, e.account, e.ccy,"
		" CASE e.kind WHEN 'settlement' THEN e.effective END ORDER BY min(e.effective), min(e.id)" ONE },
	{ 0 }
};

/* What was due by a statement's day and that statement did not show. */
#define OPEN_ON_DAY "e.effective<=s.as_of AND (e.state=1 OR EXISTS (SELECT 1 FROM match m JOIN bank_line l ON l.id=m.bank_line WHERE m.id=e.match AND l.date>s.as_of))"

const struct query_verb query_verbs[] = {
	{ "files", NULL, QUERY_ALL, "SELECT " PARCEL_COLUMNS " FROM parcel p WHERE ?3 IS NOT NULL ORDER BY p.id" PAGE },
	{ "batches", NULL, QUERY_ALL, "SELECT " BATCH_COLUMNS " FROM batch b WHERE ?3 IS NOT NULL ORDER BY b.id" PAGE },
	{ "artifacts", NULL, QUERY_ALL, "SELECT " ARTIFACT_COLUMNS " FROM artifact a WHERE ?3 IS NOT NULL ORDER BY a.id" PAGE },
	{ "deliveries", NULL, QUERY_ALL, "SELECT " DELIVERY_COLUMNS " FROM delivery d WHERE ?3 IS NOT NULL ORDER BY d.id" PAGE },
	{ "notices", NULL, QUERY_ALL, "SELECT " NOTICE_COLUMNS " FROM notice n LEFT JOIN delivery d ON d.notice=n.id WHERE ?3 IS NOT NULL ORDER BY n.id" PAGE },
	{ "returns", NULL, QUERY_ALL, "SELECT " RETURN_COLUMNS " FROM ach_return x WHERE ?3 IS NOT NULL ORDER BY x.id" PAGE },
	{ "exceptions", NULL, QUERY_ALL, "SELECT " EXCEPTION_COLUMNS " FROM exception x WHERE ?3 IS NOT NULL ORDER BY x.id" PAGE },
	{ "decisions", NULL, QUERY_ALL, "SELECT " CASEWORK_COLUMNS " FROM " CASEWORK " WHERE c.about IS NULL AND ?3 IS NOT NULL ORDER BY c.id" PAGE },
	{ "proposals", NULL, QUERY_ALL, "SELECT " PROPOSAL_COLUMNS ", l.amount_minor AS '#:amount_minor', l.ccy AS currency, l.reason FROM proposal o JOIN bank_line l ON l.id=o.line WHERE l.state=3"
		" AND ?3 IS NOT NULL ORDER BY o.line, o.rank" PAGE },
	{ "lines", NULL, QUERY_ALL, "SELECT " LINE_COLUMNS " FROM bank_line l WHERE ?3 IS NOT NULL ORDER BY l.id" PAGE },
	{ "items", "id", QUERY_ID, "SELECT " ITEM_COLUMNS " FROM item i JOIN batch b ON b.id=i.batch WHERE i.batch=?3 ORDER BY i.id" PAGE },
	{ "findings", "id", QUERY_ID, "SELECT CASE severity WHEN 2 THEN 'error' WHEN 1 THEN 'warning' ELSE 'note' END AS severity, code, line AS '#:line', col AS '#:column', field, text,"
		" excerpt FROM finding WHERE parcel=?3 ORDER BY n" PAGE },
	{ "find.amount", "amount", QUERY_MONEY, "SELECT " ITEM_COLUMNS " FROM item i JOIN batch b ON b.id=i.batch WHERE i.amount_minor=?3 ORDER BY i.id" PAGE },
	{ "find.name", "name", QUERY_TEXT, "SELECT " ITEM_COLUMNS " FROM item i JOIN batch b ON b.id=i.batch WHERE instr(upper(i.party), upper(?3))>0 ORDER BY i.id" PAGE },
	{ "find.trace", "trace", QUERY_TEXT, "SELECT " ITEM_COLUMNS " FROM item i JOIN batch b ON b.id=i.batch WHERE i.trace=CAST(?3 AS INTEGER) ORDER BY i.id" PAGE },
	{ "find.check", "check", QUERY_TEXT, "SELECT " ITEM_COLUMNS " FROM check_serial s JOIN item i ON i.id=s.item JOIN batch b ON b.id=i.batch WHERE s.serial=CAST(?3 AS INTEGER)"
		" ORDER BY i.id" PAGE },
	{ "find.last4", "last4", QUERY_TEXT, "SELECT " ITEM_COLUMNS " FROM item i JOIN batch b ON b.id=i.batch WHERE substr(i.account,-4)=?3 ORDER BY i.id" PAGE },
	{ "find.date", "date", QUERY_DATE, "SELECT " ITEM_COLUMNS " FROM item i JOIN batch b ON b.id=i.batch WHERE b.effective=?3 ORDER BY i.id" PAGE },
	/* what report asks; the keys are report_page.h's */
	{ "report.accounts", NULL, QUERY_ALL, "SELECT s.account AS '*:account', s.ccy AS currency, (SELECT count(*) FROM bank_line l WHERE l.account=s.account AND l.state=2) AS '#:matched_count',"
		" (SELECT ifnull(sum(amount_minor),0) FROM bank_line l WHERE l.account=s.account AND l.state=2) AS '#:matched_minor',"
		" (SELECT count(*) FROM bank_line l WHERE l.account=s.account AND l.state=3) AS '#:exceptions',"
		" (SELECT count(*) FROM expected e WHERE e.account=s.account AND e.state=1) AS '#:open_count',"
		" (SELECT ifnull(sum(amount_minor),0) FROM expected e WHERE e.account=s.account AND e.state=1) AS '#:open_minor'"
		" FROM bank_statement s WHERE ?3 IS NOT NULL GROUP BY s.account, s.ccy ORDER BY s.account" PAGE },
	{ "report.matches", NULL, QUERY_ALL, "SELECT * FROM (SELECT 'M'||m.id AS match_id, CASE m.rule WHEN 'person' THEN 'by hand' ELSE 'auto' END AS status, m.rule AS rule, m.score AS '#:score', (SELECT group_concat(g.name||'#'||k.n, ' ') FROM bank_line k JOIN parcel g ON g.id=k.parcel WHERE k.match=m.id) AS bank_line, l.date AS '@:bank_date',"
		" (SELECT sum(k.amount_minor) FROM bank_line k WHERE k.match=m.id) AS '#:bank_amount_minor', l.text AS bank_text, (SELECT group_concat('E'||e.id, ' ') FROM expected e WHERE e.match=m.id) AS item, ifnull((SELECT min(e.reference) FROM expected e WHERE e.match=m.id),'')"
		" AS item_ref, (SELECT sum(e.amount_minor) FROM expected e WHERE e.match=m.id) AS '#:item_amount_minor', l.ccy AS currency,"
		" l.account AS '*:account', trim(m.explanation||'; '||m.arithmetic, '; ') AS explanation FROM match m JOIN bank_line l ON l.id=m.bank_line WHERE m.undone IS NULL"
		" UNION ALL SELECT 'R'||x.id, 'auto', x.rule, 10000, f.name||':'||x.line, x.settled, x.amount_minor, x.code, 'I'||x.item, 'trace '||x.original_trace, i.amount_minor, 'USD', (SELECT e.account FROM expected e JOIN batch b ON b.artifact=e.artifact WHERE b.id=i.batch LIMIT 1),"
		" x.detail FROM parcel f JOIN ach_return x ON x.parcel=f.id JOIN item i ON i.id=x.item WHERE f.purpose='return' AND f.records<=5000 AND x.state=2"
		/* a file of thousands (returns_bulk.c): a row for each sum that the bank must show */
		" UNION ALL SELECT 'E'||e.id, 'auto', 'RETURN_LINKED', 10000, f.name, e.effective, e.amount_minor, 'returns', 'R'||e.ach_return, e.reference, e.amount_minor, e.ccy, e.account,"
		" 'each is one payment''s by its trace, bank, account, amount and direction: `tallygate returns`' FROM parcel f JOIN expected e ON e.partner=f.partner AND e.grp='F'||f.id AND e.kind='return'"
		" WHERE f.purpose='return' AND f.records>5000) WHERE ?3 IS NOT NULL ORDER BY match_id" PAGE },
	{ "report.exceptions", NULL, QUERY_ALL, "SELECT * FROM (SELECT 'bank' AS side, f.name||'#'||l.n AS id, l.account AS '*:account', l.date AS '@:date', l.amount_minor AS '#:amount_minor',"
		" l.ccy AS currency, l.reason AS reason, trim(ifnull(l.text,'')||'; '||ifnull(l.detail,'')||ifnull('; with '||nullif(l.owner,''),'')||ifnull('; note: '||l.comment,''), '; ') AS detail, CASE WHEN EXISTS (SELECT 1 FROM exception x WHERE x.bank_line=l.id"
		" AND x.alarm AND x.state=3) THEN 'ALARM' END AS urgency, (SELECT group_concat(o.rank||'. '||o.items||' ('||(o.score/100)||'.'||substr('0'||(o.score%100), -2)||', ahead by '||(o.margin/100)||'.'||substr('0'||(o.margin%100), -2)||'): '"
		"||o.explanation, '; ') FROM (SELECT * FROM proposal WHERE line=l.id ORDER BY rank) o) AS may_be FROM bank_line l JOIN parcel f ON f.id=l.parcel WHERE l.state=3"
		" UNION ALL SELECT 'bank', f.name||':'||x.line, x.account, x.settled, x.amount_minor, 'USD', x.reason, x.detail, NULL, NULL FROM ach_return x JOIN parcel f ON f.id=x.parcel WHERE x.state=3"
		" UNION ALL SELECT 'book', 'B'||b.id, '', b.effective, b.debit_minor-b.credit_minor, b.ccy, 'NO_COUNTERPART_BANK', 'overdue: the bank has not shown the settlement of this batch', NULL, NULL FROM batch b"
		" WHERE b.items_state=16"
		" UNION ALL SELECT 'book', 'E'||e.id, e.account, e.effective, e.amount_minor, e.ccy, e.reason, trim(ifnull(e.kind,'')||' '||ifnull(e.book_item,'')||' '||ifnull(e.reference,''))||"
		"': '||ifnull(e.detail,'the bank has not shown it')||ifnull('; with '||nullif(e.owner,''),'')||ifnull('; note: '||e.comment,''), NULL, NULL FROM expected e WHERE e.state=1 AND e.reason IS NOT NULL"
		" UNION ALL SELECT CASE WHEN x.source LIKE 'book:%' THEN 'book' ELSE 'bank' END, 'X'||x.id, ifnull(x.account,''), CASE WHEN x.date>-100000 THEN x.date END, x.amount_minor, ifnull(x.ccy,'USD'),"
		" x.reason, x.detail||ifnull('; until '||x.deadline,''), CASE WHEN x.alarm THEN 'ALARM' END, NULL FROM exception x WHERE x.state=3 AND x.source NOT LIKE 'line:%') WHERE ?3 IS NOT NULL"
		" ORDER BY urgency IS NULL, side, id" PAGE },
	{ "report.decisions", NULL, QUERY_ALL, "SELECT " CASEWORK_COLUMNS " FROM " CASEWORK " WHERE ?3 IS NOT NULL ORDER BY c.id" PAGE },
	{ "report.provisional", NULL, QUERY_ALL, "SELECT CASE WHEN l.reason='REPEATED' THEN 'said again' WHEN b.id IS NOT NULL AND b.amount_minor=l.amount_minor THEN 'booked' WHEN b.id IS NOT NULL THEN"
		" 'booked with another amount' WHEN s.posted=0 THEN 'taken back' WHEN l.state=1 THEN 'announced, not booked yet' ELSE 'announced and not booked' END AS state, f.name||'#'||l.n AS id,"
		" l.account AS '*:account', l.date AS '@:date', l.amount_minor AS '#:amount_minor', l.ccy AS currency, g.name||'#'||b.n AS superseded_by, b.amount_minor-l.amount_minor AS '#:difference_minor',"
		" l.text AS text FROM bank_line l JOIN parcel f ON f.id=l.parcel JOIN bank_statement s ON s.id=l.statement LEFT JOIN bank_line b ON b.id=l.superseded_by LEFT JOIN parcel g ON g.id=b.parcel"
		" WHERE l.provisional=1 AND ?3 IS NOT NULL ORDER BY l.id" PAGE },
	{ "report.open", NULL, QUERY_ALL, "SELECT e.kind AS kind, 'E'||e.id AS id, e.account AS '*:account', e.effective AS '@:date', e.amount_minor AS '#:amount_minor', e.ccy AS currency,"
		" CASE WHEN e.kind='return' THEN 'RETURN_CREDIT' WHEN e.kind='book' THEN 'OPEN'"
		" WHEN e.kind='check' THEN (SELECT CASE " ITEM_STATE " WHEN 8 THEN 'DELIVERED' WHEN 17 THEN 'PRINTED' WHEN 18 THEN 'MAILED' WHEN 21 THEN 'STALE' ELSE 'OPEN' END FROM item i JOIN batch b"
		" ON b.id=i.batch WHERE i.id=e.item) ELSE (SELECT CASE b.items_state WHEN 8 THEN 'DELIVERED' WHEN 9 THEN 'ACKED' WHEN 11 THEN 'DUE' WHEN 16 THEN 'OVERDUE' ELSE 'OPEN' END FROM batch b"
		" WHERE b.artifact=e.artifact LIMIT 1) END AS state, max(0, (SELECT CAST(ifnull((SELECT value FROM meta WHERE key='business_clock'), strftime('%s','now')) AS INTEGER)/86400) - e.effective)"
		" AS '#:age_days', e.reference AS reference FROM expected e WHERE e.state=1 AND ?3 IS NOT NULL ORDER BY e.effective, e.id" PAGE },
	{ "report.proof", NULL, QUERY_ALL, "SELECT s.account AS '*:account', s.ccy AS currency, s.as_of AS '@:date', s.opening_minor AS '#:opening_minor', s.net_minor AS '#:lines_minor',"
		" s.closing_minor AS '#:closing_minor', CASE WHEN s.opening_minor IS NULL OR s.closing_minor IS NULL THEN NULL ELSE s.closing_minor-s.opening_minor-s.net_minor END AS '#:residual_minor',"
		" (SELECT ifnull(sum(e.amount_minor),0) FROM expected e WHERE e.account=s.account AND e.amount_minor>0 AND " OPEN_ON_DAY ") AS '#:in_transit_minor',"
		" (SELECT ifnull(sum(e.amount_minor),0) FROM expected e WHERE e.account=s.account AND e.amount_minor<0 AND " OPEN_ON_DAY ") AS '#:outstanding_minor', f.name AS statement"
		" FROM bank_statement s JOIN parcel f ON f.id=s.parcel WHERE s.provisional=0 AND s.posted=1 AND ?3 IS NOT NULL ORDER BY s.account, s.as_of, s.id" PAGE },
	{ "report.files", NULL, QUERY_ALL, "SELECT * FROM (SELECT 'F'||id AS id, 'in' AS direction, partner, name, state AS '=F:state', records AS '#:records', why FROM parcel WHERE ?3 IS NOT NULL ORDER BY parcel.id"
		") UNION ALL SELECT * FROM (SELECT 'A'||a.id, 'out', a.partner, a.file_name, CASE a.state WHEN 4 THEN 6 WHEN 5 THEN 8 ELSE 4 END, a.count, a.why FROM artifact a ORDER BY a.id)" PAGE },
	{ 0 }
};

static const struct query_section show_parcel[] = {
	{ "parcel", "SELECT " PARCEL_COLUMNS " FROM parcel p WHERE p.id=?3" ONE },
	{ "findings", "SELECT CASE severity WHEN 2 THEN 'error' WHEN 1 THEN 'warning' ELSE 'note' END AS severity, code, line AS '#:line', col AS '#:column', field, text, excerpt FROM finding WHERE parcel=?3 ORDER BY n" ONE },
	{ "batches", "SELECT " BATCH_COLUMNS " FROM batch b WHERE b.parcel=?3" ONE },
	{ "statements", "SELECT " STATEMENT_COLUMNS " FROM statement s WHERE s.object='F'||?3 OR s.run='F'||?3 ORDER BY s.id" ONE },
	{ "notices", "SELECT " NOTICE_COLUMNS " FROM notice n LEFT JOIN delivery d ON d.notice=n.id WHERE n.parcel=?3 ORDER BY n.id" ONE },
	{ "artifacts", "SELECT " ARTIFACT_COLUMNS " FROM artifact a JOIN batch b ON b.artifact=a.id WHERE b.parcel=?3" ONE },
	{ "deliveries", "SELECT " DELIVERY_COLUMNS " FROM delivery d JOIN batch b ON b.artifact=d.artifact WHERE b.parcel=?3" ONE },
	{ "lines", "SELECT " LINE_COLUMNS " FROM bank_line l WHERE l.parcel=?3 ORDER BY l.id" ONE },
	{ "returns", "SELECT " RETURN_COLUMNS " FROM ach_return x WHERE x.parcel=?3 ORDER BY x.id" ONE },
	{ "audit", "SELECT " AUDIT_COLUMNS " FROM audit u WHERE u.object='F'||?3 ORDER BY u.n" ONE },
	{ 0 }
};
static const struct query_section show_batch[] = {
	{ "batch", "SELECT " BATCH_COLUMNS " FROM batch b WHERE b.id=?3" ONE },
	{ "source", "SELECT " PARCEL_COLUMNS " FROM parcel p JOIN batch b ON b.parcel=p.id WHERE b.id=?3" ONE },
	{ "items", "SELECT " ITEM_COLUMNS " FROM item i JOIN batch b ON b.id=i.batch WHERE i.batch=?3 ORDER BY i.id" ONE },
	{ "statements", "SELECT " STATEMENT_COLUMNS " FROM statement s WHERE s.object='B'||?3 ORDER BY s.id" ONE },
	{ "artifacts", "SELECT " ARTIFACT_COLUMNS " FROM artifact a JOIN batch b ON b.artifact=a.id WHERE b.id=?3" ONE },
	{ "deliveries", "SELECT " DELIVERY_COLUMNS " FROM delivery d JOIN batch b ON b.artifact=d.artifact WHERE b.id=?3" ONE },
	{ "audit", "SELECT " AUDIT_COLUMNS " FROM audit u WHERE u.object IN ('B'||?3, 'B'||?3||'.items') ORDER BY u.n" ONE },
	{ 0 }
};
#define ACK_COLUMNS "k.verdict, k.reason, k.text, k.file_name, k.reference, CASE k.state WHEN 1 THEN 'WAITS' WHEN 2 THEN 'DONE' ELSE 'EXCEPTION' END AS state, k.parcel AS 'F:parcel'," \
	" k.line AS '#:line', k.at"
static const struct query_section show_artifact[] = {
	{ "artifact", "SELECT " ARTIFACT_COLUMNS " FROM artifact a WHERE a.id=?3" ONE },
	{ "batches", "SELECT " BATCH_COLUMNS " FROM batch b WHERE b.artifact=?3 ORDER BY b.number" ONE },
	{ "resent", "SELECT " BATCH_COLUMNS " FROM batch b WHERE b.resent_from=?3 ORDER BY b.id" ONE },
	{ "acks", "SELECT " ACK_COLUMNS " FROM ack k WHERE k.artifact=?3 ORDER BY k.id" ONE },
	{ "deliveries", "SELECT " DELIVERY_COLUMNS " FROM delivery d WHERE d.artifact=?3" ONE },
	{ "expected", "SELECT " EXPECTED_COLUMNS " FROM expected e WHERE e.artifact=?3" ONE },
	{ "matches", "SELECT " MATCH_COLUMNS " FROM match m JOIN expected e ON e.match=m.id WHERE e.artifact=?3" ONE },
	{ "audit", "SELECT " AUDIT_COLUMNS " FROM audit u WHERE u.object='A'||?3 ORDER BY u.n" ONE },
	{ 0 }
};
static const struct query_section show_delivery[] = {
	{ "delivery", "SELECT " DELIVERY_COLUMNS " FROM delivery d WHERE d.id=?3" ONE },
	{ "artifact", "SELECT " ARTIFACT_COLUMNS " FROM artifact a JOIN delivery d ON d.artifact=a.id WHERE d.id=?3" ONE },
	{ "audit", "SELECT " AUDIT_COLUMNS " FROM audit u WHERE u.object='D'||?3 ORDER BY u.n" ONE },
	{ 0 }
};
static const struct query_section show_notice[] = {
	{ "notice", "SELECT " NOTICE_COLUMNS " FROM notice n LEFT JOIN delivery d ON d.notice=n.id WHERE n.id=?3" ONE },
	{ "delivery", "SELECT " DELIVERY_COLUMNS " FROM delivery d WHERE d.notice=?3" ONE },
	{ "audit", "SELECT " AUDIT_COLUMNS " FROM audit u WHERE u.object='N'||?3 ORDER BY u.n" ONE },
	{ 0 }
};
static const struct query_section show_item[] = {
	{ "item", "SELECT " ITEM_COLUMNS " FROM item i JOIN batch b ON b.id=i.batch WHERE i.id=?3" ONE },
	{ "person", "SELECT p.version AS '#:version', p.valid_from AS '@:valid_from', p.valid_to AS '@:valid_to', p.routing, p.account AS '*:account', p.changed_on AS '@:changed_on', p.cleared_by,"
		" p.parcel AS 'F:source' FROM item i JOIN person v ON v.id=i.person_version JOIN person p ON p.feed=v.feed AND p.person=v.person WHERE i.id=?3 ORDER BY p.valid_from, p.version" ONE },
	{ "source", "SELECT " PARCEL_COLUMNS " FROM parcel p JOIN batch b ON b.parcel=p.id JOIN item i ON i.batch=b.id WHERE i.id=?3" ONE },
	{ "batch", "SELECT " BATCH_COLUMNS " FROM batch b JOIN item i ON i.batch=b.id WHERE i.id=?3" ONE },
	{ "artifact", "SELECT " ARTIFACT_COLUMNS " FROM artifact a JOIN batch b ON b.artifact=a.id JOIN item i ON i.batch=b.id WHERE i.id=?3" ONE },
	{ "delivery", "SELECT " DELIVERY_COLUMNS " FROM delivery d JOIN batch b ON b.artifact=d.artifact JOIN item i ON i.batch=b.id WHERE i.id=?3" ONE },
	{ "expected", "SELECT " EXPECTED_COLUMNS " FROM expected e JOIN batch b ON b.artifact=e.artifact JOIN item i ON i.batch=b.id WHERE i.id=?3" ONE },
	{ "matches", "SELECT " MATCH_COLUMNS " FROM match m JOIN expected e ON e.match=m.id JOIN batch b ON b.artifact=e.artifact JOIN item i ON i.batch=b.id WHERE i.id=?3" ONE },
	{ "returns", "SELECT " RETURN_COLUMNS " FROM ach_return x WHERE x.item=?3 ORDER BY x.id" ONE },
	{ "confirmations", "SELECT k.verdict, k.reason, CASE k.serial WHEN -1 THEN NULL ELSE k.serial END AS serial, CASE k.new_serial WHEN -1 THEN NULL ELSE k.new_serial END AS new_serial,"
		" CASE k.state WHEN 1 THEN 'WAITS' WHEN 2 THEN 'DONE' ELSE 'EXCEPTION' END AS state, k.parcel AS 'F:parcel', k.line AS '#:line', k.at FROM confirmation k WHERE k.item=?3 ORDER BY k.id" ONE },
	{ "audit", "SELECT " AUDIT_COLUMNS " FROM audit u WHERE u.object IN ('I'||?3, 'I'||?3||'.overlay') ORDER BY u.n" ONE },
	{ 0 }
};
static const struct query_section show_match[] = {
	{ "match", "SELECT " MATCH_COLUMNS " FROM match m WHERE m.id=?3" ONE },
	{ "lines", "SELECT " LINE_COLUMNS " FROM bank_line l WHERE l.match=?3 ORDER BY l.id" ONE },
	{ "expected", "SELECT " EXPECTED_COLUMNS " FROM expected e JOIN match m ON m.id=e.match WHERE m.id=?3" ONE },
	{ "decisions", "SELECT " CASEWORK_COLUMNS " FROM " CASEWORK " WHERE c.match=?3 ORDER BY c.id" ONE },
	{ 0 }
};
static const struct query_section show_return[] = {
	{ "return", "SELECT " RETURN_COLUMNS " FROM ach_return x WHERE x.id=?3" ONE },
	{ "item", "SELECT " ITEM_COLUMNS " FROM item i JOIN batch b ON b.id=i.batch JOIN ach_return x ON x.item=i.id WHERE x.id=?3" ONE },
	{ 0 }
};
static const struct query_section show_line[] = {
	{ "line", "SELECT " LINE_COLUMNS " FROM bank_line l WHERE l.id=?3" ONE },
	{ "matches", "SELECT " MATCH_COLUMNS " FROM match m JOIN bank_line l ON l.match=m.id WHERE l.id=?3" ONE },
	{ "proposals", "SELECT " PROPOSAL_COLUMNS " FROM proposal o WHERE o.line=?3 ORDER BY o.rank" ONE },
	{ "decisions", "SELECT " CASEWORK_COLUMNS " FROM " CASEWORK " WHERE instr(' '||c.lines||' ', ' L'||?3||' ')>0 ORDER BY c.id" ONE },
	{ 0 }
};
static const struct query_section show_exception[] = {
	{ "exception", "SELECT " EXCEPTION_COLUMNS " FROM exception x WHERE x.id=?3" ONE },
	{ "line", "SELECT " LINE_COLUMNS " FROM bank_line l JOIN exception x ON x.bank_line=l.id WHERE x.id=?3" ONE },
	{ "proposals", "SELECT " PROPOSAL_COLUMNS " FROM proposal o JOIN exception x ON x.bank_line=o.line WHERE x.id=?3 ORDER BY o.rank" ONE },
	{ "item", "SELECT " ITEM_COLUMNS " FROM item i JOIN batch b ON b.id=i.batch JOIN exception x ON x.item=i.id WHERE x.id=?3" ONE },
	{ "artifact", "SELECT " ARTIFACT_COLUMNS " FROM artifact a JOIN exception x ON x.artifact=a.id WHERE x.id=?3" ONE },
	{ "source", "SELECT " PARCEL_COLUMNS " FROM parcel p JOIN exception x ON x.parcel=p.id WHERE x.id=?3" ONE },
	{ "audit", "SELECT " AUDIT_COLUMNS " FROM audit u WHERE u.object='X'||?3 ORDER BY u.n" ONE },
	{ 0 }
};
static const struct query_section show_decision[] = {
	{ "decision", "SELECT " CASEWORK_COLUMNS " FROM " CASEWORK " WHERE c.id=?3" ONE },
	{ "audit", "SELECT " AUDIT_COLUMNS " FROM audit u WHERE u.object='C'||?3 ORDER BY u.n" ONE },
	{ 0 }
};
static const struct query_section show_expected[] = {
	{ "expected", "SELECT " EXPECTED_COLUMNS " FROM expected e WHERE e.id=?3" ONE },
	{ "matches", "SELECT " MATCH_COLUMNS " FROM match m JOIN expected e ON e.match=m.id WHERE e.id=?3" ONE },
	{ "decisions", "SELECT " CASEWORK_COLUMNS " FROM " CASEWORK " WHERE instr(' '||c.items||' ', ' E'||?3||' ')>0 ORDER BY c.id" ONE },
	{ 0 }
};

const struct query_thing show_things[] = {
	{ 'F', "SELECT count(*) FROM parcel WHERE id=?", show_parcel },
	{ 'B', "SELECT count(*) FROM batch WHERE id=?", show_batch },
	{ 'A', "SELECT count(*) FROM artifact WHERE id=?", show_artifact },
	{ 'D', "SELECT count(*) FROM delivery WHERE id=?", show_delivery },
	{ 'I', "SELECT count(*) FROM item WHERE id=?", show_item },
	{ 'N', "SELECT count(*) FROM notice WHERE id=?", show_notice },
	{ 'M', "SELECT count(*) FROM match WHERE id=?", show_match },
	{ 'R', "SELECT count(*) FROM ach_return WHERE id=?", show_return },
	{ 'L', "SELECT count(*) FROM bank_line WHERE id=?", show_line },
	{ 'C', "SELECT count(*) FROM casework WHERE id=?", show_decision },
	{ 'E', "SELECT count(*) FROM expected WHERE id=?", show_expected },
	{ 'X', "SELECT count(*) FROM exception WHERE id=?", show_exception },
	{ 0 }
};
