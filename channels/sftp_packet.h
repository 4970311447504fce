/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sftp_packet - the packets of SFTP version 3 as bytes: built and cut, nothing else (no socket, no state)
 *
 * packet = u32 length | u8 type | u32 id | body, big endian (draft-ietf-secsh-filexfer-02).  What arrives is hostile
 * input: a packet over SFTP_PACKET_MAX, a body shorter than its type needs, a string longer than what is left and a
 * count of names that cannot fit are refused with -1, before anything is used.  Views borrow from the bytes they were
 * cut from.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "formats/core/buf.h"
#include "formats/core/view.h"

#define SFTP_PACKET_MAX ((size_t)256 << 10)	/* OpenSSH's own bound, for both directions */
#define SFTP_HANDLE_MAX 256			/* the draft's bound on a handle */

enum sftp_type {
	SFTP_INIT = 1, SFTP_VERSION, SFTP_OPEN, SFTP_CLOSE, SFTP_READ, SFTP_WRITE, SFTP_LSTAT, SFTP_FSTAT, SFTP_SETSTAT,
	SFTP_FSETSTAT, SFTP_OPENDIR, SFTP_READDIR, SFTP_REMOVE, SFTP_MKDIR, SFTP_RMDIR, SFTP_REALPATH, SFTP_STAT, SFTP_RENAME,
	SFTP_STATUS = 101, SFTP_HANDLE, SFTP_DATA, SFTP_NAME, SFTP_ATTRS,
	SFTP_EXTENDED = 200, SFTP_EXTENDED_REPLY,
};

enum sftp_status {
	SFTP_OK, SFTP_EOF, SFTP_NO_SUCH_FILE, SFTP_PERMISSION_DENIED, SFTP_FAILURE, SFTP_BAD_MESSAGE,
	SFTP_NO_CONNECTION, SFTP_CONNECTION_LOST, SFTP_UNSUPPORTED,
};

enum { SFTP_OPEN_READ = 1, SFTP_OPEN_WRITE = 2, SFTP_OPEN_CREATE = 8, SFTP_OPEN_EXCLUSIVE = 0x20 };

struct sftp_wire_attrs {
	bool has_size, has_mode, has_times;
	uint64_t size;
	uint32_t mode, mtime;
};

struct sftp_packet {
	uint8_t type;
	uint32_t id;				/* VERSION: the version number */
	struct view body;			/* behind the id */
};

/* Building: a packet is begun, filled and ended; the length is written at its end.  Several may follow. */
size_t sftp_begin(struct buf *, enum sftp_type, uint32_t id);	/* returns where it starts */
void sftp_put_u32(struct buf *, uint32_t);
void sftp_put_u64(struct buf *, uint64_t);
void sftp_put_string(struct buf *, struct view);
void sftp_end(struct buf *, size_t start);

/* Cuts the first packet off *rest: 1 = one, 0 = not whole yet, -1 = no packet of this protocol. */
int sftp_cut_packet(struct view *rest, struct sftp_packet *);

bool sftp_take_u32(struct view *rest, uint32_t *);
bool sftp_take_u64(struct view *rest, uint64_t *);
bool sftp_take_string(struct view *rest, struct view *);
bool sftp_take_attrs(struct view *rest, struct sftp_wire_attrs *);

bool sftp_read_status(const struct sftp_packet *, uint32_t *status, struct view *message);
	/* message may be empty */
bool sftp_read_handle(const struct sftp_packet *, struct view *handle);
bool sftp_read_data(const struct sftp_packet *, struct view *data);
bool sftp_read_attrs(const struct sftp_packet *, struct sftp_wire_attrs *);
bool sftp_read_names(const struct sftp_packet *, struct view *rest, uint32_t *count);
	/* then sftp_take_name() count times */
bool sftp_take_name(struct view *rest, struct view *name, struct sftp_wire_attrs *);
const char *sftp_status_text(uint32_t status);
