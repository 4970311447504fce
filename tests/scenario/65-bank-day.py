#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""65-bank-day - the bank's side of five days on real parts: verdicts, a rejected file sent again, statements, returns, a European account

D0 a run leaves; the bank rejects it after all.  D1 it is sent again under a new name and date, by two persons.  D3 an interim report, then
the statement with the settlement, a fee, a deposit nobody knows and a check nobody wrote; the European account's MT940 against the book.
D4 one credit for the returned entries.  Every wrong answer of the bank is an exception with its reason, and moves nothing.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import payrun  # noqa: E402
from tap import done, ok, step  # noqa: E402
from town import COMPANY, TOP, Town  # noqa: E402

IBAN = "DE02120300000000202051"
BOOK = """id,account,currency,date,amount,sign,type,reference,party,group,note,status
K-1,{0},EUR,2026-11-11,1250.00,DB,WIRE,INV-2026-0815,MILLER GMBH,,RECHNUNG INV-2026-0815,
K-2,{0},EUR,2026-11-11,9990.50,CR,DEPOSIT,RF18539007547034,KUNDE AG,,RF18539007547034,
K-3,{0},EUR,2026-11-12,77.70,DB,WIRE,INV-2026-0900,STADTWERKE,,INV-2026-0900,
K-4,{0},EUR,2026-11-12,12.00,DB,WIRE,INV-2026-0901,STADTWERKE,,INV-2026-0901,VOID
""".format(IBAN)

ACKS = '''	{ name = "acks"; path = "outbox"; pattern = "*ACK*.csv"; format = "ack"; purpose = "ack"; ready = "stable"; stable_polls = 2; min_age_ms = 0; after = "keep";
	  options = { column_file = "FileName"; column_reference = "Reference"; column_verdict = "Status"; column_reason = "ReasonCode"; column_text = "ReasonText";
		column_count = "Entries"; column_amount = "Amount"; }; },
'''


def eurobank(t):
    return f'''partner = "eurobank";
kind = "dir";
timezone = "Europe/Berlin";
calendar = "target";
accounts = ( {{ number = "{IBAN}"; currency = "EUR"; }} );
inbound = ( {{ name = "statements"; path = "{t.folder('feeds/euro/in')}"; pattern = "*.sta"; format = "mt940"; purpose = "statement"; ready = "stable"; stable_polls = 2;
	min_age_ms = 0; }} );
'''


def ledgers(t):
    return f'''partner = "ledgers";
kind = "dir";
inbound = ( {{ name = "book"; path = "{t.folder('feeds/ledgers/in')}"; pattern = "*.csv"; format = "book"; purpose = "expected"; ready = "stable"; stable_polls = 2;
	min_age_ms = 0; }} );
'''


class BankTown(Town):
    def configure(self):
        super().configure()
        path = self.path("etc/channels.d/firstbank.conf")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        text = text.replace("inbound = (\n", "inbound = (\n" + ACKS, 1).replace('manifest = "manifests";', 'manifest = "manifests"; ack_within_minutes = 120;')
        self.write("etc/channels.d/firstbank.conf", text)


def exceptions(t, reason):
    return [x for x in t.ask("exceptions") if x["reason"] == reason]


def today(t, section):
    return t.ask("today")[section]


def reject(t):
    """D0: delivered, awaited, rejected."""
    step("a run comes in and is proposed", lambda: (payrun.drop_register(t), payrun.propose(t)))
    step("a second person approves", lambda: payrun.approve(t))
    a = step("it is delivered and the bank's reader takes it", lambda: payrun.deliver(t))
    if not a:
        return None
    waits = today(t, "acks_awaited")
    ok([w["name"] for w in waits] == [a["name"]] and waits[0]["until"] == "2026-11-09T15:00:00Z", "today says whose verdict is awaited, and until when", waits)
    t.clock("2026-11-09T15:30:00Z")
    step("silence past that time is an alarm", lambda: t.wait("alarm", lambda: [x for x in exceptions(t, "ACK_MISSING") if x["alarm"] and x["state"] == "OPEN"]))
    payrun.bank(t, "ack", t.path("bank.json"), t.path("partners/firstbank/outbox"), "--created", "2026-11-09", "--reject", f"{a['name']}=E014:company not authorised",
                "--name", "ACK-1.csv")
    b = step("the bank rejects the file: its payments are BANK_REJECTED", lambda: t.wait_batch(payrun.REGISTER, "BANK_REJECTED", key="items_state"))
    if not b:
        return None
    ok(b["state"] == "HELD" and b["why"] == "BANK_REJECTED", "the run is held for it", b)
    alarm = [x for x in today(t, "alarms") if x["reason"] == "BANK_REJECTED"]
    ok(len(alarm) == 1 and "E014" in alarm[0]["detail"] and "company not authorised" in alarm[0]["detail"], "it is an alarm with the bank's reason", alarm)
    ok(not [x for x in exceptions(t, "ACK_MISSING") if x["state"] == "OPEN"], "the silence is over")
    shown = t.ask("show", a["id"])
    ok(shown["acks"][0]["verdict"] == "rejected" and shown["acks"][0]["line"] == 2 and not [e for e in shown["expected"] if e["state"] == "OPEN"],
       "show names the line of evidence, and nothing is expected of the file any more", shown["acks"])
    return a


def resend(t, a):
    """D1 is gone; D2 is Veterans Day: the earliest date is D3."""
    t.clock("2026-11-10T14:00:00Z")
    b = t.batch_of(payrun.REGISTER)
    r = t.cli("resend", a["id"], "--operator", "alice", "--key", t.path("people/alice.key"), "--reason", "corrected", user="alice", check=False)
    ok(r.returncode == 1 and "--effective" in r.stderr, "without a date nothing is sent again", r.stderr)
    r = again(t, a["id"], "2026-11-11", "alice")
    ok(r.returncode == 1 and "2026-11-12" in r.stderr, "Veterans Day is refused, and the earliest date is named", r.stderr)
    r = again(t, a["id"], "2026-11-12", "alice")
    ok(r.returncode == 0, "alice sends it again for the 12th", r.stderr)
    b = t.batch_of(payrun.REGISTER)
    ok(b["state"] == "PROPOSED" and b["effective_date"] == "2026-11-12" and b["persons_signed"] == 0 and b["artifact"] is None, "the run waits for approvals, none of the old ones counts", b)
    r = t.decide("approve", b["id"], "alice", check=False)
    ok(r.returncode == 1 and "another person" in r.stderr, "she cannot approve it herself", r.stderr)
    ok(len(t.delivered()) == 1, "nothing left without an approval", t.delivered())
    r = t.decide("approve", b["id"], "bob", "the company id is agreed now", check=False)
    ok(r.returncode == 0, "bob approves anew", r.stderr)
    b = step("a new file is signed and delivered", lambda: t.wait_batch(payrun.REGISTER, "DELIVERED", key="items_state"))
    new = [x for x in t.ask("artifacts") if b and x["id"] == b["artifact"]]
    ok(new and new[0]["name"] != a["name"] and new[0]["sha256"] != a["sha256"] and len(t.delivered()) == 2, "under another name, with other bytes; the old one is where it was", t.delivered())
    step("the bank's reader takes it: no number of the old file is in it", lambda: payrun.bank(t, "accept", t.path("partners/firstbank/inbox"), t.path("bank.json")))
    payrun.bank(t, "ack", t.path("bank.json"), t.path("partners/firstbank/outbox"), "--created", "2026-11-10", "--name", "ACK-2.csv")
    step("the bank accepts it: its payments are ACKED", lambda: t.wait_batch(payrun.REGISTER, "ACKED", key="items_state"))
    wrong_verdicts(t, a, new[0])


def again(t, what, when, who):
    return t.cli("resend", what, "--effective", when, "--operator", who, "--key", t.path("people", who + ".key"), "--reason", "corrected", user=who, check=False)


def put(t, name, text):
    out = t.path("partners/firstbank/outbox")
    with open(os.path.join(out, "." + name), "w", encoding="ascii", newline="") as f:
        f.write(text)
    os.rename(os.path.join(out, "." + name), os.path.join(out, name))


def wrong_verdicts(t, old, new):
    head = "FileName,Reference,Status,ReasonCode,ReasonText,Entries,Amount\r\n"
    put(t, "ACK-3.csv", f"{head}{new['name']},x,REJECTED,E999,on second thought,,\r\n{old['name']},x,ACCEPTED,,,,\r\nACH-20261109-Q.ach,x,REJECTED,E1,,,\r\n")
    step("wrong verdicts come", lambda: t.wait("three exceptions", lambda: len(exceptions(t, "ACK_CONTRADICTS")) == 2 and len(exceptions(t, "ACK_UNKNOWN_FILE")) == 1))
    ok(t.batch_of(payrun.REGISTER)["items_state"] == "ACKED" and len(t.delivered()) == 2, "a verdict that contradicts the first, and one on a file that was never sent, move nothing")
    for x in t.ask("exceptions"):
        if x["state"] == "OPEN" and x["reason"].startswith("ACK_"):
            t.decide("resolve", x["id"], "bob", "the bank withdrew it by telephone")
    ok(not [x for x in t.ask("exceptions") if x["state"] == "OPEN"], "a person resolves them, and each keeps its reason", t.ask("exceptions"))


def statements(t):
    """D3: an interim report, then the booked day."""
    t.clock("2026-11-12T14:00:00Z")
    step("on its new day the run is due", lambda: t.wait_batch(payrun.REGISTER, "DUE", key="items_state"))
    common = ["statement", t.path("bank.json"), t.path("partners/firstbank/outbox"), "--as-of", "2026-11-12", "--account", COMPANY["account"]]
    payrun.bank(t, *common, "--created", "2026-11-12", "--fee", "2500", "--deposit", "77700", "--modifier", "3", "--file-id", "1", "--name", "INTERIM.bai")
    step("an interim report comes in", lambda: t.wait_file("INTERIM.bai", "DONE"))
    lines = t.ask("lines")
    ok(len(lines) == 3 and {x["state"] for x in lines} == {"OPEN"} and t.batch_of(payrun.REGISTER)["items_state"] == "DUE", "it informs and settles nothing", lines)
    t.clock("2026-11-13T13:00:00Z")
    payrun.bank(t, *common, "--created", "2026-11-13", "--fee", "2600", "--deposit", "77700", "--paid", "100200=4000", "--file-id", "2", "--name", "BOOKED.bai")
    step("the booked statement settles the run", lambda: t.wait_batch(payrun.REGISTER, "SETTLED", key="items_state"))
    lines = t.ask("lines")
    ok(len([x for x in lines if x["state"] == "SUPERSEDED"]) == 3, "it supersedes the interim lines", lines)
    ok(len([x for x in lines if x["reason"] == "FEE_UNEXPLAINED"]) == 1, "the fee is a fee, once", lines)
    ok(len([x for x in lines if x["reason"] == "NO_COUNTERPART_BOOK"]) == 2, "the deposit is unknown, once, and so is a check on an account without checks", lines)
    deposit = [x["id"] for x in lines if x["amount_minor"] == 77700 and x["state"] == "EXCEPTION"][0]
    t.decide("assign", deposit, "bob", "knows the branch", more=("--to", "carol"))
    t.decide("comment", deposit, "bob", "the branch says: rent of the canteen")
    shown = t.ask("show", deposit)
    ok(shown["line"][0]["owner"] == "carol" and [x["act"] for x in shown["decisions"]] == ["assign", "comment"], "an analyst's decisions about it are signed and kept", shown)
    got = t.decide("write-off", deposit, "bob", "too small to ask", check=False)
    ok(got.returncode == 1 and "limit" in got.stderr, "writing it off needs a limit in the rules", got.stderr)
    ok("rent of the canteen" in t.cli("decisions").stdout, "decisions are listed with their reasons")
    differs = exceptions(t, "PROVISIONAL_DIFFERS")
    ok(len(differs) == 1 and differs[0]["amount_minor"] == -2500, "the fee that was announced with another amount is listed", differs)


def came_back(t):
    """D4: two returns, one credit for both."""
    payrun.bank(t, "returns", t.path("bank.json"), t.path("partners/firstbank/outbox"), "--created", "2026-11-13", "--return", "E1003=R02", "--return", "E1007=R03",
                "--unknown-trace", "--name", "BACK.ret")
    step("two returns are linked, the third has a trace that nobody knows", lambda: t.wait("returns", lambda: sorted(x["state"] for x in t.ask("returns")) == ["EXCEPTION", "LINKED", "LINKED"]))
    both = sum(x["amount_minor"] for x in t.ask("returns") if x["state"] == "LINKED")
    t.clock("2026-11-16T13:00:00Z")
    payrun.bank(t, "statement", t.path("bank.json"), t.path("partners/firstbank/outbox"), "--as-of", "2026-11-13", "--created", "2026-11-16", "--account", COMPANY["account"],
                "--opening", "5", "--credit", str(both), "--file-id", "3", "--name", "CREDIT.bai")
    step("the statement with the credit comes in", lambda: t.wait_file("CREDIT.bai", "DONE"))
    line = step("the one credit is matched", lambda: t.wait("credit", lambda: [x for x in t.ask("lines") if x["amount_minor"] == both and x["state"] == "MATCHED"]))
    shown = t.ask("show", line[0]["id"])["matches"] if line else []
    ok(shown and shown[0]["rule"] == "group-total" and " + " in shown[0]["arithmetic"] and " = " in shown[0]["arithmetic"], "to both returns of the file, with the arithmetic", shown)
    ok([x for x in exceptions(t, "BALANCE_BREAK") if x["alarm"]], "a statement that does not open with what the last closed with is an alarm", t.ask("exceptions"))


def euro(t):
    """The book of the European entity against its MT940."""
    with open(t.path("book.csv"), "w", encoding="utf-8", newline="") as f:
        f.write(BOOK)
    t.drop("book-1.csv", BOOK, feed="ledgers/in")
    step("the book's items come in", lambda: t.wait_file("book-1.csv", "DONE"))

    def post(as_of, number, opening, *more):
        done_ = subprocess.run(["/usr/bin/python3", os.path.join(TOP, "tests/bank/eurobank.py"), "statement", t.path("book.csv"), t.path("feeds/euro/in"), "--account", IBAN,
                                "--as-of", as_of, "--number", str(number), "--opening", str(opening), *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
        return int(done_.stdout)
    closing = post("2026-11-11", 1, 500000)
    step("the MT940 of Veterans Day comes in", lambda: t.wait_file("EURO-20261111.sta", "DONE"))
    step("both items of that day are matched", lambda: t.wait("matched", lambda: len([x for x in t.ask("lines") if x["currency"] == "EUR" and x["state"] == "MATCHED"]) == 2))
    post("2026-11-12", 2, closing, "--fee", "350")
    step("the next day's comes in", lambda: t.wait_file("EURO-20261112.sta", "DONE"))
    step("its lines have their reasons", lambda: t.wait("reasons", lambda: sorted(x["reason"] or "" for x in t.ask("lines") if x["currency"] == "EUR") == ["", "", "", "FEE_UNEXPLAINED", "VOID_PRESENTED"]))
    ok(not [x for x in exceptions(t, "BALANCE_BREAK") if x["currency"] == "EUR"], "the statements follow each other")


def main():
    with BankTown(channels={"eurobank": eurobank, "ledgers": ledgers}) as t:
        a = reject(t)
        if a:
            resend(t, a)
            statements(t)
            came_back(t)
            if os.path.exists(t.path("modules/book.so")):
                euro(t)
            ok(t.ask("audit", "verify")["holds"] is True, "the audit holds")
    done()


if __name__ == "__main__":
    main()
