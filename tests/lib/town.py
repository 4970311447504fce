# SPDX-License-Identifier: Apache-2.0
"""town - a whole gateway in a throw-away tree: configuration, keys, operators, partner servers, the daemon

Real parts: tallygated with its cages, OpenSSH as the partner, the operator's command.  As root every role and every operator has a
numeric uid of its own; as a plain user all share one (same_uid_ok).  The tree lies in a fresh directory of mode 0711 that
dropped roles can reach.  Everything that was started ends with stop(), also when the caller is interrupted.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sshd  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
ROOT = os.geteuid() == 0
UID_BASE = 61000
OPERATORS = {"alice": 61201, "bob": 61202}

COMPANY = {"origin": "1234567890", "id": "1234567890", "name": "ACME WIDGETS", "odfi": "12345678", "bank": "123456780", "account": "000123456789"}


class Failed(Exception):
    """What did not happen, in words."""


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


class Town:
    OPERATORS = OPERATORS

    def __init__(self, build=None, folder=None, limit="10000.00", distributors=2, start="2026-11-09T13:00:00Z", wrap=None, modules=None,
                 channels=None, settings=""):
        self.build = os.path.abspath(build or os.environ.get("TALLY_BUILD") or os.path.join(TOP, "build"))
        self.home = folder or tempfile.mkdtemp(prefix="tallygate-")
        os.chmod(self.home, 0o711)
        self.limit, self.distributors, self.start_time, self.wrap = limit, distributors, start, wrap
        self.daemon = None
        self.servers = {}
        self.log_path = os.path.join(self.home, "log")
        self.more_modules = modules or []
        self.more_channels = channels or {}     # name of a file in channels.d -> function(town) that makes its text
        self.settings = settings                # further lines of tallygate.conf
        self.patient = False        # ask again while the gateway is away (it is being killed)

    # ---- the tree ----

    def path(self, *parts):
        return os.path.join(self.home, *parts)

    def write(self, path, text, mode=0o644):
        with open(self.path(path), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(path), mode)

    def read(self, path):
        with open(self.path(path), encoding="utf-8") as f:
            return f.read()

    def folder(self, path):
        """A directory that feeds and roles may reach; its path."""
        at = self.home
        for part in path.split("/"):
            at = os.path.join(at, part)
            os.makedirs(at, exist_ok=True)
            os.chmod(at, 0o755)
        return at

    def prepare(self):
        for d in ("bin", "modules", "etc", "etc/channels.d", "etc/operators.d", "etc/rules.d", "keys", "feeds", "feeds/hr", "feeds/hr/in", "partners",
                  "partners/firstbank", "partners/firstbank/inbox", "partners/firstbank/outbox", "people"):
            os.makedirs(self.path(d), exist_ok=True)
            os.chmod(self.path(d), 0o755)
        os.chmod(self.path("keys"), 0o711)
        for name in ("tallygate", "tallygated"):
            shutil.copy(os.path.join(self.build, "bin", name), self.path("bin", name))
        for name in sorted(os.listdir(os.path.join(self.build, "modules"))):
            if name.endswith(".so"):
                shutil.copy(os.path.join(self.build, "modules", name), self.path("modules", name))
        for name in self.more_modules:
            shutil.copy(name, self.path("modules", os.path.basename(name)))
        for name in os.listdir(self.path("modules")):
            os.chmod(self.path("modules", name), 0o755)
        self.make_keys()
        self.start_partner("firstbank")
        self.configure()
        return self

    def make_keys(self):
        self.run([self.path("bin/tallygate"), "keygen", "signer", self.path("keys"), "--name", "tallygate-demo"])
        shutil.copy(self.path("keys/ca.pem"), self.path("ca.pem"))
        os.chmod(self.path("ca.pem"), 0o644)
        for name, uid in self.OPERATORS.items():
            key, public = self.path("people", name + ".key"), self.path("etc/operators.d", name + ".pem")
            self.run([self.path("bin/tallygate"), "keygen", "operator", "--key", key, "--public", public])
            os.chmod(public, 0o644)
            if ROOT:
                os.chown(key, uid, uid)

    def start_partner(self, name):
        server = sshd.PartnerServer()
        keys = self.path("sshd-" + name)
        os.makedirs(keys, exist_ok=True)
        server.start(self.path("partners", name), keys)
        shutil.copy(server.client_key, self.path("keys", name + ".key"))
        os.chmod(self.path("keys", name + ".key"), 0o600)
        self.servers[name] = server

    def configure(self):
        uid = (lambda name: self.OPERATORS[name]) if ROOT else (lambda name: os.getuid())
        self.write("etc/tallygate.conf", f'''home = "{self.home}";
run = "{self.home}/run";
modules = "{self.home}/modules";
demo = true;
demo_start = "{self.start_time}";
distributors = {self.distributors};
signer_key = "{self.home}/keys/signer.key";
signer_cert = "{self.home}/keys/signer.pem";
ca = "{self.home}/ca.pem";
unsigned_limit = "{self.limit}";
''' + (f"uid_base = {UID_BASE};\n" if ROOT else "same_uid_ok = true;\n") + self.settings)
        for name, text in self.more_channels.items():
            self.write(f"etc/channels.d/{name}.conf", text(self))
        for name in self.OPERATORS:
            self.write(f"etc/operators.d/{name}.conf", f'name = "{name}";\nuid = {uid(name)};\npublic_key = "operators.d/{name}.pem";\n')
        self.write("etc/rules.d/limits.conf", f'approvals = ( {{ partner = "firstbank"; currency = "USD"; limit = "{self.limit}"; persons = 1; }} );\n')
        self.write("etc/channels.d/hr.conf", f'''partner = "hr";
kind = "dir";
timezone = "America/New_York";
inbound = ( {{ name = "register"; path = "{self.home}/feeds/hr/in"; pattern = "*.csv"; format = "payroll"; purpose = "payroll";
	ready = "stable"; stable_polls = 2; min_age_ms = 0; after = "move"; people = "row"; pay_by = "firstbank/ach"; }} );
''')
        s, c = self.servers["firstbank"], COMPANY
        self.write("etc/channels.d/firstbank.conf", f'''partner = "firstbank";
kind = "sftp";
host = "127.0.0.1";
port = {s.port};
user = "{s.user}";
host_key = "{s.host_key}";
client_key = "{self.home}/keys/firstbank.key";
poll_ms = 150;
timeout_ms = 10000;
timezone = "America/New_York";
calendar = "federal-reserve";
accounts = ( {{ number = "{c['account']}"; currency = "USD"; }} );
inbound = (
	{{ name = "statements"; path = "outbox"; pattern = "*.bai"; format = "bai2"; purpose = "statement"; ready = "stable"; stable_polls = 2; min_age_ms = 0; after = "keep"; }},
	{{ name = "returns"; path = "outbox"; pattern = "*.ret"; format = "nacha"; purpose = "return"; ready = "stable"; stable_polls = 2; min_age_ms = 0; after = "keep"; }}
);
outbound = ( {{ name = "ach"; path = "inbox"; format = "nacha"; file_name = "ACH-{{date}}-{{modifier}}.ach"; manifest = "manifests";
	ach = {{ immediate_destination = "{c['bank']}"; immediate_origin = "{c['origin']}"; destination_name = "FIRST BANK"; origin_name = "ACME WIDGETS";
		company_name = "{c['name']}"; company_id = "{c['id']}"; odfi = "{c['odfi']}"; entry_description = "PAYROLL"; sec = "PPD";
		offset_account = "{c['account']}"; settles = "file"; cut_off = "17:00"; lead_days = 1; }}; }} );
''')
        os.makedirs(self.path("partners/firstbank/manifests"), exist_ok=True)
        if ROOT:
            import pwd
            nobody = pwd.getpwnam("nobody")
            for d in ("", "inbox", "outbox", "manifests"):
                os.chown(self.path("partners/firstbank", d), nobody.pw_uid, nobody.pw_gid)

    # ---- running it ----

    def run(self, argv, check=True, user=None, **kw):
        if user is not None and ROOT:
            uid = str(self.OPERATORS[user])
            argv = ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--"] + argv
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=120, **kw)
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def cli(self, *args, user=None, check=True):
        """One command of an operator; as root under his own uid."""
        argv = [self.path("bin/tallygate"), *args, "--run", self.path("run")]
        return self.run(argv, check=check, user=user)

    def cli_offline(self, *args):
        return self.run([self.path("bin/tallygate"), *args], check=False)

    def ask(self, *args):
        """The parsed answer of a question, all pages as one list of rows (or the object itself)."""
        done = self.cli(*args, "--json") if not self.patient else self.wait("the gateway answers", lambda: self.cli(*args, "--json"))
        pages = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        if pages and "rows" in pages[0]:
            return [row for page in pages for row in page["rows"]]
        return pages[0]

    def decide(self, act, what, who, reason="looked at it", check=True, more=()):
        return self.cli(act, what, "--operator", who, "--key", self.path("people", who + ".key"), "--reason", reason, *more, user=who, check=check)

    def clock(self, when):
        """Forward only; said again when the answer was lost."""
        self.wait(f"the business clock stands at {when}", lambda: self.ask("status")["business_time"] == when or not self.cli("clock", when))

    def start(self, env=None, tied=True):
        """tied: it ends with this thread, so a thread that ends before its town starts it untied (stop() ends it in any case)."""
        log = open(self.log_path, "ab")
        argv = (self.wrap or []) + [self.path("bin/tallygated"), "--config", self.path("etc"), "--pid-file", self.path("tallygated.pid")]
        self.daemon = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=env, text=True,
                                       preexec_fn=(lambda: sshd.end_with_parent(signal.SIGTERM)) if tied else None)
        log.close()
        for line in self.daemon.stdout:
            if line.strip() == "ready":
                return self
        raise Failed("tallygated did not become ready:\n" + self.log_tail())

    def stop(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.terminate()
            try:
                self.daemon.wait(20)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
        if self.daemon is not None:
            self.daemon.stdout.close()
            self.daemon = None
        for server in self.servers.values():
            server.stop()
        self.servers = {}

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        try:
            return self.prepare().start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, kind, *_):
        if kind is not None and kind is not KeyboardInterrupt:
            sys.stderr.write("# log:\n" + "".join("# " + line + "\n" for line in self.log_tail().splitlines()))
        self.remove()

    def log_tail(self, lines=40):
        return "\n".join(read_text(self.log_path).splitlines()[-lines:])

    def roles(self):
        """name -> pid of the running roles."""
        return {k: v for k, v in json.loads(read_text(self.path("run/roles.json")) or "{}").items()}

    def wait(self, what, test, seconds=30):
        """Until test() is true; `what` is the sentence that failed otherwise."""
        end = time.monotonic() + seconds
        while True:
            try:
                got = test()
            except (Failed, KeyError, IndexError, ValueError, TypeError):
                got = None
            if got:
                return got
            if time.monotonic() > end:
                raise Failed(f"not within {seconds} s: {what}\n{self.log_tail()}")
            time.sleep(0.02)

    # ---- what people do to it ----

    def drop(self, name, data, feed="hr/in"):
        """A feed puts a file: written under a temporary name, renamed into place."""
        target = self.path("feeds", feed, name)
        tmp = os.path.join(os.path.dirname(target), "." + name + ".tmp")
        with open(tmp, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(tmp, 0o644)
        os.rename(tmp, target)

    def file_named(self, name):
        rows = [f for f in self.ask("files") if f["name"] == name]
        return rows[-1] if rows else None

    def wait_file(self, name, states, seconds=30):
        if isinstance(states, str):
            states = (states,)
        return self.wait(f"the file '{name}' is {' or '.join(states)}", lambda: (lambda f: f if f and f["state"] in states else None)(self.file_named(name)), seconds)

    def batch_of(self, name):
        f = self.file_named(name)
        rows = [b for b in self.ask("batches") if f and b["source"] == f["id"]]
        return rows[-1] if rows else None

    def wait_batch(self, name, states, seconds=30, key="state"):
        if isinstance(states, str):
            states = (states,)
        return self.wait(f"the batch of '{name}' has {key} {' or '.join(states)}",
                         lambda: (lambda b: b if b and b[key] in states else None)(self.batch_of(name)), seconds)

    def delivered(self, partner="firstbank", folder="inbox"):
        return sorted(n for n in os.listdir(self.path("partners", partner, folder)) if re.match(r"[^.]", n))
