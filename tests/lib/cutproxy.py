#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A small TCP proxy on loopback that breaks connections where a test wants it.

    CutProxy(port, way="down", after=4096, how="rst")     way: "up" = client to server, "down" = server to client
                                                          how: "rst", "fin" or "stall"; after=None: passes everything
    CutProxy(port, plan=[("up", 100, "rst"), ...])        the n-th connection gets the n-th row; the rest pass whole
After `after` bytes went that way the link is reset, closed, or goes silent in both directions.  Only the first `times`
connections are broken (None: all).  arm() changes the plan while it runs: `after` then counts from that moment, which is
how "the server renamed, the reply was lost" is made.  Runs in a thread of the test; stop() closes everything.
As a command: cutproxy.py PORT WAY AFTER HOW   prints its port, serves until standard input closes.
"""
import os
import selectors
import socket
import struct
import sys
import threading

CHUNK = 65536


class Link:
    def __init__(self, client, server, row):
        self.row = row
        self.client, self.server = client, server
        self.passed = {"up": 0, "down": 0}
        self.stalled = False


class CutProxy:
    def __init__(self, port, way="down", after=None, how="rst", times=None, plan=None, host="127.0.0.1"):
        self.rows = plan
        self.target = (host, port)
        self.way, self.after, self.how, self.times = way, after, how, times
        self.cuts = 0
        self.connections = 0
        self.passed = {"up": 0, "down": 0}
        self.lock = threading.Lock()
        self.selector = selectors.DefaultSelector()
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.wake_r, self.wake_w = os.pipe()
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.selector.register(self.wake_r, selectors.EVENT_READ, None)
        self.links = set()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def arm(self, way, after, how, times=None):
        with self.lock:
            self.way, self.after, self.how = way, after, how
            self.times = None if times is None else self.cuts + times
            for link in self.links:
                link.passed = {"up": 0, "down": 0}

    def disarm(self):
        self.arm("down", None, "rst")

    def accept(self):
        client, _ = self.listener.accept()
        self.connections += 1
        try:
            server = socket.create_connection(self.target)
        except OSError:
            client.close()
            return
        row = None
        if self.rows is not None:
            row = self.rows[self.connections - 1] if self.connections <= len(self.rows) else ("down", None, "rst")
        link = Link(client, server, row)
        for s in (client, server):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.links.add(link)
        self.selector.register(client, selectors.EVENT_READ, (link, "up"))
        self.selector.register(server, selectors.EVENT_READ, (link, "down"))

    def drop(self, link, how):
        for s in (link.client, link.server):
            try:
                self.selector.unregister(s)
            except (KeyError, ValueError):
                pass
            if how == "rst":
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
        self.links.discard(link)

    def plan(self, link, way, n):
        """How many of n bytes may pass, and whether the link is cut after them."""
        with self.lock:
            if link.row is not None:
                row_way, after, how = link.row
                if after is None or way != row_way or link.passed[way] + n < after:
                    return n, None
                self.cuts += 1
                return max(after - link.passed[way], 0), how
            if self.after is None or way != self.way or (self.times is not None and self.cuts >= self.times):
                return n, None
            room = self.after - link.passed[way]
            if n < room:
                return n, None
            self.cuts += 1
            return max(room, 0), self.how

    def move(self, link, way):
        source, sink = (link.client, link.server) if way == "up" else (link.server, link.client)
        try:
            data = source.recv(CHUNK)
        except OSError:
            data = b""
        if not data:
            self.drop(link, "fin")
            return
        room, cut = self.plan(link, way, len(data))
        try:
            if room:
                sink.settimeout(10)
                sink.sendall(data[:room])
        except OSError:
            self.drop(link, "fin")
            return
        link.passed[way] += room
        self.passed[way] += room
        if cut == "stall":
            link.stalled = True
            for s in (link.client, link.server):
                self.selector.unregister(s)
        elif cut is not None:
            self.drop(link, cut)

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj == self.wake_r:
                    return
                if key.fileobj is self.listener:
                    self.accept()
                elif key.data[0] in self.links and not key.data[0].stalled:
                    self.move(*key.data)

    def stop(self):
        os.write(self.wake_w, b"x")
        self.thread.join()
        for link in list(self.links):
            self.drop(link, "fin")
        self.listener.close()
        self.selector.close()
        os.close(self.wake_r)
        os.close(self.wake_w)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("use: cutproxy.py PORT up|down AFTER rst|fin|stall")
    proxy = CutProxy(int(sys.argv[1]), sys.argv[2], None if sys.argv[3] == "-" else int(sys.argv[3]), sys.argv[4])
    print(proxy.port, flush=True)
    sys.stdin.read()
    proxy.stop()
