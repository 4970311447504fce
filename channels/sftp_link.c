/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp_link - see sftp_link.h
 *
 * The socket is made here, not by libssh: connect() has a deadline that way, and TCP_NODELAY is sure (without it a 32
 * KiB write loop runs at 1 MB/s).  The libssh session is non-blocking throughout; every wait is a poll of ours with
 * what is left of the deadlines.  SSH_OPTIONS_TIMEOUT does not bound a stalled write, so it is not relied on.
 *
 * Failure: -1, *err says what; l->dead is set and the session is only good for sftp_link_free().
 */
#include <errno.h>
#include <libssh/libssh.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "channels/sftp_link.h"

#define STEP_FACTOR 10
#define TRICKLE_BYTES_PER_MS 4
#define SFTP_SEND_MAX ((uint32_t)1 << 20)
#define SLICE_MS 250			/* how long libssh waits at most before the deadlines are looked at again */

#define KEX_LIST                                                                                                       \
	"curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"     \
	"diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256"
#define CIPHER_LIST "aes256-gcm@openssh.com,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr"
#define MAC_LIST "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"

struct sftp_link {
	ssh_session session;
	ssh_channel channel;
	int fd, timeout_ms;
	bool dead;
	struct ssh_counter_struct raw_out, raw_in;	/* bytes on the socket, kept by libssh */
	uint64_t raw_seen;
	int64_t moved_at, step_at, operation_at;
	uint64_t operation_bytes;
	char evidence[256];
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int died(struct sftp_link *l, struct err *e, const char *what)
{
	const char *why = l->session == NULL ? "" : ssh_get_error(l->session);

	l->dead = true;
	return err_set(e, ECONNRESET, "%s: %.200s", what, *why == '\0' ? "connection lost" : why);
}

static int timed_out(struct sftp_link *l, struct err *e, const char *what)
{
	l->dead = true;
	return err_set(e, ETIMEDOUT, "%s: no progress by the deadline of %d ms", what, l->timeout_ms);
}

/* True when one of the three deadlines has passed. */
static bool late(struct sftp_link *l)
{
	int64_t now = now_ms(), most = (int64_t)l->timeout_ms * STEP_FACTOR;
	uint64_t raw = l->raw_out.out_bytes + l->raw_in.in_bytes + l->raw_out.in_bytes + l->raw_in.out_bytes;

	if (raw != l->raw_seen) {
		l->raw_seen = raw;
		l->moved_at = now;
	}
	return now - l->moved_at >= l->timeout_ms || now - l->step_at >= most
		|| now - l->operation_at >= most + (int64_t)(l->operation_bytes / TRICKLE_BYTES_PER_MS);
}

static int slice(const struct sftp_link *l)
{
	int64_t left = l->moved_at + l->timeout_ms - now_ms();

	return left < 1 ? 1 : left > SLICE_MS ? SLICE_MS : (int)left;
}

void sftp_link_step(struct sftp_link *l)
{
	l->step_at = l->moved_at = now_ms();
}

void sftp_link_operation(struct sftp_link *l)
{
	sftp_link_step(l);
	l->operation_at = l->step_at;
	l->operation_bytes = 0;
}

/* Waits until libssh may go on; -1 when a deadline passed. */
static int wait_socket(struct sftp_link *l, struct err *e, const char *what)
{
	int flags = ssh_get_poll_flags(l->session);
	struct pollfd p = { .fd = l->fd, .events = POLLIN };

	if (flags & SSH_WRITE_PENDING)
		p.events |= POLLOUT;
	poll(&p, 1, slice(l));
	return late(l) ? timed_out(l, e, what) : 0;
}

static int connect_one(struct sftp_link *l, const struct addrinfo *a, struct err *e)
{
	struct pollfd p = { .events = POLLOUT };
	socklen_t n = sizeof(int);
	int one = 1, fault = 0, fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return err_set(e, errno, "cannot make a socket: %s", strerror(errno));
	p.fd = fd;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == -1 && errno != EINPROGRESS) {
		fault = errno;
	} else {
		while (poll(&p, 1, slice(l)) == 0 && !late(l))
			;
		if (p.revents == 0)
			fault = ETIMEDOUT;
		else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &n) == -1)
			fault = errno;
	}
	if (fault != 0) {
		close(fd);
		return err_set(e, fault, "cannot connect: %s", strerror(fault));
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	l->fd = fd;
	return 0;
}

static int connect_socket(struct sftp_link *l, const struct sftp_target *t, struct err *e)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV },
			*found = NULL;
	char port[16];
	int rc;

	snprintf(port, sizeof(port), "%d", t->port);
	rc = getaddrinfo(t->host, port, &hint, &found);
	if (rc == EAI_NONAME) {			/* a name: the resolver has its own deadline, a few seconds a server */
		hint.ai_flags = AI_NUMERICSERV;
		rc = getaddrinfo(t->host, port, &hint, &found);
	}
	if (rc != 0)
		return err_set(e, EHOSTUNREACH, "cannot look up host '%.100s': %s", t->host, gai_strerror(rc));
	rc = -1;				/* a list that was found has an address at least */
	for (const struct addrinfo *a = found; a != NULL && rc != 0; a = a->ai_next) {
		sftp_link_operation(l);
		rc = connect_one(l, a, e);
	}
	freeaddrinfo(found);
	return rc;
}

/* "ssh-ed25519 AAAA..." -> the algorithms we ask the server for, so that it shows the key that is pinned. */
static int host_key_algorithms(const char *line, const char **out, struct err *e)
{
	static const struct { const char *type, *ask; } known[] = {
		{ "ssh-ed25519 ", "ssh-ed25519" },
		{ "ecdsa-sha2-nistp256 ", "ecdsa-sha2-nistp256" },
		{ "ecdsa-sha2-nistp384 ", "ecdsa-sha2-nistp384" },
		{ "ecdsa-sha2-nistp521 ", "ecdsa-sha2-nistp521" },
		{ "ssh-rsa ", "rsa-sha2-512,rsa-sha2-256" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strncmp(line, known[i].type, strlen(known[i].type)) == 0) {
			*out = known[i].ask;
			return 0;
		}
	}
	return err_set(e, EINVAL, "host key '%.40s' is of no known type", line);
}

static int set_options(struct sftp_link *l, const struct sftp_target *t, struct err *e)
{
	int no = 0, yes = 1, quiet = SSH_LOG_NOLOG;
	unsigned port = (unsigned)t->port;
	const char *ask = NULL;

	if (host_key_algorithms(t->host_key, &ask, e) != 0)
		return -1;
	const struct { enum ssh_options_e key; const void *value; } set[] = {
		{ SSH_OPTIONS_PROCESS_CONFIG, &no },
		{ SSH_OPTIONS_LOG_VERBOSITY, &quiet },
		{ SSH_OPTIONS_HOST, t->host },
		{ SSH_OPTIONS_PORT, &port },
		{ SSH_OPTIONS_USER, t->user },
		{ SSH_OPTIONS_SSH_DIR, "/nonexistent" },
		{ SSH_OPTIONS_KNOWNHOSTS, "/dev/null" },
		{ SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null" },
		{ SSH_OPTIONS_NODELAY, &yes },
		{ SSH_OPTIONS_HOSTKEYS, ask },
		{ SSH_OPTIONS_KEY_EXCHANGE, KEX_LIST },
		{ SSH_OPTIONS_CIPHERS_C_S, CIPHER_LIST },
		{ SSH_OPTIONS_CIPHERS_S_C, CIPHER_LIST },
		{ SSH_OPTIONS_HMAC_C_S, MAC_LIST },
		{ SSH_OPTIONS_HMAC_S_C, MAC_LIST },
		{ SSH_OPTIONS_COMPRESSION, "no" },
		{ SSH_OPTIONS_PASSWORD_AUTH, &no },
		{ SSH_OPTIONS_KBDINT_AUTH, &no },
		{ SSH_OPTIONS_GSSAPI_AUTH, &no },
		{ SSH_OPTIONS_FD, &l->fd },
	};
	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		if (ssh_options_set(l->session, set[i].key, set[i].value) != SSH_OK)
			return err_set(e, EINVAL, "session option %d refused: %s", (int)set[i].key,
				       ssh_get_error(l->session));
	ssh_set_blocking(l->session, 0);
	ssh_set_counters(l->session, &l->raw_out, &l->raw_in);
	return 0;
}

/* The key's bytes must be the configured ones: the type and the base64 text, without the comment. */
static int check_host_key(struct sftp_link *l, const struct sftp_target *t, char **fingerprint, struct err *e)
{
	struct view want = view_of(t->host_key), type = { 0 }, text = { 0 };
	unsigned char *hash = NULL;
	char *shown = NULL;
	ssh_key key = NULL;
	size_t n = 0;
	int rc = -1;

	view_cut(&want, ' ', &type);
	view_cut(&want, ' ', &text);
	if (ssh_get_server_publickey(l->session, &key) != SSH_OK || ssh_pki_export_pubkey_base64(key, &shown) != SSH_OK
	    || ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &n) != 0
	    || (*fingerprint = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, n)) == NULL) {
		err_set(e, EPROTO, "cannot read the server's host key: %s", ssh_get_error(l->session));
		goto out;
	}
	if (!view_eq(view_rtrim(text), view_of(shown))) {
		err_set(e, EKEYREJECTED, "host key differs from the configured one: the server shows %s", *fingerprint);
		goto out;
	}
	rc = 0;
out:
	ssh_clean_pubkey_hash(&hash);
	ssh_string_free_char(shown);
	ssh_key_free(key);
	return rc;
}

static int authenticate(struct sftp_link *l, const struct sftp_target *t, struct err *e)
{
	ssh_key key = NULL;
	int rc;

	if (ssh_pki_import_privkey_file(t->client_key, NULL, NULL, NULL, &key) != SSH_OK)
		return err_set(e, EACCES, "cannot read client key '%.200s'", t->client_key);
	while ((rc = ssh_userauth_publickey(l->session, NULL, key)) == SSH_AUTH_AGAIN)
		if (wait_socket(l, e, "authentication") != 0)
			break;
	ssh_key_free(key);
	if (rc == SSH_AUTH_AGAIN)
		return -1;
	if (rc == SSH_AUTH_ERROR)
		return died(l, e, "authentication");
	if (rc != SSH_AUTH_SUCCESS)
		return err_set(e, EACCES, "the server refuses user '%.64s' with this client key", t->user);
	return 0;
}

static int open_channel(struct sftp_link *l, struct err *e)
{
	int rc;

	l->channel = ssh_channel_new(l->session);
	if (l->channel == NULL)
		return err_set(e, ENOMEM, "cannot make a channel");
	while ((rc = ssh_channel_open_session(l->channel)) == SSH_AGAIN)
		if (wait_socket(l, e, "opening a channel") != 0)
			return -1;
	if (rc != SSH_OK)
		return died(l, e, "opening a channel");
	while ((rc = ssh_channel_request_subsystem(l->channel, "sftp")) == SSH_AGAIN)
		if (wait_socket(l, e, "asking for sftp") != 0)
			return -1;
	return rc == SSH_OK ? 0 : died(l, e, "asking for sftp");
}

static int handshake(struct sftp_link *l, const struct sftp_target *t, struct err *e)
{
	char *fingerprint = NULL;
	int rc;

	while ((rc = ssh_connect(l->session)) == SSH_AGAIN)
		if (wait_socket(l, e, "key exchange") != 0)
			return -1;
	if (rc != SSH_OK)
		return died(l, e, "key exchange");
	rc = check_host_key(l, t, &fingerprint, e);
	if (rc == 0)
		snprintf(l->evidence, sizeof(l->evidence), "kex=%.60s cipher=%.60s hostkey=%.80s",
			 ssh_get_kex_algo(l->session), ssh_get_cipher_out(l->session), fingerprint);
	ssh_string_free_char(fingerprint);
	return rc;
}

int sftp_link_open(struct sftp_link **out, const struct sftp_target *t, struct err *e)
{
	struct sftp_link *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return err_set(e, ENOMEM, "no memory for a session");
	l->fd = -1;
	l->timeout_ms = t->timeout_ms > 0 ? t->timeout_ms : 10000;
	if (connect_socket(l, t, e) != 0)
		goto fail;
	sftp_link_operation(l);
	l->session = ssh_new();
	if (l->session == NULL) {
		err_set(e, ENOMEM, "no memory for a session");
		goto fail;
	}
	if (set_options(l, t, e) != 0 || handshake(l, t, e) != 0 || authenticate(l, t, e) != 0
	    || open_channel(l, e) != 0)
		goto fail;
	*out = l;
	return 0;
fail:
	sftp_link_free(l);
	return err_wrap(e, "%.64s@%.100s:%d", t->user, t->host, t->port);
}

void sftp_link_free(struct sftp_link *l)
{
	if (l == NULL)
		return;
	if (l->session != NULL) {
		if (l->dead)
			ssh_silent_disconnect(l->session);
		else
			ssh_disconnect(l->session);
		ssh_free(l->session);		/* frees the channel too */
	}
	if (l->fd != -1)
		close(l->fd);
	free(l);
}

const char *sftp_link_evidence(const struct sftp_link *l)
{
	return l->evidence;
}

void sftp_link_kill(struct sftp_link *l)
{
	l->dead = true;
}

bool sftp_link_failed(const struct sftp_link *l)
{
	return l->dead;
}

bool sftp_link_dead(struct sftp_link *l)
{
	int n;

	if (l->dead)
		return true;
	n = ssh_channel_poll_timeout(l->channel, 0, 0);
	if (n != 0 && n != SSH_AGAIN)		/* an error, an end, or bytes that nobody asked for */
		l->dead = true;
	else if (!ssh_is_connected(l->session) || ssh_channel_is_eof(l->channel) || ssh_channel_is_closed(l->channel))
		l->dead = true;
	return l->dead;
}

int sftp_link_send(struct sftp_link *l, struct view bytes, struct err *e)
{
	while (bytes.n > 0) {
		int n;

		if (l->dead)
			return err_set(e, ECONNRESET, "the connection is lost");
		n = ssh_channel_write(l->channel, bytes.p, bytes.n > SFTP_SEND_MAX ? SFTP_SEND_MAX : (uint32_t)bytes.n);
		if (n < 0 && n != SSH_AGAIN)
			return died(l, e, "writing");
		if (n > 0) {
			bytes = view_sub(bytes, (size_t)n, bytes.n - (size_t)n);
			l->operation_bytes += (uint64_t)n;
			continue;
		}
		if (!ssh_is_connected(l->session) || ssh_channel_is_closed(l->channel))
			return died(l, e, "writing");
		if (wait_socket(l, e, "writing") != 0)
			return -1;
	}
	return 0;
}

int sftp_link_receive(struct sftp_link *l, char *to, size_t room, size_t *got, struct err *e)
{
	*got = 0;
	for (;;) {
		int n;

		if (l->dead)
			return err_set(e, ECONNRESET, "the connection is lost");
		/* A large count lets libssh open its receive window that far. */
		n = ssh_channel_read_timeout(l->channel, to, room > INT32_MAX ? INT32_MAX : (uint32_t)room, 0,
					     slice(l));
		if (n > 0) {
			*got = (size_t)n;
			l->operation_bytes += (uint64_t)n;
			return 0;
		}
		if (n != 0 && n != SSH_AGAIN)
			return died(l, e, "reading");
		if (!ssh_is_connected(l->session) || ssh_channel_is_eof(l->channel)
		    || ssh_channel_is_closed(l->channel))
			return died(l, e, "reading");
		if (late(l))
			return timed_out(l, e, "reading");
	}
}
