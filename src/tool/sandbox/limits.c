#include "limits.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OPEN_FILES = 4096 };

static bool
limit(int what, const char *name, rlim_t value, struct err *err)
{
	struct rlimit l;

	if (getrlimit(what, &l))
		return err_errno(err, errno, "getrlimit %s", name);
	if (value > l.rlim_max)
		value = l.rlim_max;
	l.rlim_cur = l.rlim_max = value;
	if (setrlimit(what, &l))
		return err_errno(err, errno, "setrlimit %s", name);
	return true;
}

bool
limits_apply(const struct limits *l, int others, struct err *err)
{
	const struct {
		int what;
		const char *name;
		rlim_t value;
		bool wanted;
	} rows[] = {
		{ RLIMIT_CORE, "core", 0, true },
		{ RLIMIT_NOFILE, "nofile", OPEN_FILES, true },
		{ RLIMIT_AS, "as", (rlim_t)l->memory_mb << 20,
		  l->memory_mb > 0 },
		{ RLIMIT_NPROC, "nproc", (rlim_t)l->processes + (rlim_t)others,
		  l->processes > 0 },
		{ RLIMIT_FSIZE, "fsize", (rlim_t)l->file_mb << 20,
		  l->file_mb > 0 },
		{ RLIMIT_CPU, "cpu", (rlim_t)l->cpu_s, l->cpu_s > 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].wanted &&
		    !limit(rows[i].what, rows[i].name, rows[i].value, err))
			return false;
	return true;
}

int
limits_user_threads(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d))) {
		char path[300];
		struct stat st;

		if (!isdigit((unsigned char)*e->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task", e->d_name);
		/* A link for ".", one for "..", one for each thread. */
		if (stat(path, &st) == 0 && st.st_uid == getuid())
			n += st.st_nlink > 2 ? (int)st.st_nlink - 2 : 1;
	}
	if (d)
		closedir(d);
	return n;
}

bool
limits_drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { { 0 } };

	/* Best effort: an ordinary user may not, and has none to lose. */
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_SET_SECUREBITS,
	      SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
		      SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED,
	      0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, none))
		return err_errno(err, errno, "cannot drop capabilities");
	return true;
}
