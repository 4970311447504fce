#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bank - FIRST BANK: takes ACH files, posts statements, sends returns

  bank.py accept INBOX STATE              judge every new *.ach; a line of JSON each; exit 1 when one was refused
  bank.py statement STATE OUTBOX --as-of DATE --created DATE --account N    a BAI2 file of what settled on that day, its closing balance said; --fee, --deposit,
                      --paid SERIAL=MINOR (a check), --credit MINOR (returned entries), --modifier 3 (an interim report)
  bank.py ack STATE OUTBOX --created DATE [--reject FILE=REASON:TEXT]       its verdicts on the files it took since the last ack, as CSV;
                      a file that it rejects after all settles nothing
  bank.py returns STATE OUTBOX --created DATE [--return WHO=R02] [--change WHO=C01:DATA] [--unknown-trace]
  bank.py corrupt KIND FILE OUT           a wrong copy: truncated wrong-total wrong-hash unknown-trace empty

A file is accepted when ach.py finds no fault and this bank's own rules hold: its routing number, a company that it knows, a forward
file, an effective date that is a banking day and not before the creation date, PAYROLL on wages, and never the same file twice.
WHO is an individual id or a trace of 15 digits.  The state is one JSON file, replaced whole; files that leave are written under a
dot name and renamed.  No clock: same state and words, same bytes.  Exit 2 and a sentence when the words ask for what cannot be.
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
import ach  # noqa: E402
import ach_rules  # noqa: E402
import bai2  # noqa: E402

ROUTING = "123456780"
NAME = "FIRST BANK"
COMPANIES = {"1234567890": "ACME WIDGETS"}
AGREED = ("REVERSAL", "DISTRIB")	  # what else PPD credits of this customer may be: no wages
KEPT = ("code", "rdfi", "account", "id", "name", "trace", "raw")


class Refusal(Exception):
    """What cannot be done, in words."""


# ---- files ----

def publish(path, data):
    """All of it or nothing: temporary dot name, fsync, rename."""
    tmp = os.path.join(os.path.dirname(path) or ".", f".{os.path.basename(path)}.tmp")
    with open(tmp, "wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    os.chmod(tmp, 0o644)
    os.rename(tmp, path)


def load(path):
    try:
        with open(path, encoding="ascii") as f:
            return json.load(f)
    except FileNotFoundError:
        return {"files": [], "refused": []}


def save(path, state):
    publish(path, (json.dumps(state, indent=1, sort_keys=True) + "\n").encode("ascii"))


# ---- the calendar of the Federal Reserve ----

def nth(year, month, weekday, n):
    """The n-th given weekday of a month; n = -1 is the last."""
    days = [d for d in (datetime.date(year, month, 1) + datetime.timedelta(i) for i in range(31)) if d.month == month and d.weekday() == weekday]
    return days[n - 1 if n > 0 else n]


def holidays(year):
    fixed = [datetime.date(year, m, d) for m, d in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))]
    moved = [d + datetime.timedelta(1) if d.weekday() == 6 else d for d in fixed]
    return set(moved) | {nth(year, 1, 0, 3), nth(year, 2, 0, 3), nth(year, 5, 0, -1), nth(year, 9, 0, 1), nth(year, 10, 0, 2), nth(year, 11, 3, 4)}


def banking_day(date):
    return date.weekday() < 5 and date not in holidays(date.year)


# ---- accept ----

def batch_refusals(batch, created):
    head = batch["header"]
    if head["company_id"].strip() not in COMPANIES:
        yield f"company {head['company_id'].strip()} is no customer of ours"
    if head["odfi"] != ROUTING[:8]:
        yield f"ODFI {head['odfi']} is not this bank, {ROUTING[:8]}"
    if head["sec"] == "IAT":
        yield "IAT is not agreed with this customer"
    if ach_rules.mixture(batch) - {"forward"} or head["sec"] == "COR":
        yield "returns and changes come from the bank, not to it"
    if head["settlement"].strip():
        yield "the settlement date is the operator's to fill"
    wages = head["sec"] == "PPD" and any(e["code"][-1] == "2" for e in batch["entries"])
    if wages and not head["description"].startswith("PAYROLL") and head["description"].rstrip() not in AGREED:
        yield f"PPD credits of wages say PAYROLL, not '{head['description'].strip()}'"
    when = ach.date_of(head["effective"])
    if when is None:
        yield "the effective date is missing"
    elif not banking_day(when):
        yield f"the effective date {when} is no banking day"
    elif created and when < created:
        yield f"the effective date {when} is before the creation date {created}"


def file_key(header):
    return "-".join(header[k].strip() for k in ("origin", "date", "time", "modifier"))


def refusals(read, name, digest, state):
    """Why the bank refuses a file, all reasons."""
    yield from read.faults
    if read.header is not None:
        if read.header["destination"] != " " + ROUTING:
            yield f"destination '{read.header['destination'].strip()}' is not this bank, {ROUTING}"
        if read.header["origin"].strip() not in COMPANIES:
            yield f"origin '{read.header['origin'].strip()}' is not known"
        for other in state["files"]:
            if other["key"] == file_key(read.header):
                yield f"duplicate: {other['key']} was accepted as '{other['name']}'"
    for other in state["files"]:
        if other["name"] == name and other["sha256"] != digest:
            yield f"a file '{name}' with other content was accepted before"
        if other["name"] != name and other["sha256"] == digest:
            yield f"duplicate: the same bytes were accepted as '{other['name']}'"
    created = ach.date_of(read.header["date"]) if read.header else None
    for batch in read.batches:
        for why in batch_refusals(batch, created):
            yield f"batch {batch['header']['number']}: {why}"


def remember(read, name, digest):
    batches = []
    for b in read.batches:
        head = {k: v.rstrip() for k, v in b["header"].items() if k != "at"}
        entries = [dict({k: e[k].rstrip() for k in KEPT}, amount=int(e["amount"])) for e in b["entries"]]
        batches.append({"header": head, "entries": entries})
    return {"name": name, "sha256": digest, "key": file_key(read.header), "header": {k: v for k, v in read.header.items() if k != "at"},
            "batches": batches}


def judge(name, data, state):
    """The verdict on one file; an accepted one enters the state."""
    digest = hashlib.sha256(data).hexdigest()
    read = ach.read(data)
    why = list(refusals(read, name, digest, state))
    sums = ach.totals([e for b in read.batches for e in b["entries"]])
    if why:
        state["refused"].append({"name": name, "sha256": digest, "why": why})
    else:
        state["files"].append(remember(read, name, digest))
    return {"file": name, "verdict": "refused" if why else "accepted", "why": why, "batches": len(read.batches),
            "entries": sum(len(b["entries"]) for b in read.batches), "debit_minor": sums["debit"], "credit_minor": sums["credit"]}


def accept(args):
    state, refused = load(args.state), False
    seen = {(f["name"], f["sha256"]) for f in state["files"] + state["refused"]}
    for name in sorted(os.listdir(args.inbox)):
        if not re.fullmatch(r"[^.].*\.ach", name):
            continue
        with open(os.path.join(args.inbox, name), "rb") as f:
            data = f.read()
        if (name, hashlib.sha256(data).hexdigest()) in seen:
            continue
        verdict = judge(name, data, state)
        save(args.state, state)
        print(json.dumps(verdict), flush=True)
        refused |= verdict["verdict"] == "refused"
    return 1 if refused else 0


# ---- statement ----

def settlements(state, as_of, account):
    """(type code, amount, text) per accepted file that is effective that day; an offset to the account itself is no second line."""
    day = as_of.strftime("%y%m%d")
    for f in state["files"]:
        if f.get("verdict") == "rejected":
            continue
        batches = [b for b in f["batches"] if b["header"]["effective"] == day]
        entries = [e for b in batches for e in b["entries"] if e["account"] != account]
        for side, code, what in (("C", "455", "ACH SETTLEMENT"), ("D", "166", "ACH COLLECTION")):
            amount = sum(e["amount"] for e in entries if ach_rules.side(e["code"]) == side)
            if amount:
                head = batches[0]["header"]
                yield code, amount, f"{what} {head['company']} {head['company_id']} {head['description']}"


def statement(args):
    state = load(args.state)
    lines = list(settlements(state, args.as_of, args.account))
    if args.fee:
        lines.append(("698", args.fee, "ACH SERVICE FEE"))
    if args.deposit:
        lines.append(("301", args.deposit, "DEPOSIT BRANCH 0042"))
    lines += [("257", minor, "ACH RETURN ITEM") for minor in args.credit]
    lines += [("475", int(minor), "CHECK PAID", serial) for serial, minor in (word.split("=") for word in args.paid)]
    details = [(code, amount, f"FB{args.as_of:%y%m%d}{i:04d}", text, *serial) for i, (code, amount, text, *serial) in enumerate(lines, 1)]
    data = bai2.write(ROUTING, next(iter(COMPANIES)), args.created, args.as_of, args.account, args.opening, details, file_id=args.file_id,
                      modifier=args.modifier)
    again = bai2.read(data)
    if again.faults:
        raise Refusal(f"the statement does not add up: {again.faults}")
    publish(os.path.join(args.outbox, args.name or f"FIRST-{args.as_of:%Y%m%d}.bai"), data)
    print(again.accounts[0]["summary"]["015"])
    return 0


# ---- acknowledgements ----

def ack(args):
    """What the bank says of each file that it has not said anything of: accepted, or rejected by its back office."""
    state, rejected = load(args.state), {}
    for word in args.reject:
        got = re.fullmatch("([^=]+)=([A-Z0-9]+):(.+)", word)
        if not got:
            raise Refusal(f"'{word}' is not FILE=REASON:TEXT")
        rejected[got[1]] = (got[2], got[3])
    rows = []
    for f in state["files"]:
        if "verdict" in f:
            continue
        code, text = rejected.pop(f["name"], ("", ""))
        f["verdict"] = "rejected" if code else "accepted"
        entries = [e for b in f["batches"] for e in b["entries"]]
        rows.append([f["name"], f["key"], "REJECTED" if code else "ACCEPTED", code, text, len(entries), sum(e["amount"] for e in entries)])
    if rejected or not rows:
        raise Refusal(f"no file to acknowledge: {', '.join(rejected) or 'none came'}")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["FileName", "Reference", "Status", "ReasonCode", "ReasonText", "Entries", "Amount"])
    writer.writerows([*row[:-1], f"{row[-1] // 100}.{row[-1] % 100:02d}"] for row in rows)
    publish(os.path.join(args.outbox, args.name or f"FIRST-ACK-{args.created:%Y%m%d}-{len(state['files'])}.csv"), text.getvalue().encode("ascii"))
    save(args.state, state)
    return 0


# ---- returns ----

def originals(state, who):
    """(entry, batch header, file header) of the newest accepted file that has an entry for the individual id or trace."""
    for f in reversed(state["files"]):
        hits = [(e, b["header"], f["header"]) for b in f["batches"] for e in b["entries"] if who in (e["id"], e["trace"])]
        if len(hits) > 1:
            raise Refusal(f"'{who}' has {len(hits)} entries in '{f['name']}': name the trace")
        if hits:
            return hits[0]
    raise Refusal(f"no accepted entry for '{who}'")


def never_sent(state):
    """The newest entry, and a trace that no file ever had."""
    if not state["files"]:
        raise Refusal("nothing was accepted yet")
    newest = state["files"][-1]
    batch = newest["batches"][0]
    used = {e["trace"] for f in state["files"] for b in f["batches"] for e in b["entries"]}
    trace = next(t for t in (f"{batch['header']['odfi']}{n}" for n in range(9999999, 0, -1)) if t not in used)
    return (batch["entries"][0], batch["header"], newest["header"]), trace


def asked(args, state):
    """(original, what came_back() shall say) for each word of the command line."""
    for word in args.returned:
        got = re.fullmatch("([^=]+)=(R[0-9]{2})(?::(.*))?", word)
        if not got or got[2] not in ach_rules.RETURNS:
            raise Refusal(f"'{word}' is not WHO=Rnn")
        info = {"death": got[3] or ""} if got[2] in ("R14", "R15") else {"info": got[3] or ("QUESTIONABLE" if got[2] == "R17" else "")}
        yield originals(state, got[1]), dict(reason=got[2], **info)
    for word in args.changed:
        got = re.fullmatch("([^=]+)=(C[0-9]{2}):(.+)", word)
        if not got:
            raise Refusal(f"'{word}' is not WHO=Cnn:DATA")
        yield originals(state, got[1]), {"reason": got[2], "change": got[3]}
    if args.unknown_trace:
        original, trace = never_sent(state)
        yield original, {"reason": "R03", "original_trace": trace}


def returns(args):
    state, batches, sent = load(args.state), [], None
    day = f"{args.created:%j}"
    for (entry, head, sent), what in asked(args, state):
        n = len(batches) + 1
        batches.append(ach.came_back(entry, head, n, int(day) * 10000 + n, day, **what))
    if not batches:
        raise Refusal("nothing to return was named")
    header = {"destination": sent["origin"], "origin": sent["destination"], "date": f"{args.created:%y%m%d}", "time": "0600",
              "modifier": args.modifier, "destination_name": sent["origin_name"], "origin_name": NAME}
    data = ach.write(header, batches)
    again = ach.read(data)
    if again.faults:
        raise Refusal(f"the bank would send a wrong file: {again.faults}")
    publish(os.path.join(args.outbox, args.name or f"FIRST-RET-{args.created:%Y%m%d}.ret"), data)
    return 0


# ---- corrupt ----

def change_digits(line, first, last):
    """The line with the number at positions first-last one higher (all nines become zero)."""
    width = last - first + 1
    return line[:first - 1] + f"{(int(line[first - 1:last]) + 1) % 10 ** width:0{width}d}" + line[last:]


def corrupt_ach(kind, lines):
    end = next((i for i, line in enumerate(lines) if line.startswith("9") and line != ach.NINES), None)
    if end is None:
        raise Refusal("the file has no file control")
    if kind == "truncated":
        return lines[:end]
    if kind == "unknown-trace":
        hit = next((i for i, line in enumerate(lines) if line.startswith(("799", "798"))), None)
        if hit is None:
            raise Refusal("the file has no return")
        lines[hit] = lines[hit][:14] + "9999999" + lines[hit][21:]
        return lines
    side = (44, 55) if int(lines[end][43:55]) else (32, 43)
    lines[end] = change_digits(lines[end], *(side if kind == "wrong-total" else (22, 31)))
    return lines


def corrupt_bai2(kind, lines):
    if not lines[-1].startswith("99,"):
        raise Refusal("the file has no 99")
    if kind == "truncated":
        return lines[:-1]
    if kind != "wrong-total":
        raise Refusal(f"a BAI2 file cannot be made '{kind}'")
    code, total, rest = lines[-1].split(",", 2)
    return lines[:-1] + [f"{code},{int(total) + 1},{rest}"]


def corrupt(args):
    with open(args.file, encoding="latin-1", newline="") as f:
        lines = f.read().split("\n")
    lines = lines[:-1] if lines[-1] == "" else lines
    if args.kind == "empty" or not lines:
        lines = []
    elif lines[0].startswith("01,"):
        lines = corrupt_bai2(args.kind, lines)
    else:
        lines = corrupt_ach(args.kind, lines)
    publish(args.out, "".join(line + "\n" for line in lines).encode("latin-1"))
    return 0


# ---- the command line ----

def parser():
    top = argparse.ArgumentParser(prog="bank.py", description=NAME)
    verbs = top.add_subparsers(dest="verb", required=True)
    day = datetime.date.fromisoformat

    a = verbs.add_parser("accept")
    a.add_argument("inbox")
    a.add_argument("state")
    a.set_defaults(run=accept)

    s = verbs.add_parser("statement")
    s.add_argument("state")
    s.add_argument("outbox")
    s.add_argument("--as-of", type=day, required=True)
    s.add_argument("--created", type=day, required=True)
    s.add_argument("--account", required=True)
    s.add_argument("--opening", type=int, default=100000000)
    s.add_argument("--fee", type=int, default=0)
    s.add_argument("--deposit", type=int, default=0)
    s.add_argument("--credit", type=int, action="append", default=[])
    s.add_argument("--paid", action="append", default=[])
    s.add_argument("--modifier", type=int, choices=(1, 2, 3, 4), default=2)
    s.add_argument("--file-id", type=int, default=1)
    s.add_argument("--name")
    s.set_defaults(run=statement)

    k = verbs.add_parser("ack")
    k.add_argument("state")
    k.add_argument("outbox")
    k.add_argument("--created", type=day, required=True)
    k.add_argument("--reject", action="append", default=[])
    k.add_argument("--name")
    k.set_defaults(run=ack)

    r = verbs.add_parser("returns")
    r.add_argument("state")
    r.add_argument("outbox")
    r.add_argument("--created", type=day, required=True)
    r.add_argument("--return", dest="returned", action="append", default=[])
    r.add_argument("--change", dest="changed", action="append", default=[])
    r.add_argument("--unknown-trace", action="store_true")
    r.add_argument("--modifier", default="A")
    r.add_argument("--name")
    r.set_defaults(run=returns)

    c = verbs.add_parser("corrupt")
    c.add_argument("kind", choices=("truncated", "wrong-total", "wrong-hash", "unknown-trace", "empty"))
    c.add_argument("file")
    c.add_argument("out")
    c.set_defaults(run=corrupt)
    return top


def main():
    args = parser().parse_args()
    try:
        return args.run(args)
    except (Refusal, ach.Unfit, ValueError, OSError) as e:
        print(f"bank: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
