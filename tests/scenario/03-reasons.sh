#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# 03-reasons - every code by which the gateway holds, waits or raises an exception is explained (gateway/reasons.c), none is
# explained that nobody gives, and docs/operations.md shows the same table.  TALLY_DOCS=write renews it.
cd "$(dirname "$0")/../.." || exit 1
LC_ALL=C
export LC_ALL
. tests/lib/docs.sh
known=$(mktemp) || exit 1
used=$(mktemp) || exit 1
trap 'rm -f "$known" "$used"' EXIT

if ! "$TABLES" codes >"$known"; then
	echo 'Bail out! docs_tables is not built: make check builds it'
	exit 1
fi

# Words in capitals in quotes: in SQL strings and in what the log says there are none of that form.
capitals() {
	grep -hoE "[\"'][A-Z][A-Z0-9]*(_[A-Z0-9]+)+[\"']" "$@" | tr -d "\"'" | sort -u
}
# States, rules and names of things, which are no reasons.
words_of_ours='GOOD|BUSINESS_KEY|RETURN_CREDIT|RETURN_LINKED|CHANGE_LINKED'

missing() {
	grep -vxE "$words_of_ours" | grep -vxFf "$known"
}

ok "$(capitals gateway/roles/route/*.c | missing)" 'every code that route gives is explained'
ok "$(sed -nE 's/.*\[ALLOT_[A-Z_]+\] = \{ "([A-Z_]+)".*/\1/p' rules/allot.c | missing)" 'every reason for not paying a row is explained'
ok "$(sed -n '/^static const char .const reasons/,/^};/p' rules/recon.c | grep -oE '"[A-Z_]+"' | tr -d '"' | missing)" 'every reason of the matcher is explained'
ok "$(sed -nE 's/.*"(RETURN_UNLINKED|CHANGE_UNLINKED)".*/\1/p' rules/link.c | sort -u | missing)" 'every reason for not linking a return is explained'
refusals=$(ls gateway/sign*.c gateway/roles/sign*.c 2>/dev/null)
ok "$(sed -nE '/\*\/|#pragma/q; s/^ \*   ([A-Z_ ]+)$/\1/p' gateway/sign_verify.h | tr ' ' '\n' | grep . | missing)" \
	'every refusal that sign promises is explained'
ok "$(capitals $refusals | missing)" 'every refusal that sign gives is explained'

grep -hoE '"[A-Z][A-Z0-9_]+"' gateway/roles/route/*.c rules/*.c $refusals gateway/sign_verify.h | tr -d '"' | sort -u >"$used"
grep -hoE "'[A-Z][A-Z0-9_]+'" gateway/roles/route/*.c | tr -d "'" >>"$used"
sed -nE 's/^ \*   ([A-Z_ ]+)$/\1/p' gateway/sign_verify.h | tr ' ' '\n' >>"$used"
ok "$(grep -vxFf "$used" "$known")" 'no code is explained that nobody gives'
ok "$(sort "$known" | uniq -d)" 'each code has one row'
doc_table docs/operations.md reasons 'docs/operations.md shows every code with what to do'
finish
