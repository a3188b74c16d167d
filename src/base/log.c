#include "base/log.h"

#include "base/clock.h"
#include "base/path.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int log_fd = -1;

void
log_init(void)
{
	const char *path = getenv("AGENTOPS_LOG");

	if (!str_empty(path) && log_fd < 0)
		log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
			      0600);
}

void
log_line(const char *file, int line, const char *fmt, ...)
{
	AUTO(buf) b = BUF_INIT;
	char when[CLOCK_ISO_SIZE];
	va_list ap;

	if (log_fd < 0)
		return;
	buf_printf(&b, "%s [%d] %s:%d ", clock_iso(clock_wall_us(), when),
		   (int)getpid(), path_base(file), line);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	buf_addch(&b, '\n');
	if (write(log_fd, b.data, b.len) < 0)
		log_fd = -1;
}
