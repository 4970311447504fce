# SPDX-License-Identifier: Apache-2.0
"""achmade - ACH files made at random that hold what is more than plain payments, and what each of their entries says

make(rng) returns (bytes, items): `items` as tests/bank/ach_back.py must give them, from what the making put in.
"""
import plain

ODFI = "12104288"
NAME = "ADA LOVELACE"


class Made(plain.Ach):
    def __init__(self, rng):
        super().__init__(rng)
        self.items = []

    def bank(self):
        rdfi = self.rng.choice(self.rdfis)
        return rdfi, rdfi + plain.check_digit(rdfi)

    def one(self, sec, description, code, cents, addenda=(), **more):
        """An entry of the plain form, and its item."""
        lines = self.entry(code, cents, f"{'E-1':15}{NAME:22}", "  ", addenda)
        line = lines[0]
        item = {"sec": sec, "side": plain.ach_side(code), "cents": cents, "code": code, "account": line[12:29].strip(), "routing": line[3:12],
                "trace": line[79:94], "name": NAME, "id": "E-1", "description": description, "effective": "261124", "company": "1234567890",
                "info": "", "kind": "payment"}
        self.items.append(dict(item, **more))
        return lines

    def number(self, digits):
        return f"{self.rng.randrange(1, 10 ** digits):0{digits}d}"

    def about(self):
        """The entry that a note is about: its trace and its bank."""
        return {"original_trace": ODFI + self.number(7), "original_rdfi": self.rng.choice(self.rdfis)}

    def returns(self):
        lines, debit = [], self.rng.random() < 0.5
        for _ in range(self.rng.randrange(1, 5)):
            about = self.about()
            reason = self.rng.choice(("R01", "R09", "R10") if debit else ("R02", "R03", "R14", "R15", "R23"))
            death = "261101" if reason in ("R14", "R15") else ""
            info = self.rng.choice(("", "SEE LETTER"))
            note = f"99{reason}{about['original_trace']}{death:6}{about['original_rdfi']}{info:44}"
            lines += self.one("PPD", "PAYROLL", self.rng.choice(("26", "36") if debit else ("21", "31")), self.amount(), [note], kind="return",
                              reason=reason, death=death, **dict(about, info=info))
        self.add("PPD", "225" if debit else "220", "PAYROLL", lines)

    def dishonored(self):
        lines = []
        for _ in range(self.rng.randrange(1, 4)):
            about = self.about()
            reason, answers = self.rng.choice((("R61", "03"), ("R67", "02"), ("R68", "01"), ("R69", "04"), ("R70", "06")))
            info = "01*03*05" if reason == "R69" else ""
            trace = about["original_rdfi"] + self.number(7)
            note = f"99{reason}{about['original_trace']}{'':6}{about['original_rdfi']}   {trace}325{answers}{info:21}"
            lines += self.one("PPD", "DUES", "26", self.amount(), [note], kind="dishonored", reason=reason, return_trace=trace, settled="325",
                              return_reason=answers, **dict(about, info=info))
        self.add("PPD", "225", "DUES", lines)

    def contested(self):
        lines = []
        for _ in range(self.rng.randrange(1, 4)):
            about = self.about()
            reason, answers = self.rng.choice((("R73", "68"), ("R74", "69"), ("R75", "67"), ("R76", "69"), ("R71", "61"), ("R72", "68")))
            returned, settled = ("261118", "321") if reason == "R73" else ("", "")
            first, second = about["original_rdfi"] + self.number(7), ODFI + self.number(7)
            note = f"99{reason}{about['original_trace']}{returned:6}{about['original_rdfi']}{settled:3}{first}32401{second}326{answers} "
            lines += self.one("PPD", "DUES", "26", self.amount(), [note], kind="contested", reason=reason, returned=returned, original_settled=settled,
                              return_trace=first, settled="324", return_reason="01", dishonored_trace=second, dishonored_settled="326",
                              dishonored_reason=answers, **about)
        self.add("PPD", "225", "DUES", lines)

    def change_data(self):
        routing, account, code = self.bank()[1], str(self.rng.randrange(10 ** 5, 10 ** 16)), self.rng.choice(("22", "32"))
        return self.rng.choice((
            ("C01", f"{account:29}", {"account": account}), ("C02", f"{routing:29}", {"routing": routing}),
            ("C03", f"{routing}   {account:17}", {"routing": routing, "account": account}), ("C05", f"{code:29}", {"code": code}),
            ("C06", f"{account:17}   {code}{'':7}", {"account": account, "code": code}), ("C09", f"{'NEW-ID':29}", {"id": "NEW-ID"}),
            ("C07", f"{routing}{account:17}{code} ", {"routing": routing, "account": account, "code": code})))

    def changes_made(self, refused):
        lines = []
        for _ in range(self.rng.randrange(1, 5)):
            about = self.about()
            code, data, parts = self.change_data()
            if refused:
                again, sequence = self.rng.choice(("C61", "C62", "C65", "C69")), self.number(7)
                note = f"98{again}{about['original_trace']}{'':6}{about['original_rdfi']}{data}{code}{sequence}{'':5}"
                lines += self.one("COR", "PAYROLL", "21", 0, [note], kind="refused", reason=again, corrected=data.rstrip(), change=code,
                                  change_sequence=sequence, **about)
            else:
                note = f"98{code}{about['original_trace']}{'':6}{about['original_rdfi']}{data}{'':15}"
                lines += self.one("COR", "PAYROLL", self.rng.choice(("21", "26", "31")), 0, [note], kind="change", reason=code, corrected=parts, **about)
        self.add("COR", "200", "PAYROLL", lines)

    def payments(self, sec="PPD"):
        """Credits with their prenotes; some with a text."""
        lines = []
        for _ in range(self.rng.randrange(1, 6)):
            if self.rng.random() < 0.3:
                lines += self.one(sec, "PAYROLL", self.rng.choice(("23", "33")), 0, kind="prenote")
            else:
                text = self.text() if self.rng.random() < 0.3 else ""
                lines += self.one(sec, "PAYROLL", self.rng.choice(("22", "32")), self.amount(), [text] if text else [], info=text)
        self.add(sec, "220", "PAYROLL", lines)

    def reversals(self):
        lines = []
        for _ in range(self.rng.randrange(1, 5)):
            lines += self.one("PPD", "REVERSAL", self.rng.choice(("27", "37")), self.amount(), kind="reversal")
        self.add("PPD", "225", "REVERSAL", lines)

    def international(self):
        """One entry; its header has a form of its own."""
        rng, (rdfi, routing), cents = self.rng, self.bank(), self.amount()
        self.trace += 1
        self.batch += 1
        seq, account, correspondents = f"{self.trace:07d}", f"CA-{self.number(8)}", rng.randrange(0, 3)
        shown = {"10.purpose": "BUS", "10.foreign": f"{cents * 2:018d}", "10.name": "MAPLE PARTS LTD", "11.name": "TALLY TEST CO", "11.street": "1 MAIN STREET",
                 "12.city": "SPRINGFIELD*IL\\", "12.country": "US*62701\\", "13.name": "FIRST TEST BANK", "13.qualifier": "01", "13.id": ODFI,
                 "13.country": "US", "14.name": "MAPLE BANK", "14.qualifier": "02", "14.id": "MAPLCATT", "14.country": "CA", "15.id": "V-1",
                 "15.street": "2 RUE ROYALE", "16.city": "MONTREAL*QC\\", "16.country": "CA*H2Y1C6\\", "6.screening": rng.choice(("  ", "00", "01"))}
        lines = [f"710BUS{cents * 2:018d}{'':22}{'MAPLE PARTS LTD':35}{'':6}{seq}", f"711{'TALLY TEST CO':35}{'1 MAIN STREET':35}{'':14}{seq}"]
        lines += [f"7{k}{shown[k + '.city']:35}{shown[k + '.country']:35}{'':14}{seq}" if k in ("12", "16") else
                  f"715{'V-1':15}{'2 RUE ROYALE':35}{'':34}{seq}" if k == "15" else
                  f"7{k}{shown[k + '.name']:35}{shown[k + '.qualifier']}{shown[k + '.id']:34}{shown[k + '.country']:3}{'':10}{seq}"
                  for k in ("12", "13", "14", "15", "16")]
        for i in range(1, rng.randrange(1, 4)):
            shown[f"17.{i}"] = f"INVOICE {i}"
            lines.append(f"717{shown[f'17.{i}']:80}{i:04d}{seq}")
        for i in range(1, correspondents + 1):
            shown[f"18.{i}"] = f"{'BANK %d' % i:35}02{'CORRUS3%d' % i:34}US"
            lines.append(f"718{shown[f'18.{i}']:80}{i:04d}{seq}")
        entry = f"622{routing}{len(lines):04d}{'':13}{cents:010d}{account:35}  {shown['6.screening']}1{ODFI}{seq}"
        self.items.append({"sec": "IAT", "side": "C", "cents": cents, "code": "22", "account": account, "routing": routing, "trace": ODFI + seq, "name": "",
                           "id": "", "description": "TRADEPAYMT", "effective": "261124", "company": "1234567890", "info": "", "kind": "payment", "iat": shown})
        head = f"5220{'':16}FF3{'':15}CA1234567890IAT{'TRADEPAYMT':10}USDCAD261124   1{ODFI}{self.batch:07d}"
        lines.insert(0, entry)
        self.lines += [head, *lines, f"8220{len(lines):06d}{int(rdfi):010d}{0:012d}{cents:012d}1234567890{'':25}{ODFI}{self.batch:07d}"]
        self.totals = [a + b for a, b in zip(self.totals, (len(lines), int(rdfi), 0, cents))]


KINDS = {"returns": Made.returns, "dishonored returns": Made.dishonored, "contested returns": Made.contested,
         "changes": lambda m: m.changes_made(False), "refused changes": lambda m: m.changes_made(True), "payments and prenotes": Made.payments,
         "CCD payments": lambda m: m.payments("CCD"), "reversals": Made.reversals, "international payments": Made.international}


def make(rng, kinds):
    """(bytes, items) of a file of some batches of `kinds`."""
    m = Made(rng)
    for _ in range(rng.randrange(1, 6)):
        KINDS[rng.choice(kinds)](m)
    return "".join(x + "\n" for x in m.finish()).encode("ascii"), m.items
