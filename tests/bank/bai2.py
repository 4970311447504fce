# SPDX-License-Identifier: Apache-2.0
"""bai2 - the bank's own writing, and a small reading, of BAI2 version 2 files

write() makes a file of one group with one account from a plain description; every control total and record count is added up from the
records that were written.  read() takes such a file apart again and notes each fault as a sentence: nesting, counts, totals.  It
knows what this bank writes (no funds types with sub-fields, text on one line) and is no reader for the files of others.
Both are free of clocks: dates come in, the same description gives the same bytes.
"""
import re

HEADS = {"01": 8, "02": 7}


def yymmdd(date):
    return date.strftime("%y%m%d")


# ---- writing ----

def summary(code, amount, count=None):
    return [code, str(amount), "" if count is None else str(count), ""]


def account_records(account, currency, opening, details):
    """The 03 with its 88 and the 16 records, and the sum of their amounts.

    A detail is (code, amount, bank reference, text), and a fifth member where the customer's reference (a check's serial) stands."""
    credits = [d for d in details if int(d[0]) < 400]
    debits = [d for d in details if int(d[0]) >= 400]
    plus, minus = sum(d[1] for d in credits), sum(d[1] for d in debits)
    closing = opening + plus - minus
    lines = [",".join(["03", account, currency] + summary("010", opening) + summary("015", closing)) + "/",
             ",".join(["88"] + summary("100", plus, len(credits)) + summary("400", minus, len(debits))) + "/"]
    for code, amount, reference, text, *customer in details:
        customer = customer[0] if customer else ""
        if amount < 0 or re.search("[,/]", reference + customer) or not text or text[0] == "/" or not re.fullmatch("[ -~]+", text):
            raise ValueError(f"detail {code} '{reference}' '{text}' cannot be written")
        lines.append(f"16,{code},{amount},Z,{reference},{customer},{text}")
    return lines, opening + closing + 2 * (plus + minus)


def write(sender, receiver, created, as_of, account, opening, details, currency="USD", time="0600", file_id=1, modifier=2):
    """The bytes of a previous-day statement (modifier 2), or of an interim report of the same day (3)."""
    lines, total = account_records(account, currency, opening, details)
    group = [f"02,{receiver},{sender},1,{yymmdd(as_of)},,{currency},{modifier}/", *lines, f"49,{total},{len(lines) + 1}/"]
    group.append(f"98,{total},1,{len(group) + 1}/")
    every = [f"01,{sender},{receiver},{yymmdd(created)},{time},{file_id},,,2/", *group]
    every.append(f"99,{total},1,{len(every) + 1}/")
    return "".join(line + "\n" for line in every).encode("ascii")


# ---- reading it back ----

def logical(lines):
    """Records with their 88s joined: (first physical line, physical lines, fields).  Text of a 16 stays one field."""
    out = []
    for at, line in enumerate(lines, 1):
        body = line[:-1] if line.endswith("/") else line
        if line.startswith("88,") and out:
            first, n, fields = out[-1]
            out[-1] = (first, n + 1, fields + body.split(",")[1:])
        else:
            out.append((at, 1, body.split(",", 6) if line.startswith("16,") else body.split(",")))
    return out


class Reader:
    def __init__(self, data):
        self.faults, self.at = [], 0
        self.head = self.group = self.end = None
        self.accounts = []
        self.open = []                          # what is open: 01, 02, 03
        self.count = {"01": 0, "02": 0, "03": 0}  # physical records inside of each
        self.sums = {"01": 0, "02": 0, "03": 0}
        self.inside = {"01": 0, "02": 0}        # groups of the file, accounts of the group
        self.lines = data.decode("latin-1").split("\n")
        if self.lines[-1] == "":
            self.lines.pop()

    def fault(self, text):
        self.faults.append(f"line {self.at}: {text}" if self.at else text)

    def number(self, text, what):
        if not re.fullmatch("[+-]?[0-9]+", text):
            self.fault(f"{what} '{text}' is no number")
            return 0
        return int(text)

    def run(self):
        if not self.lines:
            self.fault("the file is empty")
            return self
        for self.at, physical, fields in logical(self.lines):
            kind = fields[0]
            if kind in ("01", "02", "03"):
                self.begin(kind, fields)
            for level in self.open:
                self.count[level] += physical
            if kind == "16":
                self.detail(fields)
            elif kind in ("49", "98", "99"):
                self.close({"49": "03", "98": "02", "99": "01"}[kind], fields)
            elif kind not in ("01", "02", "03"):
                self.fault(f"record code '{kind}' is not known")
        self.at = 0
        if self.end is None:
            self.fault("the file is cut off: 99 is missing")
        return self

    def begin(self, kind, fields):
        above = {"01": [], "02": ["01"], "03": ["01", "02"]}[kind]
        if self.open != above or self.end is not None:
            self.fault(f"{kind} is not expected here")
        self.open = above + [kind]
        self.count[kind] = self.sums[kind] = 0
        if kind in HEADS and len(fields) != HEADS[kind] + 1:
            self.fault(f"{kind} has {len(fields) - 1} fields, not {HEADS[kind]}")
        if kind == "01":
            self.head = fields
            if fields[-1] != "2":
                self.fault("the version is not 2")
        elif kind == "02":
            self.group = fields
            self.inside["01"] += 1
            self.inside["02"] = 0
        else:
            self.inside["02"] += 1
            self.account(fields)

    def account(self, fields):
        rest = fields[3:]
        if len(rest) % 4:
            self.fault("03 does not end with a whole summary")
        sums = {rest[i]: self.number(rest[i + 1], "amount") for i in range(0, len(rest) - 3, 4)}
        self.accounts.append({"account": fields[1], "summary": sums, "details": []})
        self.sums["03"] += sum(sums.values())

    def detail(self, fields):
        if "03" not in self.open or len(fields) < 7:
            self.fault("16 outside of an account, or too short")
            return
        amount = self.number(fields[2], "amount")
        self.sums["03"] += amount
        self.accounts[-1]["details"].append((fields[1], amount, fields[4], fields[6]))

    def close(self, level, fields):
        if not self.open or self.open[-1] != level:
            self.fault(f"{fields[0]} is not expected here")
            return
        want = [self.sums[level]] + ([self.inside[level]] if level in self.inside else []) + [self.count[level]]
        got = [self.number(f, "number") for f in fields[1:]]
        if got != want:
            self.fault(f"{fields[0]} says {got}, the records give {want}")
        if level == "03":
            self.balance(self.accounts[-1])
        self.open.pop()
        if self.open:
            self.sums[self.open[-1]] += self.sums[level]
        else:
            self.end = fields

    def balance(self, account):
        plus = sum(d[1] for d in account["details"] if int(d[0]) < 400)
        minus = sum(d[1] for d in account["details"] if int(d[0]) >= 400)
        s = account["summary"]
        if (s.get("100"), s.get("400")) != (plus, minus) or s.get("015") != s.get("010", 0) + plus - minus:
            self.fault(f"account {account['account']}: balances and details disagree")


def read(data):
    """A Reader with head, group, accounts and faults."""
    return Reader(data).run()
