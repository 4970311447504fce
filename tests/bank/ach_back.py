# SPDX-License-Identifier: Apache-2.0
"""ach_back - the bank's reading of what is more than plain payments: returns, disputes, changes, reversals, prenotes, offsets, IAT, ADV

read(data) is ach.read() with the record forms that it does not know, each from its own table of positions, and gives `items`: one
dict for each entry with everything that can be recomputed from its bytes (kind, side, cents, routing, account, traces, reason, the
parts of corrected data, addresses ...).  Faults are sentences, as in ach.py.  Written from the public Nacha rules; shares nothing
with the gateway.
"""
import re

import ach
import ach_rules

HEAD, TAIL = ach.ENTRY_HEAD, ach.ENTRY_TAIL
MONEY = (("account", 13, 29, "L"), ("amount", 30, 39, "N"))
FORMS = {
    "POP": HEAD + MONEY + (("serial", 40, 48, "A"), ("city", 49, 52, "A"), ("state", 53, 54, "A"), ("name", 55, 76, "l")) + TAIL,
    "SHR": HEAD + MONEY + (("expires", 40, 43, "N"), ("document", 44, 54, "A"), ("id", 55, 76, "A")) + TAIL,
    "TRC": HEAD + MONEY + (("id", 40, 54, "A"), ("process", 55, 60, "A"), ("item", 61, 76, "A")) + TAIL,
    "XCK": HEAD + MONEY + (("id", 40, 54, "A"), ("process", 55, 60, "A"), ("item", 61, 76, "A")) + TAIL,
    "MTE": ach.NAME_FIRST, "CIE": ach.NAME_FIRST, "CTX": ach.COUNTED, "ENR": ach.COUNTED, "TRX": ach.COUNTED, "ATX": ach.COUNTED,
    "IAT": HEAD + (("count", 13, 16, "N"), ("reserved", 17, 29, "B"), ("amount", 30, 39, "N"), ("account", 40, 74, "L"), ("reserved2", 75, 76, "B"),
                   ("ofac", 77, 77, "n"), ("ofac2", 78, 78, "n"), ("addenda", 79, 79, "N"), ("trace", 80, 94, "N")),
    "ADV": HEAD + (("account", 13, 27, "L"), ("amount", 28, 39, "N"), ("advice", 40, 48, "N"), ("file", 49, 53, "a"), ("operator", 54, 54, "a"),
                   ("name", 55, 76, "l"), ("discretionary", 77, 78, "a"), ("addenda", 79, 79, "N"), ("by", 80, 87, "N"), ("day", 88, 90, "N"),
                   ("sequence", 91, 94, "N")),
}
ADV_CONTROL = (("service", 2, 4, "=280"), ("count", 5, 10, "N"), ("hash", 11, 20, "N"), ("debit", 21, 40, "N"), ("credit", 41, 60, "N"),
               ("operator", 61, 79, "a"), ("odfi", 80, 87, "N"), ("number", 88, 94, "N"))
ADV_FILE = (("batches", 2, 7, "N"), ("blocks", 8, 13, "N"), ("count", 14, 21, "N"), ("hash", 22, 31, "N"), ("debit", 32, 51, "N"),
            ("credit", 52, 71, "N"), ("reserved", 72, 94, "B"))
ENTRY_OF = (("entry", 88, 94, "N"),)
BANK = (("name", 4, 38, "L"), ("qualifier", 39, 40, "N"), ("id", 41, 74, "L"), ("country", 75, 77, "L"))
PLACE = (("city", 4, 38, "L"), ("country", 39, 73, "L"), ("reserved", 74, 87, "B"))
IAT_PARTS = {
    "10": (("purpose", 4, 6, "A"), ("foreign", 7, 24, "N"), ("foreign_trace", 25, 46, "a"), ("name", 47, 81, "L"), ("reserved", 82, 87, "B")),
    "11": (("name", 4, 38, "L"), ("street", 39, 73, "L"), ("reserved", 74, 87, "B")), "12": PLACE,
    "13": BANK + (("reserved", 78, 87, "B"),), "14": BANK + (("reserved", 78, 87, "B"),),
    "15": (("id", 4, 18, "l"), ("street", 19, 53, "L"), ("reserved", 54, 87, "B")), "16": PLACE,
    "17": (("info", 4, 83, "a"), ("sequence", 84, 87, "N")), "18": BANK + (("reserved", 78, 83, "B"), ("sequence", 84, 87, "N")),
}
NOTE = (("reason", 4, 6, "A"), ("original_trace", 7, 21, "N"))
OF = (("original_rdfi", 28, 35, "N"),)
OWN = (("trace", 80, 94, "N"),)
RETURN_IAT = NOTE + (("death", 22, 27, "d"),) + OF + (("forward", 36, 45, "N"), ("info", 46, 79, "a")) + OWN
DISHONORED = NOTE + (("blank", 22, 27, "B"),) + OF + (("blank2", 36, 38, "B"), ("return_trace", 39, 53, "N"), ("settled", 54, 56, "N"),
                                                   ("return_reason", 57, 58, "N"), ("info", 59, 79, "a")) + OWN
CONTESTED = NOTE + (("returned", 22, 27, "d"),) + OF + (
    ("original_settled", 36, 38, "n"), ("return_trace", 39, 53, "N"), ("settled", 54, 56, "N"), ("return_reason", 57, 58, "N"),
    ("dishonored_trace", 59, 73, "N"), ("dishonored_settled", 74, 76, "N"), ("dishonored_reason", 77, 78, "N"), ("blank", 79, 79, "B")) + OWN
CHANGE_IAT = NOTE + (("blank", 22, 27, "B"),) + OF + (("data", 36, 70, "A"), ("blank2", 71, 79, "B")) + OWN
REFUSED = NOTE + (("blank", 22, 27, "B"),) + OF + (("data", 36, 64, "A"), ("change", 65, 67, "A"), ("change_sequence", 68, 74, "N"),
                                                ("blank2", 75, 79, "B")) + OWN
# where the parts of corrected data stand, from 0
PARTS = {"C01": {"account": (0, 17)}, "C02": {"routing": (0, 9)}, "C03": {"routing": (0, 9), "account": (12, 29)}, "C05": {"code": (0, 2)},
         "C06": {"account": (0, 17), "code": (20, 22)}, "C07": {"routing": (0, 9), "account": (9, 26), "code": (26, 28)}, "C09": {"id": (0, 22)}}


def adv_side(code):
    return "C" if int(code) % 2 else "D"


def corrected(code, data):
    """The parts of a change's corrected data."""
    return {k: data[a:b].strip() for k, (a, b) in PARTS.get(code, {"text": (0, 29)}).items()}


class Reader(ach.Reader):
    """Records by the form that class and reason give them; the order of records is ach.Reader's."""

    def adv(self):
        return self.batch is not None and self.batch["header"]["sec"] == "ADV"

    def on_batch(self, line):
        if line[50:53] != "ADV":
            super().on_batch(line)
            return
        head = self.fields(ach.BATCH_HEADER, line)
        if head["service"] != "280" or head["status"] != "0":
            self.fault("advices have service class 280 and originator status 0")
        self.batch = {"header": head, "entries": [], "control": None, "iat": False}
        self.batches.append(self.batch)
        self.entry = None

    def on_entry(self, line):
        if self.batch is None:
            self.fault("an entry outside of a batch")
            return
        form = FORMS.get("IAT" if self.batch["iat"] else self.batch["header"]["sec"], ach.ENTRY)
        self.entry = dict({"name": "", "id": "", "discretionary": ""}, **dict(self.fields(form, line), addendas=[], raw=line))
        if self.adv():
            self.entry["trace"] = line[79:94]
        why = ach.routing_fault(self.entry["rdfi"] + self.entry["check"])
        if why:
            self.fault(f"routing number {self.entry['rdfi']}{self.entry['check']} {why}")
        self.batch["entries"].append(self.entry)

    def form_of(self, kind, reason):
        iat = self.batch["iat"]
        if kind == "99":
            return DISHONORED if reason in ach_rules.DISHONORED else CONTESTED if reason in ach_rules.CONTESTED else RETURN_IAT if iat else ach.RETURN[1:]
        if kind == "98":
            return REFUSED if reason[:2] == "C6" else CHANGE_IAT if iat else ach.CHANGE[1:]
        if iat and kind in IAT_PARTS:
            return IAT_PARTS[kind] + ENTRY_OF
        return {"05": ach.ADDENDA_05[1:], "02": ach.ADDENDA_02[1:]}.get(kind)

    def on_addenda(self, line):
        if self.batch is None or self.entry is None:
            self.fault("an addenda without an entry")
            return
        kind = line[1:3]
        form = self.form_of(kind, line[3:6])
        if form is None:
            self.fault(f"addenda type '{kind}' is not defined here")
            form = ()
        self.entry["addendas"].append(dict(self.fields(form, line), type=kind, raw=line))

    def on_batch_control(self, line):
        if not self.adv():
            super().on_batch_control(line)
            return
        control = self.batch["control"] = self.fields(ADV_CONTROL, line)
        for name in ("odfi", "number"):
            if control[name] != self.batch["header"][name]:
                self.fault(f"{name} differs from the batch header")
        self.compare(control, adv_totals(self.batch["entries"]))
        self.batch = self.entry = None

    def on_file_control(self, line):
        if not any(b["header"]["sec"] == "ADV" for b in self.batches) or self.control is not None or line == ach.NINES:
            super().on_file_control(line)
            return
        self.control = self.fields(ADV_FILE, line)
        self.compare(self.control, adv_totals([e for b in self.batches for e in b["entries"]]))
        if ach.number(self.control["batches"]) != len(self.batches):
            self.fault("the count of batches is wrong")


def adv_totals(entries):
    money = {"C": 0, "D": 0}
    for e in entries:
        money[adv_side(e["code"])] += ach.number(e["amount"])
    return {"count": sum(1 + len(e["addendas"]) for e in entries), "hash": sum(ach.number(e["rdfi"]) for e in entries) % 10 ** 10,
            "debit": money["D"], "credit": money["C"]}


# ---- what an entry is ----

def place_fault(text):
    return None if re.fullmatch(r"[^*\\]+\*[^*\\]+\\", text.strip()) else f"'{text.strip()}' is not written part*part\\"


def iat_item(entry, fault):
    """The parts of an international entry, joined."""
    parts = {a["type"]: a for a in entry["addendas"] if a["type"] in IAT_PARTS and a["type"] not in ("17", "18")}
    for kind in ("12", "16"):
        for name in ("city", "country"):
            why = kind in parts and place_fault(parts[kind][name])
            if why:
                fault(why)
    if ach.number(entry["count"]) != len(entry["addendas"]):
        fault(f"says {ach.number(entry['count'])} addenda, has {len(entry['addendas'])}")
    for kind in ("17", "18"):
        got = [ach.number(a["sequence"]) for a in entry["addendas"] if a["type"] == kind]
        if got != list(range(1, len(got) + 1)):
            fault(f"addenda {kind} are numbered {got}")
    shown = {f"{k}.{name}": v.strip() for k, a in parts.items() for name, v in a.items()
             if isinstance(v, str) and name not in ("raw", "type", "entry") and v.strip()}
    shown["6.screening"] = entry["ofac"] + entry["ofac2"]
    for kind in ("17", "18"):
        for a in (a for a in entry["addendas"] if a["type"] == kind):
            shown[f"{kind}.{ach.number(a['sequence'])}"] = a["raw"][3:83].rstrip()
    return shown


def note_item(note, sec, fault):
    """What a 98 or 99 says, and what is wrong with it."""
    reason = note["reason"]
    item = {k: note[k].strip() for k in ("reason", "original_trace", "original_rdfi", "return_trace", "settled", "return_reason", "returned", "death",
                                         "original_settled", "dishonored_trace", "dishonored_settled", "dishonored_reason", "change",
                                         "change_sequence", "info", "forward") if k in note}
    if note["type"] == "98":
        item["kind"] = "refused" if reason[:2] == "C6" else "change"
        item["corrected"] = note["data"].rstrip() if "change" in item else corrected(reason, note["data"])
        if sec != "COR":
            fault("a change outside a batch of COR")
        routing = item["corrected"].get("routing") if isinstance(item["corrected"], dict) else None
        if routing is not None and ach.routing_fault(routing):
            fault(f"the corrected routing number {routing} {ach.routing_fault(routing)}")
        return item
    item["kind"] = "dishonored" if reason in ach_rules.DISHONORED else "contested" if reason in ach_rules.CONTESTED else "return"
    for day in ("settled", "original_settled", "dishonored_settled"):
        if item.get(day) and not 1 <= ach.number(item[day]) <= 366:
            fault(f"{day} '{item[day]}' is no day of the year")
    if item.get("return_reason") and f"R{item['return_reason']}" not in ach_rules.RETURNS:
        fault(f"disputes a return R{item['return_reason']}, which does not exist")
    if item.get("dishonored_reason") and f"R{item['dishonored_reason']}" not in ach_rules.DISHONORED:
        fault(f"contests a dishonor R{item['dishonored_reason']}, which does not exist")
    if reason == "R69" and not re.fullmatch(r"0[1-7](\*0[1-7])*", item["info"]):
        fault(f"R69 names the fields '{item['info']}'")
    if reason == "R73" and not (item.get("returned") and item.get("original_settled")):
        fault("R73 without its days")
    if reason in ("R14", "R15") and not item["death"]:
        fault(f"{reason} without a date of death")
    return item


def item_of(entry, head, iat, fault):
    adv = head["sec"] == "ADV"
    side = adv_side(entry["code"]) if adv else ach_rules.side(entry["code"])
    item = {"sec": head["sec"], "side": side, "cents": ach.number(entry["amount"]), "code": entry["code"], "account": entry["account"].strip(),
            "routing": entry["rdfi"] + entry["check"], "trace": entry["trace"], "name": entry["name"].strip(), "id": entry["id"].strip(),
            "description": head["description"].strip(), "effective": head["effective"].strip(), "company": head["company_id"].strip()}
    notes = [a for a in entry["addendas"] if a["type"] in ("98", "99")]
    item["kind"] = "advice" if adv else "prenote" if entry["code"][1] in "38" else "reversal" if item["description"] == "REVERSAL" else "payment"
    item["info"] = "".join(a["info"] for a in entry["addendas"] if a["type"] == "05").rstrip()
    if iat and head["sec"] != "COR":
        item["iat"] = iat_item(entry, fault)
    if notes:
        item.update(note_item(notes[-1], head["sec"], fault))
    return item


def read(data):
    """ach.read() of a file of any class, with `items`."""
    r = Reader(data).run()
    r.items = []
    for b in r.batches:
        for e in b["entries"]:
            r.items.append(item_of(e, b["header"], b["iat"], lambda text, at=e["at"]: r.fault(text, at)))
    return r


def balance_faults(reader, routing, account):
    """What is wrong with a file whose batches carry their other side on one account of ours."""
    for b in reader.batches:
        entries = [e for e in b["entries"] if e["code"][-1] not in "16"]
        ours = [e for e in entries if e["rdfi"] + e["check"] == routing and e["account"].strip() == account]
        if not entries or b["header"]["sec"] in ("COR", "ADV", "IAT") or len(entries) != len(b["entries"]):
            continue
        total = {s: sum(ach.number(e["amount"]) for e in entries if ach_rules.side(e["code"]) == s) for s in "CD"}
        if total["C"] != total["D"] or b["header"]["service"] != "200":
            yield f"batch {b['header']['number']}: credits {total['C']}, debits {total['D']}, service class {b['header']['service']}"
        if sum(total.values()) and not ours:
            yield f"batch {b['header']['number']}: no entry on account {account}"
