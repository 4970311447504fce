#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# 05-replay - what fuzzers found, and the samples, go through each fuzz target without its engine: tests/fuzz/corpus/NAME holds
# inputs that reach deep (and each input that once crashed), and must do no harm again
cd "$(dirname "$0")/../.." || exit 1
build=${TALLY_BUILD:-build}
n=0
bad=0
for target in tests/fuzz/*_fuzz.c; do
	name=$(basename "$target" _fuzz.c)
	set --
	for dir in "tests/fuzz/corpus/$name" "samples/$name"; do
		[ -d "$dir" ] && set -- "$@" "$dir"
	done
	n=$((n + 1))
	if said=$("$build/replay/$name" "$@" 2>&1); then
		echo "ok $n - $name: $said"
	else
		bad=$((bad + 1))
		echo "not ok $n - $name: an input ends the target: $said"
	fi
done
echo "1..$n"
[ "$bad" -eq 0 ]
