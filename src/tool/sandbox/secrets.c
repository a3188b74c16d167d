#include "secrets.h"

#include "base/path.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* clang-format off */
static const char *const in_home[] = {
	/* keys and logins */
	".ssh", ".gnupg", ".netrc", "_netrc", ".authinfo", ".authinfo.gpg",
	".git-credentials", ".config/git/credentials", ".pgpass", ".my.cnf",
	".mylogin.cnf", ".s3cfg", ".boto", ".vault-token", ".password-store",
	".local/share/keyrings", ".local/share/kwalletd", ".pki", ".cert",
	".config/sops", ".config/age",
	/* cloud and cluster */
	".aws", ".azure", ".config/gcloud", ".kube", ".oci", ".ibmcloud",
	".config/doctl", ".config/hcloud", ".config/rclone", ".rclone.conf",
	".terraform.d/credentials.tfrc.json", ".terraformrc", ".fly",
	".config/heroku", ".docker/config.json",
	".config/containers/auth.json",
	/* package registries and forges */
	".npmrc", ".yarnrc.yml", ".pypirc", ".cargo/credentials",
	".cargo/credentials.toml", ".gem/credentials", ".m2/settings.xml",
	".gradle/gradle.properties", ".composer/auth.json",
	".nuget/NuGet/NuGet.Config", ".config/gh", ".config/glab-cli",
	".config/hub", ".config/pip",
	/* agents and model providers */
	".claude", ".claude.json", ".codex", ".gemini", ".config/openai",
	".cache/huggingface/token", ".huggingface", ".kaggle",
	".config/github-copilot",
	/* browsers and mail */
	".mozilla", ".thunderbird", ".config/google-chrome",
	".config/chromium", ".config/BraveSoftware", ".config/microsoft-edge",
	".config/vivaldi", ".config/opera", "snap/firefox", "snap/chromium",
	".cache/mozilla", ".cache/google-chrome", ".cache/chromium",
	".local/share/evolution", ".config/Signal", ".config/Slack",
	".config/discord",
	/* what was typed */
	".bash_history", ".zsh_history", ".zhistory", ".histfile", ".history",
	".sh_history", ".ash_history", ".python_history", ".node_repl_history",
	".psql_history", ".mysql_history", ".sqlite_history",
	".rediscli_history", ".lesshst", ".viminfo",
	".local/share/fish/fish_history",
	".ipython/profile_default/history.sqlite",
	".local/state/nvim/shada", ".local/share/recently-used.xbel",
	".Xauthority", ".ICEauthority",
};

static const char *const in_system[] = {
	"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-",
	"/etc/ssh", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssl/private",
	"/etc/krb5.keytab", "/etc/docker", "/etc/kubernetes",
	"/etc/NetworkManager/system-connections", "/etc/wireguard",
	"/var/lib/docker", "/var/lib/kubelet", "/var/spool/cron",
	"/var/mail", "/sys/kernel/debug", "/sys/kernel/tracing",
	"/sys/fs/bpf", "/sys/firmware/efi/efivars",
};

/* Variables that name a file or folder with a secret in it. */
static const char *const in_variables[] = {
	"KUBECONFIG", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE",
	"AWS_WEB_IDENTITY_TOKEN_FILE", "GOOGLE_APPLICATION_CREDENTIALS",
	"CLOUDSDK_CONFIG", "AZURE_CONFIG_DIR", "DOCKER_CONFIG", "NETRC",
	"PGPASSFILE", "GNUPGHOME", "SSH_AUTH_SOCK", "XAUTHORITY",
	"KRB5CCNAME", "NPM_CONFIG_USERCONFIG", "VAULT_TOKEN_FILE",
	"BOTO_CONFIG", "HISTFILE", "PASSWORD_STORE_DIR", "REGISTRY_AUTH_FILE",
	"SOPS_AGE_KEY_FILE", "RCLONE_CONFIG",
};
/* clang-format on */

static void
add_if_there(struct strv *v, const char *path)
{
	char *real = *path == '/' ? realpath(path, NULL) : NULL;

	if (!real || strv_has(v, real))
		free(real);
	else
		strv_take(v, real);
}

static void
add_home(struct strv *v, const char *home)
{
	if (str_empty(home) || *home != '/')
		return;
	for (size_t i = 0; i < ARRAY_LEN(in_home); i++) {
		AUTO_FREE char *path = path_join(home, in_home[i]);

		add_if_there(v, path);
	}
}

static void
add_own(struct strv *v)
{
	AUTO(paths) p = { 0 };
	AUTO_FREE char *config = NULL, *data = NULL;

	if (!paths_find(&p, NULL))
		return;
	config = path_join(p.config, "secrets");
	data = path_join(p.data, "secrets");
	add_if_there(v, config);
	add_if_there(v, data);
}

void
secrets_find(struct strv *ret)
{
	const char *home = getenv("HOME");
	const struct passwd *pw = getpwuid(getuid());

	add_home(ret, home);
	/* HOME may point elsewhere; the secrets stay where they are. */
	if (pw && !str_eq(pw->pw_dir, home))
		add_home(ret, pw->pw_dir);
	for (size_t i = 0; i < ARRAY_LEN(in_system); i++)
		add_if_there(ret, in_system[i]);
	for (size_t i = 0; i < ARRAY_LEN(in_variables); i++) {
		const char *path = getenv(in_variables[i]);

		if (path)
			add_if_there(ret, path);
	}
	add_own(ret);
}

char *
secrets_stored(const char *path)
{
	AUTO(paths) p = { 0 };
	AUTO_FREE char *folder = NULL, *real_folder = NULL, *stored = NULL;
	AUTO_FREE char *real = realpath(path, NULL);
	struct stat st;

	if (!real || !paths_find(&p, NULL) || lstat(path, &st) ||
	    !S_ISREG(st.st_mode))
		return NULL;
	folder = path_join(p.config, "secrets");
	real_folder = realpath(folder, NULL);
	if (!real_folder)
		return NULL;
	stored = path_join(real_folder, path_base(path));
	return str_eq(stored, real) ? TAKE(stored) : NULL;
}

char *
secrets_state_root(void)
{
	AUTO(paths) p = { 0 };

	return paths_find(&p, NULL) ? realpath(p.state, NULL) : NULL;
}
