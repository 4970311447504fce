#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""demo - plays the main job in a throw-away tree and says what happened, for a newcomer

The tree stays until the next run, as build/demo: partners/ (what the bank's server holds), reports/, manifests/, ca.pem, log.  Every
process ends with this one, also when it is interrupted.  With --stay the gateway and its bank go on until Enter (docs/tutorial.md).  Exit 0: the job came to its end as it should; 1: it says what did not.
"""
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import payrun  # noqa: E402
from town import ROOT, TOP, Failed, Town  # noqa: E402

BUILD = os.path.abspath(os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build"))
LINK = os.path.join(BUILD, "demo")
SHOWN = os.path.relpath(LINK)


def say(text):
    print("  " + text, flush=True)


def title(text):
    print("\n" + text, flush=True)


def clear_old():
    if not os.path.islink(LINK):
        return
    old = os.readlink(LINK)
    os.unlink(LINK)
    if os.path.basename(old).startswith("tallygate-") and os.path.isdir(old):
        shutil.rmtree(old, ignore_errors=True)


def bad_traffic(town):
    town.drop(payrun.BAD_REGISTER, payrun.sample(payrun.BAD_REGISTER))
    town.drop("empty.csv", b"")
    town.drop("letter.csv", b"Dear payroll team,\nplease find nothing attached.\n")
    for name in (payrun.BAD_REGISTER, "empty.csv", "letter.csv"):
        f = town.wait_file(name, "HELD")
        say(f"{f['id']}  {name} is held: {f['why']}" + (f" ({f['text'][:90]})" if f.get("text") else ""))


def verify(town, name):
    base = os.path.join(SHOWN, "manifests", name + ".manifest")
    argv = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", base + ".p7s", "-content", base + ".json", "-CAfile", os.path.join(SHOWN, "ca.pem"), "-out", "/dev/null"]
    town.run(argv)
    return " ".join(argv)


def summary(town, artifact, line, seconds):
    held = [f for f in town.ask("files") if f["state"] == "HELD"]
    items = {s["state"]: (s["count"], s["amount_minor"]) for s in town.ask("status")["items"]}
    title("Summary")
    say("came in   a payroll register from hr; a BAI2 statement and a NACHA return file from the bank, fetched by SFTP")
    say(f"went out  {artifact['name']}: {artifact['count']} payments, {artifact['credit_minor'] / 100:,.2f} USD, delivered once, with evidence")
    for state, (count, minor) in sorted(items.items()):
        say(f"          {count:3d} payments {state.lower():9s} {minor / 100:>12,.2f} USD")
    say("held      " + "; ".join(f"{f['id']} {f['name']} ({f['why']})" for f in held))
    say("look      bin/tallygate shows more: status, today, files, find, show ID, findings ID")
    say(f"report    {os.path.join(SHOWN, 'reports', 'reconciliation-2026-11-12', 'report.html')}")
    say("signed    stock openssl has just verified the manifest:")
    say("          " + line)
    say(f"tree      {SHOWN} -> {town.home}")
    say(f"time      {seconds:.1f} s" + ("" if ROOT else "; as a plain user all roles share one uid: run it as root to see each under its own"))


def play():
    began = time.monotonic()
    clear_old()
    town = Town(build=BUILD)
    try:
        os.symlink(town.home, LINK)
        print("tallygate demo: one pay run, from a dropped file to settled at the bank", flush=True)
        title("D0  Monday 2026-11-09")
        town.prepare().start()
        say(f"the gateway runs: {', '.join(sorted(r['name'] for r in town.wait('all roles are there', lambda: (lambda s: s if len(s) >= 9 else None)(town.ask('status')['roles']))))}")
        payrun.drop_register(town, say)
        payrun.propose(town, say)
        payrun.approve(town, say)
        artifact = payrun.deliver(town, say)
        bad_traffic(town)
        title("D1 to D3")
        payrun.settle_day(town, say)
        payrun.bank_answers(town)
        payrun.settle(town, say)
        line = verify(town, artifact["name"])
        summary(town, artifact, line, time.monotonic() - began)
        if "--stay" in sys.argv[1:]:
            title("The gateway and its bank go on.  Press Enter to end them.")
            sys.stdin.readline()
        return 0
    except Failed as e:
        print(f"\ndemo: {e}\nThe tree stays at {town.home}; its log is {town.log_path}", file=sys.stderr)
        return 1
    finally:
        town.stop()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        return play()
    except KeyboardInterrupt:
        print("\ndemo: interrupted; everything that was started has ended", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
