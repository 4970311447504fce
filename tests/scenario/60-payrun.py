#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""60-payrun - the main job on real parts, and a wrong file in each position beside it

A register comes in, is approved by a second person, leaves as a signed NACHA file over real SFTP, is settled by the bank's statement and
partly returned.  Wrong files are held with their reason and stop nothing.  No account number and no SSN stands in the clear in any
log, finding, report, answer or audit entry (a canary greps them all).
"""
import hashlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import payrun  # noqa: E402
from tap import done, ok, step  # noqa: E402
from town import ROOT, Town  # noqa: E402


def accounts():
    rows = payrun.sample(payrun.REGISTER).decode().splitlines()[1:]
    return [r.split(",")[9] for r in rows]


def main_job(t):
    step("a dropped register comes in and is done", lambda: payrun.drop_register(t))
    b = step("the run is proposed and waits for a second person", lambda: payrun.propose(t))
    if not b:
        return
    ok(b["persons_needed"] == 1 and b["persons_signed"] == 0, "above the limit one signature is needed and none is there", b)
    step("the second person approves", lambda: payrun.approve(t))
    again = t.decide("approve", b["id"], "bob", check=False)
    ok(again.returncode == 1, "an approval of what is approved already is refused with a reason", again.stdout + again.stderr)
    artifact = step("the file is written, read back, signed, delivered, and the bank accepts it", lambda: payrun.deliver(t))
    if not artifact:
        return
    data = open(t.path("partners/firstbank/inbox", artifact["name"]), "rb").read()
    ok(hashlib.sha256(data).hexdigest() == artifact["sha256"], "the bytes at the bank have the hash that the ledger says")
    ok(len(data.splitlines()) % 10 == 0 and all(len(x) == 94 for x in data.splitlines()), "the file is blocks of ten records of 94")
    verify_signature(t, artifact)
    step("on D1 the payments are due", lambda: payrun.settle_day(t))
    step("the bank answers", lambda: payrun.bank_answers(t))
    step("the payments are settled by a matched bank line, returns and the change are linked", lambda: payrun.settle(t))
    after(t)


def verify_signature(t, artifact):
    base = t.path("manifests", artifact["name"] + ".manifest")
    got = subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", base + ".p7s", "-content", base + ".json", "-CAfile", t.path("ca.pem"), "-out", "/dev/null"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    ok(got.returncode == 0, "stock openssl verifies the manifest", got.stdout)
    manifest = json.load(open(base + ".json", encoding="utf-8"))
    text = json.dumps(manifest)
    ok(artifact["sha256"] in text, "the manifest names the hash of the payload")
    own = t.cli_offline("verify", "--ca", t.path("ca.pem"), "--payload", t.path("partners/firstbank/inbox", artifact["name"]), base + ".json")
    ok(own.returncode == 0, "tallygate verify agrees", own.stdout + own.stderr)
    with open(t.path("spoiled.ach"), "wb") as f:
        f.write(b"x" + open(t.path("partners/firstbank/inbox", artifact["name"]), "rb").read()[1:])
    own = t.cli_offline("verify", "--ca", t.path("ca.pem"), "--payload", t.path("spoiled.ach"), base + ".json")
    ok(own.returncode == 1, "a payload with one byte changed does not verify", own.stdout + own.stderr)


def after(t):
    items = {s["state"]: s for s in t.ask("status")["items"]}
    ok(items.get("SETTLED", {}).get("count") == 22 and items.get("RETURNED", {}).get("count") == 2, "22 payments are settled, 2 returned", items)
    total = sum(int(r.split(",")[7].replace(".", "")) for r in payrun.sample(payrun.REGISTER).decode().splitlines()[1:])
    ok(sum(s["amount_minor"] for s in items.values()) == total, "money over states is what came in", items)
    one = t.ask("find", "--trace", "123456780000003")
    ok(len(one) == 1 and one[0]["state"] == "RETURNED" and one[0]["account"].startswith("*"), "a payment is found by its trace, its account masked", one)
    shown = t.ask("show", one[0]["id"])
    ok(all(shown[k] for k in ("source", "batch", "artifact", "delivery", "matches", "returns")), "show walks from the payment to its file, delivery, match and return", shown)
    ok("final=" in (shown["delivery"][0]["evidence"] or ""), "the delivery carries evidence from the far side", shown["delivery"])
    ok(t.ask("audit", "verify")["holds"] is True, "the audit holds")
    html = open(payrun.report_path(t, "report.html"), encoding="utf-8").read()
    ok("Proof" in html and "0.00" in html and len(html) < 2 << 20, "the report proves the balance and stays small")
    overlay(t)


def overlay(t):
    """The next run pays the corrected account."""
    text = payrun.sample(payrun.REGISTER).decode().replace("2026-23", "2026-25").replace("2026-11-10", "2026-11-16")
    t.drop("register-2026-11-16.csv", text)
    b = step("the next run is proposed", lambda: t.wait_batch("register-2026-11-16.csv", "PROPOSED"))
    if not b:
        return
    item = [i for i in t.ask("items", b["id"]) if i["person"] == payrun.CHANGE[0]][0]
    ok(item["account"] == "*" + payrun.CHANGE[2][-4:], "the change became an overlay: the next run pays the corrected account", item)


WRONG = [
    (payrun.BAD_REGISTER, None, "FINDINGS", "a register with three bad rows"),
    ("empty.csv", b"", "EMPTY_FILE", "a file of 0 bytes"),
    ("letter.csv", b"Dear all,\nnothing here\n", "FINDINGS", "a file that is no register"),
    ("cut.csv", payrun.sample(payrun.REGISTER)[:700], "FINDINGS", "a register cut in the middle of a row"),
]


def wrong_files(t):
    for name, data, why, what in WRONG:
        t.drop(name, payrun.sample(name) if data is None else data)
        f = step(f"{what} is held", lambda n=name: t.wait_file(n, "HELD"))
        if f:
            ok(f["why"] == why, f"{what} is held for {why}", f)
            ok(t.ask("show", f["id"])["parcel"][0]["why"] == why, f"tallygate show finds {what} with its reason")
    f = t.file_named(payrun.BAD_REGISTER)
    lines = {x["line"] for x in t.ask("findings", f["id"]) if x["severity"] == "error"}
    ok({3, 5, 6} <= lines, "each bad row has its finding with its line", lines)
    t.drop("again.csv", payrun.sample(payrun.REGISTER))
    step("the same content under another name is held", lambda: t.wait("held", lambda: t.file_named("again.csv")["why"] == "SAME_CONTENT_OTHER_NAME"))
    t.drop(payrun.REGISTER, payrun.sample(payrun.REGISTER))
    step("the same file twice is a replay: noted and ignored", lambda: t.wait("duplicate", lambda: t.file_named(payrun.REGISTER)["why"] == "REPLAY"))
    hostile = "evil\n\x1b[2Jname.csv"
    t.drop(hostile, b"company\n")
    step("a hostile name is held and shown escaped", lambda: t.wait("held", lambda: [x for x in t.ask("files") if x["why"] == "HOSTILE_NAME"]))
    growing(t)
    two_persons(t)
    r = t.decide("release", t.file_named("empty.csv")["id"], "alice", check=False)
    ok(r.returncode == 1 and "reject" in r.stderr, "an empty file cannot be released, and the answer says what to do", r.stderr)
    r = t.decide("reject", t.file_named("letter.csv")["id"], "alice", "not a register", check=False)
    ok(r.returncode == 0, "a held file can be rejected by a person", r.stderr)


def growing(t):
    """Written under its final name, slowly: seen, not touched, until it stands still."""
    text = payrun.sample(payrun.REGISTER).decode().replace("2026-23", "2026-31").splitlines(True)
    path = t.path("feeds/hr/in", "slow.csv")
    with open(path, "w", encoding="utf-8", newline="") as f:
        def more():
            f.write(text.pop(0) if len(text) > 2 else "")
            f.flush()
            seen = t.file_named("slow.csv")
            return seen and seen["state"] == "SEEN" and seen["why"] == "STILL_GROWING" and len(text) < 15
        step("a file that still grows is seen and not touched", lambda: t.wait("it is SEEN", more))
        f.writelines(text)
    step("when it stands still it is taken whole", lambda: t.wait_file("slow.csv", "DONE"))
    ok(t.file_named("slow.csv")["records"] == 25, "not one row of it is missing", t.file_named("slow.csv"))


def two_persons(t):
    """Who lets a file with faults go on has touched the run: another person approves it."""
    f = t.file_named(payrun.BAD_REGISTER)
    r = t.decide("release", f["id"], "alice", "the three rows are paid by hand", check=False)
    ok(r.returncode == 1 and "--without-held-rows" in r.stderr, "rows with faults are not waved through, and the answer names the way", r.stderr)
    r = t.decide("release", f["id"], "alice", "the three rows are paid by hand", check=False, more=["--without-held-rows"])
    ok(r.returncode == 0, "a person releases a file without its faulty rows", r.stderr)
    b = step("its good rows are proposed", lambda: t.wait_batch(payrun.BAD_REGISTER, "PROPOSED"))
    if not b:
        return
    ok(b["count"] == 3 and "alice" in b["maker"], "only the rows without a fault are in the run, and who released it is one of its makers", b)
    r = t.decide("approve", b["id"], "alice", check=False)
    ok(r.returncode == 1 and "another person" in r.stderr, "who touched a run cannot approve it", r.stderr)
    if ROOT:
        r = t.cli("approve", b["id"], "--operator", "bob", "--key", t.path("people/bob.key"), "--reason", "as root", check=False)
        ok(r.returncode == 1, "uid 0 is never a checker, whoever's key it holds", r.stderr)
    r = t.cli("reject", b["id"], "--operator", "bob", "--key", t.path("people/alice.key"), "--reason", "forged", user="bob", check=False) if not ROOT else None
    if r is not None:
        ok(r.returncode == 1, "a statement signed by another's key is refused", r.stderr)
    r = t.decide("reject", b["id"], "bob", "not today", check=False)
    ok(r.returncode == 0 and t.batch_of(payrun.BAD_REGISTER)["state"] == "REJECTED", "the second person may reject it", r.stderr)


def bank_side(t):
    out = t.path("partners/firstbank/outbox")
    for end, what, kinds in ((".bai", "statement", ("truncated", "wrong-total", "empty")), (".ret", "return file", ("truncated", "wrong-total", "wrong-hash"))):
        good = [n for n in sorted(os.listdir(out)) if n.endswith(end)][0]
        for kind in kinds:
            name, why = kind + end, "EMPTY_FILE" if kind == "empty" else "FINDINGS"
            payrun.bank(t, "corrupt", kind, os.path.join(out, good), os.path.join(out, "." + name))
            os.rename(os.path.join(out, "." + name), os.path.join(out, name))
            f = step(f"a {what} that is {kind} is held", lambda n=name: t.wait_file(n, "HELD"))
            if f:
                ok(f["why"] == why, f"a {what} that is {kind} is held for {why}", f)
    ok({s["state"]: s["count"] for s in t.ask("status")["items"]}.get("RETURNED") == 2, "none of them returned a payment")


SSNS = [f"219-09-{9000 + i}" for i in range(25)]


def with_ssns(t):
    """A register that carries SSNs, one row with a fault, so that its line stands in a finding."""
    rows = payrun.sample(payrun.REGISTER).decode().replace("2026-23", "2026-41").splitlines()
    rows = [rows[0] + ",ssn"] + [r + "," + ssn for r, ssn in zip(rows[1:], SSNS)]
    parts = rows[4].split(",")
    parts[7] = "1.00"
    rows[4] = ",".join(parts)
    t.drop("with-ssn.csv", "\r\n".join(rows) + "\r\n")
    f = step("a register with SSNs and a faulty row is held", lambda: t.wait_file("with-ssn.csv", "HELD"))
    found = t.ask("findings", f["id"]) if f else []
    ok(any(x["line"] == 5 and x["excerpt"] for x in found), "the faulty row stands in its finding", found)


def canary(t):
    with_ssns(t)
    secrets = accounts() + [payrun.CHANGE[2]] + SSNS + [s.replace("-", "") for s in SSNS]
    places = [t.log_path]
    for folder in ("reports", "manifests"):
        for base, _, names in os.walk(t.path(folder)):
            places += [os.path.join(base, n) for n in names]
    text = "".join(open(p, encoding="utf-8", errors="replace").read() for p in places)
    for verb in ("status", "today", "files", "batches", "artifacts", "deliveries", "returns", "lines"):
        text += t.cli(verb, "--json").stdout
    for f in t.ask("files"):
        text += t.cli("findings", f["id"], "--json").stdout + t.cli("show", f["id"], "--json").stdout
    for b in t.ask("batches"):
        text += t.cli("items", b["id"], "--json").stdout + t.cli("show", b["id"], "--json").stdout
    seen = [s for s in secrets if s in text]
    ok(not seen, "no account number and no SSN stands in the clear in logs, findings, reports, manifests, answers or audit", f"{len(seen)} of {len(secrets)}")


def main():
    with Town() as t:
        main_job(t)
        wrong_files(t)
        bank_side(t)
        canary(t)
    done()


if __name__ == "__main__":
    main()
