#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A run that misses its cut-off, is re-dated, settles and is reversed: on the whole gateway, against a bank that reads for itself."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import payrun  # noqa: E402
from tap import done, ok  # noqa: E402
from town import COMPANY, Town  # noqa: E402


def act(t, verb, what, who, *more):
    return t.cli(verb, what, *more, "--operator", who, "--key", t.path("people", who + ".key"), "--reason", "agreed with payroll", user=who, check=False)


def accept(t):
    return payrun.bank(t, "accept", t.path("partners/firstbank/inbox"), t.path("bank.json"))


def statement(t, as_of, created):
    payrun.bank(t, "statement", t.path("bank.json"), t.path("partners/firstbank/outbox"), "--as-of", as_of, "--created", created, "--account", COMPANY["account"])


def missed(t):
    payrun.drop_register(t)
    b = payrun.propose(t)
    page = t.cli("today").stdout
    ok("MUST STILL GO OUT" in page and "2026-11-09 17:00 America/New_York" in page and "9h 00m" in page, "today says by when the run must leave, and that nine hours are left", page)
    ok("1 more approval, not by hr/register" in page, "and whom it waits for", page)
    t.clock("2026-11-09T22:30:00Z")
    ok("missed" in t.cli("today").stdout, "half an hour after the cut-off it says that it is missed")
    act(t, "approve", b["id"], "bob")
    ok(t.batch_of(payrun.REGISTER)["why"] == "MISSED_CUTOFF", "approved then, it is held")
    got = act(t, "redate", b["id"], "alice")
    ok(got.returncode == 2 and "--effective" in got.stderr, "a re-dating without a date is wrong use", got.stderr)
    got = act(t, "redate", b["id"], "alice", "--effective", "2026-11-11")
    ok(got.returncode == 1 and "2026-11-12" in got.stderr, "Veterans Day is refused, and the next day named", got.stderr)
    got = act(t, "redate", b["id"], "alice", "--effective", "2026-11-12")
    ok(got.returncode == 0 and "effective 2026-11-12" in got.stderr, "with a good date the person sees the totals that he signs", got.stderr)
    got = act(t, "approve", b["id"], "alice")
    ok(got.returncode == 1, "who re-dated cannot approve")
    act(t, "approve", b["id"], "bob")
    t.clock("2026-11-10T14:00:00Z")
    t.wait_batch(payrun.REGISTER, "DELIVERED", key="items_state")
    ok('"accepted"' in accept(t), "signed by the second approval alone, the file is accepted by the bank")
    return b


def reversed_run(t, b):
    t.clock("2026-11-13T13:00:00Z")
    statement(t, "2026-11-12", "2026-11-13")
    t.wait_batch(payrun.REGISTER, "SETTLED", key="items_state")
    got = act(t, "reverse", b["id"], "alice")
    ok(got.returncode == 0 and "reverses" in got.stdout, "the settled run is asked back", got.stderr)
    reversal = got.stdout.split()[0]
    got = act(t, "reverse", b["id"], "bob")
    ok(got.returncode == 1, "a second time is refused")
    got = act(t, "approve", reversal, "bob")
    ok(got.returncode == 0, "a second person approves it", got.stderr)
    t.wait("the reversal is delivered", lambda: [x for x in t.ask("batches") if x["id"] == reversal][0]["items_state"] == "DELIVERED")
    verdict = accept(t)
    ok('"accepted"' in verdict and f'"debit_minor": {b["credit_minor"]}' in verdict, "the bank reads it and accepts it: the same sum the other way", verdict)
    t.clock("2026-11-17T13:00:00Z")
    statement(t, "2026-11-16", "2026-11-17")
    ok(t.wait("the run is reversed", lambda: [x for x in t.ask("batches") if x["id"] == b["id"]][0]["items_state"] == "REVERSED"), "booked by the bank, its payments are REVERSED")
    got = t.ask("show", b["id"])
    ok(any("REVERSED" in a["text"] for a in got["audit"]), "and the audit says so")


def main():
    with Town() as t:
        b = missed(t)
        reversed_run(t, b)
    done()


main()
