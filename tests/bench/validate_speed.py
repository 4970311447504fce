#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""validate_speed - `tallygate validate` as a whole process on files of about 100 MB, beside the digest of the same file

Each format's file is made once below $TALLY_BUILD/bench.  Figures are the best of five runs on one core, the file in the page
cache: seconds, times the `openssl dgst -sha256` (camt: `xmllint --noout --sax`) of the same run, and the memory of the largest process.  `parse --json` is in MB/s
of input.  A new format is a function that writes its file and a row in FILES.
"""
import os
import random
import subprocess
import sys
import time

BUILD = os.path.abspath(os.environ.get("TALLY_BUILD") or "build")
COMMAND = os.path.join(BUILD, "bin", "tallygate")
RUNS = 5
WORDS = ("ADA", "GRACE", "ALAN", "EDSGER", "BARBARA", "DONALD"), ("LOVELACE", "HOPPER", "TURING", "DIJKSTRA", "LISKOV", "KNUTH")
NAMES = [f"{a} {b}" for a in WORDS[0] for b in WORDS[1]]


def banks(count):
    """Routing numbers with their check digits."""
    rng, out = random.Random(5), []
    for _ in range(count):
        eight = f"{rng.choice((1, 2, 6, 7, 11, 12, 21, 31, 32)):02d}{rng.randrange(10 ** 6):06d}"
        out.append((eight, str(-sum(int(d) * w for d, w in zip(eight, (3, 7, 1, 3, 7, 1, 3, 7))) % 10)))
    return out


def nacha(f, entries=1_050_000, per_batch=10_000):
    """Payroll: PPD credits and some prenotes in batches; each third batch CCD credits with their addenda."""
    rtn, records, total, hashes, items = banks(300), 1, 0, 0, 0
    f.write(f"101 091000019 1210428822611100800A094101{'FIRST TEST BANK':23}{'TALLY TEST CO':23}{'':8}\n")
    batches = -(-entries // per_batch)
    for b in range(1, batches + 1):
        ccd, out, money, hashed = b % 3 == 0, [], 0, 0
        for i in range(per_batch // 2 if ccd else per_batch):
            eight, check = rtn[(b * 7 + i * 13) % 300]
            prenote = not ccd and i % 50 == 7
            amount = 0 if prenote else (i * 7919 + b) % 900_000 + 100
            money, hashed = money + amount, hashed + int(eight)
            out.append(f"6{'23' if prenote else '22'}{eight}{check}{(i * 104_729 + b) % 10 ** 10:<17d}{amount:010d}{'E%07d' % i:15}"
                       f"{NAMES[(i * 31) % len(NAMES)]:22}  {int(ccd)}12104288{i + 1:07d}\n")
            if ccd:
                out.append(f"705{'INVOICE %d' % i:80}0001{i + 1:07d}\n")
        f.write(f"5220{'TALLY TEST CO':16}{'':20}1234567890{'CCD' if ccd else 'PPD'}{'TRADE' if ccd else 'PAYROLL':10}261112261112   112104288{b:07d}\n")
        f.write("".join(out))
        f.write(f"8220{len(out):06d}{hashed % 10 ** 10:010d}{0:012d}{money:012d}1234567890{'':25}12104288{b:07d}\n")
        records, total, hashes, items = records + len(out) + 2, total + money, hashes + hashed, items + len(out)
    records += 1
    f.write(f"9{batches:06d}{-(-records // 10):06d}{items:08d}{hashes % 10 ** 10:010d}{0:012d}{total:012d}{'':39}\n")
    f.write(("9" * 94 + "\n") * (-records % 10))


def bai2(f, details=1_200_000, accounts=100):
    """Statements that prove: checks, ACH credits, wires with a value date; every fifth line goes on in an 88."""
    f.write("01,121042882,TALLY,261112,0600,1,,,2/\n02,TALLY,121042882,1,261111,2359,USD,2/\n")
    everything, records = 0, 1
    for a in range(accounts):
        opening, net, out, added = 100_000_000, 0, [], 0
        for i in range(details // accounts):
            amount = (i * 7919 + a) % 900_000 + 100
            added += amount
            if i % 3 == 0:
                net -= amount
                out.append(f"16,475,{amount},,BK{i:09d},{100_000 + i:09d},CHECK PAID\n")
            elif i % 3 == 1:
                net += amount
                out.append(f"16,165,{amount},0,BK{i:09d},REF{i:08d},PREAUTHORIZED ACH CREDIT FROM A CUSTOMER OF OURS\n")
            else:
                net += amount
                out.append(f"16,195,{amount},V,261111,0900,BK{i:09d},,WIRE IN FROM NORTH QUAY PARTNERS, ORDER {i}/A\n")
            if i % 5 == 0:
                out.append("88,INVOICE 4711, 4712/A AND MORE OF THEM; ORIG CO NAME:TALLY TEST\n")
        total = 2 * opening + net + added
        f.write(f"03,{10 ** 9 + a * 7919},USD,010,{opening},,,015,{opening + net},,/\n{''.join(out)}49,{total},{len(out) + 2}/\n")
        everything, records = everything + total, records + len(out) + 2
    f.write(f"98,{everything},{accounts},{records + 1}/\n99,{everything},1,{records + 3}/\n")


def comma(minor):
    return f"{abs(minor) // 100},{abs(minor) % 100:02d}"


def mt940(f, lines=330_000, per_statement=500):
    """Statements in blocks that prove and follow each other: German subfields, and every fifth line in slashes with its details."""
    balance = 100_000_000
    for s in range(lines // per_statement):
        opening, out = balance, []
        for i in range(per_statement):
            k, amount = s * per_statement + i, (i * 7919 + s) % 900_000 + 100
            credit = i % 3 != 0
            balance += amount if credit else -amount
            out.append(f":61:2611121112{'CR' if credit else 'DR'}{comma(amount)}NTRFREF{k:010d}//BK{k:012d}\r\n")
            if i % 5 == 0:
                out.append(f"/OCMT/USD{comma(amount)}/\r\n:86:/EREF/E2E-{k:010d}/CNTP/NL37DEUT{k:010d}/DEUTNL2AXXX/NORTH QUAY B\r\n"
                           f"V/AMSTERDAM//REMI/USTD//ORDER {k:08d} OF 12 NOVEMBER/PURP/SUPP/\r\n")
            else:
                out.append(f":86:166?00GUTSCHRIFT?100399?20EREF+E2E-{k:010d}?21SVWZ+INVOICE {k:08d} OF?22 12 NOVEMBER, CU\r\n"
                           f"STOMER {k % 777:05d}?23 THANK YOU FOR YOUR ORDER?30COBADEFFXXX?31DE{k:020d}\r\n"
                           f"?32COMPANY {k % 1000} GMBH AND CO?33 KG HAMBURG\r\n")
        f.write("{1:F01BANKDEFFAXXX0000000000}{2:I940FIRMUS33AXXXN}{4:\r\n"
                f":20:ST{s}\r\n:25:DE02120300000000202051\r\n:28C:{s + 1}/1\r\n:60F:{'CD'[opening < 0]}261112EUR{comma(opening)}\r\n{''.join(out)}"
                f":62F:{'CD'[balance < 0]}261112EUR{comma(balance)}\r\n-}}\r\n")


def camt(f, entries=130_000, per_statement=500):
    """camt.053.001.08: statements with their summary that prove; every tenth entry is a batch of three."""
    def bal(code, minor):
        return (f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{abs(minor) / 100:.2f}</Amt>"
                f"<CdtDbtInd>{'CRDT' if minor >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>2026-11-12</Dt></Dt></Bal>\n")

    f.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\n"
            "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-13T06:00:00+01:00</CreDtTm></GrpHdr>\n")
    balance = 100_000_000
    for s in range(entries // per_statement):
        opening, out = balance, []
        for i in range(per_statement):
            k, parts = s * per_statement + i, 3 if i % 10 == 0 else 1
            amount = ((i * 7919 + s) % 300_000 + 100) * parts
            credit = i % 3 != 0
            balance += amount if credit else -amount
            sign, who = ("CRDT", "Dbtr") if credit else ("DBIT", "Cdtr")
            out.append(f"<Ntry>\n  <NtryRef>{k}</NtryRef>\n  <Amt Ccy=\"EUR\">{amount / 100:.2f}</Amt>\n  <CdtDbtInd>{sign}</CdtDbtInd>\n  <Sts><Cd>BOOK</Cd></Sts>\n"
                       f"  <BookgDt><Dt>2026-11-12</Dt></BookgDt>\n  <ValDt><Dt>2026-11-12</Dt></ValDt>\n  <AcctSvcrRef>BK{k:012d}</AcctSvcrRef>\n"
                       f"  <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{'RCDT' if credit else 'ICDT'}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\n"
                       f"  <NtryDtls>{f'<Btch><NbOfTxs>{parts}</NbOfTxs></Btch>' if parts > 1 else ''}\n")
            for p in range(parts):
                out.append(f"   <TxDtls>\n    <Refs><EndToEndId>E2E-{k:010d}-{p}</EndToEndId><TxId>TX{k:010d}{p}</TxId></Refs>\n    <Amt Ccy=\"EUR\">{amount / parts / 100:.2f}</Amt>\n"
                           f"    <CdtDbtInd>{sign}</CdtDbtInd>\n    <RltdPties><{who}><Pty><Nm>Company {k % 1000} GmbH &amp; Co</Nm></Pty></{who}>"
                           f"<{who}Acct><Id><IBAN>DE{k:020d}</IBAN></Id></{who}Acct></RltdPties>\n    <RmtInf><Ustrd>Invoice {k} of 12 November 2026, customer {k % 777}</Ustrd></RmtInf>\n   </TxDtls>\n")
            out.append("  </NtryDtls>\n</Ntry>\n")
        f.write(f"<Stmt><Id>S{s}</Id><ElctrncSeqNb>{s + 1}</ElctrncSeqNb><CreDtTm>2026-11-13T06:00:00</CreDtTm><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id>"
                f"<Ccy>EUR</Ccy></Acct>\n{bal('OPBD', opening)}{bal('CLBD', balance)}<TxsSummry><TtlNtries><NbOfNtries>{per_statement}</NbOfNtries></TtlNtries></TxsSummry>\n"
                f"{''.join(out)}</Stmt>\n")
    f.write("</BkToCstmrStmt></Document>\n")


# format, how its file is made, what the time is held against, and how many times that is the goal
FILES = (("nacha", nacha, ("openssl", "dgst", "-sha256"), 1.0), ("bai2", bai2, ("openssl", "dgst", "-sha256"), 1.5),
         ("mt940", mt940, ("openssl", "dgst", "-sha256"), 2.5), ("camt", camt, ("xmllint", "--noout", "--sax"), 1.5))


def seconds(command, path, stdin=False):
    """The best of some runs on one core, and the most memory of the command and its children in KiB."""
    best, most = 1e9, 0
    for _ in range(RUNS):
        with open(path, "rb") as f:
            start = time.monotonic()
            with subprocess.Popen([*command, "-" if stdin else path], stdin=f if stdin else subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  preexec_fn=lambda: os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})) as p:
                _, status, usage = os.wait4(p.pid, 0)
                p.returncode = os.waitstatus_to_exitcode(status)
        if p.returncode != 0:
            sys.exit(f"validate_speed: {' '.join(command)} {path} ended with {p.returncode}")
        best, most = min(best, time.monotonic() - start), max(most, usage.ru_maxrss)
    return best, most


def made(name, write):
    path = os.path.join(BUILD, "bench", name)
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(__file__):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".part", "w", encoding="latin-1", newline="") as f:
            write(f)
        os.rename(path + ".part", path)
    return path


def main():
    print("validate, one core, page cache     MB   seconds  times the other  goal   KiB   standard input")
    for name, write, other, goal in FILES:
        path = made(name, write)
        size = os.path.getsize(path)
        theirs, _ = seconds(other, path)
        ours, memory = seconds((COMMAND, "validate", "--json"), path)
        piped, _ = seconds((COMMAND, "validate", "--json", "--format", name), path, stdin=True)
        print(f"{name:30} {size / 1e6:7.1f}  {ours:8.3f}  {ours / theirs:15.2f}  {goal:4.1f}  {memory:5d}  {piped:8.3f}")
    path = made("nacha", nacha)
    ours, memory = seconds((COMMAND, "parse", "--json"), path)
    print(f"parse --json of nacha: {os.path.getsize(path) / 1e6 / ours:.0f} MB/s of input (goal 150), {memory} KiB")


if __name__ == "__main__":
    main()
