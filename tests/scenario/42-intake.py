#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The real intake role, a real sshd, watched directories, and a route that is played here.

What is ready and what is not, what happens to originals, what is repeated until it is answered, what a restart finds, and
that a file which replaced another under its name is never touched unread.
"""
import hashlib
import os
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
from cutproxy import CutProxy  # noqa: E402
from fakeroute import FakeRoute, binary, dir_channel, sftp_channel  # noqa: E402
from sshd import PartnerServer  # noqa: E402
from tap import done, ok, skip_all  # noqa: E402

NOT_READY, READY, HOSTILE = range(3)


def inbound(*rows):
    texts = []
    for name, path, ready, after, more in rows:
        texts.append(f'''{{ name = "{name}"; path = "{path}"; format = "payroll"; purpose = "statement"; ready = "{ready}";
	after = "{after}"; {more} }}''')
    return "inbound = ( " + ",\n".join(texts) + " );\naccounts = ( { number = \"000123456789\"; currency = \"USD\"; } );"


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Inbox:
    """One inbound under test, here or at the partner's; `far` is where its files really lie."""
    parcel = 10

    def __init__(self, route, channel, far):
        self.route, self.channel, self.far = route, channel, far

    def path(self, *name):
        return os.path.join(self.far, *name)

    def drop(self, name, data, place=None):
        """Written under a temporary name and renamed into place, as a partner does that knows its business."""
        tmp = self.path(".drop.tmp")
        with open(tmp, "wb") as f:
            f.write(data)
        os.chmod(tmp, 0o644)
        if os.getuid() == 0:
            st = os.stat(self.far)
            os.chown(tmp, st.st_uid, st.st_gid)
        os.rename(tmp, os.path.join(self.far, place, name) if place else self.path(name))

    def seen(self, name, ready=READY):
        return self.route.wait("SEEN", CHANNEL=self.channel, NAME=name, READY=ready)

    def go(self, name, go=1, parcel=None):
        Inbox.parcel += parcel is None
        number = Inbox.parcel if parcel is None else parcel
        self.route.send("PARCEL", ("CHANNEL", self.channel), ("NAME", name), ("PARCEL", number), ("GO", go))
        return number

    def fetched(self, parcel):
        return self.route.wait("FETCHED", PARCEL=parcel)

    def taken(self, name, parcel):
        self.route.send("TAKEN", ("CHANNEL", self.channel), ("NAME", name), ("PARCEL", parcel))

    def finished(self, parcel):
        return self.route.wait("ORIGINAL_DONE", PARCEL=parcel)

    def whole(self, name, data):
        """drop ... ORIGINAL_DONE; the FETCHED that came."""
        self.drop(name, data)
        self.seen(name)
        parcel = self.go(name)
        got = self.fetched(parcel)
        self.taken(name, parcel)
        self.finished(parcel)
        return got

    def read(self, *name):
        with open(self.path(*name), "rb") as f:
            return f.read()

    def there(self, *name):
        return os.path.exists(self.path(*name))


def in_spool(route, data):
    try:
        with open(route.path("spool/new", sha(data)), "rb") as f:
            return f.read() == data
    except OSError:
        return False


def spool_names(route):
    return sorted(n for n in os.listdir(route.path("spool/new")) if n != "tmp")


def fetch_and_move(b, what):
    data = os.urandom(700000)
    b.drop("one.csv", data)
    got = b.seen("one.csv")
    ok(got["SIZE"] == len(data), f"{what}: a complete file is seen as ready with its size")
    parcel = b.go("one.csv", go=0)
    came = b.route.turn()
    ok(b.there("one.csv") and not any(k == "FETCHED" for k, _ in came), f"{what}: without GO nothing is touched")
    b.go("one.csv", parcel=parcel)
    got = b.fetched(parcel)
    ok(got["SHA256"].decode() == sha(data) and got["SIZE"] == len(data) and in_spool(b.route, data), f"{what}: with GO its bytes are in the spool under their hash")
    ok(b"name=one.csv" in got["EVIDENCE"] and b" at=" in got["EVIDENCE"], f"{what}: the evidence names it", got["EVIDENCE"])
    again = b.fetched(parcel)
    ok(again["SHA256"] == got["SHA256"] and not b.there("done", "one.csv"), f"{what}: FETCHED is said again until TAKEN, the original not touched")
    b.taken("one.csv", parcel)
    b.finished(parcel)
    ok(b.read("done", "one.csv") == data and not b.there("one.csv"), f"{what}: after TAKEN the original lies in done/")
    b.taken("one.csv", parcel)
    b.finished(parcel)
    ok(b.read("done", "one.csv") == data, f"{what}: TAKEN once more is answered once more and harms nothing")
    second = b"second of its name"
    b.whole("one.csv", second)
    ok(b.read("done", "one.csv") == data and b.read("done", f"one.csv.{Inbox.parcel}") == second, f"{what}: done/ is never overwritten")
    got = b.whole("empty.csv", b"")
    ok(got["SIZE"] == 0 and in_spool(b.route, b""), f"{what}: a file of no bytes is fetched")


def seen_until_answered(b, what):
    b.drop("quiet.csv", b"quiet")
    b.seen("quiet.csv")
    b.seen("quiet.csv")
    ok(True, f"{what}: SEEN is said again while route is silent")
    parcel = b.go("quiet.csv", go=0)
    b.route.turn()
    came = b.route.turn(3)
    ok(not any(k == "SEEN" and e["NAME"] == b"quiet.csv" for k, e in came), f"{what}: and not any more once route has answered", came)
    b.go("quiet.csv", parcel=parcel)
    b.fetched(parcel)
    b.taken("quiet.csv", parcel)
    b.finished(parcel)


def names(b, what):
    for name in (".hidden", "a.part", "b.tmp", "c.filepart", "d.swp", "e~"):
        b.drop(name, b"x")
    for name in ("$(touch pwned) ;'\".csv", "müller.csv", "a b.csv"):
        got = b.whole(name, name.encode())
        ok(got["NAME"].decode() == name and b.read("done", name) == name.encode(), f"{what}: the name <{name}> is a name like any other")
    os.symlink("/etc/passwd", b.path("link.csv"))
    os.makedirs(b.path("folder.csv"), exist_ok=True)
    raw = os.path.join(b.far.encode(), b"bad\nname\xff.csv")
    with open(raw, "wb") as f:
        f.write(b"hostile")
    long_name = "n" * 201
    with open(b.path(long_name), "wb") as f:
        f.write(b"long")
    got = b.route.wait("SEEN", CHANNEL=b.channel, READY=HOSTILE, test=lambda e: e["NAME"].startswith(b"bad"))
    ok(b"\n" not in got["NAME"] and b"\\x0a" in got["NAME"].lower(), f"{what}: a name with a control character is told escaped", got)
    b.go(got["NAME"].decode(errors="replace"))
    came = b.route.turn(3)
    told = {e["NAME"] for k, e in came if k == "SEEN"}
    ok(os.path.exists(raw) and not any(k == "FETCHED" for k, _ in came), f"{what}: and is never fetched, not even with GO")
    ok(not told & {b".hidden", b"a.part", b"b.tmp", b"c.filepart", b"d.swp", b"e~", b"link.csv", b"folder.csv"},
       f"{what}: temporary names, links and directories are not told", told)
    os.unlink(raw)
    os.unlink(b.path("link.csv"))
    os.unlink(b.path(long_name))
    os.rmdir(b.path("folder.csv"))


def replaced_while_fetched(b, what):
    """after = delete: the partner puts another file under the name before TAKEN comes."""
    first, second = b"first bytes", b"other bytes, unread"
    b.drop("same.csv", first)
    b.seen("same.csv")
    parcel = b.go("same.csv")
    b.fetched(parcel)
    b.drop("same.csv", second)
    b.taken("same.csv", parcel)
    b.finished(parcel)
    ok(b.there("same.csv") and b.read("same.csv") == second, f"{what}: a file that replaced the fetched one is not deleted unread")
    b.seen("same.csv")
    parcel = b.go("same.csv")
    got = b.fetched(parcel)
    ok(got["SHA256"].decode() == sha(second), f"{what}: it is fetched as a file of its own")
    b.taken("same.csv", parcel)
    b.finished(parcel)
    ok(not b.there("same.csv"), f"{what}: after = delete removes what was taken")


def markers(b, what):
    b.drop("data.csv", b"marked")
    got = b.route.wait("SEEN", CHANNEL=b.channel, NAME="data.csv")
    ok(got["READY"] == NOT_READY, f"{what}: without its marker a file is not ready")
    parcel = b.go("data.csv", go=0)
    b.drop("data.csv.done", b"")
    b.seen("data.csv")
    ok(True, f"{what}: with its marker it is")
    b.go("data.csv", parcel=parcel)
    b.fetched(parcel)
    b.taken("data.csv", parcel)
    b.finished(parcel)
    ok(not b.there("data.csv") and not b.there("data.csv.done"), f"{what}: file and marker leave together")


def stable(b, what):
    with open(b.path("grow.csv"), "wb") as f:
        for _ in range(3):
            f.write(b"more")
            f.flush()
            got = b.route.wait("SEEN", CHANNEL=b.channel, NAME="grow.csv", READY=NOT_READY)
            b.go("grow.csv", go=0)
    got = b.seen("grow.csv")
    ok(got["SIZE"] == 12, f"{what}: a growing file is ready when it has stood still")
    parcel = b.go("grow.csv")
    b.fetched(parcel)
    b.taken("grow.csv", parcel)
    b.finished(parcel)


def keep(b, what):
    b.whole("kept.csv", b"kept")
    came = b.route.turn(3)
    ok(b.read("kept.csv") == b"kept" and not any(e.get("NAME") == b"kept.csv" for _, e in came), f"{what}: a kept original stays and is not told again", came)
    b.drop("kept.csv", b"kept, another")
    b.seen("kept.csv")
    parcel = b.go("kept.csv")
    ok(b.fetched(parcel)["SHA256"].decode() == sha(b"kept, another"), f"{what}: other bytes under its name are fetched")
    b.taken("kept.csv", parcel)
    b.finished(parcel)


def restarts(route, move, delete):
    """The role is killed after the claim and after FETCHED; the next life goes on from there."""
    move.drop("claim.csv", b"claimed")
    move.seen("claim.csv")
    parcel = move.go("claim.csv")
    move.fetched(parcel)
    delete.drop("remote.csv", b"remote")
    delete.seen("remote.csv")
    remote = delete.go("remote.csv")
    delete.fetched(remote)
    ok(move.there(".tallygate", f"{parcel}.claim.csv"), "dir: a claim carries its parcel's id and stands in .tallygate")
    route.kill_role()
    with open(route.path("spool/new/tmp", "half"), "wb") as f:
        f.write(b"half")
    delete.drop("remote2.csv", b"new under the wrong idea")
    route.start_role()
    ok(not os.path.exists(route.path("spool/new/tmp/half")), "what an earlier life left half written is swept")
    got = move.fetched(parcel)
    ok(got["SHA256"].decode() == sha(b"claimed"), "dir: after a crash the claim is fetched again under its parcel's id")
    move.taken("claim.csv", parcel)
    move.finished(parcel)
    ok(move.read("done", "claim.csv") == b"claimed" and os.listdir(move.path(".tallygate")) == [], "dir: and is moved to done/ under its own name")
    delete.seen("remote.csv")
    delete.taken("remote.csv", remote)
    delete.finished(remote)
    ok(not delete.there("remote.csv"), "sftp: TAKEN for what an earlier life fetched removes the original, whose bytes are in the spool")
    delete.seen("remote2.csv")
    delete.taken("remote2.csv", remote)
    delete.finished(remote)
    ok(delete.there("remote2.csv"), "sftp: TAKEN for bytes that are not in the spool leaves the original")
    os.unlink(delete.path("remote2.csv"))


def link_breaks(route, b, proxy):
    data = os.urandom(4 << 20)
    b.drop("big.csv", data)
    b.seen("big.csv")
    before = spool_names(route)
    proxy.arm("down", 1000000, "rst", times=1)
    parcel = b.go("big.csv")
    route.wait("FETCH_FAILED", PARCEL=parcel)
    ok(spool_names(route) == before, "sftp: a fetch that is cut leaves nothing in the spool")
    got = b.fetched(parcel)
    ok(got["SHA256"].decode() == sha(data), "sftp: it is tried again on a new connection until the file is whole")
    b.taken("big.csv", parcel)
    b.finished(parcel)


def many(b, what, n):
    """All of them at once, each through every step; nothing is lost, nothing twice."""
    for i in range(n):
        b.drop(f"many-{i:04}.csv", b"%d" % i)
    parcels, finished, end = {}, set(), time.monotonic() + 120
    while len(finished) < n and time.monotonic() < end:
        if not b.route.hear(0.5):
            continue
        kind, e = b.route.heard.pop()
        name = e.get("NAME", b"").decode(errors="replace")
        if kind == "SEEN" and e["CHANNEL"].decode() == b.channel and name not in parcels:
            parcels[name] = b.go(name)
        elif kind == "FETCHED" and e["PARCEL"] == parcels.get(name):
            if e["SHA256"].decode() == sha(b"%d" % int(name[5:9])):
                b.taken(name, e["PARCEL"])
        elif kind == "ORIGINAL_DONE":
            finished.add(e["PARCEL"])
    ok(finished == set(parcels.values()) and len(parcels) == n, f"{what}: {n} files that lie there at once all go through",
       f"{len(parcels)} seen, {len(finished)} done")
    ok(not [f for f in os.listdir(b.far) if f.startswith("many-")], f"{what}: none of them is left where it was")


def one_is_gone(b, what):
    """Small files are fetched together: what happens to one of them is nothing to the others."""
    company = [f"with-{i}.csv" for i in range(6)]
    b.drop("long.csv", os.urandom(32 << 20))
    for name in company:
        b.drop(name, name.encode())
    for name in ["long.csv"] + company:
        b.seen(name)
    parcels = {"long.csv": b.go("long.csv")}
    os.unlink(b.path(company[2]))
    parcels.update((name, b.go(name)) for name in company)
    gone = parcels.pop(company[2])
    fetched = {name: b.fetched(parcel)["SHA256"].decode() for name, parcel in parcels.items()}
    ok(all(fetched[name] == sha(name.encode()) for name in company if name in parcels), f"{what}: the others of a file that is gone are fetched, each under its own hash")
    for name, parcel in parcels.items():
        b.taken(name, parcel)
        b.finished(parcel)
    ok(not any(k == "FETCHED" and e["PARCEL"] == gone for k, e in b.route.heard), f"{what}: and it is not")


def run(work):
    local = {n: os.path.join(work, "local", n) for n in ("move", "marker", "stable", "keep")}
    for path in local.values():
        os.makedirs(path)
    with PartnerServer(os.path.join(work, "bank")) as server, CutProxy(server.port) as proxy:
        far = {n: os.path.join(work, "bank", n) for n in ("move", "delete")}
        for path in far.values():
            os.mkdir(path)
            os.chmod(path, 0o777)
        channels = {
            "feed": dir_channel("feed", inbound(*((n, p, n if n in ("marker", "stable") else "rename", {"keep": "keep", "marker": "delete"}.get(n, "move"),
                                                  "stable_polls = 3; min_age_ms = 300;" if n == "stable" else "") for n, p in local.items()))),
            "bank": sftp_channel("bank", server, inbound(("move", "move", "rename", "move", 'pattern = "*.csv";'), ("delete", "delete", "rename", "delete", "")),
                                 timeout_ms=1500, port=proxy.port),
        }
        with FakeRoute("intake", channels) as route:
            feed = {n: Inbox(route, "feed/" + n, p) for n, p in local.items()}
            bank = {n: Inbox(route, "bank/" + n, p) for n, p in far.items()}
            fetch_and_move(feed["move"], "dir")
            fetch_and_move(bank["move"], "sftp")
            seen_until_answered(feed["move"], "dir")
            names(feed["move"], "dir")
            names(bank["move"], "sftp")
            replaced_while_fetched(bank["delete"], "sftp")
            markers(feed["marker"], "dir")
            stable(feed["stable"], "dir")
            keep(feed["keep"], "dir")
            restarts(route, feed["move"], bank["delete"])
            link_breaks(route, bank["delete"], proxy)
            one_is_gone(feed["move"], "dir")
            one_is_gone(bank["move"], "sftp")
            many(feed["move"], "dir", 400)
            many(bank["move"], "sftp", 100)
            ok(route.process.poll() is None, "the role lived through all of this")
            ok(route.stop_role() == 0, "and stops with 0 when it is told to")


def main():
    if not os.path.exists(binary()):
        skip_all(f"{binary()} is not built")
    work = tempfile.mkdtemp(prefix="tally-watched-")
    os.chmod(work, 0o711)
    try:
        run(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    done()


if __name__ == "__main__":
    main()
