#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""71-casebook - what people decide about a reconciliation: commands, journal, spreadsheet and the next run

Each answer is worked out a second time by tests/lib/casecheck.py from the files alone.  With TALLY_SHARED a generated case is walked at
random; TALLY_LONG=1 walks ten times as far.
"""
import csv
import hashlib
import io
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from casecheck import Case, table  # noqa: E402
from tap import done, ok  # noqa: E402

TOP = os.path.abspath(os.path.join(HERE, "..", ".."))
BUILD = os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build"))
COMMAND = os.path.join(BUILD, "bin", "tallygate")
RECGEN = os.path.join(os.environ.get("TALLY_SHARED", ""), "recgen", "recgen.py")
LONG = bool(os.environ.get("TALLY_LONG"))
SAMPLE = os.path.join(TOP, "samples", "reconcile")
BANK = "bank-2026-03-03.txt"
RULES = """write_offs = ( { currency = "USD"; most = "100.00"; second_above = "20.00"; } );
decisions = ( { act = ""; on_behalf = true; } );
"""
NEXT = "\n".join(["01,122099999,123456789,260304,0600,1,,,2/", "02,123456789,122099999,1,260304,2359,USD,2/",
                  "03,1234567890,USD,010,894200,,,015,894200,,/", "49,1788400,2/", "98,1788400,1,4/", "99,1788400,1,6/", ""])


def tally(*args, uid=None, limit=None, full=False):
    """limit: the largest file it may write; beyond it the kernel kills it, or (full) says that nothing more fits."""
    def before():
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        if uid is not None:
            os.setuid(uid)
    got = subprocess.run([COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
                         preexec_fn=before if uid is not None or limit is not None else None, restore_signals=not full)
    return got.returncode, got.stdout + got.stderr


class Place:
    """A folder with rules that let tests speak for people, and the sample's results in `day`."""

    def __init__(self, d):
        self.d, self.day, self.rules = d, os.path.join(d, "day"), os.path.join(d, "rules")
        os.makedirs(self.rules, exist_ok=True)
        with open(os.path.join(self.rules, "decisions.conf"), "w", encoding="ascii") as f:
            f.write(RULES)
        with open(os.path.join(d, "bank-2026-03-04.txt"), "w", encoding="ascii") as f:
            f.write(NEXT)
        code, said = self.run(self.day, "2026-03-03", [os.path.join(SAMPLE, BANK)])
        assert code == 0, said

    def run(self, out, as_of, banks, *more):
        return tally("reconcile", "--as-of", as_of, "--book", os.path.join(SAMPLE, "book.csv"), "--bank", *banks, "--out", out, *more)

    def next(self, out, *more, prior=None):
        out = os.path.join(self.d, out)
        code, said = self.run(out, "2026-03-04", [os.path.join(self.d, "bank-2026-03-04.txt")], "--prior", prior or self.day, *more)
        return out, code, said

    def act(self, act, *args, by="ann", why="seen on paper", day=None):
        return tally(act, "--in", day or self.day, *args, "--reason", why, "--by", by, "--rules", self.rules)

    def export(self, day=None):
        code, said = tally("exceptions", "export", day or self.day)
        assert code == 0, said
        return said

    def import_(self, text, *more, by="ann", name="work.csv"):
        path = os.path.join(self.d, name)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return tally("exceptions", "import", self.day, path, "--by", by, "--rules", self.rules, *more)


def sha(folder, name="decisions.csv"):
    with open(os.path.join(folder, name), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def journal(folder):
    path = os.path.join(folder, "decisions.csv")
    return table(folder, "decisions.csv") if os.path.exists(path) and os.path.getsize(path) > 0 else []


def open_rows(export):
    return {(r["side"], r["id"]) for r in csv.DictReader(io.StringIO(export)) if r["reason"] != "BALANCE_BREAK"}


def line(n):
    return f"{BANK}#{n}"


# ---------------------------------------------------------------- commands
def commands(p):
    code, said = p.act("match", line(9), "K11", "K12")
    ok(code == 0 and "decision 1" in said and "H1" in said, "a match by hand is decision 1 and named H1", said)
    code, said = p.act("match", line(9), "K13")
    ok(code == 1 and "closed by H1" in said and len(journal(p.day)) == 1, "a row that is closed is not matched again, and nothing is written", said)
    code, said = p.act("match", line(7), "K13")
    ok(code == 1 and "differ by" in said, "sums that differ are refused with the difference", said)
    code, said = p.act("match", line(99), "K13")
    ok(code == 1 and f"'{line(99)}'" in said, "a row that is not there is named", said)
    code, said = p.act("refuse", "M6")
    ok(code == 0, "a proposal is refused", said)
    code, said = p.act("confirm", "M6")
    ok(code == 1 and "is refused; it cannot be confirmed" in said, "and cannot be confirmed any more", said)
    code, said = p.act("write-off", line(10))
    ok(code == 0 and "-15.00 USD" in said and "waits" not in said, "a fee below the second limit is written off by one", said)
    code, said = p.act("write-off", "K13")
    ok(code == 0 and "waits for a second person" in said, "81.20 waits for a second person", said)
    code, said = p.act("second", "4")
    ok(code == 1 and "another" in said, "who is not the first", said)
    code, said = p.act("write-off", line(7), by="bob")
    ok(code == 1 and "above the limit of 100.00 USD" in said, "312.00 is above every limit", said)
    code, said = p.act("second", "4", by="bob")
    ok(code == 0, "another person seconds it", said)
    code, said = p.act("unmatch", "M1")
    ok(code == 0 and "K01" in said, "an automatic match is taken apart", said)
    code, said = p.act("assign", line(5), "K08", "--to", "carl")
    ok(code == 0, "rows get an owner", said)
    code, said = p.act("comment", "K08", why="=SUM(A1:A9) <script>")
    ok(code == 0, "and a comment", said)
    code, said = p.act("assign", line(5), "K08", "--to", "carl")
    ok(code == 0 and "nothing to do" in said and len(journal(p.day)) == 8, "the same owner again is nothing to do", said)
    for args, what in ((["match", line(1)], "--in"), (["match", "--in", p.day, line(1)], "--reason"), (["match", "--in", p.day, "--reason", "because"], "match"),
                       (["assign", "--in", p.day, "K13", "--reason", "because"], "--to"), (["unmatch", "--in", p.day, "M1", "M2", "--reason", "because"], "M2"),
                       (["second", "--in", p.day, "four", "--reason", "because"], "four"), (["exceptions", "import", p.day], "import")):
        code, said = tally(*args)
        ok(code == 2 and what in said and "usage" in said, f"wrong use is told: {' '.join(args[:1])}, {what}", said)
    code, said = tally("match", "--in", os.path.join(p.d, "nowhere"), "A", "B", "--reason", "because")
    ok(code == 2 and "nowhere" in said, "a folder that is not there is named", said)
    code, said = p.act("comment", "K08", why="paid from 1234 5678 90")
    ok(code == 1 and "account number" in said and len(journal(p.day)) == 8, "an account number is no part of a reason", said)
    code, said = p.act("comment", "K08", why="ok")
    ok(code == 1 and "say why" in said, "and two letters are none", said)
    code, said = tally("match", "--json", "--in", p.day, line(7), "K01", "--reason", "because")
    ok(code == 1 and json.loads(said)["answer"] == "refused", "--json says refused as well", said)
    code, said = tally("decisions", p.day, "--json")
    rows = [json.loads(x) for x in said.splitlines()]
    ok(code == 0 and [r["stage"] for r in rows] == ["holds"] * 8 and rows[3]["seconded_by_decision"] == 5, "decisions lists all of them with their stage", said)
    c = Case(p.day)
    ok(not c.wrong and c.open == open_rows(p.export()) | {("book", "K10")} - ({("book", "K10")} & open_rows(p.export())),
       "what is open is what the checker works out from the files", (c.wrong, c.open ^ open_rows(p.export())))
    code, said = p.run(p.day, "2026-03-03", [os.path.join(SAMPLE, BANK)])
    ok(code == 2 and "people have decided" in said and len(journal(p.day)) == 8, "no run writes over results that people have decided on", said)


def persons(p):
    os.chmod(p.day, 0o2770)           # a group's folder: its members go on with the journal, whatever their umask
    plain = os.path.join(p.d, "plain")
    os.mkdir(plain)
    with open(os.path.join(plain, "r.conf"), "w", encoding="ascii") as f:
        f.write('write_offs = ( { currency = "USD"; most = "100.00"; } );\ndecisions = ( { act = "unmatch"; persons = 2; } );\n')
    code, said = tally("comment", "--in", p.day, "K13", "--reason", "because", "--by", "ann", "--rules", plain)
    ok(code == 1 and "in another's name" in said, "--by is refused where the rules do not let one", said)
    code, said = tally("write-off", "--in", p.day, line(10), "--reason", "because", "--rules", os.path.join(p.d, "no-rules-here"))
    ok(code == 2 and "no-rules-here" in said, "rules that are not there end it", said)
    empty = os.path.join(p.d, "empty")
    os.mkdir(empty)
    with open(os.path.join(empty, "r.conf"), "w", encoding="ascii") as f:
        f.write('match_days = ( { currency = "USD"; late = 30; } );\n')
    code, said = tally("write-off", "--in", p.day, line(10), "--reason", "because", "--rules", empty)
    ok(code == 1 and "no limit" in said, "where the rules set no limit nothing is written off", said)
    code, said = tally("unmatch", "--in", p.day, "M2", "--reason", "because", "--rules", plain)
    ok(code == 0 and "waits" in said and journal(p.day)[-1]["by"] not in ("", "ann"), "an unmatch by the user's own name waits where the rules want two", said)
    number = str(len(journal(p.day)))
    code, said = tally("second", "--in", p.day, number, "--reason", "because", "--rules", plain)
    ok(code == 1 and ("another" in said or "superuser" in said), "and the same user is no second person", said)
    if os.getuid() == 0:
        code, said = tally("second", "--in", p.day, number, "--reason", "because", "--rules", plain, uid=12345)
        ok(code == 0 and journal(p.day)[-1]["uid"] == "12345", "another user is", said)
        code, said = tally("comment", "--in", p.day, "K13", "--reason", "because", "--rules", plain, uid=12345)
        ok(code == 0, "and decides under his own name", said)
    ok(not Case(p.day).wrong, "the checker finds the journal good", Case(p.day).wrong)


# ---------------------------------------------------------------- the journal
def tampered(p):
    for act in (["match", line(9), "K11", "K12"], ["refuse", "M6"], ["comment", "K13"], ["assign", "K13", "--to", "bob"]):
        code, said = p.act(*act)
        assert code == 0, said
    path, head = (os.path.join(p.day, n) for n in ("decisions.csv", "decisions.head"))
    with open(path, encoding="utf-8") as f:
        good = f.read().split("\n")
    with open(head, encoding="ascii") as f:
        good_head = f.read()
    cases = [
        ("a reason that was changed", [*good[:2], good[2].replace("seen", "SEEN"), *good[3:]], "decision 2"),
        ("the last one's reason", [*good[:4], good[4].replace("seen", "SEEN"), ""], "decision 4"),
        ("a decision that was taken out", [*good[:2], *good[3:]], "decision 2"),
        ("the last one taken out", [*good[:4], ""], "ends with decision 3, 4 were written"),
        ("two that changed places", [good[0], good[2], good[1], *good[3:]], "decision 1"),
        ("one that was put in", [*good[:3], good[2], *good[3:]], "decision 3"),
        ("all of them taken out", [good[0], ""], "4 were written"),
        ("another header", ["number,act", *good[1:]], "begin"),
        ("a decision of bytes that are no CSV", [*good[:2], good[2] + '"x', *good[3:]], "decision 2"),
    ]
    for what, lines, want in cases:
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines))
        code, said = tally("decisions", p.day)
        two, said2 = p.act("comment", "K13")
        three, prior_code, said3 = p.next("refused")
        ok(code == 2 and want in said and two == 2 and prior_code == 2 and not os.path.exists(three),
           f"a changed journal is refused everywhere, by its decision: {what}", said + said2 + said3)
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(good))
    ok(tally("decisions", p.day)[0] == 0, "put back it is good")
    os.remove(head)
    code, said = tally("decisions", p.day)
    ok(code == 2 and "decisions.head" in said, "without its head it is refused: whether it was cut cannot be told", said)
    with open(head, "w", encoding="ascii") as f:
        f.write(good_head)
    os.rename(path, path + ".away")
    code, said = tally("decisions", p.day)
    ok(code == 2 and "is gone: 4 decisions" in said, "a journal that is gone is missed", said)
    code, said = p.act("comment", "K13")
    ok(code == 2, "also by who would write a new one", said)
    os.replace(path + ".away", path)
    rows = os.path.join(p.day, "matched_rows.bin")
    with open(rows, "rb") as f:
        kept = f.read()
    with open(rows, "wb") as f:
        f.write(kept.replace(b"INV-204815", b"INV-204816"))
    code, said = tally("decisions", p.day)
    ok(code == 2 and "other results" in said, "a matched row that was changed in its file is refused, too", said)
    with open(rows, "wb") as f:
        f.write(kept)
    other = os.path.join(p.d, "other")
    code, said = p.run(other, "2026-03-05", [os.path.join(SAMPLE, BANK)])
    shutil.copy(os.path.join(other, "open_items.csv"), p.day)
    code, said = tally("decisions", p.day)
    ok(code == 2 and "other results" in said, "decisions beside other results are refused", said)


def torn(p):
    """The writer is killed by the file's size limit at each byte of its row: what was there before still holds."""
    p.act("comment", "K13", why="the first one")
    path = os.path.join(p.day, "decisions.csv")
    size, before, held = os.path.getsize(path), sha(p.day), tally("decisions", p.day)[1]
    told = wrong = refused = cuts = 0
    steps = list(range(0, 200, 1 if LONG else 13))
    for k in steps:
        code, said = tally("match", "--in", p.day, line(9), "K11", "K12", "--reason", "seen on paper", limit=size + k)
        grown = os.path.getsize(path) - size
        code2, said2 = tally("decisions", p.day)
        if grown == 0:
            wrong += code == 0 or code2 != 0
            continue
        with open(path, "rb") as f:
            cut = not f.read().endswith(b"\n")
        if not cut:
            break
        cuts += 1
        wrong += code == 0 or held not in said2
        told += code2 == 1 and "middle of decision 2" in said2
        code3, said3 = p.act("comment", "K12")
        _, code4, _ = p.next("torn")
        refused += code3 == 2 and "--mend" in said3 and code4 == 2
        code5, said5 = tally("decisions", p.day, "--mend")
        wrong += code5 != 0 or sha(p.day) != before or tally("decisions", p.day) != (0, held)
    ok(wrong == 0 and cuts > 8 and told == cuts and refused == cuts, f"killed within a row {cuts} times: told each time, nothing built on it, mended to the bytes before",
       (wrong, told, refused, cuts))
    ok(os.path.getsize(os.path.join(p.day, "decisions.torn")) > 0, "and what was torn is kept aside")
    p.act("match", line(9), "K11", "K12")
    ok(len(journal(p.day)) == 2 and not Case(p.day).wrong, "then the decision is made", Case(p.day).wrong)
    size, before = os.path.getsize(path), sha(p.day)
    code, said = tally("comment", "--in", p.day, "K13", "--reason", "no room", limit=size + 40, full=True)
    ok(code == 2 and "nothing was decided" in said and sha(p.day) == before, "a full disk is told, and no piece of a row stays", said)
    # killed between the row and the head: the head is one behind, and the next decision brings it up
    head = os.path.join(p.day, "decisions.head")
    with open(head, encoding="ascii") as f:
        behind = f.read()
    p.act("comment", "K13", why="the third one")
    with open(head, "w", encoding="ascii") as f:
        f.write(behind)
    code, said = tally("decisions", p.day)
    code2, _ = p.act("comment", "K13", why="the fourth one")
    ok(code == 0 and "the third one" in said and code2 == 0 and not Case(p.day).wrong, "a writer killed between row and head: the row holds", said)
    # a batch
    rows = list(csv.DictReader(io.StringIO(p.export())))
    text = p.export().replace(",,,\n", ",comment,,one of many\n")
    size, before = os.path.getsize(path), sha(p.day)
    path_in = os.path.join(p.d, "batch.csv")
    with open(path_in, "w", encoding="utf-8") as f:
        f.write(text)
    partly = 0
    for k in range(10, 150 * len(rows), 400):
        code, said = tally("exceptions", "import", p.day, path_in, "--by", "ann", "--rules", p.rules, limit=size + k)
        if code == 0:
            break
        code, said = tally("decisions", p.day)
        partly += "one of many" in said
        tally("decisions", p.day, "--mend")
        partly += sha(p.day) != before
    ok(partly == 0, "an import that was killed between two of its rows holds in none of them")


def together(p):
    """Eight writers at once, ten comments each."""
    running = []
    for w in range(8):
        script = "for i in 0 1 2 3 4 5 6 7 8 9; do '%s' comment --in '%s' K13 --reason \"writer %d says $i\" --by w%d --rules '%s' || exit 1; done" % (
            COMMAND, p.day, w, w, p.rules)
        running.append(subprocess.Popen(["sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
    said = [r.communicate()[1] for r in running]
    rows = journal(p.day)
    ok(all(r.returncode == 0 for r in running) and len(rows) == 80 and len({r["reason"] for r in rows}) == 80 and not Case(p.day).wrong,
       "eight writers at once: each of their 80 decisions stands once, and the chain is whole", said)
    ok([r["number"] for r in rows] == [str(n + 1) for n in range(80)], "numbered without a gap")


# ---------------------------------------------------------------- the spreadsheet
def decided(export, decisions):
    """The export with decisions filled in: {id: (decision, with, why)}."""
    rows = list(csv.DictReader(io.StringIO(export)))
    for r in rows:
        if r["id"] in decisions:
            r["decision"], r["with"], r["why"] = decisions[r["id"]]
    return rows


def sheet(rows, names=None, **how):
    out = io.StringIO()
    w = csv.DictWriter(out, names or list(rows[0]), extrasaction="ignore", lineterminator=how.pop("end", "\r\n"), **how)
    w.writeheader()
    w.writerows(rows)
    return out.getvalue()


WORK = {line(9): ("match", "K11 K12", "river mills paid both"), "K08": ("refuse", "M6", "another customer"), line(10): ("write-off", "", "bank fee"),
        "K13": ("assign", "carl", "he knows them"), line(7): ("comment", "", "asked the bank, =SUM(A1)"), "K12": ("match", f"{line(9)} K11", "both sides say so")}


def sample(p):
    """samples/reconcile/decide.csv, filled into an export; what is left is open-after.expect."""
    with open(os.path.join(SAMPLE, "decide.csv"), newline="", encoding="utf-8") as f:
        filled = {r["id"]: (r["decision"], r["with"], r["why"]) for r in csv.DictReader(f)}
    code, said = p.import_(sheet(decided(p.export(), filled)))
    ok(code == 0 and f"{len(filled)} decisions imported" in said, "the sample's decisions are imported", said)
    out, code, said = p.next("after")
    got = "side,id,owner,comment\n" + "".join(f"{r['side']},{r['id']},{r['owner']},{r['comment']}\n" for r in table(out, "open_items.csv"))
    path = os.path.join(SAMPLE, "open-after.expect")
    if os.environ.get("TALLY_DOCS") == "write":
        with open(path, "w", encoding="utf-8") as f:
            f.write(got)
    with open(path, encoding="utf-8") as f:
        ok(f.read() == got, "and what the next run leaves open is open-after.expect", got)


def spreadsheets(make):
    first = None
    ways = (
        ("as it was exported", lambda r: sheet(r, end="\n")),
        ("with a mark in front and CRLF", lambda r: b"\xef\xbb\xbf" + sheet(r).encode()),
        ("with semicolons", lambda r: sheet(r, delimiter=";")),
        ("with tabs and everything in quotes", lambda r: sheet(r, delimiter="\t", quoting=csv.QUOTE_ALL)),
        ("with columns moved, one added, others gone", lambda r: sheet([{**x, "mine": "a;b,c"} for x in r], ["mine", "why", "with", "decision", "version", "id", "side"])),
        ("sorted another way, words in capitals, empty cells behind",
         lambda r: sheet([{**x, "decision": x["decision"].upper()} for x in sorted(r, key=lambda x: x["id"])]).replace("\r\n", ",,,\r\n")),
    )
    for what, write in ways:
        p = make()
        rows = decided(p.export(), WORK)
        text = write(rows)
        code, said = p.import_(text)
        got = [(d["act"], d["match"], d["bank_ids"], d["book_ids"], d["owner"], d["act"] == "match" or d["reason"]) for d in journal(p.day)]
        first = first or sorted(got)
        ok(code == 0 and "5 decisions imported" in said and "1 stood there already" in said and sorted(got) == first,
           f"a spreadsheet's file is read: {what}", (said, got))
        held = sha(p.day)
        code, said = p.import_(text)
        ok(code == 0 and "0 decisions imported" in said and "6 stood there already" in said and sha(p.day) == held,
           "fed again it changes nothing", said)
        ok(not Case(p.day).wrong and "'=SUM" not in tally("decisions", p.day)[1], "the checker agrees", Case(p.day).wrong)
    p.act("unmatch", f"H{[n for n, d in enumerate(journal(p.day), 1) if d['act'] == 'match'][0]}")
    held = sha(p.day)
    code, said = p.import_(text)
    ok(code == 0 and "0 decisions imported" in said and sha(p.day) == held, "also after one of them was undone", said)
    rows = decided(p.export(), {line(9): WORK[line(9)]})
    code, said = p.import_(sheet(rows))
    ok(code == 0 and "1 decisions imported" in said, "a new export of the same state takes the same decision again", said)


def refused_rows(p):
    rows = decided(p.export(), {line(9): ("match", "K11", "too little"), "K13": ("assign", "carl", "he knows them")})
    code, said = p.import_(sheet(rows))
    ok(code == 1 and "work.csv:" in said and line(9) in said and "differ by" in said and not journal(p.day), "one row that is refused: nothing is imported", said)
    code, said = p.import_(sheet(rows), "--json")
    answer = json.loads(said.splitlines()[0])
    ok(code == 1 and answer["imported"] == 0 and answer["refused"] == 1 and answer["refusals"][0]["id"] == line(9), "--json says so line by line", said)
    code, said = p.import_(sheet(rows), "--good-rows")
    ok(code == 1 and "1 decisions imported" in said and [d["act"] for d in journal(p.day)] == ["assign"], "--good-rows imports the others", said)
    old = decided(p.export(), {line(9): WORK[line(9)], "K08": ("comment", "", "still open")})
    p.act("comment", "K11", why="changed meanwhile")
    code, said = p.import_(sheet(old))
    ok(code == 1 and "K11' was changed by decision 2" in said, "a row that was changed since the export is refused", said)
    rows = decided(p.export(), {line(9): ("match", "K12 K11", "paid in one"), "K11": ("comment", "", "and said so"), "K13": ("comment", "", "a word")})
    code, said = p.import_(sheet(rows))
    ok(code == 0 and "3 decisions imported" in said, "a row may be matched from one row of the sheet and commented on in its own", said)
    code, said = p.import_(sheet(rows))
    ok(code == 0 and "3 stood there already" in said and not Case(p.day).wrong, "and fed again that changes nothing", said)
    p.act("unmatch", "H3")
    rows = decided(p.export(), {"K08": ("comment", "", "shifted")})
    for a, b in zip(rows, [*rows[1:], rows[0]]):
        a["version_"] = b["version"]
    code, said = p.import_(sheet([{**r, "version": r["version_"]} for r in rows]))
    ok(code == 1 and "shifted against each other" in said, "ids and decisions that were sorted apart are refused", said)
    rows = decided(p.export(), {"K08": ("comment", "", "another folder")})
    other = os.path.join(p.d, "elsewhere")
    p.run(other, "2026-03-09", [os.path.join(SAMPLE, BANK)])
    path = os.path.join(p.d, "other.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write(sheet(rows))
    code, said = tally("exceptions", "import", other, path, "--by", "ann", "--rules", p.rules)
    ok(code == 1 and "another folder's" in said and not journal(other), "an export of other results is refused", said)
    for decision, want in ((("matsch", "K11", "a word that is none"), "no decision 'matsch'"), (("confirm", "", "which one"), "proposals"),
                           (("confirm", "M7", "not its own"), "not about it"), (("comment", "", ""), "reason"), (("", "K11", "forgotten"), "'decision' is not"),
                           (("match", "K99", "who"), "'K99'"), (("write-off", "", "too much by far"), "above the limit")):
        code, said = p.import_(sheet(decided(p.export(), {line(5): decision})))
        ok(code == 1 and want in said, f"refused with what to do: {want}", said)
    code, said = p.import_("side,id,decision\nbank,x,match\n")
    ok(code == 2 and "'version'" in said, "a file that is no export is told so", said)
    code, said = p.import_(b"\xff\xfe" + "side,id".encode("utf-16-le"))
    ok(code == 2, "bytes that are no CSV too", said)
    code, said = p.import_('side,id,version,decision,with,why\nbank,"x')
    ok(code == 2 and "line" in said, "a quote that does not end is told by its line", said)


# ---------------------------------------------------------------- the next run
def next_run(p):
    commands_of = (["match", line(9), "K11", "K12"], ["refuse", "M6"], ["write-off", line(10)], ["unmatch", "M1"], ["assign", line(5), "K08", "--to", "carl"],
                   ["comment", "K08", "--"][:2])
    for act in commands_of:
        code, said = p.act(*act, why="=HYPERLINK(1) <b>bold</b>" if act[0] == "comment" else "seen on paper")
        assert code == 0, said
    p.act("write-off", "K13")
    c = Case(p.day)
    out, code, said = p.next("two")
    rows = {(r["side"], r["id"]): r for r in table(out, "open_items.csv")}
    ok(code == 0 and set(rows) == c.open, "the next run's open items are those that the decisions left", (said, set(rows) ^ c.open))
    ok(rows["bank", line(1)]["reference"] == "INV-204815" and rows["book", "K01"]["party"] == "Oak Dairy LLC" and rows["bank", line(1)]["first_seen"] == "2026-03-03",
       "a match that was taken apart is open again with all its columns")
    matches = table(out, "matches.csv")
    ok(not [m for m in matches if m["status"] == "auto"], "and is not joined again", matches)
    ok(not [m for m in matches if (m["bank_ids"], m["book_ids"]) in ((line(1), "K01"), (line(5), "K08"))], "neither is it proposed, nor what was refused", matches)
    ok(rows["bank", line(5)]["owner"] == "carl" and rows["book", "K08"]["comment"] == "'=HYPERLINK(1) <b>bold</b>", "owner and comment are carried, no formula among them")
    kinds = {d["kind"]: d for d in table(out, "decided.csv")}
    ok(set(kinds) == {"match", "refuse", "write-off", "unmatch", "waits"} and kinds["write-off"]["written_off"] == "-15.00", "decided.csv says what was decided", kinds)
    proof = table(out, "proof.csv")[0]
    ok(proof["written_off"] == "-15.00", "the proof shows what was written off", proof)
    with open(os.path.join(out, "summary.json"), encoding="utf-8") as f:
        summary = json.load(f)
    ok(summary["accounts"][0]["written_off_minor"] == -1500 and summary["decisions"]["write-off"] == 1 and summary["decided"][0]["by"] == "ann",
       "so does summary.json, with who and why", summary.get("decisions"))
    with open(os.path.join(out, "report.html"), encoding="utf-8") as f:
        page = f.read()
    ok(summary["owners"] == [{"owner": "carl", "open_lines": 1, "open_items": 1}] and "Open by owner" in page, "both count what is open by owner", summary.get("owners"))
    ok("What people decided" in page and "owner carl" in page and "&lt;b&gt;bold" in page and "<b>bold" not in page and "seen on paper" in page,
       "report.html shows decisions, owner, who and why, and every text escaped")
    fed = os.path.join(p.d, "again")
    code, said = p.run(fed, "2026-03-04", [os.path.join(p.d, "bank-2026-03-04.txt"), os.path.join(SAMPLE, BANK)], "--prior", p.day)
    names = [n for n in os.listdir(out) if n not in ("summary.json", "report.html", "report.xlsx", "complete.csv")]
    ok(code == 0 and all(sha(out, n) == sha(fed, n) for n in names), "the day's statement fed again changes nothing", said)
    third, code, said = p.next("three", prior=out)
    kinds = sorted(d["kind"] for d in table(third, "decided.csv"))
    ok(code == 0 and kinds == ["refuse", "unmatch", "write-off"], "the run after that still knows refusals and write-offs", kinds)
    ok(not [m for m in table(third, "matches.csv") if m["book_ids"] in ("K01", "K08")], "and joins and proposes none of them")
    ok({r["owner"] for r in table(third, "open_items.csv") if r["id"] in ("K08", line(5))} == {"carl"}, "owners go on")
    code, said = p.act("assign", "K08", "--to", "", day=third)
    fourth, code2, said2 = p.next("four", prior=third)
    ok(code == 0 and code2 == 0 and {(r["id"], r["owner"]) for r in table(fourth, "open_items.csv") if r["id"] in ("K08", line(5))} == {("K08", ""), (line(5), "carl")},
       "until another one is named, or nobody", said + said2)
    # the book's balance: the fee is written off, the book has not posted it, then it has
    for book, note in (("8957.00", "as much as was written off"), ("8942.00", "")):
        path = os.path.join(p.d, "balance.csv")
        with open(path, "w", encoding="ascii") as f:
            f.write("account,currency,date,amount\n")
        base = table(p.next("plain")[0], "proof.csv")[0]
        with open(path, "w", encoding="ascii") as f:
            f.write(f"account,currency,date,amount\n1234567890,USD,2026-03-04,{book}\n")
        out, code, said = p.next("balance" + book, "--book-balance", path)
        row = table(out, "proof.csv")[0]
        ok(row["written_off"] == base["written_off"] and row["unexplained"] != "", f"a book of {book}: what is unexplained stays beside what was written off", row)
    hashes = set()
    for n, threads in enumerate("124"):
        out, code, said = p.next(f"threads{n}", "--threads", threads)
        hashes.add(tuple(sha(out, name) for name in sorted(os.listdir(out))))
    ok(len(hashes) == 1, "with decisions too any number of threads gives the same bytes")


# ---------------------------------------------------------------- at random
def walk(d):
    """A generated case: random decisions by command and by import, each undone; the checker follows, and at the end all is as before."""
    case, steps = os.path.join(d, "case"), 1000 if LONG else 100
    subprocess.run([sys.executable, RECGEN, "--seed", "71", "--out", case, "--lines", "1500", "--accounts", "3", "--extended"], check=True,
                   stdout=subprocess.DEVNULL)
    with open(os.path.join(case, "meta.json"), encoding="utf-8") as f:
        as_of = json.load(f)["as_of"]
    names = [os.path.join(case, "in", n) for n in sorted(os.listdir(os.path.join(case, "in")))]
    books, banks = [n for n in names if "/book" in n], [n for n in names if "/bank" in n]
    p = Place.__new__(Place)
    p.d, p.day, p.rules = d, os.path.join(d, "walk"), os.path.join(d, "rules")

    def reconcile(out, *more):
        return tally("reconcile", "--as-of", as_of, "--book", *books, "--bank", *banks, "--out", out, *more)
    code, said = reconcile(p.day)
    assert code in (0, 1), said
    amounts = {}
    for r in table(p.day, "open_items.csv"):
        amounts.setdefault((r["account"], r["currency"], r["amount"], r["sign"]), {"bank": [], "book": []})[r["side"]].append(r["id"])
    pairs = [(v["bank"][0], v["book"][0]) for v in amounts.values() if v["bank"] and v["book"]]
    autos = [m["match_id"] for m in table(p.day, "matches.csv") if m["status"] == "auto"]
    proposals = [m["match_id"] for m in table(p.day, "matches.csv") if m["status"] == "proposed" and m["difference"] in ("0.00", "0")]
    some = [r["id"] for r in table(p.day, "exceptions.csv") if r["reason"] != "BALANCE_BREAK"]
    rnd, undo, made, wrong = random.Random(71), [], 0, []
    plain = [{k: v for k, v in r.items() if k != "version"} for r in csv.DictReader(io.StringIO(p.export()))]
    start = os.path.join(d, "start")
    shutil.copytree(p.day, start)
    while made < steps:
        if undo and (rnd.random() < 0.45 or len(undo) > 40):
            args, owner = undo.pop()
            code, said = p.act(*args)
            if code != 0:
                wrong.append((args, said))
            made += 1
            continue
        kind = rnd.choice(["match", "unmatch", "confirm", "refuse", "comment", "import"])
        n = len(journal(p.day)) + 1
        if kind == "match" and pairs:
            code, said = p.act("match", *rnd.choice(pairs))
            back = ["unmatch", f"H{n}"]
        elif kind in ("unmatch", "confirm", "refuse"):
            group = rnd.choice(autos if kind == "unmatch" else proposals)
            code, said = p.act(kind, group)
            back = {"unmatch": ["confirm", group], "confirm": ["unmatch", group], "refuse": ["withdraw", str(n)]}[kind]
        elif kind == "import":
            rows = list(csv.DictReader(io.StringIO(p.export())))
            chosen = rnd.choice([r for r in rows if r["version"]])
            chosen["decision"], chosen["why"] = "comment", f"seen in the sheet {n}"
            code, said = p.import_(sheet(rows))
            again = p.import_(sheet(rows))
            if again[0] != 0 or "0 decisions imported" not in again[1]:
                wrong.append(("import again", again))
            back = ["withdraw", str(n)]
        else:
            code, said = p.act("comment", rnd.choice(some), why=f"a word {n}")
            back = ["withdraw", str(n)]
        if code == 0:
            undo.append((back, None))
            made += 1
        elif code != 1:
            wrong.append((kind, said))
    c = Case(p.day)
    exported = open_rows(p.export())
    known = {(r["side"], r["id"]) for r in table(p.day, "open_items.csv")}
    quiet = known - {(r["side"], r["id"]) for r in table(p.day, "exceptions.csv")}
    ok(not wrong and not c.wrong and exported == c.open - quiet, f"{made} steps at random: what is open is what the checker works out", (wrong[:3], c.wrong[:3]))
    out = os.path.join(d, "walked")
    code, said = reconcile(out, "--prior", p.day)
    rows = {(r["side"], r["id"]) for r in table(out, "open_items.csv")}
    fresh = {("bank", i) for m in table(out, "matches.csv") if m["status"] == "auto" for i in m["bank_ids"].split()} | {
        ("book", i) for m in table(out, "matches.csv") if m["status"] == "auto" for i in m["book_ids"].split()}
    ok(code in (0, 1) and rows | fresh == c.open and not rows & fresh, "the next run has exactly these rows, each open or matched anew", (rows | fresh) ^ c.open)
    no = {tuple(sorted(c.members[g])) for g in list(c.refused) + list(c.apart)}
    again = [m for m in table(out, "matches.csv") if tuple(sorted([("bank", i) for i in m["bank_ids"].split()] + [("book", i) for i in m["book_ids"].split()])) in no]
    ok(no and not again, f"none of {len(no)} refused or taken apart comes again", again)
    while undo:
        code, said = p.act(*undo.pop()[0])
        if code != 0:
            wrong.append(said)
    now = [{k: v for k, v in r.items() if k != "version"} for r in csv.DictReader(io.StringIO(p.export()))]
    key = lambda r: (r["side"], r["id"])  # noqa: E731
    ok(not wrong and sorted(now, key=key) == sorted(plain, key=key), "all undone, the export is the first one again", wrong[:3])
    a, b = os.path.join(d, "after-a"), os.path.join(d, "after-b")
    reconcile(a, "--prior", p.day)
    reconcile(b, "--prior", start)
    names = sorted(set(os.listdir(a)) | set(os.listdir(b)))
    differ = [n for n in names if not os.path.exists(os.path.join(a, n)) or not os.path.exists(os.path.join(b, n)) or sha(a, n) != sha(b, n)]
    ok(not differ, "and the next run writes the same bytes as if nobody had decided anything", differ)


def main():
    with tempfile.TemporaryDirectory(prefix="tally-case-") as top:
        count = 0
        os.chmod(top, 0o755)

        def make():
            nonlocal count
            count += 1
            d = os.path.join(top, str(count))
            os.mkdir(d)
            return Place(d)
        for part in (commands, persons, tampered, torn, together, sample, refused_rows, next_run):
            part(make())
        spreadsheets(make)
        if os.path.exists(RECGEN):
            walk(make().d)
    done()


if __name__ == "__main__":
    main()
