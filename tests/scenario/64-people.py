#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""64-people - a pay run by the people of an HCM feed, on real parts: joined, held, released, answered

HCM sends its extract day after day under one name; payroll sends a run without bank data that counts.  One person's account changed
yesterday, one is known to nobody.  Persons decide, the bank gets what was approved, and both feeds find receipts, reject files and status
files in their own directories.  No account number and no SSN stands in any of them.
"""
import csv
import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import payrun  # noqa: E402
from tap import done, ok, step  # noqa: E402
from town import Town  # noqa: E402

ROUTING = "231380104"
OPEN_END = "4712-12-31"
HEADER = "company,run_id,person_id,name,pay_date,gross,deductions,net,routing,account,account_type,method"


def hcm(t):
    return f'''partner = "hcm";
kind = "dir";
timezone = "America/New_York";
inbound = ( {{ name = "people"; path = "{t.folder('feeds/hcm/in')}"; pattern = "*.xml"; format = "hcm"; purpose = "people"; names = "reused";
	ready = "stable"; stable_polls = 2; min_age_ms = 0; answer_to = "hcm/answers"; }},
	{{ name = "workers"; path = "{t.folder('feeds/hcm/loader')}"; pattern = "*.dat"; format = "hdl"; purpose = "people"; names = "reused";
	ready = "stable"; stable_polls = 2; min_age_ms = 0; answer_to = "hcm/answers"; }} );
outbound = ( {{ name = "answers"; path = "{t.folder('feeds/hcm/answers')}"; format = "notice"; }} );
'''


def pay(t):
    return f'''partner = "pay";
kind = "dir";
timezone = "America/New_York";
inbound = ( {{ name = "register"; path = "{t.folder('feeds/pay/in')}"; pattern = "*.csv"; format = "payroll"; purpose = "payroll"; ready = "stable";
	stable_polls = 2; min_age_ms = 0; people = "feed"; people_from = "hcm/people"; options = {{ bank_data = "none"; }}; pay_by = "firstbank/ach"; answer_to = "pay/answers"; }} );
outbound = ( {{ name = "answers"; path = "{t.folder('feeds/pay/answers')}"; format = "notice"; }} );
'''


def person(number, account, start="2024-01-01", end=OPEN_END, badge=None):
    return f'''  <Person>
    <PersonNumber>E{number}</PersonNumber><PersonId>{30000 + number}</PersonId><BadgeNumber>{badge or f"B{number}"}</BadgeNumber>
    <FirstName>Ada</FirstName><LastName>Example {number}</LastName><NationalIdentifierNumber>21909{9000 + number}</NationalIdentifierNumber>
    <EffectiveStartDate>{start}</EffectiveStartDate><EffectiveEndDate>{end}</EffectiveEndDate>
    <RoutingNumber>{ROUTING}</RoutingNumber><AccountNumber>{account}</AccountNumber><AccountType>C</AccountType><PaymentMethod>ACH</PaymentMethod>
    <AddressLine1>{number} Main Street</AddressLine1><TownOrCity>Springfield</TownOrCity><Region2>IL</Region2><PostalCode>62701</PostalCode><Country>US</Country>
  </Person>
'''


def extract(number, people):
    return f'''<?xml version="1.0" encoding="UTF-8"?>
<PeopleExtract>
  <ExtractId>X-{number}</ExtractId><Sender>EXAMPLE HCM</Sender><ExtractDate>2026-11-09T04:00:00.000+00:00</ExtractDate>
{"".join(people)}</PeopleExtract>
'''


ACCOUNTS = {n: f"40012345{n:03d}" for n in range(1, 13)}
CHANGED = "77009991234"


def people_of_day(n):
    rows = [person(i, a) for i, a in ACCOUNTS.items() if i not in (3, 12)]
    rows += [person(3, ACCOUNTS[3], end="2026-11-07"), person(3, CHANGED, start="2026-11-08")]
    return extract(f"2026110{n}", rows + ([person(12, ACCOUNTS[12])] if n > 1 else []))


def register(run, people, bad=0):
    rows = [HEADER]
    for i in people:
        net = f"{1000 + i}.{i:02d}"
        rows.append(f"ACME,{run},E{i},Payroll Name {i},2026-11-10,{net},0.00,{net},{ROUTING},88887777666,C,ACH")
    for i in range(bad):
        rows.append(f"ACME,{run},E{i + 1}X,Payroll Name,2026-11-10,100.00,0.00,99.00,{ROUTING},88887777666,C,ACH")
    return "\r\n".join(rows) + "\r\n"


def bare(run, people):
    """What a payroll system writes that knows no accounts."""
    return "\r\n".join([",".join(HEADER.split(",")[:8])] + [",".join(r.split(",")[:8]) for r in register(run, people).splitlines()[1:]]) + "\r\n"


def answers(t, feed):
    return sorted(n for n in os.listdir(t.path("feeds", feed, "answers")) if not n.startswith("."))


def read(t, feed, name):
    t.wait(f"'{name}' is answered to {feed}", lambda: name in answers(t, feed))
    with open(t.path("feeds", feed, "answers", name), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def last_status(t, f, test, what):
    """The newest status file of a run that says so."""
    def found():
        names = [n for n in answers(t, "pay") if n.startswith(f"status-{f}-")]
        rows = read(t, "pay", max(names, key=lambda n: int(n[:-4].rsplit("-", 1)[1])))
        return rows if test(rows) else None
    return t.wait(what, found)


def hcm_days(t):
    t.drop("people.xml", people_of_day(1), feed="hcm/in")
    f = step("the extract comes in", lambda: t.wait_file("people.xml", "DONE"))
    if not f:
        return
    r = step("HCM gets its receipt", lambda: read(t, "hcm", f"receipt-{f['id']}.csv"))
    ok(r and r[0]["verdict"] == "accepted" and r[0]["sha256"] == f["sha256"] and r[0]["detail"].startswith("11 persons are new"), "it names the file and what was new", r)


def loader_file(t):
    """The same people from HCM Data Loader: another feed, another format, the same answers."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "samples", "hdl", "ok-worker.dat"), encoding="utf-8") as f:
        worker = f.read()
    t.drop("Worker.dat", worker, feed="hcm/loader")
    f = step("a Worker.dat comes in", lambda: t.wait_file("Worker.dat", "DONE"))
    if f:
        r = step("HCM gets its receipt", lambda: read(t, "hcm", f"receipt-{f['id']}.csv"))
        ok(r and r[0]["verdict"] == "accepted" and r[0]["detail"].startswith("3 persons are new"), "it says how many people were new", r)


def held_and_released(t):
    t.drop("r1.csv", register("2026-23", range(1, 13)), feed="pay/in")
    b = step("a run with a changed account and an unknown person waits whole", lambda: t.wait_batch("r1.csv", "HELD"))
    if not b:
        return
    ok(b["why"] == "HELD_ROWS", "it says that rows are held", b)
    items = {i["person"]: i for i in t.ask("items", b["id"])}
    ok(items["E3"]["why"] == "BANK_DATA_CHANGED" and "*1234" in items["E3"]["detail"] and "*5003" in items["E3"]["detail"], "the changed one shows old and new by their last four", items["E3"])
    ok(items["E12"]["why"] == "NO_PERSON" and len(items) == 12, "the unknown one is held, and no row is missing", items["E12"])
    ok(items["E1"]["account"] == "*5001" and items["E1"]["party"] == "ADA EXAMPLE 1", "the others are paid by what HCM says, not by the row", items["E1"])
    f = b["source"]
    r = step("payroll gets a receipt", lambda: read(t, "pay", f"receipt-{f}.csv"))
    ok(r and r[0]["verdict"] == "held" and r[0]["reason"] == "HELD_ROWS" and r[0]["in_words"], "that says held, and why in words", r)
    rows = step("and a status of each row", lambda: last_status(t, f, lambda x: len(x) == 12, "the first status is there"))
    ok(rows and {x["person"]: x["reason"] for x in rows if x["state"] == "HELD"} == {"E3": "BANK_DATA_CHANGED", "E12": "NO_PERSON"}, "which names the held ones", rows)
    r = t.decide("release", b["id"], "alice", check=False)
    ok(r.returncode == 1 and "--without-held-rows" in r.stderr, "a plain release is refused", r.stderr)
    r = t.decide("approve", b["id"], "alice", check=False, more=["--without-held-rows"])
    ok(r.returncode == 2, "an approval without held rows is no command", r.stderr)
    r = t.decide("release", items["E12"]["id"], "alice", check=False)
    ok(r.returncode == 1 and "nobody is known" in r.stderr, "an item without a person is not released", r.stderr)
    t.drop("people.xml", people_of_day(2), feed="hcm/in")
    step("the next day's extract comes in under the same name", lambda: t.wait("two are done", lambda: len([x for x in t.ask("files") if x["name"] == "people.xml" and x["state"] == "DONE"]) == 2))
    ok(t.file_named("people.xml")["text"] == "1 persons are new, 0 versions are new, 12 are as before", "only what is new in it makes versions", t.file_named("people.xml"))
    r = t.decide("release", items["E12"]["id"], "alice", check=False)
    ok(r.returncode == 0, "once the person is known the item is released", r.stdout + r.stderr)
    r = t.decide("release", b["id"], "alice", check=False, more=["--without-held-rows"])
    ok(r.returncode == 1 and "another person" in r.stderr, "who touched the run does not release it without the other", r.stderr)
    r = t.decide("release", b["id"], "bob", check=False, more=["--without-held-rows"])
    ok(r.returncode == 0, "a second person does", r.stdout + r.stderr)
    back(t, f)


def back(t, f):
    rows = step("the row that was left out comes back", lambda: read(t, "pay", f"reject-{f}.csv"))
    ok(rows and len(rows) == 1 and rows[0]["person"] == "E3" and rows[0]["line"] == "4" and rows[0]["net"] == "1003.03" and rows[0]["reason"] == "BANK_DATA_CHANGED" and rows[0]["in_words"],
       "with line, person, net, reason, and the reason in words", rows)
    b = t.wait_batch("r1.csv", "PROPOSED")
    ok(b["count"] == 11 and b["persons_needed"] >= 1, "the others wait for an approval of what is really paid", b)
    for who in ("alice", "bob"):
        r = t.decide("approve", b["id"], who, check=False)
        ok(r.returncode == 1, f"{who}, who touched the run, cannot approve it", r.stderr)
    r = t.decide("reject", b["id"], "bob", check=False)
    ok(r.returncode == 0, "with two persons in the house the run ends here", r.stderr)
    rows = step("the last status says so", lambda: last_status(t, f, lambda x: {y["state"] for y in x} == {"CANCELLED", "REJECTED"}, "all are cancelled"))
    ok(rows and [x["person"] for x in rows if x["state"] == "REJECTED"] == ["E3"], "row by row", rows)


def paid(t):
    """The next run: the changed account is left out by one person, approved by the other, and paid."""
    t.drop("r2.csv", bare("2026-24", [1, 2, 3]), feed="pay/in")
    b = step("the next run waits for the same person", lambda: t.wait_batch("r2.csv", "HELD"))
    if not b:
        return
    item = [i for i in t.ask("items", b["id"]) if i["person"] == "E3"][0]
    ok(item["why"] == "BANK_DATA_CHANGED", "what nobody let pass waits again", item)
    r = t.decide("release", item["id"], "alice", "called her under the number of 2024", check=False)
    ok(r.returncode == 0, "a person who has asked lets it pass", r.stderr)
    t.wait_batch("r2.csv", "PROPOSED")
    r = t.decide("approve", b["id"], "bob", check=False)
    ok(r.returncode == 0, "another one approves the run", r.stderr)
    step("it is delivered", lambda: t.wait_batch("r2.csv", "DELIVERED", key="items_state"))
    rows = step("and payroll hears of it", lambda: last_status(t, b["source"], lambda x: {y["state"] for y in x} == {"DELIVERED"}, "all are delivered"))
    ok(rows and [x["amount"] for x in rows] == ["1001.01", "1002.02", "1003.03"], "with each amount", rows)
    payrun.bank(t, "accept", t.path("partners/firstbank/inbox"), t.path("bank.json"))
    data = open(t.path("partners/firstbank/inbox", t.delivered()[0]), encoding="ascii").read()
    ok(CHANGED in data and ACCOUNTS[1] in data and "88887777666" not in data, "the bank pays HCM's accounts, never the row's")


def faulty(t):
    t.drop("r3.csv", register("2026-25", [1, 2], bad=3), feed="pay/in")
    f = step("a register with three bad rows is held", lambda: t.wait_file("r3.csv", "HELD"))
    if not f:
        return
    r = t.decide("release", f["id"], "alice", check=False, more=["--without-held-rows"])
    ok(r.returncode == 0 and "reject-" in r.stdout, "it is released without them", r.stdout + r.stderr)
    rows = step("they come back", lambda: read(t, "pay", f"reject-{f['id']}.csv"))
    ok(rows and [x["line"] for x in rows] == ["4", "5", "6"] and all(x["reason"] and x["in_words"] for x in rows), "each with its line and fault", rows)
    rows = read(t, "pay", f"receipt-{f['id']}.csv")
    ok([x["line"] for x in rows[1:]] == ["4", "5", "6"] and all(x["row"].startswith("ACME") and x["in_words"] for x in rows[1:]), "its receipt had named each fault with its row", rows)
    receipts = [read(t, "pay", n)[0]["verdict"] for n in (f"receipt-{f['id']}.csv", f"receipt-{f['id']}-2.csv")]
    ok(receipts == ["held", "accepted"], "the first receipt said held, the second accepted", receipts)
    b = t.wait_batch("r3.csv", "PROPOSED")
    ok(b["count"] == 2 and b["persons_needed"] == 1 and "alice" in b["maker"], "the two good ones wait for another person", b)


def notices(t):
    rows = step("every notice is delivered", lambda: t.wait("DELIVERED", lambda: (lambda rows: rows if rows and all(n["state"] == "DELIVERED" for n in rows) else None)(t.ask("notices"))))
    wrong = []
    for n in rows:
        with open(t.path("feeds", n["partner"], "answers", n["name"]), "rb") as f:
            data = f.read()
        if hashlib.sha256(data).hexdigest() != n["sha256"] or len(data) != n["size"]:
            wrong.append(n["name"])
    ok(not wrong, "its bytes at the feed are those that the ledger names", wrong)
    ok(not [n for n in os.listdir(t.path("manifests")) if n.split("-")[0] in ("receipt", "status", "reject")], "none has a manifest")
    secrets = list(ACCOUNTS.values()) + [CHANGED, "88887777666"] + [f"21909{9000 + i}" for i in ACCOUNTS] + [f"219-09-{9000 + i}" for i in ACCOUNTS]
    text = open(t.log_path, encoding="utf-8", errors="replace").read() + t.cli("files", "--json").stdout + t.cli("notices", "--json").stdout
    for feed in ("hcm", "pay"):
        for name in answers(t, feed):
            text += open(t.path("feeds", feed, "answers", name), encoding="utf-8").read()
    for b in t.ask("batches"):
        text += t.cli("items", b["id"], "--json").stdout + t.cli("show", b["id"], "--json").stdout
    ok(not [s for s in secrets if s in text], "no account number and no SSN stands in them, in the log or in an answer")


def main():
    with Town(channels={"hcm": hcm, "pay": pay}) as t:
        hcm_days(t)
        loader_file(t)
        held_and_released(t)
        paid(t)
        faulty(t)
        notices(t)
        ok(t.ask("audit", "verify")["holds"] is True, "the audit holds")
    done()


if __name__ == "__main__":
    main()
