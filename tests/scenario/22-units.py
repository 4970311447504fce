#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The units of systemd: how open each is, that they, the users and the directories say what the role table and the tree say, and
(as root) that the roles find each other when each is started as its unit's user, without a supervisor.  No systemd runs here.
TALLY_BUILD names the build directory (default: build)."""
import os
import re
import shutil
import stat
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
UNITS = os.path.join(ROOT, "systemd")
ROLES = ["intake", "parse", "route", "reconcile", "distribute", "sign", "deliver", "report", "control"]
POOLS = ["reconcile", "distribute"]
NETWORK = ["intake", "deliver"]
UID_BASE = 740000
SHARES = ["new", "out", "manifests", "notices", "clients"]		# enum share of gateway/tree.c, from 1
DEADLINE = 60


def unit_name(role):
    return f"tallygate-{role}{'@' if role in POOLS else ''}.service"


def run(*args, **more):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=DEADLINE, **more)


def test_units():
    there = sorted(n for n in os.listdir(UNITS) if n.endswith(".service"))
    tap.ok(there == sorted(map(unit_name, ROLES)), "every role has its unit and nothing else has one", there)
    with open(os.path.join(UNITS, "tallygate.target"), encoding="ascii") as f:
        wanted = f.read()
    for role in ROLES:
        with open(os.path.join(UNITS, unit_name(role)), encoding="ascii") as f:
            text = f.read()
        instance = ".%i" if role in POOLS else ""
        tap.ok(f"--role {role}{instance}\n" in text and f"User=tallygate-{role}\n" in text, f"the unit of {role} runs {role} as its own user")
        tap.ok(("AF_INET" in text) == (role in NETWORK), f"{role} has {'a' if role in NETWORK else 'no'} network")
        tap.ok(unit_name(role).replace("@", "@1") in wanted, f"the target wants {role}")


def test_exposure():
    if shutil.which("systemd-analyze") is None:
        tap.ok(True, "how open the units are # SKIP systemd-analyze is not here")
        return
    for role in ROLES:
        limit = 13 if role in NETWORK else 6
        got = run("systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={limit}", os.path.join(UNITS, unit_name(role)))
        last = got.stdout.strip().splitlines()[-1] if got.stdout.strip() else ""
        tap.ok(got.returncode == 0, f"the unit of {role} is exposed {limit / 10} at most", last)


def test_catalogue(base):
    with open(os.path.join(ROOT, "gateway", "log.c"), encoding="ascii") as f:
        logged = dict((i, e) for e, i in re.findall(r'{ "([a-z.]+)", "([0-9a-f]{32})" }', f.read()))
    with open(os.path.join(UNITS, "tallygate.catalog"), encoding="ascii") as f:
        told = re.findall(r"^-- ([0-9a-f]{32})$", f.read(), re.M)
    tap.ok(sorted(logged) == sorted(told) and len(set(told)) == len(told), "each id that is logged is explained once", (logged, told))
    if shutil.which("journalctl") is None:
        tap.ok(True, "the catalogue compiles # SKIP journalctl is not here")
        return
    place = os.path.join(base, "usr/lib/systemd/catalog")
    os.makedirs(place)
    os.makedirs(os.path.join(base, "var/lib/systemd/catalog"))
    shutil.copy(os.path.join(UNITS, "tallygate.catalog"), place)
    got = run("journalctl", f"--root={base}", "--update-catalog")
    listed = run("journalctl", f"--root={base}", "--list-catalog").stdout
    tap.ok(got.returncode == 0 and all(i in listed for i in told), "journalctl takes the catalogue", got.stdout + listed)


def read_names(base, name):
    with open(os.path.join(base, "etc", name), encoding="ascii") as f:
        return {fields[0]: fields for fields in (line.rstrip("\n").split(":") for line in f)}


def listing(top):
    """path -> (mode without set-group-ID, uid, gid)"""
    out = {}
    for path, dirs, _ in os.walk(top):
        for name in dirs:
            full = os.path.join(path, name)
            st = os.stat(full)
            out[os.path.relpath(full, top)] = (stat.S_IMODE(st.st_mode) & 0o777, st.st_uid, st.st_gid)
    return out


def make_root(base):
    """A root with our users and directories, by systemd's own tools."""
    os.makedirs(os.path.join(base, "usr/lib/sysusers.d"))
    os.makedirs(os.path.join(base, "usr/lib/tmpfiles.d"))
    os.makedirs(os.path.join(base, "etc"), exist_ok=True)
    with open(os.path.join(base, "etc/passwd"), "w", encoding="ascii") as f:
        f.write("root:x:0:0:root:/root:/bin/sh\n")
    with open(os.path.join(base, "etc/group"), "w", encoding="ascii") as f:
        f.write("root:x:0:\n")
    shutil.copy(os.path.join(UNITS, "tallygate.sysusers"), os.path.join(base, "usr/lib/sysusers.d/tallygate.conf"))
    shutil.copy(os.path.join(UNITS, "tallygate.tmpfiles"), os.path.join(base, "usr/lib/tmpfiles.d/tallygate.conf"))
    got = run("systemd-sysusers", f"--root={base}", "tallygate.conf")
    tap.ok(got.returncode == 0, "systemd-sysusers makes the users", got.stdout)
    got = run("systemd-tmpfiles", f"--root={base}", "--create", "tallygate.conf")
    tap.ok(got.returncode == 0, "systemd-tmpfiles makes the directories", got.stdout)


def write_config(place, home, run_dir, modules, uid_base, keys):
    os.makedirs(place, exist_ok=True)
    with open(os.path.join(place, "tallygate.conf"), "w", encoding="ascii") as f:
        f.write(f'home = "{home}";\nrun = "{run_dir}";\nmodules = "{modules}";\nuid_base = {uid_base};\n'
                f'signer_key = "{keys}/signer.key";\nsigner_cert = "{keys}/signer.pem";\nca = "{keys}/ca.pem";\n')


def test_tree(base):
    """tmpfiles and tree_prepare() make the same, names for numbers."""
    other = os.path.join(base, "by-number")
    write_config(os.path.join(other, "conf"), f"{other}/var/lib/tallygate", f"{other}/run/tallygate", f"{other}", UID_BASE,
                 f"{other}/var/lib/tallygate/keys")
    got = run(DAEMON, "--config", os.path.join(other, "conf"), "--prepare")
    tap.ok(got.returncode == 0, "the supervisor prepares its tree", got.stdout)
    users, groups = read_names(base, "passwd"), read_names(base, "group")
    uid = {int(users[f"tallygate-{r}"][2]): UID_BASE + 1 + i for i, r in enumerate(ROLES)} | {0: 0}
    gid = {int(users[f"tallygate-{r}"][3]): UID_BASE + 1 + i for i, r in enumerate(ROLES)} | {0: 0}
    gid |= {int(groups[f"tallygate-{s}"][2]): UID_BASE + 101 + i for i, s in enumerate(SHARES)}
    for top in ("var/lib/tallygate", "run/tallygate"):
        named = {p: (m, uid.get(u), gid.get(g)) for p, (m, u, g) in listing(os.path.join(base, top)).items()}
        numbered = listing(os.path.join(other, top))
        tap.ok(named == numbered, f"{top}: tmpfiles and --prepare make the same directories",
               "\n".join(f"{p}: {named.get(p)} / {numbered.get(p)}" for p in sorted(named.keys() | numbered.keys()) if named.get(p) != numbered.get(p)))


def wait_for(path, words):
    end = time.monotonic() + DEADLINE
    missing = words
    while time.monotonic() < end:
        with open(path, encoding="utf-8", errors="replace") as f:
            text = f.read()
        missing = [w for w in words if w not in text]
        if not missing:
            return ""
        time.sleep(0.05)
    return f"missing: {missing}\n" + text[-3000:]


def start_all(base, conf, log, daemon):
    users, groups = read_names(base, "passwd"), read_names(base, "group")
    started = []
    for role in ["route"] + [r for r in ROLES if r != "route"]:
        name = f"tallygate-{role}"
        more = [int(g[2]) for g in groups.values() if name in g[3].split(",")]
        started.append((role, subprocess.Popen([daemon, "--config", conf, "--role", role], stderr=log, user=int(users[name][2]),
                                               group=int(users[name][3]), extra_groups=more, umask=0o027)))
    return started


def test_alone(base):
    """Each role as its unit starts it: its own user from the start, its own groups, nobody who prepares or restarts."""
    conf, keys = os.path.join(base, "etc/tallygate"), os.path.join(base, "var/lib/tallygate/keys")
    modules = os.path.join(base, "modules")
    shutil.copytree(os.path.join(BUILD, "modules"), modules)
    write_config(conf, f"{base}/var/lib/tallygate", f"{base}/run/tallygate", modules, 0, keys)
    run(COMMAND, "keygen", "signer", keys, "--name", "test-signer")
    run("systemd-tmpfiles", f"--root={base}", "--create", "tallygate.conf")		# z: now the key is there
    daemon = shutil.copy(DAEMON, base)		# the checkout may lie where only root can pass
    path = os.path.join(base, "log")
    with open(path, "wb") as log:
        started = start_all(base, conf, log, daemon)
    try:
        why = wait_for(path, [f"{r}.1 info role.ready" for r in ROLES])
        tap.ok(not why, "every role becomes ready as its unit's user", why)
        why = wait_for(path, [f"peer.hello peer={r}.1" for r in ROLES if r != "route"])
        tap.ok(not why, "every role reaches route over its own socket", why)
    finally:
        for _, process in started:
            process.terminate()
        codes = {role: process.wait(DEADLINE) for role, process in started}
    tap.ok(set(codes.values()) == {0}, "every role stops by SIGTERM with exit 0", codes)


def main():
    if not os.path.exists(DAEMON):
        tap.skip_all(f"{DAEMON} is not built")
    base = tempfile.mkdtemp(prefix="tally-units.")
    os.chmod(base, 0o755)
    try:
        test_units()
        test_exposure()
        test_catalogue(base)
        if os.geteuid() != 0 or not all(map(shutil.which, ("systemd-sysusers", "systemd-tmpfiles"))):
            tap.ok(True, "users and directories of the units # SKIP needs root, systemd-sysusers and systemd-tmpfiles")
        else:
            make_root(base)
            test_tree(base)
            test_alone(base)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    tap.done()


main()
