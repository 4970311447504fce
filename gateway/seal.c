/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal - keys, certificates and signatures, by OpenSSL 3.0
 *
 * The only file of this floor that knows OpenSSL.  One curve (P-256), one hash (SHA-256): whatever else a file holds is
 * refused with its name, so that nobody finds out at the first payment that his key cannot sign.  The library's
 * configuration file is not read; a key with a pass phrase is refused rather than asked for on a terminal.
 *
 * Failure: -1 and *err for what this machine cannot do; SEAL_BAD for what does not verify, malformed bytes included.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "gateway/seal.h"

#define KEY_FILE_MAX ((size_t)64 << 10)
#define DER_MAX ((size_t)256 << 10)		/* a detached CMS with one or two certificates has about 2 KiB */
#define SIGNATURE_MAX 160			/* ECDSA P-256 in DER: at most 72 */
#define NOTE_MAX ((size_t)64 << 10)
#define CA_DAYS (20 * 366L)
#define SIGNER_DAYS (10 * 366L)
#define NAME_MAX_LENGTH 63			/* X.520 allows 64 for a common name */

struct seal_signer {
	EVP_PKEY *key;
	X509 *cert;
	char name[NAME_MAX_LENGTH + 1];
};

static void library_init(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	ERR_clear_error();
}

/* What OpenSSL says first is what failed first. */
static int ssl_err(struct err *e, const char *what)
{
	unsigned long code = ERR_get_error();
	const char *why = code == 0 ? NULL : ERR_reason_error_string(code);

	ERR_clear_error();
	return err_set(e, -1, "%s: %s", what, why == NULL ? "OpenSSL gives no reason" : why);
}

/* ---- files ---- */

static int read_whole(struct buf *out, const char *path, bool secret, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;

	if (fd == -1)
		return err_set(e, errno, "cannot open '%s': %s", path, strerror(errno));
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		err_set(e, EINVAL, "'%s' is not a file", path);
		goto out;
	}
	if (secret && (st.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) != 0) {
		err_set(e, EPERM, "the private key '%s' is open to others (mode %03o): chmod 600", path,
			(unsigned)st.st_mode & 0777);
		goto out;
	}
	for (;;) {
		char *room = buf_reserve(out, 4096);
		ssize_t n = room == NULL ? -1 : read(fd, room, 4096);

		if (room == NULL) {
			err_set(e, EFBIG, "'%s' is too long for a key or a certificate", path);
			goto out;
		}
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			err_set(e, errno, "cannot read '%s': %s", path, strerror(errno));
			goto out;
		}
		if (n == 0)
			break;
		out->n += (size_t)n;
	}
	rc = 0;
out:
	close(fd);
	return rc;
}

/* A new file, whole and on the disk, or none. */
static int write_new(const char *path, mode_t mode, BIO *from, struct err *e)
{
	char *p = NULL;
	long left = BIO_get_mem_data(from, &p);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode), rc = -1;

	if (fd == -1)
		return err_set(e, errno, "cannot create '%s': %s", path, strerror(errno));
	while (left > 0) {
		ssize_t n = write(fd, p, (size_t)left);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			err_set(e, errno, "cannot write '%s': %s", path, strerror(errno));
			goto out;
		}
		p += n;
		left -= n;
	}
	if (fsync(fd) == -1) {
		err_set(e, errno, "cannot write '%s': %s", path, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	if (rc != 0)
		unlink(path);
	close(fd);
	return rc;
}

/* ---- keys and certificates ---- */

static int no_pass_phrase(char *out, int size, int writing, void *ctx)
{
	(void)out, (void)size, (void)writing, (void)ctx;
	return -1;
}

static bool is_p256(const EVP_PKEY *key)
{
	char group[32];
	size_t n = 0;

	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1 &&
		strcmp(group, "prime256v1") == 0;
}

static EVP_PKEY *private_key(const char *path, struct err *e)
{
	struct buf text = { .max = KEY_FILE_MAX };
	EVP_PKEY *key = NULL;
	BIO *bio = NULL;

	if (read_whole(&text, path, true, e) == -1)
		goto out;
	bio = BIO_new_mem_buf(text.p == NULL ? "" : text.p, (int)text.n);
	key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
	if (key == NULL) {
		ssl_err(e, "not a private key in PEM without a pass phrase");
		err_wrap(e, "'%s'", path);
	} else if (!is_p256(key)) {
		err_set(e, -1, "the key in '%s' is not on curve P-256", path);
		EVP_PKEY_free(key);
		key = NULL;
	}
out:
	BIO_free(bio);
	if (text.p != NULL)
		OPENSSL_cleanse(text.p, text.n);
	buf_release(&text);
	return key;
}

static X509 *certificate(const char *path, struct err *e)
{
	struct buf text = { .max = KEY_FILE_MAX };
	X509 *cert = NULL;
	BIO *bio = NULL;

	if (read_whole(&text, path, false, e) == -1)
		goto out;
	bio = BIO_new_mem_buf(text.p == NULL ? "" : text.p, (int)text.n);
	cert = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL);
	if (cert == NULL) {
		ssl_err(e, "not a certificate in PEM");
		err_wrap(e, "'%s'", path);
	}
out:
	BIO_free(bio);
	buf_release(&text);
	return cert;
}

static EVP_PKEY *public_key(const char *pem)
{
	size_t n = strlen(pem);
	BIO *bio = n == 0 || n > KEY_FILE_MAX ? NULL : BIO_new_mem_buf(pem, (int)n);
	EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, no_pass_phrase, NULL);

	BIO_free(bio);
	ERR_clear_error();
	if (key != NULL && !is_p256(key)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static void hex_of(const unsigned char *raw, size_t n, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
	}
	hex[2 * n] = '\0';
}

static int spki_sha256(unsigned char out[32], const EVP_PKEY *key, struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der), rc = -1;

	if (n <= 0 || EVP_Digest(der, (size_t)n, out, NULL, EVP_sha256(), NULL) != 1)
		ssl_err(e, "cannot hash a public key");
	else
		rc = 0;
	OPENSSL_free(der);
	return rc;
}

int seal_public_id(enum seal_verdict *verdict, char hex[65], const char *public_pem, struct err *e)
{
	unsigned char raw[32];
	EVP_PKEY *key;
	int rc;

	library_init();
	*verdict = SEAL_BAD;
	hex[0] = '\0';
	key = public_key(public_pem);
	if (key == NULL)
		return 0;
	rc = spki_sha256(raw, key, e);
	if (rc == 0) {
		hex_of(raw, sizeof(raw), hex);
		*verdict = SEAL_GOOD;
	}
	EVP_PKEY_free(key);
	return rc;
}

/* ---- the signer ---- */

int seal_signer_open(struct seal_signer **out, const char *key_path, const char *cert_path, struct err *e)
{
	struct seal_signer *s = calloc(1, sizeof(*s));
	int rc = -1;

	*out = NULL;
	if (s == NULL)
		return err_set(e, ENOMEM, "cannot open the signing key: out of memory");
	library_init();
	s->key = private_key(key_path, e);
	s->cert = s->key == NULL ? NULL : certificate(cert_path, e);
	if (s->cert == NULL)
		goto out;
	if (X509_check_private_key(s->cert, s->key) != 1) {
		ERR_clear_error();
		err_set(e, -1, "the key '%s' and the certificate '%s' are not a pair", key_path, cert_path);
		goto out;
	}
	if (X509_NAME_get_text_by_NID(X509_get_subject_name(s->cert), NID_commonName, s->name, sizeof(s->name)) <= 0) {
		err_set(e, -1, "the certificate '%s' has no common name", cert_path);
		goto out;
	}
	*out = s;
	rc = 0;
out:
	if (rc != 0)
		seal_signer_free(s);
	return rc;
}

const char *seal_signer_name(const struct seal_signer *s)
{
	return s->name;
}

void seal_signer_free(struct seal_signer *s)
{
	if (s == NULL)
		return;
	EVP_PKEY_free(s->key);
	X509_free(s->cert);
	free(s);
}

/* ---- CMS ---- */

static BIO *bio_of(struct view v)
{
	return v.n > INT32_MAX ? NULL : BIO_new_mem_buf(v.n == 0 ? "" : v.p, (int)v.n);
}

int seal_sign_cms(struct seal_signer *s, struct view content, struct buf *der, struct err *e)
{
	const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_NOSMIMECAP;
	unsigned char *bytes = NULL;
	CMS_ContentInfo *cms = NULL;
	BIO *bio = bio_of(content);
	int n, rc = -1;

	library_init();
	cms = bio == NULL ? NULL : CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	if (cms == NULL || CMS_add1_signer(cms, s->cert, s->key, EVP_sha256(), flags) == NULL ||
	    CMS_final(cms, bio, NULL, flags) != 1) {
		ssl_err(e, "cannot make a CMS signature");
		goto out;
	}
	n = i2d_CMS_ContentInfo(cms, &bytes);
	if (n <= 0) {
		ssl_err(e, "cannot write a CMS signature");
		goto out;
	}
	buf_put(der, bytes, (size_t)n);
	if (der->failed) {
		err_set(e, ENOMEM, "cannot keep a CMS signature: out of memory");
		goto out;
	}
	rc = 0;
out:
	OPENSSL_free(bytes);
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	return rc;
}

static X509_STORE *store_of(const char *ca_path, struct err *e)
{
	X509 *ca = certificate(ca_path, e);
	X509_STORE *store = ca == NULL ? NULL : X509_STORE_new();

	if (ca == NULL)
		return NULL;
	if (store == NULL || X509_STORE_add_cert(store, ca) != 1) {
		ssl_err(e, "cannot trust the certificate");
		err_wrap(e, "'%s'", ca_path);
		X509_STORE_free(store);
		store = NULL;
	}
	X509_free(ca);
	return store;
}

/* The last error names the cause ("certificate verify error: self signed"), the first only the place. */
static void say_why(struct buf *why)
{
	const char *data = NULL;
	int flags = 0;
	unsigned long code = ERR_peek_last_error_data(&data, &flags);
	const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

	buf_text(why, reason == NULL ? "the signature does not verify" : reason);
	if (data != NULL && (flags & ERR_TXT_STRING) != 0 && data[0] != '\0')
		buf_fmt(why, ": %s", data);
	ERR_clear_error();
}

int seal_verify_cms(enum seal_verdict *verdict, struct buf *why, struct view content, struct view der,
	const char *ca_path, struct err *e)
{
	const unsigned char *p = (const unsigned char *)der.p;
	X509_STORE *store;
	CMS_ContentInfo *cms = NULL;
	BIO *bio = NULL;
	int rc = 0;

	library_init();
	*verdict = SEAL_BAD;
	store = store_of(ca_path, e);
	if (store == NULL)
		return -1;
	cms = der.n == 0 || der.n > DER_MAX ? NULL : d2i_CMS_ContentInfo(NULL, &p, (long)der.n);
	if (cms == NULL || p != (const unsigned char *)der.p + der.n) {
		buf_text(why, "the signature file is not one CMS structure in DER");
		goto out;
	}
	if (CMS_is_detached(cms) != 1) {
		buf_text(why, "the signature is not detached: it carries a content of its own");
		goto out;
	}
	bio = bio_of(content);
	if (bio == NULL) {
		rc = err_set(e, ENOMEM, "cannot verify a signature: out of memory, or more than 2 GiB");
		goto out;
	}
	if (CMS_verify(cms, NULL, store, bio, NULL, CMS_BINARY) == 1)
		*verdict = SEAL_GOOD;
	else
		say_why(why);
out:
	ERR_clear_error();
	BIO_free(bio);
	CMS_ContentInfo_free(cms);
	X509_STORE_free(store);
	return rc;
}

/* ---- plain ECDSA ---- */

static int sign_text(unsigned char out[SIGNATURE_MAX], size_t *n, EVP_PKEY *key, struct view text, struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = -1;

	*n = SIGNATURE_MAX;
	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, out, n, (const unsigned char *)(text.n == 0 ? "" : text.p), text.n) != 1)
		ssl_err(e, "cannot sign");
	else
		rc = 0;
	EVP_MD_CTX_free(ctx);
	return rc;
}

static int verify_text(enum seal_verdict *verdict, EVP_PKEY *key, struct view text, const unsigned char *sig, size_t n,
	struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = -1;

	*verdict = SEAL_BAD;
	if (ctx == NULL || EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) != 1) {
		ssl_err(e, "cannot verify a signature");
	} else {
		rc = 0;
		if (EVP_DigestVerify(ctx, sig, n, (const unsigned char *)(text.n == 0 ? "" : text.p), text.n) == 1)
			*verdict = SEAL_GOOD;
	}
	ERR_clear_error();
	EVP_MD_CTX_free(ctx);
	return rc;
}

int seal_sign_statement(struct buf *hex, struct view text, const char *key_path, struct err *e)
{
	unsigned char sig[SIGNATURE_MAX];
	size_t n = 0;
	EVP_PKEY *key;
	int rc = -1;

	library_init();
	key = private_key(key_path, e);
	if (key == NULL)
		return -1;
	if (sign_text(sig, &n, key, text, e) == 0) {
		buf_hex(hex, (struct view){ (const char *)sig, n });
		rc = hex->failed ? err_set(e, ENOMEM, "cannot keep a signature: out of memory") : 0;
	}
	EVP_PKEY_free(key);
	return rc;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool unhex(unsigned char *out, size_t cap, size_t *n, struct view hex)
{
	if (hex.n == 0 || hex.n % 2 != 0 || hex.n / 2 > cap)
		return false;
	for (size_t i = 0; i < hex.n / 2; i++) {
		int high = nibble(hex.p[2 * i]), low = nibble(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	*n = hex.n / 2;
	return true;
}

int seal_verify_statement(enum seal_verdict *verdict, struct view text, struct view hex, const char *public_pem,
	struct err *e)
{
	unsigned char sig[SIGNATURE_MAX];
	size_t n = 0;
	EVP_PKEY *key;
	int rc;

	library_init();
	*verdict = SEAL_BAD;
	if (!unhex(sig, sizeof(sig), &n, hex))
		return 0;
	key = public_key(public_pem);
	if (key == NULL)
		return err_set(e, -1, "the operator's public key is not a P-256 key in PEM");
	rc = verify_text(verdict, key, text, sig, n, e);
	EVP_PKEY_free(key);
	return rc;
}

/* ---- signed notes ---- */

/* Key names in a note hold no blank and no plus. */
static bool note_name(const char *name)
{
	if (name[0] == '\0')
		return false;
	for (const char *p = name; *p != '\0'; p++)
		if (*p <= ' ' || *p == '+' || *p >= 0x7f)
			return false;
	return true;
}

static void put_base64(struct buf *out, const unsigned char *p, size_t n)
{
	unsigned char text[4 * ((SIGNATURE_MAX + 4) / 3 + 1) + 1];
	int len = EVP_EncodeBlock(text, p, (int)n);

	buf_put(out, text, (size_t)len);
}

int seal_sign_note(struct seal_signer *s, int64_t size, const unsigned char root[32], struct buf *note, struct err *e)
{
	unsigned char id[32], blob[4 + SIGNATURE_MAX];
	size_t start = note->n, n = 0;

	library_init();
	if (!note_name(s->name))
		return err_set(e, -1, "the signer's name '%s' has a blank or a plus: it cannot name a key in a signed "
			"note", s->name);
	if (size < 0)
		return err_set(e, EINVAL, "an audit tree has no negative size");
	buf_fmt(note, "%s\n%lld\n", s->name, (long long)size);
	put_base64(note, root, 32);
	buf_char(note, '\n');
	if (note->failed)
		return err_set(e, ENOMEM, "cannot write a checkpoint: out of memory");
	if (spki_sha256(id, s->key, e) == -1 ||
	    sign_text(blob + 4, &n, s->key, (struct view){ note->p + start, note->n - start }, e) == -1)
		return -1;
	memcpy(blob, id, 4);
	buf_fmt(note, "\n\xe2\x80\x94 %s ", s->name);
	put_base64(note, blob, n + 4);
	buf_char(note, '\n');
	return note->failed ? err_set(e, ENOMEM, "cannot write a checkpoint: out of memory") : 0;
}

/* The bytes of strict base64; false when it is not, or is longer than `cap`. */
static bool unbase64(unsigned char *out, size_t cap, size_t *n, struct view text)
{
	unsigned char whole[SIGNATURE_MAX + 8];
	size_t pad = 0;
	int len;

	if (text.n == 0 || text.n % 4 != 0 || text.n / 4 * 3 > sizeof(whole))
		return false;
	while (pad < 2 && text.p[text.n - 1 - pad] == '=')
		pad++;
	len = EVP_DecodeBlock(whole, (const unsigned char *)text.p, (int)text.n);
	if (len < 0 || (size_t)len < pad || (size_t)len - pad > cap)
		return false;
	*n = (size_t)len - pad;
	memcpy(out, whole, *n);
	return true;
}

/* Splits at the last empty line; then looks for the line of this name and key. */
static bool note_signature(struct view note, const char *name, const unsigned char id[4], struct view *text,
	unsigned char *sig, size_t *n)
{
	const char *split = NULL;
	unsigned char blob[4 + SIGNATURE_MAX];
	struct view rest, line;

	for (size_t i = 0; i + 1 < note.n; i++)
		if (note.p[i] == '\n' && note.p[i + 1] == '\n')
			split = note.p + i;
	if (split == NULL)
		return false;
	*text = (struct view){ note.p, (size_t)(split - note.p) + 1 };
	rest = (struct view){ split + 2, note.n - text->n - 1 };
	while (view_cut(&rest, '\n', &line)) {
		struct view lead, key;

		if (!view_cut(&line, ' ', &lead) || !view_eq(lead, VIEW("\xe2\x80\x94")) ||
		    !view_cut(&line, ' ', &key) || !view_eq(key, view_of(name)) ||
		    !unbase64(blob, sizeof(blob), n, line) || *n <= 4 || memcmp(blob, id, 4) != 0)
			continue;
		*n -= 4;
		memcpy(sig, blob + 4, *n);
		return true;
	}
	return false;
}

int seal_verify_note(enum seal_verdict *verdict, struct buf *why, struct view note, const char *cert_path,
	struct err *e)
{
	unsigned char id[32], sig[SIGNATURE_MAX];
	char name[NAME_MAX_LENGTH + 1];
	struct view text = { NULL, 0 };
	EVP_PKEY *key = NULL;
	X509 *cert;
	size_t n = 0;
	int rc = -1;

	library_init();
	*verdict = SEAL_BAD;
	cert = certificate(cert_path, e);
	if (cert == NULL)
		return -1;
	key = X509_get_pubkey(cert);
	if (key == NULL || !is_p256(key) ||
	    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof(name)) <= 0) {
		err_set(e, -1, "the certificate '%s' holds no named P-256 key", cert_path);
		goto out;
	}
	if (spki_sha256(id, key, e) == -1)
		goto out;
	rc = 0;
	if (note.n > NOTE_MAX || !note_signature(note, name, id, &text, sig, &n)) {
		buf_fmt(why, "no signature of '%s' stands under the note", name);
		goto out;
	}
	rc = verify_text(verdict, key, text, sig, n, e);
	if (rc == 0 && *verdict == SEAL_BAD)
		buf_fmt(why, "the signature of '%s' does not fit the note's text", name);
out:
	EVP_PKEY_free(key);
	X509_free(cert);
	return rc;
}

/* ---- making keys ---- */

int seal_random(void *out, size_t n, struct err *e)
{
	library_init();
	if (n > 4096 || RAND_bytes(out, (int)n) != 1)
		return ssl_err(e, "cannot get random bytes");
	return 0;
}

static int write_private(const char *path, EVP_PKEY *key, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	int rc = -1;

	if (bio == NULL || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		ssl_err(e, "cannot write a private key");
	else
		rc = write_new(path, 0600, bio, e);
	BIO_free(bio);
	return rc;
}

int seal_make_operator_key(const char *key_path, const char *public_path, struct err *e)
{
	EVP_PKEY *key;
	BIO *bio = NULL;
	int rc = -1;

	library_init();
	key = EVP_EC_gen("P-256");
	bio = key == NULL ? NULL : BIO_new(BIO_s_mem());
	if (bio == NULL || PEM_write_bio_PUBKEY(bio, key) != 1) {
		ssl_err(e, "cannot make a key");
		goto out;
	}
	if (write_private(key_path, key, e) == -1)
		goto out;
	rc = write_new(public_path, 0644, bio, e);
	if (rc != 0)
		unlink(key_path);
out:
	BIO_free(bio);
	EVP_PKEY_free(key);
	return rc;
}

struct extension { int nid; const char *value; };

static const struct extension ca_extensions[] = {
	{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_undef, NULL },
};

/* emailProtection is what `openssl cms -verify` and certtool ask of a signer when nobody names a purpose. */
static const struct extension signer_extensions[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature,nonRepudiation" },
	{ NID_ext_key_usage, "emailProtection" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid" },
	{ NID_undef, NULL },
};

static bool add_extensions(X509 *cert, X509 *issuer, const struct extension *rows)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	for (; rows->value != NULL; rows++) {
		X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, &ctx, rows->nid, rows->value);
		bool good = x != NULL && X509_add_ext(cert, x, -1) == 1;

		X509_EXTENSION_free(x);
		if (!good)
			return false;
	}
	return true;
}

static bool random_serial(X509 *cert)
{
	unsigned char raw[16];
	BIGNUM *n;
	bool good;

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return false;
	raw[0] = (raw[0] & 0x7f) | 0x40;		/* positive, and always of one length */
	n = BN_bin2bn(raw, sizeof(raw), NULL);
	good = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
	BN_free(n);
	return good;
}

/* issuer NULL: signs itself. */
static X509 *make_certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, long days,
	const struct extension *rows)
{
	X509 *cert = X509_new();
	X509_NAME *subject = cert == NULL ? NULL : X509_get_subject_name(cert);

	if (cert == NULL || X509_set_version(cert, 2) != 1 || !random_serial(cert) ||
	    X509_gmtime_adj(X509_getm_notBefore(cert), -3600) == NULL ||
	    X509_time_adj_ex(X509_getm_notAfter(cert), (int)days, 0, NULL) == NULL ||
	    X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
	    0) != 1 || X509_set_issuer_name(cert, issuer == NULL ? subject : X509_get_subject_name(issuer)) != 1 ||
	    X509_set_pubkey(cert, key) != 1 || !add_extensions(cert, issuer == NULL ? cert : issuer, rows) ||
	    X509_sign(cert, issuer_key, EVP_sha256()) == 0) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static int write_certificate(const char *path, X509 *cert, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int rc = -1;

	if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1)
		ssl_err(e, "cannot write a certificate");
	else
		rc = write_new(path, 0644, bio, e);
	BIO_free(bio);
	return rc;
}

static const char *const ca_files[4] = { "ca.key", "ca.pem", "signer.key", "signer.pem" };

/* All four or none; what was there before is never touched. */
static int write_ca_and_signer(const char *dir, EVP_PKEY *keys[2], X509 *certs[2], struct err *e)
{
	struct buf path = { .max = 4096 };
	int done = 0, rc = 0;

	for (; done < 4; done++) {
		buf_clear(&path);
		buf_fmt(&path, "%s/%s", dir, ca_files[done]);
		if (path.failed)
			rc = err_set(e, ENAMETOOLONG, "the directory's name is too long");
		else if (done % 2 == 0)
			rc = write_private(buf_cstr(&path), keys[done / 2], e);
		else
			rc = write_certificate(buf_cstr(&path), certs[done / 2], e);
		if (rc != 0)
			break;
	}
	while (rc != 0 && --done >= 0) {
		buf_clear(&path);
		buf_fmt(&path, "%s/%s", dir, ca_files[done]);
		unlink(buf_cstr(&path));
	}
	buf_release(&path);
	return rc;
}

int seal_make_ca_and_signer(const char *dir, const char *name, struct err *e)
{
	EVP_PKEY *keys[2] = { NULL, NULL };
	X509 *certs[2] = { NULL, NULL };
	char ca_name[NAME_MAX_LENGTH + 1];
	int rc = -1;

	library_init();
	if (strlen(name) + 3 > NAME_MAX_LENGTH || !note_name(name))
		return err_set(e, EINVAL, "the name '%s' cannot be a signer's: expected 1 to 60 letters without blank "
			"or plus", name);
	memcpy(ca_name, name, strlen(name));
	memcpy(ca_name + strlen(name), "-ca", 4);
	keys[0] = EVP_EC_gen("P-256");
	keys[1] = EVP_EC_gen("P-256");
	if (keys[0] != NULL && keys[1] != NULL)
		certs[0] = make_certificate(ca_name, keys[0], NULL, keys[0], CA_DAYS, ca_extensions);
	if (certs[0] != NULL)
		certs[1] = make_certificate(name, keys[1], certs[0], keys[0], SIGNER_DAYS, signer_extensions);
	if (certs[1] == NULL)
		ssl_err(e, "cannot make a certificate");
	else
		rc = write_ca_and_signer(dir, keys, certs, e);
	for (int i = 0; i < 2; i++) {
		X509_free(certs[i]);
		EVP_PKEY_free(keys[i]);
	}
	return rc;
}
