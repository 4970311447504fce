#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Steps in the journal: a journald of its own under a private /run, roles whose stderr is that journal, and what journalctl then
finds by field.  Needs root (mounts).  TALLY_BUILD names the build directory (default: build)."""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
import tap  # noqa: E402

BUILD = os.environ.get("TALLY_BUILD", os.path.join(ROOT, "build"))
DAEMON = os.path.join(BUILD, "bin", "tallygated")
JOURNALD = "/lib/systemd/systemd-journald"
DEADLINE = 60
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x00020000, 0x4000, 1 << 18


def wait_for(condition):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.05)
    return None


def private_run():
    """A mount namespace of our own with empty /run and /var/log; ends with this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0 or libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        return False
    return all(libc.mount(b"tmpfs", d, b"tmpfs", 0, b"size=64m") == 0 for d in (b"/run", b"/var/log"))


def start_journald():
    os.makedirs("/run/systemd/journal", exist_ok=True)
    process = subprocess.Popen([JOURNALD], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if wait_for(lambda: os.path.exists("/run/systemd/journal/socket") and os.path.exists("/run/systemd/journal/stdout")):
        return process
    process.kill()
    return None


def journal_stream():
    """A stream to the journal as systemd gives one to a unit: identifier, unit, priority, level prefix, three forwards."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect("/run/systemd/journal/stdout")
    s.sendall(b"stranger\n\n6\n0\n0\n0\n0\n")
    return s


def entries(*match):
    got = subprocess.run(["journalctl", "-D", "/run/log/journal", "-o", "json", "--no-pager", *match], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True, check=False)
    return [json.loads(line) for line in got.stdout.splitlines()]


def test_role(base):
    conf = os.path.join(base, "conf")
    os.mkdir(conf)
    os.mkdir(os.path.join(base, "modules"))
    with open(os.path.join(conf, "tallygate.conf"), "w", encoding="ascii") as f:
        f.write(f'home = "{base}/home";\nrun = "{base}/run";\nmodules = "{base}/modules";\n')
    subprocess.run([DAEMON, "--config", conf, "--prepare"], check=True)
    stream = journal_stream()
    st = os.fstat(stream.fileno())
    role = subprocess.Popen([DAEMON, "--config", conf, "--role", "reconcile.2"], stderr=stream,
                            env={**os.environ, "JOURNAL_STREAM": f"{st.st_dev}:{st.st_ino}"})
    ready = wait_for(lambda: entries("TALLY_EVENT=role.ready"))
    if tap.ok(ready, "the journal finds role.ready by its field, written from the sealed cage"):
        e = ready[0]
        tap.ok(e.get("TALLY_PROCESS") == "reconcile.2" and e.get("SYSLOG_IDENTIFIER") == "tallygate" and e.get("PRIORITY") == "6",
               "the entry says who spoke, and how urgent it is", e)
        tap.ok("landlock" in e.get("TALLY_CAGE", ""), "each key of the step is a field", e)
        tap.ok(e.get("MESSAGE", "").startswith("role.ready cage="), "the message reads as the line on stderr does", e)
        tap.ok(e.get("MESSAGE_ID") == "7c1b36c5bd2e4d0e8f0a7d6f2a9f5b02", "the entry names its text in the catalogue", e)
        tap.ok(e.get("_PID") == str(role.pid), "the kernel vouches for the process", e)
    tap.ok(not entries("SYSLOG_IDENTIFIER=stranger"), "nothing goes by the plain stream as well")
    role.send_signal(signal.SIGTERM)
    tap.ok(role.wait(DEADLINE) == 0 and wait_for(lambda: entries("TALLY_EVENT=role.stopped")), "the end of the role is in the journal too")
    stream.close()


def main():
    if os.geteuid() != 0 or not os.path.exists(JOURNALD) or shutil.which("journalctl") is None:
        tap.skip_all("needs root and systemd-journald")
    if not os.path.exists(DAEMON):
        tap.skip_all(f"{DAEMON} is not built")
    if not private_run():
        tap.skip_all("no mount namespace here")
    journald = start_journald()
    if journald is None:
        tap.skip_all("journald does not start here")
    base = tempfile.mkdtemp(prefix="tally-journal.")
    try:
        test_role(base)
    finally:
        journald.terminate()
        journald.wait(DEADLINE)
        shutil.rmtree(base, ignore_errors=True)
    tap.done()


main()
