#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""demo - plays five days of the main job in a throw-away tree and says what happened, for a newcomer

The tree stays until the next run, as build/demo: partners/ (what the bank's, the printer's and the trustee's servers hold), feeds/, reports/,
manifests/, ca.pem, log.  Every process ends with this one, also when it is interrupted.  With --stay the gateway and its partners go on
until Enter (docs/tutorial.md).  Exit 0: the job came to its end as it should; 1: it says what did not.
"""
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import day  # noqa: E402
from town import ROOT, TOP, Failed  # noqa: E402

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


def ready(town):
    roles = town.wait("all roles are there", lambda: (lambda s: s if len(s) >= 9 else None)(town.ask("status")["roles"]))
    say(f"the gateway runs: {', '.join(sorted(r['name'] for r in roles))}")


def verify(town, name):
    base = os.path.join(SHOWN, "manifests", name + ".manifest")
    argv = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", base + ".p7s", "-content", base + ".json", "-CAfile", os.path.join(SHOWN, "ca.pem"), "-out", "/dev/null"]
    town.run(argv)
    return " ".join(argv)


def summary(town, seconds):
    held = [f for f in town.ask("files") if f["state"] == "HELD"]
    sent = [a for a in town.ask("artifacts") if a["state"] == "SIGNED"]
    line = verify(town, sent[0]["name"])
    title("Summary")
    say(f"came in   {len(town.ask('files'))} files: people, registers, a distribution, the book, statements (BAI2, MT940), returns, acknowledgements, confirmations")
    say(f"went out  {len(sent)} signed files: ACH, positive pay, checks, rollovers; each delivered once, with evidence; {len(os.listdir(town.path('feeds/hr/answers')))} answers to hr")
    for s in sorted(town.ask("status")["items"], key=lambda s: -s["amount_minor"]):
        say(f"          {s['count']:4d} payments {s['state'].lower():10s} {s['amount_minor'] / 100:>14,.2f} USD")
    say("held      " + "; ".join(f"{f['id']} {f['name']} ({f['why']})" for f in held))
    say("look      bin/tallygate shows more: today, status, files, batches, exceptions, find, show ID, findings ID")
    say(f"report    {os.path.join(SHOWN, os.path.relpath(day.report_path(town, 'report.html'), town.home))}")
    say("signed    stock openssl has just verified a manifest:")
    say("          " + line)
    say(f"tree      {SHOWN} -> {town.home}")
    say(f"time      {seconds:.1f} s" + ("" if ROOT else "; as a plain user all roles share one uid: run it as root to see each under its own"))


def play():
    began = time.monotonic()
    clear_old()
    town = day.Day(build=BUILD)
    try:
        os.symlink(town.home, LINK)
        print("tallygate demo: five days of a payroll department, from the first file to the bank's last word", flush=True)
        town.prepare().start()
        title("Start")
        ready(town)
        day.play(town, say, title)
        summary(town, time.monotonic() - began)
        if "--stay" in sys.argv[1:]:
            title("The gateway and its partners go on.  Press Enter to end them.")
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
