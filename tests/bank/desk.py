#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""desk - the other desks that a gateway plays against: the bank's check desk, the printer, the trustee

  desk.py announce INBOX STATE          the check desk takes positive-pay files; a line of JSON each, exit 1 when one was refused
  desk.py print INBOX STATE [--announced STATE]   the printer takes print files; with the check desk's state every check must have been announced
  desk.py mail STATE OUTBOX --date D [--spoil SERIAL=NEW] [--refuse SERIAL=WHY]   confirms each check of a file once
  desk.py fund INBOX STATE              the trustee takes rollover files
  desk.py invest STATE OUTBOX --date D [--refuse REFERENCE=WHY]                  the same of its rollovers; --file NAME: not the last one

They read by paper.py, refuse what it finds, the same bytes twice, a serial twice, a void of what was never issued.  Files that leave are
written under a dot name and renamed.  No clock: same state and words, same bytes.  Exit 2 and a sentence: what cannot be.
"""
import argparse
import csv
import datetime
import hashlib
import io
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import paper  # noqa: E402
from bank import Refusal, load, publish, save  # noqa: E402


def plain(item):
    return {k: v.isoformat() if isinstance(v, datetime.date) else v for k, v in item.items() if k != "fill"}


def announced(items, state):
    """An issue is new, a void is of something that was issued."""
    known = {(i["account"], i["serial"]) for f in state["files"] for i in f["items"] if not i["void"]}
    for i in items:
        there = (i["account"], i["serial"]) in known
        if i["void"] and not there:
            yield f"check {i['serial']} is void and was never issued"
        if not i["void"] and there:
            yield f"check {i['serial']} was issued before"


def printable(items, state, issued):
    known = {int(i["serial"]) for f in state["files"] for i in f["items"]}
    for i in items:
        if int(i["serial"]) in known:
            yield f"check {i['serial']} was printed before"
        if issued is not None and (int(i["serial"]), i["amount"], i["payee"]) not in issued:
            yield f"check {i['serial']} was not announced to the bank with this amount and payee"


def take(args, reader, rules):
    """Judges every new file of the inbox."""
    state, refused = load(args.state), False
    seen = {f["sha256"] for f in state["files"] + state["refused"]}
    for name in sorted(os.listdir(args.inbox)):
        path = os.path.join(args.inbox, name)
        if not re.match("[^.]", name) or name.endswith(".part") or not os.path.isfile(path):
            continue
        with open(path, "rb") as f:
            data = f.read()
        digest = hashlib.sha256(data).hexdigest()
        if digest in seen:
            continue
        read = reader(data)
        items = [plain(i) for i in read.items]
        why = list(read.faults) + ([] if read.faults else list(rules(items, state)))
        row = {"name": name, "sha256": digest, "why": why} if why else {"name": name, "sha256": digest, "header": plain(read.header), "items": items}
        state["refused" if why else "files"].append(row)
        save(args.state, state)
        print(json.dumps({"file": name, "verdict": "refused" if why else "accepted", "why": why, "items": len(items), "total_minor": read.total}), flush=True)
        refused |= bool(why)
    return 1 if refused else 0


def announce(args):
    return take(args, lambda data: paper.read_pospay(data, args.layout), announced)


def print_checks(args):
    issued = None
    if args.announced:
        issued = {(int(i["serial"]), i["amount"], i["payee"]) for f in load(args.announced)["files"] for i in f["items"] if not i["void"]}
    return take(args, paper.read_checks, lambda items, state: printable(items, state, issued))


def fund(args):
    return take(args, paper.read_rollovers, lambda items, state: ())


# ---- confirmations ----

def money(minor):
    return f"{minor // 100}.{minor % 100:02d}"


def words_of(words, what):
    found = {}
    for word in words:
        if "=" not in word:
            raise Refusal(f"'{word}' is not {what}")
        key, value = word.split("=", 1)
        found[key] = value
    return found


def write_out(args, name, head, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    publish(os.path.join(args.outbox, args.name or name), text.getvalue().encode("ascii"))
    return 0


def file_of(args, state):
    """The one that was named, else the last."""
    files = [f for f in state["files"] if args.file in (None, f["name"])]
    if not files:
        raise Refusal(f"no file '{args.file or ''}' came")
    return files[-1]


def mail(args):
    f, spoiled, refused, rows = file_of(args, load(args.state)), words_of(args.spoil, "SERIAL=NEW"), words_of(args.refuse, "SERIAL=WHY"), []
    for i in f["items"]:
        status, new, why = "MAILED", "", ""
        if i["serial"] in spoiled:
            status, new = "SPOILED", spoiled.pop(i["serial"])
        elif i["serial"] in refused:
            status, why = "REJECTED", refused.pop(i["serial"])
        rows.append([f["header"]["reference"], i["serial"], status, new, args.date, money(i["amount"]), why])
    if spoiled or refused:
        raise Refusal(f"the last file has no check {', '.join([*spoiled, *refused])}")
    return write_out(args, f"PRINTED-{args.date}.csv", ["reference", "check_number", "status", "new_check_number", "status_date", "amount", "reason"], rows)


def invest(args):
    f, refused, rows = file_of(args, load(args.state)), words_of(args.refuse, "REFERENCE=WHY"), []
    for i in f["items"]:
        why = refused.pop(i["reference"], "")
        rows.append([i["reference"], i["person"], money(i["amount"]), "REJECTED" if why else "CONFIRMED", args.date, why])
    if refused:
        raise Refusal(f"the last file has no rollover {', '.join(refused)}")
    return write_out(args, f"ROLLED-{args.date}.csv", ["reference", "person", "amount", "status", "status_date", "reason"], rows)


def parser():
    top = argparse.ArgumentParser(prog="desk.py", description=__doc__.splitlines()[0])
    verbs = top.add_subparsers(dest="verb", required=True)
    for verb, run in (("announce", announce), ("print", print_checks), ("fund", fund)):
        p = verbs.add_parser(verb)
        p.add_argument("inbox")
        p.add_argument("state")
        p.add_argument("--layout", default="generic100")
        p.add_argument("--announced")
        p.set_defaults(run=run)
    for verb, run in (("mail", mail), ("invest", invest)):
        p = verbs.add_parser(verb)
        p.add_argument("state")
        p.add_argument("outbox")
        p.add_argument("--date", required=True)
        p.add_argument("--spoil", action="append", default=[])
        p.add_argument("--refuse", action="append", default=[])
        p.add_argument("--name")
        p.add_argument("--file")
        p.set_defaults(run=run)
    return top


def main():
    args = parser().parse_args()
    try:
        return args.run(args)
    except (Refusal, ValueError, OSError) as e:
        print(f"desk: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
