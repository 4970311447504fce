/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nacha_rules - every finding of the NACHA module, a row each
 *
 * RULE(id, severity, least, level, return code, title, action, source)
 *   severity    what it is unless the channel says otherwise (option NACHA_<id>=error|warning|note|off)
 *   least       how low the channel may set it: where bytes are not read or cannot be proved, never off
 *   level       what the operator rejects (App. Two): FILE, BATCH, ENTRY with its return code; NONE: no edit of his
 *   action      what a clerk does about it: the text of `tallygate explain NACHA_<id>`
 * From these rows come enum nacha_code, nacha_findings[] and nacha_levels[], so the three cannot differ.
 */
#pragma once

#define NACHA_RULES(RULE) \
	/* the file as bytes and lines */ \
	RULE(EMPTY, ERROR, ERROR, FILE, "", \
		"the file is empty", \
		"Ask the sender whether a file was due; \"no entries\" is a file with header and control", \
		"Nacha Operating Rules 2013, App. One") \
	RULE(BOM, WARNING, OFF, NONE, "", \
		"the file begins with a Unicode byte order mark", \
		"Read without it; ask the sender to write plain ASCII", \
		"Nacha Operating Rules 2013, App. One, record format") \
	RULE(NO_SEPARATORS, NOTE, OFF, NONE, "", \
		"records follow each other without line ends", \
		"Nothing; the rules allow it", \
		"Nacha Operating Rules 2013, App. One, record format") \
	RULE(LINE_SHORT, WARNING, OFF, NONE, "", \
		"a record is shorter than 94 characters; its trailing blanks were cut", \
		"Read as if filled with blanks; ask the sender to keep all 94 characters", \
		"Nacha Operating Rules 2013, App. One, record format") \
	RULE(LINE_LONG, WARNING, OFF, NONE, "", \
		"a record is longer than 94 characters; the rest is blank", \
		"Read without the rest; ask the sender to write 94 characters", \
		"Nacha Operating Rules 2013, App. One, record format") \
	RULE(LINE_OVERFLOW, ERROR, WARNING, NONE, "", \
		"a record is longer than 94 characters and the rest is not blank", \
		"The text behind position 94 is not read: compare the line with the sender's original", \
		"Nacha Operating Rules 2013, App. One, record format") \
	RULE(BLANK_LINE, NOTE, OFF, NONE, "", \
		"there are blank lines in the file", \
		"Nothing; they are skipped", \
		"Nacha Operating Rules 2013, App. One, record format") \
	RULE(CHARACTERS, ERROR, OFF, BATCH, "", \
		"a record holds a character that is not printable ASCII", \
		"Ask the sender for a file in plain ASCII; the operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(PADDING, WARNING, OFF, NONE, "", \
		"the last block is not filled with records of nines", \
		"Nothing is lost; ask the sender to fill the last block of ten records", \
		"Nacha Operating Rules 2013, App. One, blocking") \
	RULE(SEVERAL_FILES, WARNING, OFF, NONE, "", \
		"several files follow each other in one", \
		"Each is read with its own header and control; ask the sender for one file at a time", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(DUPLICATE_FILE, ERROR, OFF, FILE, "", \
		"a file with the same origin, creation date, time and modifier stands in the file already", \
		"One of the two was sent twice: take neither before the sender says which is meant", \
		"Nacha Operating Rules 2013, App. Two 2.3, duplicate file") \
	RULE(AFTER_TRAILER, ERROR, WARNING, FILE, "", \
		"there is a record behind the file control record", \
		"It is not read as an entry: ask the sender whether the file was put together wrongly", \
		"Nacha Operating Rules 2013, App. Two 2.3, record sequence") \
	RULE(RECORD_TYPE, ERROR, WARNING, FILE, "", \
		"a record has a type that the format does not know", \
		"The line is not read; the operator rejects the file", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(RESERVED, WARNING, OFF, NONE, "", \
		"a reserved field is not blank", \
		"What stands there is not read; ask the sender whether the record has slipped by some positions", \
		"Nacha Operating Rules 2013, App. Three, reserved fields") \
	RULE(FIELD_FORM, WARNING, OFF, NONE, "", \
		"a field has not the form that the rules give it", \
		"Read as it stands; ask the sender, the receiving bank may not understand it", \
		"Nacha Operating Rules 2013, App. Three") \
	RULE(FIELD_MANDATORY, ERROR, OFF, BATCH, "", \
		"a mandatory field is blank", \
		"The operator rejects the batch: ask the sender to fill the field", \
		"Nacha Operating Rules 2013, App. Three, inclusion requirements") \
	RULE(ORDER, ERROR, WARNING, FILE, "", \
		"a record stands where it may not", \
		"The operator rejects the file; ask the sender for a corrected one", \
		"Nacha Operating Rules 2013, App. Two 2.3, record sequence") \
	/* file header and control */ \
	RULE(NO_FILE_HEADER, ERROR, WARNING, FILE, "", \
		"the file header record (type 1) is missing", \
		"The file may be cut at its front: ask for it again", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(NO_FILE_CONTROL, ERROR, WARNING, FILE, "", \
		"the file control record (type 9) is missing", \
		"The file may be cut short: ask for it again before anything is taken from it", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(PRIORITY, WARNING, OFF, NONE, "", \
		"the priority code is not 01", \
		"Nothing; the field is not checked by the operator", \
		"Nacha Operating Rules 2013, App. Three, file header") \
	RULE(DESTINATION, ERROR, OFF, FILE, "", \
		"the immediate destination is empty", \
		"The operator cannot route the file: ask the sender for a corrected one", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(DESTINATION_DIGIT, WARNING, OFF, NONE, "", \
		"the immediate destination is not a routing number with a right check digit", \
		"Compare it with the receiving point you agreed on", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(DESTINATION_UNKNOWN, ERROR, OFF, FILE, "", \
		"the immediate destination is none of those that the channel's option names", \
		"The file is for somebody else, or the option destinations lacks a number: ask the sender", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(ORIGIN, ERROR, OFF, FILE, "", \
		"the immediate origin is empty", \
		"The operator does not know the sender: ask for a corrected file", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(ORIGIN_UNKNOWN, ERROR, OFF, FILE, "", \
		"the immediate origin is none of those that the channel's option names", \
		"The file is of somebody else, or the option origins lacks a number: ask the sender", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(CREATION_DATE, ERROR, OFF, FILE, "", \
		"the file creation date is not a date", \
		"The date is part of the file's identity; ask the sender for a corrected file", \
		"Nacha Operating Rules 2013, App. Three, file header; App. Two 2.3") \
	RULE(CREATION_TIME, WARNING, OFF, NONE, "", \
		"the file creation time is not a time of day", \
		"Nothing; the time is optional", \
		"Nacha Operating Rules 2013, App. Three, file header") \
	RULE(FILE_ID, ERROR, OFF, FILE, "", \
		"the file ID modifier is not a capital letter or a digit", \
		"The operator rejects the file: ask for a corrected one", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(RECORD_SIZE, ERROR, OFF, FILE, "", \
		"the record size is not 094", \
		"The operator rejects the file", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(BLOCKING, ERROR, OFF, FILE, "", \
		"the blocking factor is not 10", \
		"The operator rejects the file", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(FORMAT_CODE, ERROR, OFF, FILE, "", \
		"the format code is not 1", \
		"The operator rejects the file", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(BATCH_COUNT, ERROR, OFF, FILE, "", \
		"the batch count of the file control is not the number of batches", \
		"A batch may be missing: ask the sender for the file again", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(BLOCK_COUNT, ERROR, OFF, FILE, "", \
		"the block count of the file control is not the number of blocks", \
		"Lines may be missing: ask the sender for the file again", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(FILE_ENTRY_COUNT, ERROR, OFF, FILE, "", \
		"the file control's entry and addenda count is not what was read", \
		"Lines may be missing: ask the sender for the file again", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(FILE_ENTRY_HASH, ERROR, OFF, FILE, "", \
		"the file control's entry hash is not the sum of the routing numbers", \
		"Routing numbers may have been changed on the way: ask the sender", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(FILE_DEBIT, ERROR, OFF, FILE, "", \
		"the file control's debit total is not the sum of the debits", \
		"Do not take amounts from this file: ask the sender", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	RULE(FILE_CREDIT, ERROR, OFF, FILE, "", \
		"the file control's credit total is not the sum of the credits", \
		"Do not take amounts from this file: ask the sender", \
		"Nacha Operating Rules 2013, App. Two 2.3") \
	/* batch header and control */ \
	RULE(NO_BATCH_CONTROL, ERROR, WARNING, BATCH, "", \
		"the batch control record (type 8) is missing", \
		"The batch cannot be proved: ask the sender for the file again", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(SERVICE_CLASS, ERROR, OFF, BATCH, "", \
		"the service class code is not 200, 220, 225 or 280", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(COMPANY_NAME, ERROR, OFF, BATCH, "", \
		"the company name is all blanks or zeros", \
		"The operator rejects the batch: ask the sender to fill it", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(COMPANY_ID, ERROR, OFF, BATCH, "", \
		"the company identification is all blanks or zeros", \
		"The operator rejects the batch: ask the sender to fill it", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(SEC, ERROR, OFF, BATCH, "", \
		"the standard entry class code is not known", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(ENTRY_DESCRIPTION, ERROR, OFF, BATCH, "", \
		"the company entry description is all blanks or zeros", \
		"The operator rejects the batch: ask the sender to fill it", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(DESCRIPTION_CASE, WARNING, OFF, NONE, "", \
		"a code word in the entry description is not in upper case", \
		"Ask the sender to write REVERSAL, RETRY PYMT and the like in capitals", \
		"Nacha Operating Rules 2013, App. Three, company entry description") \
	RULE(DESCRIPTION_SEC, WARNING, OFF, NONE, "", \
		"the entry description is not the word this entry class must have, or that of another class", \
		"Ask the sender to write the word of the rules", \
		"Nacha Operating Rules 2013, App. Three, company entry description") \
	RULE(EFFECTIVE_DATE, WARNING, OFF, NONE, "", \
		"the effective entry date is blank or not a date, or filled where it must be blank (enrollments)", \
		"The operator puts in the next banking day; make sure that this is meant", \
		"Nacha Operating Rules 2013, Glossary, effective entry date") \
	RULE(EFFECTIVE_RANGE, NOTE, OFF, ENTRY, "R18", \
		"the effective entry date is before the file's day, or further ahead than the operator takes", \
		"An earlier date settles at the next chance; a later one than two banking days for credits, one for debits, comes " \
		"back as R18 unless your bank keeps the file until its day: ask it", \
		"Nacha Operating Rules 2013, App. Two 2.5, R18") \
	RULE(SETTLEMENT_DATE, WARNING, OFF, NONE, "", \
		"the settlement date is no day of the year", \
		"The operator fills it; it should be blank or 001 to 366. Take the day from the bank's statement", \
		"Nacha Operating Rules 2013, App. Three, batch header") \
	RULE(ORIGINATOR_STATUS, WARNING, OFF, NONE, "", \
		"the originator status code is not 1 or 2, or for advices (ADV) not 0", \
		"Nothing to do here; tell the sender", \
		"Nacha Operating Rules 2013, App. Three, batch header") \
	RULE(ODFI, ERROR, OFF, BATCH, "", \
		"the originating bank's identification is not 8 digits", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(ODFI_UNKNOWN, ERROR, OFF, BATCH, "", \
		"the originating bank is none of those that the channel's option names", \
		"The batch is of another bank, or the option odfis lacks a number: ask the sender", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(NOT_NUMERIC, ERROR, OFF, BATCH, "", \
		"a field that must be a number holds something else", \
		"The record cannot be proved: ask the sender for a corrected file", \
		"Nacha Operating Rules 2013, App. Two 2.3 and 2.4") \
	RULE(CONTROL_CLASS, ERROR, OFF, BATCH, "", \
		"the service class code of the batch control differs from the header's", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(CONTROL_COMPANY_ID, WARNING, OFF, NONE, "", \
		"the company identification of the batch control differs from the header's", \
		"The operator does not check it; tell the sender", \
		"Nacha Operating Rules 2013, App. Three, batch control") \
	RULE(CONTROL_ODFI, ERROR, OFF, BATCH, "", \
		"the originating bank of the batch control differs from the header's", \
		"Header and control may be of two batches: ask the sender", \
		"Nacha Operating Rules 2013, App. Three, batch control") \
	RULE(BATCH_NUMBER, ERROR, OFF, BATCH, "", \
		"the batch number of the batch control differs from the header's", \
		"Header and control may be of two batches: ask the sender", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(BATCH_ORDER, WARNING, OFF, NONE, "", \
		"the batch number is not above that of the batch before it", \
		"A return names its batch by that number: verify that no batch stands there twice, and tell the sender", \
		"Nacha Operating Rules 2013, App. Three, batch number") \
	RULE(ENTRY_COUNT, ERROR, OFF, BATCH, "", \
		"the batch control's entry and addenda count is not what was read", \
		"Lines may be missing: ask the sender for the file again", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(ENTRY_HASH, ERROR, OFF, BATCH, "", \
		"the batch control's entry hash is not the sum of the routing numbers", \
		"Routing numbers may have been changed on the way: ask the sender", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(DEBIT, ERROR, OFF, BATCH, "", \
		"the batch control's debit total is not the sum of the debits", \
		"Do not take amounts from this batch: ask the sender", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(CREDIT, ERROR, OFF, BATCH, "", \
		"the batch control's credit total is not the sum of the credits", \
		"Do not take amounts from this batch: ask the sender", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(EMPTY_BATCH, WARNING, OFF, NONE, "", \
		"a batch has no entries", \
		"Ask the sender whether entries were due", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(MIXED_BATCH, ERROR, OFF, BATCH, "", \
		"one batch holds forward entries and returns, or returns of several kinds", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(PAYROLL_DESCRIPTION, WARNING, OFF, NONE, "", \
		"a wage credit does not say PAYROLL in its entry description", \
		"Since 20 March 2026 the first seven characters must be PAYROLL; ask the sender", \
		"nacha.org, Company Entry Descriptions rule") \
	RULE(MICRO_ENTRY, WARNING, OFF, NONE, "", \
		"a micro-entry breaks a limit of its rule", \
		"Credits must be below one dollar, and all debits together not more than all credits", \
		"nacha.org, Micro-Entries rule") \
	RULE(SAME_DAY_LIMIT, WARNING, OFF, NONE, "", \
		"an entry meant for the same day is above the limit of its day", \
		"It will settle the next banking day or be rejected; split it or send it earlier", \
		"frbservices.org, Same Day ACH") \
	RULE(SAME_DAY_CLASS, WARNING, OFF, NONE, "", \
		"a batch meant for the same day cannot settle then: its class is not taken there, or it is dated later", \
		"It will settle the next banking day or be rejected; send it without the same-day mark", \
		"frbservices.org, Same Day ACH") \
	RULE(IAT_FX, ERROR, OFF, BATCH, "", \
		"the foreign exchange indicator is not FV, VF or FF", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4, IAT") \
	RULE(IAT_FX_REFERENCE, WARNING, OFF, NONE, "", \
		"the foreign exchange reference and its indicator do not agree", \
		"The indicator is 1 for a rate, 2 for a reference number, 3 for none: ask the sender", \
		"Nacha Operating Rules 2013, App. Three, IAT batch header") \
	RULE(IAT_COUNTRY, ERROR, OFF, BATCH, "", \
		"the destination country is missing or is not two letters", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4, IAT") \
	RULE(IAT_CURRENCY, ERROR, OFF, BATCH, "", \
		"the originating or the destination currency is missing or is not three letters", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4, IAT") \
	/* entries */ \
	RULE(TRANSACTION_CODE, ERROR, WARNING, BATCH, "", \
		"the transaction code is not assigned by the rules", \
		"The operator rejects the batch; the direction of the amount is unsure", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(CODE_CLASS, ERROR, OFF, BATCH, "", \
		"the transaction code does not agree with the service class of its batch", \
		"A credit stands in a batch of debits or the other way round; the operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(CODE_SEC, ERROR, OFF, BATCH, "", \
		"the transaction code is not allowed in this entry class", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(DIRECTION, ERROR, OFF, ENTRY, "R35 R36", \
		"the entry class does not allow this direction", \
		"The entry comes back as R35 (debit) or R36 (credit)", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(ROUTING, ERROR, OFF, ENTRY, "R13", \
		"no bank can have this routing number: its first digits are not assigned, or it is all zeros", \
		"The entry comes back as R13; ask the payee for the number", \
		"ABA routing number policy") \
	RULE(CHECK_DIGIT, ERROR, OFF, ENTRY, "R28", \
		"the routing number's check digit is wrong", \
		"The entry comes back as R28; ask the payee for the number", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(ACCOUNT, WARNING, OFF, NONE, "", \
		"the account number is blank", \
		"The receiving bank will return it as R04; ask the payee", \
		"Nacha Operating Rules 2013, App. Three, entry detail") \
	RULE(JUSTIFIED, WARNING, OFF, NONE, "", \
		"the account number begins with blanks", \
		"It should stand at the left of its field; the receiving bank may not find the account (R04)", \
		"Nacha Operating Rules 2013, App. Three, alphameric fields") \
	RULE(AMOUNT, ERROR, WARNING, ENTRY, "R19", \
		"the amount is not a number", \
		"The entry comes back as R19", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(AMOUNT_ZERO, ERROR, OFF, ENTRY, "R19", \
		"the amount is zero on an entry that must carry money", \
		"The entry comes back as R19", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(AMOUNT_NOT_ZERO, ERROR, OFF, ENTRY, "R19", \
		"the amount is not zero on an entry that must not carry money", \
		"The entry comes back as R19: prenotes, zero-dollar entries and changes carry none", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(AMOUNT_LIMIT, ERROR, OFF, ENTRY, "R19", \
		"the amount is above the limit of its entry class", \
		"The entry comes back as R19", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(NAME, WARNING, OFF, NONE, "", \
		"the receiver's name is blank", \
		"The receiving bank may return it; ask the sender", \
		"Nacha Operating Rules 2013, App. Three, entry detail") \
	RULE(NAME_REQUIRED, ERROR, OFF, ENTRY, "R26", \
		"the receiver's name is blank where the operator asks for it", \
		"The entry comes back as R26", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(ID_REQUIRED, ERROR, OFF, ENTRY, "R26", \
		"the individual identification is blank where the operator asks for it", \
		"The entry comes back as R26", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(CHECK_SERIAL, ERROR, OFF, ENTRY, "R26", \
		"the check serial number is blank", \
		"The entry comes back as R26", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(TERMINAL, ERROR, OFF, ENTRY, "R26", \
		"the terminal city or state is blank", \
		"The entry comes back as R26", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(CARD_TYPE, ERROR, OFF, ENTRY, "R26", \
		"the card transaction type is not known", \
		"The entry comes back as R26", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(PAYMENT_TYPE, WARNING, OFF, NONE, "", \
		"the payment type code is not R (recurring) or S (single)", \
		"The operator does not reject it; ask the sender", \
		"Nacha Operating Rules 2013, App. Three, payment type code") \
	RULE(TRANSACTION_DATE, WARNING, OFF, NONE, "", \
		"the transaction date of a terminal entry is no month and day", \
		"Nothing to do here; tell the sender", \
		"Nacha Operating Rules 2013, App. Three, addenda 02") \
	RULE(TRACE, ERROR, OFF, BATCH, "", \
		"the trace number is not 15 digits", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(TRACE_CUT, WARNING, OFF, NONE, "", \
		"the trace number is cut short at the line's end", \
		"Read as it is; a return may name the whole number. Ask the sender to keep all 94 characters", \
		"Nacha Operating Rules 2013, App. One, record format") \
	RULE(TRACE_ORDER, ERROR, OFF, BATCH, "", \
		"trace numbers do not ascend inside the batch", \
		"An entry may stand there twice; the operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(TRACE_ODFI, ERROR, OFF, BATCH, "", \
		"the trace number does not begin with the originating bank of its batch", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	RULE(SUM, ERROR, WARNING, NONE, "", \
		"a total is too large to be added up", \
		"The file is broken; ask the sender", \
		"Nacha Operating Rules 2013, App. Three, field widths") \
	/* addenda */ \
	RULE(ADDENDA_INDICATOR, ERROR, OFF, ENTRY, "R25", \
		"the addenda record indicator does not agree with what follows", \
		"The entry comes back as R25", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(ADDENDA_MISSING, ERROR, OFF, ENTRY, "R25", \
		"an addenda record that must be there is missing", \
		"The entry comes back as R25", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(ADDENDA_TYPE, ERROR, OFF, ENTRY, "R25", \
		"the addenda type is not allowed here", \
		"The entry comes back as R25", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(ADDENDA_COUNT, ERROR, OFF, ENTRY, "R25", \
		"the number of addenda records is wrong", \
		"The entry comes back as R25", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(ADDENDA_SEQUENCE, ERROR, OFF, ENTRY, "R25", \
		"addenda sequence numbers do not run from 1 upwards", \
		"The entry comes back as R25", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(ADDENDA_TRACE, ERROR, OFF, ENTRY, "R27", \
		"an addenda record names another entry than the one before it", \
		"The entry comes back as R27; an addenda may belong elsewhere", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(FIELD_MISSING, WARNING, OFF, NONE, "", \
		"a required field is blank", \
		"The operator does not reject it, the receiving bank may", \
		"Nacha Operating Rules 2013, App. Three, inclusion requirements") \
	RULE(IAT_ADDENDA, ERROR, OFF, ENTRY, "R25", \
		"the addenda records 10 to 16 of an international entry are not there once each and in order", \
		"The entry comes back as R25", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(IAT_ADDRESS, WARNING, OFF, NONE, "", \
		"a city or country field is not written as the rules want: parts divided by * and ended by a backslash", \
		"Sanctions screening may fail on it; tell the sender", \
		"Nacha Operating Rules 2013, App. Three, IAT addenda 12 and 16") \
	RULE(IAT_TYPE, ERROR, OFF, NONE, "", \
		"the transaction type code of an international entry is not known", \
		"The gateway cannot tell the purpose of the payment: ask the sender", \
		"Nacha Operating Rules 2013, App. Three, IAT addenda 10") \
	RULE(IAT_QUALIFIER, WARNING, OFF, NONE, "", \
		"a bank's identification qualifier is not 01 (national), 02 (BIC) or 03 (IBAN)", \
		"The gateway cannot tell how the bank is named: ask the sender", \
		"Nacha Operating Rules 2013, App. Three, IAT addenda 13, 14 and 18") \
	RULE(DNE, ERROR, OFF, BATCH, "", \
		"a death notification must be a prenote code with status 2", \
		"The operator rejects the batch", \
		"Nacha Operating Rules 2013, App. Two 2.4") \
	/* returns and changes */ \
	RULE(RETURN_REASON, ERROR, OFF, ENTRY, "R26", \
		"the return reason code, or that of the return it disputes, is not assigned or not valid on the file's day", \
		"The return comes back as R26; ask the bank what is meant", \
		"Nacha Operating Rules 2013, App. Two 2.5; App. Four") \
	RULE(RETURN_REASON_SEC, WARNING, OFF, NONE, "", \
		"the return reason is not meant for this entry class", \
		"Take the return; dispute it with your bank if the right of return is in question", \
		"Nacha Operating Rules 2013, App. Four 4.2") \
	RULE(RETURN_REASON_SIDE, WARNING, OFF, NONE, "", \
		"the return reason is not meant for this direction", \
		"Take the return; dispute it with your bank if need be", \
		"Nacha Operating Rules 2013, App. Four 4.2") \
	RULE(RETURN_LATE, WARNING, OFF, NONE, "", \
		"the return came later than its reason allows, counted from the effective entry date of its batch", \
		"Take it, and ask your bank at once: it may dishonor the return (R68) within five banking days", \
		"Nacha Operating Rules 2013, App. Four 4.2, time frames") \
	RULE(DISPUTE_LATE, WARNING, OFF, NONE, "", \
		"a dishonored or contested return came later than the rules allow", \
		"A dishonor has five banking days from the settlement of the return, a contest two from that of the dishonor: ask your bank", \
		"Nacha Operating Rules 2013, App. Four 4.3 and 4.4") \
	RULE(DISPUTE_PAIR, WARNING, OFF, NONE, "", \
		"the reason does not answer the one that it disputes", \
		"R73 answers R68, R74 and R76 answer R69, R75 answers R67, R77 answers R62; R70 is against R06 and R31: ask the bank what is meant", \
		"Nacha Operating Rules 2013, App. Four 4.3 and 4.4") \
	RULE(RETURN_CODE, WARNING, OFF, NONE, "", \
		"the transaction code is not that of a return or change, or of a direction that the class has not", \
		"Read as what the addenda says; the code should end in 1 or 6, and only a reversal turns the direction round", \
		"Nacha Operating Rules 2013, App. Four 4.1") \
	RULE(RETURN_TRACE, WARNING, OFF, ENTRY, "R27", \
		"the addenda's own trace number is not that of its entry", \
		"The original trace number is what links the return; tell the bank", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(ORIGINAL_TRACE, ERROR, OFF, ENTRY, "R27", \
		"the original trace number is missing or not 15 digits", \
		"The return cannot be linked: ask the bank which entry is meant", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(ORIGINAL_RDFI, WARNING, OFF, NONE, "", \
		"the original receiving bank is missing or not 8 digits", \
		"The return is linked by the trace number alone; verify it", \
		"Nacha Operating Rules 2013, App. Four, addenda 99") \
	RULE(DATE_OF_DEATH, WARNING, OFF, NONE, "", \
		"the date of death is missing", \
		"Ask the bank: R14 and R15 should name it", \
		"Nacha Operating Rules 2013, App. Four 4.2") \
	RULE(FIELD_ERRORS, ERROR, OFF, ENTRY, "R26", \
		"R69 does not say which fields were wrong", \
		"Ask the bank for the codes 01 to 07", \
		"Nacha Operating Rules 2013, App. Two 2.5; App. Four 4.3") \
	RULE(CONTESTED_DATES, ERROR, OFF, ENTRY, "R26", \
		"R73 lacks the day of the return or of the original settlement", \
		"Ask the bank for both days", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(DISPUTE_FIELDS, WARNING, OFF, ENTRY, "R26", \
		"a dishonored or contested return does not name the return it disputes", \
		"The dispute cannot be linked: ask the bank for trace number, settlement day and reason of the return", \
		"Nacha Operating Rules 2013, App. Four 4.3 and 4.4") \
	RULE(IAT_DISHONORED, ERROR, OFF, ENTRY, "R26", \
		"international entries cannot be dishonored, contested or refused", \
		"The entry comes back as R26", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(CHANGE_CODE, ERROR, OFF, ENTRY, "R26", \
		"the change code is not assigned, or not valid on the file's day", \
		"Do not change anything by it; ask the bank", \
		"Nacha Operating Rules 2013, App. Two 2.5; App. Five") \
	RULE(CHANGE_IAT, WARNING, OFF, NONE, "", \
		"the change code is not meant for this kind of entry", \
		"Verify with the bank before the payee's data is changed", \
		"Nacha Operating Rules 2013, App. Five 5.3") \
	RULE(CORRECTED_BLANK, ERROR, OFF, ENTRY, "R26", \
		"the corrected data is blank", \
		"There is nothing to change by; the operator returns it as R26", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	RULE(CORRECTED_DATA, WARNING, OFF, NONE, "", \
		"the corrected data does not have the form of its change code", \
		"Do not apply it unseen; it may be refused with C65", \
		"Nacha Operating Rules 2013, App. Five 5.3") \
	RULE(REFUSED_FIELDS, ERROR, OFF, ENTRY, "R26", \
		"a refused change lacks the change code or the sequence number of the change", \
		"Ask the bank which change is refused", \
		"Nacha Operating Rules 2013, App. Two 2.5") \
	/* configuration and writing */ \
	RULE(OPTION, ERROR, ERROR, NONE, "", \
		"an option of the channel has a value that is not known", \
		"Correct the configuration; the strictest value is used", \
		"tallygate formats") \
	RULE(EMIT_VALUE, ERROR, ERROR, NONE, "", \
		"a value does not fit the field it must be written to", \
		"Correct the value at its source; nothing is cut to fit", \
		"Nacha Operating Rules 2013, App. Three") \
	RULE(EMIT_ORDER, ERROR, ERROR, NONE, "", \
		"records to be written came in an order that makes no file", \
		"This is a fault of the gateway: report it with the parcel's id", \
		"Nacha Operating Rules 2013, App. One, sequence of records") \
	RULE(EMIT_KIND, ERROR, ERROR, NONE, "", \
		"this kind of record cannot be written to a NACHA file", \
		"This is a fault of the configuration: verify the partner's format", \
		"Nacha Operating Rules 2013, App. Three")
