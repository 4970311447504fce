#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""66-paper - checks from the register to the bank's statement, on real parts

A run of checks is announced to the bank and printed; the printer spoils one, rejects one and mails the rest.  The bank is told of void and new
issue.  Its statement shows one check paid as issued, one with another amount, one that is void and one that nobody wrote: alarms with the time
until which the bank takes them back.  A print file that the printer rejects goes out again under other numbers, a list that the bank rejects
under the same, and checks that are cancelled while the printer is away are never printed.  The check desk, the printer and the bank are tests/bank/, by readers of their own.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import payrun  # noqa: E402
from tap import done, ok, step  # noqa: E402
from town import COMPANY, ROOT, TOP, Failed, Town  # noqa: E402

HEAD = "company,run_id,person_id,name,pay_date,gross,deductions,net,routing,account,account_type,method"
NETS = ["2000.20", "1234.56", "500.00", "99.99", "750.00"]


ACKS = 'format = "ack"; purpose = "ack"; ready = "stable"; stable_polls = 2; min_age_ms = 0; after = "keep"; ' \
       'options = { column_file = "file"; column_verdict = "verdict"; column_reason = "reason"; };'


class Paper(Town):
    def configure(self):
        super().configure()
        self.edit("hr", 'pay_by = "firstbank/ach"', 'pay_by = "firstbank/ach"; check_by = "printer/checks"')
        self.edit("firstbank", 'outbound = ( {', 'outbound = ( { name = "pospay"; path = "pospay"; format = "pospay"; file_name = "PP-{date}-{modifier}.txt";\n'
                  '\tmanifest = "manifests"; coalesce_ms = 0; options = { layout = "generic100"; }; },\n{')
        self.write("etc/channels.d/printer.conf", f'''partner = "printer";
kind = "dir";
poll_ms = 100;
inbound = ( {{ name = "verdicts"; path = "{self.folder("partners/printer/out")}"; pattern = "*.ack"; {ACKS} }},
	{{ name = "mailed"; path = "{self.folder("partners/printer/out")}"; pattern = "*.csv"; format = "confirm"; purpose = "confirmation"; ready = "stable"; stable_polls = 2; min_age_ms = 0; }} );
outbound = ( {{ name = "checks"; path = "{self.folder("partners/printer/in")}"; format = "check"; file_name = "CHK-{{date}}-{{modifier}}.txt";
	check = {{ account = "{int(COMPANY["account"])}"; routing = "231380104"; first_serial = "100001"; reprint_first = "900001"; reprint_last = "900999";
		positive_pay = "firstbank/pospay"; }}; }} );
''')
        self.edit("firstbank", "inbound = (", 'inbound = ( { name = "acks"; path = "outbox"; pattern = "*.ack"; ' + ACKS + ' },')
        os.makedirs(self.path("partners/firstbank/pospay"), exist_ok=True)
        if ROOT:
            import pwd
            os.chown(self.path("partners/firstbank/pospay"), pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)

    def edit(self, name, old, new):
        path = self.path("etc/channels.d", name + ".conf")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        assert old in text, (name, old)
        self.write(os.path.join("etc/channels.d", name + ".conf"), text.replace(old, new))

    def desk(self, *args):
        got = subprocess.run(["/usr/bin/python3", os.path.join(TOP, "tests/bank/desk.py"), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        if got.returncode != 0:
            raise Failed(f"the desk refuses: {got.stdout}{got.stderr}")
        return got.stdout


def items(t, kind="check"):
    return {i["check_number"]: i for b in t.ask("batches") if b["kind"] == kind for i in t.ask("items", b["id"])}


def states(t):
    return {n: i["state"] for n, i in items(t).items()}


def approve(t, kind):
    b = t.wait(f"a batch of kind {kind} waits", lambda: [b for b in t.ask("batches") if b["kind"] == kind and b["state"] == "PROPOSED"])
    t.decide("approve", b[-1]["id"], "bob")


def exceptions(t, reason):
    return [x for x in t.ask("exceptions") if x["reason"] == reason and x["state"] == "OPEN"]


def issue(t):
    text = "\n".join([HEAD] + [f"ACME,2026-51,E{n},Person {chr(65 + n)},2026-11-10,{net},0.00,{net},231380104,4085842{n},C,CHECK" for n, net in enumerate(NETS)]) + "\n"
    t.drop("checks.csv", text)
    step("a run of checks is approved", lambda: approve(t, "check"))
    step("the printer has its file", lambda: t.wait("a print file", lambda: [n for n in os.listdir(t.path("partners/printer/in")) if n.startswith("CHK")]))
    step("the check desk takes the positive-pay file", lambda: t.desk("announce", t.path("partners/firstbank/pospay"), t.path("desk.json")))
    step("the printer takes the print file: each check was announced", lambda: t.desk("print", t.path("partners/printer/in"), t.path("printer.json"), "--announced", t.path("desk.json")))
    step("five checks are at the printer", lambda: t.wait("DELIVERED", lambda: list(states(t).values()) == ["DELIVERED"] * 5))
    waits = t.ask("today")["confirmations_awaited"]
    ok(len(waits) == 1 and waits[0]["count"] == 5, "today says what has not come back", waits)


def confirm(t):
    t.desk("mail", t.path("printer.json"), t.path("partners/printer/out"), "--date", "2026-11-10", "--spoil", "100002=900001", "--refuse", "100005=no address", "--name", "M1.csv")
    step("the printer's confirmation comes in", lambda: t.wait_file("M1.csv", "DONE"))
    step("three checks are MAILED, the spoiled one is PRINTED under its new number, the rejected one is a person's",
         lambda: t.wait("states", lambda: states(t) == {100001: "MAILED", 900001: "PRINTED", 100003: "MAILED", 100004: "MAILED", 100005: "MANUAL"}))
    ok(len(exceptions(t, "PRINTER_REJECTED")) == 1 and not t.ask("today")["confirmations_awaited"], "the rejection is an alarm, and everything has come back", t.ask("exceptions"))
    step("void and new issue wait for a person, who approves", lambda: approve(t, "void"))
    step("the bank has a second positive-pay file", lambda: t.wait("two files", lambda: len([n for n in os.listdir(t.path("partners/firstbank/pospay")) if n.startswith("PP")]) == 2))
    step("the check desk takes it: voids of what was issued, a number that is new", lambda: t.desk("announce", t.path("partners/firstbank/pospay"), t.path("desk.json")))
    t.decide("resolve", items(t)[100005]["id"], "bob", "paid by wire")
    ok(states(t)[100005] == "CONFIRMED", "the rejected one was paid in another way, says a person", states(t))
    t.desk("mail", t.path("printer.json"), t.path("partners/printer/out"), "--date", "2026-11-11", "--spoil", "100001=777", "--name", "M2.csv")
    step("a second answer that contradicts the first comes in", lambda: t.wait_file("M2.csv", "DONE"))
    step("each of its rows is an alarm", lambda: t.wait("alarms", lambda: len(exceptions(t, "CONFIRM_AGAIN")) == 2 and len(exceptions(t, "CONFIRM_CONTRADICTS")) == 3))
    ok(states(t) == {100001: "MAILED", 900001: "PRINTED", 100003: "MAILED", 100004: "MAILED", 100005: "CONFIRMED"}, "and nothing moves", states(t))


def paid(t):
    t.clock("2026-11-12T13:00:00Z")
    payrun.bank(t, "statement", t.path("bank.json"), t.path("partners/firstbank/outbox"), "--as-of", "2026-11-10", "--created", "2026-11-12", "--account", COMPANY["account"],
                "--paid", "100001=200020", "--paid", "900001=123456", "--paid", "100003=50001", "--paid", "100002=123456", "--paid", "424242=100", "--name", "PAID.bai")
    step("the statement with paid checks comes in", lambda: t.wait_file("PAID.bai", "DONE"))
    step("what was paid as issued is SETTLED, under old number and new", lambda: t.wait("settled", lambda: states(t)[100001] == "SETTLED" and states(t)[900001] == "SETTLED"))
    wrong = {r: exceptions(t, r) for r in ("AMOUNT_DIFF", "VOID_PRESENTED", "NO_COUNTERPART_BOOK")}
    ok(all(len(x) == 1 and x[0]["alarm"] and x[0]["deadline"] == "2026-11-12T17:00:00Z" for x in wrong.values()),
       "another amount, a void number and an unknown one are alarms until noon of the next banking day: Thursday, after Veterans Day", wrong)
    ok(states(t)[100003] == "MAILED", "the check that was paid with another amount stays as it is", states(t))
    alarms = t.ask("today")["alarms"]
    ok({"AMOUNT_DIFF", "VOID_PRESENTED", "NO_COUNTERPART_BOOK"} <= {x["reason"] for x in alarms} and alarms[0]["deadline"], "today shows them first, with their time", alarms)
    shown = t.ask("show", items(t)[900001]["id"])
    ok(shown["confirmations"][0]["verdict"] == "SPOILED" and shown["confirmations"][0]["state"] == "DONE" and any('"PRESENTED"' in a["text"] for a in shown["audit"]), "show tells the whole way of a check", shown["audit"])
    ok(t.ask("audit", "verify")["holds"] is True, "the audit holds")


def run(t, number, nets):
    """A further run of checks, approved by bob; its batch."""
    name = f"checks-{number}.csv"
    t.drop(name, "\n".join([HEAD] + [f"ACME,2026-{number},E{n},Person {chr(65 + n)},2026-11-13,{net},0.00,{net},231380104,4085842{n},C,CHECK" for n, net in enumerate(nets)]) + "\n")
    b = t.wait_batch(name, "PROPOSED")
    t.decide("approve", b["id"], "bob")
    return b["id"]


def batch(t, bid):
    return [b for b in t.ask("batches") if b["id"] == bid][0]


def verdict(t, where, name, word):
    path = t.path(where, name + ".ack")
    with open(path + ".part", "w", encoding="ascii") as f:
        f.write(f"file,verdict,reason\n{name},{word},E42\n")
    os.rename(path + ".part", path)


def folder(t, partner, start):
    return sorted(n for n in os.listdir(t.path("partners", partner)) if n.startswith(start))


def to_desk(t):
    t.desk("announce", t.path("partners/firstbank/pospay"), t.path("desk.json"))


def to_printer(t):
    t.desk("print", t.path("partners/printer/in"), t.path("printer.json"), "--announced", t.path("desk.json"))


def printed_again(t):
    """The printer rejects its file."""
    b = run(t, 52, NETS[:2])
    step("the printer has a second file", lambda: t.wait("a print file", lambda: len(folder(t, "printer/in", "CHK")) == 2))
    to_desk(t)
    name = folder(t, "printer/in", "CHK")[1]
    verdict(t, "partners/printer/out", name, "rejected")
    step("and rejects it: the run is held", lambda: t.wait("held", lambda: batch(t, b)["why"] == "BANK_REJECTED"))
    os.rename(t.path("partners/printer/in", name), t.path(name))
    old = sorted(i["check_number"] for i in t.ask("items", b))
    t.decide("resend", batch(t, b)["artifact"], "alice", more=["--effective", "2026-11-16"])
    refused = t.decide("approve", b, "alice", check=False)
    ok(refused.returncode == 1, "who sends it again cannot approve it", refused.stderr)
    step("the bank hears that the old numbers are void", lambda: approve(t, "void"))
    step("by a file of their own", lambda: t.wait("a list", lambda: len(folder(t, "firstbank/pospay", "PP")) == 4))
    to_desk(t)
    t.decide("approve", b, "bob")
    step("approved anew, the printer has another file", lambda: t.wait("a print file", lambda: len(folder(t, "printer/in", "CHK")) == 2))
    step("the check desk takes its new numbers", lambda: to_desk(t))
    step("and the printer prints them: each was announced, none was printed before", lambda: to_printer(t))
    new = sorted(i["check_number"] for i in t.ask("items", b))
    ok(old == [100006, 100007] and new == [100008, 100009], "no number was used twice", (old, new))


def told_again(t):
    """The bank rejects its list, and the printer has the checks already."""
    b = run(t, 53, NETS[2:4])
    step("the printer has its file", lambda: t.wait("DELIVERED", lambda: batch(t, b)["items_state"] == "DELIVERED"))
    name = folder(t, "firstbank/pospay", "PP")[-1]
    verdict(t, "partners/firstbank/outbox", name, "rejected")
    step("the bank rejects the list: an alarm", lambda: t.wait("alarm", lambda: exceptions(t, "BANK_REJECTED")))
    os.rename(t.path("partners/firstbank/pospay", name), t.path(name))
    listed = [a for a in t.ask("artifacts") if a["name"] == name][0]["id"]
    said = t.decide("resend", listed, "alice").stdout
    ok("tells the bank of the same checks again" in said and not exceptions(t, "BANK_REJECTED"), "a person sends it again, without a date", said)
    step("another one approves it", lambda: approve(t, "void"))
    step("the bank has another list", lambda: t.wait("a list", lambda: folder(t, "firstbank/pospay", "PP")[-1] > name))
    step("which the check desk takes", lambda: to_desk(t))
    step("and the printer prints: each was announced", lambda: to_printer(t))


def cancelled(t):
    """The bank knows them, the printer is away."""
    os.rename(t.path("partners/printer/in"), t.path("partners/printer/away"))
    lists = len(folder(t, "firstbank/pospay", "PP"))
    b = run(t, 54, NETS[:3])
    step("the bank has its list", lambda: t.wait("a list", lambda: len(folder(t, "firstbank/pospay", "PP")) == lists + 1))
    to_desk(t)

    def cancel():
        got = t.decide("cancel", b, "alice", check=False)
        return got.stdout if got.returncode == 0 else None
    said = step("checks that the printer cannot get are cancelled", lambda: t.wait("cancelled", cancel))
    ok(said and "its numbers are void" in said and {i["state"] for i in t.ask("items", b)} == {"CANCELLED"}, "by one command", said)
    mine = [x for x in t.ask("batches") if x["kind"] == "void"][-1]
    refused = t.decide("approve", mine["id"], "alice", check=False)
    ok(refused.returncode == 1 and "touched" in refused.stderr, "who cancels does not approve what the bank is told of it", refused.stderr)
    step("another person does", lambda: approve(t, "void"))
    step("the bank has the voids", lambda: t.wait("voids", lambda: len(folder(t, "firstbank/pospay", "PP")) == lists + 2))
    step("which the check desk takes: they were issued", lambda: to_desk(t))
    os.rename(t.path("partners/printer/away"), t.path("partners/printer/in"))
    there = folder(t, "printer/in", "CHK")
    used = sorted(i["check_number"] for i in t.ask("items", b))
    after = run(t, 55, NETS[:1])
    step("the next run is printed", lambda: t.wait("DELIVERED", lambda: batch(t, after)["items_state"] == "DELIVERED"))
    ok(len(folder(t, "printer/in", "CHK")) == len(there) + 1 and [i["check_number"] for i in t.ask("items", after)] == [used[-1] + 1], "and the cancelled one never, its numbers are spent", used)
    ok(not [x for x in t.ask("today")["held"] if x["why"] == "REJECTED"] and t.ask("audit", "verify")["holds"] is True, "nobody need look at it any more, and the audit holds")


def main():
    with Paper() as t:
        issue(t)
        confirm(t)
        paid(t)
        printed_again(t)
        told_again(t)
        cancelled(t)
    done()


if __name__ == "__main__":
    main()
