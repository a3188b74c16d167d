/*
 * log.h - what developers read. Users read the journal.
 *
 * Off unless AGENTOPS_LOG names a file; then every line goes there with its
 * time and place. Never to the terminal: a face owns that.
 */
#ifndef AGENTOPS_BASE_LOG_H
#define AGENTOPS_BASE_LOG_H

/* Opens $AGENTOPS_LOG for appending; without it, log_debug does nothing. */
void log_init(void);

void log_line(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_debug(...) log_line(__FILE__, __LINE__, __VA_ARGS__)

#endif
