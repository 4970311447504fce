#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""what we write for the printer, the bank's check desk and the trustee is accepted by their own readers

tests/bank/paper.py was written from the banks' pages and knows nothing of the gateway.  It reads the files that
tests/formats/flat_test writes in every layout, the good samples, and finds a fault in every bad one; and it is held itself: of a good file
no byte of an amount, a serial or a control can be changed without a word of it.
"""
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build"))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "bank"), os.path.join(os.path.dirname(HERE), "lib")]
sys.dont_write_bytecode = True
import paper  # noqa: E402
from tap import done, ok  # noqa: E402

LAYOUTS = ("bofa80", "pnc", "jpmorgan", "generic100", "firstamerican79", "firstambank109", "cougar60")


def content(path):
    with open(path, "rb") as f:
        return f.read()


def reading(path, name):
    kind, layout = name.split(".")[:2]
    if kind == "pospay":
        return paper.read_pospay(content(path), layout)
    return paper.read_checks(content(path)) if kind == "check" else paper.read_rollovers(content(path))


def written():
    with tempfile.TemporaryDirectory() as d:
        run = subprocess.run([os.path.join(BUILD, "tests/formats/flat_test")], env=dict(os.environ, TALLY_FLAT_OUT=d), cwd=TOP,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
        ok(run.returncode == 0, "flat_test writes its files", run.stdout[-400:])
        names = sorted(os.listdir(d))
        ok(names == sorted(["check.own", "rollover.own"] + [f"pospay.{x}" for x in LAYOUTS]), "there is one of each layout", names)
        for name in names:
            got = reading(os.path.join(d, name), name)
            want = 250001 if name == "rollover.own" else 123457
            ok(not got.faults, f"{name}: the reader finds no fault", got.faults)
            ok(len(got.items) == 2 and got.total == want, f"{name}: it adds up to {want}", (len(got.items), got.total))


def layout_of(path):
    """The layout that a sample's options name, for read_pospay."""
    try:
        options = dict(line.split("=", 1) for line in content(path + ".options").decode("ascii").splitlines())
    except FileNotFoundError:
        return ()
    return (options["layout"],) if "layout" in options else ()


def samples():
    for kind, read in (("check", paper.read_checks), ("pospay", paper.read_pospay), ("rollover", paper.read_rollovers)):
        for path in sorted(glob.glob(os.path.join(TOP, "samples", kind, "*.[cpr]*"))):
            base = os.path.basename(path)
            if base.endswith((".expect", ".findings", ".options")) or base.startswith("bad-option"):
                continue
            got = read(content(path), *layout_of(path))
            widths = [f for f in got.faults if "characters, not" not in f]
            ok(bool(widths) == base.startswith("bad-"), f"{kind}/{base}: the reader judges as the module does", got.faults)


def held():
    for kind, read in (("check", paper.read_checks), ("rollover", paper.read_rollovers)):
        good = content(glob.glob(os.path.join(TOP, "samples", kind, "ok-t*.*l"))[0] if kind == "rollover" else
                       os.path.join(TOP, "samples/check/ok-three.chk"))
        was = read(good)
        silent = []
        for at, byte in enumerate(good):
            if not chr(byte).isdigit():
                continue
            bad = read(good[:at] + bytes([48 + (byte - 48 + 1) % 10]) + good[at + 1:])
            money = [(i["amount"], i.get("serial")) for i in bad.items] != [(i["amount"], i.get("serial")) for i in was.items]
            if not bad.faults and money:
                silent.append(at)
        ok(not silent, f"{kind}: no digit of an amount or a serial changes without a word of the reader", silent)


written()
samples()
held()
done()
