/*
 * compare.h - two runs side by side.
 *
 *	{"part", "key", "a", "b", "same"}
 *
 *	part      key             a, b
 *	run       task, workspace, provider, pattern, risk, status, reason,
 *	          origin          words
 *	          iterations, rework, duration_us, waited_us, cost_microusd
 *	                          numbers
 *	input     its name        checked values
 *	step      its name        {"status", "attempts", "wall_us", "text"}
 *	finding   artifact        how many checks of the picture failed
 *	gate      its number      {"kind", "title", "decision", "by",
 *	                          "comment"}
 *	artifact  step/name       {"file", "sha256", "size_bytes"}, of a picture
 *	                          also "width" and "height"
 *
 * null stands for what only the other run has. Steps are matched by their
 * id, gates by their number, artifacts by step, item and name (the newest of
 * each). Steps are the same when status and text agree; times never count.
 */
#ifndef AGENTOPS_RUN_COMPARE_H
#define AGENTOPS_RUN_COMPARE_H

#include "run/state.h"

/* The array, in the order of the table; caller deletes. */
cJSON *compare_runs(const struct run_state *a, const struct run_state *b);

#endif
