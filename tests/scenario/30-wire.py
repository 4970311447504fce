#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/wire.md, C and Python say the same: the page's tables against the headers, records byte for byte, a Python worker at a
C hub over a real socket.  TALLY_BUILD names the build directory (default: build)."""
import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIB = os.path.join(ROOT, "tests", "lib")
sys.path.insert(0, LIB)
import tally_wire as wire  # noqa: E402

PEER = os.path.join(os.environ.get("TALLY_BUILD", os.path.join(ROOT, "build")), "tests/scenario/wire_peer")
RECORDS = 3000
count = 0
failed = 0


def ok(good, sentence):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {sentence}", flush=True)


def peer(*args, data=b""):
    return subprocess.run([PEER, *args], input=data, stdout=subprocess.PIPE, check=False)


def enum(text, name, prefix):
    """The numbers of a C enum, without its prefix."""
    body = re.sub(r"/\*.*?\*/", "", re.search(rf"enum {name} {{(.*?)}};", text, re.S).group(1), flags=re.S)
    numbers, n = {}, 0
    for item in filter(None, (x.strip() for x in body.split(","))):
        if "=" in item:
            item, value = (x.strip() for x in item.split("="))
            n = int(value)
        numbers[item[len(prefix):]] = n
        n += 1
    return numbers


def tables():
    with open(os.path.join(ROOT, "gateway", "proto.h"), encoding="utf-8") as f:
        proto = f.read()
    ok(enum(proto, "proto_type", "M_") == wire.TYPES, "the page has every message of gateway/proto.h by its number")
    ok(enum(proto, "proto_tag", "T_") == {t: n for t, (n, _) in wire.TAGS.items()}, "and every element")
    lines = [line.split() for line in peer("tables").stdout.decode().splitlines()]
    fields = {name: (int(n), letter) for _, n, name, letter in (x for x in lines if x[0] == "F")}
    ok(fields == wire.FIELDS, "and every field of a record with its type")
    ok({name: int(n) for _, n, name in (x for x in lines if x[0] == "K")} == wire.KIND_NUMBERS, "and every kind")
    used = {e.rstrip("?*") for row in wire._rows(wire._page, "## Messages") for e in row[3].split()}
    ok(used <= set(wire.TAGS), "the page's messages use the page's elements only")


def from_c():
    equal = again = 0
    for line in peer("records", "7", str(RECORDS)).stdout.decode().splitlines():
        word = line.split(" ")
        data = bytes.fromhex(word[0])
        fields = {}
        for name, value in (w.split("=", 1) for w in word[4:]):
            fields[name] = bytes.fromhex(value[1:]) if value.startswith(":") else int(value)
        record, end = wire.cut_record(data)
        equal += end == len(data) and record == wire.Record(word[1], int(word[2]), int(word[3]), fields)
        again += wire.put_record(record) == data
    ok(equal == RECORDS, "what C writes, Python reads: kind, numbers and texts of 3,000 random records")
    ok(again == RECORDS, "and writes again byte for byte")


def to_c():
    rng = random.Random(20261123)
    records = []
    for _ in range(RECORDS):
        fields = {}
        for name in rng.sample(sorted(wire.FIELDS), rng.randrange(30)):
            text = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 60)))
            fields[name] = text if wire.FIELDS[name][1] == "t" else rng.randrange(-1 << 63, 1 << 63)
        records.append(wire.Record(rng.choice(list(wire.KIND_NUMBERS)), rng.randrange(1 << 64), rng.randrange(1 << 64), fields))
    data = wire.put_records(records)
    answer = peer("echo", data=data)
    ok(answer.returncode == 0 and answer.stdout == data, "what Python writes, C reads and writes again byte for byte")
    return wire.put_record(records[0])


def both_refuse(good):
    """Every cut and every changed byte of one record: C and Python take the same ones."""
    cases = [good[:n] for n in range(1, len(good))]
    rng = random.Random(1)
    for at in range(min(len(good), 80)):
        changed = bytearray(good)
        changed[at] ^= 1 << rng.randrange(8)
        cases.append(bytes(changed))
    mine = ""
    for data in cases:
        try:
            mine += "1" if wire.put_records(wire.cut_records(data)) == data else "0"
        except wire.WireError:
            mine += "0"
    theirs = peer("verdicts", data=b"".join(len(c).to_bytes(2, "little") + c for c in cases)).stdout.decode()
    ok(mine == theirs and "0" in mine, f"C and Python agree on {len(cases)} cut or damaged records, {mine.count('1')} of them good")


def worker(work):
    path = os.path.join(work, "bus")
    with subprocess.Popen([PEER, "hub", path, "5"], stdout=subprocess.PIPE) as hub:
        with subprocess.Popen([sys.executable, os.path.join(LIB, "worker.py"), "ipc://" + path, "distribute.1"],
                              stderr=subprocess.PIPE) as them:
            for line in hub.stdout.read().decode().splitlines():
                good, sentence = not line.startswith("not "), line.split("ok ", 1)[1]
                ok(good, sentence)
            ok(hub.wait() == 0, "the hub is content")
            ok(them.poll() is None, "the worker is still there")
            them.terminate()
            ok(them.wait() == 0 and them.stderr.read().decode().count("dropped a message") == 5,
               "and ends when it is told, after five words about what it dropped")


def main():
    if not os.path.exists(PEER):
        print(f"1..0 # SKIP {PEER} is not built")
        return 0
    tables()
    from_c()
    both_refuse(to_c())
    try:
        import zmq  # noqa: F401
    except ImportError:
        print("# no python3-zmq: the worker is not tried")
    else:
        with tempfile.TemporaryDirectory(prefix="tally-wire-") as work:
            worker(work)
    print(f"1..{count}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
