# SPDX-License-Identifier: Apache-2.0
#
# docs - what the scenarios about the documents share: TAP, and tables in documents that the program prints itself
#
# A table stands between "<!-- table: NAME -->" and "<!-- end -->".  doc_table FILE NAME SENTENCE fails when it differs from what
# docs_tables NAME prints; with TALLY_DOCS=write it is written instead, which is how it is renewed after a change.
TABLES=${TALLY_BUILD:-build}/tests/scenario/docs_tables
tap_n=0
tap_bad=0

# ok WRONG SENTENCE: good when WRONG is empty; what stands there is what is wrong.
ok() {
	tap_n=$((tap_n + 1))
	if [ -z "$1" ]; then
		echo "ok $tap_n - $2"
		return
	fi
	tap_bad=$((tap_bad + 1))
	echo "not ok $tap_n - $2"
	echo "$1" | head -20 | sed 's/^/#   /'
}

finish() {
	echo "1..$tap_n"
	[ "$tap_bad" -eq 0 ]
}

# The document with the table put in, to standard output; status 1 when it has no such place.
doc_with() {
	"$TABLES" "$2" | awk -v begin="<!-- table: $2 -->" -v doc="$1" '
		{ table = table $0 "\n" }
		END {
			while ((getline line < doc) > 0) {
				if (inside && line == "<!-- end -->") { inside = 0; done = 1 }
				if (!inside) print line
				if (line == begin) { inside = 1; printf "%s", table }
			}
			exit !done
		}'
}

doc_table() {
	if ! wanted=$(doc_with "$1" "$2"); then
		ok "there is no place for the table '$2' in $1" "$3"
		return
	fi
	if [ "${TALLY_DOCS:-}" = write ]; then
		printf '%s\n' "$wanted" >"$1"
	fi
	ok "$(printf '%s\n' "$wanted" | diff - "$1" | grep '^[<>]')" "$3"
}
