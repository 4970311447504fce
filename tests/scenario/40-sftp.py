#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The SFTP client against OpenSSH: starts a partner's server and the breaking proxies, then runs tests/channels/sftp_test.

Its TAP is this scenario's TAP.  TALLY_BUILD names the build directory (default: build).
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from cutproxy import CutProxy      # noqa: E402
from sshd import PartnerServer, make_key  # noqa: E402

CUTS = int(os.environ.get("TALLY_CUTS", "48"))
NAMES = 3000
PAYLOAD = 3 << 20


def cut_plan(count):
    """Handshake, first packets, the middle of the data, the last bytes; even rows are puts, odd ones gets."""
    rng = random.Random(20260109)
    rows = []
    for i in range(count):
        data_way, other = ("up", "down") if i % 2 == 0 else ("down", "up")
        how = ("rst", "fin", "stall")[i // 2 % 3]
        spread = i // 2 % 4
        if spread == 0:
            row = (data_way, rng.randrange(1, 3500), how)
        elif spread == 1:
            row = (other, rng.randrange(1, 6000), how)
        elif spread == 2:
            row = (data_way, rng.randrange(4000, PAYLOAD), how)
        else:
            row = (data_way, rng.randrange(PAYLOAD - 400000, PAYLOAD), how)
        rows.append(row)
    return rows


def main():
    binary = os.path.join(os.environ.get("TALLY_BUILD", os.path.join(ROOT, "build")), "tests/channels/sftp_test")
    if not os.path.exists(binary):
        print(f"1..0 # SKIP {binary} is not built")
        return 0
    work = tempfile.mkdtemp(prefix="tally-sftp-")
    os.chmod(work, 0o711)
    far = os.path.join(work, "far")
    try:
        with PartnerServer(far) as server:
            os.mkdir(os.path.join(far, "names"), 0o755)
            for i in range(NAMES):
                with open(os.path.join(far, "names", f"name-{i:04}"), "w", encoding="ascii") as f:
                    f.write("abc")
            with CutProxy(server.port, plan=cut_plan(CUTS)) as cut, CutProxy(server.port, "up", 5 << 20, "stall") as stall:
                env = dict(os.environ, TALLY_SFTP_PORT=str(server.port), TALLY_SFTP_USER=server.user,
                           TALLY_SFTP_HOST_KEY=server.host_key, TALLY_SFTP_KEY=server.client_key,
                           TALLY_SFTP_OTHER_HOST_KEY=make_key(os.path.join(work, "other_host")),
                           TALLY_SFTP_NAMES=str(NAMES), TALLY_SFTP_CUT_PORT=str(cut.port), TALLY_SFTP_CUTS=str(CUTS),
                           TALLY_SFTP_STALL_PORT=str(stall.port))
                make_key(os.path.join(work, "other_client"))
                env["TALLY_SFTP_OTHER_KEY"] = os.path.join(work, "other_client")
                return subprocess.run([binary], env=env, check=False).returncode
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
