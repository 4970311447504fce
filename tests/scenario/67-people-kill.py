#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""67-people-kill - the run of 64-people with every role killed once at a seeded random point; the end is the same

A person's data come in, a run waits for two rows, is released without them, approved by another and delivered.  Whoever is killed when: the
bank has the same bytes once, the same rows went back, the last status says the same, and every notice at the feed is the one that the
ledger names.  How many status files there were differs: a life that was disturbed comes to rest at other times.
TALLY_KILLS sets the number of runs (6), TALLY_KILL_SEED the first seed.
"""
import csv
import hashlib
import importlib.util
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from tap import done, ok  # noqa: E402
from town import Failed, Town  # noqa: E402

RUNS = int(os.environ.get("TALLY_KILLS", "6"))
SEED = int(os.environ.get("TALLY_KILL_SEED", "1"))
PATIENCE = 60


def scenario(name):
    spec = importlib.util.spec_from_file_location(name[:2], os.path.join(HERE, name))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


kill, people = scenario("61-kill.py"), scenario("64-people.py")


def play(t):
    t.drop("people.xml", people.people_of_day(1), feed="hcm/in")
    t.wait_file("people.xml", "DONE", PATIENCE)
    t.drop("r1.csv", people.register("2026-23", range(1, 13)), feed="pay/in")
    b = t.wait_batch("r1.csv", "HELD", PATIENCE)

    def decide(act, who, states, more=()):
        """Said again when the answer was lost: what is decided already is refused, and that is seen."""
        def decided():
            return t.batch_of("r1.csv")["state"] in states or t.decide(act, b["id"], who, check=False, more=more).returncode == 99
        t.wait(f"{act} by {who}", decided, PATIENCE)
    decide("release", "alice", ("PROPOSED", "APPROVED"), ["--without-held-rows"])
    decide("approve", "bob", ("APPROVED",))
    t.wait_batch("r1.csv", "DELIVERED", PATIENCE, key="items_state")
    t.wait("the manifest is there", lambda: len(t.delivered(folder="manifests")) == 2, PATIENCE)


def rows(t, name):
    with open(t.path("feeds/pay/answers", name), encoding="utf-8", newline="") as f:
        return [{k: v for k, v in row.items() if k not in ("file", "batch", "item")} for row in csv.DictReader(f)]


def essence(t):
    """What must be the same in every life."""
    f = t.file_named("r1.csv")["id"]
    people.last_status(t, f, lambda x: {y["state"] for y in x} == {"DELIVERED", "REJECTED"}, "the last status is told")
    t.wait("every notice is delivered", lambda: all(n["state"] == "DELIVERED" for n in t.ask("notices")), PATIENCE)
    told = t.ask("notices")
    last = max((n for n in told if n["kind"] == "status"), key=lambda n: int(n["name"][:-4].rsplit("-", 1)[1]))
    payloads = []
    for name in t.delivered():
        with open(t.path("partners/firstbank/inbox", name), "rb") as data:
            payloads.append(data.read())
    items = sorted((i["person"], i["state"], i["amount_minor"], i["trace"], i["why"]) for b in t.ask("batches") for i in t.ask("items", b["id"]))
    return {"payloads": len(payloads), "bytes": hashlib.sha256(b"".join(payloads)).hexdigest(), "items": items, "status": rows(t, last["name"]),
            "reject": rows(t, f"reject-{f}.csv")}, wrong(t, told)


def wrong(t, told):
    """Notices at the feeds that are not those of the ledger."""
    bad = []
    for n in told:
        with open(t.path("feeds", n["partner"], "answers", n["name"]), "rb") as f:
            if hashlib.sha256(f.read()).hexdigest() != n["sha256"]:
                bad.append(n["name"])
    return bad + sorted(set(people.answers(t, "pay") + people.answers(t, "hcm")) ^ {n["name"] for n in told})


def life(seed=None, lines=0):
    with Town(channels={"hcm": people.hcm, "pay": people.pay}) as t:
        if seed is None:
            play(t)
            with open(t.log_path, "rb") as f:
                return essence(t), sum(1 for _ in f)
        t.patient = True
        killer = kill.Killer(t, seed, lines)
        killer.start()
        try:
            play(t)
        finally:
            killer.over = True
            killer.join(30)
        for _, role in killer.plan:             # what the job was too quick for dies at its end
            killer.kill(role)
        return essence(t), killer.killed


def main():
    (want, bad), lines = life()
    ok(want["payloads"] == 1 and not bad, "the undisturbed run delivers one file, and tells what the ledger says", bad)
    for seed in range(SEED, SEED + RUNS):
        try:
            (got, bad), killed = life(seed, lines)
        except Failed as e:
            ok(False, f"run {seed} comes to its end", e)
            continue
        ok(len(set(killed)) >= 10, f"run {seed} killed every role once", killed)
        ok(got == want, f"run {seed} comes to the same end", json.dumps({k: [got[k], want[k]] for k in want if got[k] != want[k]})[:3000] + f" killed {killed}")
        ok(not bad, f"run {seed}: what the feeds have is what the ledger names", bad)
    done()


if __name__ == "__main__":
    main()
