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


def reason_not_to_pay(row, party, person):
    """The first row of the page's table whose condition holds; None: it can be paid."""
    method, currency = row.text("method").strip(b" "), row.text("currency").strip(b" ")
    account, routing = row.text("account").strip(b" "), row.text("routing").strip(b" ")
    net = row.num("net_minor")
    table = (
        ("NOT_ACH", method.lower() not in (b"", b"ach", b"check")),
        ("NO_WAY", method.lower() == b"check"),
        ("NO_AMOUNT", net <= 0),
        ("AMOUNT_TOO_LARGE", net > AMOUNT_MAX),
        ("NOT_USD", currency not in (b"", b"USD")),
        ("NO_NAME", party == b""),
        ("NO_PERSON", person == b""),
        ("NO_WAY", row.num("rollover_minor") != 0 or (row.text("trustee").strip(b" ") != b"" and "rollover_minor" not in row.fields)),
        ("NO_ACCOUNT", account == b""),
        ("BAD_ACCOUNT", len(account) > 17 or any(c < 0x20 or c > 0x7e for c in account)),
        ("BAD_ACCOUNT_TYPE", transaction_code(row.text("account_type")) is None),
        ("NO_ROUTING", routing == b""),
        ("BAD_ROUTING", not good_routing(routing)),
    )
    return next((code for code, holds in table if holds), None)


def allot(row):
    """The leg of one row, as docs/wire.md has it under Allotting."""
    party, person = to_ascii(row.text("party"), 22, True), to_ascii(row.text("person"), 15, False)
    reason = reason_not_to_pay(row, party, person)
    leg = wire.Record("PAYMENT", row.seq, row.line, {"amount_minor": row.num("net_minor"), "leg": 0 if reason else 1})
    if reason:
        kept = ("party", "person", "account", "routing")
        leg.fields["reason"] = reason.encode()
    else:
        kept = ("person", "run", "company", "pay_date")
        leg.fields.update(currency=b"USD", party=party, individual_id=person, account=row.text("account").strip(b" "),
                          routing=row.text("routing").strip(b" "), transaction_code=transaction_code(row.text("account_type")))
    leg.fields.update((name, row.fields[name]) for name in kept if name in row.fields)
    return leg


def answer(message):
    """The bytes of the answer to one message, None when it wants none."""
    kind, elements = wire.cut_message(message)
    job = wire.first(elements, "JOB")
    if kind == "EMIT":
        return wire.put_message("JOB_FAILED", ("JOB", job), ("REASON", "REFUSED"), ("TEXT", "this worker only allots"))
    if kind != "ALLOT":
        return None
    if any(name == "OPTION" for name, _ in elements):
        return wire.put_message("JOB_FAILED", ("JOB", job), ("REASON", "REFUSED"), ("TEXT", "this worker knows no way but ACH"))
    rows = wire.cut_records(wire.first(elements, "BYTES"))
    if len(rows) != wire.first(elements, "COUNT"):
        return wire.put_message("JOB_FAILED", ("JOB", job), ("REASON", "MALFORMED"), ("TEXT", "COUNT is not that of the records"))
    legs = [allot(row) for row in rows]
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
