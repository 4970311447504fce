#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""62-hostile - a module that attacks, in a running gateway: its file is held, its outbound is held, and everybody else is paid

tests/modules/hostile.c attacks from inside parse and emit, in the real cages of the real roles; a module whose constructor attacks is
refused at load.  Then an ordinary register goes its whole way, by the same parse and distribute processes: none of them died.
One module loops as it reads all the while, until it has used up its processor time, twice.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import payrun  # noqa: E402
from tap import done, ok, skip_all, step  # noqa: E402
from town import TOP, Town  # noqa: E402

BUILD = os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build")
MODULES = os.path.join(BUILD, "tests", "modules")
SANITIZED = b"__asan_init" in open(os.path.join(BUILD, "bin", "tallygated"), "rb").read()

# attack -> (reason of the hold, words that its text must hold)
READING = {
    "open": ("PARSER_DIED", "SIGSYS"), "exec": ("PARSER_DIED", "SIGSYS"), "socket": ("PARSER_DIED", "SIGSYS"), "fork": ("PARSER_DIED", "SIGSYS"),
    "kill": ("PARSER_DIED", "SIGSYS"), "ptrace": ("PARSER_DIED", "SIGSYS"), "memory": ("PARSER_DIED", ""),
    "sleep": ("PARSER_DIED", "SIGSYS"), "crash": ("PARSER_DIED", ""), "stack": ("PARSER_DIED", ""), "exit": ("PARSER_DIED", ""),
    "garbage": ("PARSER_DIED", ""), "minus": ("PARSER_FAILED", ""),
}
WRITING = {
    "open": "EMITTER_DIED", "exec": "EMITTER_DIED", "socket": "EMITTER_DIED", "fork": "EMITTER_DIED", "memory": "EMITTER_DIED", "crash": "EMITTER_DIED",
    "exit": "EMITTER_DIED", "garbage": "EMITTER_DIED", "minus": "EMITTER_FAILED",
}
LOOP_PATIENCE = 240                 # two tries at the most that a small file may take by the clock, on a busy machine
REFUSED = {"ctor_fork": "SIGSYS", "oldabi": "ABI", "nosuch": "no format module"}
NEEDS_FILTER = ("open", "exec", "socket", "fork", "kill", "ptrace", "memory", "sleep", "ctor_fork")      # under a sanitizer a cage has no filter and no such limit


def attacks(table):
    return [a for a in table if not (SANITIZED and a in NEEDS_FILTER)]


def inbound(t, name, module, options, pay_by="firstbank/ach"):
    return (f'{{ name = "{name}"; path = "{t.folder("feeds/shady/" + name)}"; format = "{module}"; purpose = "payroll"; options = {{ {options} }};\n'
            f'\tready = "rename"; after = "move"; people = "row"; pay_by = "{pay_by}"; }}')


def shady(t):
    """Feeds whose module attacks as it reads, feeds whose module is refused, and feeds that are paid by a module that attacks as it writes."""
    feeds = [inbound(t, "read-" + a, "hostile", f'parse = "{a}";') for a in attacks(READING) + ["loop"]]
    feeds += [inbound(t, "with-" + m, m, "") for m in attacks(REFUSED)]
    feeds += [inbound(t, "pay-" + a, "payroll", "", "crooked/" + a) for a in attacks(WRITING)]
    return 'partner = "shady";\nkind = "dir";\npoll_ms = 100;\ninbound = (\n' + ",\n".join(feeds) + "\n);\n"


def crooked(t):
    ach = ('immediate_destination = "123456780"; immediate_origin = "1234567890"; company_name = "ACME"; company_id = "1234567890"; odfi = "12345678";\n'
           '\t\tentry_description = "PAYROLL"; cut_off = "17:00"; lead_days = 1;')
    out = [f'{{ name = "{a}"; path = "{t.folder("partners/crooked/" + a)}"; format = "hostile"; file_name = "{a}-{{date}}-{{modifier}}";\n'
           f'\toptions = {{ emit = "{a}"; }}; ach = {{ {ach} }}; }}' for a in attacks(WRITING)]
    return 'partner = "crooked";\nkind = "dir";\ncalendar = "federal-reserve";\noutbound = (\n' + ",\n".join(out) + "\n);\n"


def held(t, name, why, words, patience=60):
    f = t.wait_file(name, ("HELD", "DONE"), patience)
    if f["state"] != "HELD" or f["why"] != why or words not in (f["text"] or ""):
        raise AssertionError(f"{f['state']} {f['why']}: {f['text']}; expected {why}, {words}")
    return f


def reading(t):
    for a in attacks(READING):
        t.drop(f"{a}.txt", f"line of {a}\n", f"shady/read-{a}")
    for a in attacks(READING):
        why, words = READING[a]
        step(f"a file whose module tries '{a}' as it reads is held for {why}", lambda n=a, w=why, x=words: held(t, n + ".txt", w, x))
    ok(not os.path.exists("/tmp/tallygate-hostile"), "no attack left a file behind")
    f = t.file_named(attacks(READING)[0] + ".txt")
    ok(not t.ask("show", f["id"])["batches"], "nothing is paid of a file whose module died")
    r = t.decide("reject", f["id"], "alice", "hostile", check=False)
    ok(r.returncode == 0, "such a file can be rejected by a person", r.stderr)


def refused(t):
    for module in attacks(REFUSED):
        t.drop(module + ".txt", f"line of {module}\n", f"shady/with-{module}")
    for module in attacks(REFUSED):
        words = REFUSED[module]
        f = step(f"a file of the refused module '{module}' is held for MODULE_REFUSED", lambda n=module: held(t, n + ".txt", "MODULE_REFUSED", ""))
        if f:
            said = str(f["text"]) + str(t.ask("findings", f["id"]))
            ok(words in said, f"and what is shown says why '{module}' was refused", said)


def register(n):
    """A register of its own: other people and another run."""
    return payrun.sample(payrun.REGISTER).decode().replace("2026-23", f"2026-{n}").replace("E10", f"E{n}").encode()


def writing(t):
    for n, a in enumerate(attacks(WRITING), 30):
        t.drop(f"pay-{a}.csv", register(n), f"shady/pay-{a}")
    for a in attacks(WRITING):
        b = step(f"a run that is paid by '{a}' is approved", lambda n=a: t.wait_batch(f"pay-{n}.csv", ("PROPOSED", "APPROVED")))
        if b and b["state"] == "PROPOSED":
            t.decide("approve", b["id"], "bob", check=False)
    for a in attacks(WRITING):
        def stopped(n=a):
            found = [x for x in t.ask("artifacts") if x["partner"] == "crooked" and x["id"] == t.batch_of(f"pay-{n}.csv")["artifact"]]
            return found[0] if found and found[0]["state"] == "HELD" else None
        x = step(f"the outbound whose module tries '{a}' as it writes is held", lambda f=stopped, n=a: t.wait(f"the outbound of {n} is held", f, 60))
        if x:
            ok(x["why"] == WRITING[a], f"it is held for {WRITING[a]}", x)
            ok(os.listdir(t.path("partners/crooked", a)) == [], f"nothing of '{a}' reached the partner")


def main():
    more = [os.path.join(MODULES, "good", "hostile.so"), os.path.join(MODULES, "ctor", "ctor_fork.so"), os.path.join(MODULES, "liar", "oldabi.so")]
    if not all(os.path.exists(m) for m in more):
        skip_all("the hostile modules are not built: `make check` builds them")
    with Town(modules=more, channels={"shady": shady, "crooked": crooked}) as t:
        before = t.roles()
        t.drop("loop.txt", "line of loop\n", "shady/read-loop")
        reading(t)
        refused(t)
        writing(t)
        step("an ordinary register comes in", lambda: payrun.drop_register(t))
        step("its run is proposed", lambda: payrun.propose(t))
        step("a second person approves it", lambda: payrun.approve(t))
        step("its file is delivered and the bank accepts it", lambda: payrun.deliver(t))
        step("a file whose module loops as it reads is held when its time is used up", lambda: held(t, "loop.txt", "PARSER_DIED", "", LOOP_PATIENCE))
        ok(t.roles() == before, "no role died of any of it", f"{before}\n{t.roles()}")
        ok(t.ask("audit", "verify")["holds"] is True, "the audit holds")
    done()


if __name__ == "__main__":
    main()
