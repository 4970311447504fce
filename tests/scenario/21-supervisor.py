#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The supervisor: every role starts, a dead one starts again, all end with it, also when it is killed.  As root the roles run as
users of their own (uid_base).  TALLY_BUILD names the build directory (default: build)."""
import json
import os
import select
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
COMMAND = os.path.join(BUILD, "bin", "tallygate")
UID_BASE = 730000 if os.geteuid() == 0 else 0
ORDER = ["intake", "parse", "route", "reconcile", "distribute", "sign", "deliver", "report", "control"]
DEADLINE = 60


def wait_for(what, condition):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.02)
    raise TimeoutError(what)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def helpers_left(conf):
    """Roles, zygotes and couriers all carry the configuration's name in their command line."""
    left = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                line = f.read().split(b"\0")
        except OSError:
            continue
        if conf.encode() in line and b"--role" in line and alive(pid):
            left.append(int(pid))
    return left


def all_gone(conf):
    try:
        return wait_for("everybody ends", lambda: not helpers_left(conf))
    except TimeoutError:
        return False


def write_config(base):
    conf = os.path.join(base, "conf")
    os.mkdir(conf)
    home, modules = os.path.join(base, "home"), os.path.join(base, "modules")
    os.mkdir(modules)
    for name in os.listdir(os.path.join(BUILD, "modules")):
        shutil.copy(os.path.join(BUILD, "modules", name), modules)
    with open(os.path.join(conf, "tallygate.conf"), "w", encoding="ascii") as f:
        f.write(f'home = "{home}";\nrun = "{base}/run";\nmodules = "{modules}";\nreconcilers = 2;\nuid_base = {UID_BASE};\n'
                f'signer_key = "{home}/keys/signer.key";\nsigner_cert = "{home}/keys/signer.pem";\nca = "{home}/keys/ca.pem";\n')
    return conf


class Gateway:
    """One running tallygated; its log goes to a file."""

    def __init__(self, base, conf, *more):
        self.base = base
        self.log = os.path.join(base, "log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([DAEMON, "--config", conf, *more], stdout=subprocess.PIPE, stderr=log, text=True)

    def ready(self):
        there, _, _ = select.select([self.process.stdout], [], [], DEADLINE)
        return bool(there) and self.process.stdout.readline() == "ready\n"

    def pids(self):
        with open(os.path.join(self.base, "run", "roles.json"), encoding="ascii") as f:
            return json.load(f)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(DEADLINE)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()


def run(*args):
    return subprocess.run([DAEMON, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=DEADLINE)


def test_use(conf, base):
    tap.ok(run().returncode == 2, "no arguments are wrong use")
    tap.ok(run("--config", conf, "--role", "nobody").returncode == 2, "an unknown role is wrong use")
    tap.ok(run("--config", conf, "--role", "route.0").returncode == 2, "role number 0 is wrong use")
    tap.ok(run("--config", conf, "--line", "3").returncode == 2, "a line without a role is wrong use")
    missing = run("--config", os.path.join(base, "nowhere"))
    tap.ok(missing.returncode == 1 and "nowhere" in missing.stderr, "a missing configuration is named, exit 1", missing.stderr)
    bad = os.path.join(base, "bad")
    os.mkdir(bad)
    with open(os.path.join(bad, "tallygate.conf"), "w", encoding="ascii") as f:
        f.write("home = 1;\nunheard = 2;\n")
    faults = run("--config", bad)
    tap.ok(faults.returncode == 1 and faults.stderr.count("\n") >= 2, "faults of the configuration are all printed, exit 1", faults.stderr)


def test_prepare(conf, base):
    done = run("--config", conf, "--prepare")
    tap.ok(done.returncode == 0, "--prepare makes the tree and ends", done.stderr)
    tap.ok(run("--config", conf, "--prepare").returncode == 0, "--prepare is idempotent")
    keys = os.path.join(base, "home", "keys")
    made = subprocess.run([COMMAND, "keygen", "signer", keys, "--name", "test-signer"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    tap.ok(made.returncode == 0, "the signer's key is made", made.stdout)
    mode = os.stat(os.path.join(base, "home", "ledger"))
    want = (UID_BASE + 1 + ORDER.index("route"), 0o700) if UID_BASE else (os.geteuid(), 0o700)
    tap.ok((mode.st_uid, mode.st_mode & 0o7777) == want, "the ledger's directory is route's alone", oct(mode.st_mode))


def test_life(conf, base):
    pid_file = os.path.join(base, "pid")
    g = Gateway(base, conf, "--pid-file", pid_file)
    if not tap.ok(g.ready(), "every role becomes ready", g.text()):
        g.stop(signal.SIGKILL)
        return
    pids = g.pids()
    names = [f"{r}.1" for r in ORDER] + ["reconcile.2"]
    tap.ok(sorted(pids) == sorted(names + ["supervisor"]) and all(alive(p) for p in pids.values()), "roles.json names each living role", pids)
    with open(pid_file, encoding="ascii") as f:
        tap.ok(int(f.read()) == pids["supervisor"] == g.process.pid, "the pid file names the supervisor")
    if UID_BASE:
        for name in names:
            uid = UID_BASE + 1 + ORDER.index(name.split(".")[0])
            with open(f"/proc/{pids[name]}/status", encoding="ascii") as f:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
            tap.ok(status["Uid"].split() == [str(uid)] * 4 and int(status["CapEff"], 16) == 0 and status["NoNewPrivs"] == "1"
                   and status["Seccomp"] == "2", f"{name} runs as user {uid}, without capabilities, filtered", status)
    for name in ("report.1", "route.1", "parse.1"):
        old = g.pids()[name]
        os.kill(old, signal.SIGKILL)
        new = wait_for(name, lambda: (g.pids()[name] not in (0, old)) and g.pids()[name])
        tap.ok(alive(new), f"{name} starts again after it was killed")
    tap.ok("how=\"signal 9\"" in g.text() and "role=route.1" in g.text(), "the log says which role died, and how")
    wait_for("ready again", lambda: g.text().count("route.1 info role.ready") >= 2)
    tap.ok(g.process.poll() is None, "the supervisor outlives its roles")
    pids = g.pids()
    tap.ok(g.stop() == 0, "SIGTERM ends the supervisor with exit 0")
    tap.ok(not any(alive(p) for p in pids.values()), "no role is left after SIGTERM", pids)
    tap.ok(all_gone(conf), "no zygote and no courier is left either", helpers_left(conf))
    tap.ok("role.killed" not in g.text(), "no role had to be killed at the stop", g.text()[-2000:])
    tap.ok(not os.path.exists(pid_file), "the pid file is removed")


def test_killed(conf, base):
    g = Gateway(base, conf)
    if not tap.ok(g.ready(), "every role becomes ready a second time", g.text()):
        g.stop(signal.SIGKILL)
        return
    pids = g.pids()
    g.stop(signal.SIGKILL)
    tap.ok(all_gone(conf), "every role and every helper of one ends when the supervisor is killed", g.text()[-800:])
    for pid in filter(alive, pids.values()):
        os.kill(pid, signal.SIGKILL)


def test_stuck(conf, base):
    """A stopped process cannot end in time; the others do, and it is killed."""
    g = Gateway(base, conf)
    tap.ok(g.ready(), "every role becomes ready a third time")
    pids = g.pids()
    os.kill(pids["report.1"], signal.SIGSTOP)
    tap.ok(g.stop(signal.SIGINT) == 0 and not any(alive(p) for p in pids.values()), "SIGINT stops all, a role that hangs is killed", g.text()[-800:])
    tap.ok("role.killed role=report.1" in g.text(), "the log names the role that was killed")


def test_single(conf, base):
    """What a unit runs: one role, no supervisor, stopped by a signal."""
    with open(os.path.join(base, "single"), "wb") as log:
        p = subprocess.Popen([DAEMON, "--config", conf, "--role", "reconcile.2"], stderr=log)
    path = os.path.join(base, "single")

    def says(word):
        with open(path, encoding="utf-8") as f:
            return word in f.read()
    wait_for("role.ready", lambda: says("reconcile.2 info role.ready"))
    p.send_signal(signal.SIGTERM)
    tap.ok(p.wait(DEADLINE) == 0 and says("role.stopped"), "a role on its own stops by SIGTERM with exit 0")


def test_notify(conf, base):
    """systemd's protocol: READY from the supervisor alone."""
    path = os.path.join(base, "notify")
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    os.chmod(path, 0o777)
    s.settimeout(DEADLINE)
    os.environ["NOTIFY_SOCKET"] = path
    g = Gateway(base, conf)
    del os.environ["NOTIFY_SOCKET"]
    first = s.recv(100)
    s.setblocking(False)
    tap.ok(first == b"READY=1" and g.ready(), "systemd is told READY once every role is", first)
    g.stop()
    tap.ok(s.recv(100) == b"STOPPING=1", "systemd is told that it stops, and nothing by the roles")
    s.close()


def main():
    if not os.path.exists(DAEMON):
        tap.skip_all(f"{DAEMON} is not built")
    base = tempfile.mkdtemp(prefix="tally-supervisor.")
    os.chmod(base, 0o755)
    try:
        conf = write_config(base)
        test_use(conf, base)
        test_prepare(conf, base)
        for test in (test_life, test_killed, test_stuck, test_single, test_notify):
            test(conf, base)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    tap.done()


main()
