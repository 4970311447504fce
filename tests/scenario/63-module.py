#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""63-module - a format that the gateway has never heard of: built out of its tree, put into its modules, and paid from

examples/module/ is built with a copy of formats/core/*.h and nothing else.  `tallygate` reads with it, and a running gateway takes a file
of that format for a pay run and delivers it, with not a line of the gateway changed.
"""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import payrun  # noqa: E402
from tap import done, ok, step  # noqa: E402
from town import TOP, Town  # noqa: E402

BUILD = os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build")
PEOPLE = [("E9001", "021000021", "40858423869", "Ann Example", 123456), ("E9002", "021000021", "883209919", "Bob Sample", 98765)]
GOOD = "TOY1|ACME|2026-77|2026-11-10\n" + "".join(f"{a}|{p}|{r}|{n}|{name}\n" for p, r, n, name, a in PEOPLE) + "end|2|222221\n"
FAULTS = {
    "TOY_HEADER": GOOD.replace("2026-11-10", "2026-02-30"), "TOY_FIELDS": GOOD.replace("|Ann Example", ""), "TOY_AMOUNT": GOOD.replace("123456|", "12.56|"),
    "TOY_TOTAL": GOOD.replace("end|2", "end|3"), "TOY_CUT": GOOD[:GOOD.index("end")], "TOY_LONG": GOOD.replace("end|2", "9" * (3 << 20) + "\nend|2"),
}


def build(folder):
    """The example beside a copy of the headers, in a directory that knows nothing of this tree."""
    os.makedirs(os.path.join(folder, "headers/formats/core"))
    for h in glob.glob(os.path.join(TOP, "formats/core/*.h")):
        shutil.copy(h, os.path.join(folder, "headers/formats/core"))
    for name in ("toy.c", "Makefile"):
        shutil.copy(os.path.join(TOP, "examples/module", name), folder)
    os.makedirs(os.path.join(folder, "modules"))
    return subprocess.run(["make", "-s", "-C", folder, "TALLYGATE=headers", "OUT=modules/toy.so", "CFLAGS=-O2 -Werror"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def offline(folder):
    def tallygate(*args):
        env = dict(os.environ, TALLY_MODULES=os.path.join(folder, "modules"))
        return subprocess.run([os.path.join(BUILD, "bin/tallygate"), *args], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60, check=False)

    def put(name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
        return os.path.join(folder, name)

    got = tallygate("formats")
    ok("toy" in got.stdout and "currency" in got.stdout and "TOY_TOTAL" in got.stdout, "`tallygate formats` shows the module, its option and its codes", got.stdout + got.stderr)
    got = tallygate("explain", "TOY_TOTAL")
    ok("trailer differs" in got.stdout, "`tallygate explain` knows its codes", got.stdout + got.stderr)
    good = put("good.toy", GOOD)
    got = tallygate("validate", good)
    ok(got.returncode == 0, "a good file is detected and valid", got.stdout + got.stderr)
    got = tallygate("parse", "--json", good)
    rows = [json.loads(line) for line in got.stdout.splitlines()]
    ok(sum(r.get("amount_minor", 0) for r in rows) == sum(p[4] for p in PEOPLE), "`tallygate parse` shows its payments", got.stdout + got.stderr)
    ok(PEOPLE[0][2] not in got.stdout, "and masks the account numbers")
    for code, text in FAULTS.items():
        got = tallygate("validate", "--format", "toy", put("bad.toy", text))
        ok(got.returncode == 1 and code in got.stdout, f"a file with that fault gets the finding {code}", got.stdout + got.stderr)


def toys(t):
    """A feed of pay runs in the new format for the bank, another one for an outbound that is written in it."""
    feeds = [f'{{ name = "{name}"; path = "{t.folder("feeds/toys/" + name)}"; pattern = "*.toy"; format = "toy"; purpose = "payroll";\n'
             f'\toptions = {{ currency = "USD"; }}; ready = "rename"; people = "row"; pay_by = "{by}"; }}' for name, by in (("runs", "firstbank/ach"), ("again", "toys/back"))]
    return ('partner = "toys";\nkind = "dir";\npoll_ms = 100;\ninbound = (\n' + ",\n".join(feeds) + "\n);\n"
            f'outbound = ( {{ name = "back"; path = "{t.folder("partners/toys")}"; format = "toy"; file_name = "{{date}}-{{modifier}}.toy";\n'
            '\tach = { immediate_destination = "123456780"; immediate_origin = "1234567890"; company_name = "ACME"; company_id = "1234567890";\n'
            '\t\todfi = "12345678"; entry_description = "PAYROLL"; cut_off = "17:00"; lead_days = 1; }; } );\n')


def written(t):
    """What the module wrote: no batches to read back, so the gateway does not let it go."""
    t.drop("again.toy", GOOD.replace("2026-77", "2026-78").replace("E900", "E800"), "toys/again")

    b = step("a run is proposed that an outbound of the new format would pay", lambda: t.wait_batch("again.toy", ("PROPOSED", "APPROVED")))
    if b and b["state"] == "PROPOSED":
        t.decide("approve", b["id"], "bob")

    def stopped():
        found = [a for a in t.ask("artifacts") if a["partner"] == "toys" and a["state"] == "HELD"]
        return found[0] if found else None

    a = step("a file that the module wrote, and that it cannot read back as batches, is held", lambda: t.wait("held", stopped))
    if not a:
        return
    texts = [open(p, encoding="utf-8").read() for p in glob.glob(t.path("spool/out/**"), recursive=True) if os.path.isfile(p)]
    lines = [f"{m}|{p.replace('E900', 'E800')}|{r}|{n}|{name.upper()}" for p, r, n, name, m in PEOPLE]
    want = "\n".join(["TOY1|ACME|PAYROLL|2026-11-10", *lines, "end|2|222221", ""])
    ok(want in texts, "it wrote header, payments and trailer", f"{a}\n{texts}")
    ok(os.listdir(t.path("partners/toys")) == [], "and nothing of it reached the partner")


def routed(folder):
    with Town(modules=[os.path.join(folder, "modules", "toy.so")], channels={"toys": toys}) as t:
        t.drop("run.toy", GOOD, "toys/runs")
        f = step("the gateway takes a file of the new format", lambda: t.wait_file("run.toy", "DONE"))
        if not f:
            return
        ok(f["format"] == "toy", "by the module of that name", f)
        b = step("its payments become a pay run", lambda: t.wait_batch("run.toy", ("PROPOSED", "APPROVED", "CLOSED")))
        if not b:
            return
        ok(b["count"] == 2 and b["credit_minor"] == sum(p[4] for p in PEOPLE), "with the sum of the file", b)
        ok(b["run"] == "2026-77", "and the run that its header names", b)
        step("it is delivered to the bank", lambda: t.wait_batch("run.toy", "DELIVERED", key="items_state"))
        step("the bank's own reader accepts the file", lambda: payrun.bank(t, "accept", t.path("partners/firstbank/inbox"), t.path("bank.json")))
        written(t)
        t.drop("bad.toy", FAULTS["TOY_TOTAL"], "toys/runs")
        f = step("a file whose trailer is wrong is held", lambda: t.wait_file("bad.toy", "HELD"))
        if f:
            codes = {x["code"] for x in t.ask("findings", f["id"])}
            ok("TOY_TOTAL" in codes, "with the module's own finding", codes)


def main():
    with tempfile.TemporaryDirectory(prefix="tally-module-") as folder:
        got = build(folder)
        if ok(got.returncode == 0 and got.stdout == "", "the example builds without a warning from its source and the headers of formats/core alone", got.stdout):
            offline(folder)
            routed(folder)
    done()


if __name__ == "__main__":
    main()
