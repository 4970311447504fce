#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A distribute worker in Python, made from docs/wire.md alone: it allots, and says of everything else that it cannot.

    worker.py ENDPOINT NAME [--credit BYTES] [--jobs N]     N: end after so many answers

It speaks ZeroMQ through pyzmq: a DEALER on ipc://RUN/route-distribute/bus.  SIGTERM ends it.
"""
import argparse
import os
import signal
import sys
import time

import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tally_wire as wire  # noqa: E402

AMOUNT_MAX = 9_999_999_999


def code_points(text):
    """UTF-8 where it is UTF-8, else ISO 8859-1, byte by byte."""
    at = 0
    while at < len(text):
        for length in (1, 2, 3, 4):
            try:
                yield ord(text[at:at + length].decode("utf-8"))
                at += length
                break
            except (UnicodeDecodeError, TypeError):
                continue
        else:
            yield text[at]
            at += 1


def to_ascii(text, room, upper):
    out = ""
    for c in code_points(text):
        if 0x21 <= c <= 0x7e:
            piece = chr(c)
        elif c in wire.LETTERS:
            piece = wire.LETTERS[c]
        elif c == 0x2019:
            piece = "'"
        else:
            piece = "" if 0x300 <= c <= 0x36f else " "
        for letter in piece:
            if letter == " " and (out == "" or out[-1] == " "):
                continue
            if len(out) < room:
                out += letter
    out = out.rstrip(" ").encode("ascii")
    return out.upper() if upper else out


def good_routing(text):
    if len(text) != 9 or not all(48 <= c <= 57 for c in text) or text == b"000000000":
        return False
    d = [c - 48 for c in text]
    prefix = 10 * d[0] + d[1]
    if not (prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80):
        return False
    return (3 * (d[0] + d[3] + d[6]) + 7 * (d[1] + d[4] + d[7]) + d[2] + d[5] + d[8]) % 10 == 0


def transaction_code(account_type):
    return {b"": b"22", b"checking": b"22", b"c": b"22", b"savings": b"32", b"s": b"32"}.get(account_type.strip(b" ").lower())


class Held(Exception):
    """The row is not paid, for this reason."""


OPTIONS = {"check": int, "rollover": int, "ach_most": int, "check_most": int, "rollover_percent": int, "payee_length": int, "trustee": bytes, "plan": bytes, "memo": bytes}
ADDRESS = {"address1": 50, "address2": 50, "city": 30, "region": 20, "postal_code": 10, "country": 2}
LEGS_MAX = 4


def ways_of(elements):
    """The options of one ALLOT; None when there is one that this worker does not know."""
    ways = {name: kind() for name, kind in OPTIONS.items()}
    for name, value in elements:
        if name != "OPTION":
            continue
        key, is_there, text = value.partition(b"=")
        if not is_there or key.decode() not in OPTIONS:
            return None
        ways[key.decode()] = OPTIONS[key.decode()](text)
    return ways


def trimmed(row, name):
    return row.text(name).strip(b" ")


def shares(total, weights):
    """Rounded down, then the left-over units one each to the largest remainders, among equals to the first."""
    whole = sum(weights)
    out = [total * w // whole for w in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[:total - sum(out)]:
        out[i] += 1
    return out


def payee_of(name, room):
    text = bytes(0x20 if c in b',"|;\\' else c for c in to_ascii(name, 127, False))
    return to_ascii(text, room, False)


def judge_row(row, ways):
    method, net = trimmed(row, "method").lower(), row.num("net_minor")
    divided = ways["ach_most"] or ways["check_most"] or ways["rollover"]
    table = (
        ("NOT_ACH", method not in (b"", b"ach", b"check")),
        ("NO_WAY", method == b"check" and not ways["check"]),
        ("NO_AMOUNT", net <= 0),
        ("AMOUNT_TOO_LARGE", net > LEGS_MAX * AMOUNT_MAX or (net > AMOUNT_MAX and not divided)),
        ("NOT_USD", trimmed(row, "currency") not in (b"", b"USD")),
        ("NO_NAME", to_ascii(row.text("party"), 22, True) == b""),
        ("NO_PERSON", to_ascii(row.text("person"), 15, False) == b""),
    )
    for code, holds in table:
        if holds:
            raise Held(code)


def no_ach(row):
    """Why it cannot go by ACH; None: it can."""
    account, routing = trimmed(row, "account"), trimmed(row, "routing")
    table = (
        ("NO_ACCOUNT", account == b""),
        ("BAD_ACCOUNT", len(account) > 17 or any(c < 0x20 or c > 0x7e for c in account)),
        ("BAD_ACCOUNT_TYPE", transaction_code(row.text("account_type")) is None),
        ("NO_ROUTING", routing == b""),
        ("BAD_ROUTING", not good_routing(routing)),
    )
    return next((code for code, holds in table if holds), None)


def rollover_part(row, ways):
    net, trustee, account = row.num("net_minor"), trimmed(row, "trustee"), trimmed(row, "trustee_account")
    part = row.num("rollover_minor")
    if "rollover_minor" not in row.fields and trustee:
        if ways["rollover_percent"] == 0:
            raise Held("BAD_ROLLOVER" if ways["rollover"] else "NO_WAY")
        part = shares(net, [ways["rollover_percent"], 100 - ways["rollover_percent"]])[0]
    if part == 0:
        return 0
    same = to_ascii(trustee, 127, True) == to_ascii(ways["trustee"], 127, True)
    table = (
        ("NO_WAY", not ways["rollover"]),
        ("BAD_ROLLOVER", part < 0 or part > net or len(trimmed(row, "distribution")) > 2),
        ("AMOUNT_TOO_LARGE", part > AMOUNT_MAX),
        ("NO_TRUSTEE", account == b"" or len(account) > 30 or any(c < 0x20 or c > 0x7e for c in account)),
        ("OTHER_TRUSTEE", trustee != b"" and not same),
    )
    for code, holds in table:
        if holds:
            raise Held(code)
    return part


def new_leg(row, legs, amount):
    leg = wire.Record("PAYMENT", row.seq, row.line, {"amount_minor": amount, "currency": b"USD", "leg": len(legs) + 1,
                                                      "individual_id": to_ascii(row.text("person"), 15, False)})
    leg.fields.update((name, row.fields[name]) for name in ("person", "run", "company", "pay_date") if name in row.fields)
    legs.append(leg)
    return leg


def fill(leg, **fields):
    leg.fields.update((name, value) for name, value in fields.items() if value != b"")


def put_rollover(row, legs, amount, ways):
    party, trustee = payee_of(row.text("party"), 60), payee_of(ways["trustee"], 40)
    plan = to_ascii(row.text("plan") or ways["plan"], 40, False)
    ssn = row.text("ssn").replace(b"-", b"").replace(b" ", b"")
    fill(new_leg(row, legs, amount), method=b"ROLLOVER", party=party, payee=trustee + b" FBO " + party, trustee=trustee, plan=plan, ssn=ssn,
         trustee_account=trimmed(row, "trustee_account"), distribution=trimmed(row, "distribution"))
    for code, holds in (("NO_NAME", party == b""), ("NO_PLAN", plan == b""), ("NO_SSN", len(ssn) != 9 or not all(48 <= c <= 57 for c in ssn))):
        if holds:
            raise Held(code)


def put_check(row, legs, amount, ways, why):
    payee = payee_of(row.text("party"), min(ways["payee_length"] or 40, 40))
    if payee == b"":
        raise Held("NO_NAME")
    address = {}
    for name, room in ADDRESS.items():
        text = to_ascii(trimmed(row, name), 127, False)
        if len(text) > room or (text == b"" and trimmed(row, name) != b""):
            raise Held("BAD_ADDRESS")
        address[name] = text
    fill(new_leg(row, legs, amount), method=b"CHECK", payee=payee, memo=to_ascii(row.text("memo") or ways["memo"], 70, False), reason=(why or "").encode(), **address)


def put_ach(row, legs, amount):
    fill(new_leg(row, legs, amount), party=to_ascii(row.text("party"), 22, True), account=trimmed(row, "account"), routing=trimmed(row, "routing"),
         transaction_code=transaction_code(row.text("account_type")))


def put_rest(row, legs, amount, ways):
    asked = trimmed(row, "method").lower() == b"check"
    why = None if asked else no_ach(row)
    by_check = asked or why is not None
    if by_check and not ways["check"]:
        raise Held(why)
    most = ways["check_most" if by_check else "ach_most"]
    count = (amount - 1) // most + 1 if most else 1
    if count > LEGS_MAX - len(legs):
        raise Held("TOO_MANY_LEGS")
    for share in shares(amount, [1] * count):
        if share > AMOUNT_MAX:
            raise Held("AMOUNT_TOO_LARGE")
        if by_check:
            put_check(row, legs, share, ways, why)
        else:
            put_ach(row, legs, share)


def allot(row, ways):
    """The legs of one row, as docs/wire.md has it under Allotting."""
    legs = []
    try:
        judge_row(row, ways)
        part = rollover_part(row, ways)
        if part:
            put_rollover(row, legs, part, ways)
        if row.num("net_minor") > part:
            put_rest(row, legs, row.num("net_minor") - part, ways)
        return legs
    except Held as held:
        leg = wire.Record("PAYMENT", row.seq, row.line, {"amount_minor": row.num("net_minor"), "leg": 0, "reason": str(held).encode()})
        leg.fields.update((name, row.fields[name]) for name in ("party", "person", "account", "routing") if name in row.fields)
        return [leg]


def answer(message):
    """The bytes of the answer to one message, None when it wants none."""
    kind, elements = wire.cut_message(message)
    job = wire.first(elements, "JOB")
    if kind == "EMIT":
        return wire.put_message("JOB_FAILED", ("JOB", job), ("REASON", "REFUSED"), ("TEXT", "this worker only allots"))
    if kind != "ALLOT":
        return None
    ways = ways_of(elements)
    if ways is None:
        return wire.put_message("JOB_FAILED", ("JOB", job), ("REASON", "REFUSED"), ("TEXT", "this worker does not know one of the options"))
    rows = wire.cut_records(wire.first(elements, "BYTES"))
    if len(rows) != wire.first(elements, "COUNT"):
        return wire.put_message("JOB_FAILED", ("JOB", job), ("REASON", "MALFORMED"), ("TEXT", "COUNT is not that of the records"))
    legs = [leg for row in rows for leg in allot(row, ways)]
    return wire.put_message("ALLOTTED", ("JOB", job), ("COUNT", len(legs)), ("SUM", sum(leg.num("amount_minor") for leg in legs)),
                            ("BYTES", wire.put_records(legs)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("endpoint")
    parser.add_argument("name")
    parser.add_argument("--credit", type=int, default=4 << 20)
    parser.add_argument("--jobs", type=int, default=0)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    socket = zmq.Context().socket(zmq.DEALER)
    socket.setsockopt(zmq.ROUTING_ID, args.name.encode())
    socket.setsockopt(zmq.LINGER, 2000)
    socket.setsockopt(zmq.MAXMSGSIZE, wire.MESSAGE_MAX)
    socket.connect(args.endpoint)
    epoch = int.from_bytes(os.urandom(7), "little")
    hello = wire.put_message("HELLO", ("ROLE", args.name), ("EPOCH", epoch), ("CREDIT", args.credit))
    next_hello = 0.0
    done = 0
    while args.jobs == 0 or done < args.jobs:
        now = time.monotonic()
        if now >= next_hello:
            socket.send(hello)
            next_hello = now + 1.0
        if not socket.poll(max(0, int(1000 * (next_hello - time.monotonic())))):
            continue
        try:
            reply = answer(socket.recv())
        except wire.WireError as error:
            print(f"worker {args.name}: dropped a message: {error}", file=sys.stderr)
            continue
        if reply is not None:
            socket.send(reply)
            done += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
