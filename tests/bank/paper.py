# SPDX-License-Identifier: Apache-2.0
"""paper - what the bank's check desk, the printer and the trustee read: positive-pay files, check print files, rollover files

read_pospay(data, layout), read_checks(data) and read_rollovers(data) go through a file line by line, add up everything again and
note each fault as a sentence; they never raise on bad bytes and never correct anything.  They are written from the banks' pages
(positive pay) and from docs/records.md (print and rollover files) and share nothing with the gateway.

A reading is {"items": [...], "faults": [...], "total": cents, "header": {...}}.
"""
import datetime
import re

# name, first, last, rule.  N digits, zero-filled; $ cents; . dollars with a point; a text, left; r text, right; D8 YYYYMMDD, U8 MMDDYYYY,
# U6 MMDDYY; '=x' exactly x; '[..]' one of these characters; small n, d8 ... may be blank; b blank.
POSPAY = {
    "bofa80": {"width": 80, "header": (("bank", 1, 8, "a!"), ("account", 9, 18, "N"), ("date", 19, 26, "D8"), ("fill", 27, 80, "b")),
               "check": (("serial", 1, 10, "N"), ("amount", 11, 20, "$"), ("account", 21, 30, "N"), ("date", 31, 36, "U6"), ("fill", 37, 37, "b"),
                         ("payee", 38, 80, "a!")),
               "trailer": (("mark", 1, 4, "=1EOF"), ("fill", 5, 5, "b"), ("count", 6, 10, "N"), ("fill", 11, 30, "b"), ("hash", 31, 40, "N"),
                           ("total", 41, 50, "$"), ("fill", 51, 80, "b"))},
    "pnc": {"width": 139, "check": (("account", 1, 10, "N"), ("serial", 11, 20, "N"), ("amount", 21, 31, "."), ("date", 32, 39, "U8"),
                                    ("payee", 40, 89, "a!"), ("payee2", 90, 139, "a"))},
    "generic100": {"width": 100, "check": (("account", 1, 12, "N"), ("void", 13, 13, "[2 ]"), ("fill", 14, 15, "b"), ("serial", 16, 25, "N"),
                                           ("amount", 26, 37, "$"), ("date", 38, 45, "D8"), ("fill", 46, 46, "b"), ("payee", 47, 100, "a"))},
    "firstamerican79": {"width": 79, "check": (("account", 1, 11, "N"), ("serial", 12, 21, "N"), ("date", 22, 29, "U8"), ("amount", 30, 39, "$"),
                                               ("payee", 40, 69, "a!"), ("fill", 70, 70, "b"), ("void", 71, 71, "[V ]"), ("voided", 72, 79, "u8"))},
    "firstambank109": {"width": 109, "check": (("account", 1, 19, "N"), ("date", 20, 27, "U8"), ("serial", 28, 37, "N"), ("amount", 38, 47, "$"),
                                               ("payee", 48, 87, "a"), ("user", 88, 107, "a"), ("type", 108, 108, "=R"), ("action", 109, 109, "=A"))},
    "cougar60": {"width": 60, "check": (("account", 1, 12, "N"), ("stop", 13, 13, "=0"), ("void", 14, 14, "[0V]"), ("serial", 15, 24, "N"),
                                        ("amount", 25, 34, "$"), ("date", 35, 40, "U6"), ("payee", 41, 60, "a"))},
}

CHECK = {
    "H": (("type", 1, 1, "=H"), ("kind", 2, 11, "=TALLYCHECK"), ("version", 12, 13, "=01"), ("date", 14, 21, "D8"), ("time", 22, 27, "a"),
          ("id", 28, 59, "a"), ("reference", 60, 99, "a"), ("sender", 100, 139, "a"), ("receiver", 140, 179, "a"), ("company", 180, 219, "a"),
          ("company_id", 220, 239, "a"), ("description", 240, 259, "a"), ("effective", 260, 267, "d8"), ("fill", 268, 480, "b")),
    "C": (("type", 1, 1, "=C"), ("number", 2, 8, "N"), ("void", 9, 9, "[IV]"), ("serial", 10, 24, "r"), ("amount", 25, 36, "$"),
          ("currency", 37, 39, "=USD"), ("date", 40, 47, "D8"), ("routing", 48, 56, "N"), ("account", 57, 76, "a!"), ("payee", 77, 156, "a!"),
          ("address1", 157, 206, "a"), ("address2", 207, 256, "a"), ("city", 257, 286, "a"), ("region", 287, 306, "a"), ("zip", 307, 316, "a"),
          ("country", 317, 318, "a"), ("memo", 319, 388, "a"), ("delivery", 389, 400, "a"), ("individual", 401, 422, "a"),
          ("person", 423, 472, "a"), ("fill", 473, 480, "b")),
    "T": (("type", 1, 1, "=T"), ("count", 2, 8, "N"), ("total", 9, 23, "$"), ("hash", 24, 42, "N"), ("fill", 43, 480, "b")),
}

ROLLOVER = {
    "H": (("type", 1, 1, "=H"), ("kind", 2, 11, "=TALLYROLL "), ("version", 12, 13, "=01"), ("date", 14, 21, "D8"), ("time", 22, 27, "a"),
          ("reference", 28, 67, "a!"), ("id", 68, 99, "a"), ("sender", 100, 139, "a"), ("receiver", 140, 179, "a"), ("plan", 180, 219, "a"),
          ("funding", 220, 234, "$"), ("company", 235, 274, "a"), ("company_id", 275, 294, "a"), ("effective", 295, 302, "d8"),
          ("fill", 303, 480, "b")),
    "R": (("type", 1, 1, "=R"), ("number", 2, 8, "N"), ("reference", 9, 48, "a!"), ("amount", 49, 60, "$"), ("currency", 61, 63, "=USD"),
          ("name", 64, 123, "a!"), ("ssn", 124, 132, "N"), ("person", 133, 196, "a"), ("plan", 197, 236, "a!"), ("code", 237, 238, "a"),
          ("trustee", 239, 298, "a!"), ("account", 299, 328, "a!"), ("payee", 329, 468, "a!"), ("fill", 469, 480, "b")),
    "T": (("type", 1, 1, "=T"), ("count", 2, 8, "N"), ("total", 9, 23, "$"), ("fill", 24, 480, "b")),
}


def parse_date(text, form):
    form = form.upper()
    order = {"D8": (text[:4], text[4:6], text[6:]), "U8": (text[4:], text[:2], text[2:4]), "U6": ("20" + text[4:], text[:2], text[2:4])}[form]
    try:
        return datetime.date(int(order[0]), int(order[1]), int(order[2]))
    except ValueError:
        return None


class Reading:
    def __init__(self):
        self.items, self.faults, self.header, self.total = [], [], {}, 0
        self.at = 0

    def fault(self, text):
        self.faults.append(f"line {self.at}: {text}")

    def field(self, name, text, rule):
        if rule[0] == "=":
            return text if text == rule[1:] else self.fault(f"{name} is '{text}', not '{rule[1:]}'")
        if rule[0] == "[":
            return text if text in rule[1:-1] else self.fault(f"{name} '{text}' is not defined")
        if rule == "b":
            return None if not text.strip(" ") else self.fault(f"{name} is not blank")
        if rule in ("N", "$"):
            return int(text) if re.fullmatch("[0-9]+", text) else self.fault(f"{name} '{text}' is not digits")
        if rule == ".":
            if not re.fullmatch(r" *(0|[1-9][0-9]*)\.[0-9][0-9]", text):
                return self.fault(f"{name} '{text}' is no amount with a point")
            return int(text.replace(".", ""))
        if rule[0] in "DUdu":
            if rule[0].islower() and not text.strip(" "):
                return None
            return parse_date(text, rule) or self.fault(f"{name} '{text}' is no date")
        if rule == "r":
            return text.strip(" ") if re.fullmatch(" *[1-9][0-9]*", text) else self.fault(f"{name} '{text}' is no number on the right")
        if text.startswith(" ") and text.strip(" "):
            self.fault(f"{name} is not left-justified")
        if rule == "a!" and not text.strip(" "):
            self.fault(f"{name} is missing")
        return text.rstrip(" ")

    def fields(self, table, line):
        return {name: self.field(name, line[first - 1:last], rule) for name, first, last, rule in table}

    def lines(self, data, width):
        if not data.endswith(b"\n"):
            self.fault("the last line has no end")
        for raw in data.decode("latin-1").split("\n")[:-1]:
            self.at += 1
            line = raw[:-1] if raw.endswith("\r") else raw
            if len(line) != width:
                self.fault(f"{len(line)} characters, not {width}")
            if not re.fullmatch("[ -~]*", line):
                self.fault("a character that is not printable ASCII")
            yield line.ljust(width)

    def add(self, item, keys):
        if not item["amount"] or item["amount"] < 0:
            self.fault("the amount is not above zero")
        key = tuple(item.get(k) for k in keys)
        if key in {tuple(i.get(k) for k in keys) for i in self.items}:
            self.fault(f"{key[-1]} stands twice")
        self.total += item["amount"] or 0
        self.items.append(item)

    def compare(self, what, claimed, counted):
        if claimed != counted:
            self.fault(f"says {what} {claimed}, the lines give {counted}")


def routing_holds(digits):
    d = [int(c) for c in digits]
    return sum(w * x for w, x in zip((3, 7, 1) * 3, d)) % 10 == 0


def read_pospay(data, layout="bofa80"):
    r = Reading()
    if layout == "jpmorgan":
        return read_jpmorgan(r, data)
    tables = POSPAY[layout]
    trailer = None
    for line in r.lines(data, tables["width"]):
        if trailer is not None:
            r.fault("a line after the trailer")
        elif "header" in tables and r.at == 1:
            r.header = r.fields(tables["header"], line)
        elif "trailer" in tables and line.startswith("1EOF"):
            trailer = r.fields(tables["trailer"], line)
        else:
            item = r.fields(tables["check"], line)
            item["void"] = item.get("void") in ("2", "V")
            if "voided" in item and (item["voided"] is not None) != item["void"]:
                r.fault("a void has a date, an issue has none")
            if r.header and item["account"] != r.header["account"]:
                r.fault("another account than the header's")
            r.add(item, ("account", "void", "serial"))
    if "header" in tables and not r.header:
        r.fault("no header")
    if "trailer" in tables:
        if trailer is None:
            r.fault("no trailer")
        else:
            r.compare("count", trailer["count"], len(r.items))
            r.compare("hash", trailer["hash"], sum(i["serial"] or 0 for i in r.items))
            r.compare("total", trailer["total"], r.total)
    if not r.items:
        r.fault("no checks")
    return r


def read_jpmorgan(r, data):
    for raw in data.decode("latin-1").splitlines():
        r.at += 1
        cells = raw.split(",")
        if len(cells) != 6:
            r.fault(f"{len(cells)} columns, not 6")
            continue
        code, account, serial, date, amount, payee = cells
        if code not in ("I", "C"):
            r.fault(f"code '{code}'")
        if not re.fullmatch("[0-9]+", account) or not re.fullmatch("[0-9]+", serial):
            r.fault("account or check number is not digits")
        if not re.fullmatch(r"[0-9]+\.[0-9][0-9]", amount):
            r.fault(f"amount '{amount}'")
        if not payee or len(payee) > 40:
            r.fault("payee is missing or longer than 40")
        if r.items and r.items[0]["account"] != account:
            r.fault("a second account in the file")
        r.add({"void": code == "C", "account": account, "serial": int(serial), "date": parse_date(date, "U6") or r.fault(f"date '{date}'"),
               "amount": int(amount.replace(".", "")), "payee": payee}, ("account", "void", "serial"))
    if not r.items:
        r.fault("no checks")
    return r


def read_own(data, tables, detail, keys):
    """H, then details numbered from 1, then T; and the trailer."""
    r = Reading()
    trailer = None
    for line in r.lines(data, 480):
        kind = line[0]
        if trailer is not None:
            r.fault("a line after the trailer")
        elif (r.at == 1) != (kind == "H") or kind not in tables:
            r.fault(f"a line of type '{kind}' may not stand here")
        elif kind == "H":
            r.header = r.fields(tables["H"], line)
        elif kind == "T":
            trailer = r.fields(tables["T"], line)
        else:
            item = r.fields(tables[detail], line)
            r.compare("number", item["number"], len(r.items) + 1)
            r.add(item, keys)
    if trailer is None:
        r.fault("no trailer")
        return r, {}
    r.compare("count", trailer["count"], len(r.items))
    r.compare("total", trailer["total"], r.total)
    if not r.items:
        r.fault("nothing between header and trailer")
    return r, trailer


def read_checks(data):
    r, trailer = read_own(data, CHECK, "C", ("account", "void", "serial"))
    if trailer:
        r.compare("sum of serials", trailer["hash"], sum(int(i["serial"] or 0) for i in r.items))
    for i in r.items:
        i["void"] = i["void"] == "V"
        if i["routing"] is None or not routing_holds(f"{i['routing']:09d}"):
            r.fault(f"check {i['serial']}: the routing number's check digit is wrong")
    return r


def words(text):
    return [w.lower() for w in re.findall(r"[A-Za-z0-9'\-]+", text or "")]


def read_rollovers(data):
    r, _ = read_own(data, ROLLOVER, "R", ("reference",))
    if r.header:
        r.compare("funding total", r.header["funding"], r.total)
    for i in r.items:
        payee = words(i["payee"])
        if "fbo" not in payee or not set(words(i["name"])) <= set(payee):
            r.fault(f"{i['reference']}: the payee is not the trustee for the benefit of the person")
        if r.header.get("plan") and i["plan"] != r.header["plan"]:
            r.fault(f"{i['reference']}: another plan than the header's")
    return r
