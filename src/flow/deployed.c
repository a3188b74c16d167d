#include "flow/deployed.h"

#include "base/json.h"

#include <dirent.h>
#include <stdlib.h>
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

static void
add_head(cJSON *all, const struct paths *paths, const char *id)
{
	static const char *const keys[] = { "template", "version", "into" };
	AUTO_JSON *record = deployed_read(paths, id);
	cJSON *head = cJSON_CreateObject();

	cJSON_AddStringToObject(head, "pattern_id", id);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *value = json_str(record, keys[i]);

		if (!value) {
			cJSON_Delete(head);
			return;
		}
		cJSON_AddStringToObject(head, keys[i], value);
	}
	cJSON_AddItemToArray(all, head);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

cJSON *
deployed_all(const struct paths *paths)
{
	AUTO_FREE char *dir = path_join(paths->data, "deployments");
	AUTO(strv) ids = STRV_INIT;
	cJSON *all = cJSON_CreateArray();
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (*e->d_name != '.' && str_ends(e->d_name, ".json"))
			strv_take(&ids,
				  xstrndup(e->d_name, strlen(e->d_name) -
							      strlen(".json")));
	if (d)
		closedir(d);
	if (ids.count)
		qsort(ids.items, ids.count, sizeof(*ids.items), by_name);
	for (size_t i = 0; i < ids.count; i++)
		add_head(all, paths, ids.items[i]);
	return all;
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
