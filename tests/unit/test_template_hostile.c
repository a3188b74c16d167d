/*
 * The templates that come with the program: whatever is answered in any of
 * their fields for text, steps, code, hosts, profiles, risk and files stay as
 * they are with the template's own test answers.
 */
#include "hostile.h"
#include "test.h"

#include "base/json.h"
#include "flow/deploy.h"
#include "run/engine.h"

static struct deployment *
prepare(const struct template *t, const cJSON *given, const char *into)
{
	AUTO(paths) paths = { 0 };
	AUTO_JSON *answers = NULL;
	struct err err = ERR_INIT;
	struct deploy_request r = { t, &paths, &engine_tools, NULL, into,
				    t->dir };

	/* Refused by a pattern or a bound, or no name in SQL. */
	assert_true(paths_find(&paths, NULL));
	if (!template_answers(t, given, &answers, NULL, &err))
		return NULL;
	r.answers = answers;
	return deploy_prepare(&r, &err);
}

/* NULL, or the host that was answered: the first of a step's. */
static const char *answered_host;

static bool
is_answered(const char *host)
{
	size_t n = answered_host ? strlen(answered_host) : 0;

	return n && str_starts(host, answered_host) && host[n] == ':' &&
	       !strchr(host + n + 1, ':');
}

static bool
same_list(const char *const *a, const char *const *b)
{
	size_t i = 0;

	for (; a && b && a[i] && b[i]; i++)
		if (!str_eq(a[i], b[i]) && (i > 0 || !is_answered(b[i])))
			return false;
	return (!a || !a[i]) && (!b || !b[i]);
}

static void
assert_same(const struct deployment *a, const struct deployment *b,
	    const char *what)
{
	if (a->workflow->step_count != b->workflow->step_count ||
	    a->file_count != b->file_count || a->cls.risk != b->cls.risk)
		fail_msg("%s: other steps, files or risk", what);
	for (size_t i = 0; i < a->file_count; i++)
		if (!a->files[i].secret)
			assert_string_equal(a->files[i].path,
					    b->files[i].path);
	for (size_t i = 0; i < a->workflow->step_count; i++) {
		const struct workflow_step *x = &a->workflow->steps[i];
		const struct workflow_step *y = &b->workflow->steps[i];

		if (!str_eq(x->id, y->id) ||
		    x->action.tool != y->action.tool ||
		    x->action.profile != y->action.profile ||
		    !str_eq(x->action.code, y->action.code) ||
		    !same_list(x->action.hosts, y->action.hosts) ||
		    !same_list(x->action.secrets, y->action.secrets))
			fail_msg("%s: step %s is another", what, x->id);
	}
}

/* Every text in one field; how many were taken. */
static size_t
try_field(const struct template *t, const struct template_field *f,
	  const cJSON *given, const char *into)
{
	AUTO_PTR(deployment) plain = prepare(t, given, into);
	size_t taken = 0;

	assert_non_null(plain);
	for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
		AUTO_JSON *all = cJSON_Duplicate(given, true);
		AUTO_FREE char *what = xasprintf("%s, %s: text %zu", t->name,
						 f->in.name, i);
		AUTO_PTR(deployment) d = NULL;

		cJSON_DeleteItemFromObjectCaseSensitive(all, f->in.name);
		if (f->type == TEMPLATE_LIST)
			cJSON_AddItemToArray(
				cJSON_AddArrayToObject(all, f->in.name),
				cJSON_CreateString(HOSTILE[i]));
		else
			cJSON_AddStringToObject(all, f->in.name, HOSTILE[i]);
		d = prepare(t, all, into);
		if (!d)
			continue;
		taken++;
		answered_host =
			str_ends(f->in.name, "_host") ? HOSTILE[i] : NULL;
		/* A secret that was typed is one file more. */
		if (f->type != TEMPLATE_SECRET)
			assert_same(plain, d, what);
	}
	return taken;
}

static void
test_shipped(void **state)
{
	static const char *const names[] = { "analytics-dashboard",
					     "etl-pipeline",
					     "monitoring-stack",
					     "rest-api-with-auth" };
	AUTO_FREE char *into = path_join(*state, "into");
	AUTO_FREE char *shipped = path_shipped("templates");
	size_t taken = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_FREE char *dir = path_join(shipped, names[i]);
		struct err err = ERR_INIT;
		AUTO_PTR(template) t = template_load(dir, &err);

		if (!t)
			fail_msg("%s", err.msg);
		for (size_t k = 0; k < t->tests->count; k++) {
			AUTO_JSON *given = yaml_to_json(t->tests->items[k]);

			for (size_t j = 0; j < t->field_count; j++) {
				enum template_type type = t->fields[j].type;

				if (type == TEMPLATE_TEXT ||
				    type == TEMPLATE_LIST ||
				    type == TEMPLATE_SECRET)
					taken += try_field(t, &t->fields[j],
							   given, into);
			}
		}
	}
	print_message("%zu texts were taken\n", taken);
	assert_true(taken > 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
