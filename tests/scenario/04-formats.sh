#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# 04-formats - docs/formats/ has a page for each module, and the tables on it are the module's own: options, findings, codes of
# the data, fields.  TALLY_DOCS=write (make docs) renews them, and makes a page for a module that has none.
cd "$(dirname "$0")/../.." || exit 1
LC_ALL=C
export LC_ALL
. tests/lib/docs.sh
TABLES=${TALLY_BUILD:-build}/tests/scenario/docs_formats

new_page() {
	printf '# %s\n\n`tallygate explain CODE` says the same of one code. `make docs` writes the tables.\n' "$1"
	for table in options findings codes fields; do
		[ "$("$TABLES" "$1-$table" | wc -l)" -gt 2 ] || [ "$table" = options ] || continue
		printf '\n## %s\n<!-- table: %s -->\n<!-- end -->\n' "$(echo "$table" | sed 's/^\(.\)\(.*\)/\1\2/')" "$1-$table"
	done
}

for module in $("$TABLES"); do
	page=docs/formats/$module.md
	if [ ! -e "$page" ] && [ "${TALLY_DOCS:-}" = write ]; then
		new_page "$module" >"$page"
	fi
	if [ ! -e "$page" ]; then
		ok 'make docs writes it' "$page is there"
		continue
	fi
	for table in $(sed -n 's/^<!-- table: \(.*\) -->$/\1/p' "$page"); do
		doc_table "$page" "$table" "$page shows $table as the module has them"
	done
done
finish
