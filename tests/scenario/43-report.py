#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The real report role, and a route that is played here: pages are asked one by one, and a report is published whole or not at all."""
import csv
import io
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
from fakeroute import FakeRoute, binary  # noqa: E402
from tap import done, ok, skip_all, step  # noqa: E402

DAY = 20766                             # 2026-11-09
VERBS = ["report.accounts", "report.proof", "report.exceptions", "report.open", "report.provisional", "report.matches", "report.decisions", "report.files"]
NAME = "reconciliation-2026-11-09"


def row(i):
    return {"match_id": f"M{i}", "status": "auto", "rule": "reference", "score": 10000, "bank_line": f"a.bai#{i}", "bank_date": "2026-11-06",
            "bank_amount_minor": -100 - i, "item": f"E{i}", "currency": "USD", "account": "*2333", "explanation": "the <reference> is equal"}


def serve(r, job, pages):
    """Answers every question of one report; returns the verbs and cursors that were asked."""
    asked = []
    while True:
        q = r.wait("COMMAND")
        verb, cursor = q["VERB"].decode(), q.get("CURSOR", 0)
        asked.append((verb, cursor))
        rows, following = pages(verb, cursor)
        r.send("ANSWER", ("JOB", q["JOB"]), ("STATUS", 0), ("JSON", json.dumps({"rows": rows}).encode()), *([("CURSOR", following)] if following else []))
        if verb == VERBS[-1] and not following:
            return asked, r.wait("REPORTED", JOB=job)


def two_pages(verb, cursor):
    if verb != "report.matches":
        return [], 0
    return ([row(i) for i in range(200)], 200) if cursor == 0 else ([row(i) for i in range(200, 250)], 0)


def read(r, name):
    with open(r.path("reports", NAME, name), encoding="utf-8", newline="") as f:
        return f.read()


def main():
    if not os.path.exists(binary()):
        skip_all("tallygated is not built")
    with FakeRoute("report", channels={}) as r:
        r.send("REPORT", ("JOB", 7), ("NAME", b"reconciliation"), ("DATE", DAY))
        got = step("a report is asked for and written", lambda: serve(r, 7, two_pages))
        if got is None:
            print(r.log()[-2000:], file=sys.stderr)
            done()
        asked, reported = got
        ok([v for v, c in asked if not c] == VERBS, "each section is asked for once, in the page's order", asked)
        ok(("report.matches", 200) in asked, "a second page is asked for by the cursor that came with the first")
        ok(reported["NAME"] == NAME.encode(), "the report's name is said", reported)
        rows = list(csv.DictReader(io.StringIO(read(r, "matches.csv"))))
        ok(len(rows) == 250 and rows[249]["bank_amount"] == "-3.49", "the CSV holds the rows of both pages")
        page = read(r, "report.html")
        ok("250 rows" in page and "the &lt;reference&gt; is equal" in page, "the page holds them, escaped")
        ok(sorted(os.listdir(r.path("reports", NAME))) == sorted(["report.html", "accounts.csv", "proof.csv", "exceptions.csv", "open_items.csv", "provisional.csv", "decisions.csv",
           "matches.csv", "files.csv"]), "the directory holds the page and a CSV a section")

        r.send("REPORT", ("JOB", 8), ("NAME", b"reconciliation"), ("DATE", DAY))
        serve(r, 8, lambda verb, cursor: ([], 0))
        ok(read(r, "matches.csv").count("\n") == 1, "a second report of the day takes the first one's place")
        ok(not [n for n in os.listdir(r.path("reports")) if n.startswith(".")], "and leaves nothing beside it", os.listdir(r.path("reports")))

        r.send("REPORT", ("JOB", 9), ("NAME", b"reconciliation"), ("DATE", DAY))
        q = r.wait("COMMAND")
        r.send("ANSWER", ("JOB", q["JOB"]), ("STATUS", 1), ("JSON", b'{"error":"no"}'))
        r.turn()
        ok(read(r, "matches.csv").count("\n") == 1, "a question that is refused leaves the report that was there")
        for what, answer in (("no JSON", b'{"rows":['), ("JSON of another shape", b'[1,{"rows":3}]'), ("rows that are none", b'{"rows":[1,null,"x",{"score":{}}]}')):
            r.send("REPORT", ("JOB", 10), ("NAME", b"reconciliation"), ("DATE", DAY))
            q = r.wait("COMMAND")
            r.send("ANSWER", ("JOB", q["JOB"]), ("STATUS", 0), ("JSON", answer))
            r.turn()
            ok(r.process.poll() is None, f"an answer with {what} does not end the role")
        for name in (b"../evil", b"a/b", b"", b"UPPER"):
            r.send("REPORT", ("JOB", 11), ("NAME", name), ("DATE", DAY))
        came = r.turn()
        ok(not [k for k, e in came if k == "COMMAND"], "a name that is no plain word is not written", came)

        r.send("REPORT", ("JOB", 12), ("NAME", b"reconciliation"), ("DATE", DAY))
        r.wait("COMMAND")
        r.kill_role()
        r.start_role()
        r.send("REPORT", ("JOB", 13), ("NAME", b"reconciliation"), ("DATE", DAY))
        serve(r, 13, two_pages)
        ok(read(r, "matches.csv").count("\n") == 251, "after a kill in the middle the next report is whole")
        ok(r.stop_role() == 0, "the role ends when it is told to")
    done()


main()
