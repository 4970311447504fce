#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make - writes the invented files of the whole day beside itself; same words, same bytes

  make.py [DIRECTORY]     people-1.xml people-2.xml register-1.csv register-2.csv distribution.csv contractors.csv book-1.csv book-2.csv

Nobody in it exists: names are drawn from two lists, account and social security numbers from a counter (area numbers that were never
given out).  520 people; E0001 to E0440 are on the payroll register, every eleventh of them is paid by check; E0401 to E0480 take part
in the profit-sharing distribution, some roll a part of it over; E0481 to E0500 are contractors, whose run has three bad rows.
Feeds of one fixed name (people.xml, register.csv, book.csv) send
their first and second day as -1 and -2.  Between the two extracts E0078 got another account, E0105 moved, E0519 and E0520 were hired.  tests/scenario/50-bank.py verifies
that these are the bytes this program makes.
"""
import csv
import io
import os
import sys
from xml.sax.saxutils import escape

FIRST = ("Ada Alan Alma Amos Anna Aron Axel Beth Boris Bruno Carla Cora Cyril Dana Dora Edda Egon Ella Emil Enid Erik Esra Etta Felix Flora Frida Gerd Gina "
         "Gus Hana Hugo Ida Igor Ilsa Iris Ivan Jana Joel Jonas Judd Kai Karla Kira Kurt Lars Lena Leon Lidia Lotte Luca Mara Max Mila Mona Nadia Nico Nils "
         "Nora Olaf Olga Oskar Otto Paul Petra Pia Quinn Ralf Rhea Rita Rolf Rosa Ruben Sami Sara Silas Sofia Sven Tara Theo Tilda Timo Ulla Uwe Vera Viktor "
         "Walda Wanda Xaver Yara Yusuf Zara Zeno").split()
LAST = ("Abbott Adler Ames Arden Babcock Baxter Becker Birch Blake Bohm Brandt Brook Burke Carver Castle Chase Clay Cole Conrad Corbin Crane Cross Dahl "
        "Dalton Decker Dexter Drake Dunbar Easton Ebert Ellis Falk Farrow Fenn Fisk Flint Forge Foss Frost Gage Garner Gibbs Glenn Grant Griffin Hale Hardy "
        "Hart Hayes Heath Holt Horn Hurst Ibsen Ingram Jarvis Jessup Kane Keller Kemp Kirk Knox Kramer Lang Larkin Leigh Lind Locke Lowe Lund Marlow Marsh "
        "Mercer Moss Nash Noble Norris Oakes Okafor Olsen Page Parr Peck Penn Pike Pope Quist Rand Reed Rhodes Rowe Sandel Sharp Slate Stark Steele Stone "
        "Tanner Thorne Tate Upton Vance Voss Wade Ward Webb Weiss Winter Wolfe York Zeller").split()
CITIES = (("Springfield", "IL", "62701"), ("Columbus", "OH", "43004"), ("Albany", "NY", "12207"), ("Dover", "DE", "19901"), ("Trenton", "NJ", "08608"))
STREETS = ("Elm Street", "Oak Avenue", "Mill Road", "Station Road", "Harbor Lane", "Church Street", "Orchard Way")
ROUTING = ("231380104", "121042882", "062000019", "021000021", "091000019")
TRUSTEE = "NORTHERN TRUST AND SAVINGS"
PEOPLE = 520
PAY_DATE = "2026-11-10"


class Draw:
    """Numbers that look drawn and are always the same (a linear congruence; this is no cryptography)."""

    def __init__(self, seed):
        self.x = seed

    def __call__(self, low, high):
        self.x = (self.x * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return low + (self.x >> 33) % (high - low + 1)


def person(n):
    d = Draw(n * 7919)
    city, region, postal = CITIES[d(0, len(CITIES) - 1)]
    by_check = n % 11 == 0
    return {"id": f"E{n:04d}", "hcm": str(300000100000000 + n * 17), "badge": f"B{n + 2000}", "first": FIRST[(n * 29) % len(FIRST)],
            "last": LAST[(n * 53 + n // len(LAST)) % len(LAST)], "ssn": f"{800 + n % 90:03d}{10 + n % 80:02d}{1000 + n:04d}",
            "birth": f"{1960 + n % 40}-{1 + n % 12:02d}-{1 + n % 28:02d}", "from": f"{2015 + n % 11}-{1 + n % 9:02d}-01",
            "routing": "" if by_check else ROUTING[n % len(ROUTING)], "account": "" if by_check else f"{d(10 ** 8, 10 ** 11)}",
            "type": "" if by_check else ("S" if n % 7 == 0 else "C"), "method": "CHECK" if by_check else "ACH",
            "street": f"{d(1, 180)} {STREETS[d(0, len(STREETS) - 1)]}", "city": city, "region": region, "postal": postal}


def people(second):
    rows = [person(n) for n in range(1, PEOPLE + 1 if second else PEOPLE - 1)]
    if second:
        rows[77].update(account="5550078123", routing=ROUTING[3])
        rows[104].update(street="9 Harbor Lane", city="Dover", region="DE", postal="19901")
    return rows


# ---- files ----

TAGS = (("PersonNumber", "id"), ("PersonId", "hcm"), ("BadgeNumber", "badge"), ("FirstName", "first"), ("LastName", "last"), ("NationalIdentifierNumber", "ssn"),
        ("DateOfBirth", "birth"), ("EffectiveStartDate", "from"), ("PaymentMethod", "method"), ("RoutingNumber", "routing"), ("AccountNumber", "account"),
        ("AccountType", "type"), ("AddressLine1", "street"), ("TownOrCity", "city"), ("Region2", "region"), ("PostalCode", "postal"))


def extract(rows, number, day):
    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<PeopleExtract>", f"<Header><ExtractId>{number}</ExtractId><ExtractDate>{day}</ExtractDate><Sender>ACMEHCM</Sender></Header>",
           "<People>"]
    for p in rows:
        out.append("<Person>" + "".join(f"<{tag}>{escape(p[key])}</{tag}>" for tag, key in TAGS if p[key]) + "<Country>US</Country></Person>")
    out += ["</People>", f"<Trailer><RecordCount>{len(rows)}</RecordCount></Trailer>", "</PeopleExtract>"]
    return "\n".join(out) + "\n"


def table(head, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def money(minor):
    return f"{minor // 100}.{minor % 100:02d}"


def pay_row(n, run, gross, share, pay_date=PAY_DATE):
    p, deductions = person(n), gross * share // 1000
    return ["ACME", run, p["id"], f"{p['first']} {p['last']}", pay_date, money(gross), money(deductions), money(gross - deductions)]


PAY_HEAD = ["company", "run_id", "person_id", "name", "pay_date", "gross", "deductions", "net"]


def register(run, pay_date):
    d = Draw(int(run[-2:]))
    return table(PAY_HEAD, [pay_row(n, run, d(150000, 420000), d(180, 310), pay_date) for n in range(1, 441)])


def distribution():
    d, rows = Draw(5), []
    for n in range(401, 481):
        gross, part = d(600000, 2400000), d(30, 70)
        whole = n % 6 == 0                   # nothing is withheld of what is rolled over as a whole
        row = pay_row(n, "PS-2026", gross, 0 if whole else 100)
        net = gross if whole else gross - gross * 100 // 1000
        rolled = net if whole else net * part // 100 if n % 6 == 1 else 0
        rows.append(row + [money(rolled) if rolled else "", TRUSTEE if rolled else "", f"NT{d(10 ** 6, 10 ** 7 - 1)}" if rolled else "", "ACME PROFIT SHARING PLAN", "G" if whole else "7"])
    return table(PAY_HEAD + ["rollover", "trustee", "trustee_account", "plan", "distribution_code"], rows)


def contractors():
    d = Draw(99)
    rows = [pay_row(n, "CT-46", d(40000, 90000), 0) for n in range(481, 501)]
    rows[3][7] = "9999.99"              # the net is not gross less deductions
    rows[8][4] = "2026-13-10"           # no such day
    rows[15][5] = "12,34"               # no amount
    return table(PAY_HEAD, rows)


IBAN = "DE89370400440532013000"
BOOK = (("EU-1001", "2026-11-11", "18450.00", "DB", "WIRE", "E2E-260911-01", "Lieferant Nord GmbH", "Rechnung 4711"),
        ("EU-1002", "2026-11-11", "2310.55", "DB", "WIRE", "E2E-260911-02", "Papier und Druck KG", "Rechnung 88-12"),
        ("EU-1003", "2026-11-11", "74200.00", "CR", "WIRE", "INV-30871", "Halvorsen AS", "Invoice 30871"),
        ("EU-1004", "2026-11-11", "129.90", "DB", "CARD", "CARD-7781", "Bahn", "Reise"),
        ("EU-1005", "2026-11-12", "5120.00", "CR", "WIRE", "INV-30874", "Brouwer BV", "Invoice 30874"),
        ("EU-1006", "2026-11-12", "990.00", "DB", "WIRE", "E2E-260912-01", "Hausverwaltung Sued", "Miete November"),
        ("EU-1007", "2026-11-13", "15000.00", "CR", "WIRE", "INV-30880", "Okeanos SA", "Invoice 30880"),
        ("EU-1008", "2026-11-13", "312.40", "DB", "WIRE", "E2E-260913-01", "Stadtwerke", "Strom Oktober"))


def book(n):
    head = ["id", "account", "currency", "date", "amount", "sign", "type", "reference", "party", "group", "note"]
    return table(head, [[i, IBAN, "EUR", day, amount, sign, kind, ref, party, "", note] for i, day, amount, sign, kind, ref, party, note in BOOK[:n]])


FILES = {"people-1.xml": lambda: extract(people(False), "2026110601", "2026-11-06"), "people-2.xml": lambda: extract(people(True), "2026110801", "2026-11-08"),
         "register-1.csv": lambda: register("2026-23", PAY_DATE), "register-2.csv": lambda: register("2026-24", "2026-11-17"), "distribution.csv": distribution,
         "contractors.csv": contractors, "book-1.csv": lambda: book(7), "book-2.csv": lambda: book(8)}


def main():
    where = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for name, make in FILES.items():
        with open(os.path.join(where, name), "w", encoding="utf-8", newline="") as f:
            f.write(make())
    return 0


if __name__ == "__main__":
    sys.exit(main())
