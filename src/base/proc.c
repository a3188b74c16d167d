/*
 * Invariants
 *  1. on_done runs once, when `exited` is set and no pipe is open
 *     (`open_pipes` is 0), and is the last thing that touches ud.
 *  2. The struct is freed when every handle's close callback ran.
 *  3. It is guarded on the loop until `done`: a loop that is freed earlier
 *     kills the group and reaps the child.
 *
 *	running --TERM (time limit, cancel)--> ending --KILL after 2 s--> ...
 *	   \____________________ child exits, pipes end _________________/
 *	                               -> done -> freed
 */
#include "base/proc.h"

#include "base/clock.h"
#include "base/path.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILL_AFTER_MS = 2000, DRAIN_MS = 500, ERR_LIMIT_BYTES = 64 << 10 };

struct proc {
	struct loop *loop;
	struct loop_guard guard;
	uv_process_t process;
	uv_pipe_t in, out, err;
	uv_write_t write;
	char *input;
	struct loop_timer *limit, *drain;
	struct proc_result result;
	proc_chunk_fn *on_chunk;
	proc_done_fn *on_done;
	void *ud;
	size_t out_limit;
	int64_t started_us;
	int open_pipes, open_handles;
	bool exited, done;
};

static void
release(struct proc *p)
{
	buf_release(&p->result.out);
	buf_release(&p->result.err);
	free(p->input);
	free(p);
}

static void
on_closed(uv_handle_t *h)
{
	struct proc *p = h->data;

	if (--p->open_handles == 0)
		release(p);
}

static void
close_handle(uv_handle_t *h)
{
	if (!uv_is_closing(h))
		uv_close(h, on_closed);
}

static void
cancel_timer(struct loop_timer **t)
{
	if (*t)
		loop_timer_cancel(*t);
	*t = NULL;
}

static void
finish_if_over(struct proc *p)
{
	if (!p->exited || p->open_pipes || p->done)
		return;
	p->done = true;
	loop_unguard(&p->guard);
	cancel_timer(&p->drain);
	p->result.wall_us = clock_mono_us() - p->started_us;
	p->on_done(p->ud, &p->result);
	close_handle((uv_handle_t *)&p->in);
	close_handle((uv_handle_t *)&p->process);
}

static void
close_pipe(struct proc *p, uv_pipe_t *pipe)
{
	if (uv_is_closing((uv_handle_t *)pipe))
		return;
	close_handle((uv_handle_t *)pipe);
	p->open_pipes--;
	finish_if_over(p);
}

static void
alloc_chunk(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	static char chunk[65536];

	(void)h;
	(void)suggested;
	*b = uv_buf_init(chunk, sizeof(chunk));
}

static void
keep(struct buf *to, size_t limit, const char *data, size_t len)
{
	size_t room = to->len < limit ? limit - to->len : 0;

	buf_add(to, data, len < room ? len : room);
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct proc *p = s->data;
	bool is_err = (uv_pipe_t *)s == &p->err;

	if (n < 0) {
		close_pipe(p, (uv_pipe_t *)s);
		return;
	}
	if (!is_err)
		p->result.out_total += (size_t)n;
	if (p->on_chunk)
		p->on_chunk(p->ud, b->base, (size_t)n, is_err);
	else if (is_err)
		keep(&p->result.err, ERR_LIMIT_BYTES, b->base, (size_t)n);
	else
		keep(&p->result.out, p->out_limit, b->base, (size_t)n);
}

/* The loop ends first. Its timers are guarded too: not ours to cancel. */
static void
on_loop_end(void *ud)
{
	struct proc *p = ud;

	if (!p->exited) {
		kill(-p->process.pid, SIGKILL);
		waitpid(p->process.pid, NULL, 0);
	}
	close_handle((uv_handle_t *)&p->in);
	close_handle((uv_handle_t *)&p->out);
	close_handle((uv_handle_t *)&p->err);
	close_handle((uv_handle_t *)&p->process);
}

/* The child is gone; whatever still holds its pipes is not waited for. */
static void
on_drain(void *ud)
{
	struct proc *p = ud;

	p->drain = NULL;
	close_pipe(p, &p->out);
	close_pipe(p, &p->err);
}

static void
on_process_exit(uv_process_t *process, int64_t status, int signum)
{
	struct proc *p = process->data;

	p->exited = true;
	/* The limit is the child's: what it left behind does not time out. */
	cancel_timer(&p->limit);
	p->result.exit_status = signum ? 128 + signum : (int)status;
	/* Whatever it left in its group ends with it. */
	kill(-process->pid, SIGKILL);
	if (p->open_pipes)
		p->drain = loop_timer(p->loop, DRAIN_MS, on_drain, p);
	finish_if_over(p);
}

void
proc_signal(struct proc *p, int signum)
{
	if (!p->exited)
		kill(-p->process.pid, signum);
}

int
proc_pid(const struct proc *p)
{
	return p->process.pid;
}

static void
on_kill(void *ud)
{
	struct proc *p = ud;

	p->limit = NULL;
	proc_signal(p, SIGKILL);
}

static void
end(struct proc *p)
{
	cancel_timer(&p->limit);
	proc_signal(p, SIGTERM);
	if (!p->exited)
		p->limit = loop_timer(p->loop, KILL_AFTER_MS, on_kill, p);
}

void
proc_cancel(struct proc *p)
{
	if (p->exited || p->result.cancelled)
		return;
	p->result.cancelled = true;
	end(p);
}

static void
on_time_limit(void *ud)
{
	struct proc *p = ud;

	p->limit = NULL;
	p->result.timed_out = true;
	end(p);
}

static void
on_written(uv_write_t *w, int status)
{
	struct proc *p = w->data;

	(void)status;
	close_handle((uv_handle_t *)&p->in);
}

static void
give_input(struct proc *p, const struct proc_spec *spec)
{
	uv_buf_t b;

	if (!spec->input)
		return;
	p->input = xmemdup(spec->input, spec->input_len);
	p->write.data = p;
	b = uv_buf_init(p->input, (unsigned)spec->input_len);
	if (uv_write(&p->write, (uv_stream_t *)&p->in, &b, 1, on_written))
		close_handle((uv_handle_t *)&p->in);
}

static int
spawn(struct proc *p, const struct proc_spec *spec)
{
	uv_loop_t *uv = loop_uv(p->loop);
	uv_stdio_container_t io[3] = {
		{ .flags = UV_IGNORE },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		  .data.stream = (uv_stream_t *)&p->out },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		  .data.stream = (uv_stream_t *)&p->err },
	};
	uv_process_options_t o = {
		.file = spec->argv[0],
		.args = (char **)spec->argv,
		.env = (char **)spec->env,
		.cwd = spec->cwd,
		.flags = UV_PROCESS_DETACHED,
		.stdio = io,
		.stdio_count = 3,
		.exit_cb = on_process_exit,
	};
	uv_pipe_t *pipes[] = { &p->in, &p->out, &p->err };

	if (spec->input) {
		io[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
		io[0].data.stream = (uv_stream_t *)&p->in;
	}
	for (size_t i = 0; i < ARRAY_LEN(pipes); i++) {
		uv_pipe_init(uv, pipes[i], 0);
		pipes[i]->data = p;
	}
	p->process.data = p;
	p->open_handles = 4;
	p->open_pipes = 2;
	return uv_spawn(uv, &p->process, &o);
}

struct proc *
proc_start(struct loop *l, const struct proc_spec *spec, struct err *err)
{
	struct proc *p = xcalloc(1, sizeof(*p));
	int rc;

	p->loop = l;
	p->on_chunk = spec->on_chunk;
	p->on_done = spec->on_done;
	p->ud = spec->ud;
	p->out_limit = spec->out_limit ? spec->out_limit : 1 << 20;
	p->started_us = clock_mono_us();
	rc = spawn(p, spec);
	if (rc) {
		close_handle((uv_handle_t *)&p->in);
		close_handle((uv_handle_t *)&p->out);
		close_handle((uv_handle_t *)&p->err);
		close_handle((uv_handle_t *)&p->process);
		if (spec->cwd && !path_is_dir(spec->cwd))
			err_errno(err, -rc, "cannot start %s in the folder %s",
				  spec->argv[0], spec->cwd);
		else
			err_errno(err, -rc, "cannot start %s", spec->argv[0]);
		return NULL;
	}
	loop_guard(l, &p->guard, on_loop_end, p);
	uv_read_start((uv_stream_t *)&p->out, alloc_chunk, on_read);
	uv_read_start((uv_stream_t *)&p->err, alloc_chunk, on_read);
	give_input(p, spec);
	if (spec->timeout_ms > 0)
		p->limit = loop_timer(l, spec->timeout_ms, on_time_limit, p);
	return p;
}

char *
proc_find(const char *name)
{
	const char *path = getenv("PATH");
	AUTO_FREE char *copy = NULL;
	char *rest, *dir;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? xstrdup(name) : NULL;
	rest = copy = xstrdup(path ? path : "/usr/local/bin:/usr/bin:/bin");
	while ((dir = strsep(&rest, ":"))) {
		char *file = path_join(*dir ? dir : ".", name);

		if (access(file, X_OK) == 0 && !path_is_dir(file))
			return file;
		free(file);
	}
	return NULL;
}
