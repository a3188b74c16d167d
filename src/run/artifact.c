#include "run/artifact.h"

#include "base/mem.h"
#include "base/path.h"
#include "media/image.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
artifact_release(struct artifact *a)
{
	free(a->path);
	a->path = NULL;
}

/* "" or ".png"; at most 11 characters, so that a name stays a name. */
static const char *
extension(const char *file)
{
	const char *dot = strrchr(path_base(file), '.');

	if (!dot || strlen(dot) < 2 || strlen(dot) > 11)
		return "";
	for (const char *p = dot + 1; *p; p++)
		if (!isalnum((unsigned char)*p))
			return "";
	return dot;
}

char *
artifact_path(const char *run_dir, const char *sha256, const char *file)
{
	return xasprintf("%s/artifacts/%s%s", run_dir, sha256,
			 extension(file));
}

static const char *
media_type(int fd, const char *file, struct artifact *a)
{
	static const struct {
		const char *ext, *type;
	} known[] = {
		{ ".md", "text/markdown" },    { ".txt", "text/plain" },
		{ ".csv", "text/csv" },	       { ".tsv", "text/tab-separated-values" },
		{ ".json", "application/json" }, { ".html", "text/html" },
		{ ".svg", "image/svg+xml" },   { ".pdf", "application/pdf" },
	};
	AUTO_FREE char *head = xmalloc(IMAGE_PROBE_BYTES);
	ssize_t n = pread(fd, head, IMAGE_PROBE_BYTES, 0);
	struct image_info info;

	if (n > 0 && image_probe(head, (size_t)n, &info)) {
		a->width = info.width;
		a->height = info.height;
		return image_media_type(info.format);
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcasecmp(extension(file), known[i].ext) == 0)
			return known[i].type;
	return "application/octet-stream";
}

/* Copies and hashes in one pass; what was hashed is what was written. */
static bool
copy_hashed(int from, int to, struct artifact *a, struct err *err)
{
	struct sha256 *h = sha256_begin();
	AUTO_FREE char *block = xmalloc(1 << 16);
	ssize_t n;
	bool ok = true;

	a->size_bytes = 0;
	while (ok && (n = read(from, block, 1 << 16)) > 0) {
		sha256_update(h, block, (size_t)n);
		a->size_bytes += n;
		if (a->size_bytes > ARTIFACT_LIMIT_BYTES)
			ok = FAIL(err, ERR_TOOBIG, "larger than %d bytes",
				  ARTIFACT_LIMIT_BYTES);
		else if (write(to, block, (size_t)n) != n)
			ok = err_errno(err, errno ? errno : ENOSPC,
				       "cannot write its copy");
	}
	sha256_end(h, a->sha256);
	if (ok && n < 0)
		ok = err_errno(err, errno, "cannot read");
	if (ok && fsync(to))
		ok = err_errno(err, errno, "cannot write its copy");
	return ok;
}

static bool
store_fd(int fd, const char *run_dir, const char *store, const char *file,
	 struct artifact *a, struct err *err)
{
	char random[17];
	AUTO_FREE char *tmp = NULL;
	AUTO_FD to = -1, dir = -1;

	id_random_hex(random, 8);
	tmp = xasprintf("%s/.%s.tmp", store, random);
	to = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return err_errno(err, errno, "cannot write into %s", store);
	if (!copy_hashed(fd, to, a, err)) {
		unlink(tmp);
		return false;
	}
	a->path = artifact_path(run_dir, a->sha256, file);
	dir = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rename(tmp, a->path) || dir < 0 || fsync(dir)) {
		err_errno(err, errno, "cannot keep %s", a->path);
		unlink(tmp);
		artifact_release(a);
		return false;
	}
	return true;
}

bool
artifact_store(const char *run_dir, const char *dir, const char *file,
	       struct artifact *ret, struct err *err)
{
	AUTO_FREE char *store = path_join(run_dir, "artifacts");
	struct artifact a = { .path = NULL };
	AUTO_FD fd = -1;

	if (!path_mkdirs(store, err) ||
	    !path_open_beneath(dir, file, &fd, err))
		return false;
	a.media_type = media_type(fd, file, &a);
	if (!store_fd(fd, run_dir, store, file, &a, err))
		return err_prefix(err, "output %s", file);
	*ret = a;
	return true;
}
