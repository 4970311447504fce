#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""15-written - ACH files that the module writes, read by a bank that shares nothing with it

Returns, disputes, changes, refused changes, reversals, prenotes, international payments, balanced files and advices are made at random
(tests/lib/achmade.py), read and written by the module, and read by tests/bank/ach_back.py: no fault, and every entry says what the making put in.
What is written is read and written again to the same bytes.  The reader is held itself: no digit of an amount, a trace or a total can change unseen.
"""
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "bank")]
sys.dont_write_bytecode = True
import ach_back  # noqa: E402
import achmade  # noqa: E402
from tap import done, ok  # noqa: E402

BUILD = os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build"))
REWRITE = os.path.join(BUILD, "tests", "scenario", "rewrite")
EACH = 25
OURS = ("121042882", "555000111")


def content(path):
    with open(path, "rb") as f:
        return f.read()


def write(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def rewrite(folder, data, *options):
    """What the module writes of what it reads; its refusal as text."""
    source, target = write(folder, "in.ach", data), os.path.join(folder, "out.ach")
    run = subprocess.run([REWRITE, "nacha", source, target, *options], stderr=subprocess.PIPE, timeout=60, check=False)
    return content(target) if run.returncode == 0 else run.stderr.decode()


def one_kind(folder, kind):
    rng, refused, faults, wrong, again = random.Random(kind), [], [], [], 0
    for _ in range(EACH):
        made, items = achmade.make(rng, (kind,))
        out = rewrite(folder, made)
        if isinstance(out, str):
            refused.append(out)
            continue
        got = ach_back.read(out)
        faults += got.faults
        wrong += [(a, b) for a, b in zip(got.items, items) if a != b] if len(got.items) == len(items) else [(len(got.items), len(items))]
        again += out == made and rewrite(folder, out) == out
    ok(not refused, f"{EACH} files of {kind} are written", refused[:1])
    ok(not faults, f"{kind}: the bank finds no fault", faults[:3])
    ok(not wrong, f"{kind}: every entry says what it was made with", wrong[:1])
    ok(again == EACH, f"{kind}: written, read and written again is the same bytes, and those it was made with")


def balanced(folder):
    rng, bad = random.Random(3), []
    options = ("balance=yes", f"balance_routing={OURS[0]}", f"balance_account={OURS[1]}")
    for _ in range(EACH):
        made, items = achmade.make(rng, ("payments and prenotes", "CCD payments", "reversals"))
        out = rewrite(folder, made, *options)
        if isinstance(out, str):
            bad.append(out)
            continue
        got = ach_back.read(out)
        theirs = [x for x in got.items if (x["routing"], x["account"]) != OURS]
        bad += got.faults + list(ach_back.balance_faults(got, *OURS)) + [(a, b) for a, b in zip(theirs, items) if a != b]
        if len(theirs) != len(items) or rewrite(folder, out) != out:
            bad.append("entries were lost, or it is not written again as it is")
    ok(not bad, f"{EACH} balanced files: debits equal credits in each batch, the other side is on our account, all else is as it was", bad[:2])


def advices(folder):
    data = content(os.path.join(TOP, "samples", "nacha", "ok-adv.ach"))
    out = rewrite(folder, data)
    got = ach_back.read(out if isinstance(out, bytes) else b"")
    ok(out == data and not got.faults, "an operator's advices are written as they were read, and the bank finds no fault", got.faults)
    ok([(x["side"], x["cents"]) for x in got.items] == [("C", 123456789012), ("D", 5000), ("C", 1)], "and reads their amounts and sides", got.items)


def unit_test_files():
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([os.path.join(BUILD, "tests/formats/nacha_write_test")], env=dict(os.environ, TALLY_NACHA_OUT=folder), cwd=TOP,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300, check=False)
        names = sorted(os.listdir(folder))
        ok(run.returncode == 0 and len(names) >= 4, "the module's own test leaves the files it wrote from records", names)
        for name in names:
            got = ach_back.read(content(os.path.join(folder, name)))
            ok(not got.faults and got.items, f"{name}: the bank finds no fault", got.faults[:3])


def held():
    """The reader itself: a digit of money, trace, routing or control changed must be a fault or another item."""
    silent = []
    for kind in achmade.KINDS:
        data, items = achmade.make(random.Random(7), (kind,))
        for at, byte in enumerate(data):
            record, position = data[:at].count(b"\n"), at - data.rfind(b"\n", 0, at)
            line = data.split(b"\n")[record]
            if not chr(byte).isdigit() or line == b"9" * 94 or line[:1] == b"1" or (line[:1] == b"5" and (position < 70 or position == 79)):
                continue
            got = ach_back.read(data[:at] + bytes([48 + (byte - 47) % 10]) + data[at + 1:])
            if not got.faults and got.items == items:
                silent.append((kind, line, position))
    ok(not silent, "no digit of an entry, an addenda or a control changes without a word of the bank's reader", silent[:3])


def main():
    with tempfile.TemporaryDirectory() as folder:
        for kind in achmade.KINDS:
            one_kind(folder, kind)
        balanced(folder)
        advices(folder)
    unit_test_files()
    held()
    done()


if __name__ == "__main__":
    main()
