# SPDX-License-Identifier: Apache-2.0
"""fakeroute - one real role under a route that is played by the test: it hears HELLO and says what the test wants

    with FakeRoute("deliver", channels={"bank": "partner = ..."}) as r:
        r.send("DELIVER", ("JOB", 1), ...)
        kind, elements = r.wait("DELIVER_RESULT", JOB=1)

The tree (configuration, home, sockets) lies in a fresh directory of mode 0711 and goes with the test, as does the role.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tally_wire  # noqa: E402
from sshd import end_with_parent  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE = 30.0


def binary():
    return os.path.join(os.environ.get("TALLY_BUILD", os.path.join(ROOT, "build")), "bin", "tallygated")


def sftp_channel(name, server, extra, timeout_ms=2000, port=None):
    return f'''partner = "{name}";
kind = "sftp";
host = "127.0.0.1";
port = {port or server.port};
user = "{server.user}";
host_key = "{server.host_key}";
client_key = "{server.client_key}";
poll_ms = 100;
timeout_ms = {timeout_ms};
timezone = "America/New_York";
calendar = "federal-reserve";
{extra}
'''


def dir_channel(name, extra):
    return f'''partner = "{name}";
kind = "dir";
timezone = "America/New_York";
calendar = "federal-reserve";
{extra}
'''


OUTBOUND = '''outbound = ( { name = "ach"; path = "%s"; format = "nacha"; file_name = "F{partner}{date}{modifier}"; manifest = "beside";
	ach = { immediate_destination = "123456780"; immediate_origin = "1234567890"; destination_name = "FIRST BANK"; origin_name = "ACME";
		company_name = "ACME"; company_id = "1234567890"; odfi = "12345678"; entry_description = "PAYROLL"; sec = "PPD";
		offset_account = "000123456789"; settles = "file"; cut_off = "17:00"; lead_days = 1; }; } );
accounts = ( { number = "000123456789"; currency = "USD"; } );'''


class FakeRoute:
    def __init__(self, role, channels, home=None):
        self.role, self.channels = role, channels
        self.home = home or tempfile.mkdtemp(prefix=f"tally-{role}-")
        os.chmod(self.home, 0o711)
        self.process = self.socket = None
        self.context = zmq.Context()
        self.peer = None
        self.heard = []
        self.hellos = 0
        self.prepared = False

    def path(self, *parts):
        return os.path.join(self.home, *parts)

    def prepare(self):
        for d in ("etc/channels.d", "modules", "keys"):
            os.makedirs(self.path(d), exist_ok=True)
        with open(self.path("etc/tallygate.conf"), "w", encoding="utf-8") as f:
            f.write(f'home = "{self.home}";\nrun = "{self.home}/run";\nmodules = "{self.home}/modules";\ndemo = true;\n'
                    f'demo_start = "2026-11-09T13:00:00Z";\nsame_uid_ok = true;\nsigner_key = "{self.home}/keys/k";\n'
                    f'signer_cert = "{self.home}/keys/c";\nca = "{self.home}/keys/ca";\n')
        for name, text in self.channels.items():
            with open(self.path("etc/channels.d", name + ".conf"), "w", encoding="utf-8") as f:
                f.write(text)
        done = subprocess.run([binary(), "--config", self.path("etc"), "--prepare"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError("--prepare: " + done.stderr)
        self.prepared = True

    def bind(self):
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self.socket.bind(f"ipc://{self.path('run', 'route-' + self.role, 'bus')}")

    def start_role(self):
        log = open(self.path("log"), "ab")
        self.process = subprocess.Popen([binary(), "--config", self.path("etc"), "--role", self.role], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, preexec_fn=lambda: end_with_parent(signal.SIGKILL))
        log.close()
        self.hellos = 0
        self.wait("HELLO")
        return self

    def kill_role(self):
        self.process.kill()
        self.process.wait()

    def stop_role(self):
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def send(self, kind, *elements):
        self.socket.send_multipart([self.peer, tally_wire.put_message(kind, *elements)])

    def hear(self, timeout):
        """One message taken in; False when none came."""
        if not self.socket.poll(int(timeout * 1000)):
            return False
        self.peer, data = self.socket.recv_multipart()
        kind, elements = tally_wire.cut_message(data)
        self.hellos += kind == "HELLO"
        self.heard.append((kind, dict(elements)))
        return True

    def wait(self, kind, patience=PATIENCE, test=None, **want):
        """The next message of that kind with these elements; those before it are passed over."""
        end = time.monotonic() + patience
        want = {k: v.encode() if isinstance(v, str) else v for k, v in want.items()}
        while True:
            for i, (k, elements) in enumerate(self.heard):
                if k == kind and all(elements.get(n) == v for n, v in want.items()) and (test is None or test(elements)):
                    del self.heard[:i + 1]
                    return elements
            left = end - time.monotonic()
            if left <= 0 or (self.process is not None and self.process.poll() is not None):
                raise RuntimeError(f"no {kind} {want} came; the role's log:\n{self.log()[-3000:]}")
            self.hear(min(left, 0.5))

    def turn(self, hellos=2):
        """Hears for so many HELLOs of the role: the role's own clock, not ours.  Returns all that came."""
        start, came = self.hellos, []
        while self.hellos < start + hellos:
            if self.process.poll() is not None:
                raise RuntimeError("the role ended:\n" + self.log()[-3000:])
            if self.hear(0.5):
                came.append(self.heard.pop())
        return came

    def __enter__(self):
        try:
            if not self.prepared:
                self.prepare()
            self.bind()
            return self.start_role()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill_role()
        if self.socket is not None:
            self.socket.close()
        self.context.term()
        shutil.rmtree(self.home, ignore_errors=True)
