-- SPDX-License-Identifier: Apache-2.0
-- The same lines and items, joined one to one by account, sign, amount and reference: the n-th with the n-th.
-- It finds no group, no near reference and no reason.  Run in a directory with bank.csv and book-*.csv, as: sqlite3 :memory: < this file
PRAGMA journal_mode = OFF;
CREATE TABLE bank(id TEXT, account TEXT, sign TEXT, amount INTEGER, reference TEXT);
CREATE TABLE book(id TEXT, account TEXT, currency TEXT, date TEXT, amount TEXT, sign TEXT, type TEXT, reference TEXT, party TEXT, grp TEXT, note TEXT);
.mode csv
.import bank.csv bank
.import book.csv book
CREATE TABLE matched AS
  SELECT l.id AS line, k.id AS item FROM
    (SELECT id, account, sign, amount, reference, row_number() OVER (PARTITION BY account, sign, amount, reference ORDER BY id) AS n FROM bank) l
    JOIN
    (SELECT id, account, sign, CAST(replace(amount, '.', '') AS INTEGER) AS amount, reference,
            row_number() OVER (PARTITION BY account, sign, amount, reference ORDER BY id) AS n FROM book) k
    ON l.account = k.account AND l.sign = k.sign AND l.amount = k.amount AND l.reference = k.reference AND l.n = k.n;
.output matched.csv
SELECT line, item FROM matched ORDER BY line;
.output stdout
SELECT count(*) FROM matched;
