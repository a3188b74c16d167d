/*
 * sandbox_world.h - a world with something to lose, for test_sandbox: files,
 * secrets, servers and a victim process outside the sandbox; and programs
 * run in it under a deadline.
 */
#ifndef AGENTOPS_TESTS_SANDBOX_WORLD_H
#define AGENTOPS_TESTS_SANDBOX_WORLD_H

#include "test.h"

#include "base/buf.h"
#include "base/str.h"
#include "tool/sandbox.h"

#include <sys/types.h>

enum { DEADLINE_MS = 60000 };

#define ATTEMPT AGENTOPS_BUILDDIR "/tests/unit/sandbox_attempt"
#define RUN_DIR "ops/state/runs/R1"
#define OUT_DIR "ops/state/runs/R1/work/s.1"

struct world {
	char *base;
	pid_t server, victim;
	int port;
	struct sandbox_report report;
};

extern struct world world;

/* For cmocka_run_group_tests. */
int world_setup(void **state);
int world_teardown(void **state);

/* A path below the world's folder; caller frees. */
char *in_world(const char *name);
/* Puts every file back as it was. */
void make_world(void);

struct child {
	pid_t pid;
	int out; /* its stdout and stderr */
};

struct child child_start(char *const *argv);
/* Adds output until its end, or until stop comes in it; false after
 * timeout_ms. */
bool child_read(struct child *c, struct buf *out, const char *stop,
		int timeout_ms);
int child_wait(struct child *c);
/* All three; fails the test at the deadline. Returns the exit status. */
int run(char *const *argv, struct buf *out);

struct mode {
	enum sandbox_profile profile;
	const char *backend;
};

enum { MODE_COUNT = 5 };
extern const struct mode modes[MODE_COUNT];

bool is_alone(const struct mode *m);
/* Says so when it is not. */
bool mode_is_there(const struct mode *m);

#define FOR_EACH_MODE(m)                                              \
	for (const struct mode *m = modes; m < modes + MODE_COUNT; m++) \
		if (mode_is_there(m))

/* The launcher's command line up to "--", the backend forced. */
void launch_argv(const struct mode *m, const char *const *hosts,
		 struct strv *argv);
/* Inserts an option before the "--" that argv ends with. */
void launch_option(struct strv *argv, const char *name, const char *value);
/* sandbox_attempt and its first arguments; names of attempts follow. */
void attempt_argv(struct strv *argv);
/* What came for the row: "done", "refused: ...", or NULL. Caller frees. */
char *result_of(const char *output, const char *name);

/* Runs sh -c SCRIPT in the mode; the output without a final newline. */
int run_sh(const struct mode *m, const char *script, struct buf *out);
/* The launcher's notes about what this machine cannot hold. */
void remove_notes(struct buf *out);

#endif
