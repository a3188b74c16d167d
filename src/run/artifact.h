/*
 * artifact.h - files kept by their content.
 *
 * RUN_DIR/artifacts/SHA256.EXT holds each distinct content once, written
 * and fsynced before the event that names it, and never changed. EXT is the
 * extension that the step gave the file (letters and digits only), so that
 * other programs know what it is.
 */
#ifndef AGENTOPS_RUN_ARTIFACT_H
#define AGENTOPS_RUN_ARTIFACT_H

#include "base/err.h"
#include "base/id.h"

#include <stdint.h>

enum { ARTIFACT_LIMIT_BYTES = 1 << 30 };

struct artifact {
	char sha256[SHA256_HEX_SIZE];
	char *path;             /* absolute */
	const char *media_type; /* a constant */
	int64_t size_bytes;
	int width, height;      /* pictures, else 0 */
};

void artifact_release(struct artifact *a);

/*
 * Copies file (relative to dir, opened beneath it: see path_open_beneath)
 * into the store. Blocks on the disk; may run on a pool thread. The media
 * type is told by the first bytes, then by the extension.
 */
bool artifact_store(const char *run_dir, const char *dir, const char *file,
		    struct artifact *ret, struct err *err);

/* RUN_DIR/artifacts/SHA256.EXT of a stored one; caller frees. file gives
 * the extension. */
char *artifact_path(const char *run_dir, const char *sha256,
		    const char *file);

#endif
