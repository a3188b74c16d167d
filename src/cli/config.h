/*
 * config.h - settings, each with where it came from.
 *
 * Order, later wins: built-in default, $CONFIG/config.yaml,
 * WORKSPACE/.agentops/config.yaml, environment. Options of a command win
 * over all of them, where a command has one.
 *
 * A project's file comes with the project, so it may not weaken safety, nor
 * decide how a person's screen looks: settings that say false are refused
 * in it.
 *
 * Errors name file, line and column; unknown keys say "did you mean".
 */
#ifndef AGENTOPS_CLI_CONFIG_H
#define AGENTOPS_CLI_CONFIG_H

#include "base/path.h"

/* id, key, default, environment variable, may a project set it, help */
#define SETTINGS(X) \
	X(PROVIDER, "provider", "offline", "AGENTOPS_PROVIDER", false, \
	  "who plans: offline, or a provider of models") \
	X(MODEL, "model", "", "AGENTOPS_MODEL", false, \
	  "the provider's model") \
	X(BASE_URL, "base_url", "", "AGENTOPS_BASE_URL", false, \
	  "where the provider's server is; empty: its own") \
	X(BUDGET, "budget", "1", "AGENTOPS_BUDGET", false, \
	  "US dollars that a run may spend on models, or none") \
	X(RESEARCHERS, "researchers", "4", "AGENTOPS_RESEARCHERS", false, \
	  "sub-agents of a model that research a task before it is planned, " \
	  "0 to 5") \
	X(APPROVE, "approve", "none", "AGENTOPS_APPROVE", false, \
	  "gates answered in advance: none, low, medium, high, critical") \
	X(JOBS, "jobs", "0", "AGENTOPS_JOBS", true, \
	  "steps at the same time; 0: as the workflow says") \
	X(ON_FAILURE, "on_failure", "ask", "AGENTOPS_ON_FAILURE", true, \
	  "a step that failed for good: ask a person, or abort") \
	X(PYTHON, "python", "", "AGENTOPS_PYTHON", false, \
	  "interpreter with ipykernel; empty: looked for") \
	X(SANDBOX, "sandbox", "on", "AGENTOPS_SANDBOX", false, \
	  "on, or off: then every gate says so") \
	X(THEME, "theme", "dark", "AGENTOPS_THEME", false, \
	  "colours of the app: dark, light, contrast, 16, none, or a file") \
	X(COLOURS, "colours", "auto", "AGENTOPS_COLOURS", false, \
	  "what the terminal has: auto, none, 16, 256, direct") \
	X(PICTURES, "pictures", "auto", "AGENTOPS_PICTURES", false, \
	  "how: auto, none, symbols, sixel, kitty, iterm") \
	X(MOUSE, "mouse", "on", "AGENTOPS_MOUSE", false, \
	  "on, or off: the terminal's own selection works") \
	X(NOTIFY, "notify", "bell", "AGENTOPS_NOTIFY", false, \
	  "of a new gate: none, bell, or desktop (bell and OSC 9, 777)")

enum setting {
#define X(id, key, fallback, env, project, help) SETTING_##id,
	SETTINGS(X)
#undef X
	SETTING_COUNT
};

struct config {
	struct {
		char *value;
		char *origin; /* "default", "FILE:LINE", "$VARIABLE" */
	} items[SETTING_COUNT];
};

/* Missing files are fine. */
bool config_load(const struct paths *paths, const char *workspace,
		 struct config *ret, struct err *err);
void config_release(struct config *c);
/* "2.50" or "none" (0) in millionths of a dollar. */
bool config_budget(const char *value, int64_t *ret_microusd);
const char *config_get(const struct config *c, enum setting s);

#endif
