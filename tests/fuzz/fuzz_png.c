/*
 * Any bytes: probing, decoding and checking must neither crash nor hang nor
 * take more memory than the limits allow.
 */
#include "media/png.h"
#include "media/visual.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct png_limits limits = { .side = 512,
						  .pixels = 1 << 16 };
	struct image im = IMAGE_INIT;
	struct image_info info;
	struct visual_report report;
	struct buf json = BUF_INIT;

	image_probe(data, size, &info);
	if (png_decode(data, size, "fuzz", &limits, &im, NULL)) {
		visual_check(&im, NULL, &report);
		visual_report_json(&report, &json);
	}
	buf_release(&json);
	image_release(&im);
	return 0;
}
