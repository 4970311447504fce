#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""the bank that the gateway is played against refuses wrong files, and its own files are right

A bank that accepts anything proves nothing.  From one good file, made here by the bank's writer of forward files, each sentence makes
one fault (in a field of a finished record, or in what is asked of the writer so that all sums stay right) and wants the refusal
to name it, and a single refusal where one fault is one fault.  Then statements and returns are held against their own readers.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BANK = os.path.join(os.path.dirname(HERE), "bank")
sys.path.insert(0, BANK)
sys.dont_write_bytecode = True
import ach  # noqa: E402
import bai2  # noqa: E402
import bank  # noqa: E402

ODFI, ACCOUNT = "12345678", "000123456789"
PEOPLE = [("E1001", "Ada Marlow", "231380104", "40858423869", 187082), ("E1002", "Grace Quist", "121042882", "883209919", 224216),
          ("E1003", "Alan Tanner", "062000019", "48262943169", 175324)]
count = failed = 0


def ok(good_, sentence, why=""):
    global count, failed
    count += 1
    failed += not good_
    print(f"{'ok' if good_ else 'not ok'} {count} - {sentence}", flush=True)
    if not good_ and why:
        print(f"# {why}", flush=True)


# ---- a good file ----

def file_header(**change):
    return dict({"destination": " 123456780", "origin": "1234567890", "date": "261109", "time": "0800", "modifier": "A",
                 "destination_name": "FIRST BANK", "origin_name": "ACME WIDGETS"}, **change)


def batch_header(**change):
    return dict({"service": "220", "company": "ACME WIDGETS", "company_id": "1234567890", "sec": "PPD", "description": "PAYROLL",
                 "descriptive": "261110", "effective": "261110", "status": "1", "odfi": ODFI, "number": 1}, **change)


def pay(i, addendas=(), table=ach.ENTRY, **change):
    person, name, routing, account, amount = PEOPLE[i]
    values = {"code": "22", "rdfi": routing[:8], "check": routing[8], "account": account, "amount": amount, "id": person, "name": name,
              "trace": f"{ODFI}{i + 1:07d}"}
    return ach.entry(table, addendas, **dict(values, **change))


def good(header=None, batch=None, entries=None, batches=None):
    """The good file: three people in a batch; with words, the same file but for what they say and with right sums."""
    if batches is None:
        batches = [{"header": batch_header(**batch or {}), "entries": entries or [pay(0), pay(1), pay(2)]}]
    return ach.write(file_header(**header or {}), batches)


def edit(at, first, text, data=None):
    """The good file with other characters in record `at` (from 1) from position `first` (from 1)."""
    lines = (data or good()).decode().split("\n")
    line = lines[at - 1]
    lines[at - 1] = line[:first - 1] + text + line[first - 1 + len(text):]
    return "\n".join(lines).encode()


def order(*at):
    """The good file with its records in this order."""
    lines = good().decode().split("\n")
    return "".join(lines[i - 1] + "\n" for i in at).encode()


def judge(data, state=None, name="X.ach"):
    return bank.judge(name, data, state if state is not None else {"files": [], "refused": []})


def refused(sentence, data, want, single=True):
    why = judge(data)["why"]
    ok(any(want in w for w in why) and (not single or len(why) == 1), f"refused: {sentence}", f"wanted '{want}', got {why}")


def addenda(sequence="0001", trace=f"{ODFI}0000001"):
    return ach.record("7", ach.ADDENDA_05, info="THANK YOU", sequence=sequence, entry=trace[-7:])


# ---- the sentences ----

def accepts():
    verdict = judge(good())
    ok(verdict["verdict"] == "accepted" and verdict["why"] == [], "the good file is accepted", verdict["why"])
    ok((verdict["batches"], verdict["entries"], verdict["debit_minor"], verdict["credit_minor"]) == (1, 3, 0, 586622),
       "with its counts and totals")
    ok(judge(good().replace(b"\n", b"\r\n"))["why"] == [], "CRLF is accepted")
    ok(judge(good().replace(b"\n", b""))["why"] == [], "so are records without separators")
    ok(judge(good(entries=[pay(0, [addenda()]), pay(1)]))["why"] == [], "so is an addenda 05 in its place")
    ok(judge(good(entries=[pay(0, trace=f"{ODFI}0000005"), pay(1, trace=f"{ODFI}0000900")]))["why"] == [], "traces may have gaps")
    prenote = pay(0, code="23", amount=0)
    ok(judge(good(entries=[prenote]))["why"] == [], "a prenote of zero is accepted")
    offset = pay(1, code="27", amount=187082, rdfi=ODFI, check="0", account=ACCOUNT)
    ok(judge(good(batch={"service": "200"}, entries=[pay(0), offset]))["why"] == [], "a balanced file of service class 200 is accepted")


def shape():
    refused("an empty file", b"", "the file is empty")
    refused("a file cut before its trailer", order(1, 2, 3, 4, 5, 6), "the file control is missing")
    refused("a file cut inside a record", good()[:400], "characters, not 94", single=False)
    refused("a file without 9-fill", order(1, 2, 3, 4, 5, 6, 7), "the last block is not filled")
    refused("a block of 9-fill too many", edit(7, 8, "000002", good() + (ach.NINES + "\n").encode() * 10), "more than a block needs")
    refused("a wrong block count", edit(7, 8, "000002"), "block count 2")
    refused("a record of 93 characters", good()[:93] + good()[94:], "has 93 characters")
    refused("a record type that does not exist", edit(4, 1, "4"), "type '4' is not defined", single=False)
    refused("a letter beyond ASCII", good().replace(b"Ada", b"\xc4da"), "characters that ACH does not allow")
    refused("a file that begins with a batch", order(2, 1, 3, 4, 5, 6, 7, 8, 9, 10), "begins with its header", single=False)
    refused("a second file header", order(1, 1, 2, 3, 4, 5, 6, 7, 8, 9), "a second file header")
    refused("an entry before its batch", order(1, 3, 2, 4, 5, 6, 7, 8, 9, 10), "an entry outside of a batch", single=False)
    refused("a batch inside a batch", order(1, 2, 2, 3, 4, 5, 6, 7, 8, 9), "begins inside another", single=False)
    refused("a file that ends inside a batch", order(1, 2, 3, 4, 5, 7, 8, 9, 10, 10), "ends inside a batch", single=False)
    refused("records behind the file control", order(1, 2, 3, 4, 5, 6, 7, 3, 9, 10), "behind the file control")
    refused("a batch without entries", good(batches=[{"header": batch_header(), "entries": []}]), "has no entry")
    refused("a file without batches", good(batches=[]), "has no batch")


def header_fields():
    refused("priority code 02", edit(1, 2, "02"), "priority '02' must be '01'")
    refused("record size 095", edit(1, 35, "095"), "size '095' must be '094'")
    refused("blocking factor 20", edit(1, 38, "20"), "blocking '20' must be '10'")
    refused("format code 2", edit(1, 40, "2"), "format '2' must be '1'")
    refused("a lower-case file id modifier", edit(1, 34, "a"), "modifier 'a'")
    refused("31 November as creation date", edit(1, 24, "261131"), "is no date")
    refused("25 o'clock as creation time", edit(1, 30, "2500"), "is no time of day")
    refused("another bank's number as destination", edit(1, 4, " 231380104"), "is not this bank")
    refused("an origin that is no customer", edit(1, 14, "9999999999"), "origin '9999999999' is not known")


def controls():
    batch = {"count": (10, "4"), "hash": (20, "0"), "debit": (32, "1"), "credit": (44, "3")}
    whole = {"count": (21, "4"), "hash": (31, "0"), "debit": (43, "1"), "credit": (55, "3")}
    for at, what, places in ((6, "batch", batch), (7, "file", whole)):
        for field, (place, digit) in places.items():
            refused(f"a wrong {field} in the {what} control", edit(at, place, digit), f"record {at}: says {field}", single=False)
    refused("a wrong number of batches", edit(7, 7, "2"), "says 2 batches, the file has 1")
    refused("letters in a total", edit(6, 33, "X"), "is not all digits", single=False)
    refused("text in the reserved part of the file control", edit(7, 60, "X"), "is reserved")
    refused("another service class in the batch control", edit(6, 2, "225"), "service '225' differs")
    refused("another ODFI in the batch control", edit(6, 80, "06200001"), "odfi '06200001' differs")
    refused("another batch number in the batch control", edit(6, 94, "2"), "number '0000002' differs")
    refused("another company id in the batch control", edit(6, 45, "1234567891"), "company id '1234567891' differs")


def batches():
    one = {"header": batch_header(number=1), "entries": [pay(0)]}
    two = {"header": batch_header(number=2), "entries": [pay(1)]}
    ok(judge(good(batches=[one, two]))["why"] == [], "two batches in order are accepted")
    refused("batch numbers that go down", good(batches=[two, one]), "batch number 0000001 does not ascend")
    refused("the same batch number twice", good(batches=[one, one]), "does not ascend")
    refused("service class 280", good(batch={"service": "280"}), "service class code 280")
    refused("credits in a batch of debits", good(batch={"service": "225"}, entries=[pay(0)]), "in a batch of service class 225")
    refused("an SEC code that does not exist", good(batch={"sec": "PPX"}), "SEC code 'PPX'")
    refused("a lower-case SEC code", good(batch={"sec": "ppd"}), "SEC code 'ppd'")
    refused("originator status 7", good(batch={"status": "7"}), "originator status '7'")
    refused("a blank company name", good(batch={"company": ""}), "company '' is blank")
    refused("an entry description of zeros", good(batch={"sec": "CCD", "description": "0000"}), "description is all zero")
    refused("wages that do not say PAYROLL", good(batch={"description": "SALARY"}), "say PAYROLL")
    refused("wages that say it in lower case", good(batch={"description": "Payroll"}), "say PAYROLL")
    refused("a company that is no customer", good(batch={"company_id": "5555555555"}), "is no customer of ours")
    other = [pay(0, trace="062000010000001")]
    refused("another bank as ODFI", good(batch={"odfi": "06200001"}, entries=other), "is not this bank")
    refused("no effective date", good(batch={"effective": ""}), "effective date is missing")
    refused("an effective date on Veterans Day", good(batch={"effective": "261111"}), "is no banking day")
    refused("an effective date on a Saturday", good(batch={"effective": "261114"}), "is no banking day")
    refused("an effective date before the creation date", good(batch={"effective": "261106"}), "is before the creation date")
    refused("a settlement date that only the operator fills", good(batch={"settlement": "314"}), "the operator's to fill")


def entries():
    refused("traces that do not ascend", good(entries=[pay(1), pay(0)]), "does not ascend")
    refused("the same trace twice", good(entries=[pay(0), pay(1, trace=f"{ODFI}0000001")]), "does not ascend")
    refused("a trace of another ODFI", good(entries=[pay(0, trace="062000010000001")]), "does not begin with the ODFI")
    refused("a wrong check digit", edit(3, 12, "5"), "has the check digit 5 where 4 is right")
    refused("a routing number of no district", good(entries=[pay(0, rdfi="99999999", check=ach.check_digit("99999999"))]),
            "no district has")
    refused("transaction code 20", good(entries=[pay(0, code="20")], batch={"service": "200"}), "transaction code 20 does not exist")
    refused("a debit in a batch of credits", good(entries=[pay(0, code="27")]), "in a batch of service class 220")
    refused("a zero-dollar code in PPD", good(entries=[pay(0, code="24", amount=0)]), "is not for PPD")
    refused("a payment of nothing", good(entries=[pay(0, amount=0)]), "the amount is zero")
    refused("a prenote with money", good(entries=[pay(0, code="23")]), "carries no money")
    refused("a blank account", good(entries=[pay(0, account="")]), "account '' is blank")
    refused("an account that is not left-justified", good(entries=[pay(0, account="  4085842386")]), "is not left-justified")
    refused("an amount with a decimal point", edit(3, 37, "."), "is not all digits", single=False)
    refused("a credit in TEL", good(batch={"sec": "TEL", "description": "PURCHASE"}), "TEL takes no credits", single=False)
    refused("a debit of an account by CIE", good(batch={"sec": "CIE",
            "service": "225"}, entries=[pay(0, table=ach.NAME_FIRST, code="27", name="MARLOW")]),
            "CIE takes no debits")
    refused("a debit of a loan", good(batch={"sec": "CCD", "service": "225"}, entries=[pay(0, code="55")]), "by reversals only")
    refused("WEB without a name", good(batch={"sec": "WEB", "service": "225"}, entries=[pay(0, code="27", name="", discretionary="S")]),
            "WEB needs a name")
    refused("WEB of an unknown payment type", good(batch={"sec": "WEB", "service": "225"}, entries=[pay(0, code="27", discretionary="X")]),
            "payment type")
    refused("ARC of more than 25,000 dollars", good(batch={"sec": "ARC", "service": "225"}, entries=[pay(0, code="27", amount=2500001)]),
            "more than ARC allows")
    refused("a return sent to the bank", back_to_bank(), "come from the bank, not to it")
    mixed = [pay(0), dict(pay(1), raw=pay(1, code="21")["raw"], code="21")]
    refused("forward entries and returns in one batch", good(entries=mixed), "mixes forward and return", single=False)


def back_to_bank():
    state = {"files": [], "refused": []}
    judge(good(), state)
    f = state["files"][0]
    returned = ach.came_back(f["batches"][0]["entries"][0], f["batches"][0]["header"], 1, 1, "", "R02")
    returned["header"]["odfi"] = ODFI
    line = returned["entries"][0]
    line["raw"] = line["raw"][:79] + ODFI + line["raw"][87:]
    line["addendas"] = [line["addendas"][0][:79] + ODFI + line["addendas"][0][87:]]
    return good(batches=[returned])


def addendas():
    refused("an addenda that the entry does not announce", edit(3, 79, "0", good(entries=[pay(0, [addenda()])])), "addenda indicator 0")
    refused("an announced addenda that is not there", edit(3, 79, "1"), "addenda indicator 1")
    refused("an indicator of 2", edit(3, 79, "2"), "addenda indicator 2")
    refused("two addenda in PPD", good(entries=[pay(0, [addenda(), addenda("0002")])]), "2 addenda where PPD takes 0 to 1")
    refused("an addenda sequence that begins at 2", good(entries=[pay(0, [addenda("0002")])]), "where 0001 is next")
    refused("an addenda of another entry", good(entries=[pay(0, [addenda(trace=f'{ODFI}0000009')])]), "is not the entry's")
    refused("an addenda 02 in PPD", good(entries=[pay(0, [ach.record('7', ach.ADDENDA_02, trace=f'{ODFI}0000001')])]), "where PPD takes 05")
    refused("an addenda type that does not exist", edit(4, 2, "77", good(entries=[pay(0, [addenda()])])),
            "'77' is not defined", single=False)
    ctx = dict(table=ach.COUNTED, name="ADA MARLOW LTD", count=1)
    ok(judge(good(batch={"sec": "CTX"}, entries=[pay(0, [addenda()], **ctx)]))["why"] == [], "a CTX that counts its addenda is accepted")
    refused("a CTX that counts them wrong", good(batch={"sec": "CTX"}, entries=[pay(0, [addenda()], **dict(ctx, count=2))]),
            "says 2 addenda, has 1")
    refused("a zero-dollar CCD without remittance", good(batch={"sec": "CCD"}, entries=[pay(0, code="24", amount=0)]),
            "0 addenda where CCD takes 1")


def every_digit():
    """No digit of a control or of an amount can be turned and stay unseen."""
    places = [(at, p) for at in (6, 7) for p in range(2 if at == 7 else 5, 56 if at == 7 else 45)] + [(at, p) for at in (3, 4, 5) for p in (*range(4, 13), *range(30, 40))]
    unseen = []
    for at, place in places:
        was = good().decode().split("\n")[at - 1][place - 1]
        if judge(edit(at, place, "7" if was != "7" else "3"))["verdict"] == "accepted":
            unseen.append((at, place))
    ok(not unseen, f"each of {len(places)} digits of routing numbers, amounts, counts, hashes and totals, turned alone, is seen", unseen)


def duplicates():
    state = {"files": [], "refused": []}
    judge(good(), state, "A.ach")
    other = good(entries=[pay(0)])
    why = judge(other, state, "B.ach")["why"]
    ok(len(why) == 1 and "duplicate: 1234567890-261109-0800-A" in why[0], "refused: the same origin, date, time and modifier again", why)
    why = judge(good(), state, "B.ach")["why"]
    ok(any("the same bytes" in w for w in why), "refused: the same bytes under another name", why)
    why = judge(good(header={"modifier": "B"}, entries=[pay(0)]), state, "A.ach")["why"]
    ok(len(why) == 1 and "with other content" in why[0], "refused: an accepted name with other content", why)
    ok(judge(good(header={"modifier": "B"}), state, "B.ach")["why"] == [], "the next modifier is accepted")
    ok([len(state["files"]), len(state["refused"])] == [2, 3], "what was refused settles nothing")


# ---- the command ----

class Desk:
    """A bank in a directory."""

    def __init__(self, home):
        self.home, self.state = home, os.path.join(home, "state.json")
        for d in ("in", "out"):
            os.mkdir(os.path.join(home, d))

    def put(self, name, data, folder="in"):
        with open(os.path.join(self.home, folder, name), "wb") as f:
            f.write(data)

    def get(self, name):
        with open(os.path.join(self.home, "out", name), "rb") as f:
            return f.read()

    def run(self, *args):
        return subprocess.run(["/usr/bin/python3", "-B", os.path.join(BANK, "bank.py"), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False, timeout=60)

    def accept(self):
        done = self.run("accept", os.path.join(self.home, "in"), self.state)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def statement(self, *args):
        return self.run("statement", self.state, os.path.join(self.home, "out"), "--created", "2026-11-12", "--account", ACCOUNT, *args)

    def returns(self, *args):
        return self.run("returns", self.state, os.path.join(self.home, "out"), "--created", "2026-11-12", *args)

    def corrupt(self, kind, name):
        out = os.path.join(self.home, "out", kind)
        return self.run("corrupt", kind, os.path.join(self.home, "out", name), out).returncode, kind


def accept_command(desk):
    desk.put("A.ach", good())
    desk.put(".B.ach", b"half")
    desk.put("C.ach.part", b"half")
    code, lines = desk.accept()
    ok(code == 0 and [(x["file"], x["verdict"]) for x in lines] == [("A.ach", "accepted")],
       "accept looks at *.ach only and not at dot names", lines)
    ok(desk.accept() == (0, []), "a file that was judged is not judged again")
    desk.put("D.ach", edit(7, 55, "3", good(header={"modifier": "B"})))
    code, lines = desk.accept()
    ok(code == 1 and lines[0]["verdict"] == "refused" and lines[0]["why"], "a refused file is exit 1 with its reasons", lines)
    desk.put("D.ach", good(header={"modifier": "B"}, batch={"effective": "261112"}, entries=[pay(1)]))
    ok(desk.accept()[0] == 0, "and may come again repaired")
    desk.put("A.ach", good(header={"modifier": "C"}))
    ok(desk.accept()[0] == 1, "an accepted name may not come with other content")


def statement_command(desk):
    done = desk.statement("--as-of", "2026-11-10", "--fee", "2500", "--deposit", "120000")
    data = desk.get("FIRST-20261110.bai")
    read = bai2.read(data)
    ok(done.returncode == 0 and not read.faults, "a statement's counts and totals are right", (done.stderr, read.faults))
    a = read.accounts[0]
    ok([(d[0], d[1]) for d in a["details"]] == [("455", 586622), ("698", 2500), ("301", 120000)],
       "it has one debit for the file that was effective that day, the fee and the deposit", a)
    ok(a["details"][0][3] == "ACH SETTLEMENT ACME WIDGETS 1234567890 PAYROLL", "the debit says whose file it was", a["details"])
    ok(a["summary"] == {"010": 100000000, "015": 99530878, "100": 120000, "400": 589122},
       "balances and totals follow from the lines", a["summary"])
    ok(read.group[3:5] == ["1", "261110"] and read.group[-1] == "2", "it is a final update of the day before", read.group)
    os.unlink(os.path.join(desk.home, "out", "FIRST-20261110.bai"))
    desk.statement("--as-of", "2026-11-10", "--fee", "2500", "--deposit", "120000")
    ok(desk.get("FIRST-20261110.bai") == data, "made again it is the same byte for byte")
    desk.statement("--as-of", "2026-11-09", "--name", "quiet.bai")
    ok(bai2.read(desk.get("quiet.bai")).accounts[0]["details"] == [] and not bai2.read(desk.get("quiet.bai")).faults,
       "a day without settlement has balances only")
    lines = data.decode().splitlines()
    for at, field, what in ((3, 4, "a balance"), (5, 2, "a detail"), (8, 1, "49"), (8, 2, "the count of 49"), (9, 1, "98"), (9, 2, "98's accounts"), (10, 3, "99's records")):
        wrong = data.decode().splitlines()
        words = wrong[at - 1].rstrip("/").split(",")
        words[field] = str(int(words[field]) + 1)
        wrong[at - 1] = ",".join(words) + ("/" if at != 5 else "")
        ok(bai2.read("\n".join(wrong).encode()).faults, f"the small reader sees another number in {what}", wrong[at - 1])


def returns_command(desk):
    args = ("--return", "E1003=R02", "--return", "E1001=R03", "--change", f"{ODFI}0000003=C01:70707070707")
    done = desk.returns(*args)
    data = desk.get("FIRST-RET-20261112.ret")
    read = ach.read(data)
    ok(done.returncode == 0 and not read.faults, "a return file is right by the bank's own reader", (done.stderr, read.faults))
    first, _, third = read.batches
    e, a = first["entries"][0], first["entries"][0]["addendas"][0]
    ok((first["header"]["sec"], first["header"]["odfi"], e["code"], e["rdfi"] + e["check"], int(e["amount"])) == ("PPD", "06200001", "21",
       "123456780", 175324),
       "a return keeps SEC and amount, comes from the RDFI and goes to the ODFI", e)
    ok((a["reason"], a["original_trace"], a["original_rdfi"], a["trace"]) == ("R02", f"{ODFI}0000003", "06200001", e["trace"]),
       "its addenda names the original", a)
    e, a = third["entries"][0], third["entries"][0]["addendas"][0]
    ok((third["header"]["sec"], int(e["amount"]), a["reason"], a["data"].rstrip()) == ("COR", 0, "C01", "70707070707"),
       "a change is COR, without money", a)
    ok(len({b["entries"][0]["trace"] for b in read.batches}) == 3, "each has a trace of its own")
    desk.returns(*args, "--name", "again.ret")
    ok(desk.get("again.ret") == data, "made again it is the same byte for byte")
    desk.returns("--unknown-trace", "--name", "unknown.ret")
    lost = ach.read(desk.get("unknown.ret")).batches[0]["entries"][0]["addendas"][0]
    ok(lost["original_trace"] not in (f"{ODFI}{n:07d}" for n in (1, 2, 3)), "an unknown trace was never sent", lost)
    for words, what in ((("--return", "E9999=R02"), "a person who was never paid"), (("--return", "E1001=R99"), "a reason that does not exist"),
                        (("--change", "E1001=C05:270"), "a change that does not fit"), ((), "nothing")):
        ok(desk.returns(*words, "--name", "no.ret").returncode == 2 and not os.path.exists(os.path.join(desk.home, "out", "no.ret")),
           f"{what} is not returned")


def ack_command(desk):
    done = desk.run("ack", desk.state, os.path.join(desk.home, "out"), "--created", "2026-11-10", "--name", "ack.csv")
    rows = desk.get("ack.csv").decode().splitlines()
    ok(done.returncode == 0 and len(rows) > 1 and rows[0] == "FileName,Reference,Status,ReasonCode,ReasonText,Entries,Amount" and ",ACCEPTED,,," in rows[1],
       "an acknowledgement names each file that was taken, with the verdict", (done.stderr, rows))
    ok(desk.run("ack", desk.state, os.path.join(desk.home, "out"), "--created", "2026-11-10", "--name", "again.csv").returncode == 2, "a file is acknowledged once")
    ok(desk.run("ack", desk.state, os.path.join(desk.home, "out"), "--created", "2026-11-10", "--reject", "never.ach=B01:NO").returncode == 2, "a file that never came is not rejected")


def paid_checks(desk):
    desk.statement("--as-of", "2026-11-09", "--name", "paid.bai", "--paid", "100001=12345", "--credit", "175324")
    read = bai2.read(desk.get("paid.bai"))
    ok(not read.faults and [d[:2] for d in read.accounts[0]["details"]] == [("257", 175324), ("475", 12345)] and b",100001,CHECK PAID" in desk.get("paid.bai"),
       "a paid check is posted under its serial, a returned entry as a credit", read.faults)
    desk.statement("--as-of", "2026-11-09", "--name", "now.bai", "--fee", "10", "--modifier", "3")
    ok(bai2.read(desk.get("now.bai")).group[-1] == "3", "an interim report says that it is one")


def samples_again(desk):
    """The day's files are those that its program makes."""
    where = os.path.join(os.path.dirname(os.path.dirname(HERE)), "samples", "day")
    out = os.path.join(desk.home, "day")
    os.mkdir(out)
    subprocess.run(["/usr/bin/python3", "-B", os.path.join(where, "make.py"), out], check=True, timeout=60)
    for name in sorted(os.listdir(out)):
        with open(os.path.join(out, name), "rb") as a, open(os.path.join(where, name), "rb") as b:
            ok(a.read() == b.read(), f"samples/day/make.py makes {name} as it lies there")


def corrupt_command(desk):
    for kind, want in (("truncated", "cut off"), ("wrong-total", "credit"), ("wrong-hash", "hash"), ("empty", "empty")):
        code, name = desk.corrupt(kind, "FIRST-RET-20261112.ret")
        ok(code == 0 and any(want in f for f in ach.read(desk.get(name)).faults), f"corrupt makes a return file with the fault '{kind}'")
    code, name = desk.corrupt("unknown-trace", "FIRST-RET-20261112.ret")
    read = ach.read(desk.get(name))
    ok(code == 0 and not read.faults and read.batches[0]["entries"][0]["addendas"][0]["original_trace"] == f"{ODFI}9999999",
       "and one whose form is right and whose trace is not")
    for kind, want in (("truncated", "cut off"), ("wrong-total", "99 says"), ("empty", "empty")):
        code, name = desk.corrupt(kind, "FIRST-20261110.bai")
        ok(code == 0 and any(want in f for f in bai2.read(desk.get(name)).faults), f"corrupt makes a statement with the fault '{kind}'")
    ok(desk.corrupt("wrong-hash", "FIRST-20261110.bai")[0] == 2, "a statement has no hash to make wrong")


def main():
    for part in (accepts, shape, header_fields, controls, batches, entries, addendas, every_digit, duplicates):
        part()
    with tempfile.TemporaryDirectory(prefix="bank-") as home:
        desk = Desk(home)
        for part in (accept_command, statement_command, returns_command, ack_command, paid_checks, corrupt_command, samples_again):
            part(desk)
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
