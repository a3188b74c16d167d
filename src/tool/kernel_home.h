/*
 * kernel_home.h - what a kernel process needs around it before it starts:
 * folders, connection file, command line, environment.
 *
 *	ipc      a private folder (0700) with the connection file and the
 *	         five sockets, removed at release; in the first of RUN_DIR,
 *	         $XDG_RUNTIME_DIR and /tmp whose path is short enough for
 *	         socket names (107 bytes) and whose file system has sockets
 *	config   RUN_DIR/kernel: matplotlib's and IPython's own folders, so
 *	         that no kernel writes to the user's; a copy of the user's
 *	         font list saves matplotlib seconds
 *	work     RUN_DIR/work: where cells run
 *
 * The three are the only folders that a kernel may write to, besides what
 * its profile grants. config and ipc belong to untrusted code once a kernel
 * ran: nothing is read from them, and nothing is written to them again.
 */
#ifndef AGENTOPS_TOOL_KERNEL_HOME_H
#define AGENTOPS_TOOL_KERNEL_HOME_H

#include "base/err.h"
#include "base/str.h"
#include "tool/kernel_wire.h"

struct kernel_home {
	char *ipc, *config, *work;
	char key[WIRE_KEY_SIZE]; /* signs the messages */
};

/* Makes the folders and the connection file. */
bool kernel_home_make(const char *run_dir, struct kernel_home *ret,
		      struct err *err);
/* Removes the ipc folder. */
void kernel_home_release(struct kernel_home *h);

/* Appends the command line of a kernel: env(1) with its variables, then
 * Python. */
void kernel_home_command(const struct kernel_home *h, const char *python,
			 struct strv *ret_argv);

/* Names in the folder of a cell (see kernel.h). */
#define KERNEL_VALUES_FILE ".agentops-values.json"
#define KERNEL_OUTPUT_FILE ".agentops-output.json"

/* Python that prepares the next cell: dir becomes the current folder, its
 * KERNEL_VALUES_FILE the variables. Caller frees. */
char *kernel_home_begin(const char *dir);

#endif
