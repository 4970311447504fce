# SPDX-License-Identifier: Apache-2.0
"""reccase - small cases for `tallygate reconcile`: files in a folder, BAI2 statements of one account and day"""
import datetime as dt
import os

ACCOUNT = "1234567890"


def write(d, name, text):
    path = os.path.join(d, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def statement(day, opening, lines, closing=None, account=ACCOUNT, modifier="2"):
    """One BAI2 file of one account and day; lines: (type code, amount, bank reference, customer reference, text)."""
    d = dt.date.fromisoformat(day)
    net = sum(a if int(c) < 400 else -a for c, a, *_ in lines)
    closing = opening + net if closing is None else closing
    recs = [f"03,{account},USD,010,{opening},,,015,{closing},,/"]
    recs += [f"16,{c},{a},,{own},{ref},{text}" for c, a, own, ref, text in lines]
    total = opening + closing + sum(a for _, a, *_ in lines)
    recs.append(f"49,{total},{len(recs) + 1}/")
    group = [f"02,123456789,122099999,1,{d:%y%m%d},2359,USD,{modifier}/"] + recs
    group.append(f"98,{total},1,{len(group) + 1}/")
    return "\n".join([f"01,122099999,123456789,{d:%y%m%d},0600,1,,,2/"] + group + [f"99,{total},1,{len(group) + 2}/"]) + "\n"
