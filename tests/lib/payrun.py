# SPDX-License-Identifier: Apache-2.0
"""payrun - the main job on a town: one pay run from a dropped register to settled at the bank, and what came back

D0 Monday 2026-11-09 the register is dropped, approved by a second person and delivered; D1 Tuesday it is effective; D2 Wednesday is
Veterans Day (the Federal Reserve is closed); D3 Thursday the bank's statement as of D1 and its return file are fetched and
matched.  The bank is tests/bank/: it accepts or refuses by its own reading.  Each step waits for a state, never for a time.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from town import COMPANY, TOP, Failed  # noqa: E402

SAMPLES = os.path.join(TOP, "samples", "payrun")
REGISTER = "register-2026-11-10.csv"
BAD_REGISTER = "register-2026-11-13-bad.csv"
D0, D1, D3 = "2026-11-09T13:00:00Z", "2026-11-10T14:00:00Z", "2026-11-12T13:00:00Z"
RETURNS = {"E1003": "R02", "E1007": "R03"}
CHANGE = ("E1005", "C01", "70707070707")


def sample(name):
    with open(os.path.join(SAMPLES, name), "rb") as f:
        return f.read()


def bank(town, *args):
    """The bank acts: its own readers and writers (tests/bank/bank.py)."""
    argv = ["/usr/bin/python3", os.path.join(TOP, "tests", "bank", "bank.py"), *args]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise Failed(f"the bank refuses: {done.stdout}{done.stderr}")
    return done.stdout


def quiet(text):
    del text


def drop_register(town, say=quiet):
    town.drop(REGISTER, sample(REGISTER))
    f = town.wait_file(REGISTER, "DONE")
    say(f"{f['id']}  {REGISTER} came in from hr: {f['records']} records, hashed {f['sha256'][:12]}..., parsed in a cage")


def propose(town, say=quiet):
    b = town.wait_batch(REGISTER, "PROPOSED")
    say(f"{b['id']}  {b['count']} payments, {b['credit_minor'] / 100:,.2f} USD, effective {b['effective_date']}: above the limit, waits for a second person")
    return b


def approve(town, say=quiet):
    b = town.batch_of(REGISTER)

    def signed():
        """Said again when the answer was lost: what is approved already is refused, and that is seen."""
        return town.batch_of(REGISTER)["state"] == "APPROVED" or town.decide("approve", b["id"], "bob", "agrees with the payroll ledger", check=False).returncode == 99

    town.wait("the run is approved", signed)
    say(f"{b['id']}  approved by bob, whose signature stands in the audit and in the manifest")


def deliver(town, say=quiet):
    b = town.wait_batch(REGISTER, "DELIVERED", key="items_state")
    a = [x for x in town.ask("artifacts") if x["id"] == b["artifact"]][0]
    town.wait("the manifest is at the partner's", lambda: len(town.delivered(folder="manifests")) == 2)
    bank(town, "accept", town.path("partners/firstbank/inbox"), town.path("bank.json"))
    say(f"{a['id']}  {a['name']} written, read back, signed and delivered; the bank's own reader accepts it")
    return a


def settle_day(town, say=quiet):
    town.clock(D1)
    town.wait_batch(REGISTER, "DUE", key="items_state")
    say("D1  Tuesday: the file is effective, the payments are due")
    town.clock(D3)
    say("D3  Thursday (Wednesday was Veterans Day): the bank posts its statement as of Tuesday and a return file")


def bank_answers(town):
    outbox = town.path("partners/firstbank/outbox")
    args = [x for person, code in RETURNS.items() for x in ("--return", f"{person}={code}")]
    bank(town, "statement", town.path("bank.json"), outbox, "--as-of", "2026-11-10", "--created", "2026-11-12", "--account", COMPANY["account"],
         "--fee", "2500")
    bank(town, "returns", town.path("bank.json"), outbox, "--created", "2026-11-12", *args, "--change", f"{CHANGE[0]}={CHANGE[1]}:{CHANGE[2]}")


def settle(town, say=quiet):
    b = town.wait_batch(REGISTER, "SETTLED", key="items_state")
    say(f"{b['id']}  SETTLED by a matched bank line")
    town.wait("two returns and a change are linked", lambda: len([x for x in town.ask("returns") if x["state"] == "LINKED"]) == 3)
    for x in town.ask("returns"):
        say(f"{x['id']}  {x['kind'].lower()} {x['code']} linked to {x['item']} by its trace")
    town.wait("the report is written", lambda: os.path.exists(report_path(town, "report.html")) and town.ask("status")["jobs"] == 0)


def report_path(town, name=""):
    return town.path("reports", "reconciliation-2026-11-12", name)


def play(town, say=quiet):
    drop_register(town, say)
    propose(town, say)
    approve(town, say)
    deliver(town, say)
    settle_day(town, say)
    bank_answers(town)
    settle(town, say)
