# SPDX-License-Identifier: Apache-2.0
"""ach - the bank's own reading and writing of NACHA files

read() goes through a file record by record and notes every fault it finds, as a sentence with the number of the record; it never
raises on bad bytes and never corrects anything.  A file without faults has the right order of records, counts, hashes, totals,
blocks, batch numbers, traces and check digits, and entries that their SEC code allows (ach_rules.py).  What one bank asks of
one customer (its routing number, its company ids, its calendar) is not said here but in bank.py.

write() is the opposite: it computes controls, block count and 9-fill for the batches it is given, and raises Unfit when a value does
not fit its field.  It shares the tables of fields with the reader and nothing with the gateway.
"""
import datetime
import re

import ach_rules

RECORD = 94
BLOCKING = 10
NINES = "9" * RECORD

# name, first position, last position, rule.  Rules: '=x' exactly x; N digits; n digits or blank; A text that must be there;
# a text; L text that must be there, left-justified; l text, left-justified; B blank; D a date; d a date or blank; T HHMM or blank.
FILE_HEADER = (
    ("priority", 2, 3, "=01"), ("destination", 4, 13, "A"), ("origin", 14, 23, "A"), ("date", 24, 29, "D"), ("time", 30, 33, "T"),
    ("modifier", 34, 34, "A"), ("size", 35, 37, "=094"), ("blocking", 38, 39, "=10"), ("format", 40, 40, "=1"),
    ("destination_name", 41, 63, "l"), ("origin_name", 64, 86, "l"), ("reference", 87, 94, "a"))
BATCH_HEADER = (
    ("service", 2, 4, "N"), ("company", 5, 20, "L"), ("discretionary", 21, 40, "a"), ("company_id", 41, 50, "L"), ("sec", 51, 53, "A"),
    ("description", 54, 63, "L"), ("descriptive", 64, 69, "a"), ("effective", 70, 75, "d"), ("settlement", 76, 78, "n"),
    ("status", 79, 79, "A"), ("odfi", 80, 87, "N"), ("number", 88, 94, "N"))
IAT_BATCH_HEADER = (
    ("service", 2, 4, "N"), ("company", 5, 20, "a"), ("fx", 21, 22, "A"), ("fx_kind", 23, 23, "a"), ("fx_reference", 24, 38, "a"),
    ("country", 39, 40, "A"), ("company_id", 41, 50, "L"), ("sec", 51, 53, "A"), ("description", 54, 63, "L"), ("from", 64, 66, "A"),
    ("to", 67, 69, "A"), ("effective", 70, 75, "d"), ("settlement", 76, 78, "n"), ("status", 79, 79, "A"), ("odfi", 80, 87, "N"),
    ("number", 88, 94, "N"))
ENTRY_HEAD = (("code", 2, 3, "N"), ("rdfi", 4, 11, "N"), ("check", 12, 12, "N"))
ENTRY_TAIL = (("discretionary", 77, 78, "a"), ("addenda", 79, 79, "N"), ("trace", 80, 94, "N"))
ENTRY = ENTRY_HEAD + (("account", 13, 29, "L"), ("amount", 30, 39, "N"), ("id", 40, 54, "a"), ("name", 55, 76, "l")) + ENTRY_TAIL
NAME_FIRST = ENTRY_HEAD + (("account", 13, 29, "L"), ("amount", 30, 39, "N"), ("name", 40, 54, "l"), ("id", 55, 76, "a")) + ENTRY_TAIL
COUNTED = ENTRY_HEAD + (("account", 13, 29, "L"), ("amount", 30, 39, "N"), ("id", 40, 54, "a"), ("count", 55, 58, "N"),
                        ("name", 59, 74, "l"), ("reserved", 75, 76, "B")) + ENTRY_TAIL
IAT_ENTRY = ENTRY_HEAD + (("count", 13, 16, "N"), ("reserved", 17, 29, "B"), ("amount", 30, 39, "N"), ("account", 40, 74, "L"),
                          ("reserved2", 75, 76, "B")) + ENTRY_TAIL
ADDENDA_05 = (("type", 2, 3, "=05"), ("info", 4, 83, "a"), ("sequence", 84, 87, "N"), ("entry", 88, 94, "N"))
ADDENDA_02 = (("type", 2, 3, "=02"), ("info", 4, 79, "a"), ("trace", 80, 94, "N"))
RETURN = (("type", 2, 3, "=99"), ("reason", 4, 6, "A"), ("original_trace", 7, 21, "N"), ("death", 22, 27, "d"),
          ("original_rdfi", 28, 35, "N"), ("info", 36, 79, "a"), ("trace", 80, 94, "N"))
CHANGE = (("type", 2, 3, "=98"), ("reason", 4, 6, "A"), ("original_trace", 7, 21, "N"), ("reserved", 22, 27, "B"),
          ("original_rdfi", 28, 35, "N"), ("data", 36, 64, "A"), ("reserved2", 65, 79, "B"), ("trace", 80, 94, "N"))
IAT_ADDENDA = (("type", 2, 3, "N"), ("info", 4, 87, "a"), ("entry", 88, 94, "N"))
BATCH_CONTROL = (
    ("service", 2, 4, "N"), ("count", 5, 10, "N"), ("hash", 11, 20, "N"), ("debit", 21, 32, "N"), ("credit", 33, 44, "N"),
    ("company_id", 45, 54, "l"), ("mac", 55, 73, "a"), ("reserved", 74, 79, "B"), ("odfi", 80, 87, "N"), ("number", 88, 94, "N"))
FILE_CONTROL = (
    ("batches", 2, 7, "N"), ("blocks", 8, 13, "N"), ("count", 14, 21, "N"), ("hash", 22, 31, "N"), ("debit", 32, 43, "N"),
    ("credit", 44, 55, "N"), ("reserved", 56, 94, "B"))
ADDENDA = {"02": ADDENDA_02, "05": ADDENDA_05, "98": CHANGE, "99": RETURN}


class Unfit(Exception):
    """A value that its field cannot hold, in words."""


# ---- what routing numbers and dates are ----

def check_digit(eight):
    """The ninth digit of a routing number."""
    return str(-sum(int(d) * w for d, w in zip(eight, (3, 7, 1, 3, 7, 1, 3, 7))) % 10)


def routing_fault(nine):
    """Why nine characters are no routing number, or None."""
    if not re.fullmatch("[0-9]{9}", nine):
        return "is not nine digits"
    first = int(nine[:2])
    if not (first <= 12 or 21 <= first <= 32 or 61 <= first <= 72 or first == 80):
        return f"begins with {nine[:2]}, which no district has"
    if check_digit(nine[:8]) != nine[8]:
        return f"has the check digit {nine[8]} where {check_digit(nine[:8])} is right"
    return None


def date_of(text):
    """YYMMDD as a date, or None."""
    try:
        return datetime.datetime.strptime(text, "%y%m%d").date() if re.fullmatch("[0-9]{6}", text) else None
    except ValueError:
        return None


def number(text):
    return int(text) if re.fullmatch("[0-9]+", text) else 0


# ---- reading one record by its table ----

def field_fault(rule, text):
    """What is wrong with a field's text under its rule, or None."""
    blank = not text.strip()
    if rule[0] == "=":
        return None if text == rule[1:] else f"must be '{rule[1:]}'"
    if rule in "ALN" and blank or rule == "D" and blank:
        return "is blank"
    if blank:
        return None
    if rule in "Nn" and not re.fullmatch("[0-9]+", text):
        return "is not all digits"
    if rule in "Ll" and text[0] == " ":
        return "is not left-justified"
    if rule == "B":
        return "is reserved and must be blank"
    if rule in "Dd" and date_of(text) is None:
        return "is no date"
    if rule == "T" and not re.fullmatch("([01][0-9]|2[0-3])[0-5][0-9]", text):
        return "is no time of day"
    return None


class Reader:
    def __init__(self, data):
        self.faults = []
        self.at = 0
        self.header = self.control = self.batch = self.entry = None
        self.batches = []
        self.fill = 0
        self.lines = self.cut(data)

    def fault(self, text, at=None):
        at = self.at if at is None else at
        self.faults.append(f"record {at}: {text}" if at else text)

    def cut(self, data):
        """The records of a file: lines, or one run of 94 characters each."""
        if not data:
            self.fault("the file is empty")
            return []
        if b"\n" in data:
            lines = [x[:-1] if x.endswith(b"\r") else x for x in data.split(b"\n")]
            lines = lines[:-1] if lines[-1] == b"" else lines
        else:
            lines = [data[i:i + RECORD] for i in range(0, len(data), RECORD)]
        for i, line in enumerate(lines, 1):
            if len(line) != RECORD:
                self.fault(f"has {len(line)} characters, not {RECORD}", i)
            if not all(0x20 <= c <= 0x7e for c in line):
                self.fault("has characters that ACH does not allow", i)
        return [line.decode("latin-1").ljust(RECORD)[:RECORD] for line in lines]

    def fields(self, table, line):
        got = {"at": self.at}
        for name, first, last, rule in table:
            text = line[first - 1:last]
            why = field_fault(rule, text)
            if why:
                self.fault(f"{name.replace('_', ' ')} '{text.strip()}' {why}")
            got[name] = text
        return got

    # ---- the order of records ----

    def run(self):
        step = {"1": self.on_header, "5": self.on_batch, "6": self.on_entry, "7": self.on_addenda, "8": self.on_batch_control,
                "9": self.on_file_control}
        for self.at, line in enumerate(self.lines, 1):
            if line[0] not in step:
                self.fault(f"type '{line[0]}' is not defined")
            elif self.at == 1 and line[0] != "1":
                self.fault("a file begins with its header")
                step[line[0]](line)
            elif self.control is not None and line != NINES:
                self.fault("stands behind the file control")
            else:
                step[line[0]](line)
        self.at = 0
        self.finish()
        return self

    def on_header(self, line):
        if self.header is not None:
            self.fault("a second file header")
            return
        self.header = self.fields(FILE_HEADER, line)
        if not re.fullmatch("[A-Z0-9]", self.header["modifier"]):
            self.fault(f"file id modifier '{self.header['modifier']}' is not A-Z or 0-9")

    def on_batch(self, line):
        if self.batch is not None:
            self.fault("a batch begins inside another")
        iat = line[50:53] == "IAT" or line[4:10] == "IATCOR"
        head = self.fields(IAT_BATCH_HEADER if iat else BATCH_HEADER, line)
        self.batch = {"header": head, "entries": [], "control": None, "iat": iat}
        self.batches.append(self.batch)
        self.entry = None
        for fault in ach_rules.batch_faults(head):
            self.fault(fault)
        before = [number(b["header"]["number"]) for b in self.batches[:-1]]
        if before and number(head["number"]) <= before[-1]:
            self.fault(f"batch number {head['number']} does not ascend")

    def on_entry(self, line):
        if self.batch is None:
            self.fault("an entry outside of a batch")
            return
        sec = self.batch["header"]["sec"]
        table = {"IAT": IAT_ENTRY, "MTE": NAME_FIRST, "CIE": NAME_FIRST, "CTX": COUNTED, "ENR": COUNTED, "TRX": COUNTED, "ATX": COUNTED}
        self.entry = dict(self.fields(table.get(sec, ENTRY), line), addendas=[], raw=line)
        why = routing_fault(self.entry["rdfi"] + self.entry["check"])
        if why:
            self.fault(f"routing number {self.entry['rdfi']}{self.entry['check']} {why}")
        self.batch["entries"].append(self.entry)

    def on_addenda(self, line):
        if self.batch is None or self.entry is None:
            self.fault("an addenda without an entry")
            return
        kind = line[1:3]
        if self.batch["iat"] and kind not in ("98", "99"):
            got = self.fields(IAT_ADDENDA, line)
        elif kind in ADDENDA:
            got = self.fields(ADDENDA[kind], line)
        else:
            self.fault(f"addenda type '{kind}' is not defined")
            got = {"type": kind, "at": self.at}
        self.entry["addendas"].append(dict(got, type=kind, raw=line))

    def on_batch_control(self, line):
        if self.batch is None:
            self.fault("a batch control without a batch")
            return
        control = self.batch["control"] = self.fields(BATCH_CONTROL, line)
        head = self.batch["header"]
        for name in ("service", "odfi", "number", "company_id"):
            if control[name] != head[name]:
                self.fault(f"{name.replace('_', ' ')} '{control[name].strip()}' differs from '{head[name].strip()}' of the batch header")
        self.compare(control, totals(self.batch["entries"]))
        for at, text in ach_rules.entries_faults(self.batch):
            self.fault(text, at)
        self.batch = self.entry = None

    def on_file_control(self, line):
        if self.control is not None:
            self.fill += 1
            return
        if self.batch is not None:
            self.fault("the file ends inside a batch")
        if line == NINES:
            self.fault("9-fill before the file control")
            return
        self.control = self.fields(FILE_CONTROL, line)
        self.compare(self.control, totals([e for b in self.batches for e in b["entries"]]))
        if number(self.control["batches"]) != len(self.batches):
            self.fault(f"says {number(self.control['batches'])} batches, the file has {len(self.batches)}")
        summed = {k: sum(number(b["control"][k]) for b in self.batches if b["control"]) for k in ("count", "hash", "debit", "credit")}
        summed["hash"] %= 10 ** 10
        for name, value in summed.items():
            if number(self.control[name]) != value:
                self.fault(f"{name} {number(self.control[name])} is not the sum of the batch controls, {value}")

    def compare(self, control, want):
        for name, value in want.items():
            if number(control[name]) != value:
                self.fault(f"says {name} {number(control[name])}, the entries give {value}")

    def finish(self):
        if self.lines and self.header is None:
            self.fault("the file header is missing")
        if self.lines and self.control is None:
            self.fault("the file is cut off: the file control is missing")
            return
        if not self.lines:
            return
        if not self.batches:
            self.fault("the file has no batch")
        if len(self.lines) % BLOCKING:
            self.fault(f"the last block is not filled: {len(self.lines)} records")
        if self.fill >= BLOCKING:
            self.fault(f"{self.fill} records of 9-fill are more than a block needs")
        if number(self.control["blocks"]) != -(-len(self.lines) // BLOCKING):
            self.fault(f"block count {number(self.control['blocks'])}, but {len(self.lines)} records are {-(-len(self.lines) // BLOCKING)} blocks")


def totals(entries):
    """What control records say about entries: count, hash, debit and credit."""
    money = {"C": 0, "D": 0}
    for e in entries:
        money[ach_rules.side(e["code"])] += number(e["amount"])
    return {"count": sum(1 + len(e["addendas"]) for e in entries), "hash": sum(number(e["rdfi"]) for e in entries) % 10 ** 10,
            "debit": money["D"], "credit": money["C"]}


def read(data):
    """A Reader with header, batches, control and faults of the file in `data`."""
    return Reader(data).run()


# ---- writing ----

def record(kind, table, **values):
    """One record of 94 characters: digits zero-filled on the left, text space-filled on the right, constants by themselves."""
    line = [" "] * RECORD
    line[0] = kind
    for name, first, last, rule in table:
        width = last - first + 1
        text = rule[1:] if rule[0] == "=" else str(values.pop(name, ""))
        if rule == "N":
            text = text.rjust(width, "0")
        if len(text) != width and len(text.rstrip()) > width or not text.isascii():
            raise Unfit(f"{name} '{text}' does not fit {width} characters")
        line[first - 1:last] = text[:width].ljust(width)
    if values:
        raise Unfit(f"no such field: {', '.join(sorted(values))}")
    return "".join(line)


def entry(table=ENTRY, addendas=(), **values):
    """An entry for write(); `addendas` are finished records."""
    values = dict(values, addenda="1" if addendas else "0")
    return {"raw": record("6", table, **values), "addendas": list(addendas), "code": values["code"], "rdfi": values["rdfi"],
            "amount": str(values["amount"])}


def write_batch(batch):
    head = batch["header"]
    lines = [record("5", BATCH_HEADER, **head)]
    for e in batch["entries"]:
        lines += [e["raw"], *e["addendas"]]
    same = {k: head[k] for k in ("service", "company_id", "odfi", "number")}
    return lines + [record("8", BATCH_CONTROL, **same, **totals(batch["entries"]))]


def write(header, batches):
    """The bytes of a file: `header` are fields of the file header, a batch is {header: fields, entries: [entry(), ...]}."""
    lines = [record("1", FILE_HEADER, **header)]
    for b in batches:
        lines += write_batch(b)
    blocks = -(-(len(lines) + 1) // BLOCKING)
    all_of_them = totals([e for b in batches for e in b["entries"]])
    lines.append(record("9", FILE_CONTROL, batches=len(batches), blocks=blocks, **all_of_them))
    lines += [NINES] * (blocks * BLOCKING - len(lines))
    return "".join(line + "\n" for line in lines).encode("ascii")


# ---- returns and notifications of change ----

# Where the parts of corrected data stand, 1-based inside its 29 characters.
CHANGE_PARTS = {"C01": ((1, 17),), "C02": ((1, 9),), "C03": ((1, 9), (13, 29)), "C05": ((1, 2),), "C06": ((1, 17), (21, 22)),
                "C07": ((1, 9), (10, 26), (27, 28)), "C09": ((1, 22),), "C13": ((1, 29),)}


def corrected_data(code, data):
    """The field of corrected data; the parts of C03, C06 and C07 are given with commas between."""
    places = CHANGE_PARTS.get(code)
    parts = data.split(",") if places and len(places) > 1 else [data]
    if places is None or len(parts) != len(places):
        raise Unfit(f"{code} with '{data}': no such change")
    field = [" "] * 29
    for (first, last), part in zip(places, parts):
        if not part or len(part) > last - first + 1:
            raise Unfit(f"{code}: '{part}' does not fit positions {first}-{last}")
        field[first - 1:first - 1 + len(part)] = part
    return "".join(field)


def came_back(original, batch, number_, sequence, settlement, reason, info="", death="", change=None, original_trace=None):
    """A batch with one return, or one notification of change, of `original`, which went out in a batch with the header `batch`."""
    trace = f"{original['rdfi']}{sequence:07d}"
    about = {"reason": reason, "original_trace": original_trace or original["trace"], "original_rdfi": original["rdfi"], "trace": trace}
    if change is None:
        addenda = record("7", RETURN, death=death, info=info, **about)
    else:
        addenda = record("7", CHANGE, data=corrected_data(reason, change), **about)
    head = {k: batch[k] for k in ("service", "company", "discretionary", "company_id", "description", "descriptive", "effective", "status")}
    head.update(sec="COR" if change is not None else batch["sec"], odfi=original["rdfi"], number=number_, settlement=settlement)
    code = original["code"][0] + ("1" if ach_rules.side(original["code"]) == "C" else "6")
    amount = 0 if change is not None else original["amount"]
    line = original["raw"]                      # copied but for what a return changes, so every layout of entries comes back as it went
    line = f"6{code}{batch['odfi']}{check_digit(batch['odfi'])}{line[12:29]}{amount:010d}{line[39:78]}1{trace}"
    return {"header": head, "entries": [{"raw": line, "addendas": [addenda], "code": code, "rdfi": batch["odfi"], "amount": str(amount)}]}
