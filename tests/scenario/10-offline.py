#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""10-offline - the command on single files: the contract's sentences, over the samples and the corpus (TALLY_SHARED)

Every ACH and BAI2 file of the corpus goes through `tallygate validate --json` without a crash or a hang, the valid ones with the totals
that are known of them.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import done, ok  # noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build"))
COMMAND = os.path.join(BUILD, "bin", "tallygate")


def run(*args, stdin=None):
    return subprocess.run([COMMAND, *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)


def validate(path, *more):
    got = run("validate", "--json", "--unmask", *more, path)
    try:
        return got.returncode, json.loads(got.stdout)
    except ValueError:
        return got.returncode, None


def sample(name):
    return os.path.join(TOP, "samples", name)


def whole_day():
    """The day's own files go through the cage; the longer ones make a module sort, which asks the kernel for more than a short one does."""
    for name, records in (("people-1.xml", 520), ("people-2.xml", 522)):
        code, got = validate(sample(os.path.join("day", name)))
        ok(code == 0 and got["verdict"] == "valid" and got["records"] == records, f"samples/day/{name} is valid and {records} records long", got)


def contract():
    with tempfile.TemporaryDirectory() as d:
        bad = os.path.join(TOP, "samples/payrun/register-2026-11-13-bad.csv")
        good = os.path.join(TOP, "samples/payrun/register-2026-11-10.csv")
        status, out = validate(good)
        ok(status == 0 and out["verdict"] in ("valid", "warnings") and out["format"] == "payroll", "a good register is valid, exit 0", out)
        status, out = validate(bad)
        ok(status == 1 and out["verdict"] == "held", "a register with faults is held, exit 1", out)
        ok({f["line"] for f in out["findings"] if f["severity"] == "error"} >= {3, 5, 6}, "each fault has its line", out["findings"])
        got = run("validate", bad)
        ok(b"register-2026-11-13-bad.csv:3:" in got.stdout and b"^" in got.stdout and b"[PAYROLL_NET]" in got.stdout, "without --json findings print as compilers do, with a caret", got.stdout)
        ok(b"40858423869" not in run("parse", good).stdout and b"40858423869" in run("parse", "--unmask", good).stdout, "account numbers are masked unless --unmask")
        off = os.path.join(d, "off.sta")
        with open(off, "w", encoding="ascii") as f:
            f.write(":20:A\n:25:123\n:28C:1\n:60F:C260105EUR100,00\n:61:260105C1,NTRFA\n:62F:C260105EUR101,50\n-\n")
        status, out = validate(off, "--option", "MT940_PROOF=off")
        statement = out["summary"]["statements"][0]
        ok(status == 0 and out["findings"] == [] and statement["proof"] == "off" and statement["difference_minor"] == 50,
           "a finding that the channel turned off leaves the statement off, with its difference, in the summary", out)
        unknown = os.path.join(d, "letter.txt")
        with open(unknown, "w", encoding="utf-8") as f:
            f.write("Dear Sir,\n")
        status, out = validate(unknown)
        ok(status == 2 and out["format"] is None and out["findings"][0]["code"] == "UNKNOWN_FORMAT", "nobody's file: format null, UNKNOWN_FORMAT, exit 2", out)
        status, out = validate(unknown, "--format", "bai2")
        ok(status == 1 and out["verdict"] == "held", "a foreign file under a named format is held, exit 1", out)
        empty = os.path.join(d, "empty.ach")
        open(empty, "w", encoding="utf-8").close()
        status, out = validate(empty, "--format", "nacha")
        ok(status == 1 and out["verdict"] == "held", "an empty file under a named format is held, exit 1", out)
        ok(run("validate", os.path.join(d, "not-there")).returncode == 2, "an unreadable file: exit 2")
        ok(run("validate").returncode == 2 and run("nonsense").returncode == 2 and run("validate", "--format").returncode == 2, "wrong use: exit 2")
        ok(run("validate", good, bad, unknown).returncode == 2, "of several files the highest status counts")
        with open(good, "rb") as f:
            got = run("parse", "--json", "-", stdin=f.read())
        rows = [json.loads(x) for x in got.stdout.splitlines()]
        ok(got.returncode == 0 and [r["seq"] for r in rows] == list(range(1, len(rows) + 1)) and rows[1]["kind"] == "PAYMENT", "parse reads standard input and numbers its records", got.stderr)
        ok(all(run("explain", c).returncode == 0 for c in ("R03", "C01", "NACHA_ENTRY_HASH", "PAYROLL_NET", "MISSED_CUTOFF")), "explain knows findings, returns, changes and reasons")
        ok(run("explain", "NO_SUCH_CODE").returncode == 2, "explain says that it does not know a code")
        names = {m["name"] for m in json.loads(run("formats", "--json").stdout)}
        ok({"bai2", "nacha", "payroll"} <= names, "formats lists the modules", names)


def findings_and_masks():
    with tempfile.TemporaryDirectory() as d:
        text = os.path.join(d, "letter.txt")
        with open(text, "w", encoding="utf-8") as f:
            f.write("Dear Sir,\n")
        got = run("validate", "--json", text, sample("nacha/ok-payroll.ach"))
        lines = [json.loads(x) for x in got.stdout.splitlines()]
        ok([x["file"] for x in lines] == [text, sample("nacha/ok-payroll.ach")] and got.returncode == 2,
           "one object a file, each on its line, in the order given", got.stdout)
        ok(lines[0]["findings_total"] == 1 and lines[0]["verdict"] == "held", "an unknown file is told once", lines[0])
        many = os.path.join(d, "many.bai")
        with open(many, "w", encoding="utf-8") as f:
            f.write("01,A,B,261106,0800,1,,,2/\n02,A,B,1,261105,,USD,2/\n03,123456789,USD,010,100,,/\n")
            f.writelines("16,ABC,xx,,,/\n" for _ in range(1500))
            f.write("49,100,1502/\n98,100,1,1504/\n99,100,1,1506/\n")
        status, out = validate(many)
        ok(status == 1 and len(out["findings"]) == 1000 and out["findings_total"] >= 1500, "findings are capped at 1,000 with the true count", out["findings_total"])
        ok(run("parse", many).returncode == 0, "parse is done with a file whatever is found in it: exit 0")
        ok(run("parse", many, text).returncode == 2, "parse takes one file")
        ok(run("validate", d).returncode == 2, "a directory is no file: exit 2")
    for option, shown in (("--json", False), ("--unmask", True)):
        out = run("validate", "--json", option, sample("bai2/ok-two-accounts.bai")).stdout
        ok((b"000111222333" in out) == shown and b"2333" in out, f"the summary's account numbers under {option}", out)
    out = run("validate", sample("nacha/bad-many.ach")).stdout.decode().splitlines()
    at = next(i for i, x in enumerate(out) if "[NACHA_FILE_ID]" in x)
    ok(out[at + 2].index("^") - 4 == int(out[at].split(":")[2]) - 1, "the caret stands under the column of the finding", out[at:at + 3])
    said = json.loads(run("explain", "--json", "475").stdout)
    ok("Check Paid" in said["title"] and "debit" in said["title"], "explain knows the bank's type codes", said)
    ok(all(run("explain", c).returncode == 0 for c in ("UNKNOWN_FORMAT", "PARSER_DIED", "RECORD_TOO_LARGE", "MODULE_FAILED")),
       "explain knows what the machinery itself finds")
    help_text = run("help").stdout
    ok(all(c in help_text for c in (b"formats", b"validate", b"parse", b"explain", b"verify", b"verify-config")), "help lists the commands", help_text)


def resident(path, lines):
    """Validates a statement of so many lines; its summary, and the most memory of the command and all its children in KiB."""
    with open(path, "w", encoding="utf-8") as f:
        f.write("01,A,B,261106,0800,1,,,2/\n02,A,B,1,261105,,USD,2/\n03,123456789,USD,010,100,,/\n")
        f.writelines("16,165,100,,,REF/\n88,A LINE OF TEXT THAT GOES WITH IT AND IS AS LONG AS THE BANKS\n" for _ in range(lines))
        f.write(f"49,{100 * lines + 100},{2 * lines + 2}/\n98,{100 * lines + 100},1,{2 * lines + 4}/\n99,{100 * lines + 100},1,{2 * lines + 6}/\n")
    with subprocess.Popen([COMMAND, "validate", "--json", path], stdout=subprocess.PIPE) as p:
        out = json.loads(p.stdout.read())
        _, _, usage = os.wait4(p.pid, 0)
        p.returncode = 0
    return out["summary"], usage.ru_maxrss


def flat_memory():
    with tempfile.TemporaryDirectory() as d:
        _, small = resident(os.path.join(d, "small.bai"), 10000)
        summary, large = resident(os.path.join(d, "large.bai"), 300000)
        ok(summary["transactions"] == 300000, "a large file is read whole", summary)
        ok(large < small + 2048, "memory does not grow with the file", f"{small} KiB, and {large} KiB for a file 30 times as large")


def rows_of(folder):
    path = os.path.join(folder, "expected.tsv")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8", newline="") as f:
        return {r["file"]: r for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)}


def corpus(shared):
    for base in ("nacha", "bai2"):
        for folder in sorted(os.listdir(os.path.join(shared, "corpus", base))):
            path = os.path.join(shared, "corpus", base, folder)
            expected = rows_of(path)
            broken = []
            for name in sorted(os.listdir(path)):
                if name == "expected.tsv":
                    continue
                status, out = validate(os.path.join(path, name), "--format", base)
                if status not in (0, 1) or out is None:
                    broken.append((name, status))
                elif base == "nacha" and folder == "valid":
                    totals(name, out["summary"], expected[name])
            ok(not broken, f"every file of {base}/{folder} goes through validate without a crash or a hang", broken)


def totals(name, s, row):
    got = [s["batches"], s["entries"], s["addenda"], s["debit_minor"], s["credit_minor"], ",".join(s["sec"])]
    want = [int(row[k]) for k in ("batches", "entries", "addenda", "debit_cents", "credit_cents")] + [row["sec"]]
    ok(got == want, f"nacha/valid/{name} has the totals that are known of it", f"got {got} want {want}")


def main():
    contract()
    whole_day()
    findings_and_masks()
    flat_memory()
    shared = os.environ.get("TALLY_SHARED")
    if shared:
        corpus(shared)
    else:
        print("# the corpus is not tested: TALLY_SHARED is not set")
    done()


if __name__ == "__main__":
    main()
