#include "environ.h"

#include <string.h>
#include <unistd.h>

/* clang-format off */
static const char *const kept[] = {
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TERM",
	"COLORTERM", "NO_COLOR", "COLUMNS", "LINES", "TZ",
	"VIRTUAL_ENV", "PYTHONPATH", "CONDA_PREFIX", "PYENV_ROOT",
	"PYENV_VERSION", "GDFONTPATH", "GNUPLOT_LIB",
};
/* clang-format on */

struct fixed {
	const char *name;
	const char *below_tmp; /* NULL: value stands as it is */
	const char *value;
};

/* Thread counts: a numeric library starts one thread a CPU and maps memory
 * for each, which runs into the limits on large machines. */
static const struct fixed fixed[] = {
	{ "TMPDIR", "", NULL },
	{ "TEMP", "", NULL },
	{ "TMP", "", NULL },
	{ "XDG_RUNTIME_DIR", "", NULL },
	{ "XDG_CACHE_HOME", "/cache", NULL },
	{ "IPYTHONDIR", "/ipython", NULL },
	{ "MPLCONFIGDIR", "/matplotlib", NULL },
	{ "PYTHONDONTWRITEBYTECODE", NULL, "1" },
	{ "OPENBLAS_NUM_THREADS", NULL, "4" },
	{ "OMP_NUM_THREADS", NULL, "4" },
};

static bool
same_name(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 &&
	       (entry[n] == '=' || entry[n] == '\0');
}

static bool
is_kept(const char *entry)
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (same_name(entry, kept[i]))
			return true;
	return str_starts(entry, "LC_");
}

/* True when an --env option sets the variable of this entry. */
static bool
is_added(const struct strv *added, const char *entry)
{
	AUTO_FREE char *name = xstrndup(entry, strcspn(entry, "="));

	for (size_t i = 0; i < added->count; i++)
		if (same_name(added->items[i], name))
			return true;
	return false;
}

void
environ_scrub(const struct strv *added, const char *tmp, struct strv *ret)
{
	for (char **e = environ; *e; e++)
		if (is_kept(*e) && !is_added(added, *e))
			strv_add(ret, *e);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		const struct fixed *f = &fixed[i];

		if (is_added(added, f->name))
			continue;
		if (f->below_tmp)
			strv_addf(ret, "%s=%s%s", f->name, tmp, f->below_tmp);
		else
			strv_addf(ret, "%s=%s", f->name, f->value);
	}
	for (size_t i = 0; i < added->count; i++)
		if (strchr(added->items[i], '='))
			strv_add(ret, added->items[i]);
}
