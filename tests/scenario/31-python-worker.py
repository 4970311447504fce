#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""31-python-worker - a worker of the pool that is not ours: Python, made from docs/wire.md, allots a run of a real gateway

tests/lib/worker.py joins the pool as distribute.9 over the real socket, while the only other worker hears nothing (SIGSTOP).  The range of
the run goes to it, route adds its legs up and proposes the run; what is paid then is what a worker of ours would have made of it.
"""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import payrun  # noqa: E402
from sshd import end_with_parent  # noqa: E402
from tap import done, ok, step  # noqa: E402
from town import HERE, Town  # noqa: E402

NAME = "distribute.9"
KEPT = ("person", "party", "amount_minor", "account", "routing", "state", "why", "line")


def join(t, jobs):
    """The worker, which ends by itself after so many answers."""
    return subprocess.Popen(["/usr/bin/python3", os.path.join(HERE, "worker.py"), f"ipc://{t.path('run/route-distribute/bus')}", NAME, "--jobs", str(jobs)],
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: end_with_parent(signal.SIGKILL))


def legs(t, batch):
    return [{k: i.get(k) for k in KEPT} for i in t.ask("items", batch["id"])]


def answered(worker):
    """Its answer left: it has ended well."""
    try:
        return worker.wait(60) == 0
    except subprocess.TimeoutExpired:
        return False


def by_python(t):
    ours = t.roles()["distribute.1"]
    os.kill(ours, signal.SIGSTOP)
    worker = join(t, 1)
    try:
        step("a register is read while no worker of ours hears", lambda: payrun.drop_register(t))
        b = step("its run is proposed", lambda: t.wait_batch(payrun.REGISTER, "PROPOSED", 60))
        ok(answered(worker), "the range was allotted by the worker in Python")
        ok(t.roles()["distribute.1"] == ours, "and not by a new one of ours", t.roles())
    finally:
        if worker.poll() is None:
            worker.kill()
        worker.communicate()
        if t.roles().get("distribute.1") == ours:
            os.kill(ours, signal.SIGCONT)
    return b


def main():
    with Town(distributors=1) as t:
        b = by_python(t)
        if b:
            rows = payrun.sample(payrun.REGISTER).decode().splitlines()[1:]
            ok(b["count"] == len(rows), "every row of the register is a payment", b)
            ok(b["credit_minor"] == sum(int(r.split(",")[7].replace(".", "")) for r in rows), "with the sum of the register", b)
            theirs = legs(t, b)
            step("a second person approves it", lambda: payrun.approve(t))
            step("our worker, awake again, writes the file, and the bank accepts it", lambda: payrun.deliver(t))
    with Town(distributors=1) as t:
        step("in another gateway a worker of ours allots the same register", lambda: payrun.drop_register(t))
        c = step("and its run is proposed", lambda: payrun.propose(t))
        if b and c:
            ours = legs(t, c)
            ok(len(ours) == len(theirs) and ours == theirs, "both workers made the same payments of it", f"{ours}\n{theirs}")
            ok(b["items_sha256"] == c["items_sha256"], "and what a person signs has the same hash", f"{b['items_sha256']} {c['items_sha256']}")
    done()


if __name__ == "__main__":
    main()
