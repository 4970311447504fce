#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tallygate reconcile on N x N lines, whole process from files to written reports, beside sqlite3's exact join of the same data.

TALLY_SHARED holds the case generator (without it nothing is measured); TALLY_BENCH_LINES changes N (1,000,000).  sqlite3 is given the
bank's lines as CSV already; its time has the load in it, ours has the reading of BAI2 and the proof in it.
"""
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RECGEN = os.path.join(os.environ.get("TALLY_SHARED", ""), "recgen")
COMMAND = os.path.join(os.environ.get("TALLY_BUILD", "build"), "bin", "tallygate")
LINES = os.environ.get("TALLY_BENCH_LINES", "1000000")


def timed(argv, **more):
    """Seconds of the clock, of the processor, and the largest process in MiB."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(argv, check=False, stdout=subprocess.DEVNULL, **more)
    took, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024


def to_csv(case, names):
    """What sqlite3 is given: account, sign, amount and reference of each 16 record."""
    with open(os.path.join(case, "bank.csv"), "w", encoding="ascii", newline="") as f:
        out = csv.writer(f)
        for p in names:
            n, account = 0, ""
            with open(p, encoding="ascii") as bank:
                for r in bank:
                    if r[:3] == "03,":
                        account = r.split(",", 2)[1]
                    elif r[:3] == "16,":
                        n += 1
                        c = r.split(",", 6)
                        out.writerow((f"{os.path.basename(p)}#{n}", account, "CR" if int(c[1]) < 400 else "DB", c[2], c[5]))


def next_day(case, meta, books, banks):
    """A few days' lines over all items still open: read, decided and written anew."""
    one, two, none = (os.path.join(case, n) for n in ("one", "two", "book-none.csv"))
    with open(books[0], encoding="utf-8") as f, open(none, "w", encoding="utf-8") as to:
        to.write(f.readline())
    subprocess.run([COMMAND, "reconcile", "--as-of", meta["as_of"], "--out", one, "--book", *books, "--bank", banks[0]], check=False)
    best = min(timed([COMMAND, "reconcile", "--as-of", meta["as_of"], "--out", two, "--prior", one, "--book", none, "--bank", *banks[1:4]])
               for _ in range(3))
    with open(os.path.join(two, "summary.json"), encoding="utf-8") as f:
        s = json.load(f)
    print(f"reconcile --prior: {s['lines']:,} lines over {s['items']:,} open items in {best[0]:.2f} s ({best[1]:.2f} s of processor), {best[2]:.0f} MiB",
          flush=True)
    shutil.rmtree(one)
    shutil.rmtree(two)


def main():
    if not os.path.exists(os.path.join(RECGEN, "recgen.py")):
        print("reconcile: TALLY_SHARED is not set, nothing to measure")
        return
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as case:
        subprocess.run([sys.executable, os.path.join(RECGEN, "recgen.py"), "--seed", "bench", "--out", case, "--scale", LINES], check=True,
                       stdout=subprocess.DEVNULL)
        with open(os.path.join(case, "meta.json"), encoding="utf-8") as f:
            meta = json.load(f)
        folder = os.path.join(case, "in")
        names = [os.path.join(folder, n) for n in sorted(os.listdir(folder))]
        books, banks = [n for n in names if "/book-" in n], [n for n in names if "/bank-" in n]
        out = os.path.join(case, "out")
        took, cpu, mib = timed([COMMAND, "reconcile", "--as-of", meta["as_of"], "--out", out, "--book", *books, "--bank", *banks])
        with open(os.path.join(out, "summary.json"), encoding="utf-8") as f:
            auto = sum(r["auto"] for r in json.load(f)["rules"])
        print(f"reconcile: {meta['bank_lines']:,} lines x {meta['book_items']:,} items in {took:.2f} s ({cpu:.2f} s of processor), "
              f"{mib:.0f} MiB, {auto:,} matches", flush=True)
        next_day(case, meta, books, banks)
        to_csv(case, banks)
        with open(os.path.join(case, "book.csv"), "w", encoding="utf-8") as f:
            for p in books:
                with open(p, encoding="utf-8") as b:
                    next(b)
                    f.writelines(b)
        with open(os.path.join(HERE, "sqlite-exact.sql"), encoding="utf-8") as sql:
            theirs, theirs_cpu, mib = timed(["sqlite3", ":memory:"], stdin=sql, cwd=case)
        with open(os.path.join(case, "matched.csv"), encoding="utf-8") as f:
            n = sum(1 for _ in f)
        print(f"reconcile: sqlite3, exact pairs alone: {theirs:.2f} s ({theirs_cpu:.2f} s of processor), {n:,} matches; {theirs / took:.1f} times as long")


if __name__ == "__main__":
    main()
