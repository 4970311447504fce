# SPDX-License-Identifier: Apache-2.0
"""casecheck - what people decided, worked out a second time from the files alone: matches.csv, open_items.csv, decisions.csv

It shares nothing with the program: the journal's chain is hashed anew, each decision is carried out on plain sets, and what it finds
wrong is returned as sentences.
"""
import csv
import hashlib
import io
import os


def table(folder, name):
    with open(os.path.join(folder, name), newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def results_hash(folder):
    text = ""
    for name in ("matches.csv", "exceptions.csv", "open_items.csv", "matched_rows.bin"):
        with open(os.path.join(folder, name), "rb") as f:
            text += f"{name} {hashlib.sha256(f.read()).hexdigest()}\n"
    return hashlib.sha256(text.encode()).hexdigest()


class Case:
    """The state after the journal: who is open, what is closed by what, owners, what was refused."""

    def __init__(self, folder):
        self.wrong = []
        self.owner, self.comments = {}, {}
        self.open = set()
        self.refused, self.apart, self.waits = {}, {}, {}
        self.closed = {}                  # group -> its rows
        self.members, self.auto = {}, set()
        for r in table(folder, "open_items.csv"):
            self.open.add((r["side"], r["id"]))
            if r.get("owner"):
                self.owner[(r["side"], r["id"])] = r["owner"]
        for m in table(folder, "matches.csv"):
            rows = [("bank", i) for i in m["bank_ids"].split()] + [("book", i) for i in m["book_ids"].split()]
            self.members[m["match_id"]] = rows
            if m["status"] == "auto":
                self.auto.add(m["match_id"])
                self.closed[m["match_id"]] = rows
        self.done = []
        path = os.path.join(folder, "decisions.csv")
        if os.path.exists(path):
            self.chain(folder, path)
            for d in self.journal:
                self.take(d)

    def chain(self, folder, path):
        with open(path, "rb") as f:
            lines = f.read().split(b"\n")[:-1]
        self.journal = list(csv.DictReader(io.StringIO("\n".join(x.decode() for x in lines))))
        before = results_hash(folder)
        for n, (line, row) in enumerate(zip(lines[1:], self.journal), 1):
            if row["previous"] != before or int(row["number"]) != n:
                self.wrong.append(f"decision {n} does not follow")
            before = hashlib.sha256(line).hexdigest()
        with open(os.path.join(folder, "decisions.head"), encoding="ascii") as f:
            if f.read() != f"{len(self.journal)} {before}\n":
                self.wrong.append("the head is not that of the journal")

    def close(self, name, rows):
        for r in rows:
            if r not in self.open:
                self.wrong.append(f"{name} closes {r}, which is not open")
            self.open.discard(r)
        self.closed[name] = rows

    def reopen(self, name):
        for r in self.closed.pop(name):
            self.open.add(r)

    def carry_out(self, n, d):
        rows = [("bank", i) for i in d["bank_ids"].split()] + [("book", i) for i in d["book_ids"].split()]
        act, group = d["act"], d["match"]
        if act == "match":
            self.close(f"H{n}", rows)
        elif act == "write-off":
            self.close(f"W{n}", rows)
        elif act == "confirm":
            self.apart.pop(group, None)
            self.close(group, self.members[group])
        elif act == "refuse":
            self.refused[group] = n
        elif act == "unmatch":
            if group in self.auto:
                self.apart[group] = n
            self.reopen(group)
        elif act == "assign":
            for r in rows:
                self.owner[r] = d["owner"]
        elif act == "comment":
            self.comments[n] = (rows, d["reason"])

    def take(self, d):
        n = int(d["number"])
        if d["act"] == "second":
            about = int(d["about"])
            earlier = self.waits.pop(about)
            if earlier["by"] == d["by"]:
                self.wrong.append(f"decision {n}: {d['by']} seconds himself")
            self.carry_out(about, earlier)
        elif d["act"] == "withdraw":
            about = int(d["about"])
            if about in self.waits:
                self.waits.pop(about)
            elif about in self.comments:
                self.comments.pop(about)
            else:
                self.refused = {g: k for g, k in self.refused.items() if k != about}
        elif d["persons"] == "2":
            self.waits[n] = d
        else:
            self.carry_out(n, d)

    def comment(self, row):
        said = [text for rows, text in self.comments.values() if row in rows]
        return said[-1] if said else ""
