#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""61-kill - the whole day, again and again, each time with every role killed once at a seeded random point; the end is the same

The points are lines of the gateway's own log, drawn by a seed: when the log has reached that line the role is killed (SIGKILL), whatever
it is doing.  One run in four kills the supervisor too and starts the gateway again.  Compared with a run that nobody disturbed:
every payload byte for byte, each delivered once, manifests but for what must differ, and the books; the feeds' last word on each run.
TALLY_KILLS sets the number of runs (8), TALLY_KILL_SEED the first seed.
"""
import json
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import day  # noqa: E402
from tap import done, ok  # noqa: E402
from town import Failed  # noqa: E402

RUNS = int(os.environ.get("TALLY_KILLS", "8"))
SEED = int(os.environ.get("TALLY_KILL_SEED", "1"))
DIFFERS = ("time", "audit", "previous", "configuration_sha256", "signer")


class Killer(threading.Thread):
    """Watches the log and kills each role once when its line has come."""

    def __init__(self, town, seed, lines):
        super().__init__(daemon=True)
        self.town, self.random, self.killed, self.over = town, random.Random(seed), [], False
        roles = [r for r in town.roles() if r != "supervisor"]
        self.plan = sorted((self.random.randint(10, lines), r) for r in roles)
        if seed % 4 == 0:
            self.plan.append((self.random.randint(10, lines), "supervisor"))
            self.plan.sort()

    def run(self):
        while self.plan and not self.over:
            try:
                with open(self.town.log_path, "rb") as f:
                    lines = sum(1 for _ in f)
            except OSError:
                lines = 0
            if lines < self.plan[0][0]:
                time.sleep(0.005)
                continue
            self.kill(self.plan.pop(0)[1])

    def kill(self, role):
        if role == "supervisor":
            self.town.daemon.kill()
            self.town.daemon.wait()
            self.town.daemon.stdout.close()
            self.town.start(tied=False)
        else:
            pid = self.town.roles().get(role)
            if not pid:
                return
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return
        self.killed.append(role)


def essence(town):
    """What must be the same in every life."""
    payloads = {}
    for partner, folder in (("firstbank", "inbox"), ("firstbank", "issues"), ("printer", "inbox"), ("trustee", "inbox")):
        for name in town.delivered(partner, folder):
            with open(town.path("partners", partner, folder, name), "rb") as f:
                payloads[f"{partner}/{folder}/{name}"] = f.read()
    manifests = {}
    for name in sorted(os.listdir(town.path("manifests"))):
        if not name.endswith(".manifest.json"):
            continue
        with open(town.path("manifests", name), encoding="utf-8") as f:
            m = json.load(f)
        for key in DIFFERS:
            m.pop(key, None)
        for a in m.get("approvals", []):
            for key in ("time", "nonce", "run_nonce", "signature"):
                a.pop(key, None)
        manifests[name] = m
    sent = {k.rsplit("/", 1)[1] for k in payloads}
    books = {
        "items": sorted(str((b["kind"], i["person"], i["state"], i["amount_minor"], i["trace"], i["check_number"], i["account"])) for b in town.ask("batches")
                        for i in town.ask("items", b["id"])),
        "deliveries": sorted((d["name"], d["state"]) for d in town.ask("deliveries") if d["name"] in sent),
        "returns": sorted((x["kind"], x["code"], x["state"], x["amount_minor"]) for x in town.ask("returns")),
        "lines": sorted(str((x["amount_minor"], x["state"], x["reason"])) for x in town.ask("lines")),
        "exceptions": sorted(str((x["reason"], x["state"], x["amount_minor"])) for x in town.ask("exceptions")),
        "files": sorted((f["name"], f["state"], str(f["why"])) for f in town.ask("files") if f["state"] != "DUPLICATE"),
        "rejects": {n[:6]: town.read("feeds/hr/answers/" + n) for n in os.listdir(town.path("feeds/hr/answers")) if n.startswith("reject")},
    }
    return payloads, manifests, books


def undisturbed():
    with day.Day() as t:
        day.play(t)
        with open(t.log_path, "rb") as f:
            lines = sum(1 for _ in f)
        return essence(t), lines


def disturbed(seed, lines):
    with day.Day() as t:
        t.patient = True
        killer = Killer(t, seed, lines)
        killer.start()
        try:
            day.play(t)
        finally:
            killer.over = True
            killer.join(30)
        for _, role in killer.plan:             # what the job was too quick for dies at its end
            killer.kill(role)
        t.wait("the gateway answers after the last kill", lambda: len(t.ask("status")["roles"]) >= 9 and t.ask("status")["jobs"] == 0)
        return essence(t), killer.killed, t.log_tail(5)


def main():
    want, lines = undisturbed()
    ok(len(want[0]) == 12, "the undisturbed day delivers twelve files", sorted(want[0]))
    for seed in range(SEED, SEED + RUNS):
        try:
            got, killed, _ = disturbed(seed, lines)
        except Failed as e:
            ok(False, f"run {seed} comes to its end", e)
            continue
        ok(len(set(killed)) >= 10, f"run {seed} killed every role once", killed)
        ok(got[0] == want[0], f"run {seed} delivers the same bytes once", f"{list(got[0])} killed {killed}")
        ok(got[1] == want[1], f"run {seed} has equal manifests", json.dumps([got[1], want[1]], indent=1)[:3000])
        ok(got[2] == want[2], f"run {seed} has equal books", json.dumps([{k: [x for x in got[2][k] if x not in want[2][k]] for k in got[2]},
                                                                        {k: [x for x in want[2][k] if x not in got[2][k]] for k in got[2]}])[:3000])
    done()


if __name__ == "__main__":
    main()
