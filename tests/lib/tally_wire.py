# SPDX-License-Identifier: Apache-2.0
"""The wire in Python, made from docs/wire.md alone: numbers of messages, elements and fields are read from its tables.

put_record/cut_record and put_message/cut_message are the two forms; a malformed one raises WireError.  A record is a Record with a
dict of fields by name, texts as bytes, numbers as int; a message is (type name, list of (tag name, value)).
"""
import os
import re
import struct

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "wire.md")
RECORD_MAX = 1 << 20
MESSAGE_MAX = 2 << 20
ELEMENTS_MAX = 256


class WireError(Exception):
    """The bytes are not what the page says they are."""


def _rows(page, heading):
    """The cells of the first table behind a line that is `heading`."""
    lines = page[page.index("\n" + heading + "\n"):].split("\n")
    rows = []
    for line in lines:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            break
    return rows[2:]


with open(PAGE, encoding="utf-8") as _f:
    _page = _f.read()

FIELDS = {}                                  # name -> (id, type letter)
for _row in _rows(_page, "### Fields"):
    for _cell in filter(None, _row):
        _id, _name, _type = _cell.split()
        FIELDS[_name] = (int(_id), _type)
FIELD_BY_ID = {_id: (_name, _type) for _name, (_id, _type) in FIELDS.items()}

KINDS = {int(n): name for n, name in re.findall(r"(\d+) ([A-Z_]+)", re.search(r"^Kinds: (.*)$", _page, re.M).group(1))}
KIND_NUMBERS = {name: n for n, name in KINDS.items()}

TYPES = {row[0]: int(row[1]) for row in _rows(_page, "## Messages")}
TYPE_NAMES = {n: name for name, n in TYPES.items()}
MUST_HAVE = {row[0]: [e for e in row[3].split() if e[-1] not in "?*"] for row in _rows(_page, "## Messages")}

TAGS = {row[0]: (int(row[1]), row[2]) for row in _rows(_page, "### Elements")}
TAG_NAMES = {n: (name, is_a) for name, (n, is_a) in TAGS.items()}

LETTERS = {}                                 # U+00C0..U+017F -> plain letters
for _first, _words in re.findall(r"^    U\+([0-9A-F]{4}) (.*)$", _page, re.M):
    for _i, _word in enumerate(_words.split()):
        LETTERS[int(_first, 16) + _i] = "" if _word == "-" else _word


class Record:
    """One record; fields hold bytes or int by the field's name."""

    def __init__(self, kind, seq=0, line=0, fields=None):
        self.kind, self.seq, self.line, self.fields = kind, seq, line, dict(fields or {})

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return f"Record({self.kind}, seq={self.seq}, line={self.line}, {self.fields})"

    def text(self, name):
        return self.fields.get(name, b"")

    def num(self, name, otherwise=0):
        return self.fields.get(name, otherwise)


def put_record(record):
    body = b""
    present = sorted((FIELDS[name][0], FIELDS[name][1], value) for name, value in record.fields.items() if value != b"")
    for number, letter, value in present:
        if letter == "t":
            body += struct.pack("<BI", number, len(value)) + value
        else:
            body += struct.pack("<Bq", number, value)
    head = struct.pack("<BBQQ", KIND_NUMBERS[record.kind], len(present), record.seq, record.line)
    if 4 + len(head) + len(body) > RECORD_MAX:
        raise WireError("a record larger than 1 MiB")
    return struct.pack("<I", len(head) + len(body)) + head + body


def cut_record(data, at=0):
    """The record at `at` and where the next one begins."""
    if len(data) - at < 22:
        raise WireError("a record's head is cut short")
    length, kind, count, seq, line = struct.unpack_from("<IBBQQ", data, at)
    end, last = at + 4 + length, -1
    if length < 18 or length + 4 > RECORD_MAX or end > len(data):
        raise WireError("a record's length is wrong")
    if kind not in KINDS:
        raise WireError(f"no kind has number {kind}")
    record, at = Record(KINDS[kind], seq, line), at + 22
    for _ in range(count):
        name, value, number, at = _cut_field(data, at, end)
        if number <= last:
            raise WireError("fields do not ascend")
        record.fields[name], last = value, number
    if at != end:
        raise WireError("a record's fields do not end where it ends")
    return record, end


def _cut_field(data, at, end):
    if at >= end or data[at] not in FIELD_BY_ID:
        raise WireError("a field that nobody knows, or none")
    number = data[at]
    name, letter = FIELD_BY_ID[number]
    if letter != "t":
        if end - at < 9:
            raise WireError("a number is cut short")
        return name, struct.unpack_from("<q", data, at + 1)[0], number, at + 9
    if end - at < 5:
        raise WireError("a text's length is cut short")
    (length,) = struct.unpack_from("<I", data, at + 1)
    if length == 0 or length > end - at - 5:
        raise WireError("a text's length is wrong")
    return name, bytes(data[at + 5:at + 5 + length]), number, at + 5 + length


def put_records(records):
    return b"".join(put_record(r) for r in records)


def cut_records(data):
    at, records = 0, []
    while at < len(data):
        record, at = cut_record(data, at)
        records.append(record)
    return records


def put_message(kind, *elements):
    """put_message("HELLO", ("ROLE", b"distribute.1"), ("EPOCH", 7)): values as int for numbers, else bytes or str."""
    out = struct.pack("<HH", TYPES[kind], 0)
    for tag, value in elements:
        number, is_a = TAGS[tag]
        if is_a == "number":
            value = struct.pack("<q", value)
        elif isinstance(value, str):
            value = value.encode()
        out += struct.pack("<HI", number, len(value)) + value
    if len(out) > MESSAGE_MAX or len(elements) > ELEMENTS_MAX:
        raise WireError("a message that is too large")
    return out


def cut_message(data):
    """(type name or None, elements); raises when it is malformed or lacks what it must have."""
    if len(data) < 4 or data[2:4] != b"\0\0":
        raise WireError("no message")
    name, at, elements = TYPE_NAMES.get(struct.unpack_from("<H", data)[0]), 4, []
    while at < len(data):
        if len(data) - at < 6 or len(elements) == ELEMENTS_MAX:
            raise WireError("an element is cut short, or there are too many")
        number, length = struct.unpack_from("<HI", data, at)
        if length > len(data) - at - 6:
            raise WireError("an element's length is wrong")
        value = bytes(data[at + 6:at + 6 + length])
        at += 6 + length
        if number not in TAG_NAMES:
            continue
        tag, is_a = TAG_NAMES[number]
        if is_a == "number":
            if length != 8:
                raise WireError(f"{tag} is a number of {length} bytes")
            (value,) = struct.unpack("<q", value)
        elements.append((tag, value))
    missing = [e for e in MUST_HAVE.get(name, []) if e not in dict(elements)]
    if missing:
        raise WireError(f"{name} lacks {' '.join(missing)}")
    return name, elements


def first(elements, tag, otherwise=None):
    return next((value for name, value in elements if name == tag), otherwise)
