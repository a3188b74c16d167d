/* Attempts on what a sandbox hides or makes read-only: files, secrets. */
#include "sandbox_attempt.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

/* --- files -------------------------------------------------------------- */

static bool
write_to(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | flags, 0600);

	return fd >= 0 && write(fd, "x", 1) == 1;
}

static bool
read_from(const char *path)
{
	char c[16];
	int fd = open(path, O_RDONLY);

	return fd >= 0 && read(fd, c, sizeof(c)) > 0;
}

static bool
write_outside(void)
{
	return write_to(at("outside/file"), 0);
}

static bool
create_outside(void)
{
	return write_to(at("outside/new"), O_CREAT);
}

static bool
truncate_outside(void)
{
	return truncate(at("outside/file"), 0) == 0;
}

static bool
open_truncate(void)
{
	return open(at("outside/file"), O_RDONLY | O_TRUNC) >= 0;
}

static bool
unlink_outside(void)
{
	return unlink(at("outside/file")) == 0;
}

static bool
rename_outside(void)
{
	return rename(at("outside/file"), at("outside/other")) == 0;
}

static bool
mkdir_outside(void)
{
	return mkdir(at("outside/d"), 0700) == 0;
}

static bool
rmdir_outside(void)
{
	return rmdir(at("outside/empty")) == 0;
}

static bool
fifo_outside(void)
{
	return mkfifo(at("outside/fifo"), 0600) == 0;
}

static bool
symlink_outside(void)
{
	return symlink("file", at("outside/link")) == 0;
}

static bool
write_home(void)
{
	return write_to(at("home/.profile"), O_CREAT);
}

static bool
write_dotdot(void)
{
	return write_to(at(OUT "../../../../../../outside/file"), 0);
}

static bool
write_state(void)
{
	return write_to(at("ops/state/db"), O_CREAT);
}

static bool
write_workspace(void)
{
	return write_to(at("ws/file"), 0);
}

static bool
write_hook(void)
{
	return write_to(at("ws/.git/hooks/pre-commit"), O_CREAT);
}

static bool
write_git_config(void)
{
	return write_to(at("ws/.git/config"), O_APPEND);
}

static bool
replace_git_config(void)
{
	return write_to(at("ws/.git/config.lock"), O_CREAT) &&
	       rename(at("ws/.git/config.lock"), at("ws/.git/config")) == 0;
}

static bool
replace_git(void)
{
	return rename(at("ws/.git"), at("ws/.git2")) == 0;
}

static bool
rename_in(void)
{
	return write_to(at(OUT "mine"), O_CREAT) &&
	       rename(at(OUT "mine"), at("outside/file")) == 0;
}

static bool
rename_out(void)
{
	return rename(at("outside/file"), at(OUT "taken")) == 0;
}

static bool
hardlink(void)
{
	unlink(at(OUT "hard"));
	return link(at("outside/file"), at(OUT "hard")) == 0 &&
	       write_to(at(OUT "hard"), 0);
}

static bool
symlink_escape(void)
{
	unlink(at(OUT "soft"));
	return symlink(at("outside/file"), at(OUT "soft")) == 0 &&
	       write_to(at(OUT "soft"), 0);
}

static bool
chmod_outside(void)
{
	struct stat st;

	return chmod(at("outside/file"), 0777) == 0 &&
	       stat(at("outside/file"), &st) == 0 &&
	       (st.st_mode & 0777) == 0777;
}

static bool
fchmod_outside(void)
{
	int fd = open(at("outside/file"), O_RDONLY);
	struct stat st;

	return fd >= 0 && fchmod(fd, 0755) == 0 && fstat(fd, &st) == 0 &&
	       (st.st_mode & 0777) == 0755;
}

static bool
utime_outside(void)
{
	const struct timeval t[2] = { { 1, 0 }, { 1, 0 } };
	struct stat st;

	return utimes(at("outside/file"), t) == 0 &&
	       stat(at("outside/file"), &st) == 0 && st.st_mtime == 1;
}

static bool
chown_outside(void)
{
	struct stat st;

	return chown(at("outside/file"), 1, 1) == 0 &&
	       stat(at("outside/file"), &st) == 0 && st.st_uid == 1;
}

static bool
xattr_outside(void)
{
	return setxattr(at("outside/file"), "user.x", "y", 1, 0) == 0;
}

static bool
socket_outside(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (chdir(at("outside")))
		return false;
	memcpy(a.sun_path, "made", 5);
	return bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

/* --- secrets ------------------------------------------------------------ */

static bool
read_ssh(void)
{
	return read_from(at("home/.ssh/id_rsa"));
}

static bool
read_cloud(void)
{
	return read_from(at("home/.aws/credentials"));
}

static bool
read_netrc(void)
{
	return read_from(at("home/.netrc"));
}

static bool
read_history(void)
{
	return read_from(at("home/.bash_history"));
}

static bool
read_browser(void)
{
	return read_from(at("home/.mozilla/cookies"));
}

static bool
read_own_secret(void)
{
	return read_from(at("ops/config/secrets/key"));
}

static bool
read_journal(void)
{
	return read_from(at("ops/state/agentops.db"));
}

static bool
read_run_secret(void)
{
	return read_from(at("ops/state/runs/R1/secrets/token"));
}

static bool
read_other_run(void)
{
	return read_from(at("ops/state/runs/R2/artifact"));
}

static bool
read_by_variable(void)
{
	return read_from(at("outside/kubeconfig"));
}

static bool
read_by_symlink(void)
{
	unlink(at(OUT "key"));
	return symlink(at("home/.ssh/id_rsa"), at(OUT "key")) == 0 &&
	       read_from(at(OUT "key"));
}

static bool
read_env(void)
{
	return getenv("TEST_API_KEY") != NULL;
}

static bool
read_proc(const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)victim, file);
	return read_from(path);
}

static bool
read_environ(void)
{
	return read_proc("environ");
}

static bool
read_maps(void)
{
	return read_proc("maps");
}

/* --- the table ---------------------------------------------------------- */

const struct attempt file_attempts[] = {
	A(write_outside),    A(create_outside),     A(truncate_outside),
	A(open_truncate),    A(unlink_outside),     A(rename_outside),
	A(mkdir_outside),    A(rmdir_outside),      A(fifo_outside),
	A(symlink_outside),  A(write_home),         A(write_dotdot),
	A(write_state),      A(write_workspace),    A(write_hook),
	A(write_git_config), A(replace_git_config), A(replace_git),
	A(rename_in),        A(rename_out),         A(hardlink),
	A(symlink_escape),   A(chmod_outside),      A(fchmod_outside),
	A(utime_outside),    A(chown_outside),      A(xattr_outside),
	A(socket_outside),   A(read_ssh),           A(read_cloud),
	A(read_netrc),       A(read_history),       A(read_browser),
	A(read_own_secret),  A(read_journal),       A(read_run_secret),
	A(read_other_run),   A(read_by_variable),   A(read_by_symlink),
	A(read_env),         A(read_environ),       A(read_maps),
	{ NULL, NULL },
};
