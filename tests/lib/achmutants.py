# SPDX-License-Identifier: Apache-2.0
"""achmutants - good ACH files with one rule broken each, and everything else as it must be

A mutant is a row: (sentence, base, edits, code).  `base` is a sample of samples/nacha.  `edits` change its records, counted from 1:
(record, position, text) overwrites, ("del", record), ("dup", record), "again" the whole file a second time, ("put", record, text) inserts before, ("swap", a, b).  Then the
controls are made to agree again (counts, hashes, totals, blocks, fill), so that only the rule itself can tell; edits that stand behind
the word AFTER are made after that.  `code` is the finding that must come, as an error.  The rules are those of the public Nacha
Operating Rules: what an operator rejects, batch by batch and entry by entry.
"""
HASH = 10 ** 10
AFTER = ("after",)


def side(code):
    if code[0] == "8":
        return "C" if int(code) % 2 else "D"
    return "C" if code[1] in "1234" else "D"


def number(text):
    return int(text) if text.isdigit() else 0


def over(line, position, text):
    return (line[:position - 1] + text + line[position - 1 + len(text):])[:94]


class Sums:
    def __init__(self):
        self.items = self.hashed = self.batches = 0
        self.money = {"D": 0, "C": 0}

    def entry(self, line, adv):
        self.items += 1
        self.hashed += number(line[3:11])
        if line[1:3].isdigit():
            self.money[side(line[1:3])] += number(line[27:39] if adv else line[29:39])

    def add(self, other):
        self.items += other.items
        self.hashed += other.hashed
        for k in "DC":
            self.money[k] += other.money[k]

    def text(self, count, adv):
        width = 20 if adv else 12
        return f"{self.items:0{count}d}{self.hashed % HASH:010d}{self.money['D']:0{width}d}{self.money['C']:0{width}d}"


def agree(lines):
    """The same records with controls, block count and fill that agree with them."""
    lines = [x for x in lines if x != "9" * 94]
    whole, now, adv, any_adv = Sums(), Sums(), False, False
    for i, line in enumerate(lines):
        if line[0] == "5":
            now, adv = Sums(), line[50:53] == "ADV"
            any_adv |= adv
            whole.batches += 1
        elif line[0] == "6":
            now.entry(line, adv)
        elif line[0] == "7":
            now.items += 1
        elif line[0] == "8":
            lines[i] = over(line, 5, now.text(6, adv))
            whole.add(now)
        elif line[0] == "9":
            lines[i] = over(line, 2, f"{whole.batches:06d}{-(-len(lines) // 10):06d}" + whole.text(8, any_adv))
    return lines + ["9" * 94] * (-len(lines) % 10)


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
            lines.insert(edit[1] - 1, edit[2].ljust(94))
        elif edit[0] == "swap":
            a, b = edit[1] - 1, edit[2] - 1
            lines[a], lines[b] = lines[b], lines[a]
        else:
            line = lines[edit[0] - 1]
            lines[edit[0] - 1] = line[:edit[1] - 1] + edit[2] + line[edit[1] - 1 + len(edit[2]):]
    return lines


def mutant(data, edits):
    """The bytes of a good file after `edits`."""
    edits = list(edits)
    cut = edits.index(AFTER) if AFTER in edits else len(edits)
    lines = agree(change(data.decode("ascii").splitlines(), edits[:cut]))
    return "".join(x + "\n" for x in change(lines, edits[cut + 1:])).encode("latin-1")


BLANK = " " * 30
ZERO = "0" * 30
A05 = "705MORE TEXT".ljust(83)

# ---- the file: header, control, order ----

FILE = [
    ("a blank destination", "payroll", [(1, 4, BLANK[:10])], "DESTINATION"),
    ("a blank origin", "payroll", [(1, 14, BLANK[:10])], "ORIGIN"),
    ("no creation date", "payroll", [(1, 24, BLANK[:6])], "CREATION_DATE"),
    ("a creation date of zeros", "payroll", [(1, 24, ZERO[:6])], "CREATION_DATE"),
    ("a creation date in month 13", "payroll", [(1, 24, "261305")], "CREATION_DATE"),
    ("a creation date of 31 April", "payroll", [(1, 24, "260431")], "CREATION_DATE"),
    ("a creation date with a letter", "payroll", [(1, 24, "2611O3")], "CREATION_DATE"),
    ("a small modifier", "payroll", [(1, 34, "a")], "FILE_ID"),
    ("no modifier", "payroll", [(1, 34, " ")], "FILE_ID"),
    ("a modifier that is a dash", "payroll", [(1, 34, "-")], "FILE_ID"),
    ("record size 095", "payroll", [(1, 35, "095")], "RECORD_SIZE"),
    ("no record size", "payroll", [(1, 35, "   ")], "RECORD_SIZE"),
    ("blocking factor 11", "payroll", [(1, 38, "11")], "BLOCKING"),
    ("blocking factor 01", "payroll", [(1, 38, "01")], "BLOCKING"),
    ("format code 2", "payroll", [(1, 40, "2")], "FORMAT_CODE"),
    ("no format code", "payroll", [(1, 40, " ")], "FORMAT_CODE"),
    ("a batch count that is one too many", "payroll", [AFTER, (11, 2, "000003")], "BATCH_COUNT"),
    ("a batch count that is one too few", "payroll", [AFTER, (11, 2, "000001")], "BATCH_COUNT"),
    ("a batch count of blanks", "payroll", [AFTER, (11, 2, BLANK[:6])], "NOT_NUMERIC"),
    ("a block count that is one too many", "payroll", [AFTER, (11, 8, "000003")], "BLOCK_COUNT"),
    ("a block count of records", "payroll", [AFTER, (11, 8, "000011")], "BLOCK_COUNT"),
    ("a block count of blanks", "payroll", [AFTER, (11, 8, BLANK[:6])], "NOT_NUMERIC"),
    ("an entry count without addenda", "payroll", [AFTER, (11, 14, "00000004")], "FILE_ENTRY_COUNT"),
    ("an entry count filled with blanks", "payroll", [AFTER, (11, 14, "       5")], "NOT_NUMERIC"),
    ("a wrong hash of the file", "payroll", [AFTER, (11, 22, "0043458015")], "FILE_ENTRY_HASH"),
    ("a hash of the file that kept an eleventh digit", "payroll", [AFTER, (11, 22, "9043458014")], "FILE_ENTRY_HASH"),
    ("a hash of the file of blanks", "payroll", [AFTER, (11, 22, BLANK[:10])], "NOT_NUMERIC"),
    ("a file's debits one cent more", "payroll", [AFTER, (11, 32, "000000370000")], "FILE_DEBIT"),
    ("a file's debits with a point", "payroll", [AFTER, (11, 32, "000003699.99")], "NOT_NUMERIC"),
    ("a file's credits one cent less", "payroll", [AFTER, (11, 44, "000000369998")], "FILE_CREDIT"),
    ("a file's credits of blanks", "payroll", [AFTER, (11, 44, BLANK[:12])], "NOT_NUMERIC"),
    ("a file's debits and credits in each other's place", "ctx", [AFTER, (8, 32, "000000500000000000000000")], "FILE_DEBIT"),
    ("no file header", "payroll", [("del", 1)], "NO_FILE_HEADER"),
    ("two file headers", "payroll", [("dup", 1)], "ORDER"),
    ("no file control", "payroll", [AFTER, ("del", 11)], "NO_FILE_CONTROL"),
    ("two file controls", "payroll", [AFTER, ("dup", 11)], "AFTER_TRAILER"),
    ("a file control in the middle", "payroll", [("swap", 7, 11)], "AFTER_TRAILER"),
    ("an entry behind the file control", "payroll", [AFTER, ("swap", 8, 12)], "AFTER_TRAILER"),
    ("fill in front of the file control", "payroll", [AFTER, ("swap", 11, 12)], "ORDER"),
    ("a record of type 4", "payroll", [(4, 1, "4")], "RECORD_TYPE"),
    ("a record of type blank", "payroll", [(4, 1, " ")], "RECORD_TYPE"),
    ("text behind position 94", "payroll", [AFTER, (3, 94, "1X")], "LINE_OVERFLOW"),
    ("a character outside ASCII in a name", "payroll", [(3, 55, "AD\xc4")], "CHARACTERS"),
    ("a tab in a name", "payroll", [(3, 58, "\t")], "CHARACTERS"),
    ("a NUL in an account", "payroll", [(3, 25, "\0")], "CHARACTERS"),
    ("the same file twice", "payroll", [AFTER, "again"], "DUPLICATE_FILE"),
]

# ---- a batch: header, control, order ----

BATCH = [
    ("service class 210", "payroll", [(2, 2, "210"), (6, 2, "210")], "SERVICE_CLASS"),
    ("service class of blanks", "payroll", [(2, 2, "   "), (6, 2, "   ")], "SERVICE_CLASS"),
    ("service class 280 outside ADV", "payroll", [(2, 2, "280"), (6, 2, "280")], "SERVICE_CLASS"),
    ("service class 200 in ADV", "adv", [(2, 2, "200"), (6, 2, "200")], "SERVICE_CLASS"),
    ("a control of another service class", "payroll", [(6, 2, "200")], "CONTROL_CLASS"),
    ("a blank company name", "payroll", [(2, 5, BLANK[:16])], "COMPANY_NAME"),
    ("a company name of zeros", "payroll", [(2, 5, ZERO[:16])], "COMPANY_NAME"),
    ("a blank company identification", "payroll", [(2, 41, BLANK[:10])], "COMPANY_ID"),
    ("a company identification of zeros", "payroll", [(2, 41, ZERO[:10])], "COMPANY_ID"),
    ("an unknown entry class", "payroll", [(2, 51, "PPX")], "SEC"),
    ("an entry class in small letters", "payroll", [(2, 51, "ppd")], "SEC"),
    ("no entry class", "payroll", [(2, 51, "   ")], "SEC"),
    ("a blank entry description", "payroll", [(2, 54, BLANK[:10])], "ENTRY_DESCRIPTION"),
    ("an entry description of zeros", "payroll", [(2, 54, ZERO[:10])], "ENTRY_DESCRIPTION"),
    ("no originator status", "payroll", [(2, 79, " ")], "FIELD_MANDATORY"),
    ("an originating bank with a letter", "payroll", [(2, 80, "1210428A"), (6, 80, "1210428A")], "ODFI"),
    ("no originating bank", "payroll", [(2, 80, BLANK[:8]), (6, 80, BLANK[:8])], "ODFI"),
    ("a control of another originating bank", "payroll", [(6, 80, "09100001")], "CONTROL_ODFI"),
    ("a batch header of another originating bank", "payroll", [(2, 80, "09100001")], "TRACE_ODFI"),
    ("a control of another batch number", "payroll", [(6, 88, "0000002")], "BATCH_NUMBER"),
    ("a batch number with a letter", "payroll", [(2, 88, "00000O1"), (6, 88, "00000O1")], "NOT_NUMERIC"),
    ("no batch number", "payroll", [(2, 88, BLANK[:7]), (6, 88, BLANK[:7])], "NOT_NUMERIC"),
    ("a batch's count one too many", "payroll", [AFTER, (6, 5, "000004")], "ENTRY_COUNT"),
    ("a batch's count without its addenda", "payroll", [AFTER, (10, 5, "000001")], "ENTRY_COUNT"),
    ("a batch's count of blanks", "payroll", [AFTER, (6, 5, BLANK[:6])], "NOT_NUMERIC"),
    ("a batch's hash one more", "payroll", [AFTER, (6, 11, "0041338013")], "ENTRY_HASH"),
    ("a batch's hash that took the check digits", "payroll", [AFTER, (6, 11, "0413380142")], "ENTRY_HASH"),
    ("a batch's hash of blanks", "payroll", [AFTER, (6, 11, BLANK[:10])], "NOT_NUMERIC"),
    ("a batch's debits one cent more", "payroll", [AFTER, (10, 21, "000000370000")], "DEBIT"),
    ("a batch's credits one cent more", "payroll", [AFTER, (6, 33, "000000370000")], "CREDIT"),
    ("a batch's credits in its debits' place", "payroll", [AFTER, (6, 21, "000000369999000000000000")], "DEBIT"),
    ("a batch's debits of blanks", "payroll", [AFTER, (6, 21, BLANK[:12])], "NOT_NUMERIC"),
    ("no batch header", "payroll", [("del", 2)], "ORDER"),
    ("no batch control", "payroll", [("del", 6)], "NO_BATCH_CONTROL"),
    ("no batch control in the last batch", "payroll", [("del", 10)], "NO_BATCH_CONTROL"),
    ("two batch controls", "payroll", [("dup", 6)], "ORDER"),
    ("two batch headers", "payroll", [("dup", 2)], "NO_BATCH_CONTROL"),
    ("a file header inside a batch", "payroll", [("put", 4, "101 091000019 1210428822611230915B094101")], "ORDER"),
    ("forward entries and a return in one batch", "returns", [(3, 2, "27"), ("del", 4), (3, 79, "0")], "MIXED_BATCH"),
    ("a return and a dishonored return in one batch", "returns", [(4, 4, "R67"), (4, 22, BLANK[:17] + "12104288000000132702" + BLANK[:20])],
     "MIXED_BATCH"),
    ("a batch without entries whose control says one", "payroll", [("del", 8), ("del", 8), AFTER, (8, 5, "000001")], "ENTRY_COUNT"),
]

# ---- entries ----

ENTRY = [(f"transaction code {code}", "payroll", [(2, 2, "200"), (6, 2, "200"), (3, 2, code)], "TRANSACTION_CODE")
         for code in ("00", "10", "20", "25", "30", "35", "40", "45", "50", "57", "58", "59", "60", "70", "89", "90", "99")]
ENTRY += [
    ("a transaction code with a letter", "payroll", [(3, 2, "2Z")], "TRANSACTION_CODE"),
    ("no transaction code", "payroll", [(3, 2, "  ")], "TRANSACTION_CODE"),
    ("a debit in a batch of credits", "payroll", [(3, 2, "27")], "CODE_CLASS"),
    ("a credit in a batch of debits", "payroll", [(8, 2, "22")], "CODE_CLASS"),
    ("a debit prenote in a batch of credits", "payroll", [(5, 2, "28")], "CODE_CLASS"),
    ("a zero-dollar code in PPD", "payroll", [(3, 2, "24"), (3, 30, ZERO[:10])], "CODE_SEC"),
    ("a zero-dollar debit code in PPD", "payroll", [(2, 2, "200"), (6, 2, "200"), (3, 2, "29"), (3, 30, ZERO[:10])], "CODE_SEC"),
    ("an ADV code in PPD", "payroll", [(3, 2, "81")], "CODE_SEC"),
    ("a payment code in ADV", "adv", [(3, 2, "22")], "CODE_SEC"),
    ("a loan account debited without a reversal", "payroll", [(2, 2, "200"), (6, 2, "200"), (3, 2, "55")], "DIRECTION"),
    ("a return code without its addenda", "payroll", [(3, 2, "21")], "ADDENDA_MISSING"),
    ("a debit's return code without its addenda", "payroll", [(8, 2, "26"), (8, 79, "0"), ("del", 9)], "ADDENDA_MISSING"),
    ("a wrong check digit", "payroll", [(3, 12, "8")], "CHECK_DIGIT"),
    ("a check digit with a letter", "payroll", [(3, 12, "X")], "NOT_NUMERIC"),
    ("no check digit", "payroll", [(3, 12, " ")], "NOT_NUMERIC"),
    ("two digits of a routing number swapped", "payroll", [(3, 4, "01900001")], "CHECK_DIGIT"),
    ("a routing number with a letter", "payroll", [(3, 4, "0910000A")], "NOT_NUMERIC"),
    ("a routing number that begins with 99", "payroll", [(3, 4, "991000016")], "ROUTING"),
    ("a routing number that begins with 13", "payroll", [(3, 4, "131000003")], "ROUTING"),
    ("a routing number of zeros", "payroll", [(3, 4, "000000000")], "ROUTING"),
    ("an amount with a letter", "payroll", [(3, 30, "00002500O0")], "AMOUNT"),
    ("an amount filled with blanks", "payroll", [(3, 30, "    250000")], "AMOUNT"),
    ("an amount with a point", "payroll", [(3, 30, "0002500.00")], "AMOUNT"),
    ("an amount with a sign", "payroll", [(3, 30, "-000250000")], "AMOUNT"),
    ("no amount", "payroll", [(3, 30, BLANK[:10])], "AMOUNT"),
    ("a payment of nothing", "payroll", [(3, 30, ZERO[:10])], "AMOUNT_ZERO"),
    ("a debit of nothing", "payroll", [(8, 30, ZERO[:10])], "AMOUNT_ZERO"),
    ("a prenote with money", "payroll", [(5, 30, "0000000001")], "AMOUNT_NOT_ZERO"),
    ("a debit prenote with money", "payroll", [(8, 2, "28")], "AMOUNT_NOT_ZERO"),
    ("a zero-dollar CCD entry with money", "payroll", [(7, 2, "200"), (10, 2, "200"), (8, 2, "24")], "AMOUNT_NOT_ZERO"),
    ("a trace number with a letter", "payroll", [(3, 80, "12104288000X001")], "TRACE"),
    ("no trace number", "payroll", [(3, 80, BLANK[:15])], "TRACE"),
    ("a trace number of another bank", "payroll", [(3, 80, "09100001")], "TRACE_ODFI"),
    ("the same trace number twice", "payroll", [(4, 94, "1")], "TRACE_ORDER"),
    ("trace numbers that fall", "payroll", [("swap", 3, 4)], "TRACE_ORDER"),
    ("the same entry twice", "payroll", [("dup", 3)], "TRACE_ORDER"),
]

# what a class takes: (class, base, record of its batch header, of its control, of its entry)
ONE = "payroll"


def of_class(sec, service="225", code="27", entry=()):
    """Edits that make the second batch of ok-payroll one entry of a class without addenda."""
    return [(7, 2, service), (10, 2, service), (7, 51, sec), (8, 2, code), (8, 79, "0"), ("del", 9), *entry]


CLASS = [(f"a credit in {sec}", ONE, of_class(sec, "220", "22", [(7, 54, word), (8, 30, "0000000100")]), "DIRECTION")
         for sec, word in (("TEL", "DUES      "), ("ARC", "CHECK     "), ("BOC", "CHECK     "), ("RCK", "REDEPCHECK"), ("XCK", "NO CHECK  "))]
CLASS += [(f"an addenda 05 in {sec}", ONE, [(7, 51, sec), (7, 54, word), (8, 30, "0000000100")], "ADDENDA_TYPE")
          for sec, word in (("TEL", "DUES      "), ("ARC", "CHECK     "), ("BOC", "CHECK     "), ("RCK", "REDEPCHECK"), ("XCK", "NO CHECK  "),
                            ("POP", "CHECK     "), ("TRC", "CHECK     "))]
CLASS += [
    ("a credit in POP", "terminal", [(14, 2, "220"), (16, 2, "220"), (15, 2, "22")], "DIRECTION"),
    ("a debit in CIE", "terminal", [(20, 2, "225"), (22, 2, "225"), (21, 2, "27")], "DIRECTION"),
    ("an ARC entry above 25,000 dollars", ONE, of_class("ARC", entry=[(8, 30, "0002500001")]), "AMOUNT_LIMIT"),
    ("a BOC entry above 25,000 dollars", ONE, of_class("BOC", entry=[(8, 30, "0002500001")]), "AMOUNT_LIMIT"),
    ("a POP entry above 25,000 dollars", "terminal", [(15, 30, "0002500001")], "AMOUNT_LIMIT"),
    ("an RCK entry of 2,500 dollars", ONE, of_class("RCK", entry=[(7, 54, "REDEPCHECK"), (8, 30, "0000250000")]), "AMOUNT_LIMIT"),
    ("an XCK entry of 2,500 dollars", ONE, of_class("XCK", entry=[(7, 54, "NO CHECK  "), (8, 30, "0000250000")]), "AMOUNT_LIMIT"),
    ("a TEL entry without a name", ONE, of_class("TEL", entry=[(8, 55, BLANK[:22]), (8, 77, "S ")]), "NAME_REQUIRED"),
    ("a WEB entry without a name", ONE, of_class("WEB", entry=[(8, 55, BLANK[:22]), (8, 77, "S ")]), "NAME_REQUIRED"),
    ("an MTE entry without a name", "terminal", [(11, 40, BLANK[:15])], "NAME_REQUIRED"),
    ("an MTE entry without an identification", "terminal", [(11, 55, BLANK[:22])], "ID_REQUIRED"),
    ("a CIE entry without an identification", "terminal", [(21, 55, BLANK[:22])], "ID_REQUIRED"),
    ("an ARC entry without a check serial number", ONE, of_class("ARC", entry=[(8, 40, BLANK[:15])]), "CHECK_SERIAL"),
    ("a BOC entry without a check serial number", ONE, of_class("BOC", entry=[(8, 40, BLANK[:15])]), "CHECK_SERIAL"),
    ("an RCK entry without a check serial number", ONE, of_class("RCK", entry=[(8, 40, BLANK[:15]), (8, 30, "0000000100")]), "CHECK_SERIAL"),
    ("a TRC entry without a check serial number", "terminal", [(18, 40, BLANK[:15])], "CHECK_SERIAL"),
    ("a POP entry without a check serial number", "terminal", [(15, 40, BLANK[:9])], "CHECK_SERIAL"),
    ("a POP entry without a terminal city", "terminal", [(15, 49, "    ")], "TERMINAL"),
    ("a POP entry without a terminal state", "terminal", [(15, 53, "  ")], "TERMINAL"),
    ("a POS entry of card type 04", "terminal", [(3, 77, "04")], "CARD_TYPE"),
    ("a POS entry without a card type", "terminal", [(3, 77, "  ")], "CARD_TYPE"),
    ("an SHR entry of card type 77", "terminal", [(7, 77, "77")], "CARD_TYPE"),
    ("a POS entry without its addenda", "terminal", [("del", 4), (3, 79, "0")], "ADDENDA_MISSING"),
    ("an SHR entry without its addenda", "terminal", [("del", 8), (7, 79, "0")], "ADDENDA_MISSING"),
    ("an MTE entry without its addenda", "terminal", [("del", 12), (11, 79, "0")], "ADDENDA_MISSING"),
    ("a POS entry with an addenda 05", "terminal", [(4, 1, A05 + "00010000001")], "ADDENDA_TYPE"),
    ("a POS entry with two addenda", "terminal", [("dup", 4)], "ADDENDA_COUNT"),
    ("a terminal addenda of another entry", "terminal", [(4, 94, "2")], "ADDENDA_TRACE"),
    ("a death notification with a payment code", "notices", [(3, 2, "22"), (3, 30, "0000000100")], "CODE_SEC"),
    ("a death notification with money", "notices", [(3, 30, "0000000100")], "AMOUNT_NOT_ZERO"),
    ("a death notification without its addenda", "notices", [("del", 4), (3, 79, "0")], "ADDENDA_MISSING"),
    ("a death notification with two addenda", "notices", [("put", 5, A05 + "00020000001")], "ADDENDA_COUNT"),
    ("a death notification of originator status 1", "notices", [(2, 79, "1")], "DNE"),
    ("a debit death notification", "notices", [(2, 2, "225"), (5, 2, "225"), (3, 2, "28")], "CODE_SEC"),
    ("an enrollment with a payment code", "notices", [(7, 2, "32"), (7, 30, "0000000100")], "CODE_SEC"),
    ("an enrollment with money", "notices", [(7, 30, "0000000100")], "AMOUNT_NOT_ZERO"),
    ("an enrollment that says one addenda and has two", "notices", [(7, 55, "0001")], "ADDENDA_COUNT"),
    ("an acknowledgment with a payment code", "notices", [(12, 2, "22"), (12, 30, "0000000100")], "CODE_SEC"),
    ("an acknowledgment with money", "notices", [(12, 30, "0000000100")], "AMOUNT_NOT_ZERO"),
    ("an acknowledgment with two addenda", "notices", [("put", 14, A05 + "00020000003")], "ADDENDA_COUNT"),
    ("a corporate acknowledgment that says three addenda and has two", "notices", [(17, 55, "0003")], "ADDENDA_COUNT"),
    ("a CTX entry that says two addenda and has three", "ctx", [(3, 55, "0002")], "ADDENDA_COUNT"),
    ("a CTX entry that does not say how many addenda", "ctx", [(3, 55, "    ")], "ADDENDA_COUNT"),
    ("a zero-dollar CTX entry without addenda", "ctx", [(3, 2, "24"), (3, 30, ZERO[:10]), (3, 55, "0000"), (3, 79, "0"), ("del", 4), ("del", 4),
                                                        ("del", 4)], "ADDENDA_MISSING"),
    ("a zero-dollar CCD entry without addenda", ONE, [(8, 2, "29"), (8, 30, ZERO[:10]), (8, 79, "0"), ("del", 9)], "ADDENDA_MISSING"),
]

# ---- addenda ----

ADDENDA = [
    ("an addenda indicator of 2", "payroll", [(3, 79, "2")], "ADDENDA_INDICATOR"),
    ("a blank addenda indicator", "payroll", [(3, 79, " ")], "ADDENDA_INDICATOR"),
    ("an indicator of 0 in front of an addenda", "payroll", [(8, 79, "0")], "ADDENDA_INDICATOR"),
    ("an indicator of 1 without an addenda", "payroll", [(3, 79, "1")], "ADDENDA_MISSING"),
    ("an addenda in front of its entry", "payroll", [("swap", 8, 9)], "ORDER"),
    ("an addenda behind the batch header", "payroll", [("put", 3, A05 + "00010000001")], "ORDER"),
    ("an addenda of type 02 in CCD", "payroll", [(9, 2, "02")], "ADDENDA_TYPE"),
    ("an addenda of type 10 in CCD", "payroll", [(9, 2, "10")], "ADDENDA_TYPE"),
    ("an addenda of type 77 in CCD", "payroll", [(9, 2, "77")], "ADDENDA_TYPE"),
    ("an addenda of no type in CCD", "payroll", [(9, 2, "  ")], "ADDENDA_TYPE"),
    ("an addenda sequence that begins with 2", "payroll", [(9, 84, "0002")], "ADDENDA_SEQUENCE"),
    ("an addenda sequence of zero", "payroll", [(9, 84, "0000")], "ADDENDA_SEQUENCE"),
    ("an addenda sequence of blanks", "payroll", [(9, 84, "    ")], "ADDENDA_SEQUENCE"),
    ("a gap in the addenda sequence", "ctx", [(5, 84, "0003")], "ADDENDA_SEQUENCE"),
    ("two addenda in each other's place", "ctx", [("swap", 4, 5)], "ADDENDA_SEQUENCE"),
    ("an addenda of another entry", "payroll", [(9, 88, "0000003")], "ADDENDA_TRACE"),
    ("an addenda of no entry", "payroll", [(9, 88, BLANK[:7])], "ADDENDA_TRACE"),
    ("two addenda in CCD", "payroll", [("put", 10, A05 + "00020000004")], "ADDENDA_COUNT"),
    ("two addenda in PPD", "payroll", [(7, 51, "PPD"), ("put", 10, A05 + "00020000004")], "ADDENDA_COUNT"),
    ("two addenda in WEB", "payroll", [(7, 51, "WEB"), (8, 77, "S "), ("put", 10, A05 + "00020000004")], "ADDENDA_COUNT"),
    ("a return addenda behind an addenda 05", "payroll", [(8, 2, "26"), ("put", 10, "799R01121042880000009      09100001".ljust(79) +
                                                                        "121042880000004")], "ADDENDA_COUNT"),
]

# ---- international entries ----

IAT = [(f"an international entry without addenda {i + 6}", "iat", [("del", i), (3, 13, "0006")], "IAT_ADDENDA") for i in range(4, 11)]
IAT += [(f"an international entry with two addenda {i + 6}", "iat", [("dup", i), (3, 13, "0008")], "IAT_ADDENDA") for i in range(4, 11)]
A17 = "717REMITTANCE".ljust(83)
A18 = "718CORRESPONDENT BANK".ljust(38) + "01121042882".ljust(36) + "US".ljust(9)
IAT += [
    ("international addenda out of order", "iat", [("swap", 5, 6)], "IAT_ADDENDA"),
    ("three international addenda 17", "iat", [("put", 11, A17 + f"{i:04d}0000001") for i in (3, 2, 1)] + [(3, 13, "0010")], "ADDENDA_COUNT"),
    ("six international addenda 18", "iat", [("put", 11, A18 + f"{i:04d}0000001") for i in (6, 5, 4, 3, 2, 1)] + [(3, 13, "0013")], "ADDENDA_COUNT"),
    ("a wrong sequence in addenda 17", "iat", [("put", 11, A17 + "00020000001"), (3, 13, "0008")], "ADDENDA_SEQUENCE"),
    ("a number of addenda that is one too few", "iat", [(3, 13, "0006")], "ADDENDA_COUNT"),
    ("a number of addenda of blanks", "iat", [(3, 13, "    ")], "ADDENDA_COUNT"),
    ("an addenda 05 in an international entry", "iat", [("put", 11, A05 + "00010000001"), (3, 13, "0008")], "ADDENDA_TYPE"),
    ("an international addenda of another entry", "iat", [(6, 88, "0000002")], "ADDENDA_TRACE"),
    ("an international entry with indicator 0", "iat", [(3, 79, "0")], "ADDENDA_INDICATOR"),
    ("no foreign exchange indicator", "iat", [(2, 21, "  ")], "IAT_FX"),
    ("a foreign exchange indicator VV", "iat", [(2, 21, "VV")], "IAT_FX"),
    ("no destination country", "iat", [(2, 39, "  ")], "IAT_COUNTRY"),
    ("a destination country in digits", "iat", [(2, 39, "01")], "IAT_COUNTRY"),
    ("no originator identification", "iat", [(2, 41, BLANK[:10])], "COMPANY_ID"),
    ("no originating currency", "iat", [(2, 64, "   ")], "IAT_CURRENCY"),
    ("no destination currency", "iat", [(2, 67, "   ")], "IAT_CURRENCY"),
    ("a destination currency of zeros", "iat", [(2, 67, "000")], "IAT_CURRENCY"),
    ("a purpose that does not exist", "iat", [(4, 4, "XYZ")], "IAT_TYPE"),
    ("an international payment of nothing", "iat", [(3, 30, ZERO[:10])], "AMOUNT_ZERO"),
    ("an international return with a dishonor code", "iat-back", [(11, 4, "R67")], "IAT_DISHONORED"),
    ("an international return with a contest code", "iat-back", [(11, 4, "R73")], "IAT_DISHONORED"),
    ("a refused change of an international entry", "iat-back", [(15, 4, "C62")], "IAT_DISHONORED"),
    ("an international return without addenda 13", "iat-back", [("del", 7), (3, 13, "0007")], "IAT_ADDENDA"),
    ("an international return that kept an addenda 17", "iat-back", [("put", 11, A17 + "00010000001"), (3, 13, "0009")], "ADDENDA_COUNT"),
    ]

# ---- returns, disputes, changes ----

BACK = [(f"return reason {code}", "returns", [(4, 4, code)], "RETURN_REASON")
        for code in ("R00", "R48", "R49", "R54", "R55", "R60", "R63", "R64", "R65", "R66", "R78", "R79", "R86", "R89", "R90", "R99", "X01", "   ", "R1 ")]
BACK += [(f"change code {code}", "changes", [(4, 4, code)], "CHANGE_CODE")
         for code in ("C00", "C04", "C10", "C11", "C12", "C15", "C60", "C70", "C99", "R01", "   ")]
BACK += [
    ("R62 in a file of 2014", "dishonored", [(1, 24, "140110"), (4, 4, "R62"), (4, 59, BLANK[:21])], "RETURN_REASON"),
    ("a return without the original trace", "returns", [(4, 7, BLANK[:15])], "ORIGINAL_TRACE"),
    ("a return with an original trace of zeros", "returns", [(4, 7, ZERO[:15])], "ORIGINAL_TRACE"),
    ("a return with a letter in the original trace", "returns", [(4, 7, "1210428800000A1")], "ORIGINAL_TRACE"),
    ("a return with two addenda", "returns", [("dup", 4)], "ADDENDA_COUNT"),
    ("a return with indicator 0", "returns", [(3, 79, "0")], "ADDENDA_INDICATOR"),
    ("a return without its addenda", "returns", [("del", 4), (3, 79, "0")], "ADDENDA_MISSING"),
    ("a return in a batch of changes", "changes", [(4, 1, "799R02")], "ADDENDA_TYPE"),
    ("a change in a batch of returns", "returns", [(4, 1, "798C01"), (3, 30, ZERO[:10])], "ADDENDA_TYPE"),
    ("R69 that does not say what is wrong", "dishonored", [(4, 59, BLANK[:21])], "FIELD_ERRORS"),
    ("R69 with field 08", "dishonored", [(4, 59, "08" + BLANK[:19])], "FIELD_ERRORS"),
    ("R69 with its fields joined by commas", "dishonored", [(4, 59, "01,03" + BLANK[:16])], "FIELD_ERRORS"),
    ("R73 without the day of the return", "contested", [(4, 22, BLANK[:6])], "CONTESTED_DATES"),
    ("R73 without the day of settlement", "contested", [(4, 36, "   ")], "CONTESTED_DATES"),
    ("a dishonored return of a reason that does not exist", "dishonored", [(4, 57, "99")], "RETURN_REASON"),
    ("a dishonored return of a dishonored return", "dishonored", [(4, 57, "61")], "RETURN_REASON"),
    ("a contested return of a reason that does not exist", "contested", [(4, 57, "49")], "RETURN_REASON"),
    ("a contested return of a dishonor that does not exist", "contested", [(4, 77, "66")], "RETURN_REASON"),
    ("a change with money", "changes", [(3, 30, "0000000001")], "AMOUNT_NOT_ZERO"),
    ("a change without corrected data", "changes", [(4, 36, BLANK[:29])], "CORRECTED_BLANK"),
    ("a change without the original trace", "changes", [(4, 7, BLANK[:15])], "ORIGINAL_TRACE"),
    ("a change with two addenda", "changes", [("dup", 4)], "ADDENDA_COUNT"),
    ("a change without its addenda", "changes", [("del", 4), (3, 79, "0")], "ADDENDA_MISSING"),
    ("a change with a payment code", "changes", [(3, 2, "22")], "CODE_SEC"),
    ("a change with a prenote code", "changes", [(3, 2, "23")], "CODE_SEC"),
    ("a forward entry in a batch of changes", "changes", [("del", 4), (3, 2, "22"), (3, 79, "0"), (3, 30, "0000000100")], "ADDENDA_MISSING"),
    ("a refused change without the change code", "refused", [(4, 65, "   ")], "REFUSED_FIELDS"),
    ("a refused change of a refused change", "refused", [(4, 65, "C61")], "REFUSED_FIELDS"),
    ("a refused change without the sequence number", "refused", [(4, 68, BLANK[:7])], "REFUSED_FIELDS"),
]

# ---- advices of the operator ----

ADV = [
    ("an advice with an addenda 05", "adv", [(3, 79, "1"), ("put", 4, A05 + "00010270001")], "ADDENDA_TYPE"),
    ("an advice with a wrong check digit", "adv", [(3, 12, "8")], "CHECK_DIGIT"),
    ("an advice whose amount is no number", "adv", [(3, 28, "12345678901X")], "AMOUNT"),
    ("an advice's batch with credits one cent more", "adv", [AFTER, (6, 41, "00000000123456789014")], "CREDIT"),
    ("an advice's file with debits one cent more", "adv", [AFTER, (7, 32, "00000000005000000001")], "FILE_DEBIT"),
    ("an advice's batch with a wrong hash", "adv", [AFTER, (6, 11, "0000000001")], "ENTRY_HASH"),
]

# ---- what the rules do not let an operator reject, or real files do every day: told, but no error ----

WARNED = [
    ("priority code 02", "payroll", [(1, 2, "02")], "PRIORITY"),
    ("a destination with a wrong check digit", "payroll", [(1, 4, " 091000018")], "DESTINATION_DIGIT"),
    ("a destination in letters", "payroll", [(1, 4, " FIRSTBANK")], "DESTINATION_DIGIT"),
    ("a creation time of 24:60", "payroll", [(1, 30, "2460")], "CREATION_TIME"),
    ("originator status 7", "payroll", [(2, 79, "7")], "ORIGINATOR_STATUS"),
    ("originator status 0 outside ADV", "payroll", [(2, 79, "0")], "ORIGINATOR_STATUS"),
    ("originator status 1 in ADV", "adv", [(2, 79, "1")], "ORIGINATOR_STATUS"),
    ("no effective entry date", "payroll", [(2, 70, BLANK[:6])], "EFFECTIVE_DATE"),
    ("an effective entry date of 31 November", "payroll", [(2, 70, "261131")], "EFFECTIVE_DATE"),
    ("an enrollment with an effective entry date", "notices", [(6, 70, "261124")], "EFFECTIVE_DATE"),
    ("settlement day 367", "payroll", [(2, 76, "367")], "SETTLEMENT_DATE"),
    ("settlement day 12A", "payroll", [(2, 76, "12A")], "SETTLEMENT_DATE"),
    ("wages that do not say PAYROLL", "payroll", [(2, 54, "SALARY    ")], "PAYROLL_DESCRIPTION"),
    ("a reversal in small letters", "payroll", [(2, 54, "Reversal  ")], "DESCRIPTION_CASE"),
    ("an enrollment that does not say AUTOENROLL", "notices", [(6, 54, "ENROLLMENT")], "DESCRIPTION_SEC"),
    ("PPD that says REDEPCHECK", "payroll", [(2, 54, "REDEPCHECK")], "DESCRIPTION_SEC"),
    ("CTX that says HCCLAIMPMT", "ctx", [(2, 54, "HCCLAIMPMT")], "DESCRIPTION_SEC"),
    ("a batch number that comes twice", "payroll", [(7, 88, "0000001"), (10, 88, "0000001")], "BATCH_ORDER"),
    ("a control of another company", "payroll", [(6, 45, "9999999999")], "CONTROL_COMPANY_ID"),
    ("a batch without entries", "payroll", [("del", 8), ("del", 8)], "EMPTY_BATCH"),
    ("text in the reserved positions of a batch control", "payroll", [(6, 74, "X")], "RESERVED"),
    ("text in the reserved positions of the file control", "payroll", [(11, 90, "X")], "RESERVED"),
    ("text in the reserved positions of a change", "changes", [(4, 22, "261123")], "RESERVED"),
    ("a date of death in R01", "returns", [(4, 22, "261101")], "RESERVED"),
    ("no fill", "payroll", [AFTER, ("del", 20)], "PADDING"),
    ("a block of fill too many", "payroll", [AFTER, (11, 8, "000003")] + [("dup", 20)] * 10, "PADDING"),
    ("no account", "payroll", [(3, 13, BLANK[:17])], "ACCOUNT"),
    ("an account behind blanks", "payroll", [(3, 13, "   1000200030")], "JUSTIFIED"),
    ("no name in PPD", "payroll", [(3, 55, BLANK[:22])], "NAME"),
    ("a WEB debit without payment type", "payroll", [(7, 51, "WEB")], "PAYMENT_TYPE"),
    ("a terminal entry of day 1332", "terminal", [(4, 26, "1332")], "TRANSACTION_DATE"),
    ("a terminal entry without its terminal", "terminal", [(4, 14, BLANK[:6])], "FIELD_MISSING"),
    ("a card that expires in month 13", "terminal", [(7, 40, "1328")], "FIELD_FORM"),
    ("a micro-entry of a dollar", "payroll", [(2, 54, "ACCTVERIFY"), (3, 30, "0000000100")], "MICRO_ENTRY"),
    ("a foreign amount with a point", "iat", [(4, 7, "0000000000001370.0")], "FIELD_FORM"),
    ("a screening indicator of 7", "iat", [(3, 77, "7")], "FIELD_FORM"),
    ("an address without its asterisk", "iat", [(6, 4, "SPRINGFIELD IL ")], "IAT_ADDRESS"),
    ("a bank's qualifier 04", "iat", [(8, 39, "04")], "IAT_QUALIFIER"),
    ("an exchange rate that is not there", "iat", [(2, 23, "1")], "IAT_FX_REFERENCE"),
    ("an international return without its original amount", "iat-back", [(11, 36, BLANK[:10])], "FIELD_MISSING"),
    ("an R05 on PPD", "returns", [(4, 4, "R05")], "RETURN_REASON_SEC"),
    ("an R01 on a credit", "returns", [(10, 4, "R01")], "RETURN_REASON_SIDE"),
    ("an R14 without a date of death", "returns", [(6, 22, BLANK[:6])], "DATE_OF_DEATH"),
    ("a return whose addenda has another trace", "returns", [(4, 94, "9")], "RETURN_TRACE"),
    ("a change whose addenda has another trace", "changes", [(4, 94, "9")], "RETURN_TRACE"),
    ("a return with a forward transaction code", "returns", [(3, 2, "27")], "RETURN_CODE"),
    ("a return without the original bank", "returns", [(4, 28, BLANK[:8])], "ORIGINAL_RDFI"),
    ("a return whose original bank has a letter", "returns", [(4, 28, "0910000A")], "ORIGINAL_RDFI"),
    ("an R01 two weeks after the entry", "returns", [(1, 24, "261210")], "RETURN_LATE"),
    ("a dishonored return that does not name the return", "dishonored", [(4, 39, BLANK[:15])], "DISPUTE_FIELDS"),
    ("a dishonored return a month after the return", "dishonored", [(1, 24, "261230")], "DISPUTE_LATE"),
    ("an R74 that answers a dishonor R61", "contested", [(4, 4, "R74"), (4, 77, "61")], "DISPUTE_PAIR"),
    ("a C08 outside IAT", "changes", [(4, 4, "C08")], "CHANGE_IAT"),
    ("a C02 whose check digit is wrong", "changes", [(4, 4, "C02"), (4, 36, "091000018" + BLANK[:20])], "CORRECTED_DATA"),
    ("a C14 that does not say IAT", "changes", [(4, 4, "C14"), (4, 36, "PPD" + BLANK[:26])], "CORRECTED_DATA"),
    ("a C05 with a code that is not assigned", "changes", [(4, 4, "C05"), (4, 36, "25" + BLANK[:27])], "CORRECTED_DATA"),
]

ALL = FILE + BATCH + ENTRY + CLASS + ADDENDA + IAT + BACK + ADV

# Codes come and go with the rules' books: (sentence, base, edits, code, first day it is told, first day it is not).  None: never.
DAYS = [
    ("R62", "dishonored", [(4, 4, "R62"), (4, 59, BLANK[:21])], "RETURN_REASON", "150319", "150320"),
    ("R77", "contested", [(4, 4, "R77"), (4, 77, "62")], "RETURN_REASON", "150319", "150320"),
    ("R90", "returns", [(4, 4, "R90")], "RETURN_REASON", "280316", "280317"),
    ("R11 of a PPD debit", "returns", [(4, 4, "R11")], "RETURN_REASON_SEC", "200331", "200401"),
    ("C04", "changes", [(4, 4, "C04")], "CHANGE_CODE", "150320", "150319"),
    ("Payroll in small letters", "payroll", [(2, 54, "Payroll   ")], "DESCRIPTION_CASE", "260320", "260319"),
    ("Purchase in small letters", "payroll", [(7, 51, "WEB"), (8, 77, "S "), (7, 54, "Purchase  ")], "DESCRIPTION_CASE", "260320", "260319"),
    ("a micro-entry's word in small letters", "payroll", [(2, 54, "AcctVerify")], "DESCRIPTION_CASE", "220916", "220915"),
]


# ---- every class, transaction code and service class ----

WORDS = {"RCK": "REDEPCHECK", "XCK": "NO CHECK", "ENR": "AUTOENROLL"}
MIDDLE = {"MTE": f"{'ADA LOVELACE':15}{'E-1':22}", "CIE": f"{'ADA LOVELACE':15}{'E-1':22}", "POP": f"{'778':9}SPRIIL{'ADA LOVELACE':22}",
          "SHR": f"1228{'DOC00000001':11}{'4111':22}", "TRC": f"{'779':15}PC1234{'ITEM 1':16}", "XCK": f"{'779':15}PC1234{'ITEM 1':16}"}
COUNTED = ("CTX", "ENR", "TRX", "ATX")
TRACE = "121042880000001"


def addenda_of(sec, code):
    """What an entry of a class and code must have behind it."""
    if sec == "COR":
        return [f"798C01121042880000031      09100001{'12345':29}{'':15}{TRACE}"]
    if code[1] in "16":
        return [f"799R02121042880000031      09100001{'':44}{TRACE}"]
    if sec in ("POS", "SHR", "MTE"):
        return [f"702{'REF':7}{'AB':3}{'TERM':6}{'SER':6}1123{'AUTH':6}{'1 MAIN STREET':27}{'SPRINGFIELD':15}IL{TRACE}"]
    if sec == "DNE" or (code[1] in "49" and sec not in ("TEL", "ARC", "BOC", "POP", "RCK", "XCK", "TRC")):
        return [f"705{'TEXT':80}00010000001"]
    return []


def one_entry(sec, code, service):
    """A file of one entry that is right in everything but, maybe, that its class has no such code."""
    more = addenda_of(sec, code)
    cents = 0 if code[1] in "3489" or sec in ("COR", "DNE", "ENR", "ACK", "ATX") else 100
    middle = MIDDLE.get(sec, f"{'E-1':15}{'ADA LOVELACE':22}")
    if sec in COUNTED:
        middle = f"{'E-1':15}{len(more):04d}{'ADA LOVELACE':16}  "
    tail = {"WEB": "S ", "TEL": "S ", "POS": "01", "SHR": "01"}.get(sec, "  ")
    lines = [f"101 091000019 1210428822611230915A094101{'FIRST TEST BANK':23}{'TALLY TEST CO':23}{'':8}",
             f"5{service}{'TALLY TEST CO':16}{'':20}1234567890{sec}{WORDS.get(sec, 'TRADE'):10}{'':6}{'' if sec == 'ENR' else '261124':6}   "
             f"{'2' if sec == 'DNE' else '1'}121042880000001",
             f"6{code}091000019{'1000200030':17}{cents:010d}{middle:37}{tail}{1 if more else 0}{TRACE}", *more,
             f"8{service}{'':40}1234567890{'':25}121042880000001", "9".ljust(94)]
    return "".join(x + "\n" for x in agree(lines)).encode("ascii")
