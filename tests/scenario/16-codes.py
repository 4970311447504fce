#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""16-codes - every finding of every format module has a sample file that produces it, and words that a clerk can act upon

Codes are those that `tallygate formats` lists.  A code is produced when some file under samples/MODULE has it (X.options beside X gives
options).  Codes of writing need records and not a file; those of SIZE a file too large to keep: tests/formats has both.
"""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from tap import done, ok  # noqa: E402

BUILD = os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build"))
COMMAND = os.path.join(BUILD, "bin", "tallygate")
NOT_INPUT = (".expect", ".findings", ".options")
WRITING = re.compile("_EMIT_|^POSPAY_PAYEE_CUT$")
SIZE = re.compile("_MANY$|^(CHECK|POSPAY|ROLLOVER)_OVERFLOW$")
# words of programmers that have no place in what a clerk reads
JARGON = re.compile(r"\b(null|parse[rd]?|buffer|pointer|integer|string|boolean|token|byte offset|regex|hash table|invalid argument|errno)\b", re.I)


def run(*args):
    return subprocess.run([COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300, check=False).stdout.decode()


def modules():
    """Module -> its own codes."""
    out, name = {}, None
    for line in run("formats").splitlines():
        if line and not line[0].isspace():
            name = line.split()[0]
        found = re.match(r"\s+codes: (.*)", line)
        if found and name:
            own = [c for c in found.group(1).split() if c.startswith(name.upper() + "_")]
            if own:
                out[name] = own
    return out


def options_of(path):
    try:
        with open(path + ".options", encoding="utf-8") as f:
            return [a for line in f.read().splitlines() for a in ("--option", line)]
    except FileNotFoundError:
        return []


def produced(module):
    """The codes that samples of a module give."""
    groups, codes = {}, set()
    for folder, _, files in os.walk(os.path.join(TOP, "samples", module)):
        for name in files:
            if not name.endswith(NOT_INPUT):
                path = os.path.join(folder, name)
                groups.setdefault(tuple(options_of(path)), []).append(path)
    for options, paths in groups.items():
        for line in run("validate", "--json", "--format", module, *options, *sorted(paths)).splitlines():
            codes |= {f["code"] for f in json.loads(line)["findings"]}
    return codes


def explained(code):
    """What is wrong with the words of a code, or None."""
    lines = [x.strip() for x in run("explain", code).splitlines() if x.strip()]
    text = " ".join(lines)
    if code not in text or len(lines) < 2:
        return f"is not explained: {text!r}"
    if len(text.split()) < 12:
        return f"has few words: {text!r}"
    if JARGON.search(text):
        return f"speaks of '{JARGON.search(text).group(0)}': {text!r}"
    return None


def main():
    known = modules()
    ok(len(known) >= 14, "the modules tell their codes", sorted(known))
    for module, codes in sorted(known.items()):
        want = {c for c in codes if not WRITING.search(c) and not SIZE.search(c)}
        missing = sorted(want - produced(module))
        ok(not missing, f"{module}: each of {len(want)} codes has a sample file that produces it", ", ".join(missing))
        bad = [f"{c} {why}" for c, why in ((c, explained(c)) for c in codes) if why]
        ok(not bad, f"{module}: each of {len(codes)} codes is explained in words", "\n".join(bad))
    done()


if __name__ == "__main__":
    main()
