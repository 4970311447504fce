#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""70-reconcile - `tallygate reconcile`: the contract's sentences on small cases of its own, then generated cases with their truth

With TALLY_SHARED: recgen's cases of every kind, scored against the goals; every match proved again by tests/lib/reconcheck.py; the
same bytes for any order of files and rows and any number of threads.  TALLY_LONG=1 plays a hundred shuffles and more seeds.
"""
import csv
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from reccase import statement, write  # noqa: E402
from tap import done, ok  # noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build"))
COMMAND = os.path.join(BUILD, "bin", "tallygate")
SHARED = os.environ.get("TALLY_SHARED", "")
RECGEN = os.path.join(SHARED, "recgen")
LONG = bool(os.environ.get("TALLY_LONG"))
GOALS = "precision=100,t1=99.99,t2=99,t3=99.5,t4=80,hit3=97,reason=98,falarm=0"
HEAD = "id,account,currency,date,amount,sign,type,reference,party,group,note,status,status_date,issued"


# ---------------------------------------------------------------- small cases
def book(d, name, rows):
    """rows: dicts with what differs from an ACH credit."""
    base = dict(zip(HEAD.split(","), ["", "1234567890", "USD", "2026-03-02", "", "CR", "ACH", "", "", "", "", "", "", ""]))
    return write(d, name, HEAD + "\n" + "".join(",".join(str({**base, **r}[c]) for c in HEAD.split(",")) + "\n" for r in rows))


def run(out, as_of, books, banks, *more):
    got = subprocess.run([COMMAND, "reconcile", "--as-of", as_of, "--out", out, *more, "--book", *books, "--bank", *banks],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    return got.returncode, got.stdout + got.stderr


def table(out, name):
    with open(os.path.join(out, name), newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def reasons(out):
    return {e["id"]: e["reason"] for e in table(out, "exceptions.csv")}


def autos(out):
    return {(m["bank_ids"], m["book_ids"]): m["rule"] for m in table(out, "matches.csv") if m["status"] == "auto"}


def wrong_use(d):
    b = book(d, "b.csv", [{"id": "K1", "amount": "1.00"}])
    s = write(d, "a/s.txt", statement("2026-03-02", 0, []))
    out = os.path.join(d, "none")
    code, said = run(out, "2026-03-03", [b], [s, write(d, "b/s.txt", statement("2026-03-03", 0, []))])
    ok(code == 2 and not os.path.exists(out) and "s.txt" in said, "two bank files of one base name are wrong use, and nothing is written", said)
    code, said = run(out, "yesterday", [b], [s])
    ok(code == 2 and not os.path.exists(out), "a date that is none is wrong use", said)
    code, said = run(out, "2026-03-03", [b], [b])
    ok(code == 2 and not os.path.exists(out) and "b.csv" in said, "a book that is given as a statement is wrong use", said)
    code, said = run(out, "2026-03-03", [b], [os.path.join(d, "nowhere.txt")])
    ok(code == 2 and not os.path.exists(out) and "nowhere.txt" in said, "a file that is not there is told by its name", said)
    twice = book(d, "twice.csv", [{"id": "K1", "amount": "2.00"}])
    code, said = run(out, "2026-03-03", [b, twice], [s])
    ok(code == 2 and "K1" in said and not os.path.exists(out), "one id with two contents is told by its name", said)
    other = book(d, "other.csv", [{"id": "K1", "amount": "1.00", "account": "5555555555"}])
    code, said = run(out, "2026-03-03", [b, other], [s])
    ok(code == 2 and "K1" in said and not os.path.exists(out), "one id in two accounts too", said)


def chains(d):
    b = book(d, "b.csv", [{"id": "K1", "amount": "10.00", "reference": "INV-100001"}])
    line = ("165", 1000, "B1", "INV-100001", "ACH CREDIT")
    s1, s2 = write(d, "s1.txt", statement("2026-03-02", 5000, [line])), write(d, "s2.txt", statement("2026-03-03", 6000, []))
    out = os.path.join(d, "good")
    code, said = run(out, "2026-03-04", [b], [s2, s1])
    proof = table(out, "proof.csv")
    ok(code == 0 and [p["residual"] for p in proof] == ["0.00", "0.00"] and autos(out) == {("s1.txt#1", "K1"): "reference"},
       "a chain without a gap proves, exit 0", said)
    ok(all(p["note"] == "bank side only" for p in proof), "without a book balance the proof says so")
    out = os.path.join(d, "gap")
    code, said = run(out, "2026-03-04", [b], [s1, write(d, "s3.txt", statement("2026-03-03", 6001, []))])
    breaks = [e for e in table(out, "exceptions.csv") if e["reason"] == "BALANCE_BREAK"]
    ok(code == 1 and [p["residual"] for p in table(out, "proof.csv")] == ["0.00", "0.00"] and
       [(e["id"], e["date"], e["amount"]) for e in breaks] == [("s3.txt", "2026-03-03", "0.01")],
       "a cent between a closing and the next opening is a break of the later one, exit 1", breaks)
    out = os.path.join(d, "again")
    shutil.copyfile(s1, os.path.join(d, "z-again.txt"))
    code, said = run(out, "2026-03-04", [b], [s1, s2, os.path.join(d, "z-again.txt")])
    ok(code == 0 and len(table(out, "proof.csv")) == 2 and reasons(out) == {"z-again.txt#1": "DUP_LINE"} and len(autos(out)) == 1,
       "a statement that comes twice counts once, its lines are DUP_LINE", reasons(out))
    out = os.path.join(d, "off")
    code, said = run(out, "2026-03-04", [b], [write(d, "s4.txt", statement("2026-03-02", 5000, [line], 5999)), s2])
    ok(code == 1 and {(e["id"], e["date"]) for e in table(out, "exceptions.csv") if e["reason"] == "BALANCE_BREAK"} == {("s4.txt", "2026-03-02")},
       "a closing balance off by a cent is told once, on its own day", table(out, "exceptions.csv"))


def intraday(d):
    b = book(d, "b.csv", [{"id": "K1", "amount": "10.00", "reference": "INV-100001"}])
    booked = ("165", 1000, "B1", "INV-100001", "ACH CREDIT")
    early = statement("2026-03-02", 5000, [("165", 990, "B1", "INV-100001", "ACH CREDIT"), ("165", 700, "B2", "INV-100009", "ACH CREDIT")], modifier="1")
    out = os.path.join(d, "out")
    code, said = run(out, "2026-03-04", [b], [write(d, "early.txt", early), write(d, "s.txt", statement("2026-03-02", 5000, [booked]))])
    got = {p["id"]: (p["superseded_by"], p["difference"]) for p in table(out, "provisional.csv")}
    ok(code == 0 and got == {"early.txt#1": ("s.txt#1", "0.10"), "early.txt#2": ("", "")},
       "an intraday line is named with the booked line that took its place, and one that was never booked with none", (said, got))
    ok(autos(out) == {("s.txt#1", "K1"): "reference"} and not reasons(out) and len(table(out, "proof.csv")) == 1,
       "intraday lines match nothing and prove nothing")


def carried(d):
    check = {"id": "K1", "amount": "10.00", "sign": "DB", "type": "CHECK", "reference": "200001", "issued": "2026-03-02"}
    late = {"id": "K2", "amount": "7.00", "reference": "INV-100002", "date": "2026-03-03"}
    b1 = book(d, "b1.csv", [check, {"id": "K3", "amount": "5.00", "reference": "INV-100003"}])
    s1 = write(d, "s1.txt", statement("2026-03-03", 5000, [("165", 700, "B1", "INV-100002", "ACH CREDIT"), ("165", 500, "B2", "INV-100003", "ACH CREDIT")]))
    one, two, three = (os.path.join(d, n) for n in ("one", "two", "three"))
    code, said = run(one, "2026-03-03", [b1], [s1])
    ok(code == 0 and {o["id"] for o in table(one, "open_items.csv")} == {"K1", "s1.txt#1"}, "what is open is carried", said)
    b2 = book(d, "b2.csv", [late, {**check, "status": "VOID", "status_date": "2026-03-04"}])
    s2 = write(d, "s2.txt", statement("2026-03-05", 6200, [("475", 1000, "B3", "200001", "CHECK PAID")]))
    code, said = run(two, "2026-03-05", [b2], [s2], "--prior", one)
    ok(code == 0 and autos(two) == {("s1.txt#1", "K2"): "reference"}, "a line waits for an item that is booked later", (said, autos(two)))
    ok(reasons(two) == {"s2.txt#1": "VOID_PRESENTED", "K1": "VOID_PRESENTED"}, "a status that changes after delivery holds for what is carried", reasons(two))
    seen = {o["id"]: o["first_seen"] for o in table(two, "open_items.csv")}
    ok(seen["K1"] == "2026-03-03", "the day on which it was first seen stays", seen)
    code, said = run(three, "2026-03-05", [b1, b2], [s1, s2], "--prior", one)
    same = all(open(os.path.join(two, n), encoding="utf-8").read() == open(os.path.join(three, n), encoding="utf-8").read()
               for n in ("matches.csv", "exceptions.csv", "open_items.csv"))
    ok(code == 0 and same, "files that are fed again change nothing", said)
    other = write(d, "other/s1.txt", statement("2026-03-05", 6200, [("165", 100, "B7", "INV-100077", "ACH CREDIT")]))
    code, said = run(os.path.join(d, "taken"), "2026-03-05", [b2], [other], "--prior", one)
    ok(code == 2 and "s1.txt#1" in said and not os.path.exists(os.path.join(d, "taken")),
       "a file of a known name with other content is refused: its ids are taken", said)
    code, said = run(os.path.join(d, "four"), "2026-03-05", [b2], [write(d, "s5.txt", statement("2026-03-05", 6201, []))], "--prior", one)
    ok(code == 1 and "BALANCE_BREAK" in reasons(os.path.join(d, "four")).values(), "the chain goes on over runs", said)
    os.remove(os.path.join(one, "statements.csv"))
    code, said = run(os.path.join(d, "five"), "2026-03-05", [b2], [s2], "--prior", one)
    ok(code == 2 and "statements.csv" in said, "a prior result that lacks a file is refused, not taken as empty", said)


def balances(d):
    b = book(d, "b.csv", [{"id": "K1", "amount": "10.00", "reference": "INV-100001"}, {"id": "K2", "amount": "4.00", "sign": "DB", "reference": "INV-100002"},
                          {"id": "K3", "amount": "2.00", "reference": "INV-100003", "date": "2026-03-03"}])
    s = write(d, "s.txt", statement("2026-03-02", 5000, [("165", 1000, "B1", "INV-100001", "ACH CREDIT"), ("698", 25, "B2", "", "SERVICE CHARGE")]))
    for amount, unexplained, code in (("56.00", "0.00", 0), ("56.01", "0.01", 1)):
        bb = write(d, "bb.csv", f"account,currency,date,amount\n1234567890,USD,2026-03-02,{amount}\n")
        out = os.path.join(d, "out" + amount)
        got, said = run(out, "2026-03-02", [b], [s], "--book-balance", bb)
        p = table(out, "proof.csv")[0]
        ok(got == code and (p["bank_closing"], p["in_transit"], p["outstanding"], p["unexplained"]) == ("59.75", "0.00", "4.00", unexplained),
           f"a book of {amount}: the closing less what is outstanding and what only the bank has leaves {unexplained}, exit {code}", (said, p))


def example(d):
    sample = os.path.join(TOP, "samples", "reconcile")
    out = os.path.join(d, "out")
    code, said = run(out, "2026-03-03", [os.path.join(sample, "book.csv")], [os.path.join(sample, "bank-2026-03-03.txt")], "--json")
    for n in ("matches.csv", "exceptions.csv"):
        with open(os.path.join(sample, n + ".expect"), encoding="utf-8") as want, open(os.path.join(out, n), encoding="utf-8") as got:
            ok(want.read() == got.read(), f"the worked example's {n} is as docs/matching.md says", said)
    page = open(os.path.join(out, "report.html"), encoding="utf-8").read()
    ok(code == 0 and "1234567890" not in said + page and "*7890" in page and json.loads(said)["lines_auto"] == 5,
       "summary and report show account numbers by their last four", said)
    ok("<script" not in page and "http" not in page.replace("http-equiv", ""), "the report has no script and fetches nothing")


def ruled(d):
    b = book(d, "b.csv", [{"id": "K1", "amount": "10.00", "reference": "55512345"}, {"id": "K2", "amount": "10.00", "reference": "55512399"}])
    s = write(d, "s.txt", statement("2026-03-03", 0, [("165", 1000, "B1", "", "ACH CREDIT 999999 KD-NR:55512345X")]))
    rule = 'extract = ( { type = "165"; pattern = "KD-NR:([0-9]{8})"; sample = "A KD-NR:11122233B"; gives = "%s"; valid_from = "%s"; } );\n'
    write(d, "rules/10.conf", rule % ("11122233", "2026-01-01") + 'match_days = ( { currency = "USD"; late = 3; stale_days = 90; } );\n')
    run(os.path.join(d, "without"), "2026-03-03", [b], [s])
    code, said = run(os.path.join(d, "with"), "2026-03-03", [b], [s], "--rules", os.path.join(d, "rules"))
    ok(code == 0 and not autos(os.path.join(d, "without")) and autos(os.path.join(d, "with")) == {("s.txt#1", "K1"): "reference"},
       "a reference that only a configured pattern finds joins", (said, autos(os.path.join(d, "with"))))
    write(d, "rules/10.conf", rule % ("11122233", "2026-04-01"))
    run(os.path.join(d, "later"), "2026-03-03", [b], [s], "--rules", os.path.join(d, "rules"))
    ok(not autos(os.path.join(d, "later")), "and not before the day from which it is valid")
    write(d, "rules/10.conf", rule % ("11122234", ""))
    code, said = run(os.path.join(d, "bad"), "2026-03-03", [b], [s], "--rules", os.path.join(d, "rules"))
    ok(code == 2 and "10.conf:1:" in said and "11122233" in said and not os.path.exists(os.path.join(d, "bad")),
       "a pattern that does not do what its sample says is told with file and line, and nothing is written", said)
    late = write(d, "late.txt", statement("2026-03-12", 0, [("165", 1000, "B1", "55512345", "ACH CREDIT")]))
    write(d, "rules/10.conf", 'match_days = ( { currency = "USD"; late = 3; } );\n')
    run(os.path.join(d, "days"), "2026-03-12", [b], [late], "--rules", os.path.join(d, "rules"))
    ok(reasons(os.path.join(d, "days"))["K1"] in ("DATE_OUT_OF_WINDOW", "AMBIGUOUS") or autos(os.path.join(d, "days")) == {},
       "the days of a currency are those of its row")


# ---------------------------------------------------------------- generated cases
def tool(name, *args):
    return subprocess.run([sys.executable, os.path.join(RECGEN, name), *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)


def files(case, folder="in"):
    d = os.path.join(case, folder)
    names = sorted(os.listdir(d))
    return [os.path.join(d, n) for n in names if n.startswith("book-")], [os.path.join(d, n) for n in names if n.startswith("bank-")]


def formats():
    got = [f for f, m in (("bai2", "bai2"), ("mt940", "mt940"), ("camt053", "camt")) if os.path.exists(os.path.join(BUILD, "modules", m + ".so"))]
    return ",".join(got)


def generate(d, name, *options):
    case = os.path.join(d, name)
    got = tool("recgen.py", "--out", case, "--formats", formats(), *options)
    if got.returncode != 0:
        ok(False, f"case {name} is generated", got.stdout)
        return None, None
    with open(os.path.join(case, "meta.json"), encoding="utf-8") as f:
        return case, json.load(f)


def scored(name, case, out, *more):
    got = tool("recscore.py", os.path.join(case, "truth"), out, "--require", GOALS, *more)
    ok(got.returncode == 0, f"{name}: {got.stdout.strip().splitlines()[-1][:150]}", got.stdout)


def checked(name, case, out):
    books, banks = files(case)
    checker = [sys.executable, os.path.join(TOP, "tests", "lib", "reconcheck.py"), RECGEN, out, "--book", *books, "--bank", *banks]
    got = subprocess.run(checker, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    ok(got.returncode == 0, f"{name}: every match is proved again: {got.stdout.strip().splitlines()[-1][:100]}", got.stdout)
    rows = open(os.path.join(out, "matches.csv"), encoding="utf-8").read().splitlines()
    ids = [r.split(",")[6] for r in rows[1:]]
    rows[5] = rows[5].replace("," + ids[4] + ",", "," + ids[40] + ",", 1)       # the wrong item for one line
    forged = shutil.copytree(out, out + "-forged")
    write(forged, "matches.csv", "\n".join(rows) + "\n")
    checker[3] = forged
    ok(subprocess.run(checker, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300, check=False).returncode == 1,
       f"{name}: and a forged match is not")


def plain(d, name, *options):
    case, meta = generate(d, name, *options)
    if case is None:
        return None
    books, banks = files(case)
    out = os.path.join(case, "out")
    run(out, meta["as_of"], books, banks)
    scored(name, case, out, *(["--corruptions"] if "--corrupt" in options else []))
    ok(os.path.getsize(os.path.join(out, "report.html")) <= 2 << 20, f"{name}: the report stays below 2 MiB")
    return case, meta, out


def two_days(d, name, *options):
    case, meta = generate(d, name, "--two-days", *options)
    if case is None:
        return
    outs = [os.path.join(case, n) for n in ("out1", "out2")]
    for n, out in enumerate(outs):
        books, banks = files(case, f"in-{n + 1}")
        run(out, meta["runs"][n]["as_of"], books, banks, *(["--prior", outs[0]] if n else []))
    scored(name + ", second run", case, outs[1], "--prior", outs[0])


def prints(out):
    h = hashlib.sha256()
    for n in sorted(os.listdir(out)):
        with open(os.path.join(out, n), "rb") as f:
            h.update(n.encode() + b"\0" + f.read())
    return h.hexdigest()


def shuffled(case, meta, out, times):
    """Files in any order, book rows in any order, any number of threads; each run killed at some time and run again into the same folder."""
    want, rng = prints(out), random.Random(7)
    books, banks = files(case)
    got, runs, cut, took = set(), 0, 0, 1.0
    for n in range(times):
        d = os.path.join(case, f"shuffle{n}")
        mine = []
        for p in books:
            with open(p, encoding="utf-8", newline="") as f:
                head, *rows = f.read().splitlines(keepends=True)
            if rows and rows[-1][-1:] != "\n":
                rows[-1] += "\n"
            rng.shuffle(rows)
            mine.append(write(d, os.path.basename(p), head + "".join(rows)))
        rng.shuffle(mine)
        some = banks[:]
        rng.shuffle(some)
        to = os.path.join(d, "out")
        for threads in (1, 2, 4) if LONG else ((1, 2, 4)[n % 3],):
            p = subprocess.Popen([COMMAND, "reconcile", "--as-of", meta["as_of"], "--out", to, "--threads", str(threads), "--book", *mine, "--bank", *some],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                p.wait(timeout=rng.uniform(0, took))
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
                cut += 1
            start = time.monotonic()
            run(to, meta["as_of"], mine, some, "--threads", str(threads))
            took = time.monotonic() - start
            got.add(prints(to))
            runs += 1
        shutil.rmtree(d)
    ok(got == {want}, f"{times} shuffles of files and rows with 1, 2 and 4 threads, {runs} runs of which {cut} were killed and run again, give the same bytes")

def announced(d):
    """Lines announced intraday over days: booked, booked once of two, never booked; each is told when its day's statement is there."""
    b = book(d, "b.csv", [{"id": "K1", "amount": "10.00", "reference": "INV-100001"}])
    s1 = write(d, "s1.txt", statement("2026-03-02", 0, []))
    twin = ("165", 700, "", "", "ACH CREDIT")
    early = write(d, "early.txt", statement("2026-03-03", 0, [("165", 1000, "B1", "INV-100001", "ACH CREDIT"), ("455", 300, "B2", "INV-100009", "ACH DEBIT"),
                                                              twin, twin], modifier="3"))
    one, two, three = (os.path.join(d, n) for n in ("one", "two", "three"))
    code, said = run(one, "2026-03-03", [b], [s1, early])
    state = {p["id"]: (p["state"], p["superseded_by"]) for p in table(one, "provisional.csv")}
    ok(code == 0 and set(state.values()) == {("waiting", "")} and len(state) == 4, "what was announced waits while its day's statement is not there", (said, state))
    none = book(d, "none.csv", [])
    s2 = write(d, "s2.txt", statement("2026-03-03", 0, [("165", 1000, "B1", "INV-100001", "ACH CREDIT"), twin]))
    code, said = run(two, "2026-03-04", [none], [s2], "--prior", one)
    state = {p["id"]: (p["state"], p["superseded_by"]) for p in table(two, "provisional.csv")}
    ok(code == 0 and state == {"early.txt#1": ("booked", "s2.txt#1"), "early.txt#2": ("not booked", ""), "early.txt#3": ("booked", "s2.txt#2"),
                               "early.txt#4": ("not booked", "")},
       "a run later the statement says which were booked; of two equal ones that were booked once the second is told", (said, state))
    ok(autos(two) == {("s2.txt#1", "K1"): "reference"} and not any("early" in i for i in reasons(two)), "and none of them is a line that counts")
    code, said = run(three, "2026-03-05", [none], [write(d, "s3.txt", statement("2026-03-04", 1700, []))], "--prior", two)
    ok(code == 0 and table(three, "provisional.csv") == [], "what was told is not told again", said)
    code, said = run(three, "2026-03-05", [none], [write(d, "s3.txt", statement("2026-03-04", 1700, [])), early], "--prior", two)
    ok(code == 0 and [p["state"] for p in table(three, "provisional.csv")] == ["booked earlier"] * 2 + ["booked", "booked earlier"], "a report that comes after its day was booked says so", said)


def gaps(d):
    """A statement that is missing, one that comes late, one that repeats lines of another."""
    b = book(d, "b.csv", [{"id": "K1", "amount": "10.00", "reference": "INV-100001"}, {"id": "K2", "amount": "5.00", "reference": "INV-100002", "date": "2026-03-03"}])
    none = book(d, "none.csv", [])
    s1 = write(d, "s1.txt", statement("2026-03-02", 0, [("165", 1000, "B1", "INV-100001", "ACH CREDIT")]))
    s2 = write(d, "s2.txt", statement("2026-03-03", 1000, [("165", 500, "B2", "INV-100002", "ACH CREDIT"), ("455", 50, "B3", "X-1", "ACH DEBIT")]))
    s3 = write(d, "s3.txt", statement("2026-03-04", 1450, [("165", 20, "B4", "X-2", "ACH CREDIT")]))

    def breaks(out):
        return [(e["id"], e["date"], e["amount"], e["sign"]) for e in table(out, "exceptions.csv") if e["reason"] == "BALANCE_BREAK"]

    one, two, three = (os.path.join(d, n) for n in ("one", "two", "three"))
    code, said = run(one, "2026-03-04", [b], [s1, s3])
    ok(code == 1 and breaks(one) == [("s3.txt", "2026-03-04", "4.50", "CR")], "a missing statement is a gap at the next one, of what it would have moved", breaks(one))
    code, said = run(two, "2026-03-05", [none], [s2], "--prior", one)
    ok(code == 0 and breaks(two) == [] and autos(two) == {("s2.txt#1", "K2"): "reference"}, "the missing statement comes late: it follows from the one before it and matches", (said, breaks(two)))
    code, said = run(os.path.join(d, "all"), "2026-03-04", [b], [s3, s1, s2])
    ok(code == 0 and breaks(os.path.join(d, "all")) == [], "with all three there is no gap", said)
    again = write(d, "s2b.txt", statement("2026-03-03", 1000, [("165", 500, "B2", "INV-100002", "ACH CREDIT"), ("455", 50, "B3", "X-1", "ACH DEBIT"),
                                                               ("455", 70, "B5", "X-3", "ACH DEBIT")]))
    code, said = run(three, "2026-03-04", [b], [s1, s2, again])
    why = reasons(three)
    ok(code == 1 and why["s2b.txt#1"] == why["s2b.txt#2"] == "DUP_LINE" and "s2b.txt#3" in why and why["s2b.txt#3"] != "DUP_LINE",
       "a statement that repeats lines of another and adds one: the repeats are DUP_LINE, the new one is a line", why)
    ok(autos(three)[("s2.txt#1", "K2")] == "reference" and len(breaks(three)) == 1, "and the day that stands twice does not chain", breaks(three))
    day, next_day = os.path.join(d, "day"), os.path.join(d, "next")
    morning = write(d, "m1.txt", statement("2026-03-02", 0, [("165", 1000, "B1", "INV-100001", "ACH CREDIT")]))
    evening = write(d, "m2.txt", statement("2026-03-02", 1000, [("455", 300, "B8", "X-8", "ACH DEBIT")]))
    noon = write(d, "m3.txt", statement("2026-03-02", 700, [("455", 50, "B9", "X-9", "ACH DEBIT")]))
    code, said = run(day, "2026-03-02", [b], [noon, evening, morning])
    ok(code == 0 and breaks(day) == [], "three statements of one day chain, whatever their files are called", (said, breaks(day)))
    code, said = run(next_day, "2026-03-03", [none], [write(d, "m4.txt", statement("2026-03-03", 650, []))], "--prior", day)
    ok(code == 0 and breaks(next_day) == [], "and the next run begins with the last of them", (said, breaks(next_day)))
    off = [run(next_day, "2026-03-03", [none], [write(d, "m4.txt", statement("2026-03-03", o, []))], "--prior", day)[0] for o in (0, 700, 1000)]
    ok(off == [1, 1, 1] and len(breaks(next_day)) == 1, "and with none of the others", off)
    late = os.path.join(d, "late")
    code, said = run(late, "2026-03-05", [none], [write(d, "s4.txt", statement("2026-03-05", 1471, []))], "--prior", os.path.join(d, "all"))
    ok(code == 1 and breaks(late) == [("s4.txt", "2026-03-05", "0.01", "CR")], "a gap of a cent over two runs is told", breaks(late))


def csv_statements(d):
    """A bank's CSV with columns, decimals and dates of its own, named in the rules; the same lines as BAI2 give the same matches."""
    b = book(d, "b.csv", [{"id": "K1", "amount": "1250.00", "reference": "INV-100001"}, {"id": "K2", "amount": "80.50", "sign": "DB", "reference": "INV-100002"},
                          {"id": "K3", "amount": "40.00", "sign": "DB", "type": "CHECK", "reference": "200003"}])
    rows = ["First Bank;export", "Day;Konto;Wert;Saldo;Ref;Scheck;Art;Text", "03.03.2026;1234567890;-40,00;2.129,50;;200003;CHECK;paid",
            "02.03.2026;1234567890;-80,50;2.169,50;INV-100002;;ACH;debit", "02.03.2026;1234567890;1.250,00;2.250,00;INV-100001;;ACH;credit",
            "02.03.2026;1234567890;9,00;1.000,00;INV-9;;;pending"]
    s = write(d, "first-1.csv", "\n".join(rows[:-1]) + "\n")
    write(d, "rules/10.conf", 'statements = ( { files = "first-*.csv"; format = "csvstmt"; options = { skip_rows = 1; delimiter = "semicolon"; dates = "eu";'
          ' decimal = "comma"; order = "newest"; currency = "USD"; column_date = "Day"; column_account = "Konto"; column_amount = "Wert";'
          ' column_balance = "Saldo"; column_customer_ref = "Ref"; column_check_number = "Scheck"; column_type = "Art"; column_text = "Text"; }; } );\n')
    out = os.path.join(d, "out")
    code, said = run(out, "2026-03-04", [b], [s], "--rules", os.path.join(d, "rules"))
    ok(code == 0 and autos(out) == {("first-1.csv#3", "K1"): "reference", ("first-1.csv#2", "K2"): "reference", ("first-1.csv#1", "K3"): "reference"},
       "a bank's CSV, newest first, with columns that the rules name, matches as any statement", (said, autos(out)))
    proof = [(p["date"], p["bank_opening"], p["bank_closing"], p["residual"]) for p in table(out, "proof.csv")]
    ok(proof == [("2026-03-02", "1000.00", "2169.50", "0.00"), ("2026-03-03", "2169.50", "2129.50", "0.00")],
       "its running balances prove each day and the chain over the days", proof)
    off = write(d, "first-2.csv", "\n".join(rows[:-1]).replace("2.129,50", "2.129,51") + "\n")
    code, said = run(out, "2026-03-04", [b], [off], "--rules", os.path.join(d, "rules"))
    ok(code == 1, "a running balance that is a cent off is told, exit 1", said)
    code, said = run(os.path.join(d, "none"), "2026-03-04", [b], [s])
    ok(code == 2 and "first-1.csv" in said and not os.path.exists(os.path.join(d, "none")), "a CSV that no rule names is never guessed at", said)
    write(d, "rules/10.conf", 'statements = ( { files = "first-*.csv"; format = "xls"; } );\n')
    code, said = run(os.path.join(d, "none"), "2026-03-04", [b], [s], "--rules", os.path.join(d, "rules"))
    ok(code == 2 and "10.conf:1:" in said, "a format that is none is told with file and line", said)


def edited(d):
    """A prior result's open items are read in pieces; a file that a person saved again, with other quotes and columns, reads the same."""
    odd = 'a "b", c\nd'
    rows = [{"id": f"K{n:05}", "amount": f"{n}.17", "reference": f"INV-{n:06}", "party": "P" * (n % 97), "date": "2026-03-05"} for n in range(1, 9001)]
    b = book(d, "b.csv", rows)
    one, two, three = (os.path.join(d, n) for n in ("one", "two", "three"))
    run(one, "2026-03-03", [b], [write(d, "s1.txt", statement("2026-03-03", 0, [("165", n, f"B{n}", "", f"ACH CREDIT {n}") for n in range(1, 3000, 2)]))])
    s2 = write(d, "s2.txt", statement("2026-03-05", 2250000, [("165", n * 100 + 17, f"C{n}", f"INV-{n:06}", "ACH CREDIT") for n in range(1, 9001, 3)]))
    none = book(d, "none.csv", [])
    path = os.path.join(one, "open_items.csv")
    table_rows = table(one, "open_items.csv")
    for r in table_rows[::7]:
        r["note"] = odd if r["side"] == "book" else ""

    def save(names, quoting):
        with open(path, "w", newline="", encoding="utf-8") as f:
            out = csv.DictWriter(f, names, restval='said "no"', quoting=quoting)
            out.writeheader()
            out.writerows(table_rows)

    save(list(table_rows[0]), csv.QUOTE_MINIMAL)
    code, said = run(two, "2026-03-06", [none], [s2], "--prior", one)
    ok(code == 0 and os.path.getsize(path) > 1 << 20 and len(autos(two)) == 3000, "what was carried matches a day later", said)
    kept = {r["id"]: r["note"] for r in table(two, "open_items.csv")}
    ok(odd in kept.values() and all(kept[r["id"]] == r["note"] for r in table_rows if r["id"] in kept), "a text with quotes, commas and lines is carried whole")
    save(list(table_rows[0])[::-1] + ["mine"], csv.QUOTE_ALL)
    code, said = run(three, "2026-03-06", [none], [s2], "--prior", one, "--threads", "3")
    ok(code == 0 and prints(two) == prints(three), "the same rows with other quotes, columns in another order and one more are the same", said)
    with open(path, encoding="utf-8", newline="") as f:
        text = f.read()
    for what, wrong, row in (("an amount that is none", text.replace('"8000.17"', '"8000.1x"'), "8000.1x"), ("a quote too many", text.replace('"8000.17"', '"8000.17""'), "")):
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(wrong)
        code, said = run(os.path.join(d, "bad"), "2026-03-06", [none], [s2], "--prior", one)
        line = 1 + wrong[:wrong.index("8000.1x")].count("\n") if row else None
        ok(code == 2 and "open_items.csv" in said and "not what an earlier run wrote" in said and not os.path.exists(os.path.join(d, "bad")) and
           (line is None or f"line {line} " in said), f"{what} in a carried row is told with its line, and nothing is written", (said, line))


def killed(d):
    """SIGKILL at some time while it runs; what it leaves is refused as --prior, and a run into the same folder makes the same bytes."""
    rows = [{"id": f"K{n:05}", "amount": f"{n}.17", "reference": f"INV-{n:06}"} for n in range(1, 6001)]
    b = book(d, "b.csv", rows)
    lines = [("165", n * 100 + 17, f"B{n}", f"INV-{n:06}", "ACH CREDIT") for n in range(1, 3001)]
    s = write(d, "s.txt", statement("2026-03-02", 0, lines))
    whole, cut, after = (os.path.join(d, n) for n in ("whole", "cut", "after"))
    start = time.monotonic()
    run(whole, "2026-03-03", [b], [s])
    took, want, rng, torn = time.monotonic() - start, prints(whole), random.Random(11), 0
    run(after, "2026-03-04", [b], [write(d, "s2.txt", statement("2026-03-03", 0, []))], "--prior", whole)
    same, refused = True, True
    for _ in range(100 if LONG else 12):
        p = subprocess.Popen([COMMAND, "reconcile", "--as-of", "2026-03-03", "--out", cut, "--book", b, "--bank", s], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        try:
            p.wait(timeout=rng.uniform(0, took * 1.1))
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
        if not os.path.exists(os.path.join(cut, "complete.csv")):
            torn += 1
            code, said = run(after, "2026-03-04", [b], [os.path.join(d, "s2.txt")], "--prior", cut)
            refused = refused and code == 2 and ("did not end" in said or "cannot read" in said)
        else:
            same = same and prints(cut) == want
        if rng.random() < 0.5:
            run(cut, "2026-03-03", [b], [s])
            same = same and prints(cut) == want
    run(cut, "2026-03-03", [b], [s], "--threads", "4")
    ok(same and prints(cut) == want, "a run that is killed and run again into the same folder makes the same bytes")
    ok(refused, f"what a killed run leaves is refused as a prior result ({torn} were cut)")
    path = os.path.join(cut, "open_items.csv")
    os.truncate(path, os.path.getsize(path) - 7)
    code, said = run(after, "2026-03-04", [b], [os.path.join(d, "s2.txt")], "--prior", cut)
    ok(code == 2 and "open_items.csv" in said and "shorter" in said, "a file of a prior result that lost its end is told by its name", said)


def main():
    with tempfile.TemporaryDirectory() as d:
        for n, case in enumerate((wrong_use, example, chains, intraday, announced, gaps, carried, balances, ruled, csv_statements, edited, killed)):
            case(os.path.join(d, f"own{n}"))
        if not os.path.exists(os.path.join(RECGEN, "recgen.py")):
            print("# TALLY_SHARED is not set: no generated cases")
            return
        small = ["--lines", "5000"]
        got = plain(d, "seed 1", "--seed", "1", *small)
        if got:
            checked("seed 1", got[0], got[2])
            shuffled(*got, 100 if LONG else 6)
        plain(d, "held out", "--seed", "901", "--jitter", "0.5", "--accounts", "9", *small)
        plain(d, "everything", "--seed", "902", "--extended", "--provisional", "--corrupt", "20", "--dupfiles", *small)
        two_days(d, "two days", "--seed", "903", "--extended", *small)
        for seed in range(910, 930) if LONG else ():
            plain(d, f"long {seed}", "--seed", str(seed), "--jitter", "0.5", "--extended", "--provisional", "--corrupt", "20", "--dupfiles")


if __name__ == "__main__":
    main()
    done()
