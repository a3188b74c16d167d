/*
 * Any bytes as a data file: sniffed, profiled and printed. Beside crashes it
 * finds JSON that does not parse and counts that contradict each other.
 */
#include "base/json.h"
#include "tool/data/profile.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One memory file for all inputs: making one for each is slow. */
static int
memory_file(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	return fd;
}

static void
check_columns(const struct data_profile *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct data_column *c = &p->columns[i];
		int64_t sum = 0;

		for (int k = 0; k < DATA_KIND_COUNT; k++)
			sum += c->kinds[k];
		if (sum != c->seen || c->seen != p->rows)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct data_profile_options o = { 0 };
	AUTO(data_profile) p = { 0 };
	AUTO(buf) json = BUF_INIT;
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *v = NULL;
	struct err err = ERR_INIT;

	if (!data_profile_fd(memory_file(data, size), "fuzz", &o, &p, &err))
		return 0;
	check_columns(&p);
	data_profile_json(&p, &json);
	data_profile_text(&p, &text);
	v = json_parse(buf_str(&json), json.len, "profile", &err);
	if (!v || json_int(v, "rows", -1) != p.rows)
		abort();
	return 0;
}
