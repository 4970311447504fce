#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""drop_to_ack - from a register dropped in a watched directory to the last worker's ack, on the whole gateway

Beside the bus leg (bus_leg.c) it says what the rest costs: claim, hash, fsync, parse in a cage, segment, allotment, items in the ledger.
TALLY_BENCH_ROWS sets the rows (100,000).  Figures, no judgement: a loaded machine is a slow one.
"""
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from town import Town  # noqa: E402

ROWS = int(os.environ.get("TALLY_BENCH_ROWS", "100000"))


def register():
    draw = random.Random(1)
    rows = ["company,run_id,person_id,name,pay_date,gross,deductions,net,routing,account,account_type,method"]
    for i in range(ROWS):
        gross, cut = draw.randint(100000, 500000), draw.randint(1000, 90000)
        cents = "{}.{:02d}".format
        rows.append(f"ACME,BENCH,E{i:07d},Person Number {i},2026-11-10,{cents(*divmod(gross, 100))},{cents(*divmod(cut, 100))},"
                    f"{cents(*divmod(gross - cut, 100))},231380104,{100000000 + i},C,ACH")
    return "\r\n".join(rows) + "\r\n"


def main():
    data = register()
    with Town(limit="99999999999.00") as t:
        t.wait("all roles are there", lambda: len(t.ask("status")["roles"]) >= 9)
        began = time.monotonic()
        t.drop("bench.csv", data)
        t.wait("the file is routed", lambda: t.file_named("bench.csv")["state"] in ("ROUTED", "DONE"), 300)
        routed = time.monotonic() - began
        t.wait("the last range is acked", lambda: t.batch_of("bench.csv")["state"] != "OPEN", 300)
        acked = time.monotonic() - began
        t.wait("the file is signed", lambda: t.ask("artifacts")[0]["state"] == "SIGNED", 300)
        signed = time.monotonic() - began
    print(f"drop_to_ack: {ROWS} rows, {len(data) / 1e6:.1f} MB: routed after {routed:.2f} s, last ack after {acked:.2f} s ({ROWS / acked:,.0f} records/s), signed ACH file after {signed:.2f} s")


if __name__ == "__main__":
    main()
