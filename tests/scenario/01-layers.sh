#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# 01-layers - the stair of folders, proved on every #include: who may include what, each third-party header in one .c a floor,
# the core without system calls, and no path of one machine in the tree.  Prints TAP; a failure names file and line.
cd "$(dirname "$0")/../.." || exit 1
LC_ALL=C
export LC_ALL
count=$(mktemp) || exit 1
trap 'rm -f "$count"' EXIT

# ok SENTENCE: good when standard input is empty; what stands there is what is wrong.  A pipe's end is a shell of its own: the
# count is kept in a file, a line a test, "ok" or "not ok".
ok() {
	n=$(($(wc -l <"$count") + 1))
	wrong=$(cat)
	if [ -z "$wrong" ]; then
		echo "ok" >>"$count"
		echo "ok $n - $1"
		return
	fi
	echo "not ok" >>"$count"
	echo "not ok $n - $1"
	echo "$wrong" | head -20 | sed 's/^/#   /'
}

# Our own includes of some files: "file:line:path".
ours() {
	grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$@" 2>/dev/null | sed -E 's/^([^:]*:[0-9]+):[^"]*"([^"]*)".*/\1:\2/'
}

theirs() {
	grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<' "$@" 2>/dev/null | sed -E 's/^([^:]*:[0-9]+):[^<]*<([^>]*)>.*/\1:\2/'
}

sources() {
	for dir in "$@"; do
		find "$dir" -maxdepth 1 -name '*.[ch]'
	done
}

may() {		# may FOLDER REGEX: own includes of FOLDER's files that are not of REGEX
	ours $(sources $1) | grep -vE ":($2)[^:]*$"
}

may formats/core 'formats/core/' | ok 'formats/core includes itself only'
may formats/lib 'formats/core/|formats/lib/' | ok 'formats/lib includes the core and itself'
may formats 'formats/core/|formats/lib/' | ok 'a format module includes the core and formats/lib, no other module'
may rules 'formats/core/|rules/' | ok 'rules include the core and themselves'
may channels 'formats/core/|channels/' | ok 'channels include the core and themselves'
may 'gateway gateway/cli gateway/cli/reconcile gateway/cli/casebook' 'formats/core/|rules/|channels/|gateway/[^/:]+\.h|gateway/cli/' | ok 'gateway includes what is below it, no role and no format module'
may "$(find gateway/roles -type d | tr '\n' ' ')" 'formats/core/|rules/|channels/|gateway/[^/:]+\.h|gateway/roles/' |
	ok 'roles include what is below them'
ours $(find gateway/roles -name '*.[ch]') | awk -F: '
	function role(path) { sub(/^gateway\/roles\//, "", path); sub(/[_.\/].*$/, "", path); return path }
	$3 ~ /^gateway\/roles\// && role($1) != role($3)' | ok 'no role includes another'
ours $(find formats rules channels gateway tests -name '*.[ch]') | awk -F: '$3 !~ /\// || $3 ~ /\.\./' |
	ok 'every include of ours is written from the root of the tree'
ours $(find formats rules channels gateway -name '*.[ch]') | grep ':tests/' | ok 'nothing includes the tests'

pure='assert ctype errno inttypes limits stdalign stdarg stdbool stddef stdint stdio stdlib string'
theirs $(sources formats/core rules) | awk -F: -v pure="$pure" '
	BEGIN { split(pure, p, " "); for (i in p) good[p[i] ".h"] = 1 }
	!($3 in good)' | ok 'core and rules include the pure part of libc only'
grep -nHwE 'FILE|fopen|fdopen|fread|fwrite|fputs|fprintf|printf|puts|perror|getenv|time|clock_gettime|gettimeofday|open|read|write|syslog' \
	$(sources formats/core rules | grep '\.c$') | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)|__attribute__' |
	grep -vE '"FILE"' | grep -E '\b(FILE|(fopen|fdopen|fread|fwrite|fputs|fprintf|printf|puts|perror|getenv|time|clock_gettime|gettimeofday|open|read|write|syslog)\()' |
	ok 'core and rules read no file, no clock and no environment'
# A spreadsheet's numbers are floating, so the one file that hands them to its writer names the type.
grep -nHE '\b(double|float)\b' $(find formats rules channels gateway -name '*.[ch]' ! -path gateway/cli/reconcile/xlsx.c) |
	grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)|/\*[^*]*\b(double|float)\b|"[^"]*\b(double|float)\b' | ok 'no floating point anywhere'
grep -nHE '\b(sprintf|vsprintf|strcpy|strcat|atoi|atol|atof|system|popen|strtok|gets|alloca)\(' \
	$(find formats rules channels gateway -name '*.[ch]') | ok 'none of the calls that this house does without'

# --- third-party headers ---
known='xlsxwriter libssh/libssh zmq sqlite3 libconfig csv seccomp jansson libxml/.* openssl/.* systemd/sd-daemon systemd/sd-journal pcre2'
regex=":($(echo "$known" | tr ' ' '|'))\.h$"
theirs $(find formats rules channels gateway -name '*.h') | grep -E "$regex" | ok 'no header of ours includes a third-party header'
theirs $(find rules -name '*.c') $(sources formats/core) | grep -E "$regex" | ok 'core and rules know no library'
for library in $known; do
	for floor in formats channels gateway; do
		theirs $(find $floor -name '*.c') | grep -E ":$library\.h$" | cut -d: -f1 | sort -u | awk -v lib="$library" -v floor="$floor" '
			{ files = files " " $0; n++ }
			END { if (n > 1) print lib " stands in " n " files of " floor ":" files }'
	done
done | ok 'a third-party header stands in exactly one .c a floor'
libc='aio|arpa/inet|assert|byteswap|ctype|dirent|dlfcn|elf|endian|errno|fcntl|fnmatch|ftw|getopt|glob|grp|inttypes|langinfo|libgen|limits|locale|math|netdb|net/if|netinet/in|netinet/tcp|poll|pthread|pwd|regex|sched|search|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|sys/[a-z_]+|sysexits|syslog|termios|threads|time|uchar|unistd|wchar|wctype|linux/[a-z_]+|asm/[a-z_]+'
theirs $(find formats rules channels gateway -name '*.[ch]') | grep -vE "$regex" | grep -vE ":($libc)\.h$" |
	ok 'every other header is of libc or of the kernel'

# --- the tree ---
files() {
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files
	else
		find . -type f -not -path './build*' -not -path './.git/*' | sed 's,^\./,,'
	fi
}
files | grep -vE '^(\.ci/run|tests/scenario/01-layers\.sh)$' | tr '\n' '\0' |
	xargs -0 grep -nIE '(^|[^a-zA-Z0-9._])/(work|home)/|\.\./shared' 2>/dev/null | ok 'no path of one machine stands in the tree'
files | grep -E '\.(c|h|py|sh)$' | tr '\n' '\0' | xargs -0 grep -L 'SPDX-License-Identifier: Apache-2.0' 2>/dev/null | ok 'every source names its licence'
files | grep -E '^(formats|rules|channels|gateway)/.*\.h$' | tr '\n' '\0' | xargs -0 grep -L '^#pragma once' 2>/dev/null | ok 'every header stands alone'

echo "1..$(wc -l <"$count")"
! grep -q not "$count"
