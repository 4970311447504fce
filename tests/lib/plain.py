# SPDX-License-Identifier: Apache-2.0
"""plain - ACH and BAI2 files made at random, with what they hold known from their making; and plain readers of both

Written from the rules alone and shares nothing with the modules.  make_ach() and make_bai2() return (bytes, summary): the summary as
`tallygate validate --json` must give it.  read_ach() and read_bai2() recompute the same of any well-formed file, by the plainest way.
"""
import re

WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7)
HASH = 10 ** 10


def check_digit(eight):
    return str(-sum(int(d) * w for d, w in zip(eight, WEIGHTS)) % 10)


# ---- ACH ----

def ach_side(code):
    """C or D of a transaction code."""
    if code[0] == "8":
        return "C" if int(code) % 2 else "D"
    return "C" if code[1] in "1234" else "D"


def ach_records(data):
    """The records of a file, however they are ended, filled up with blanks."""
    text = data.decode("latin-1")
    if text.startswith("\xef\xbb\xbf"):
        text = text[3:]
    lines = [x for x in re.split("\r\n|\n|\r", text) if x]
    if len(lines) == 1 and len(lines[0]) > 94:
        lines = [text[i:i + 94] for i in range(0, len(lines[0]), 94)]
    return [x[:94].ljust(94) for x in lines if x.strip() and x.strip() != "\x1a"]


def read_ach(data):
    s = {"batches": 0, "entries": 0, "addenda": 0, "debit_minor": 0, "credit_minor": 0, "entry_hash": 0, "sec": set(), "returns": [], "changes": []}
    sec, entry, iat = "", None, False
    for r in ach_records(data):
        if r[0] == "5":
            s["batches"] += 1
            sec = r[50:53]
            iat = sec == "IAT" or r[4:10] == "IATCOR"
            s["sec"].add(sec)
        elif r[0] == "6":
            entry = r
            amount = int(r[27:39] if sec == "ADV" else r[29:39])
            s["entries"] += 1
            s["entry_hash"] = (s["entry_hash"] + int(r[3:11])) % HASH
            s["debit_minor" if ach_side(r[1:3]) == "D" else "credit_minor"] += amount
        elif r[0] == "7":
            s["addenda"] += 1
            if r[1:3] == "99":
                signed = int(entry[29:39]) * (-1 if ach_side(entry[1:3]) == "D" else 1)
                s["returns"].append({"code": r[3:6], "original_trace": r[6:21], "trace": entry[79:94], "amount_minor": signed})
            elif r[1:3] == "98":
                s["changes"].append({"code": r[3:6], "original_trace": r[6:21], "corrected": r[35:70 if iat else 64].rstrip()})
    s["sec"] = sorted(s["sec"])
    return s


class Ach:
    """One file under construction."""

    def __init__(self, rng):
        self.rng, self.lines, self.batch, self.trace = rng, [], 0, 0
        self.totals = [0, 0, 0, 0]              # items, hash, debit, credit
        self.rdfis = [f"{rng.choice((1, 2, 7, 11, 12, 21, 26, 32, 61)):02d}{rng.randrange(10 ** 6):06d}" for _ in range(9)]

    def entry(self, code, amount, middle, tail="  ", addenda=()):
        """`middle` fills 40-76."""
        self.trace += self.rng.randrange(1, 4)
        rdfi = self.rng.choice(self.rdfis)
        head = f"6{code}{rdfi}{check_digit(rdfi)}{str(self.rng.randrange(10 ** 4, 10 ** 12)):17}{amount:010d}"
        line = f"{head}{middle:37}{tail}{1 if addenda else 0}12104288{self.trace:07d}"
        out = [line]
        for i, text in enumerate(addenda, 1):
            if text[:2] in ("02", "98", "99"):
                out.append(f"7{text[:79]:79}"[:79] + f"12104288{self.trace:07d}")
            else:
                out.append(f"705{text:80}{i:04d}{self.trace:07d}")
        return out

    def add(self, sec, service, description, lines):
        self.batch += 1
        entries = [x for x in lines if x[0] == "6"]
        money = {"D": sum(int(x[29:39]) for x in entries if ach_side(x[1:3]) == "D"), "C": sum(int(x[29:39]) for x in entries if ach_side(x[1:3]) == "C")}
        hashed = sum(int(x[3:11]) for x in entries)
        status = "2" if sec == "DNE" else "1"
        effective = "      " if sec == "ENR" else "261124"
        self.lines.append(f"5{service}{'TALLY TEST CO':16}{'':20}1234567890{sec}{description:10}{'':6}{effective}   {status}12104288{self.batch:07d}")
        self.lines += lines
        self.lines.append(f"8{service}{len(lines):06d}{hashed % HASH:010d}{money['D']:012d}{money['C']:012d}1234567890{'':25}12104288{self.batch:07d}")
        self.totals = [a + b for a, b in zip(self.totals, (len(lines), hashed, money["D"], money["C"]))]

    def text(self, words=("INVOICE", "4711", "RMR*IV*77**100", "REF/9", "A, B")):
        return " ".join(self.rng.choice(words) for _ in range(4))[:80]

    def amount(self, most=5_000_000):
        return self.rng.randrange(1, most)

    def forward(self, sec):
        r, n, name = self.rng, self.rng.randrange(1, 8), f"{'ADA LOVELACE':22}"
        ident = f"{'E-%d' % r.randrange(10 ** 6):15}"
        both = [("22", "220"), ("32", "220"), ("27", "225"), ("37", "225"), ("42", "220"), ("52", "220")]
        lines = []
        code, service = r.choice(both)
        pick = [c for c, s in both if s == service]
        for _ in range(n):
            code = r.choice(pick)
            if sec in ("PPD", "CCD"):
                if r.random() < 0.2:
                    lines += self.entry({"220": "23", "225": "28"}[service], 0, ident + name)
                else:
                    lines += self.entry(code, self.amount(), ident + name, "  ", [self.text()] if r.random() < 0.3 else [])
            elif sec == "CTX":
                k = r.randrange(0, 6)
                lines += self.entry(code, self.amount(), f"{ident}{k:04d}{'HARBOR FREIGHT':16}  ", "  ", [self.text() for _ in range(k)])
            elif sec == "WEB":
                service = "225"
                lines += self.entry(r.choice(("27", "37")), self.amount(), ident + name, r.choice(("S ", "R ")))
            elif sec == "TEL":
                service = "225"
                lines += self.entry(r.choice(("27", "37")), self.amount(), ident + name, r.choice(("S ", "R ", "  ")))
            elif sec in ("ARC", "BOC", "RCK"):
                service = "225"
                lines += self.entry("27", self.amount(249_999 if sec == "RCK" else 2_500_000), f"{r.randrange(1, 10 ** 6):<15d}" + name)
            elif sec == "POP":
                service = "225"
                lines += self.entry("27", self.amount(2_500_000), f"{r.randrange(1, 10 ** 6):<9d}SPRIIL" + name)
            elif sec == "CIE":
                service = "220"
                lines += self.entry("22", self.amount(), f"{'ADA LOVELACE':15}{'C-77':22}")
            elif sec in ("MTE", "POS", "SHR"):
                service = "225"
                middle = {"MTE": f"{'ADA LOVELACE':15}{'M-1':22}", "POS": ident + name, "SHR": f"1228{'DOC00000001':11}{'4111':22}"}[sec]
                terminal = f"02{'REF':7}{'AB':3}{'TERM':6}{'SER':6}1123{'AUTH':6}{'1 MAIN STREET':27}{'SPRINGFIELD':15}IL"
                lines += self.entry("27", self.amount(), middle, "  " if sec == "MTE" else r.choice(("01", "11", "99")), [terminal])
            elif sec == "DNE":
                service = "220"
                lines += self.entry("23", 0, ident + name, "  ", ["DATE OF DEATH*010926*CUSTOMERSSN*#########"])
            elif sec == "ENR":
                service = "220"
                lines += self.entry("23", 0, f"{ident}0001{'AGENCY':16}  ", "  ", [self.text()])
            elif sec == "ACK":
                service = "220"
                lines += self.entry("24", 0, ident + name, "  ", [self.text()])
        word = {"RCK": "REDEPCHECK", "ENR": "AUTOENROLL"}.get(sec, r.choice(("PAYROLL", "TRADE", "DUES")) if sec != "RCK" else "")
        self.add(sec, service, word, lines)

    def back(self):
        r, lines = self.rng, []
        debit = r.random() < 0.5
        for _ in range(r.randrange(1, 5)):
            reason = r.choice(("R01", "R09", "R10") if debit else ("R02", "R03", "R04", "R20", "R23", "R24"))
            note = f"99{reason}12104288{r.randrange(10 ** 7):07d}      {r.choice(self.rdfis)}{'':44}"
            lines += self.entry("26" if debit else "21", self.amount(), f"{'E-1':15}{'ADA LOVELACE':22}", "  ", [note])
        self.add("PPD", "225" if debit else "220", "PAYROLL", lines)

    def changes(self):
        r, lines = self.rng, []
        for _ in range(r.randrange(1, 5)):
            rdfi = r.choice(self.rdfis)
            code, data = r.choice((("C01", "12345 678"), ("C02", rdfi + check_digit(rdfi)), ("C05", "32"), ("C09", "NEW-ID"),
                                   ("C03", f"{rdfi}{check_digit(rdfi)}   {'55 66':17}"), ("C06", f"{'7788':17}   37"),
                                   ("C07", f"{rdfi}{check_digit(rdfi)}{'7788':17}22")))
            note = f"98{code}12104288{r.randrange(10 ** 7):07d}      {r.choice(self.rdfis)}{data:29}{'':15}"
            lines += self.entry("21", 0, f"{'E-1':15}{'ADA LOVELACE':22}", "  ", [note])
        self.add("COR", "220", "PAYROLL", lines)

    def finish(self):
        self.lines.insert(0, f"101 091000019 1210428822611230915A094101{'FIRST TEST BANK':23}{'TALLY TEST CO':23}{'':8}")
        items, hashed, debit, credit = self.totals
        records = len(self.lines) + 1
        self.lines.append(f"9{self.batch:06d}{-(-records // 10):06d}{items:08d}{hashed % HASH:010d}{debit:012d}{credit:012d}{'':39}")
        self.lines += ["9" * 94] * (-records % 10)
        return self.lines


ACH_CLASSES = ("PPD", "CCD", "CTX", "WEB", "TEL", "ARC", "BOC", "RCK", "POP", "CIE", "MTE", "POS", "SHR", "DNE", "ENR", "ACK")


def make_ach(rng):
    """(bytes, its clean bytes): a valid file of random classes, its lines ended in one of four ways."""
    a = Ach(rng)
    for _ in range(rng.randrange(1, 7)):
        kind = rng.random()
        if kind < 0.15:
            a.back()
        elif kind < 0.3:
            a.changes()
        else:
            a.forward(rng.choice(ACH_CLASSES))
    lines = a.finish()
    end = rng.choice(("\n", "\r\n", "\r", ""))
    return "".join(x + end for x in lines).encode("ascii")


# ---- BAI2 ----

def bai2_types(path):
    """Code -> C, D or - from the reference's table."""
    out = {}
    with open(path, encoding="utf-8") as f:
        next(f)
        for line in f:
            code, direction, level = line.rstrip("\n").split("\t")[:3]
            out[code] = ({"CR": "C", "DB": "D"}.get(direction, "-"), level)
    return out


def split_88(rng, fields, text):
    """A logical record as physical lines: between two fields an 88 may begin, in a text anywhere."""
    lines, now = [], fields[:1]
    for f in fields[1:]:
        if len(now) > 1 and rng.random() < 0.12:
            lines.append(",".join(now) + "/")
            now = ["88"]
        now.append(f)
    if text is None:
        return lines + [",".join(now) + "/"]
    if text == "":
        return lines + [",".join(now) + ",/"]
    words = text.split(" ")
    if rng.random() < 0.15:
        lines.append(",".join(now) + "/")
        now = ["88"]
    head = ",".join(now) + ","
    cut = rng.randrange(1, len(words)) if len(words) > 1 and rng.random() < 0.4 else len(words)
    lines.append(head + " ".join(words[:cut]))
    if cut < len(words):
        lines.append("88," + " ".join(words[cut:]))
    return lines


def funds(rng, amount):
    """The fields of a funds type for an amount."""
    kind = rng.choice(("", "0", "1", "2", "Z", "S", "V", "D"))
    if kind == "S":
        a = rng.randrange(amount + 1)
        b = rng.randrange(amount - a + 1)
        return ["S", str(a), str(b), str(amount - a - b)]
    if kind == "V":
        return ["V", rng.choice(("261123", "261130", "")), rng.choice(("", "0915", "2400", "9999"))]
    if kind == "D":
        a = rng.randrange(amount + 1)
        return ["D", "2", "0", str(a), "1", str(amount - a)]
    return [kind]


def make_bai2(rng, types):
    """(bytes, summary) of a valid file; account numbers are distinct."""
    details = sorted(c for c, (d, level) in types.items() if level == "Detail" and d in "CD" and c not in
                     ("116", "136", "143", "156", "345", "452"))
    summary = {"groups": 0, "accounts": 0, "transactions": 0, "statements": []}
    lines, file_total = ["01,122099999,123456789,261123,0600,%d,,,2/" % rng.randrange(1, 99)], 0
    for _ in range(rng.randrange(1, 4)):
        summary["groups"] += 1
        group_currency = rng.choice(("", "USD", "EUR"))
        first, group_total, accounts = len(lines), 0, rng.randrange(1, 4)
        lines += split_88(rng, ["02", "", "122099999", rng.choice("13"), "261123", "", group_currency, rng.choice(("", "1", "2", "3", "4"))], None)
        for _ in range(accounts):
            start, total, net, entries = len(lines), 0, 0, 0
            currency = rng.choice(("", "USD", "CAD"))
            number = "00%d" % rng.randrange(10 ** 9)
            both = rng.random() < 0.7
            opening, closing = rng.randrange(-10 ** 6, 10 ** 7), None
            body = []
            for _ in range(rng.randrange(0, 9)):
                code = rng.choice(details + ["890"])
                if code == "890":
                    body += split_88(rng, ["16", "890", "", "", "", ""], "NO MONEY, JUST WORDS 4/5")
                    entries += 1
                    continue
                amount = rng.randrange(0, 10 ** 7)
                total, entries = total + amount, entries + 1
                net += amount if types[code][0] == "C" else -amount
                text = rng.choice(("", "ACME, INC", "PAY 01/05/26 ACME", "ONE TWO, THREE/FOUR FIVE", "CHECK PAID"))
                body += split_88(rng, ["16", code, rng.choice(("", "+")) + str(amount), *funds(rng, amount), rng.choice(("", "BK%d" % entries)),
                                       rng.choice(("", "REF 7"))], text)
            closing = opening + net + (rng.choice((0, 0, 0, 5)) if both else 0)
            fields = ["03", number, currency]
            if both:
                total += opening + closing
                fields += ["010", str(opening), "", "", "015", str(closing), "", ""]
            if rng.random() < 0.5:
                amount = rng.randrange(10 ** 6)
                total += amount
                fields += [rng.choice(("100", "400", "140")), str(amount), "3", *funds(rng, amount)]
            if len(fields) == 3:
                fields += ["", "", "", ""]
            lines += split_88(rng, fields, None) + body
            lines += split_88(rng, ["49", str(total), "0"], None)
            count = len(lines) - start
            for i in range(len(lines) - 1, start, -1):
                if lines[i].startswith("49,") or lines[i].startswith("88,"):
                    lines[i] = re.sub(r"(^|,)0/$", lambda m: f"{m.group(1)}{count}/", lines[i])
                    break
            group_total += total
            proof = "no-balances" if not both else "proves" if closing == opening + net else "off"
            summary["accounts"] += 1
            summary["transactions"] += entries
            summary["statements"].append({
                "account": number, "currency": currency or group_currency or "USD", "opening_minor": opening if both else None,
                "closing_minor": closing if both else None, "entries": entries, "net_minor": net, "proof": proof,
                "difference_minor": closing - opening - net if both else None})
        lines.append(f"98,{group_total},{accounts},{len(lines) - first + 1}/")
        file_total += group_total
    lines.append(f"99,{file_total},{summary['groups']},{len(lines) + 1}/")
    end, width = rng.choice(("\n", "\r\n", "\r")), rng.choice((0, 0, 100))
    return "".join((x.ljust(width) if width else x) + end for x in lines).encode("ascii"), summary
