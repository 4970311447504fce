#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""66-day - the whole day on real parts: every kind of file of the main job in and out, over five business days (tests/lib/day.py)

Bank, check desk, printer and trustee read what they get by code of their own and refuse what is not right; what they send back is
matched.  Then the books are held against what came in, the answers against what the feeds sent, and no account number and no SSN stands
in the clear anywhere but in the files that need it.  -v says what happens, as the demo does.
"""
import csv
import io
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import day  # noqa: E402
from tap import done, ok, step  # noqa: E402


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def minor(rows, column="net"):
    """Cents: every amount of the samples has two decimals, and no float comes near them."""
    return sum(int(whole) * 100 + int(cents) for whole, cents in (r[column].split(".") for r in rows if r[column]))


def items(t, run):
    return [dict(i, kind=k) for k, b in day.batches(t, run).items() for i in t.ask("items", b["id"])]


def totals(t, runs):
    for name, file in (("pay", "register-1.csv"), ("plan", "distribution.csv")):
        rows, have = rows_of(day.sample(file).decode()), [i for i in items(t, runs[name]) if i["kind"] != "funding"]
        ok(sum(i["amount_minor"] for i in have) == minor(rows), f"what {file} asked for is paid to the cent", (sum(i["amount_minor"] for i in have), minor(rows)))
        ok({i["person"] for i in have} == {r["person_id"] for r in rows}, f"everybody of {file} is there")
    rows = rows_of(day.sample("distribution.csv").decode())
    rolled = [i for i in items(t, runs["plan"]) if i["kind"] == "rollover"]
    ok(sum(i["amount_minor"] for i in rolled) == minor(rows, "rollover"), "the trustee gets the rollover portions and nothing else")
    b = day.batches(t, runs["plan"])
    ok(b["funding"]["credit_minor"] == b["rollover"]["credit_minor"] and b["funding"]["reference"] == b["rollover"]["reference"],
       "one credit with the file's reference funds the rollover file")
    ok(b["ach"]["artifact"] == b["funding"]["artifact"], "and travels in the distribution's own file")


def order(t):
    log = open(t.log_path, encoding="utf-8", errors="replace").read()
    for day_, n in (("20261109", 1), ("20261109", 2), ("20261109", 3)):
        told, printed = log.find(f"state=DELIVERED file=ISSUE-{day_}-{n}.txt"), log.find(f"state=UPLOADING file=CHECKS-{day_}-{n}.chk")
        ok(0 < told < printed, f"the bank heard of the checks of file {n} before the printer did")
    taken, rolled = log.find("file=PLAN-20261110-A.ach", log.find("file.accepted")), log.find("state=UPLOADING file=ROLL-20261110-1.rol")
    ok(0 < taken < rolled and log.count("state=DELIVERED file=ROLL-") == 1, "the rollover file left once, after the bank had accepted its money", (taken, rolled))
    serials = [int(i["serial"]) for f in day.state_of(t, "printer.json")["files"] for i in f["items"]]
    ok(serials == list(range(100001, 100001 + len(serials))), "check numbers follow each other over the day's files, none is missing or taken twice")
    names = [f["name"] for f in day.state_of(t, "bank.json")["files"]]
    ok(names == ["PAY-20261109-A.ach", "PLAN-20261109-B.ach", "PAY-20261109-C.ach", "PLAN-20261110-A.ach"], "each ACH file has the next modifier of its day", names)


def states(t, runs):
    def count(run, kind):
        got = {}
        for i in t.ask("items", day.batches(t, runs[run])[kind]["id"]):
            got[i["state"]] = got.get(i["state"], 0) + 1
        return got
    ok(count("pay", "ach") == {"SETTLED": 398, "RETURNED": 2}, "payroll is settled but for two returns", count("pay", "ach"))
    ok(count("pay", "check") == {"MAILED": 36, "SETTLED": 3, "PRINTED": 1}, "three checks are paid; the one that was paid wrong waits", count("pay", "check"))
    ok(count("plan", "ach") == {"SETTLED": 60}, "the rejected file's payments are settled by the second one", count("plan", "ach"))
    ok(count("plan", "rollover") == {"SETTLED": 26, "MANUAL": 1}, "the trustee has all rollovers but one, which a person decides", count("plan", "rollover"))
    lines = t.ask("lines")
    ok([x["reason"] for x in lines if x["amount_minor"] == -2500] == ["FEE_UNEXPLAINED"], "the fee is an exception with its reason")
    ok([x["reason"] for x in lines if x["amount_minor"] == 421900] == ["NO_COUNTERPART_BOOK"], "the unknown deposit too")
    now = day.files_named(t, "FIRST-20261110-now.bai")[0]["id"]
    seen = [x for x in lines if x["parcel"] == now]
    ok(len(seen) == 2 and all(x["state"] == "SUPERSEDED" for x in seen), "what was announced during the day is superseded and counted once", seen)
    wrong = [x for x in t.ask("exceptions") if x["reason"] == "TRANSPOSED_AMOUNT"]
    ok(len(wrong) == 1 and wrong[0]["alarm"] and wrong[0]["deadline"] == "2026-11-13T17:00:00Z", "a check paid with a wrong amount is an alarm with the bank's deadline", wrong)
    ok([x for x in lines if x["currency"] == "EUR" and x["state"] != "MATCHED"][0]["amount_minor"] == -990, "of the European account's lines only the fee is unmatched")


def answers(t, runs):
    names = os.listdir(t.path("feeds/hr/answers"))
    for name, run in runs.items():
        ok([n for n in names if n.startswith(f"receipt-{run['id']}")], f"hr got a receipt for the {name} run")
        ok([n for n in names if n.startswith(f"status-{run['id']}-")], "and its status")
    ok(len([n for n in os.listdir(t.path("feeds/hcm/answers")) if n.startswith("receipt-")]) == 3, "hcm got a receipt for each of its files, the held one too")
    back = rows_of(t.read(f"feeds/hr/answers/reject-{runs['more']['id']}.csv"))
    ok({r.get("line") for r in back} == {"5", "10", "17"}, "the three bad rows came back with their lines", back)


def today(t):
    got = t.cli("today").stdout
    ok("B10" in got and "TRANSPOSED_AMOUNT" in got, "today names the run that must be approved and the alarm", got[:1500])
    leaves = {b["kind"]: b["by"] for b in t.ask("today")["to_leave"]}
    ok(leaves == {"ach": "2026-11-16 17:00 America/New_York", "check": "2026-11-16 16:00 America/New_York"}, "each way of it by its own hour, a banking day before", leaves)
    ok(t.ask("audit", "verify")["holds"] is True, "the audit holds")


def report(t):
    html = open(day.report_path(t, "report.html"), encoding="utf-8").read()
    for word in ("Exceptions", "Proof", "Open items", "Announced during the day", "Matches"):
        ok(word in html, f"the report has its part '{word}'")
    with open(day.report_path(t, "provisional.csv"), encoding="utf-8", newline="") as f:
        announced = list(csv.DictReader(f))
    ok(len(announced) == 2 and all(x["state"] == "booked" and x["superseded_by"].startswith("FIRST-20261110") and x["difference"] == "0.00" for x in announced),
       "what was announced stands there with the booked line that took its place", announced)
    kept = t.ask("show", t.ask("lines")[0]["id"])["matches"]
    ok(kept and kept[0]["version"] == "1" and " points" in kept[0]["evidence"] and kept[0]["arithmetic"].endswith(("USD", "EUR")), "a match keeps its rule's version, evidence and arithmetic", kept)
    ok(len(html) < 2 << 20, "and stays below 2 MiB")


def canary(t):
    people = day.sample("people-2.xml").decode()
    secrets = set(re.findall("<AccountNumber>([0-9]+)<", people)) | set(re.findall("<NationalIdentifierNumber>([0-9]+)<", people)) | {day.NOC[2], "8800112233"}
    secrets |= {r["trustee_account"] for r in rows_of(day.sample("distribution.csv").decode()) if r["trustee_account"]}
    text = open(t.log_path, encoding="utf-8", errors="replace").read()
    for folder in ("reports", "manifests", "feeds/hr/answers", "feeds/hcm/answers"):
        for base, _, names in os.walk(t.path(folder)):
            text += "".join(open(os.path.join(base, n), encoding="utf-8", errors="replace").read() for n in names)
    for verb in ("status", "today", "files", "batches", "artifacts", "deliveries", "returns", "lines", "exceptions", "proposals"):
        text += t.cli(verb, "--json").stdout
    for b in t.ask("batches"):
        text += t.cli("items", b["id"], "--json").stdout + t.cli("show", b["id"], "--json").stdout
    runs_of_digits = set(re.findall("[A-Z]*[0-9]{7,}", text))
    seen = [s for s in secrets if s in runs_of_digits]
    ok(not seen, "no account number and no SSN stands in the clear in logs, reports, manifests, answers to feeds and to operators", f"{len(seen)} of {len(secrets)}: {[s[-4:] for s in seen[:5]]}")


def main():
    verbose = "-v" in sys.argv[1:]
    say = (lambda text: print("# " + text, flush=True)) if verbose else day.quiet
    with day.Day() as t:
        runs = step("five days come to their end, and every partner accepts every file", lambda: day.play(t, say, say))
        if runs:
            for part in (totals, states, answers):
                part(t, runs)
            for part in (order, today, report, canary):
                part(t)
    done()


if __name__ == "__main__":
    main()
