#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""72-xlsx - report.xlsx says what the CSV files say: every cell read back from the file's own XML and compared

The reader here is Python's zipfile and ElementTree: no library of spreadsheets, and nothing of the writer's.
"""
import csv
import datetime as dt
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from decimal import Decimal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from reccase import statement  # noqa: E402
from tap import done, ok  # noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
COMMAND = os.path.join(os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build")), "bin", "tallygate")
NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
HEAD = "id,account,currency,date,amount,sign,type,reference,party,group,note"


def run(out, book, bank, *more, env=None):
    return subprocess.run([COMMAND, "reconcile", "--as-of", "2026-03-03", "--book", book, "--bank", bank, "--out", out, *more],
                          capture_output=True, text=True, env={**os.environ, **(env or {})}, check=False)


def column(ref):
    n = 0
    for c in re.match(r"[A-Z]+", ref).group():
        n = n * 26 + ord(c) - 64
    return n - 1


def sheets(path):
    """{name: rows of (kind, text)}"""
    z = zipfile.ZipFile(path)
    strings = ["".join(t.text or "" for t in si.iter("{%s}t" % NS["m"])) for si in ET.fromstring(z.read("xl/sharedStrings.xml"))]
    rels = {r.get("Id"): r.get("Target") for r in ET.fromstring(z.read("xl/_rels/workbook.xml.rels"))}
    out = {}
    for s in ET.fromstring(z.read("xl/workbook.xml")).find("m:sheets", NS):
        rows = []
        for r in ET.fromstring(z.read("xl/" + rels[s.get(REL)])).find("m:sheetData", NS):
            cells = {}
            for c in r:
                if c.find("m:f", NS) is not None:
                    cells[column(c.get("r"))] = ("formula", c.find("m:f", NS).text)
                elif c.find("m:v", NS) is not None:
                    v = c.find("m:v", NS).text
                    cells[column(c.get("r"))] = ("text", strings[int(v)]) if c.get("t") == "s" else ("number", v)
            rows.append(cells)
        out[s.get("name")] = rows
    return out


def masked(account):
    return "*" * (len(account) - 4) + account[-4:] if len(account) > 4 else account


def fifteen(value):
    """What a spreadsheet keeps of a number: fifteen significant digits (the file has sixteen, the last one is the double's)."""
    return Decimal(f"{float(value):.15g}")


def same(name, cell, text):
    """A cell and the CSV's field"""
    if cell is None:
        return text == ""
    kind, value = cell
    if kind == "number":
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return (dt.date(1899, 12, 30) + dt.timedelta(days=int(value))).isoformat() == text
        return fifteen(value) == Decimal(text)
    if name == "account":
        return value.endswith(text[-4:]) and text not in value
    return kind == "text" and (value == text or "'" + value == text)


def compare(out, title, name):
    rows = sheets(os.path.join(out, "report.xlsx"))[title]
    with open(os.path.join(out, name), newline="", encoding="utf-8") as f:
        want = list(csv.reader(f))
    if [rows[0][i][1] for i in range(len(want[0]))] != want[0] or len(rows) != len(want):
        return False
    return all(same(want[0][i], got.get(i), text) for got, line in zip(rows[1:], want[1:]) for i, text in enumerate(line))


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def main():
    with tempfile.TemporaryDirectory() as d:
        a, b = os.path.join(d, "a"), os.path.join(d, "b")
        book, bank = (os.path.join(TOP, "samples", "reconcile", n) for n in ("book.csv", "bank-2026-03-03.txt"))
        ok(run(a, book, bank, env={"TZ": "Pacific/Auckland"}).returncode == 0, "the sample is reconciled")
        for title, name in (("Matches", "matches.csv"), ("Exceptions", "exceptions.csv"), ("Open items", "open_items.csv"), ("Proof", "proof.csv"),
                            ("Provisional", "provisional.csv")):
            ok(compare(a, title, name), f"sheet {title} says in every cell what {name} says, accounts masked")
        with open(os.path.join(a, "summary.json"), encoding="utf-8") as f:
            summary = json.load(f)
        days = sheets(os.path.join(a, "report.xlsx"))["Days"][1:]
        ok([(int(r[3][1]), int(r[4][1]), fifteen(r[6][1]) * 100, fifteen(r[7][1]) * 100) for r in days] ==
           [(x["lines"], x["lines_auto"], x["moved_minor"], x["matched_minor"]) for x in summary["days"]] and len(days) > 0,
           "the sheet of days says what summary.json says of each account and day")
        ok(sum(x["lines"] for x in summary["days"]) == summary["lines"], "every line stands on exactly one day")
        ok("xl/charts/chart1.xml" in zipfile.ZipFile(os.path.join(a, "report.xlsx")).namelist(), "open items by age have a chart")
        ok(b"1234567890" not in b"".join(zipfile.ZipFile(os.path.join(a, "report.xlsx")).read(n)
                                         for n in zipfile.ZipFile(os.path.join(a, "report.xlsx")).namelist()),
           "no account number stands in the workbook in full")
        ok(os.stat(os.path.join(a, "report.xlsx")).st_mode & 0o007 == 0, "others cannot read the workbook")
        run(b, book, bank, "--threads", "1", env={"TZ": "America/New_York"})
        ok(digest(os.path.join(a, "report.xlsx")) == digest(os.path.join(b, "report.xlsx")), "two runs give the same bytes, in any time zone")

        # hostile texts and large sums
        evil = os.path.join(d, "evil.csv")
        names = ["=HYPERLINK(0)", "+1+1", "-2", "@SUM(A1)", "<b>&\"x", "Ünïcode ✓", "x" * 3000]
        with open(evil, "w", encoding="utf-8", newline="") as f:
            w = csv.writer(f)
            w.writerow(HEAD.split(","))
            for i, n in enumerate(names):
                w.writerow([f"E{i}", "1234567890", "USD", "2026-03-03", "0.01" if i else "9999999999999.99", "CR", "ACH", f"R{i}", n, "", n])
        big = os.path.join(d, "big.bai")
        with open(big, "w", encoding="ascii") as f:
            f.write(statement("2026-03-03", 0, [("142", 99999999999999999 if i == 0 else 100 + i, f"O{i}", f"N{i:06}", f"TEXT {i}") for i in range(40)]))
        e = os.path.join(d, "e")
        run(e, evil, big, "--xlsx-rows", "1000")
        ok(not any(k == "formula" for rows in sheets(os.path.join(e, "report.xlsx")).values() for r in rows for k, _ in r.values()),
           "no cell is a formula, whatever a party is called")
        ok(any(c == ("text", "99999999999999999 minor units") for r in sheets(os.path.join(e, "report.xlsx"))["Exceptions"] for c in r.values()),
           "a sum that a spreadsheet's number cannot hold is a text")
        ok(any(c[0] == "number" and fifteen(c[1]) == Decimal("9999999999999.99") for r in sheets(os.path.join(e, "report.xlsx"))["Open items"] for c in r.values()),
           "fifteen digits keep their last cent")
        run(e, evil, big, "--xlsx-rows", "5")
        last = sheets(os.path.join(e, "report.xlsx"))["Exceptions"]
        ok(len(last) == 7 and last[6][0][1] == "The first 5 rows; all of them: exceptions.csv", "a sheet that is full says so, and where all rows are")
        run(e, evil, big, "--xlsx-rows", "0")
        ok(not os.path.exists(os.path.join(e, "report.xlsx")), "without rows there is no workbook, not even an earlier run's")
        ok(run(e, evil, big, "--xlsx-rows", "many").returncode == 2, "a number of rows that is none is wrong use")

        os.mkdir(os.path.join(e, "report.xlsx"))
        os.mkdir(os.path.join(e, "report.xlsx", "in-the-way"))
        r = run(e, evil, big)
        ok(r.returncode == 2 and "cannot write" in r.stderr and "report.xlsx'" in r.stderr, "a workbook that cannot be put in place ends the run, by name")
        ok(".report.xlsx.part" not in os.listdir(e), "what was begun of it is gone")
    done()


main()
