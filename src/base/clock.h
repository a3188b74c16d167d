/*
 * clock.h - the only source of time. Tests replace it with a fake.
 *
 * Wall time is microseconds since 1970-01-01 UTC; monotonic time is
 * microseconds since an arbitrary start and never goes back.
 */
#ifndef AGENTOPS_BASE_CLOCK_H
#define AGENTOPS_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t clock_wall_us(void);
int64_t clock_mono_us(void);

/* From now on both clocks give these values; clock_fake(-1, -1) ends it. */
void clock_fake(int64_t wall_us, int64_t mono_us);

enum { CLOCK_ISO_SIZE = 32, CLOCK_DURATION_SIZE = 24 };

/* "2026-11-22T10:52:20.123456Z" */
char *clock_iso(int64_t wall_us, char out[CLOCK_ISO_SIZE]);
/* Reads what clock_iso writes, and its relatives: a date alone (midnight), a
 * blank for the T, no fraction, no zone (UTC), "+02:00". Years 1970 to 9999.
 * False when s is anything else. */
bool clock_parse_iso(const char *s, int64_t *ret_wall_us);
/* "12 ms", "2.1 s", "4 min 07 s", "3 h 20 min" */
char *clock_duration(int64_t us, char out[CLOCK_DURATION_SIZE]);

#endif
