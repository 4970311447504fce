#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""64-ways - a run that leaves by ACH and by check, on real parts

The register asks for checks in some rows; one row has no account that a bank could have.  The positive-pay file lies at the bank, over
real SFTP, before the printer's file is there; both say the same checks, read here by their columns; one approval stands for both.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import payrun  # noqa: E402
from tap import done, ok, step  # noqa: E402
from town import COMPANY, ROOT, Town  # noqa: E402

HEAD = "company,run_id,person_id,name,pay_date,gross,deductions,net,routing,account,account_type,method"
ROWS = [("E1", "Ada Marlow", "1500.10", "231380104", "40858423869", "ACH"), ("E2", "Grace Quist", "2000.20", "121042882", "883209919", "CHECK"),
        ("E3", "Zo\u00eb O'Neil, Jr", "1234.56", "231380104", "55512345", "CHECK"), ("E4", "Max Roth", "99.99", "231380104", "777", "ACH")]
CHECKS = {"E2": "2000.20", "E3": "1234.56"}


def register(run):
    return "\n".join([HEAD] + [f'ACME,{run},{p},"{name}",2026-11-10,{net},0.00,{net},{routing},{account},C,{how}'
                               for p, name, net, routing, account, how in ROWS]) + "\n"


class Ways(Town):
    def configure(self):
        super().configure()
        self.edit("hr", 'pay_by = "firstbank/ach"', 'pay_by = "firstbank/ach"; check_by = "printer/checks"')
        self.edit("firstbank", 'outbound = ( {', 'outbound = ( { name = "pospay"; path = "pospay"; format = "pospay"; file_name = "PP-{date}-{modifier}.txt";\n'
                  '\tmanifest = "manifests"; coalesce_ms = 0; options = { layout = "generic100"; }; },\n{')
        self.write("etc/channels.d/printer.conf", 'partner = "printer";\nkind = "dir";\npoll_ms = 100;\noutbound = ( { name = "checks"; '
                   f'path = "{self.folder("partners/printer")}"; format = "check"; file_name = "CHK-{{date}}-{{modifier}}.txt";\n'
                   f'\tcheck = {{ account = "{int(COMPANY["account"])}"; routing = "231380104"; first_serial = "100001"; positive_pay = "firstbank/pospay"; }}; }} );\n')
        self.write("etc/rules.d/limits.conf", 'approvals = ( { currency = "USD"; limit = "100.00"; persons = 1; } );\n')
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


def lines(path, first=""):
    with open(path, encoding="ascii") as f:
        return [x for x in f.read().split("\n") if x.startswith(first) and x]


def told(path):
    """Generic 100: account 1-12, void 13, serial 16-25, amount 26-37, date 38-45, payee 47-100."""
    return [(x[15:25].lstrip("0"), int(x[25:37]), x[37:45], x[46:100].rstrip(), x[0:12].lstrip("0"), x[12]) for x in lines(path)]


def printed(path):
    return [(x[9:24].strip(), int(x[24:36]), x[39:47], x[76:156].rstrip(), x[56:76].strip(), " " if x[8] == "I" else x[8]) for x in lines(path, "C")]


def batches(t):
    return {b["kind"]: b for b in t.ask("batches")}


def play(t):
    t.drop("register.csv", register("2026-31"))
    both = step("a register with checks in it is proposed as two batches",
                lambda: t.wait("two batches", lambda: (lambda b: b if set(b) == {"ach", "check"} and all(x["state"] == "PROPOSED" for x in b.values()) else None)(batches(t))))
    if not both:
        return
    ok(both["check"]["credit_minor"] == 323476 and both["ach"]["credit_minor"] == 160009, "each has its part of the run", both)
    ok(both["check"]["persons_needed"] == 1 and both["ach"]["whole_minor"] == 483485, "and is judged by the whole of it", both)
    items = t.ask("items", both["check"]["id"])
    ok([i["method"] for i in items] == ["check", "check"] and all(i["check_number"] is None for i in items), "its items are checks without numbers", items)
    t.decide("approve", both["check"]["id"], "bob")
    inbox, out = t.path("partners/firstbank/pospay"), t.path("partners/printer")
    there = step("after one approval the printer has its file", lambda: t.wait("a print file", lambda: [n for n in os.listdir(out) if n.startswith("CHK")]))
    if not there:
        return
    bank = sorted(n for n in os.listdir(inbox) if n.startswith("PP"))
    ok(len(bank) == 1, "and the bank had its own before", bank)
    a, b = told(os.path.join(inbox, bank[0])), printed(os.path.join(out, there[0]))
    ok(a == b and [x[0] for x in a] == ["100001", "100002"] and [x[1] for x in a] == [200020, 123456], "both say the same numbers, amounts, days and payees", (a, b))
    ok([x[3] for x in a] == ["Grace Quist", "Zoe O'Neil Jr"] and {x[4] for x in a} == {str(int(COMPANY["account"]))}, "by the payees' names, from our account", a)
    steps = [d for d in t.ask("deliveries")]
    ok([d["partner"] for d in sorted(steps, key=lambda d: d["id"])] == ["firstbank", "printer"] and all(d["state"] == "DELIVERED" for d in steps), "the bank's delivery came first", steps)
    for artifact in t.ask("artifacts"):
        base = t.path("manifests", artifact["name"] + ".manifest.json")
        where = inbox if artifact["partner"] == "firstbank" else out
        got = t.cli_offline("verify", "--ca", t.path("ca.pem"), "--payload", os.path.join(where, artifact["name"]), base)
        ok(got.returncode == 0, f"the manifest of {artifact['name']} verifies", got.stdout + got.stderr)
    items = t.ask("items", both["check"]["id"])
    ok([i["check_number"] for i in items] == [100001, 100002] and all(i["state"] == "DELIVERED" for i in items), "the items have their numbers and are DELIVERED", items)
    ok(t.ask("show", items[0]["id"])["item"][0]["check_number"] == 100001, "show names a check's number")
    one = t.ask("find", "--check", "100002")
    ok(len(one) == 1 and one[0]["person"] == "E3" and one[0]["account"] is None, "a check is found by its number", one)
    t.decide("approve", both["ach"]["id"], "bob")
    step("the rest leaves by ACH", lambda: t.wait("an ACH file", lambda: t.delivered()))
    again(t)


def again(t):
    t.drop("register2.csv", register("2026-32"))
    step("a second run is proposed", lambda: t.wait("four batches", lambda: len(t.ask("batches")) == 4 and batches(t)["check"]["state"] == "PROPOSED"))
    t.decide("approve", batches(t)["check"]["id"], "bob")
    out = t.path("partners/printer")
    there = step("its checks are printed", lambda: t.wait("a second print file", lambda: (lambda n: n if len(n) == 2 else None)(sorted(n for n in os.listdir(out) if n.startswith("CHK")))))
    if there:
        ok([x[0] for x in printed(os.path.join(out, there[1]))] == ["100003", "100004"], "under the next numbers", there)
    ok(t.ask("audit", "verify")["holds"] is True, "the audit holds")


def main():
    with Ways() as t:
        play(t)
    return done()


if __name__ == "__main__":
    sys.exit(main())
