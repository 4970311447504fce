#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The real deliver role, a real sshd, a directory, and a route that is played here: each step and each way it can go wrong.

"The server renamed, the reply was lost" is made by a proxy that breaks the link: UNCERTAIN, and the look finds the final name.
"""
import hashlib
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
from cutproxy import CutProxy  # noqa: E402
from fakeroute import OUTBOUND, FakeRoute, binary, dir_channel, sftp_channel  # noqa: E402
from sshd import PartnerServer  # noqa: E402
from tap import done, ok, skip_all  # noqa: E402

UPLOAD, RENAME, LOOK, MANIFEST = range(4)
(OK, SAFE_FAIL, UNCERTAIN, EXISTS, FINAL_EQUAL, FINAL_DIFFERS, TEMPORARY_ONLY, BOTH_EQUAL, NEITHER) = range(9)
PAYLOAD = os.urandom(300000)


class Bench:
    """One partner under test: its far directory and the numbers of jobs and deliveries."""
    job = 0
    delivery = 100

    def __init__(self, route, partner, far, path):
        self.route, self.partner, self.far, self.path = route, partner, far, path
        Bench.delivery += 1

    def next(self):
        Bench.delivery += 1

    def spool(self, data):
        sha = hashlib.sha256(data).hexdigest()
        path = self.route.path("spool/out", sha)
        if not os.path.exists(path):
            with open(path, "wb") as f:
                f.write(data)
        return sha

    def step(self, step, name="PAY.ach", data=PAYLOAD, attempt=1, sha=None, partner=None):
        Bench.job += 1
        self.route.send("DELIVER", ("JOB", Bench.job), ("DELIVERY", Bench.delivery), ("ATTEMPT", attempt), ("STEP", step),
                        ("PARTNER", partner or self.partner), ("PATH", self.path), ("NAME", name), ("SHA256", sha or self.spool(data)),
                        ("SIZE", len(data)), ("MANIFEST_PATH", self.path), ("MANIFEST_NAME", name))
        return self.route.wait("DELIVER_RESULT", JOB=Bench.job)

    def result(self, *args, **kw):
        return self.step(*args, **kw)["RESULT"]

    def read(self, name):
        with open(os.path.join(self.far, name), "rb") as f:
            return f.read()

    def there(self, name):
        return os.path.exists(os.path.join(self.far, name))

    def put(self, name, data):
        path = os.path.join(self.far, name)
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, 0o644)
        if os.getuid() == 0:
            st = os.stat(self.far)
            os.chown(path, st.st_uid, st.st_gid)

    def temporary(self, attempt=1):
        return f".tg-{Bench.delivery}-{attempt}.part"


def the_straight_way(b, what):
    b.next()
    got = b.step(UPLOAD)
    ok(got["RESULT"] == OK and b.read(b.temporary()) == PAYLOAD, f"{what}: an upload lies under its temporary name", got)
    ok(not b.there("PAY.ach"), f"{what}: the final name is not there before the rename")
    got = b.step(RENAME)
    ok(got["RESULT"] == OK and b.read("PAY.ach") == PAYLOAD and not b.there(b.temporary()), f"{what}: the rename publishes it", got)
    evidence = got["EVIDENCE"].decode()
    ok(evidence.startswith(f"final=PAY.ach size={len(PAYLOAD)} ") and " at=" in evidence, f"{what}: the evidence tells name and size")
    ok(b.result(LOOK) == FINAL_EQUAL, f"{what}: a look finds the final name with its bytes")
    ok(b.result(UPLOAD, attempt=2) == OK and b.result(RENAME, attempt=2) == EXISTS, f"{what}: a second rename is refused as existing")
    ok(b.result(LOOK, attempt=2) == BOTH_EQUAL, f"{what}: a look then finds both names equal")
    ok(not b.there(b.temporary(2)), f"{what}: and has removed the temporary one")
    return evidence


def what_may_stand_there(b, what):
    b.next()
    name = "OTHER.ach"
    ok(b.result(LOOK, name) == NEITHER, f"{what}: a look that finds neither name says so")
    b.put(name, b"someone else's")
    ok(b.result(UPLOAD, name) == OK and b.result(RENAME, name) == EXISTS, f"{what}: a name taken by another is not replaced")
    ok(b.read(name) == b"someone else's", f"{what}: and it is as it was")
    ok(b.result(LOOK, name) == FINAL_DIFFERS, f"{what}: a look tells that other bytes stand there")
    b.put(name, bytes(len(PAYLOAD)))
    ok(b.result(LOOK, name) == FINAL_DIFFERS, f"{what}: also when only the content differs, not the size")
    b.next()
    ok(b.result(UPLOAD, "ONLY.ach") == OK and b.result(LOOK, "ONLY.ach") == TEMPORARY_ONLY, f"{what}: a look finds the temporary name only")
    ok(b.result(UPLOAD, "ONLY.ach") == SAFE_FAIL, f"{what}: the same attempt is not uploaded twice")
    b.put(b.temporary(), PAYLOAD[:1000])
    ok(b.result(RENAME, "ONLY.ach") == SAFE_FAIL and not b.there("ONLY.ach"), f"{what}: a temporary name of another size is not renamed")
    ok(b.result(LOOK, "ONLY.ach") == NEITHER, f"{what}: and does not count as the file")


def attempts_and_fence(b, what):
    b.next()
    name = "FENCE.ach"
    ok(b.result(UPLOAD, name, attempt=1) == OK, f"{what}: attempt 1 is uploaded")
    b.put(f".tg-{Bench.delivery + 1000}-1.part", b"not ours")
    ok(b.result(UPLOAD, name, attempt=2) == OK, f"{what}: attempt 2 is uploaded")
    ok(not b.there(b.temporary(1)) and b.there(b.temporary(2)), f"{what}: it has removed what attempt 1 left")
    ok(b.there(f".tg-{Bench.delivery + 1000}-1.part"), f"{what}: another delivery's temporary name is left alone")
    b.put(b.temporary(1), PAYLOAD)
    ok(b.result(RENAME, name, attempt=1) == SAFE_FAIL and not b.there(name), f"{what}: attempt 1 is fenced off from the rename")
    ok(b.result(RENAME, name, attempt=2) == OK, f"{what}: attempt 2 may rename")


def empty_and_bad(b, what):
    b.next()
    ok(b.result(UPLOAD, "EMPTY", data=b"") == OK and b.result(RENAME, "EMPTY", data=b"") == OK and b.read("EMPTY") == b"",
       f"{what}: a file of no bytes is delivered")
    ok(b.result(UPLOAD, "NONE", sha="0" * 64) == SAFE_FAIL, f"{what}: an object that is not in the spool is a safe failure")
    ok(b.result(UPLOAD, "../evil") == SAFE_FAIL and b.result(UPLOAD, "a\nb") == SAFE_FAIL, f"{what}: a hostile name is refused")
    ok(b.result(UPLOAD, "X", partner="nobody-knows") == SAFE_FAIL, f"{what}: an unknown partner is a safe failure")
    ok(b.result(9, "X") == SAFE_FAIL, f"{what}: an unknown step is a safe failure")
    bad = b"these bytes are not their name's"
    sha = hashlib.sha256(b"other bytes, same length, no name").hexdigest()
    with open(b.route.path("spool/out", sha), "wb") as f:
        f.write(bad)
    ok(b.result(UPLOAD, "BAD", data=bad, sha=sha) == SAFE_FAIL and not b.there(b.temporary()), f"{what}: bytes that are not the signed ones never leave")


def manifests(b, what):
    b.next()
    for end, data in ((".manifest.json", b'{"a":1}'), (".manifest.p7s", b"signature")):
        with open(b.route.path("manifests", "PAY.ach" + end), "wb") as f:
            f.write(data)
    ok(b.result(MANIFEST) == OK and b.read("PAY.ach.manifest.json") == b'{"a":1}' and b.read("PAY.ach.manifest.p7s") == b"signature",
       f"{what}: manifest and signature lie beside the payload")
    ok(b.result(MANIFEST) == OK, f"{what}: once more finds them there and equal")
    b.put("PAY.ach.manifest.json", b'{"a":2}')
    ok(b.result(MANIFEST) == EXISTS and b.read("PAY.ach.manifest.json") == b'{"a":2}', f"{what}: another manifest of that name is not replaced")
    ok(b.result(MANIFEST, "LOST.ach") == SAFE_FAIL, f"{what}: a manifest that is not there is a safe failure")


def lost_replies(b, proxy):
    """After the upload the link is cut a little later each time, until the rename's reply itself is what gets lost."""
    outcomes = {}
    for allowed in range(0, 900, 60):
        b.next()
        name = f"CUT-{allowed}.ach"
        if b.result(UPLOAD, name) != OK:
            ok(False, f"the upload before the cut after {allowed} bytes")
            return
        proxy.arm("down", allowed + 1, "rst", times=1)
        got = b.result(RENAME, name)
        renamed = b.there(name)
        proxy.disarm()
        look = b.result(LOOK, name)
        outcomes[(got, renamed)] = outcomes.get((got, renamed), 0) + 1
        honest = {OK: renamed, UNCERTAIN: True, SAFE_FAIL: not renamed, EXISTS: False}.get(got, False)
        ok(honest and look == (FINAL_EQUAL if renamed else TEMPORARY_ONLY), f"a link cut {allowed + 1} bytes into the replies is told as it was",
           f"result {got} renamed {renamed} look {look}")
    ok(outcomes.get((UNCERTAIN, True), 0) > 0, "the server renamed and the reply was lost: uncertain, and the look finds the final name", outcomes)
    ok(outcomes.get((SAFE_FAIL, False), 0) > 0, "a cut before the rename was sent is a safe failure", outcomes)


def broken_uploads(b, proxy):
    b.next()
    for attempt, how in enumerate(("rst", "fin", "stall"), 1):
        proxy.arm("up", 100000, how, times=1)
        got = b.result(UPLOAD, "BROKEN.ach", attempt=attempt)
        proxy.disarm()
        ok(got == SAFE_FAIL and not b.there("BROKEN.ach"), f"an upload that ends in {how} is a safe failure")
    ok(b.result(UPLOAD, "BROKEN.ach", attempt=4) == OK, "the next attempt uploads on a new connection")
    left = [n for n in os.listdir(b.far) if n.startswith(f".tg-{Bench.delivery}-")]
    ok(left == [b.temporary(4)], "and no leftover of the attempts before is there", left)


def courier_dies(route):
    pids = open(f"/proc/{route.process.pid}/task/{route.process.pid}/children", encoding="ascii").read().split()
    os.kill(int(pids[0]), 9)
    ok(route.process.wait(30) == 1, "a courier's death ends the role with an error")
    for pid in pids:
        while os.path.exists(f"/proc/{pid}") and open(f"/proc/{pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()[0] != "Z":
            os.sched_yield()
    ok(True, "and none of its couriers is left")


def run(work):
    here = os.path.join(work, "here")
    os.makedirs(here)
    with PartnerServer(os.path.join(work, "bank")) as server, CutProxy(server.port) as proxy:
        os.mkdir(os.path.join(work, "bank", "in"))
        os.chmod(os.path.join(work, "bank", "in"), 0o777)
        channels = {"bank": sftp_channel("bank", server, OUTBOUND % "in", timeout_ms=1500, port=proxy.port),
                    "here": dir_channel("here", OUTBOUND % here)}
        with FakeRoute("deliver", channels) as route:
            far = Bench(route, "bank", os.path.join(work, "bank", "in"), "in")
            near = Bench(route, "here", here, here)
            evidence = the_straight_way(far, "sftp")
            ok("kex=" in evidence and "hostkey=SHA256:" in evidence, "sftp: the evidence names key exchange and host key")
            the_straight_way(near, "dir")
            for b, what in ((far, "sftp"), (near, "dir")):
                what_may_stand_there(b, what)
                attempts_and_fence(b, what)
                empty_and_bad(b, what)
                manifests(b, what)
            broken_uploads(far, proxy)
            lost_replies(far, proxy)
            ok(route.process.poll() is None, "the role lived through all of this")
            courier_dies(route)


def main():
    if not os.path.exists(binary()):
        skip_all(f"{binary()} is not built")
    work = tempfile.mkdtemp(prefix="tally-far-")
    os.chmod(work, 0o711)
    try:
        run(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    done()


if __name__ == "__main__":
    main()
