#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""14-mutants - ACH and BAI2 files that break one rule each are held, with the finding of that rule

The rows stand in tests/lib/achmutants.py and baimutants.py; every other thing of such a file agrees, so that no second fault can tell in its place.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "bank")]
sys.dont_write_bytecode = True
import ach_back  # noqa: E402
import ach_rules  # noqa: E402
import achmutants  # noqa: E402
import baimutants  # noqa: E402
from tap import done, ok  # noqa: E402

BUILD = os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build"))
COMMAND = os.path.join(BUILD, "bin", "tallygate")


def validate(form, paths):
    """The verdicts of many files, by path."""
    got = subprocess.run([COMMAND, "validate", "--json", "--format", form, *paths], stdout=subprocess.PIPE, timeout=300, check=False)
    return {x["file"]: x for x in map(json.loads, got.stdout.splitlines())}


def write(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def errors(said, severity="error"):
    return {f["code"] for f in said["findings"] if f["severity"] == severity}


def ach(folder):
    bases = {}
    for base in sorted({row[1] for row in achmutants.ALL + achmutants.WARNED}):
        with open(os.path.join(TOP, "samples", "nacha", f"ok-{base}.ach"), "rb") as f:
            bases[base] = f.read()
    paths = [write(folder, f"{base}.ach", achmutants.mutant(data, [])) for base, data in bases.items()]
    said = validate("nacha", paths)
    ok(not any(errors(x) for x in said.values()), f"{len(paths)} files whose controls were made to agree have no error", said)
    for rows, severity in ((achmutants.ALL, "error"), (achmutants.WARNED, "warning")):
        paths = [write(folder, f"{severity}{i}.ach", achmutants.mutant(bases[base], edits)) for i, (_, base, edits, _) in enumerate(rows)]
        said = validate("nacha", paths)
        for (sentence, _, _, code), path in zip(rows, paths):
            got = errors(said[path], severity)
            ok("NACHA_" + code in got, f"ACH: {sentence} is told as {severity}, NACHA_{code}", said[path]["findings"])


def ach_days(folder):
    """A rule's first and last days."""
    for sentence, base, edits, code, told, silent in achmutants.DAYS:
        with open(os.path.join(TOP, "samples", "nacha", f"ok-{base}.ach"), "rb") as f:
            data = f.read()
        paths = [write(folder, f"day-{day}.ach", achmutants.mutant(data, [*edits, (1, 24, day)])) for day in (told, silent)]
        said = validate("nacha", paths)
        got = [any(f["code"] == "NACHA_" + code for f in said[p]["findings"]) for p in paths]
        ok(got == [True, False], f"ACH: {sentence} is told on {told} and not on {silent}, NACHA_{code}", said)


def ach_codes(folder):
    """Every class with every transaction code and service class: the bank's rules (tests/bank) and ours must say the same."""
    rows = [(sec, f"{n:02d}", service) for sec in ach_rules.SEC if sec != "IAT" for n in range(100) for service in ("200", "220", "225")]
    datas = [achmutants.one_entry(*row) for row in rows]
    paths, said, differ, good = [write(folder, f"code{i}.ach", data) for i, data in enumerate(datas)], {}, [], 0
    for i in range(0, len(paths), 800):
        said.update(validate("nacha", paths[i:i + 800]))
    for (sec, code, service), path, data in zip(rows, paths, datas):
        # told and not held: SHR may refund; what a class has no forward entries of may have been a reversal
        if (sec == "SHR" and code[1] in "1234") or "NACHA_RETURN_CODE" in errors(said[path], "warning"):
            continue
        bank, ours = ach_back.read(data).faults, errors(said[path])
        good += not bank
        if bool(bank) != bool(ours):
            differ.append((sec, code, service, sorted(ours), bank[:2]))
    ok(not differ and good > 400, f"ACH: {len(rows)} pairs of class, code and service class are judged as the bank does; {good} are good", differ[:5])


def bai2(folder):
    good = write(folder, "good.bai", baimutants.mutant([]))
    ok(not validate("bai2", [good])[good]["findings"], "a BAI2 file whose trailers were made to agree has no finding")
    for rows, severity in ((baimutants.ALL, "error"), (baimutants.WARNED, "warning")):
        paths = [write(folder, f"{severity}{i}.bai", baimutants.mutant(edits)) for i, (_, edits, _) in enumerate(rows)]
        said = validate("bai2", paths)
        for (sentence, _, code), path in zip(rows, paths):
            got = errors(said[path], severity)
            ok("BAI2_" + code in got, f"BAI2: {sentence} is told as {severity}, BAI2_{code}", said[path]["findings"])
        if severity == "warning":
            # what stands in front of the file or beside its records is not counted by its trailers
            held = [s for (s, _, _), path in zip(rows, paths) if errors(said[path]) and "a line in front" not in s and "without 88" not in s]
            ok(not held, "and none of these files is held", held)


def main():
    with tempfile.TemporaryDirectory() as folder:
        ach(folder)
        ach_days(folder)
        ach_codes(folder)
        bai2(folder)
    done()


if __name__ == "__main__":
    main()
