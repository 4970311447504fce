#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""reconcile_truth KIND SEED... - generates cases with known truth, reconciles them, prints a table a seed and a tier, and how often a
first proposal of each score was right (as docs/matching.md shows them).  KIND: plain, held-out, everything, two-days.

TALLY_SHARED holds the case generator and its scorer.
"""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter

BUILD = os.environ.get("TALLY_BUILD", "build")
RECGEN = os.path.join(os.environ.get("TALLY_SHARED", ""), "recgen")
COMMAND = os.path.join(BUILD, "bin", "tallygate")
KINDS = {"plain": [], "held-out": ["--jitter", "0.5", "--accounts", "9", "--lines", "40000"],
         "everything": ["--extended", "--provisional", "--corrupt", "20", "--dupfiles"], "two-days": ["--extended", "--two-days"]}


def reconcile(case, folder, out, as_of, *more):
    d = os.path.join(case, folder)
    names = [os.path.join(d, n) for n in sorted(os.listdir(d))]
    subprocess.run([COMMAND, "reconcile", "--as-of", as_of, "--out", out, *more, "--book", *[n for n in names if "/book-" in n],
                    "--bank", *[n for n in names if "/bank-" in n]], check=False, stderr=subprocess.DEVNULL)


def calibrate(case, out, bands):
    """First proposals by score: were they the truth?"""
    truth = {}
    canon = {}
    with open(os.path.join(case, "truth", "truth.jsonl"), encoding="utf-8") as f:
        for g in map(json.loads, f):
            canon.update(g.get("interchangeable", {}))
            if g["expect"] in ("auto", "auto_or_proposal"):
                for i in g["bank_ids"]:
                    truth.setdefault(canon.get(i, i), set()).add((frozenset(canon.get(x, x) for x in g["bank_ids"]), frozenset(g["book_ids"])))
    seen = set()
    with open(os.path.join(out, "matches.csv"), newline="", encoding="utf-8") as f:
        for m in csv.DictReader(f):
            first = m["bank_ids"].split()[0]
            if m["status"] != "proposed" or first in seen:
                continue
            seen.add(first)
            own = (frozenset(canon.get(x, x) for x in m["bank_ids"].split()), frozenset(m["book_ids"].split()))
            band = int(float(m["score"])) // 10 * 10
            bands[band, "all"] += 1
            bands[band, "right"] += own in truth.get(canon.get(first, first), ())


def main():
    sys.path.insert(0, RECGEN)
    import recscore
    kind, seeds, bands = sys.argv[1], sys.argv[2:], Counter()
    print("| seed | accepted | wrong | T1 | T2 | T3 | T4 | first 3 | false alarms | reasons | coverage |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for seed in seeds:
        case = tempfile.mkdtemp(prefix="tally-truth-")
        subprocess.run([sys.executable, os.path.join(RECGEN, "recgen.py"), "--seed", seed, "--out", case, *KINDS[kind]], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(case, "meta.json"), encoding="utf-8") as f:
            meta = json.load(f)
        out, prior = os.path.join(case, "out"), None
        if kind == "two-days":
            prior = os.path.join(case, "out1")
            reconcile(case, "in-1", prior, meta["runs"][0]["as_of"])
            reconcile(case, "in-2", out, meta["runs"][1]["as_of"], "--prior", prior)
        else:
            reconcile(case, "in", out, meta["as_of"])
        s = recscore.score(os.path.join(case, "truth"), out, 0, prior, "--corrupt" in KINDS[kind])
        calibrate(case, out, bands)
        more = f" faults {s['corrupt']} %, false {s['corrupt_false']}" if "corrupt" in s else ""
        print(f"| {seed} | {s['auto']} | {s['wrong']} | {s['t1']} | {s['t2']} | {s['t3']} | {s['t4']} | {s['hit3']} | {s['falarm']} | {s['reason']} | "
              f"{s['coverage']}{more} |", flush=True)
        shutil.rmtree(case)
    print("\n| score of the first proposal | proposals | right |\n| --- | ---: | ---: |")
    for band in sorted({b for b, _ in bands}, reverse=True):
        print(f"| {band} to {band + 9} | {bands[band, 'all']} | {bands[band, 'right'] * 1000 // bands[band, 'all'] / 10} % |")


if __name__ == "__main__":
    main()
