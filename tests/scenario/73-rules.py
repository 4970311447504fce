#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""73-rules - `tallygate rules simulate`: what it says a change would do is what reconcile does under either set of rules"""
import csv
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from reccase import ACCOUNT, statement, write  # noqa: E402
from tap import done, ok  # noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
COMMAND = os.path.join(os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build")), "bin", "tallygate")


def extraction(pattern, sample, gives):
    return 'extract = ( { pattern = "%s"; sample = "%s"; gives = "%s"; } );\n' % (pattern, sample, gives)


def groups(folder):
    with open(os.path.join(folder, "matches.csv"), newline="", encoding="utf-8") as f:
        return {(r["bank_ids"], r["book_ids"]) for r in csv.DictReader(f) if r["status"] == "auto"}


def of(x):
    return " ".join(x["bank_ids"]), " ".join(x["book_ids"])


def main():
    with tempfile.TemporaryDirectory() as d:
        book = write(d, "book.csv", "id,account,currency,date,amount,sign,type,reference,party,group,note\n" + "".join(
            f"{i},{ACCOUNT},USD,{day},{amount},CR,ACH,{ref},,,\n" for i, day, amount, ref in (
                ("K1", "2026-03-03", "100.00", "PO-7711882"), ("K2", "2026-03-03", "100.00", "PO-7711993"), ("K3", "2026-02-24", "250.00", "RX-550021"),
                ("K4", "2026-03-03", "75.25", "ZZ-880011"), ("K5", "2026-03-03", "75.25", "ZZ-880022"))))
        bank = write(d, "bank.bai", statement("2026-03-03", 0, [
            ("142", 10000, "O1", "", "OUR PO-7711882 YOUR PO-7711993"), ("142", 25000, "O2", "", "REF RX-550021"), ("142", 7525, "O3", "", "INV 880011")]))
        files = ["--as-of", "2026-03-03", "--book", book, "--bank", bank]
        ours = os.path.dirname(write(d, "ours/a.conf", extraction("OUR (PO-[0-9]+)", "OUR PO-1", "PO-1")))
        yours = os.path.dirname(write(d, "yours/a.conf", extraction("YOUR (PO-[0-9]+)", "YOUR PO-1", "PO-1")))
        short = os.path.dirname(write(d, "short/a.conf", extraction("OUR (PO-[0-9]+)", "OUR PO-1", "PO-1") +
                                      'match_days = ( { currency = "USD"; late = 2; } );\n'))
        gain = os.path.dirname(write(d, "gain/a.conf", extraction("OUR (PO-[0-9]+)", "OUR PO-1", "PO-1")[:-4] +
                                     ', { pattern = "INV (88[0-9]+)"; sample = "INV 881"; gives = "881"; } );\n'))
        bad = os.path.dirname(write(d, "bad/a.conf", extraction("OUR (PO-[0-9]+)", "OUR PO-1", "PO-2")))

        def simulate(now, then, *more):
            return subprocess.run([COMMAND, "rules", "simulate", *(["--rules", now] if now else []), "--with", then, *files, *more],
                                  capture_output=True, text=True, check=False)

        def truth(rules):
            out = os.path.join(d, "out-" + os.path.basename(rules))
            subprocess.run([COMMAND, "reconcile", "--rules", rules, *files, "--out", out], capture_output=True, check=False)
            return groups(out)

        for now, then in ((ours, yours), (ours, short), (short, ours), (yours, short), (ours, gain), (ours, ours)):
            r = simulate(now, then, "--json")
            j = json.loads(r.stdout)
            a, b = truth(now), truth(then)
            name = f"from '{os.path.basename(now)}' to '{os.path.basename(then)}'"
            said = {of(x["then"]) for x in j["gained"]} | {of(x["then"]) for x in j["otherwise"]}
            gone = {of(x["now"]) for x in j["lost"]} | {of(x["now"]) for x in j["otherwise"]}
            ok(said == b - a and gone == a - b and j["same"] == len(a & b),
               f"{name}: what is gained, lost and otherwise is the difference of two runs")
            rows = {i for g in a for s in g for i in s.split()}
            ok(all(not rows & set(x["then"]["bank_ids"] + x["then"]["book_ids"]) for x in j["gained"]),
               f"{name}: what is gained was free")
            ok((r.returncode == 0) == (j["n_lost"] + j["n_otherwise"] == 0) and r.returncode < 2, f"{name}: the exit status says whether something is lost")
            ok(j["n_gained"] == len(j["gained"]) and j["groups_then"] - j["groups_now"] == len(b) - len(a), f"{name}: the counts are those of the lists")
        before = sorted(os.listdir(d))
        r = simulate(ours, yours)
        ok("otherwise:" in r.stdout and "bank.bai#1 = K1" in r.stdout and "then bank.bai#1 = K2" in r.stdout, "a person reads both matches of a line that changes")
        ok(ACCOUNT not in r.stdout and ACCOUNT not in simulate(ours, yours, "--json").stdout, "account numbers are masked")
        r = simulate(ours, short)
        ok("lost:" in r.stdout and "DATE_OUT_OF_WINDOW" in r.stdout and r.returncode == 1, "a person reads what is lost and what it waits for then")
        ok(sorted(os.listdir(d)) == before, "nothing is written")
        r = simulate(ours, bad)
        ok(r.returncode == 2 and "gives" in r.stderr and r.stdout == "", "rules whose sample gives something else are refused, by name")
        ok(simulate(ours, os.path.join(d, "nowhere")).returncode == 2, "rules that are not there are refused")
        r = subprocess.run([COMMAND, "rules", "simulate", *files], capture_output=True, text=True, check=False)
        ok(r.returncode == 2 and "--with is missing" in r.stderr, "without the changed rules it says what is missing")
        ok(subprocess.run([COMMAND, "rules"], capture_output=True, check=False).returncode == 2, "rules alone is wrong use")
    done()


main()
