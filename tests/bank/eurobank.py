#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""eurobank - a European bank: posts an account's day as MT940

  eurobank.py statement BOOK OUTBOX --account IBAN --as-of DATE --number N --opening MINOR [--fee MINOR] [--skip ITEM]
                       every row of BOOK (the book CSV of the reconcile contract) that is dated that day, then a fee

One message: :20: :25: :28C: :60F: a :61: with its :86: for each row, :62F:; CRLF, lines of at most 65 characters, commas in amounts.
The closing balance is added up from the lines that were written.  The customer's reference of a :61: is the row's own, cut to 16.
No clock: same book and words, same bytes.  The closing balance goes to standard output, in minor units, for the next day's opening.
Exit 2 and a sentence when the words ask for what cannot be.
"""
import argparse
import csv
import datetime
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bank import publish  # noqa: E402


def amount(minor):
    return f"{abs(minor) // 100},{abs(minor) % 100:02d}"


def mark(minor):
    return "C" if minor >= 0 else "D"


def balance(tag, date, ccy, minor):
    return f":{tag}:{mark(minor)}{date:%y%m%d}{ccy}{amount(minor)}"


def narrative(text):
    """:86: in lines of 65 characters, six at most (SWIFT: 6*65x)."""
    text = ":86:" + re.sub("[^A-Za-z0-9/?:().,'+ -]", " ", text)
    return [text[i:i + 65] for i in range(0, len(text), 65)][:6]


def line(date, minor, reference, bank_reference, text):
    kind = "NTRF" if minor < 0 else "NMSC"
    return [f":61:{date:%y%m%d}{date:%m%d}{mark(minor)}R{amount(minor)}{kind}{reference[:16] or 'NONREF'}//{bank_reference}", *narrative(text)]


def minor_of(text):
    got = re.fullmatch(r"([0-9]+)(?:\.([0-9]{2}))?", text)
    if not got:
        raise ValueError(f"'{text}' is no amount")
    return int(got[1]) * 100 + int(got[2] or 0)


def rows_of(book, account, as_of, skip):
    with open(book, encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            if row["account"] == account and row["date"] == as_of.isoformat() and row["id"] not in skip:
                yield row


def statement(args):
    posted = []
    for row in rows_of(args.book, args.account, args.as_of, args.skip):
        minor = minor_of(row["amount"]) * (1 if row["sign"] == "CR" else -1)
        posted.append((minor, row["reference"], f"/EREF/{row['reference']}/NAME/{row['party']}/REMI/{row['note']}"))
    if args.fee:
        posted.append((-args.fee, "", "/PURP/CHARGES/REMI/ACCOUNT FEE"))
    lines = [":20:STARTUMS", f":25:{args.account}", f":28C:{args.number:05d}/001", balance("60F", args.opened or args.as_of, args.currency, args.opening)]
    for n, (minor, reference, text) in enumerate(posted, 1):
        lines += line(args.as_of, minor, reference, f"EB{args.as_of:%y%m%d}{n:04d}", text)
    closing = args.opening + sum(p[0] for p in posted)
    lines += [balance("62F", args.as_of, args.currency, closing), balance("64", args.as_of, args.currency, closing), "-"]
    publish(os.path.join(args.outbox, args.name or f"EURO-{args.as_of:%Y%m%d}.sta"), "".join(x + "\r\n" for x in lines).encode("ascii"))
    print(closing)
    return 0


def parser():
    top = argparse.ArgumentParser(prog="eurobank.py", description="EUROBANK")
    verbs = top.add_subparsers(dest="verb", required=True)
    day = datetime.date.fromisoformat
    s = verbs.add_parser("statement")
    s.add_argument("book")
    s.add_argument("outbox")
    s.add_argument("--account", required=True)
    s.add_argument("--as-of", type=day, required=True)
    s.add_argument("--opened", type=day)
    s.add_argument("--number", type=int, required=True)
    s.add_argument("--opening", type=int, required=True)
    s.add_argument("--currency", default="EUR")
    s.add_argument("--fee", type=int, default=0)
    s.add_argument("--skip", action="append", default=[])
    s.add_argument("--name")
    s.set_defaults(run=statement)
    return top


def main():
    args = parser().parse_args()
    try:
        return args.run(args)
    except (ValueError, KeyError, OSError) as e:
        print(f"eurobank: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
