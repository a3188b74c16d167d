#include "flow/deployed.h"

#include "base/json.h"

#include <string.h>

char *
deployed_path(const struct paths *paths, const char *id)
{
	return xasprintf("%s/deployments/%s.json", paths->data, id);
}

cJSON *
deployed_read(const struct paths *paths, const char *id)
{
	AUTO_FREE char *path = deployed_path(paths, id);
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *record = NULL;
	struct err unused = ERR_INIT;

	if (!path_read(path, DEPLOYED_LIMIT, &text, &unused))
		return NULL;
	record = json_parse(buf_str(&text), text.len, path, &unused);
	return cJSON_IsObject(record) ? TAKE(record) : NULL;
}

cJSON *
deployed_new(const char *template, const char *version, const char *into)
{
	cJSON *record = cJSON_CreateObject();

	cJSON_AddStringToObject(record, "template", template);
	cJSON_AddStringToObject(record, "version", version);
	cJSON_AddStringToObject(record, "into", into);
	cJSON_AddObjectToObject(record, "files");
	return record;
}

void
deployed_add_file(cJSON *record, const char *path, const struct buf *text)
{
	if (utf8_valid(buf_str(text), text->len) &&
	    strlen(buf_str(text)) == text->len)
		cJSON_AddStringToObject(
			cJSON_GetObjectItemCaseSensitive(record, "files"), path,
			buf_str(text));
}

const char *
deployed_file(const cJSON *record, const char *path)
{
	return json_str(json_get(record, "files"), path);
}
