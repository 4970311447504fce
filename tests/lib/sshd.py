#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A partner's real SFTP server for tests: OpenSSH's `sshd -i` per connection behind a small listener.

The listener binds 127.0.0.1 port 0 (`sshd -p 0` is refused), so tests never fight for ports.  Host key and client key are
made by ssh-keygen at run time; nothing else may log in: no passwords, no PAM.  Sessions are internal-sftp in DIR, no chroot.
As root the login is `nobody` (internal-sftp runs inside sshd, so its nologin shell does not matter), else the caller.
SUBSYSTEM is a program of the test's own that takes internal-sftp's place; its login is always the caller.

As a command:  sshd.py DIR KEYS [SUBSYSTEM]   prints one line of JSON {port, user, host_key, client_key, pid} and serves until its
parent ends, its standard input closes, or SIGTERM; every process it started ends with it.
As a module:   with PartnerServer(DIR) as server: server.port, server.user, server.host_key, server.client_key
"""
import atexit
import ctypes
import json
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None, use_errno=True)
SSHD = "/usr/sbin/sshd"


def end_with_parent(signum=signal.SIGTERM):
    parent = os.getppid()
    LIBC.prctl(PR_SET_PDEATHSIG, signum, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def login_user(subsystem=None):
    """A subsystem of the test's own is started by the login's shell, which nobody has not: then it is the caller."""
    return "nobody" if os.getuid() == 0 and not subsystem else pwd.getpwuid(os.getuid()).pw_name


def make_key(path):
    if not os.path.exists(path):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)
    with open(path + ".pub", encoding="ascii") as f:
        return " ".join(f.read().split()[:2])


def make_config(folder, keys, subsystem):
    """Keys and sshd_config below `keys`; the login account must be able to read the authorized keys."""
    os.makedirs(keys, exist_ok=True)
    os.chmod(keys, 0o711)
    host_key = make_key(os.path.join(keys, "host_key"))
    client = make_key(os.path.join(keys, "client_key"))
    authorized = os.path.join(keys, "authorized_keys")
    with open(authorized, "w", encoding="ascii") as f:
        f.write(client + "\n")
    os.chmod(authorized, 0o644)
    lines = [
        f"HostKey {keys}/host_key", f"AuthorizedKeysFile {authorized}", "StrictModes no", "UsePAM no", "UseDNS no",
        "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PubkeyAuthentication yes",
        "AllowTcpForwarding no", "X11Forwarding no", "PermitTTY no", "PidFile none", "LogLevel ERROR",
        "LoginGraceTime 30", f"AllowUsers {login_user(subsystem)}",
    ]
    if subsystem:
        lines += [f"Subsystem sftp {subsystem}", "PermitRootLogin prohibit-password"]
    else:
        lines += ["Subsystem sftp internal-sftp", f"ForceCommand internal-sftp -d {folder}"]
    config = os.path.join(keys, "sshd_config")
    with open(config, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    return config, host_key, os.path.join(keys, "client_key")


def prepare(folder):
    os.makedirs(folder, exist_ok=True)
    if os.getuid() == 0:
        account = pwd.getpwnam("nobody")
        os.chown(folder, account.pw_uid, account.pw_gid)
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd's privilege separation directory


def children():
    found = []
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children", encoding="ascii") as f:
            found += [int(pid) for pid in f.read().split()]
    return found


def kill_children():
    """We are a subreaper: what sshd left behind becomes our child, so the loop reaches every descendant."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
    while True:
        pids = children()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def serve(folder, keys, subsystem=None):
    end_with_parent()
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, lambda *_: sys.exit(0))
    atexit.register(kill_children)
    folder, keys = os.path.abspath(folder), os.path.abspath(keys)
    prepare(folder)
    config, host_key, client_key = make_config(folder, keys, subsystem)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    log = os.path.join(keys, "sshd.log")
    print(json.dumps({"port": listener.getsockname()[1], "user": login_user(subsystem), "host_key": host_key,
                      "client_key": client_key, "pid": os.getpid()}), flush=True)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [], 1.0)
        if sys.stdin in ready and not os.read(0, 4096):
            return
        if listener in ready:
            conn, _ = listener.accept()
            subprocess.Popen([SSHD, "-i", "-f", config, "-E", log], stdin=conn, stdout=conn, stderr=subprocess.DEVNULL,
                             preexec_fn=lambda: end_with_parent(signal.SIGKILL))
            conn.close()
        try:
            while os.waitpid(-1, os.WNOHANG)[0] > 0:
                pass
        except ChildProcessError:
            pass


class PartnerServer:
    """One partner: its directory, its keys, its server."""

    def __init__(self, folder=None):
        self.process = self.keys = None
        self.port = self.user = self.host_key = self.client_key = self.folder = None
        if folder is not None:
            self.start(folder)

    def start(self, folder, keys=None, subsystem=None):
        self.folder = os.path.abspath(folder)
        self.keys = keys or tempfile.mkdtemp(prefix="tally-sshd-")
        self.owns_keys = keys is None
        self.process = subprocess.Popen(["/usr/bin/python3", os.path.abspath(__file__), self.folder, self.keys]
                                        + ([subsystem] if subsystem else []),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("sshd.py did not start")
        told = json.loads(line)
        self.port, self.user = told["port"], told["user"]
        self.host_key, self.client_key = told["host_key"], told["client_key"]
        return self.port

    def log(self):
        try:
            with open(os.path.join(self.keys, "sshd.log"), encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.process = None
        if self.owns_keys:
            shutil.rmtree(self.keys, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("use: sshd.py DIR KEYS [SUBSYSTEM]")
    serve(*sys.argv[1:])
