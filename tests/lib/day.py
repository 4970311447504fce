# SPDX-License-Identifier: Apache-2.0
"""day - five days of a payroll department and its partners, played on real parts (samples/day, tests/bank)

    D0  Monday 2026-11-09    people, the book, a payroll register, a profit-sharing distribution; two ACH files and checks go out, the rollovers wait
    D1  Tuesday              the printer confirms, one check is printed anew; the bank takes one ACH file and rejects the other, which is sent again; the
                             rollovers leave once it has accepted their money
    D2  Wednesday            Veterans Day: nothing for USD; the European account's statement comes as on any day
    D3  Thursday             statement as of D1 and an intraday report before it; returns and a change
    D4  Friday               statement as of D3: second settlement, return credits, paid checks, one with a wrong amount; the trustee confirms

Partners over SFTP: firstbank, printer, trustee, eurobank.  Feeds in directories: hr, hcm, books.  `Day` is the town with them; play()
walks the steps; each waits for a state, never for a time, and can be said again when an answer was lost (the kill test).
"""
import contextlib
import io
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "bank")]
sys.dont_write_bytecode = True
import bank  # noqa: E402
import desk  # noqa: E402
import eurobank  # noqa: E402
from town import COMPANY, ROOT, TOP, Failed, Town  # noqa: E402

SAMPLES = os.path.join(TOP, "samples", "day")
FRIDAY, SUNDAY = "2026-11-06T21:00:00Z", "2026-11-09T01:00:00Z"
D0, D0_LATER, D1, D2, D3, D4 = ("2026-11-09T13:00:00Z", "2026-11-09T16:00:00Z", "2026-11-10T14:00:00Z", "2026-11-11T14:00:00Z", "2026-11-12T13:00:00Z",
                                "2026-11-13T13:00:00Z")
IBAN = "DE89370400440532013000"
CHANGED = "E0078"                               # whose bank data were changed the day before
RETURNS = (("E0003", "R02"), ("E0007", "R03"))
NOC = ("E0005", "C01", "70707070707")


def quiet(text):
    del text


def sample(name):
    with open(os.path.join(SAMPLES, name), "rb") as f:
        return f.read()


def actor(program, *args):
    """A partner acts, by its own readers and writers (tests/bank/PROGRAM.py); its words."""
    words, said = [str(a) for a in args], io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        asked = program.parser().parse_args(words)
        try:
            code = asked.run(asked)
        except (Failed, ValueError, OSError, bank.Refusal) as e:
            code = f"{type(e).__name__}: {e}"
    if code != 0:
        raise Failed(f"{program.__name__} refuses: {' '.join(words)}: {code} {said.getvalue()}")
    return said.getvalue()


WHOLE = 'ready = "rename"; '                     # whoever writes there renames what is whole
STABLE = 'ready = "stable"; stable_polls = 2; min_age_ms = 0; '


class Day(Town):
    """The town with every partner of the whole day."""

    SERVERS = {"firstbank": ("inbox", "issues", "outbox", "manifests"), "printer": ("inbox", "outbox", "manifests"), "trustee": ("inbox", "outbox", "manifests"),
               "eurobank": ("outbox",)}

    OPERATORS = dict(Town.OPERATORS, carol=61203)

    def __init__(self, **kw):
        super().__init__(**dict({"start": FRIDAY, "limit": "10000.00"}, **kw))

    def prepare(self):
        for partner, folders in self.SERVERS.items():
            for folder in ("", *folders):
                os.makedirs(self.path("partners", partner, folder), exist_ok=True)
        for folder in ("feeds/hr/register", "feeds/hr/plan", "feeds/hr/answers", "feeds/hcm/in", "feeds/hcm/answers", "feeds/books/in"):
            self.folder(folder)
        return super().prepare()

    def configure(self):
        for partner in self.SERVERS:
            if partner not in self.servers:
                self.start_partner(partner)
        super().configure()
        for partner, folders in self.SERVERS.items():
            self.give_to_sshd(partner, folders)
        self.give_to_deliver()
        self.write("etc/rules.d/limits.conf", f'''approvals = (
	{{ currency = "USD"; limit = "{self.limit}"; persons = 1; }},
	{{ currency = "USD"; limit = "1000000.00"; persons = 2; }}
);
''')
        for name, text in (("hr", self.hr()), ("hcm", self.hcm()), ("books", self.books()), ("firstbank", self.firstbank()), ("printer", self.printer()),
                           ("trustee", self.trustee()), ("eurobank", self.eurobank())):
            self.write(f"etc/channels.d/{name}.conf", text)

    def give_to_sshd(self, partner, folders):
        if ROOT:
            import pwd
            nobody = pwd.getpwnam("nobody")
            for d in ("", *folders):
                os.chown(self.path("partners", partner, d), nobody.pw_uid, nobody.pw_gid)

    def give_to_deliver(self):
        """Answers are put into directories of this machine: the feeds' own, where deliver may write."""
        for folder in ("feeds/hr/answers", "feeds/hcm/answers"):
            os.chmod(self.path(folder), 0o777)

    # ---- channels ----

    def server(self, name, zone="America/New_York", calendar="federal-reserve"):
        s = self.servers[name]
        return f'''partner = "{name}";
kind = "sftp";
host = "127.0.0.1";
port = {s.port};
user = "{s.user}";
host_key = "{s.host_key}";
client_key = "{self.home}/keys/{name}.key";
poll_ms = 30;
timeout_ms = 10000;
timezone = "{zone}";
calendar = "{calendar}";
'''

    def folder_partner(self, name, zone="America/New_York"):
        return f'partner = "{name}";\nkind = "dir";\ntimezone = "{zone}";\npoll_ms = 30;\n'

    def hr(self):
        common = 'pattern = "*.csv"; format = "payroll"; purpose = "payroll"; after = "move"; people = "feed"; people_from = "hcm/people"; ' \
                 'options = { bank_data = "none"; }; check_by = "printer/checks"; rollover_by = "trustee/rollovers"; answer_to = "hr/answers"; '
        return self.folder_partner("hr") + f'''inbound = (
	{{ name = "register"; path = "{self.home}/feeds/hr/register"; {STABLE}{common}names = "reused"; pay_by = "firstbank/ach"; }},
	{{ name = "plan"; path = "{self.home}/feeds/hr/plan"; {WHOLE}{common}pay_by = "firstbank/plan"; }}
);
outbound = ( {{ name = "answers"; path = "{self.home}/feeds/hr/answers"; format = "notice"; }} );
'''

    def hcm(self):
        return self.folder_partner("hcm") + f'''inbound = (
	{{ name = "people"; path = "{self.home}/feeds/hcm/in"; pattern = "people.xml"; format = "hcm"; purpose = "people"; {WHOLE}names = "reused"; after = "move";
	  answer_to = "hcm/answers"; }}
);
outbound = ( {{ name = "answers"; path = "{self.home}/feeds/hcm/answers"; format = "notice"; }} );
'''

    def books(self):
        return self.folder_partner("books", "Europe/Berlin") + f'''inbound = (
	{{ name = "book"; path = "{self.home}/feeds/books/in"; pattern = "book.csv"; format = "book"; purpose = "expected"; {WHOLE}names = "reused"; after = "move"; }}
);
'''

    def ach(self, description):
        c = COMPANY
        return f'''ach = {{ immediate_destination = "{c['bank']}"; immediate_origin = "{c['origin']}"; destination_name = "FIRST BANK"; origin_name = "ACME WIDGETS";
		company_name = "{c['name']}"; company_id = "{c['id']}"; odfi = "{c['odfi']}"; entry_description = "{description}"; sec = "PPD";
		offset_account = "{c['account']}"; settles = "file"; cut_off = "17:00"; lead_days = 1; }};'''

    def firstbank(self):
        acks = 'column_file = "FileName"; column_reference = "Reference"; column_verdict = "Status"; column_reason = "ReasonCode"; ' \
               'column_text = "ReasonText"; column_count = "Entries"; column_amount = "Amount"; '
        return self.server("firstbank") + f'''accounts = ( {{ number = "{COMPANY['account']}"; currency = "USD"; }} );
inbound = (
	{{ name = "statements"; path = "outbox"; pattern = "*.bai"; format = "bai2"; purpose = "statement"; {WHOLE}after = "keep"; }},
	{{ name = "returns"; path = "outbox"; pattern = "*.ret"; format = "nacha"; purpose = "return"; {WHOLE}after = "keep"; }},
	{{ name = "letters"; path = "outbox"; pattern = "*.txt"; purpose = "statement"; {WHOLE}after = "keep"; }},
	{{ name = "acks"; path = "outbox"; pattern = "*-ACK-*.csv"; format = "ack"; purpose = "ack"; {WHOLE}after = "keep"; options = {{ {acks}}}; }}
);
outbound = (
	{{ name = "ach"; path = "inbox"; format = "nacha"; file_name = "PAY-{{date}}-{{modifier}}.ach"; manifest = "manifests"; {self.ach("PAYROLL")} }},
	{{ name = "plan"; path = "inbox"; format = "nacha"; file_name = "PLAN-{{date}}-{{modifier}}.ach"; manifest = "manifests"; {self.ach("DISTRIB")} }},
	{{ name = "pospay"; path = "issues"; format = "pospay"; file_name = "ISSUE-{{date}}-{{modifier}}.txt"; manifest = "manifests"; coalesce_ms = 0; coalesce_max_ms = 0;
	  options = {{ layout = "generic100"; account_digits = "12"; }}; }}
);
'''

    def printer(self):
        return self.server("printer") + f'''inbound = (
	{{ name = "confirmations"; path = "outbox"; pattern = "*.csv"; format = "confirm"; purpose = "confirmation"; {WHOLE}after = "keep"; options = {{ of = "check"; }}; }}
);
outbound = (
	{{ name = "checks"; path = "inbox"; format = "check"; file_name = "CHECKS-{{date}}-{{modifier}}.chk"; manifest = "manifests";
	  check = {{ account = "{COMPANY['account']}"; routing = "{COMPANY['bank']}"; first_serial = "100001"; reprint_first = "900001"; reprint_last = "900099"; positive_pay = "firstbank/pospay"; memo = "ACME WIDGETS PAY";
		cut_off = "16:00"; lead_days = 1; }}; }}
);
'''

    def trustee(self):
        return self.server("trustee") + f'''inbound = (
	{{ name = "confirmations"; path = "outbox"; pattern = "*.csv"; format = "confirm"; purpose = "confirmation"; {WHOLE}after = "keep"; options = {{ of = "rollover"; }}; }}
);
outbound = (
	{{ name = "rollovers"; path = "inbox"; format = "rollover"; file_name = "ROLL-{{date}}-{{modifier}}.rol"; manifest = "manifests";
	  rollover = {{ funded_by = "firstbank/plan"; trustee = "NORTHERN TRUST AND SAVINGS"; plan = "ACME PROFIT SHARING PLAN"; routing = "091000019"; account = "8800112233";
		cut_off = "18:00"; }}; }}
);
'''

    def eurobank(self):
        return self.server("eurobank", "Europe/Berlin", "target") + f'''accounts = ( {{ number = "{IBAN}"; currency = "EUR"; }} );
inbound = ( {{ name = "statements"; path = "outbox"; pattern = "*.sta"; format = "mt940"; purpose = "statement"; {WHOLE}after = "keep"; }} );
'''


# ---- what everybody does ----

def files_named(t, name):
    return [f for f in t.ask("files") if f["name"] == name and f["state"] != "DUPLICATE"]


def taken(t, name, states=("DONE",), n=1):
    """The n-th file of that name, once it is in one of the states."""
    def there():
        rows = files_named(t, name)
        return rows[n - 1] if len(rows) >= n and rows[n - 1]["state"] in states else None
    return t.wait(f"the file '{name}' ({n}) is {' or '.join(states)}", there)


def batch(t, bid):
    return [b for b in t.ask("batches") if b["id"] == bid][0]


def batches(t, f):
    """kind -> batch, of a run that came as file f."""
    return {b["kind"]: b for b in t.ask("batches") if b["source"] == f["id"]}


def decided(t, what, done, act, obj, who, reason, *more):
    """Said again when the answer was lost; done() sees whether it is so."""
    last = []

    def go():
        if done():
            return True
        got = t.decide(act, obj, who, reason, check=False, more=more)
        last[:] = [f"{act} {obj}: exit {got.returncode}: {got.stdout}{got.stderr}"]
        return done()
    try:
        return t.wait(what, go)
    except Failed as e:
        raise Failed("".join(last) + str(e)) from None


def approved(t, b, who, reason="agrees with the payroll ledger"):
    """One person's approval; the state tells whether it was the last one needed."""
    signed = b["persons_signed"] + 1
    return decided(t, f"{b['id']} is approved by {who}", lambda: (lambda x: x["state"] == "APPROVED" or x["persons_signed"] >= signed)(batch(t, b["id"])), "approve",
                   b["id"], who, reason)


def run_approved(t, f, reason):
    """All batches of a run that wait, by one signature of each of two persons."""
    waits = {b["id"]: b["persons_signed"] for b in batches(t, f).values() if b["state"] == "PROPOSED"}
    for n, who in enumerate(("alice", "bob")):
        decided(t, f"{f['id']} is approved by {who}", lambda n=n: all(b["state"] == "APPROVED" or b["persons_signed"] > waits[b["id"]] + n
                                                                      for b in batches(t, f).values() if b["id"] in waits), "approve", f["id"], who, reason)


def artifact_of(t, bid):
    a = batch(t, bid)["artifact"]
    return [x for x in t.ask("artifacts") if x["id"] == a][0] if a else None


def delivered(t, bid):
    """The file of that batch, once the partner has it."""
    def there():
        a = artifact_of(t, bid)
        return a if a and [d for d in t.ask("deliveries") if d["name"] == a["name"] and d["state"] == "DELIVERED"] else None
    return t.wait(f"the file of {bid} is delivered", there)


def many(count):
    return f"{count} payment" + ("" if count == 1 else "s")


def money(minor, ccy="USD"):
    return f"{minor / 100:,.2f} {ccy}"


def place(t, partner, folder="outbox"):
    return t.path("partners", partner, folder)


def desks(t):
    """Bank, check desk, printer and trustee take what has come; each refuses what is not right by its own reading."""
    actor(bank, "accept", place(t, "firstbank", "inbox"), t.path("bank.json"))
    actor(desk, "announce", place(t, "firstbank", "issues"), t.path("issues.json"))
    actor(desk, "print", place(t, "printer", "inbox"), t.path("printer.json"), "--announced", t.path("issues.json"))
    actor(desk, "fund", place(t, "trustee", "inbox"), t.path("trustee.json"))


def state_of(t, name):
    with open(t.path(name), encoding="ascii") as f:
        return json.load(f)


# ---- the days ----

def people(t, say=quiet):
    t.drop("people.xml", sample("people-1.xml"), "hcm/in")
    f = taken(t, "people.xml")
    say(f"{f['id']}  people.xml came in from hcm on Friday: {f['records'] - 2} people")
    t.clock(SUNDAY)
    t.drop("people.xml", sample("people-2.xml"), "hcm/in")
    f = taken(t, "people.xml", n=2)
    say(f"{f['id']}  people.xml again on Sunday, under the same name: 2 hired, 1 moved, 1 with another bank account")


def payroll(t, say=quiet):
    t.clock(D0)
    t.drop("book.csv", sample("book-1.csv"), "books/in")
    f = taken(t, "book.csv")
    say(f"{f['id']}  book.csv: {f['records'] - 1} items that the European account must show")
    t.drop("register.csv", sample("register-1.csv"), "hr/register")
    f = t.wait("the register is in", lambda: files_named(t, "register.csv")[-1])
    t.wait("the run waits for its held row", lambda: batches(t, f)["ach"]["why"] == "HELD_ROWS")
    held = [i for b in batches(t, f).values() for i in t.ask("items", b["id"]) if i["state"] == "HELD"]
    for i in held:
        say(f"{i['id']}  {i['person']}: {i['why']}, so the whole run waits")
        decided(t, f"{i['id']} is released", lambda i=i: [x for x in t.ask("items", i["batch"]) if x["id"] == i["id"]][0]["state"] != "HELD", "release", i["id"], "alice",
                "asked her by the number in the old file: the new account is hers")
        say(f"{i['id']}  released by alice, who asked the payee by a way known before")
    runs = t.wait("the run is proposed", lambda: (lambda x: x if all(b["state"] == "PROPOSED" for b in x.values()) else None)(batches(t, f)))
    for kind, b in sorted(runs.items()):
        say(f"{b['id']}  {kind}: {many(b['count'])}, {money(b['credit_minor'])}, effective {b['effective_date']}: needs {b['persons_needed']} person who has not touched it")
        approved(t, b, "bob")
    return f


def distribution(t, say=quiet):
    t.clock(D0_LATER)
    t.drop("distribution.csv", sample("distribution.csv"), "hr/plan")
    f = taken(t, "distribution.csv")
    runs = t.wait("the distribution is proposed", lambda: (lambda x: x if len(x) >= 4 and all(b["state"] == "PROPOSED" for b in x.values()) else None)(batches(t, f)))
    for kind, b in sorted(runs.items()):
        say(f"{b['id']}  {kind}: {many(b['count'])}, {money(b['credit_minor'])}: the run is above a million, so {b['persons_needed']} persons")
    run_approved(t, f, "agrees with the plan administrator's list")
    say(f"{f['id']}  approved by alice and by bob, each by one signature over its {len(runs)} batches")
    return f


def sent(t, run, say=quiet):
    """Every file of a run is at its partner, and each takes it by its own reading; a rollover file waits until the bank has accepted its money."""
    for kind, b in sorted(batches(t, run).items()):
        if kind == "rollover":
            if (b["why"], b["artifact"]) != ("AWAITS_FUNDING", None):
                raise Failed(f"the rollover file does not wait for its money: {b}")
            say(f"{b['id']}  {kind}: approved, and waits until the bank has accepted its money, {batches(t, run)['funding']['id']}")
            continue
        a = delivered(t, b["id"])
        say(f"{a['id']}  {a['name']}: {kind}, {many(a['count'])} in the file, {money(a['credit_minor'])}, signed and delivered")
    desks(t)
    say("    bank, check desk, printer and trustee accept them by their own readers; every check was announced before it was printed")


def contractors(t, say=quiet):
    """Three bad rows: the run waits; one person lets the others go, another approves them, the bad ones go back."""
    t.drop("contractors.csv", sample("contractors.csv"), "hr/register")
    f = taken(t, "contractors.csv", ("HELD",))
    say(f"{f['id']}  contractors.csv is held: {f['text'][:100]}")
    decided(t, "the rest is released", lambda: files_named(t, "contractors.csv")[-1]["state"] != "HELD", "release", f["id"], "alice",
            "payroll corrects the three by hand", "--without-held-rows")
    runs = t.wait("the rest is proposed", lambda: (lambda x: x if x and all(b["state"] == "PROPOSED" for b in x.values()) else None)(batches(t, f)))
    for kind, b in sorted(runs.items()):
        say(f"{b['id']}  {kind}: {many(b['count'])} of good rows, {money(b['credit_minor'])}")
        approved(t, b, "bob", "17 rows without a fault")
    t.wait("the bad rows went back", lambda: [n for n in os.listdir(t.path("feeds/hr/answers")) if n.startswith(f"reject-{f['id']}")])
    say(f"    the three bad rows went back to hr as reject-{f['id']}.csv")
    return f


def answers(t, day_, *more):
    """The bank says what it thinks of the files it took since it last said so."""
    actor(bank, "ack", t.path("bank.json"), place(t, "firstbank"), "--created", day_, *more)


def printer_confirms(t, runs, say=quiet):
    """Each check comes back once; the first one was spoiled and printed anew: void and new issue go to the bank."""
    t.clock(D1)
    last = state_of(t, "printer.json")["files"]
    spoiled = last[0]["items"][0]
    for n, f in enumerate(last):
        words = ["--file", f["name"], "--name", f"PRINTED-20261110-{n + 1}.csv"] + (["--spoil", f"{spoiled['serial']}=900001"] if n == 0 else [])
        actor(desk, "mail", t.path("printer.json"), place(t, "printer"), "--date", "2026-11-10", *words)
    t.wait("every check is in the mail", lambda: not [i for run in runs.values() for k, b in batches(t, run).items() if k == "check"
                                                    for i in t.ask("items", b["id"]) if i["state"] not in ("MAILED", "PRINTED")])
    say(f"    the printer has mailed every check but one; {spoiled['serial']} was spoiled and is 900001 now")
    void = t.wait("the bank is told", lambda: [b for b in t.ask("batches") if b["kind"] == "void"][0])
    if void["persons_needed"]:
        approved(t, void, "bob", "the printer's word")
    a = delivered(t, void["id"])
    desks(t)
    say(f"{a['id']}  {a['name']}: the old number void, the new one issued; the check desk accepts it")


def bank_rejects(t, runs, say=quiet):
    """The bank takes two ACH files and rejects the third; it is sent again as a new file, approved again by two persons."""
    plan = artifact_of(t, batches(t, runs["plan"])["ach"]["id"])
    answers(t, "2026-11-10", "--reject", f"{plan['name']}=B014:COMPANY NOT AUTHORISED FOR DISTRIB")
    t.wait("the bank has rejected the second file", lambda: batches(t, runs["plan"])["ach"]["items_state"] == "BANK_REJECTED")
    say(f"{plan['id']}  {plan['name']} is rejected by the bank: B014, company not authorised for DISTRIB")
    rolled = t.wait("the rollover is held", lambda: (lambda b: b if b["why"] == "FUNDING_REJECTED" else None)(batches(t, runs["plan"])["rollover"]))
    say(f"{rolled['id']}  the rollover file, whose money was in it, is held and has not left")
    decided(t, "the file is sent again", lambda: batches(t, runs["plan"])["ach"]["state"] != "HELD", "resend", plan["id"], "carol", "the bank has the authorisation now",
            "--effective", "2026-11-12")
    run_approved(t, runs["plan"], "the bank has the authorisation now")
    again = t.wait("it leaves as a new file", lambda: (lambda a: a if a and a["id"] != plan["id"] else None)(artifact_of(t, batches(t, runs["plan"])["ach"]["id"])))
    t.wait("the new file is delivered", lambda: [d for d in t.ask("deliveries") if d["name"] == again["name"] and d["state"] == "DELIVERED"])
    desks(t)
    answers(t, "2026-11-10", "--name", "FIRST-ACK-20261110-again.csv")
    t.wait("the bank takes it", lambda: batches(t, runs["plan"])["ach"]["items_state"] == "ACKED")
    say(f"{again['id']}  {again['name']} is sent in its place, effective 2026-11-12, approved again by two persons; the bank accepts it")
    a = delivered(t, batches(t, runs["plan"])["rollover"]["id"])
    desks(t)
    say(f"{a['id']}  {a['name']}: the money is accepted, so the rollover file leaves; the trustee takes it")


def euro(t, day_, number, opening, say=quiet, **more):
    """The European bank posts a day of the book; its closing balance."""
    args = [x for k, v in more.items() for x in (f"--{k}", v)]
    text = actor(eurobank, "statement", os.path.join(SAMPLES, "book-2.csv"), place(t, "eurobank"), "--account", IBAN, "--as-of", day_, "--number", number, "--opening", opening,
                 *args)
    name = f"EURO-{day_.replace('-', '')}.sta"
    f = taken(t, name)
    t.wait("its lines are looked at", lambda: all(x["state"] != "OPEN" for x in t.ask("lines") if x["currency"] == "EUR"))
    matched = [x for x in t.ask("lines") if x["currency"] == "EUR" and x["state"] == "MATCHED"]
    say(f"{f['id']}  {name} from eurobank: {len(matched)} lines matched with the book so far, closing {int(text) / 100:,.2f} EUR")
    return int(text)


def veterans_day(t, runs, say=quiet):
    """Nothing for USD; TARGET is open."""
    del runs
    t.clock(D2)
    say("    Veterans Day: the Federal Reserve is closed, TARGET is open")
    t.drop("book.csv", sample("book-2.csv"), "books/in")
    f = taken(t, "book.csv", n=2)
    say(f"{f['id']}  book.csv again, under the same name: one new item, the others are known")
    return euro(t, "2026-11-11", 211, 120000000, say, fee=990)


def statement(t, as_of, created, name, *more):
    """Its closing balance."""
    return int(actor(bank, "statement", t.path("bank.json"), place(t, "firstbank"), "--as-of", as_of, "--created", created, "--account", COMPANY["account"],
                     "--name", name, *more))


def thursday(t, runs, closing, say=quiet):
    """An intraday report, then the statement that books the same; returns and a change."""
    t.clock(D3)
    opening = ["--opening", "500000000"]
    statement(t, "2026-11-10", "2026-11-10", "FIRST-20261110-now.bai", "--modifier", "3", "--file-id", "7", *opening)
    f = taken(t, "FIRST-20261110-now.bai")
    say(f"{f['id']}  an intraday report came first: it informs and settles nothing")
    usd = statement(t, "2026-11-10", "2026-11-12", "FIRST-20261110.bai", "--fee", "2500", "--deposit", "421900", *opening)
    t.wait("payroll is settled", lambda: batches(t, runs["pay"])["ach"]["items_state"] == "SETTLED")
    say(f"{batches(t, runs['pay'])['ach']['id']}  payroll is SETTLED by a matched line of the statement as of Tuesday; a fee and an unknown deposit are exceptions")
    args = [x for person, code in RETURNS for x in ("--return", f"{person}={code}")]
    actor(bank, "returns", t.path("bank.json"), place(t, "firstbank"), "--created", "2026-11-12", *args, "--change", f"{NOC[0]}={NOC[1]}:{NOC[2]}", "--unknown-trace",
          "--name", "FIRST-RET-20261112.ret")
    t.wait("returns and change are linked", lambda: len([x for x in t.ask("returns") if x["state"] == "LINKED"]) == 3 and len(t.ask("returns")) == 4)
    for x in t.ask("returns"):
        say(f"{x['id']}  {x['kind'].lower()} {x['code']} " + (f"linked to {x['item']} by its trace" if x["state"] == "LINKED" else f"is an exception: {x['reason']}; the others go on"))
    return euro(t, "2026-11-12", 212, closing, say), usd


def friday(t, runs, closing, usd, say=quiet):
    """Second settlement, return credits, the first paid checks and one with a wrong amount; the trustee confirms."""
    t.clock(D4)
    euro(t, "2026-11-13", 213, closing, say)
    checks = [i for i in t.ask("items", batches(t, runs["pay"])["check"]["id"])]
    paid = [f"{i['check_number']}={i['amount_minor']}" for i in checks[1:4]] + [f"{checks[4]['check_number']}={checks[4]['amount_minor'] + 9000}"]
    credits = [str(x["amount_minor"]) for x in t.ask("returns") if x["state"] == "LINKED" and x["kind"] == "RETURN"]
    statement(t, "2026-11-12", "2026-11-13", "FIRST-20261112.bai", "--opening", str(usd), *[x for c in credits for x in ("--credit", c.lstrip("-"))],
              *[x for p in paid for x in ("--paid", p)])
    t.wait("the distribution is settled", lambda: batches(t, runs["plan"])["ach"]["items_state"] == "SETTLED")
    say(f"{batches(t, runs['plan'])['ach']['id']}  the distribution is SETTLED; return credits and three paid checks are matched")
    alarm = t.wait("the wrong amount is an alarm", lambda: [x for x in t.ask("exceptions") if x["reason"] == "TRANSPOSED_AMOUNT"][0])
    say(f"{alarm['id']}  ALARM {alarm['reason']}: {alarm['detail']}")
    rolled = state_of(t, "trustee.json")["files"][0]["items"]
    actor(desk, "invest", t.path("trustee.json"), place(t, "trustee"), "--date", "2026-11-13", "--refuse", f"{rolled[0]['reference']}=NO SUCH ACCOUNT")
    t.wait("the trustee has answered each", lambda: {i["state"] for i in t.ask("items", batches(t, runs["plan"])["rollover"]["id"])} == {"SETTLED", "MANUAL"})
    say(f"    the trustee confirms {len(rolled) - 1} rollovers, whose money the bank has booked: SETTLED; it refuses one: MANUAL, a person decides")
    t.wait("the report is written", lambda: os.path.exists(report_path(t, "report.html")) and t.ask("status")["jobs"] == 0)


# ---- what goes wrong on such days ----

def is_held(t, name, why, say, n=1):
    f = taken(t, name, ("HELD",), n)
    if f["why"] != why:
        raise Failed(f"{name} is held for {f['why']}, not for {why}: {f['text']}")
    text = f.get("text") or ""
    say(f"{f['id']}  {name} is held: {why}" + (f" ({text[:110]})" if text else ""))
    return f


def put(t, partner, name, data):
    path = os.path.join(place(t, partner), name)
    with open(path + ".part", "wb") as f:
        f.write(data)
    os.rename(path + ".part", path)


def bad_monday(t, say=quiet):
    """0 bytes, a name that would move a terminal's cursor, one that is not whole, and one that grows."""
    t.drop("empty.csv", b"", "hr/register")
    is_held(t, "empty.csv", "EMPTY_FILE", say)
    t.drop("evil\x1b[2J.csv", b"company\n", "hr/register")
    f = t.wait("a hostile name is held", lambda: [x for x in t.ask("files") if x["why"] == "HOSTILE_NAME"][0])
    say(f"{f['id']}  a name with an escape in it is held: HOSTILE_NAME; it was not fetched")
    with open(t.path("feeds/hr/register", "late.csv.part"), "wb") as f:
        f.write(b"half of a register")
    with open(t.path("feeds/hr/register", "slow.csv"), "wb", buffering=0) as f:
        def grows():
            f.write(b"this is no register\n")
            rows = files_named(t, "slow.csv")
            return rows and rows[0]["state"] == "SEEN" and rows[0]["why"] == "STILL_GROWING"
        t.wait("a file that grows is seen and not touched", grows)
    say("    slow.csv grows: seen and not touched until it stands still; late.csv.part is not looked at")
    is_held(t, "slow.csv", "FINDINGS", say)
    if files_named(t, "late.csv.part"):
        raise Failed("a .part was taken")


def bad_tuesday(t, say=quiet):
    """A letter where statements come, and a statement that was cut off."""
    put(t, "firstbank", "notice.txt", b"Dear customer,\nour branch is closed on Wednesday.\n")
    is_held(t, "notice.txt", "UNKNOWN_FORMAT", say)
    statement(t, "2026-11-09", "2026-11-10", ".cut", "--opening", "500000000")
    with open(os.path.join(place(t, "firstbank"), ".cut"), "rb") as f:
        lines = f.read().splitlines(True)
    put(t, "firstbank", "FIRST-20261109.bai", b"".join(lines[:-1]))
    is_held(t, "FIRST-20261109.bai", "FINDINGS", say)


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<PeopleExtract><ExtractId>9</ExtractId><Person><PersonNumber>&c;</PersonNumber></Person></PeopleExtract>
"""


def bad_wednesday(t, say=quiet):
    """An entity bomb under the name of the people feed."""
    t.drop("people.xml", BOMB, "hcm/in")
    is_held(t, "people.xml", "FINDINGS", say, n=3)


def bad_thursday(t, say=quiet):
    """A return file whose hash is not that of its entries."""
    actor(bank, "corrupt", "wrong-hash", os.path.join(place(t, "firstbank"), "FIRST-RET-20261112.ret"), os.path.join(place(t, "firstbank"), ".wrong"))
    os.rename(os.path.join(place(t, "firstbank"), ".wrong"), os.path.join(place(t, "firstbank"), "FIRST-RET-again.ret"))
    is_held(t, "FIRST-RET-again.ret", "FINDINGS", say)


def next_run(t, say=quiet):
    """The register's second day, under the same name."""
    t.drop("register.csv", sample("register-2.csv"), "hr/register")
    f = taken(t, "register.csv", n=2)
    runs = t.wait("the next run is proposed", lambda: (lambda x: x if x and all(b["state"] == "PROPOSED" for b in x.values()) else None)(batches(t, f)))
    item = [i for i in t.ask("items", runs["ach"]["id"]) if i["person"] == NOC[0]][0]
    if item["account"] != "*" + NOC[2][-4:]:
        raise Failed(f"the correction of {NOC[0]} is lost: {item}")
    say(f"{f['id']}  register.csv, the next run under the same name: {NOC[0]} is paid on the account that the bank corrected; `tallygate today` says by when it must be approved")
    return f


def report_path(t, name=""):
    return t.path("reports", "reconciliation-2026-11-13", name)


def play(t, say=quiet, title=quiet):
    runs = {}
    title("Before  Friday 2026-11-06 and Sunday")
    people(t, say)
    title("D0  Monday 2026-11-09")
    runs["pay"] = payroll(t, say)
    sent(t, runs["pay"], say)
    runs["plan"] = distribution(t, say)
    sent(t, runs["plan"], say)
    runs["more"] = contractors(t, say)
    sent(t, runs["more"], say)
    bad_monday(t, say)
    title("D1  Tuesday")
    printer_confirms(t, runs, say)
    bank_rejects(t, runs, say)
    bad_tuesday(t, say)
    title("D2  Wednesday")
    closing = veterans_day(t, runs, say)
    bad_wednesday(t, say)
    title("D3  Thursday")
    closing, usd = thursday(t, runs, closing, say)
    bad_thursday(t, say)
    title("D4  Friday")
    friday(t, runs, closing, usd, say)
    runs["next"] = next_run(t, say)
    t.wait("the report is written", lambda: os.path.exists(report_path(t, "report.html")) and t.ask("status")["jobs"] == 0)
    return runs
