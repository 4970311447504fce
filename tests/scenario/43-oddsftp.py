#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The SFTP client against a server that answers short, in any order, and with lies: runs tests/channels/sftp_odd_test.

A real sshd carries the odd server as its subsystem, so that everything below SFTP is as it is at a partner's.
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from sshd import PartnerServer  # noqa: E402


def main():
    binary = os.path.join(os.environ.get("TALLY_BUILD", os.path.join(ROOT, "build")), "tests/channels/sftp_odd_test")
    if not os.path.exists(binary):
        print(f"1..0 # SKIP {binary} is not built")
        return 0
    work = tempfile.mkdtemp(prefix="tally-odd-")
    server = PartnerServer()
    try:
        odd = os.path.join(work, "oddsftp.py")
        shutil.copy(os.path.join(ROOT, "tests", "lib", "oddsftp.py"), odd)
        server.start(os.path.join(work, "far"), subsystem=f"/usr/bin/python3 {odd}")
        env = dict(os.environ, TALLY_SFTP_PORT=str(server.port), TALLY_SFTP_USER=server.user,
                   TALLY_SFTP_HOST_KEY=server.host_key, TALLY_SFTP_KEY=server.client_key)
        rc = subprocess.run([binary], env=env, check=False).returncode
        if rc != 0:
            sys.stdout.write("".join(f"# {line}\n" for line in server.log().splitlines()))
        return rc
    finally:
        server.stop()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
