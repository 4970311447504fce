/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal_test - what we sign, other people's tools verify; what was changed, nobody's do
 */
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channels/digest.h"
#include "formats/core/wire.h"
#include "gateway/proto.h"
#include "gateway/seal.h"
#include "gateway/statement.h"
#include "tests/lib/run.h"
#include "tests/lib/tap.h"

static char dir[64], ca[128], key[128], cert[128], out[8192];

static const char *at(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", dir, name);
	return path;
}

static void put(const char *name, struct view v)
{
	char path[128];
	int fd = open(at(path, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, v.p, v.n) != (ssize_t)v.n)
		abort();
	close(fd);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int openssl_verify(void)
{
	char sig[128], text[128];

	return run_text(out, sizeof(out), (char *[]){ "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in",
		(char *)at(sig, "m.p7s"), "-content", (char *)at(text, "m.json"), "-CAfile", ca, "-out", "/dev/null",
		NULL });
}

static int certtool_verify(void)
{
	char sig[128], text[128];

	return run_text(out, sizeof(out), (char *[]){ "certtool", "--p7-verify", "--inder", "--infile",
		(char *)at(sig, "m.p7s"), "--load-data", (char *)at(text, "m.json"), "--load-ca-certificate", ca,
		NULL });
}

static void test_keys(void)
{
	struct err e = { 0, "" };
	struct stat st;
	char path[128], other[128], want[200];

	ok(seal_make_ca_and_signer(dir, "gateway.example", &e) == 0, "an authority and a signer are made: %s", e.text);
	ok(stat(at(path, "ca.key"), &st) == 0 && (st.st_mode & 0777) == 0600 &&
		stat(at(path, "signer.key"), &st) == 0 &&
	   (st.st_mode & 0777) == 0600, "private keys are readable by their owner alone");
	ok(seal_make_ca_and_signer(dir, "gateway.example", &e) == -1, "existing files are refused");
	snprintf(want, sizeof(want), "cannot create '%s/ca.key': File exists", dir);
	is_str(e.text, want, "with the name of the first");
	unlink(at(path, "ca.key"));
	ok(seal_make_ca_and_signer(dir, "gateway.example", &e) == -1 && access(at(path, "ca.key"), F_OK) == -1 &&
		access(ca, F_OK) == 0,
	   "when a later one exists, nothing new stays and nothing old goes");
	ok(seal_make_ca_and_signer("/nowhere", "a b", &e) == -1 && strstr(e.text, "expected 1 to 60 letters") != NULL,
		"a name with a blank is refused");
	run_text(out, sizeof(out), (char *[]){ "openssl", "x509", "-in", cert, "-noout", "-text", NULL });
	ok(strstr(out, "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation\n") != NULL &&
	   strstr(out, "E-mail Protection") != NULL && strstr(out, "ASN1 OID: prime256v1") != NULL &&
	   strstr(out, "CA:FALSE") != NULL, "the certificate may sign and nothing else");
	ok(seal_make_operator_key(at(path, "alice.key"), at(other, "alice.pem"), &e) == 0,
		"an operator's key is made: %s", e.text);
	ok(seal_make_operator_key(at(path, "eve.key"), at(other, "alice.pem"), &e) == -1 && access(path, F_OK) == -1,
	   "no private key stays when its public half has no place");
}

static void test_cms(void)
{
	static const char text[] = "{\"artifact\":{}}";
	struct seal_signer *s = NULL;
	struct buf der = { .max = 0 }, why = { .max = 0 };
	enum seal_verdict v = SEAL_BAD;
	struct err e = { 0, "" };

	ok(seal_signer_open(&s, key, cert, &e) == 0, "key and certificate open: %s", e.text);
	is_str(seal_signer_name(s), "gateway.example", "the signer's name is the certificate's");
	ok(seal_sign_cms(s, view_of(text), &der, &e) == 0 && der.n > 300, "a text is signed: %s", e.text);
	put("m.json", view_of(text));
	put("m.p7s", buf_as_view(&der));
	is_int(openssl_verify(), 0, "openssl cms -verify takes it: %s", out);
	is_int(certtool_verify(), 0, "certtool --p7-verify takes it: %s", out);
	ok(seal_verify_cms(&v, &why, view_of(text), buf_as_view(&der), ca, &e) == 0 && v == SEAL_GOOD, "we take it: %s",
		buf_cstr(&why));
	put("m.json", VIEW("{\"artifact\":[]}"));
	ok(openssl_verify() != 0 && certtool_verify() != 0, "one byte changed: both tools refuse it");
	ok(seal_verify_cms(&v, &why, VIEW("{\"artifact\":[]}"), buf_as_view(&der), ca, &e) == 0 && v == SEAL_BAD &&
		why.n > 0,
	   "and so do we: %s", buf_cstr(&why));
	for (size_t cut = 0; cut < der.n; cut += der.n / 7 + 1)
		ok(seal_verify_cms(&v, &why, view_of(text), (struct view){ der.p, cut }, ca, &e) == 0 && v == SEAL_BAD,
			"cut at byte %zu it is bad, not an error", cut);
	buf_char(&der, 'x');
	ok(seal_verify_cms(&v, &why, view_of(text), buf_as_view(&der), ca, &e) == 0 && v == SEAL_BAD,
		"a byte behind the structure makes it bad");
	ok(seal_verify_cms(&v, &why, view_of(text), buf_as_view(&der), "/nowhere/ca.pem", &e) == -1,
		"without a CA it is an error, not a forgery");
	seal_signer_free(s);
	buf_release(&der);
	buf_release(&why);
}

static void test_other_ca(void)
{
	struct seal_signer *s = NULL;
	struct buf der = { .max = 0 }, why = { .max = 0 };
	enum seal_verdict v = SEAL_GOOD;
	struct err e = { 0, "" };
	char path[128], k[160], c[160];

	mkdir(at(path, "other"), 0700);
	seal_make_ca_and_signer(path, "gateway.example", &e);
	snprintf(k, sizeof(k), "%s/signer.key", path);
	snprintf(c, sizeof(c), "%s/signer.pem", path);
	ok(seal_signer_open(&s, k, c, &e) == 0 && seal_sign_cms(s, VIEW("x"), &der, &e) == 0,
		"another authority's signer of the same name signs");
	ok(seal_verify_cms(&v, &why, VIEW("x"), buf_as_view(&der), ca, &e) == 0 && v == SEAL_BAD,
		"which our authority does not vouch for: %s", buf_cstr(&why));
	seal_signer_free(s);
	s = NULL;
	ok(seal_signer_open(&s, k, cert, &e) == -1 && s == NULL && strstr(e.text, "are not a pair") != NULL,
		"a key and another's certificate are no pair");
	chmod(k, 0644);
	ok(seal_signer_open(&s, k, c, &e) == -1 && strstr(e.text, "is open to others (mode 644)") != NULL,
		"a private key that others can read is refused");
	buf_release(&der);
	buf_release(&why);
}

static struct statement statement(void)
{
	return (struct statement){ .act = "approve", .object = "B12", .operator_name = "alice",
		.reason = "checked against the register",
		.sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		.time = "2026-11-09T10:00:00Z",
		.nonce = "0123456789abcdef0123456789abcdef" };
}

static void test_statement(void)
{
	struct statement st = statement(), back;
	struct buf text = { .max = 0 }, hex = { .max = 0 }, pem = { .max = 0 }, m = { .max = 0 };
	enum seal_verdict v = SEAL_BAD;
	struct err e = { 0, "" };
	struct msg parsed;
	struct view element = { NULL, 0 };
	char path[128];
	int fd;

	ok(statement_text(&st, &text), "a statement has its text");
	is_str(buf_cstr(&text),
		"{\"act\":\"approve\",\"nonce\":\"0123456789abcdef0123456789abcdef\",\"object\":\"B12\",\"operator\":\"alice\",\"reason\":\"checked "
	       "against the "
	       "register\",\"sha256\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"time\":\"2026-11-09T10:00:00Z\"}", "in canonical form");
	ok(seal_sign_statement(&hex, buf_as_view(&text), at(path, "alice.key"), &e) == 0, "it is signed: %s", e.text);
	fd = open(at(path, "alice.pem"), O_RDONLY);
	pem.n = (size_t)read(fd, buf_reserve(&pem, 4096), 4096);
	close(fd);
	ok(seal_verify_statement(&v, buf_as_view(&text), buf_as_view(&hex), buf_cstr(&pem), &e) == 0 && v == SEAL_GOOD,
		"and verifies by the public key");
	ok(seal_verify_statement(&v, VIEW("{}"), buf_as_view(&hex), buf_cstr(&pem), &e) == 0 && v == SEAL_BAD,
		"another text is bad");
	hex.p[hex.n - 1] = hex.p[hex.n - 1] == '0' ? '1' : '0';
	ok(seal_verify_statement(&v, buf_as_view(&text), buf_as_view(&hex), buf_cstr(&pem), &e) == 0 && v == SEAL_BAD,
		"one digit changed is bad");
	ok(seal_verify_statement(&v, buf_as_view(&text), VIEW("zz"), buf_cstr(&pem), &e) == 0 && v == SEAL_BAD,
		"what is no hex is bad");
	ok(seal_verify_statement(&v, buf_as_view(&text), VIEW(""), buf_cstr(&pem), &e) == 0 && v == SEAL_BAD,
		"nothing is bad");
	ok(seal_verify_statement(&v, buf_as_view(&text), buf_as_view(&hex), "no key", &e) == -1,
		"a public key that is none is an error");
	memcpy(st.signature, hex.p, hex.n);
	wire_begin(&m, 1);
	statement_put(&m, T_STATEMENT, &st);
	ok(msg_parse(&parsed, buf_as_view(&m)) && msg_view(&parsed, T_STATEMENT, &element) &&
		statement_get(element, &back) &&
	   memcmp(&back, &st, sizeof(st)) == 0, "a statement survives a message");
	ok(!statement_get(view_sub(element, 0, element.n - 1), &back), "cut short it is malformed");
	memcpy(st.reason, "a\nb", 4);
	buf_clear(&text);
	ok(!statement_text(&st, &text), "a reason with a line break has no text");
	memcpy(st.reason, "a\xff" "b", 4);
	ok(!statement_text(&st, &text), "nor one that is not UTF-8");
	st.reason[0] = '\0';
	ok(!statement_text(&st, &text), "nor an empty one");
	buf_release(&text);
	buf_release(&hex);
	buf_release(&pem);
	buf_release(&m);
}

static void test_totals(void)
{
	struct batch_totals t = { .batch = "B12", .partner = "firstbank", .outbound = "ach", .format = "nacha",
		.effective_date = "2026-11-12", .ccy = "USD",
		.count = 2, .credit_minor = 150000, .items_sha256 = "aa", .source_sha256 = "bb" };
	struct buf text = { .max = 0 };
	char hex[65], want[65], other[65];

	ok(totals_text(&t, &text), "totals have their text");
	is_str(buf_cstr(&text),
		"{\"batch\":\"B12\",\"ccy\":\"USD\",\"count\":2,\"credit_minor\":150000,\"debit_minor\":0,\"effective_date\":\"2026-11-12\",\"format\":\"nacha\","
	       "\"items_sha256\":\"aa\",\"outbound\":\"ach\",\"partner\":\"firstbank\",\"source_sha256\":\"bb\"}",
	       "in canonical form");
	totals_sha256(&t, hex);
	digest_hex(buf_as_view(&text), want);
	is_str(hex, want, "their hash is that of the text");
	t.credit_minor++;
	totals_sha256(&t, other);
	ok(strcmp(hex, other) != 0, "one cent more is another hash");
	t.partner[0] = '\0';
	totals_sha256(&t, other);
	is_str(other, "", "totals without a partner have no hash that a statement could carry");
	buf_release(&text);
}

static void test_note(void)
{
	static const unsigned char root[32] = { 1, 2, 3 };
	struct seal_signer *s = NULL;
	struct buf note = { .max = 0 }, why = { .max = 0 };
	enum seal_verdict v = SEAL_BAD;
	struct err e = { 0, "" };

	seal_signer_open(&s, key, cert, &e);
	ok(seal_sign_note(s, 42, root, &note, &e) == 0, "a checkpoint is signed: %s", e.text);
	ok(view_starts(buf_as_view(&note),
		VIEW("gateway.example\n42\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xe2\x80\x94 "
		"gateway.example ")) &&
	   note.p[note.n - 1] == '\n', "its text is origin, size, root, a blank line and the signature's line");
	ok(seal_verify_note(&v, &why, buf_as_view(&note), cert, &e) == 0 && v == SEAL_GOOD,
		"it verifies by the certificate: %s", buf_cstr(&why));
	note.p[16] = '3';
	ok(seal_verify_note(&v, &why, buf_as_view(&note), cert, &e) == 0 && v == SEAL_BAD, "another size does not: %s",
		buf_cstr(&why));
	ok(seal_verify_note(&v, &why, VIEW("gateway.example\n42\n"), cert, &e) == 0 && v == SEAL_BAD,
		"a text without a signature does not");
	ok(seal_verify_note(&v, &why, VIEW("x\n\n\xe2\x80\x94 gateway.example ====\n"), cert, &e) == 0 && v == SEAL_BAD,
		"nor one with an empty signature");
	seal_signer_free(s);
	buf_release(&note);
	buf_release(&why);
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/seal_test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		abort();
	at(ca, "ca.pem");
	at(key, "signer.key");
	at(cert, "signer.pem");
	test_keys();
	test_cms();
	test_other_ca();
	test_statement();
	test_totals();
	test_note();
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return done_testing();
}
