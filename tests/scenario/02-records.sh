#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# 02-records - the tables in docs/ are the program's own: records and kinds, states, roles; every configuration key is explained,
# and every command; no document names a file of the tree that is not there.  TALLY_DOCS=write renews the tables.
cd "$(dirname "$0")/../.." || exit 1
LC_ALL=C
export LC_ALL
. tests/lib/docs.sh

doc_table docs/records.md records 'docs/records.md shows every field of the record as the program knows it'
doc_table docs/records.md kinds 'docs/records.md shows every kind of record'
doc_table docs/architecture.md states 'docs/architecture.md shows the state machines as they are'
doc_table docs/architecture.md roles 'docs/architecture.md shows the roles as they are'

# Words that the program knows and a document must explain, in `back quotes` there.
unexplained() {
	while read -r word; do
		grep -q "\`$word\`" "$1" || echo "$word"
	done
}
ok "$(sed -nE 's/^[[:space:]]*\{ "([a-z_]+)", KEY_.*/\1/p' gateway/config_keys.c | sort -u | unexplained docs/configuration.md)" \
	'docs/configuration.md explains every key of the configuration'
ok "$(sed -nE 's/^[[:space:]]*\{ "([a-z-]+)", cli_.*/\1/p' gateway/tallygate.c | unexplained docs/tutorial.md)" \
	'docs/tutorial.md shows every command'

# A path in back quotes below one of our folders is there.
ok "$(grep -oE '`(formats|rules|channels|gateway|tests|samples|docs|examples)/[A-Za-z0-9_./-]+`' README.md docs/*.md | tr -d '`' |
	sort -u | while IFS=: read -r doc path; do
		[ -e "$path" ] || echo "$doc: $path"
	done)" 'every file that a document names is in the tree'
finish
