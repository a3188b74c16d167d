/* The stored secrets that a step's program is given: as paths, never as text.
 * What is in them is replaced in all that comes out from then on. */
#include "run/live.h"

#include "base/json.h"
#include "base/path.h"

#include <string.h>

/* The stored secret's name of the input's value "secret:NAME". */
static const char *
stored_name(const struct run_state *s, const char *input)
{
	const char *value = json_str(s->inputs, input);

	return value && str_starts(value, "secret:") ?
		       value + strlen("secret:") :
		       NULL;
}

bool
step_give_secrets(struct live *l, const struct workflow_action *a,
		  cJSON *values, struct strv *ret_paths, struct err *err)
{
	AUTO_FREE char *dir = path_join(l->o->paths->config, "secrets");
	cJSON *files = cJSON_AddObjectToObject(values, "secret_files");

	for (size_t i = 0; a->secrets && a->secrets[i]; i++) {
		const char *name = stored_name(l->state, a->secrets[i]);
		AUTO_FREE char *path = name ? path_join(dir, name) : NULL;

		if (!name)
			continue;
		if (!path_exists(path))
			return FAIL(err, ERR_NOTFOUND,
				    "%s: there is no stored secret %s; write "
				    "it to %s, readable by you alone",
				    a->secrets[i], name, path);
		if (l->o->redact)
			redact_file(l->o->redact, dir, name);
		cJSON_AddStringToObject(files, a->secrets[i], path);
		strv_take(ret_paths, TAKE(path));
	}
	return true;
}
