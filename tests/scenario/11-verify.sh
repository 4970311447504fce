#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# 11-verify - what an operator and a partner do with files alone: keys are made, the installed example is verified, a manifest
# signed by openssl is taken by `tallygate verify`, and each thing that was changed is refused with exit status 1.  Prints TAP.
cd "$(dirname "$0")/../.." || exit 1
B=$(realpath "${TALLY_BUILD:-build}")
T=$B/bin/tallygate
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
n=0
bad=0

if [ ! -x "$T" ]; then
	echo "1..0 # SKIP $B/bin/tallygate is not built"
	exit 0
fi

# is STATUS SENTENCE COMMAND...: the command ends so; what it said is in $d/said.
is() {
	want=$1
	sentence=$2
	shift 2
	n=$((n + 1))
	"$@" >"$d/said" 2>&1
	got=$?
	if [ "$got" -eq "$want" ]; then
		echo "ok $n - $sentence"
	else
		bad=$((bad + 1))
		echo "not ok $n - $sentence"
		echo "#   exit status $got, not $want"
		sed 's/^/#   /' "$d/said"
	fi
}

# says TEXT SENTENCE: the last command said so.
says() {
	mv "$d/said" "$d/before"
	is 0 "$2" grep -F -- "$1" "$d/before"
}

# ---- keys and the example ----

cp -r etc "$d/etc"
is 1 'the installed example lacks nothing but keys' "$T" verify-config "$d/etc"
is 0 'and says only that, a line each' sh -c '! "$1" verify-config "$2" | grep -v "^$2/operators.d/[a-z]*.conf:[0-9]*: cannot open .*: No such file or directory; expected"' - "$T" "$d/etc"
for who in alice bob; do
	is 0 "a key for $who is made" "$T" keygen operator --key "$d/$who.key" --public "$d/etc/operators.d/$who.pem"
done
is 1 'it is not made over' "$T" keygen operator --key "$d/alice.key" --public "$d/alice2.pem"
is 1 'the signer and the login key are still missing' "$T" verify-config "$d/etc"
is 0 'a signer is made' "$T" keygen signer "$d/etc" --name gateway.example
mkdir -m 700 "$d/etc/keys" && (umask 077 && for k in eurobank firstbank printer trustee; do echo key >"$d/etc/keys/$k"; done)
is 0 'then the example is good' "$T" verify-config "$d/etc"
is 0 'a private key has mode 600' sh -c 'test "$(stat -c %a "$1")" = 600' - "$d/etc/signer.key"
chmod 644 "$d/etc/signer.key"
is 1 'a signing key that others can read is a fault' "$T" verify-config "$d/etc"
chmod 600 "$d/etc/signer.key"
is 2 'a directory that is not there is unreadable' "$T" verify-config "$d/nowhere"
is 2 'keygen without a subject is wrong use' "$T" keygen

# ---- a manifest signed elsewhere ----

printf '101 some payments\n' >"$d/PAY1.ach"
sha=$(sha256sum "$d/PAY1.ach" | cut -d' ' -f1)
printf '{"artifact":{"name":"PAY1.ach","sha256":"%s","size":18},"signer":"gateway.example"}' "$sha" >"$d/PAY1.ach.manifest.json"
is 0 'openssl signs a manifest with the made key' openssl cms -sign -binary -in "$d/PAY1.ach.manifest.json" -outform DER \
	-out "$d/PAY1.ach.manifest.p7s" -signer "$d/etc/signer.pem" -inkey "$d/etc/signer.key"
verify() {
	"$T" verify --ca "$d/etc/ca.pem" "$@" "$d/PAY1.ach.manifest.json"
}
is 0 'manifest, signature and payload verify' verify
says 'PAY1.ach' 'and the artifact is named'
is 0 'certtool verifies it too' certtool --p7-verify --inder --infile "$d/PAY1.ach.manifest.p7s" --load-data "$d/PAY1.ach.manifest.json" \
	--load-ca-certificate "$d/etc/ca.pem"
is 0 'the answer for programs is asked for' verify --json
says '"verifies":true' 'and says so'
mv "$d/PAY1.ach" "$d/elsewhere"
is 1 'a payload that is not there does not verify' verify
is 0 'one that is named does' verify --payload "$d/elsewhere"
printf '101 some Payments\n' >"$d/PAY1.ach"
is 1 'a payload with one letter changed does not' verify
says 'the payload is not the one that was signed' 'and the sentence says which part is wrong'
is 1 'nor for programs' verify --json
says '"verifies":false' 'who are told so'
mv "$d/elsewhere" "$d/PAY1.ach"
sed -i 's/"size":18/"size":19/' "$d/PAY1.ach.manifest.json"
is 1 'a manifest with one digit changed does not verify' verify
says 'the signature does not verify' 'because of its signature'
sed -i 's/"size":19/"size":18/' "$d/PAY1.ach.manifest.json"
mkdir "$d/other" && is 0 'another authority is made' "$T" keygen signer "$d/other" --name gateway.example
is 1 'an authority that did not vouch for the signer does not verify' "$T" verify --ca "$d/other/ca.pem" "$d/PAY1.ach.manifest.json"
is 1 'an authority that is not there does not verify' "$T" verify --ca "$d/none.pem" "$d/PAY1.ach.manifest.json"
is 2 'a manifest that is not there is unreadable' "$T" verify --ca "$d/etc/ca.pem" "$d/none.manifest.json"
is 2 'no manifest at all is wrong use' "$T" verify
cp "$d/PAY1.ach.manifest.json" "$d/PAY1.ach.manifest.p7s"
is 1 'a signature file that is none does not verify' verify

echo "1..$n"
[ "$bad" -eq 0 ]
