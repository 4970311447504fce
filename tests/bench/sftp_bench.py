#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Our SFTP client against OpenSSH's `sftp`: put and get of 256 MiB over loopback, the best of three each, and the ratio.

A ratio of 1.00 is as fast as OpenSSH; ours also fsyncs what it puts.  TALLY_BENCH_MB changes the size.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
from sshd import PartnerServer  # noqa: E402

MB = int(os.environ.get("TALLY_BENCH_MB", "256"))
ROUNDS = 3


def ours(binary, server, *what):
    done = subprocess.run([binary, str(server.port), server.user, server.host_key, server.client_key, *what], capture_output=True,
                          text=True, check=True)
    return float(done.stdout)


def theirs(server, command):
    argv = ["sftp", "-q", "-oBatchMode=yes", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR",
            "-oCiphers=aes256-gcm@openssh.com", "-i", server.client_key, "-P", str(server.port), "-b", "-", f"{server.user}@127.0.0.1"]
    start = time.monotonic()
    subprocess.run(argv, input=command.encode(), stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - start


def main():
    binary = os.path.join(os.environ.get("TALLY_BUILD", "build"), "tests/bench/sftp_bench")
    work = tempfile.mkdtemp(prefix="tally-bench-")
    os.chmod(work, 0o711)
    local, back = os.path.join(work, "local"), os.path.join(work, "back")
    try:
        with open(local, "wb") as f:
            for _ in range(MB):
                f.write(os.urandom(1 << 20))
        with PartnerServer(os.path.join(work, "far")) as server:
            best = {}
            for i in range(ROUNDS):
                runs = {
                    "put": (lambda n=i: ours(binary, server, "put", local, f"ours-{n}"),
                            lambda n=i: theirs(server, f"put {local} theirs-{n}\n")),
                    "get": (lambda: ours(binary, server, "get", "ours-0", back), lambda: theirs(server, f"get ours-0 {back}\n")),
                }
                for name, pair in runs.items():
                    seconds = [run() for run in pair]
                    best[name] = [min(a, b) for a, b in zip(best.get(name, seconds), seconds)]
                for name in (f"ours-{i}", f"theirs-{i}") if i else ():
                    os.unlink(os.path.join(work, "far", name))
            for name, (mine, other) in best.items():
                print(f"sftp {name} {MB} MiB: ours {MB / mine:.0f} MiB/s, OpenSSH {MB / other:.0f} MiB/s, ratio {other / mine:.2f}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
