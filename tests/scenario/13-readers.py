#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""13-readers - what validate says of ACH and BAI2 files, against readers and makers that share nothing with the modules

Files are made at random (tests/lib/plain.py), every class and every legal continuation among them, with what they hold known from
their making; the samples and the corpus (TALLY_SHARED) are read a second time by plain readers; files that were written by the
modules pass the bank's own reader (tests/bank/ach.py).
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, os.path.join(HERE, "..", "bank"))
import ach  # noqa: E402
import plain  # noqa: E402
from tap import done, ok  # noqa: E402

BUILD = os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build"))
COMMAND = os.path.join(BUILD, "bin", "tallygate")
MADE = 300
UNTAKEN = {"MTE", "SHR", "POS"}              # the bank's reader lays their names out as in other classes


def validate(form, paths):
    got = subprocess.run([COMMAND, "validate", "--json", "--unmask", "--format", form, *paths], stdout=subprocess.PIPE, timeout=300, check=False)
    return [json.loads(x) for x in got.stdout.splitlines()]


def write(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def made_ach(folder):
    rng = random.Random(11)
    files = [plain.make_ach(rng) for _ in range(MADE)]
    paths = [write(folder, f"{i}.ach", data) for i, data in enumerate(files)]
    said = validate("nacha", paths)
    loud = [(s["file"], s["findings"][:2]) for s in said if any(f["severity"] != "note" for f in s["findings"])]
    ok(not loud, f"{MADE} ACH files made at random, of {len(plain.ACH_CLASSES)} classes, returns and changes, have no fault", loud[:3])
    differ = [(s["file"], s["summary"], plain.read_ach(data)) for s, data in zip(said, files) if s["summary"] != plain.read_ach(data)]
    ok(not differ and len(said) == MADE, "and the summary that a plain reader gives", differ[:1])
    faults = []
    for i, data in enumerate(files):
        if b"\r" not in data and not set(plain.read_ach(data)["sec"]) & UNTAKEN:
            faults += [(i, x) for x in ach.read(data).faults]
    ok(not faults, "the bank's reader finds no fault either", faults[:3])


def made_bai2(folder):
    shared = os.environ.get("TALLY_SHARED")
    table = os.path.join(shared, "ref", "bai2-typecodes.tsv") if shared else None
    types = plain.bai2_types(table) if table and os.path.exists(table) else {
        "165": ("C", "Detail"), "195": ("C", "Detail"), "142": ("C", "Detail"), "455": ("D", "Detail"), "475": ("D", "Detail"), "495": ("D", "Detail")}
    rng = random.Random(12)
    files = [plain.make_bai2(rng, types) for _ in range(MADE)]
    said = validate("bai2", [write(folder, f"{i}.bai", data) for i, (data, _) in enumerate(files)])
    loud = [(s["file"], s["findings"][:2]) for s in said if any(f["severity"] != "note" for f in s["findings"])]
    ok(not loud, f"{MADE} BAI2 files made at random, with 88s anywhere they are legal and {len(types)} type codes, have no fault", loud[:3])
    differ = []
    for s, (_, want) in zip(said, files):
        got = s["summary"]
        shown = {k: got[k] for k in ("groups", "accounts", "transactions")}
        shown["statements"] = [{k: x[k] for k in want["statements"][0]} for x in got["statements"]]
        if shown != want:
            differ.append((s["file"], shown, want))
    ok(not differ and len(said) == MADE, "and their balances, nets, counts and proofs are those they were made with", differ[:1])


def known_files(shared):
    folders = [os.path.join(TOP, "samples", "nacha")]
    if shared:
        folders += [os.path.join(shared, "corpus", "nacha", f) for f in ("valid", "returns", "noc")]
    paths = [os.path.join(d, f) for d in folders for f in sorted(os.listdir(d)) if re.search(r"\.(ach|txt)$", f)]
    said = validate("nacha", paths)
    differ = []
    for path, s in zip(paths, said):
        if s["verdict"] == "held":
            continue
        with open(path, "rb") as f:
            want = plain.read_ach(f.read())
        if s["summary"] != want:
            differ.append((path, s["summary"], want))
    ok(not differ and len(said) == len(paths), f"{len(paths)} known ACH files: what is not held has the summary of the plain reader", differ[:1])


def main():
    with tempfile.TemporaryDirectory() as folder:
        made_ach(folder)
        made_bai2(folder)
    known_files(os.environ.get("TALLY_SHARED"))
    done()


if __name__ == "__main__":
    main()
