# SPDX-License-Identifier: Apache-2.0
"""ach_rules - what a batch and its entries may be, by their SEC code

Tables of the rules that the ACH operator edits by, and the functions that hold a read batch against them.  Each fault is a sentence;
nothing here reads bytes or raises.  ADV is refused: operators send it, originators do not.
"""
import re

# SEC code: sides allowed, type of addenda, fewest, most
SEC = {
    "PPD": ("CD", "05", 0, 1), "CCD": ("CD", "05", 0, 1), "CTX": ("CD", "05", 0, 9999), "WEB": ("CD", "05", 0, 1), "TEL": ("D", "05", 0, 0),
    "ARC": ("D", "05", 0, 0), "BOC": ("D", "05", 0, 0), "POP": ("D", "05", 0, 0), "RCK": ("D", "05", 0, 0), "XCK": ("D", "05", 0, 0),
    "CIE": ("C", "05", 0, 1), "MTE": ("CD", "02", 1, 1), "POS": ("CD", "02", 1, 1), "SHR": ("D", "02", 1, 1), "DNE": ("C", "05", 1, 1),
    "ENR": ("C", "05", 0, 9999), "ACK": ("C", "05", 0, 1), "ATX": ("C", "05", 0, 9999), "TRC": ("D", "05", 0, 0), "TRX": ("D", "05", 0, 9999),
    "IAT": ("CD", "IAT", 7, 12), "COR": ("CD", "98", 1, 1)}
CODES = {f"{f}{n}" for f in "234" for n in "12346789"} | {"51", "52", "53", "54", "55", "56"}
BACK = "16"                                     # last digits of returns and changes
ONLY = {"DNE": "13", "ENR": "13", "ACK": "14", "ATX": "14", "COR": "16"}
ZERO_DOLLAR = ("CCD", "CTX", "IAT", "ACK", "ATX")
NAME_MUST = ("MTE", "TEL", "WEB")
ID_MUST = ("MTE", "CIE", "ARC", "BOC", "RCK", "XCK")
MOST = {"ARC": 2500000, "BOC": 2500000, "POP": 2500000, "RCK": 249999, "XCK": 249999}
WORD = {"RCK": "REDEPCHECK", "XCK": "NO CHECK", "ENR": "AUTOENROLL"}
CARD_TYPES = ("01", "02", "03", "11", "12", "13", "21", "99")
RETURNS = {f"R{n:02d}" for n in (*range(1, 48), *range(50, 54), *range(80, 86))}
DISHONORED = {"R61", "R62", "R67", "R68", "R69", "R70"}
CONTESTED = {f"R{n}" for n in range(71, 78)}
CHANGES = {f"C{n:02d}" for n in (1, 2, 3, 5, 6, 7, 8, 9, 13, 14)} | {f"C{n}" for n in range(61, 70)}


def side(code):
    """C or D by the last digit of a transaction code."""
    return "C" if code[-1] in "1234" else "D"


def amount_of(entry):
    return int(entry["amount"]) if entry["amount"].isdigit() else 0


def batch_faults(head):
    """Faults of a batch header alone."""
    if head["service"] not in ("200", "220", "225"):
        yield f"service class code {head['service']} is not 200, 220 or 225"
    if head["sec"] not in SEC:
        yield f"SEC code '{head['sec']}' is not taken"
    if head["status"] not in "012":
        yield f"originator status '{head['status']}' is not 0, 1 or 2"
    for name in ("company", "company_id", "description"):
        if head[name].strip() and not head[name].strip("0 "):
            yield f"{name.replace('_', ' ')} is all zero"
    want = WORD.get(head["sec"])
    if want and head["description"].rstrip() != want:
        yield f"a batch of {head['sec']} says '{want}'"


def code_faults(entry, head):
    code, sec = entry["code"], head["sec"]
    if code not in CODES:
        yield f"transaction code {code} does not exist"
        return
    if side(code) == "D" and head["service"] == "220" or side(code) == "C" and head["service"] == "225":
        yield f"transaction code {code} in a batch of service class {head['service']}"
    if sec not in SEC:
        return
    if code[1] in "49" and sec not in ZERO_DOLLAR:
        yield f"transaction code {code} (zero dollars) is not for {sec}"
    if sec in ONLY and (code[1] not in ONLY[sec] or (sec != "COR" and code[0] not in "23")):
        yield f"transaction code {code} is not for {sec}"
    elif side(code) not in SEC[sec][0] and head["description"].rstrip() != "REVERSAL":
        yield f"{sec} takes no {'credits' if side(code) == 'C' else 'debits'}"
    if code == "55" and head["description"].rstrip() != "REVERSAL":
        yield "a loan is debited by reversals only"


def amount_faults(entry, head):
    code, sec, amount = entry["code"], head["sec"], amount_of(entry)
    zero = code[1] in "3489" or sec in ("COR", "DNE", "ENR", "ACK", "ATX")
    if zero and amount:
        yield f"an entry with code {code} in {sec} carries no money, this one {amount}"
    if not zero and not amount and code[1] not in BACK:
        yield "the amount is zero"
    if amount > MOST.get(sec, amount):
        yield f"amount {amount} is more than {sec} allows"
    if head["description"].rstrip() == "ACCTVERIFY" and side(code) == "C" and amount >= 100:
        yield "a micro-entry credits less than a dollar"


def mandatory_faults(entry, head):
    sec = head["sec"]
    if sec in NAME_MUST and not entry["name"].strip():
        yield f"{sec} needs a name"
    if sec in ID_MUST and not entry["id"].strip():
        yield f"{sec} needs an identification or check serial number"
    if sec == "POP" and not all(x.strip() for x in (entry["raw"][39:48], entry["raw"][48:52], entry["raw"][52:54])):
        yield "POP needs check serial number, terminal city and state"
    if sec in ("POS", "SHR") and entry["discretionary"] not in CARD_TYPES:
        yield f"card transaction type '{entry['discretionary']}' is not known"
    if sec in ("WEB", "TEL") and entry["discretionary"].strip() not in (("R", "S") if sec == "WEB" else ("R", "S", "")):
        yield f"payment type '{entry['discretionary']}' is not known to {sec}"


def iat_faults(addendas):
    """Addenda 10 to 16 once each and in order, then 17 and 18."""
    kinds = [a["type"] for a in addendas]
    if kinds[:7] != ["10", "11", "12", "13", "14", "15", "16"]:
        yield "addenda 10 to 16 are not there once each and in order"
    rest = [k for k in kinds[7:] if k not in ("98", "99")]
    if rest != sorted(rest) or not set(rest) <= {"17", "18"} or rest.count("17") > 2 or rest.count("18") > 5 or len(kinds) > 12:
        yield "the optional addenda of IAT are too many or not in order"


def addenda_faults(entry, head):
    """(record, sentence) for what follows an entry."""
    sec, addendas, back = head["sec"], entry["addendas"], entry["code"][-1] in BACK
    kind, fewest, most = SEC.get(sec, ("CD", "05", 0, 9999))[1:]
    if entry["addenda"] != ("1" if addendas else "0"):
        yield entry["at"], f"addenda indicator {entry['addenda']} with {len(addendas)} addenda"
    if back and sec != "COR":
        kind, fewest, most = "99", 1, 1
    if entry["code"][-1] in "49" and sec in ("CCD", "CTX"):
        fewest = 1
    if kind == "IAT":
        for text in iat_faults(addendas):
            yield entry["at"], text
    elif any(a["type"] != kind for a in addendas):
        yield entry["at"], f"addenda {', '.join(a['type'] for a in addendas)} where {sec} takes {kind}"
    if not fewest <= len(addendas) <= most and not (back and sec == "IAT"):
        yield entry["at"], f"{len(addendas)} addenda where {sec} takes {fewest} to {most}"
    if entry.get("count", "").isdigit() and not back and int(entry["count"]) != len(addendas):
        yield entry["at"], f"says {int(entry['count'])} addenda, has {len(addendas)}"
    for i, a in enumerate(addendas, 1):
        for text in one_addenda_faults(i, a, entry):
            yield a["at"], text


def one_addenda_faults(i, a, entry):
    if a["type"] == "05" and a["sequence"] != f"{i:04d}":
        yield f"addenda sequence {a['sequence']} where {i:04d} is next"
    if "entry" in a and a["entry"] != entry["trace"][-7:]:
        yield f"entry sequence {a['entry']} is not the entry's, {entry['trace'][-7:]}"
    if "trace" in a and a["trace"] != entry["trace"]:
        yield f"trace {a['trace']} is not the entry's, {entry['trace']}"
    if a["type"] == "99" and a["reason"] not in RETURNS | DISHONORED | CONTESTED:
        yield f"return reason '{a['reason']}' is not known"
    if a["type"] == "98" and a["reason"] not in CHANGES:
        yield f"change code '{a['reason']}' is not known"
    if a["type"] in ("98", "99") and not a["original_trace"].strip("0 "):
        yield "the original trace is missing"
    if a["type"] in ("98", "99") and not a["original_rdfi"].strip("0 "):
        yield "the original RDFI is missing"


def mixture(batch):
    """The kinds of entries in a batch: forward, return, dishonored, contested."""
    kinds = set()
    for e in batch["entries"]:
        reasons = {a["reason"] for a in e["addendas"] if a["type"] == "99" and "reason" in a}
        if e["code"][-1] not in BACK:
            kinds.add("forward")
        elif reasons & DISHONORED:
            kinds.add("dishonored")
        elif reasons & CONTESTED:
            kinds.add("contested")
        else:
            kinds.add("return")
    return kinds


def entries_faults(batch):
    """(record, sentence) for each fault of a batch's entries."""
    head, before = batch["header"], ""
    for e in batch["entries"]:
        for rule in (code_faults, amount_faults, mandatory_faults):
            for text in rule(e, head):
                yield e["at"], text
        yield from addenda_faults(e, head)
        if not re.match(re.escape(head["odfi"]), e["trace"]):
            yield e["at"], f"trace {e['trace']} does not begin with the ODFI {head['odfi']}"
        if before and e["trace"] <= before:
            yield e["at"], f"trace {e['trace']} does not ascend after {before}"
        before = e["trace"]
    if not batch["entries"]:
        yield head["at"], "the batch has no entry"
    if len(mixture(batch)) > 1:
        yield head["at"], f"one batch mixes {' and '.join(sorted(mixture(batch)))} entries"
