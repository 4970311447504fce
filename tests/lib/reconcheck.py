#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""reconcheck - re-derives every automatic match of `tallygate reconcile` from its inputs; shares no code with it

    reconcheck.py READERS_DIR RESULT --book FILE... --bank FILE...      prints what does not hold, exit 1; else one line

READERS_DIR holds readers.py of the case generator (bank(path), book(path)).  What is proved of each match: its ids are there, in one
match only, of one account and currency; its totals are the sums of its rows; the rule's own evidence stands in the texts; and where a
rule says that nothing else fits, nothing else does.
"""
import argparse
import csv
import os
import sys
from collections import defaultdict
from decimal import Decimal

STRONG = {"reference", "reference-bank-field", "reference-text", "group-key", "group-key-fee", "parts"}


def norm(s):
    return "".join(c for c in s.upper() if c.isalnum()).lstrip("0")


def fold(s):
    return norm(s.upper().translate(str.maketrans("OISB", "0158")))


def close(a, b):
    """One edit or one swap of neighbours at most."""
    if abs(len(a) - len(b)) > 1:
        return False
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return (a[i + 1:] == b[i + 1:] or a[i:] == b[i + 1:] or a[i + 1:] == b[i:]
                    or (a[i:i + 2] == b[i:i + 2][::-1] and a[i + 2:] == b[i + 2:]))
    return True


def near(said, ref):
    """One operator away from `ref`, in any field or anywhere in the text."""
    want = norm(ref)
    for s in said:
        n = norm(s)
        if n and (n == want or close(n, want) or fold(s) == fold(ref) or (min(len(n), len(want)) >= 8 and (n.startswith(want) or want.startswith(n)))):
            return True
        squeezed, folded = "".join(c for c in s.upper() if c.isalnum()), fold(s)
        if want in squeezed or fold(ref) in folded or want[:12] in squeezed:
            return True
        if any(close(squeezed[i:i + k], want) for k in (len(want) - 1, len(want), len(want) + 1) for i in range(len(squeezed) - k + 1)):
            return True
    return False


def names(line, ref):
    want = norm(ref)
    return bool(want) and any(want in "".join(c for c in s.upper() if c.isalnum()) for s in (line["ref"], line["bankref"] or "", line["text"]))


class Case:
    def __init__(self, readers, books, banks):
        self.lines = {x["id"]: x for p in banks for x in readers.bank(p)[0]}
        self.items = {x["id"]: x for p in books for x in readers.book(p)}
        self.groups = defaultdict(set)
        for i in self.items.values():
            if i.get("group"):
                self.groups[i["account"], i["currency"], norm(i["group"])].add(i["id"])

    @staticmethod
    def signed(row):
        return row["amount"] if row["sign"] == "CR" else -row["amount"]


def evidence(case, rule, lines, items, used_by, pairs):
    """What is wrong with the match, or nothing."""
    l, k = lines[0], items[0]
    if rule in ("reference", "reference-bank-field", "reference-text"):
        return None if names(l, k["reference"]) and l["amount"] == k["amount"] and l["sign"] == k["sign"] else "the line does not bear the reference"
    if rule == "reference-near":
        if not near((l["ref"], l["text"]), k["reference"]):
            return "the references are not near"
        return lonely(case, l, k, used_by, pairs)
    if rule == "amount-date":
        return lonely(case, l, k, used_by, pairs)
    if rule in ("group-key", "group-key-fee", "group-total"):
        mine = case.groups[k["account"], k["currency"], norm(k["group"])]
        if any(norm(i["group"]) != norm(k["group"]) for i in items):
            return "its items are of several groups"
        if rule != "group-total" and not all(names(x, k["group"]) for x in lines):
            return "a line does not bear the key"
        own = {i["id"] for i in items}
        left = {i for i in mine - own if i not in used_by and (case.items[i].get("status") or "OPEN") == "OPEN"}
        return f"items of the group are left out: {sorted(left)[:3]}" if left else None
    if rule == "parts":
        return None if all(names(x, k["reference"]) for x in lines) else "a part does not bear the reference"
    return f"no rule of that name accepts: {rule}"


def days(a, b):
    return abs((a - b).days)


def contradicts(line, item):
    return bool(line["ref"] and item["reference"]) and not near((line["ref"], line["text"]), item["reference"])


def lonely(case, l, k, used_by, pairs):
    """No other line or item of the same amount and sign fits within ten days, but for what stronger evidence closed."""
    key = (l["account"], l["currency"], l["sign"], l["amount"])
    for i in pairs["items"][key]:
        o = case.items[i]
        if i != k["id"] and used_by.get(i) not in STRONG and days(o["date"], l["date"]) <= 10 and not contradicts(l, o) and not other_name(l, o) \
                and (o.get("status") or "OPEN") == "OPEN":
            return f"{i} fits as well"
    for i in pairs["lines"][key]:
        o = case.lines[i]
        if i != l["id"] and used_by.get(i) not in STRONG | {"dup"} and days(o["date"], k["date"]) <= 10 and not contradicts(o, k) and not other_name(o, k):
            return f"{i} fits as well"
    return None


def other_name(line, item):
    return bool(item["party"]) and not any(w in line["text"].upper() for w in item["party"].upper().split() if len(w) > 3)


def check(readers, result, books, banks):
    case, wrong, used_by, matches = Case(readers, books, banks), [], {}, []
    pairs = {"lines": defaultdict(list), "items": defaultdict(list)}
    for side in ("lines", "items"):
        for i, x in getattr(case, side).items():
            pairs[side][x["account"], x["currency"], x["sign"], x["amount"]].append(i)
    with open(os.path.join(result, "exceptions.csv"), newline="", encoding="utf-8") as f:
        for e in csv.DictReader(f):
            if e["reason"] in ("DUP_LINE", "DUP_PAYMENT"):
                used_by[e["id"]] = "dup"
    with open(os.path.join(result, "matches.csv"), newline="", encoding="utf-8") as f:
        matches = [m for m in csv.DictReader(f) if m["status"] == "auto"]
    for m in matches:
        for i in m["bank_ids"].split() + m["book_ids"].split():
            if i in used_by:
                wrong.append(f"{m['match_id']}: {i} stands in two places")
            used_by[i] = m["rule"]
    for m in matches:
        lines = [case.lines.get(i) for i in m["bank_ids"].split()]
        items = [case.items.get(i) for i in m["book_ids"].split()]
        if None in lines or None in items:
            wrong.append(f"{m['match_id']}: an id that is not in the input")
            continue
        if len({(x["account"], x["currency"]) for x in lines + items}) != 1:
            wrong.append(f"{m['match_id']}: several accounts or currencies")
        digits = 0 if lines[0]["currency"] == "JPY" else 2
        bank, book = sum(map(case.signed, lines)), sum(map(case.signed, items))
        if (bank, book) != (int(Decimal(m["bank_total"]).scaleb(digits)), int(Decimal(m["book_total"]).scaleb(digits))):
            wrong.append(f"{m['match_id']}: its totals are not the sums of its rows")
        if bank != book and m["rule"] != "group-key-fee":
            wrong.append(f"{m['match_id']}: accepted with a difference")
        why = evidence(case, m["rule"], lines, items, used_by, pairs)
        if why:
            wrong.append(f"{m['match_id']} {m['rule']} {m['bank_ids'][:80]} {m['book_ids'][:40]}: {why}")
    return len(matches), wrong


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("readers")
    ap.add_argument("result")
    ap.add_argument("--book", nargs="+", action="extend", default=[])
    ap.add_argument("--bank", nargs="+", action="extend", default=[])
    a = ap.parse_args()
    sys.path.insert(0, a.readers)
    import readers
    n, wrong = check(readers, a.result, a.book, a.bank)
    for w in wrong[:20]:
        print(w)
    print(f"reconcheck {n} matches, {len(wrong)} do not hold")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
