/*
 * options.h - the launcher's command line, in and out.
 */
#ifndef AGENTOPS_SANDBOX_OPTIONS_H
#define AGENTOPS_SANDBOX_OPTIONS_H

#include "launcher.h"

/* Reads argv; the strings are copied, cmd borrows argv. */
bool options_parse(int argc, char **argv, struct options *ret,
		   struct err *err);
void options_release(struct options *o);

/* Makes every path what it resolves to now, and checks what the profile
 * does not allow. Mounts and rules then go to these paths. */
bool options_resolve(struct options *o, struct err *err);

/* Appends the command line of the second start: options_parse of it gives
 * the same options with `inner` set. */
void options_inner_argv(const struct options *o, struct strv *argv);

/* True when the profile lets the command write its workspace. */
bool options_workspace_writable(const struct options *o);

#endif
