/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify - a manifest, its signature and its payload, with nothing but the certificate authority
 *
 * F.manifest.json is verified against F.manifest.p7s (CMS, detached) and the CA; then the payload's size and SHA-256 against what the
 * manifest says.  The payload lies beside the manifest under the artifact's name unless --payload names it.
 * Exit: 0 verifies, 1 does not (or CA or payload are not there), 2 wrong use or unreadable.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "channels/digest.h"
#include "formats/core/json.h"
#include "gateway/cli/cli.h"
#include "gateway/doc.h"
#include "gateway/seal.h"

#define MANIFEST_MAX ((size_t)16 << 20)

struct verifying {
	const char *ca, *payload, *manifest;
	bool json;
	char signature[1024], beside[1024], why[400], artifact[256], signer[128];
	int64_t size;
};

static int slurp(struct buf *out, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *p;
	ssize_t n = 1;

	if (fd == -1)
		return err_set(err, errno, "cannot read '%s': %s", path, strerror(errno));
	out->max = MANIFEST_MAX;
	while (n > 0 && (p = buf_reserve(out, 65536)) != NULL) {
		n = read(fd, p, 65536);
		out->n += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return n == 0 && !out->failed ? 0 : err_set(err, EIO, "cannot read '%s' whole", path);
}

static int no(struct verifying *v, const char *why)
{
	snprintf(v->why, sizeof(v->why), "%s", why);
	return 1;
}

static int verify_signature(struct verifying *v, const struct buf *manifest, struct err *err)
{
	struct buf der = { 0 }, why = { 0 };
	enum seal_verdict verdict = SEAL_BAD;
	size_t n = strlen(v->manifest);
	int rc;

	if (n < 6 || strcmp(v->manifest + n - 5, ".json") != 0)
		return err_set(err, EINVAL, "'%s' is not named F.manifest.json", v->manifest);
	snprintf(v->signature, sizeof(v->signature), "%.*s.p7s", (int)(n - 5), v->manifest);
	if (access(v->ca, R_OK) != 0)
		return no(v, "the CA certificate cannot be read; name it with --ca");
	rc = slurp(&der, v->signature, err);
	if (rc == 0)
		rc = seal_verify_cms(&verdict, &why, buf_as_view(manifest), buf_as_view(&der), v->ca, err);
	if (rc == 0 && verdict != SEAL_GOOD) {
		snprintf(v->why, sizeof(v->why), "the signature does not verify: %.300s", buf_cstr(&why));
		rc = 1;
	}
	buf_release(&der);
	buf_release(&why);
	return rc;
}

static int verify_payload(struct verifying *v, const struct doc_value *m, struct err *err)
{
	const char *name = doc_text(doc_member(doc_member(m, "artifact"), "name")), *sha = doc_text(doc_member(doc_member(m, "artifact"), "sha256"));
	const char *slash = strrchr(v->manifest, '/'), *path = v->payload;
	char hex[DIGEST_HEX];
	long long size = 0;
	int fd, rc;

	if (name == NULL || sha == NULL || strchr(name, '/') != NULL || !doc_int(doc_member(doc_member(m, "artifact"), "size"), &v->size))
		return no(v, "the manifest names no artifact");
	snprintf(v->artifact, sizeof(v->artifact), "%s", name);
	snprintf(v->signer, sizeof(v->signer), "%s", doc_text(doc_member(m, "signer")) ? doc_text(doc_member(m, "signer")) : "");
	if (path == NULL) {
		snprintf(v->beside, sizeof(v->beside), "%.*s%s", slash ? (int)(slash - v->manifest + 1) : 0, v->manifest, name);
		path = v->beside;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		snprintf(v->why, sizeof(v->why), "the payload '%.200s' is not there; name it with --payload", path);
		return 1;
	}
	rc = digest_fd_hex(fd, hex, &size, err);
	close(fd);
	if (rc != 0)
		return -1;
	if (size != v->size || strcmp(hex, sha) != 0)
		return no(v, "the payload is not the one that was signed: its size or SHA-256 differs");
	return 0;
}

static int verify(struct verifying *v, struct err *err)
{
	struct buf manifest = { 0 };
	struct doc *doc = NULL;
	int rc = slurp(&manifest, v->manifest, err);

	if (rc == 0)
		rc = verify_signature(v, &manifest, err);
	if (rc == 0)
		rc = doc_read(&doc, buf_as_view(&manifest), err);
	if (rc == 0)
		rc = verify_payload(v, doc_root(doc), err);
	doc_free(doc);
	buf_release(&manifest);
	return rc;
}

static void print(const struct verifying *v, int rc)
{
	struct buf out = { 0 };
	struct json j;

	if (!v->json) {
		if (rc == 0)
			printf("%s: good: '%s', %lld bytes, signed by '%s'\n", v->manifest, v->artifact, (long long)v->size, v->signer);
		else
			printf("%s: does not verify: %s\n", v->manifest, v->why);
		return;
	}
	json_init(&j, &out, false);
	json_object(&j, NULL);
	json_cstr(&j, "manifest", v->manifest);
	json_bool(&j, "verifies", rc == 0);
	json_cstr(&j, "why", v->why);
	json_cstr(&j, "artifact", v->artifact);
	json_cstr(&j, "signer", v->signer);
	json_object_end(&j);
	printf("%s\n", buf_cstr(&out));
	buf_release(&out);
}

int cli_verify(int argc, char **argv)
{
	struct verifying v = { .ca = "/etc/tallygate/ca.pem" };
	struct err err = { 0 };
	int rc;

	for (int i = 1; i < argc; i++) {
		const char **to = strcmp(argv[i], "--ca") == 0 ? &v.ca : strcmp(argv[i], "--payload") == 0 ? &v.payload : NULL;

		if (strcmp(argv[i], "--json") == 0)
			v.json = true;
		else if (to != NULL && i + 1 < argc)
			*to = argv[++i];
		else if (to == NULL && argv[i][0] != '-' && v.manifest == NULL)
			v.manifest = argv[i];
		else
			v.manifest = NULL, i = argc;
	}
	if (v.manifest == NULL) {
		fprintf(stderr, "usage: tallygate verify [--ca FILE] [--payload FILE] [--json] FILE.manifest.json\n");
		return 2;
	}
	rc = verify(&v, &err);
	if (rc < 0)
		fprintf(stderr, "tallygate: %s\n", err.text);
	else
		print(&v, rc);
	return rc < 0 ? 2 : rc;
}
