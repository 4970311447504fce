#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gateway - figures of the whole gateway, with its cages, its database and an SFTP server: gateway.py [payroll returns confirmations small checks burst]

  payroll   a register of TALLY_BENCH_ROWS rows (1,000,000) from its drop to the signed ACH file, then delivered
  returns   a return file with one entry for each of its payments, from its drop to the last updated item; TALLY_BENCH_SHUFFLE: in no order
  confirmations  the printer's file with a row for each of TALLY_BENCH_CHECKS checks (200,000) from its drop to the last item that is PRINTED
  small     TALLY_BENCH_SMALL registers of 3 rows (60), one after the other, from each drop to its file at the partner, while reports are
            written: the 50th and the 99th of a hundred
  checks    the same with registers whose rows are paid by check: from each drop to the positive-pay file at the bank
  burst     200 registers dropped at once: how long after its drop each is RENDERED, and into how many files they went

With each: the peak resident memory (VmHWM) of every role, the children of its zygote included, and the processor seconds.  Figures, no
judgement: the machine is named nowhere, and a loaded one is slow.
"""
import os
import pwd
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from town import COMPANY, ROOT, Town  # noqa: E402

ROWS = int(os.environ.get("TALLY_BENCH_ROWS", "1000000"))
CHECKS = int(os.environ.get("TALLY_BENCH_CHECKS", "200000"))
SMALL = int(os.environ.get("TALLY_BENCH_SMALL", "60"))
BURST = int(os.environ.get("TALLY_BENCH_BURST", "200"))
HEAD = "company,run_id,person_id,name,pay_date,gross,deductions,net,routing,account,account_type,method\r\n"


def register(run, rows, date="2026-11-10", method="ACH"):
    draw = random.Random(run)
    cents = "{}.{:02d}".format
    out = [HEAD]
    for i in range(rows):
        gross, cut = draw.randint(100000, 500000) % 90000 + 1000, draw.randint(10, 900)
        out.append(f"ACME,{run},E{i:07d},Person Number {i},{date},{cents(*divmod(gross, 100))},{cents(*divmod(cut, 100))},"
                   f"{cents(*divmod(gross - cut, 100))},231380104,{100000000 + i},C,{method}\r\n")
    return "".join(out).encode()


class Watch(threading.Thread):
    """Peak memory and processor time of every process of the gateway, by role; children of a zygote count for their role."""

    def __init__(self, town):
        super().__init__(daemon=True)
        self.town, self.peak, self.cpu, self.names, self.going = town, {}, {}, {}, True

    def processes(self):
        parent = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
                    parent[int(pid)] = int(f.read().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError, ValueError):
                pass
        roles = {pid: role for role, pid in self.town.roles().items()}
        for pid in parent:
            at = pid
            while at in parent and at not in roles:
                at = parent[at]
            if at in roles:
                yield pid, roles[at] if at == pid else roles[at] + "'s children"

    def look(self):
        for pid, role in list(self.processes()):
            try:
                with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
                    mib = int(re.search(r"VmHWM:\s+(\d+)", f.read())[1]) / 1024
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
                    part = f.read().rsplit(")", 1)[1].split()
            except (OSError, TypeError, ValueError):
                continue
            self.peak[role] = max(self.peak.get(role, 0), mib)
            self.cpu[pid] = (int(part[11]) + int(part[12])) / os.sysconf("SC_CLK_TCK")
            self.names[pid] = role

    def run(self):
        while self.going:
            self.look()
            time.sleep(0.1)

    def say(self):
        self.going = False
        self.join()
        self.look()
        spent = {}
        for pid, seconds in self.cpu.items():
            spent[self.names[pid]] = spent.get(self.names[pid], 0) + seconds
        rows = sorted(self.peak.items(), key=lambda kv: -kv[1])
        print("  peak MiB / CPU s: " + ", ".join(f"{role} {mib:.0f} / {spent.get(role, 0):.1f}" for role, mib in rows if mib >= 24 or spent.get(role, 0) >= 0.5))


class Log(threading.Thread):
    """When each line of the gateway's log came, to about two milliseconds."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.lines, self.going = path, [], True

    def run(self):
        rest = ""
        with open(self.path, encoding="utf-8", errors="replace") as f:
            f.seek(0, os.SEEK_END)
            while self.going:
                got = f.read()
                if not got:
                    time.sleep(0.002)
                    continue
                now = time.monotonic()
                *whole, rest = (rest + got).split("\n")
                self.lines += [(now, line) for line in whole]

    def wait(self, pattern, count=1, seconds=600):
        """When the line came that made it `count` lines with that pattern: asking the gateway itself would be work for it."""
        end, at, n = time.monotonic() + seconds, 0, 0
        while time.monotonic() < end:
            while at < len(self.lines):
                n += re.search(pattern, self.lines[at][1]) is not None
                at += 1
                if n == count:
                    return self.lines[at - 1][0]
            time.sleep(0.005)
        raise SystemExit(f"bench: {n} of {count} lines like '{pattern}' within {seconds} s")

    def stop(self):
        time.sleep(0.01)
        self.going = False
        self.join()
        return self.lines


def ready(t):
    t.wait("all roles are there", lambda: len(t.ask("status")["roles"]) >= 9)


def settled(t):
    """No state of a batch or file that moves by itself is left."""
    t.wait("all is delivered", lambda: all(d["state"] == "DELIVERED" for d in t.ask("deliveries")) and t.ask("deliveries"), 300)


def payroll(t):
    data = register("BENCH", ROWS)
    watch, log = Watch(t), Log(t.log_path)
    watch.start()
    log.start()
    began = time.monotonic()
    t.drop("bench.csv", data)
    routed = log.wait(r"parcel\.routed ") - began
    acked = log.wait(r"batch\.proposed ") - began
    signed = log.wait(r"route\S* notice artifact\.signed ") - began
    done = log.wait(r"delivery\.step .*state=DELIVERED") - began
    log.stop()
    settled(t)
    if [a["state"] for a in t.ask("artifacts")] != ["SIGNED"]:
        raise SystemExit(f"payroll: {t.ask('artifacts')}")
    print(f"payroll: {ROWS} rows, {len(data) / 1e6:.0f} MB: routed {routed:.2f} s, allotted {acked:.2f} s, signed ACH file {signed:.2f} s, delivered {done:.2f} s after its drop")
    watch.say()


def returned(t):
    """A return file for every payment the partner has; at most 400,000 a batch, since a batch counts to 999,999 entries and addenda."""
    entries = []
    for name in t.delivered():
        with open(t.path("partners/firstbank/inbox", name), encoding="ascii") as f:
            entries += [line for line in f if line[0] == "6"]
    if os.environ.get("TALLY_BENCH_SHUFFLE"):
        random.Random(5).shuffle(entries)
    bank, company = COMPANY["bank"], COMPANY["id"]
    lines = [f"101 {company:>9.9} {bank}2611121200A094101{'ACME WIDGETS':23}{'FIRST BANK':23}{'':8}"]
    total, count, hashed, batches = 0, 0, 0, 0
    for at in range(0, len(entries), 400000):
        part, credit, n = entries[at:at + 400000], 0, 0
        batches += 1
        lines.append(f"5220{'ACME WIDGETS':16}{'':20}{company:10}PPD{'PAYROLL':10}{'':6}2611103161{part[0][3:11]}{batches:07d}")
        for e in part:
            n += 1
            trace = f"{e[3:11]}{at + n:07d}"
            lines.append(f"6{e[1]}1{bank}{e[12:29]}{e[29:39]}{e[39:54]}{e[54:76]}  1{trace}")
            lines.append(f"799R03{e[79:94]}{'':6}{e[3:11]}{'':44}{trace}")
            credit += int(e[29:39])
        lines.append(f"8220{2 * n:06d}{int(bank[:8]) * n % 10 ** 10:010d}{0:012d}{credit:012d}{company:10}{'':25}{part[0][3:11]}{batches:07d}")
        total, count, hashed = total + credit, count + 2 * n, hashed + int(bank[:8]) * n
    blocks = (len(lines) + 1 + 9) // 10
    lines.append(f"9{batches:06d}{blocks:06d}{count:08d}{hashed % 10 ** 10:010d}{0:012d}{total:012d}{'':39}")
    lines += ["9" * 94] * (blocks * 10 - len(lines))
    return len(entries), ("\n".join(lines) + "\n").encode("ascii")


def returns(t):
    if not t.ask("deliveries"):
        t.drop("bench.csv", register("BENCH", ROWS))
        t.wait("a file is delivered", lambda: t.ask("deliveries"), 600)
        settled(t)
    n, data = returned(t)
    watch = Watch(t)
    watch.start()
    tmp, final = t.path("partners/firstbank/outbox/.r.tmp"), t.path("partners/firstbank/outbox/all.ret")
    with open(tmp, "wb") as f:
        f.write(data)
    os.chmod(tmp, 0o644)
    began = time.monotonic()
    os.rename(tmp, final)
    t.wait("the file is routed", lambda: t.file_named("all.ret")["state"] in ("ROUTED", "DONE", "HELD"), 900)
    routed = time.monotonic() - began
    t.wait("every item is RETURNED", lambda: t.file_named("all.ret")["state"] in ("DONE", "HELD"), 1800)
    if t.file_named("all.ret")["state"] == "HELD":
        raise SystemExit(f"returns: {t.file_named('all.ret')['text']}")
    done = time.monotonic() - began
    figure = {row["state"]: row["count"] for row in t.ask("status")["items"]}
    if figure.get("RETURNED") != n:
        raise SystemExit(f"returns: {n} entries, but {figure}")
    print(f"returns: {n} entries, {len(data) / 1e6:.0f} MB: read {routed:.2f} s, every item RETURNED {done:.2f} s after its drop")
    watch.say()


def confirmations(t):
    t.drop("checks.csv", register("CHECKS", CHECKS, method="CHECK"))
    for b in t.wait("the checks wait for a person", lambda: [b for b in t.ask("batches") if b["kind"] == "check" and b["state"] == "PROPOSED"], 600):
        t.decide("approve", b["id"], "bob")
    t.wait("the printer has its file", lambda: [d for d in t.ask("deliveries") if d["partner"] == "printer" and d["state"] == "DELIVERED"], 600)
    data = ("check_number,status\n" + "".join(f"{100001 + i},PRINTED\n" for i in range(CHECKS))).encode()
    watch = Watch(t)
    watch.start()
    tmp, final = t.path("partners/printer/out/.p.tmp"), t.path("partners/printer/out/printed.csv")
    with open(tmp, "wb") as f:
        f.write(data)
    os.chmod(tmp, 0o644)
    began = time.monotonic()
    os.rename(tmp, final)
    t.wait("the file is routed", lambda: t.file_named("printed.csv")["state"] in ("ROUTED", "DONE", "HELD"), 900)
    routed = time.monotonic() - began
    t.wait("every check is PRINTED", lambda: {"PRINTED": CHECKS}.items() <= {row["state"]: row["count"] for row in t.ask("status")["items"]}.items(), 1800)
    done = time.monotonic() - began
    print(f"confirmations: {CHECKS} rows, {len(data) / 1e6:.0f} MB: read {routed:.2f} s, every check PRINTED {done:.2f} s after its drop: {done / CHECKS * 1e6:.1f} s a million")
    watch.say()


def one_by_one(t, folder, make, between=None):
    """Each file after the one before is delivered, while reports are written: how long each took, in order."""
    took, going = [], True

    def report():
        while going:
            t.cli("report", check=False)
            time.sleep(0.1)

    def there():
        return {n for n in os.listdir(t.path(folder)) if n[0] != "."}

    busy = threading.Thread(target=report, daemon=True)
    busy.start()
    for i in range(SMALL):
        before, data = there(), make(i)
        began = time.monotonic()
        t.drop(f"small{i}.csv", data)
        while not there() - before:
            if time.monotonic() - began > 60:
                raise SystemExit(f"bench: number {i} never left\n{t.log_tail()}")
            time.sleep(0.001)
        took.append(time.monotonic() - began)
        if between is not None:
            between(i)
    going = False
    busy.join()
    took.sort()
    return (f"p50 {took[len(took) // 2] * 1000:.0f} ms, p99 {took[min(len(took) - 1, len(took) * 99 // 100)] * 1000:.0f} ms, max {took[-1] * 1000:.0f} ms")


def small(t):
    def next_day(i):
        if i == 29:			# 36 modifiers a day
            t.clock("2026-11-10T13:00:00Z")

    figures = one_by_one(t, "partners/firstbank/inbox", lambda i: register(f"S{i}", 3, "2026-11-10" if i < 30 else "2026-11-13"), next_day)
    print(f"small: {SMALL} registers of 3 rows by the ACH path, with reports running, from drop to delivered: {figures}")


def checks(t):
    figures = one_by_one(t, "partners/firstbank/pospay", lambda i: register(f"C{i}", 3, method="CHECK"))
    t.wait("the printer has each run", lambda: len(os.listdir(t.path("partners/printer/in"))) >= SMALL, 60)
    print(f"checks: {SMALL} registers of 3 checks by the positive-pay path, with reports running, from drop to the bank told: {figures}")


def burst(t):
    files = [register(f"B{i}", 3) for i in range(BURST)]
    log = Log(t.log_path)
    log.start()
    watch = Watch(t)
    watch.start()
    began = time.monotonic()
    at_drop = {}
    for i, data in enumerate(files):
        t.drop(f"burst{i}.csv", data)
        at_drop[f"burst{i}.csv"] = time.monotonic()
    dropped = time.monotonic() - began
    log.wait(r"batch\.approved ", BURST)
    t.wait("each batch is in a file", lambda: all(b["artifact"] for b in t.ask("batches")))
    settled(t)
    t.wait("each file is delivered", lambda: len(t.ask("deliveries")) == len(t.ask("artifacts")))
    settled(t)
    lines = log.stop()
    when = {}
    for at, line in lines:
        got = re.search(r"artifact\.rendered artifact=(A\d+)", line)
        if got:
            when[got[1]] = at
    names = {f["id"]: f["name"] for f in t.ask("files")}
    took = [when[b["artifact"]] - at_drop[names[b["source"]]] for b in t.ask("batches")]
    print(f"burst: {BURST} registers dropped within {dropped * 1000:.0f} ms: RENDERED after {sum(took) / len(took) * 1000:.0f} ms in the mean, {max(took) * 1000:.0f} ms the last, in {len(set(when))} files")
    watch.say()


class Bench(Town):
    """The register is renamed into place, as a feed should; `coalesce`: how long approved runs wait for company."""

    def __init__(self, coalesce=None):
        super().__init__(limit="9999999999.00")
        self.coalesce = coalesce

    def configure(self):
        super().configure()
        self.edit("hr", 'ready = "stable"; stable_polls = 2; min_age_ms = 0;', 'ready = "rename";')
        if self.coalesce is not None:
            self.edit("firstbank", 'manifest = "manifests";', f'manifest = "manifests"; coalesce_ms = {self.coalesce}; coalesce_max_ms = {self.coalesce};')

    def edit(self, name, old, new):
        with open(self.path("etc/channels.d", name + ".conf"), encoding="utf-8") as f:
            text = f.read()
        if old not in text:
            raise SystemExit(f"bench: '{old}' is not in {name}.conf")
        self.write(f"etc/channels.d/{name}.conf", text.replace(old, new))


class Printed(Bench):
    """With a printer, and a bank that is told of the checks first."""

    def configure(self):
        super().configure()
        self.edit("hr", 'pay_by = "firstbank/ach"', 'pay_by = "firstbank/ach"; check_by = "printer/checks"')
        self.edit("firstbank", "outbound = ( {", 'outbound = ( { name = "pospay"; path = "pospay"; format = "pospay"; file_name = "PP-{date}-{artifact}.txt"; coalesce_ms = 0;'
                  ' options = { layout = "generic100"; }; },\n{')
        self.write("etc/channels.d/printer.conf", f'''partner = "printer";
kind = "dir";
inbound = ( {{ name = "mailed"; path = "{self.folder("partners/printer/out")}"; pattern = "*.csv"; format = "confirm"; purpose = "confirmation"; ready = "rename"; }} );
outbound = ( {{ name = "checks"; path = "{self.folder("partners/printer/in")}"; format = "check"; file_name = "CHK-{{date}}-{{artifact}}.txt";
	check = {{ account = "{int(COMPANY["account"])}"; routing = "231380104"; first_serial = "100001"; positive_pay = "firstbank/pospay"; }}; }} );
''')
        os.makedirs(self.path("partners/firstbank/pospay"), exist_ok=True)
        if ROOT:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.path("partners/firstbank/pospay"), nobody.pw_uid, nobody.pw_gid)


class Unasked(Printed):
    """Nobody need approve anything."""

    def configure(self):
        super().configure()
        self.write("etc/rules.d/limits.conf", 'approvals = ( { currency = "USD"; limit = "9999999999.00"; persons = 1; } );\n')


def main():
    what = sys.argv[1:] or ["payroll", "returns", "confirmations", "small", "checks", "burst"]
    big = [w for w in what if w in ("payroll", "returns")]
    if big:
        with Bench() as t:
            ready(t)
            for name in big:
                {"payroll": payroll, "returns": returns}[name](t)
    if "confirmations" in what:
        with Printed() as t:
            ready(t)
            confirmations(t)
    for name in [w for w in what if w in ("small", "checks", "burst")]:
        with Unasked() if name == "checks" else Bench(0 if name == "small" else None) as t:
            ready(t)
            {"small": small, "checks": checks, "burst": burst}[name](t)


if __name__ == "__main__":
    main()
