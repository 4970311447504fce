# SPDX-License-Identifier: Apache-2.0
"""baimutants - a good BAI2 file with one rule broken at a time, and everything else as it must be

A mutant is a row: (sentence, edits, code).  Edits change the records of GOOD, counted from 1: (record, field, text) sets a field
(counted from 0, the record code), ("line", record, text) the whole record, ("del", record), ("dup", record), ("put", record, text)
inserts before.  Then trailers are made to agree again; edits behind the word AFTER come after that.  `code` is the finding that must
come.  Written from the public manual: totals are plain sums of amounts, counts are of records.
"""
import re

AFTER = ("after",)

GOOD = """01,122099999,123456789,261109,0600,8,,,2/
02,123456789,122099999,1,261106,2359,USD,2/
03,000111222333,USD,010,100000,,,015,163000,,/
88,100,90000,4,S,10000,30000,50000,400,27000,2,V,261107,/
16,115,50000,0,LB1,BATCH 7,LOCKBOX DEPOSIT, BOX 4711
16,165,10000,1,BK2,INV-20731,ORIG HARBOR FREIGHT LINES
88,INVOICES 20731, 20732/A
16,195,20000,V,261109,0900,BK3,,WIRE IN FROM NORTH QUAY
16,142,10000,S,1000,4000,5000,BK4,REF4,ACH CREDIT
16,475,12000,,BK5,000010482,CHECK PAID
16,451,15000,D,2,0,5000,1,10000,BK6,REF6,ACH DEBIT
16,890,,,,,NO MONEY IN THIS LINE
49,0,0/
03,000111222444,,010,50000,,,015,40000,,/
16,455,10000,Z,BK7,,COMPANY DEBIT
49,0,0/
98,0,0,0/
02,123456789,122099999,1,261106,,CAD,2/
03,000999,,,,,/
16,575,700,2,BK8,,ZBA
49,0,0/
98,0,0,0/
99,0,0,0/""".split("\n")


def whole(text):
    return int(text) if re.fullmatch("[+-]?[0-9]{1,18}", text.strip()) else 0


def amounts(fields, step_of_amount):
    """The amount fields of a 03 or a 16, its funds types passed over.  step_of_amount: fields between a type code and its funds type."""
    total, i = 0, 0
    while i < len(fields):
        amount = fields[i + 1] if i + 1 < len(fields) else ""
        total += whole(amount)
        i += 2 + step_of_amount
        kind = fields[i].strip().upper() if i < len(fields) else ""
        i += 1 + {"S": 3, "V": 2, "D": 1 + 2 * whole(fields[i + 1]) if kind == "D" and i + 1 < len(fields) else 1}.get(kind, 0)
        if step_of_amount == 0:                 # a detail has one amount
            break
    return total


def agree(lines):
    lines, logical = list(lines), []
    for i, line in enumerate(lines):
        body = line[:-1] if line.endswith("/") else line
        if line.startswith("88,") and logical and logical[-1][0] in ("03", "16"):
            logical[-1][1].extend(body.split(",")[1:])
        else:
            logical.append((line[:2], body.split(",")[1:], i))
    total, group, file_total = 0, 0, 0
    accounts = groups = 0
    start, group_start = 0, 0
    for code, fields, i in logical:
        if code == "02":
            group, accounts, group_start = 0, 0, i
        elif code == "03":
            total, start = amounts(fields[2:], 1), i
        elif code == "16":
            total += amounts(fields, 0)
        elif code == "49":
            lines[i] = f"49,{total},{i - start + 1}/"
            group, accounts = group + total, accounts + 1
        elif code == "98":
            lines[i] = f"98,{group},{accounts},{i - group_start + 1}/"
            file_total, groups = file_total + group, groups + 1
        elif code == "99":
            lines[i] = f"99,{file_total},{groups},{i + 1}/"
    return lines


def change(lines, edits):
    lines = list(lines)
    for edit in edits:
        if edit == "again":
            lines += lines
        elif edit[0] == "del":
            del lines[edit[1] - 1]
        elif edit[0] == "dup":
            lines.insert(edit[1], lines[edit[1] - 1])
        elif edit[0] == "put":
            lines.insert(edit[1] - 1, edit[2])
        elif edit[0] == "line":
            lines[edit[1] - 1] = edit[2]
        else:
            fields = lines[edit[0] - 1].rstrip("/").split(",")
            end = "/" if lines[edit[0] - 1].endswith("/") else ""
            fields[edit[1]] = edit[2]
            lines[edit[0] - 1] = ",".join(fields) + end
    return lines


def mutant(edits):
    edits = list(edits)
    cut = edits.index(AFTER) if AFTER in edits else len(edits)
    lines = change(agree(change(GOOD, edits[:cut])), edits[cut + 1:])
    return "".join(x + "\n" for x in lines).encode("latin-1")


STRUCTURE = [
    ("no file header", [("del", 1)], "NO_FILE_HEADER"),
    ("no group header", [("del", 2)], "NO_GROUP_HEADER"),
    ("no group header of the second group", [("del", 18)], "NO_GROUP_HEADER"),
    ("no account header", [("del", 3), ("del", 3)], "NO_ACCOUNT_HEADER"),
    ("no account trailer", [("del", 13)], "NO_ACCOUNT_TRAILER"),
    ("no account trailer of the last account", [("del", 21)], "NO_ACCOUNT_TRAILER"),
    ("no group trailer", [("del", 17)], "NO_GROUP_TRAILER"),
    ("no group trailer of the last group", [("del", 22)], "NO_GROUP_TRAILER"),
    ("no file trailer", [("del", 23)], "NO_FILE_TRAILER"),
    ("a file that ends after its header", [("del", 2)] * 22, "NO_FILE_TRAILER"),
    ("a file that ends inside a detail", [("del", 12)] * 12, "NO_FILE_TRAILER"),
    ("a detail in front of its account", [("put", 3, "16,142,100,,,,TEXT")], "NO_ACCOUNT_HEADER"),
    ("a detail behind the account trailer", [("put", 14, "16,142,100,,,,TEXT")], "NO_ACCOUNT_HEADER"),
    ("an account behind the group trailer", [("put", 18, "03,000,,010,1,,/")], "NO_GROUP_HEADER"),
    ("two account trailers", [("dup", 13)], "NO_ACCOUNT_HEADER"),
    ("two group trailers", [("dup", 17)], "NO_GROUP_HEADER"),
    ("two file trailers", [("dup", 23)], "AFTER_TRAILER"),
    ("a file header inside the file", [("put", 18, "01,1,2,261109,0600,9,,,2/")], "NO_FILE_TRAILER"),
    ("a detail behind the file trailer", [AFTER, ("put", 24, "16,142,100,,,,TEXT")], "AFTER_TRAILER"),
    ("words behind the file trailer", [AFTER, ("put", 24, "END OF TRANSMISSION")], "AFTER_TRAILER"),
    ("an 88 in front of everything", [("put", 1, "88,TEXT")], "CONTINUATION"),
    ("an 88 behind a complete trailer", [("put", 14, "88,TEXT")], "CONTINUATION"),
    ("a record of code 17", [("line", 10, "17,475,12000,,BK5,000010482,CHECK PAID")], "RECORD_CODE"),
    ("a record of code 05", [("put", 3, "05,1,2,3/")], "RECORD_CODE"),
    ("a NUL in a text", [("line", 12, "16,890,,,,,NO MONEY\0 IN THIS LINE")], "NUL"),
    ("a group header that is missing its 02", [("line", 2, "123456789,122099999,1,261106,2359,USD,2/")], "NO_GROUP_HEADER"),
    ("records whose code lost its zero", [("line", 3, "3,000111222333,USD,010,100000,,,015,163000,,/")], "NO_ACCOUNT_HEADER"),
]

HEADERS = [
    ("no sender", [(1, 1, "")], "FIELD_MISSING"),
    ("no receiver", [(1, 2, "")], "FIELD_MISSING"),
    ("no file identification number", [(1, 5, "")], "FIELD_MISSING"),
    ("no originator", [(2, 2, "")], "FIELD_MISSING"),
    ("no account number", [(3, 1, "")], "FIELD_MISSING"),
]
HEADERS += [(f"a creation date {text!r}", [(1, 3, text)], "DATE" if text else "FIELD_MISSING")
            for text in ("", "261301", "260230", "26110", "20261109", "2611O9", "000000", "-61109")]
HEADERS += [(f"a creation time {text!r}", [(1, 4, text)], "TIME") for text in ("2500", "0660", "2401", "600", "6:00", "06AM", "-100")]
HEADERS += [(f"an as-of date {text!r}", [(2, 4, text)], "DATE" if text else "FIELD_MISSING") for text in ("", "261301", "261131", "61106", "nodate")]
HEADERS += [(f"an as-of time {text!r}", [(2, 5, text)], "TIME") for text in ("2360", "2500", "9998", "23:59")]
HEADERS += [(f"version {text!r}", [(1, 8, text)], "VERSION" if text else "FIELD_MISSING") for text in ("1", "3", "22", "X", "")]
HEADERS += [(f"group status {text!r}", [(2, 3, text)], "GROUP_STATUS" if text else "FIELD_MISSING") for text in ("0", "5", "9", "X", "11", "")]
HEADERS += [(f"as-of-date modifier {text!r}", [(2, 7, text)], "AS_OF_MODIFIER") for text in ("0", "5", "9", "X", "22")]
HEADERS += [(f"a group's currency {text!r}", [(2, 6, text)], "CURRENCY") for text in ("US", "USDX", "U5D", "840", "$")]
HEADERS += [(f"an account's currency {text!r}", [(3, 2, text)], "CURRENCY") for text in ("US", "USDX", "840")]

SUMMARY = [(f"a balance of type code {text!r}", [(3, 3, text)], "TYPE_CODE") for text in ("10", "0100", "01A", "-10", "1.0")]
SUMMARY += [(f"a balance of {text!r}", [(3, 4, text)], "AMOUNT") for text in ("1000.00", "1O0000", "$100000", "--1", "1 000", "1e5", "+-1", "99999999999999999999")]
SUMMARY += [
    ("an amount without a type code", [(3, 3, "")], "TYPE_CODE"),
    ("a negative total of credits", [(4, 2, "-90000")], "AMOUNT_SIGN"),
    ("a negative total of debits", [(4, 9, "-27000")], "AMOUNT_SIGN"),
    ("an item count in letters", [(4, 3, "FOUR")], "ITEM_COUNT"),
    ("a negative item count", [(4, 3, "-4")], "ITEM_COUNT"),
    ("an item count with a point", [(4, 3, "4.0")], "ITEM_COUNT"),
    ("a funds type X", [(4, 4, "X"), ("line", 4, "88,100,90000,4,X,400,27000,2,V,261107,/")], "FUNDS_TYPE"),
    ("a funds type of two letters", [("line", 4, "88,100,90000,4,SS,400,27000,2,0/")], "FUNDS_TYPE"),
    ("a funds type S of which one amount is a word", [(4, 6, "MANY")], "FUNDS_TYPE"),
    ("a value date of 31 November", [(4, 12, "261131")], "FUNDS_TYPE"),
    ("a value time of 25:00", [("line", 4, "88,400,27000,2,V,261107,2500/")], "FUNDS_TYPE"),
    ("a record that ends inside its funds type", [("line", 4, "88,400,27000,2,V,261107/")], "FUNDS_TYPE"),
]

DETAIL = [(f"a detail of type code {text!r}", [(10, 1, text)], "TYPE_CODE" if text else "FIELD_MISSING") for text in ("", "47", "4755", "4A5", "+75")]
DETAIL += [(f"a detail of {text!r}", [(10, 2, text)], "AMOUNT") for text in ("120.00", "12O00", "12 000", "TWELVE", "1E4", "0x10", "99999999999999999999")]
DETAIL += [
    ("a negative detail", [(10, 2, "-12000")], "AMOUNT_SIGN"),
    ("a detail of minus nothing", [(10, 2, "-0")], "AMOUNT_SIGN"),
    ("a detail of funds type X", [(10, 3, "X")], "FUNDS_TYPE"),
    ("a detail of funds type 3", [(10, 3, "3")], "FUNDS_TYPE"),
    ("a detail whose funds type S has letters", [(9, 5, "4K")], "FUNDS_TYPE"),
    ("a detail whose value date is no date", [(8, 4, "269999")], "FUNDS_TYPE"),
    ("a detail whose value time is no time", [(8, 5, "9:00")], "FUNDS_TYPE"),
    ("a detail that announces three distributions and has two", [(11, 4, "3")], "FUNDS_TYPE"),
    ("a detail that announces distributions in a word", [(11, 4, "TWO")], "FUNDS_TYPE"),
    ("a detail whose distribution is no amount", [(11, 6, "5.00")], "FUNDS_TYPE"),
]

TRAILERS = []
for record, name, field, codes in ((13, "account", 1, ("ACCOUNT_TOTAL", "ACCOUNT_COUNT")), (17, "group", 1, ("GROUP_TOTAL", "GROUP_COUNT")),
                                   (23, "file", 1, ("FILE_TOTAL", "FILE_COUNT"))):
    TRAILERS += [(f"a control total {text!r} of the {name}", [AFTER, (record, field, text)], codes[0])
                 for text in ("497001", "0", "-497000", "", "4970.00", "49700O", "99999999999999999999")]
    last = 2 if record == 13 else 3
    TRAILERS += [(f"a count of records {text!r} of the {name}", [AFTER, (record, last, text)], codes[1])
                 for text in ("10", "0", "", "-11", "1O", "+1.0", "99999999999999999999")]
TRAILERS += [
    ("a group that counts an account too many", [AFTER, (17, 2, "3")], "GROUP_COUNT"),
    ("a group that counts no account", [AFTER, (17, 2, "")], "GROUP_COUNT"),
    ("a file that counts a group too few", [AFTER, (23, 2, "1")], "FILE_COUNT"),
    ("a file that counts its groups in words", [AFTER, (23, 2, "TWO")], "FILE_COUNT"),
    ("a detail that is missing", [AFTER, ("del", 10)], "ACCOUNT_TOTAL"),
    ("a message that is missing", [AFTER, ("del", 12)], "ACCOUNT_COUNT"),
    ("a detail that came twice", [AFTER, ("dup", 10)], "ACCOUNT_TOTAL"),
    ("an account that is missing", [AFTER, ("del", 14), ("del", 14), ("del", 14)], "GROUP_TOTAL"),
    ("an account that came twice", [AFTER, ("put", 17, "03,000111222444,,010,50000,,,015,40000,,/"), ("put", 18, "16,455,10000,Z,BK7,,COMPANY DEBIT"),
                                    ("put", 19, "49,100000,3/")], "GROUP_TOTAL"),
    ("a group that is missing", [AFTER, ("del", 18), ("del", 18), ("del", 18), ("del", 18), ("del", 18)], "FILE_TOTAL"),
    ("a continuation that is missing", [AFTER, ("del", 7)], "ACCOUNT_COUNT"),
    ("amounts of two details in each other's sum, one cent lost", [AFTER, (9, 2, "9999")], "ACCOUNT_TOTAL"),
    ("a sign that a balance lost", [(3, 4, "-100000"), AFTER, (3, 4, "100000")], "ACCOUNT_TOTAL"),
]

ALL = STRUCTURE + HEADERS + SUMMARY + DETAIL + TRAILERS

# What banks do and can be read: told, and no error.
WARNED = [
    ("a detail without an amount", [(10, 2, "")], "AMOUNT_MISSING"),
    ("a detail of a status code", [(10, 1, "015")], "TYPE_LEVEL"),
    ("a detail of a summary code", [(10, 1, "400")], "TYPE_LEVEL"),
    ("a summary of a detail code", [(4, 1, "165")], "TYPE_LEVEL"),
    ("a type code that stands in no list", [(10, 1, "497")], "TYPE_UNKNOWN"),
    ("a message with money", [(12, 2, "100")], "NO_DIRECTION"),
    ("parts of a funds type S that do not add up", [(9, 6, "4000")], "FUNDS_SUM"),
    ("parts of a funds type D that do not add up", [(11, 6, "4000")], "FUNDS_SUM"),
    ("a funds type in a small letter", [(15, 3, "z")], "FUNDS_CASE"),
    ("a currency in small letters", [(2, 6, "usd")], "CURRENCY_CASE"),
    ("a value date before the as-of date", [(8, 4, "261101")], "VALUE_DATE"),
    ("a slash in a reference", [(10, 4, "BK/5")], "REF_SLASH"),
    ("a text that begins with a slash", [(12, 6, "/NO MONEY")], "TEXT_SLASH"),
    ("a header without its slash", [("line", 2, "02,123456789,122099999,1,261106,2359,USD,2")], "NO_SLASH"),
    ("a trailer with a field too many", [AFTER, ("line", 13, "49,497000,11,9/")], "FIELD_EXTRA"),
    ("a group header that ends early", [("line", 2, "02,123456789,122099999,1,261106,2359/")], "SHORT_RECORD"),
    ("a detail that ends early", [("line", 10, "16,475,12000/")], "SHORT_RECORD"),
    ("a text that goes on without 88", [("line", 7, "INVOICES 20731")], "TEXT_BROKEN"),
    ("an 88 with a colon", [("line", 7, "88:INVOICES 20731")], "CODE_COLON"),
    ("a line in front of the file", [("put", 1, "$$ADD ID=BANK")], "ENVELOPE"),
    ("the same file twice", [AFTER, "again"], "DUPLICATE_FILE_ID"),
    ("an item count beside a status", [(3, 5, "3")], "COUNT_LEVEL"),
    ("a record longer than the file's records", [(1, 6, "50")], "RECORD_LONG"),
]
WARNED += [(f"a physical record length {text!r}", [(1, 6, text)], "RECORD_LENGTH") for text in ("8O", "-80", "0", "80.0")]
WARNED += [(f"a block size {text!r}", [(1, 7, text)], "RECORD_LENGTH") for text in ("TEN", "-1")]
