/*
 * agentops-look FILE - the visual checks of one PNG, as JSON on stdout
 * (visual_report_json). Status 1: it cannot be decoded, stderr says why.
 *
 * A program of its own: a picture may come from anywhere and may be large.
 * The process that keeps the journal needs no memory for it, and outlives a
 * decoder that crashes.
 */
#include "base/mem.h"
#include "media/png.h"
#include "media/visual.h"

#include <stdio.h>
#include <sys/resource.h>

int
main(int argc, char **argv)
{
	const struct rlimit no_core = { 0, 0 };
	AUTO(image) im = IMAGE_INIT;
	struct visual_report report;
	AUTO(buf) json = BUF_INIT;
	struct err err = ERR_INIT;

	if (argc != 2) {
		fputs("usage: agentops-look FILE\n", stderr);
		return 2;
	}
	setrlimit(RLIMIT_CORE, &no_core);
	if (!png_decode_path(argv[1], NULL, &im, &err)) {
		fputs(err.msg, stderr);
		return 1;
	}
	visual_check(&im, NULL, &report);
	visual_report_json(&report, &json);
	puts(buf_str(&json));
	return 0;
}
