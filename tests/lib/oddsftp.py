#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An SFTP version 3 server that does what servers may do and what they must not, by the name of the file that is asked for.

sshd starts it as its subsystem.  Every file holds content(SIZE); tests/channels/sftp_odd_test.c knows the same formula and
what must come of each name.  "ok" behaves.
"""
import os
import random
import select
import struct
import sys
import time

SIZE = 3 * 1024 * 1024 + 12345
OK, EOF, NO_SUCH_FILE, FAILURE = 0, 1, 2, 4


def content(start, n):
    return bytes((i * 31 + (i >> 8)) & 0xff for i in range(start, start + n))


CONTENT = (content(0, 65536) * 49)[:SIZE]        # the formula repeats every 64 KiB


class Server:
    def __init__(self):
        self.random = random.Random(7)
        self.buffer = b""
        self.writes = {}
        self.listed = 0

    def requests(self):
        """All that can be had without waiting, at least one: [(type, id, body)]; None at the end."""
        found = []
        while not found or select.select([0], [], [], 0.005)[0]:
            data = os.read(0, 1 << 20)
            if not data:
                return found or None
            self.buffer += data
            while len(self.buffer) >= 4:
                (n,) = struct.unpack_from(">I", self.buffer)
                if len(self.buffer) < 4 + n:
                    break
                body = self.buffer[4:4 + n]
                self.buffer = self.buffer[4 + n:]
                found.append((body[0], struct.unpack_from(">I", body, 1)[0], body[5:]))
        return found

    def send(self, kind, number, body):
        packet = struct.pack(">IBI", len(body) + 5, kind, number) + body
        self.write(packet)

    @staticmethod
    def write(data):
        while data:
            data = data[os.write(1, data):]

    def status(self, number, code):
        self.send(101, number, struct.pack(">I", code) + string(b"said by the odd server\n\x1b[2J") + string(b""))

    def attrs(self, name):
        size = SIZE - 1000 if name == "grow" else SIZE
        return struct.pack(">IQ", 1, size) if name != "no-size" else struct.pack(">I", 0)

    def read(self, name, number, offset, want):
        data = CONTENT[offset:offset + want]
        if "short" in name and data:
            data = data[:self.random.randrange(1, len(data) + 1)]
        if name == "early-eof" and offset >= SIZE // 2:
            data = b""
        if name == "hole" and 800000 < offset < 1200000:
            data = b""
        if name == "fail-middle" and offset > 1000000:
            return self.status(number, FAILURE)
        if name == "status-ok":
            return self.status(number, OK)
        if name == "wrong-id":
            number += 1000
        if name == "too-much":
            data += b"x" * (want + 1 - len(data))
        if name == "zero":
            return self.send(103, number, string(b""))
        if name == "lying-length":
            return self.send(103, number, struct.pack(">I", 1000) + b"x")
        if name == "huge-packet":
            return self.write(b"\x7f\xff\xff\xff" + b"g" * 100)
        if name == "trickle":
            packet = struct.pack(">IBI", len(data) + 9, 103, number) + string(data)
            for byte in packet:
                self.write(bytes([byte]))
                time.sleep(0.05)
        if not data:
            return self.status(number, EOF)
        return self.send(103, number, string(data))

    def listing(self, name, number):
        self.listed += 1
        if name == "empty-list":
            return self.send(104, number, struct.pack(">I", 0))
        if name == "count-lies":
            return self.send(104, number, struct.pack(">I", 0x40000000) + b"\0" * 100)
        if name == "endless" or self.listed == 1:
            names = [b"n%d-%d" % (self.listed, i) for i in range(500)] if name == "endless" else \
                [b".", b"..", b"plain", b"../../etc/passwd", b"nul\0inside", b"line\nfeed", b"l" * 5000, b""]
            return self.send(104, number, struct.pack(">I", len(names)) + b"".join(string(n) + string(b"") + b"\0\0\0\0" for n in names))
        return self.status(number, EOF)

    def answer(self, kind, number, body):
        text, rest = take(body)
        name = text.decode(errors="replace")
        if kind in (3, 11):
            self.listed = 0
            if name == "long-handle":
                return self.send(102, number, string(b"h" * 300))
            return self.send(102, number, string(text))
        if kind == 4:
            return self.status(number, FAILURE if name == "close-fails" else OK)
        if kind == 5:
            return self.read(name, number, *struct.unpack(">QI", rest))
        if kind == 6:
            offset, data = struct.unpack_from(">Q", rest)[0], take(rest[8:])[0]
            if data != CONTENT[offset:offset + len(data)] or (name == "write-fails" and offset > 1000000):
                return self.status(number, FAILURE)
            return None if name == "write-lost" and offset > 1000000 else self.status(number, OK)
        if kind in (7, 8, 17):
            return self.send(105, number, self.attrs(name))
        if kind == 12:
            return self.listing(name, number)
        if kind == 200:
            return self.status(number, FAILURE if take(rest)[0] == b"fsync-fails" else OK)
        return self.status(number, OK)

    def run(self):
        while True:
            found = self.requests()
            if found is None:
                return
            if found[0][0] == 1:
                self.write(struct.pack(">IBI", 5 + 4 + 17 + 4 + 1, 2, 3) + string(b"fsync@openssh.com") + string(b"1"))
                found = found[1:]
            if any(b"reorder" in body[:60] for _, _, body in found):
                found.reverse()
            for one in found:
                self.answer(*one)


def string(data):
    return struct.pack(">I", len(data)) + data


def take(data):
    if len(data) < 4:
        return b"", b""
    (n,) = struct.unpack_from(">I", data)
    return data[4:4 + n], data[4 + n:]


if __name__ == "__main__":
    try:
        Server().run()
    except BrokenPipeError:
        sys.exit(0)
