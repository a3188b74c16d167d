/* Any bytes as a YAML document: parsed, and walked as JSON. */
#include "base/json.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	AUTO_PTR(yaml_doc) d =
		yaml_parse((const char *)data, size, "fuzz", 1, &err);

	if (d) {
		AUTO_JSON *v = yaml_to_json(yaml_root(d));
		AUTO_FREE char *text = json_print(v);
	}
	return 0;
}
