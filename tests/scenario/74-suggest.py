#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""74-suggest - `tallygate rules suggest`: people match a bank's odd texts by hand, the diff it prints makes the next day match by itself"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from reccase import ACCOUNT, statement, write  # noqa: E402
from tap import done, ok  # noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
COMMAND = os.path.join(os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build")), "bin", "tallygate")


def run(*args):
    return subprocess.run([COMMAND, *args], capture_output=True, text=True, check=False)


def book(rows):
    return "id,account,currency,date,amount,sign,type,reference,party,group,note\n" + "".join(
        f"{i},{ACCOUNT},USD,{day},100.00,CR,ACH,{ref},,,\n" for i, day, ref in rows)


def day(d, name, iso, numbers):
    """A day of payments of one amount, whose references the bank hides in a longer word"""
    return ["--as-of", iso, "--book", write(d, name + ".csv", book([(f"{name}{n}", iso, n) for n in numbers])),
            "--bank", write(d, name + ".bai", statement(iso, 0, [("142", 10000, f"{name}{i}", "", f"OURREF{n}ZZ") for i, n in enumerate(numbers)]))]


def main():
    with tempfile.TemporaryDirectory() as d:
        one, rules = os.path.join(d, "one"), os.path.join(d, "rules")
        write(d, "rules/a.conf", 'match_days = ( { currency = ""; } );\n')
        numbers = ["770011", "770024", "770037", "770040"]
        run("reconcile", *day(d, "A", "2026-03-02", numbers), "--out", one)
        r = run("rules", "suggest", "--in", one)
        ok(r.returncode == 0 and "nothing to suggest" in r.stdout and "+++" not in r.stdout, "where nobody decided, nothing is suggested")
        for i, n in enumerate(numbers[:2]):
            run("match", "--in", one, f"A.bai#{i + 1}", f"A{n}", "--reason", "the number in the text is ours")
        ok("nothing to suggest" in run("rules", "suggest", "--in", one).stdout, "two decisions are too few")
        ok("+++" in run("rules", "suggest", "--in", one, "--least", "2").stdout, "unless two are asked for")
        run("match", "--in", one, "A.bai#3", f"A{numbers[2]}", "--reason", "the number in the text is ours")
        before = os.listdir(one) + os.listdir(d)
        r = run("rules", "suggest", "--in", one)
        write(d, "learnt.diff", r.stdout)
        ok(r.returncode == 0 and "+++ 90-learnt.conf" in r.stdout and re.search(r"decisions 1 of '.*one', 2 of '.*one', 3 of '.*one'", r.stdout) is not None,
           "three make a diff that names the decisions behind it")
        ok(sorted(os.listdir(one) + os.listdir(d)) == sorted(before + ["learnt.diff"]) and os.listdir(rules) == ["a.conf"], "nothing else is written")
        added = "".join(x for x in r.stdout.splitlines() if x.startswith("+"))
        ok(ACCOUNT not in r.stdout and not any(n in added for n in numbers), "the rule bears nothing of a customer, and no account")

        changed = os.path.join(d, "changed")
        shutil.copytree(rules, changed)
        hunk = re.search(r"^--- /dev/null\n\+\+\+ 90-learnt\.conf\n@@ -0,0 \+1,(\d+) @@\n((?:\+.*\n)+)\Z", r.stdout, re.M)
        ok(hunk is not None and hunk.group(2).count("\n") == int(hunk.group(1)), "the diff is one hunk of a new file, with as many lines as it says")
        write(changed, "90-learnt.conf", re.sub(r"(?m)^\+", "", hunk.group(2)))
        two = day(d, "B", "2026-03-03", ["770110", "770123", "770136"])
        r = run("rules", "simulate", "--rules", rules, "--with", changed, *two, "--json")
        j = json.loads(r.stdout)
        ok(r.returncode == 0 and j["n_gained"] == 3 and j["n_lost"] == 0, "simulated on the next day it gains what was matched by hand before")
        ok(sorted((x["then"]["bank_ids"], x["then"]["book_ids"]) for x in j["gained"]) ==
           sorted(([f"B.bai#{i + 1}"], [f"B{n}"]) for i, n in enumerate(["770110", "770123", "770136"])), "and every pair is the right one")
        r = run("rules", "suggest", "--in", one, "--rules", changed)
        ok("nothing to suggest" in r.stdout, "what the rules find already is not suggested again")

        # a line that is matched says otherwise
        iso = "2026-03-04"
        books = write(d, "C.csv", book([("C1", iso, "ZK-4711")]))
        banks = write(d, "C.bai", statement(iso, 0, [("142", 10000, "C1", "", "OURREF770999ZZ PAYS ZK-4711")]))
        three = os.path.join(d, "three")
        run("reconcile", "--as-of", iso, "--book", books, "--bank", banks, "--out", three)
        r = run("rules", "suggest", "--in", one, three, "--json")
        j = json.loads(r.stdout)
        ok(len(j["patterns"]) == 1 and j["patterns"][0]["contradict"] == 1 and j["patterns"][0]["suggested"] is False,
           "a matched line that the pattern would read otherwise speaks against it")
        r = run("rules", "suggest", "--in", one, three)
        ok("LEFT OUT" in r.stdout and "+++" not in r.stdout, "and it is left out of the diff, in words")

        run("unmatch", "--in", one, "H3", "--reason", "it was another one")
        ok("nothing to suggest" in run("rules", "suggest", "--in", one).stdout, "what was taken back teaches nothing")
        r = run("rules", "suggest", "--in", os.path.join(d, "nowhere"))
        ok(r.returncode == 2 and "nowhere" in r.stderr, "a folder that is not there is refused by name")
        ok(run("rules", "suggest").returncode == 2, "without a folder it is wrong use")
        ok(run("rules", "suggest", "--in", one, "--least", "1").returncode == 2, "one example is never enough")
    done()


main()
