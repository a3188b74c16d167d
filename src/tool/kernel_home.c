#include "tool/kernel_home.h"

#include "base/id.h"
#include "base/path.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	SUN_PATH_MAX = 107, /* unix(7), without the NUL */
	FONT_LISTS_MAX = 4,
	FONT_LIST_BYTES = 8 << 20,
};

/*
 * Runs before ipykernel, as `python3 -c`. What each piece is for:
 *  - sys.path without "": no file of the folder it starts in is imported;
 *    IPython puts it back for the cells.
 *  - debugpy is not needed: 150 ms and 40 MB less.
 *  - PR_SET_PDEATHSIG: without a sandbox the kernel still ends with us;
 *    when we ended before that, nobody reads its stdout.
 *  - write: at most OUTPUT_MAX characters a cell reach the wire.
 *  - begin, output: see kernel.h.
 */
/* clang-format off */
static const char start_script[] =
"import sys\n"
"sys.path[:] = [p for p in sys.path if p]\n"
"sys.modules['debugpy'] = None\n"
"import ctypes, json, math, os, select, types\n"
"ctypes.CDLL(None).prctl(1, 9)\n"
"reader = select.poll()\n"
"reader.register(1, 0)\n"
"if reader.poll(0):\n"
"    sys.exit(1)\n"
"import ipykernel.iostream\n"
"from ipykernel.kernelapp import IPKernelApp\n"
"\n"
"OUTPUT_MAX = 1 << 20\n"
"DEFAULTS = {'inputs': {}, 'steps': {}, 'attempt': 1, 'findings': [],\n"
"            'item': None, 'index': None, 'workspace': None, 'run': None,\n"
"            'iterate': {'comment': ''}, 'named_tool': None,\n"
"            'secret_files': {}}\n"
"cell = types.SimpleNamespace(left=OUTPUT_MAX, output={}, file=None)\n"
"real_write = ipykernel.iostream.OutStream.write\n"
"\n"
"def write(stream, text):\n"
"    if not isinstance(text, str):\n"
"        return real_write(stream, text)\n"
"    if cell.left > 0:\n"
"        real_write(stream, text[:cell.left])\n"
"        cell.left -= len(text)\n"
"        if cell.left < 0:\n"
"            real_write(stream, '\\n[output cut at %d characters]\\n'\n"
"                       % OUTPUT_MAX)\n"
"    return len(text)\n"
"\n"
"ipykernel.iostream.OutStream.write = write\n"
"\n"
"class Values(dict):\n"
"    'A dict whose keys are attributes, too.'\n"
"    def __getattr__(self, name):\n"
"        if name in self:\n"
"            return self[name]\n"
"        raise AttributeError('no %r here; there are: %s'\n"
"                             % (name, ', '.join(map(str, self)) or '-'))\n"
"    def __setattr__(self, name, value):\n"
"        self[name] = value\n"
"\n"
"def plain(value):\n"
"    'What JSON can hold: numpy and pandas values by tolist, NaN as null.'\n"
"    if isinstance(value, (str, bool, int, type(None))):\n"
"        return value\n"
"    if isinstance(value, float):\n"
"        return float(value) if math.isfinite(value) else None\n"
"    if isinstance(value, dict):\n"
"        return {str(k): plain(v) for k, v in value.items()}\n"
"    if isinstance(value, (list, tuple, set, frozenset)):\n"
"        return [plain(v) for v in value]\n"
"    for name in ('to_dict', 'tolist', 'item'):\n"
"        if callable(getattr(value, name, None)):\n"
"            return plain(getattr(value, name)())\n"
"    return str(value)\n"
"\n"
"def output(**values):\n"
"    'Adds to the structured result of this step.'\n"
"    cell.output.update(plain(values))\n"
"    text = json.dumps(cell.output, ensure_ascii=True)\n"
"    with open(cell.file + '.new', 'w') as f:\n"
"        f.write(text)\n"
"    os.replace(cell.file + '.new', cell.file)\n"
"\n"
"def begin(where):\n"
"    where = os.fsdecode(bytes.fromhex(where))\n"
"    os.chdir(where)\n"
"    cell.left, cell.output = OUTPUT_MAX, {}\n"
"    cell.file = os.path.join(where, '" KERNEL_OUTPUT_FILE "')\n"
"    values = os.path.join(where, '" KERNEL_VALUES_FILE "')\n"
"    os.environ.update(AGENTOPS_OUTPUT=cell.file, AGENTOPS_VALUES=values)\n"
"    with open(values, encoding='utf-8') as f:\n"
"        values = json.load(f, object_hook=Values)\n"
"    names = IPKernelApp.instance().kernel.shell.user_ns\n"
"    for name, missing in DEFAULTS.items():\n"
"        if isinstance(missing, dict):\n"
"            missing = Values(missing)\n"
"        names[name] = values.get(name, missing)\n"
"    names['output'] = output\n"
"\n"
"own = types.ModuleType('agentops_kernel')\n"
"own.begin = begin\n"
"sys.modules[own.__name__] = own\n"
"IPKernelApp.launch_instance()\n";
/* clang-format on */

char *
kernel_home_begin(const char *dir)
{
	size_t len = strlen(dir);
	AUTO_FREE char *hex = xmalloc(2 * len + 1);

	/* As hex: no quoting, and a name need not be UTF-8. */
	id_hex((const unsigned char *)dir, len, hex);
	return xasprintf("__import__('sys').modules['agentops_kernel']"
			 ".begin('%s')",
			 hex);
}

/* ---- folders ---------------------------------------------------------- */

/* Some file systems (of containers, over a network) have no sockets. */
static bool
takes_sockets(const char *dir)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/try", dir);
	ok = fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
	if (ok)
		unlink(addr.sun_path);
	return ok;
}

static char *
try_ipc_dir(const char *parent)
{
	AUTO_FREE char *dir = path_join(parent, "agentops-XXXXXX");

	if (*dir != '/' || strlen(dir) + strlen("/k-5") > SUN_PATH_MAX ||
	    !mkdtemp(dir))
		return NULL;
	if (takes_sockets(dir))
		return TAKE(dir);
	rmdir(dir);
	return NULL;
}

static bool
make_ipc_dir(const char *run_dir, char **ret, struct err *err)
{
	const char *parents[] = { run_dir, getenv("XDG_RUNTIME_DIR"), "/tmp" };

	for (size_t i = 0; i < ARRAY_LEN(parents); i++) {
		if (str_empty(parents[i]))
			continue;
		*ret = try_ipc_dir(parents[i]);
		if (*ret)
			return true;
	}
	return FAIL(err, ERR_ENV,
		    "Python kernel: no folder for its sockets can be made in "
		    "%s, XDG_RUNTIME_DIR or /tmp; make /tmp writable",
		    run_dir);
}

static bool
write_connection_file(const struct kernel_home *h, struct err *err)
{
	AUTO_FREE char *path = path_join(h->ipc, "connection.json");
	AUTO_FREE char *text = xasprintf(
		"{\"transport\":\"ipc\",\"ip\":\"%s/k\",\"key\":\"%s\","
		"\"signature_scheme\":\"hmac-sha256\","
		"\"kernel_name\":\"python3\",\"shell_port\":1,"
		"\"iopub_port\":2,\"stdin_port\":3,\"control_port\":4,"
		"\"hb_port\":5}\n",
		h->ipc, h->key);

	return path_write_atomic(path, text, strlen(text), 0600, err);
}

static void
copy_font_list(const char *from, const char *to_dir)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_FREE char *to = path_join(to_dir, path_base(from));
	struct err err = ERR_INIT;

	/* Only a saving of time: no copy is no error. */
	if (path_read(from, FONT_LIST_BYTES, &text, &err))
		path_write_atomic(to, text.data, text.len, 0600, &err);
}

/* matplotlib looks for fontlist-*.json in these places of the user's. */
static void
seed_font_lists(const char *to_dir)
{
	const char *own = getenv("MPLCONFIGDIR");
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	AUTO_FREE char *pattern = NULL;
	glob_t found = { 0 };

	if (!str_empty(own))
		pattern = path_join(own, "fontlist-*.json");
	else if (!str_empty(cache))
		pattern = path_join(cache, "matplotlib/fontlist-*.json");
	else if (!str_empty(home))
		pattern = path_join(home, ".cache/matplotlib/"
					  "fontlist-*.json");
	if (pattern && glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && i < FONT_LISTS_MAX;
		     i++)
			copy_font_list(found.gl_pathv[i], to_dir);
	globfree(&found);
}

static bool
make_config_dir(const struct kernel_home *h, struct err *err)
{
	AUTO_FREE char *fonts = path_join(h->config, "matplotlib");

	/* There from an earlier kernel: it is that kernel's now. */
	if (mkdir(h->config, 0700))
		return errno == EEXIST ||
		       err_errno(err, errno, "cannot make %s", h->config);
	if (!path_mkdirs(fonts, err))
		return false;
	seed_font_lists(fonts);
	return true;
}

bool
kernel_home_make(const char *run_dir, struct kernel_home *ret, struct err *err)
{
	struct kernel_home h = {
		.config = path_join(run_dir, "kernel"),
		.work = path_join(run_dir, "work"),
	};

	id_random_hex(h.key, (WIRE_KEY_SIZE - 1) / 2);
	if (!path_mkdirs(h.work, err) || !make_config_dir(&h, err) ||
	    !make_ipc_dir(run_dir, &h.ipc, err) ||
	    !write_connection_file(&h, err)) {
		kernel_home_release(&h);
		return false;
	}
	*ret = h;
	return true;
}

void
kernel_home_release(struct kernel_home *h)
{
	if (h->ipc)
		path_remove_tree(h->ipc, NULL);
	free(h->ipc);
	free(h->config);
	free(h->work);
	*h = (struct kernel_home){ 0 };
}

/* ---- the process ------------------------------------------------------ */

static void
add_environment(const struct kernel_home *h, struct strv *argv)
{
	/* With it ipykernel would watch a process it may not see. */
	strv_add(argv, "--unset=JPY_PARENT_PID");
	/* Figures are published at the end of a cell, without a show(). */
	strv_add(argv, "MPLBACKEND=module://matplotlib_inline.backend_inline");
	strv_addf(argv, "MPLCONFIGDIR=%s/matplotlib", h->config);
	strv_addf(argv, "IPYTHONDIR=%s/ipython", h->config);
	strv_addf(argv, "JUPYTER_CONFIG_DIR=%s/jupyter", h->config);
	strv_add(argv, "PYTHONIOENCODING=utf-8:replace");
}

void
kernel_home_command(const struct kernel_home *h, const char *python,
		    struct strv *ret_argv)
{
	strv_add(ret_argv, "/usr/bin/env");
	add_environment(h, ret_argv);
	strv_add(ret_argv, python);
	strv_add(ret_argv, "-c");
	strv_add(ret_argv, start_script);
	strv_add(ret_argv, "-f");
	strv_addf(ret_argv, "%s/connection.json", h->ipc);
	strv_add(ret_argv, "--HistoryManager.enabled=False");
	/* Its warnings would be taken for a dead kernel's last words. */
	strv_add(ret_argv, "--log-level=ERROR");
}
