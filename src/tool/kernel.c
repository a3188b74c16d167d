/*
 * Invariants
 *  1. One deadline at a time: `timer` belongs to the state, and entering a
 *     state sets it anew (enter).
 *  2. A cell is there from kernel_execute until end_cell, which calls its
 *     on_done exactly once.
 *  3. The process is known by `proc`, NULL once it was reaped; the state is
 *     GONE then and stays so. on_exit is the only way there.
 *  4. `end` of a cell that is being stopped was set by interrupt; what the
 *     kernel says about it later does not change it.
 *
 *	STARTING --kernel_info answered, iopub seen--> READY
 *	READY --kernel_execute--> PREPARING --begin answered--> RUNNING
 *	RUNNING --execute_reply--> SETTLING --iopub idle, or late--> READY
 *	PREPARING, RUNNING --time limit, kernel_interrupt--> STOPPING
 *	STOPPING --execute_reply--> SETTLING
 *	STOPPING --no rung left--> ENDING
 *	READY --kernel_shutdown--> CLOSING --late--> ENDING
 *	STARTING --late--> ENDING
 *	any --process ends--> GONE
 *
 * A cell is over at execute_reply plus what iopub still has under way, for
 * the two channels are not ordered; `idle` alone may come before the reply.
 * When a channel was cut (a message over the limit) either may be lost: a
 * kernel_info_request sent then is answered after the cell (`probe`).
 */
#include "tool/kernel.h"

#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "tool/kernel_home.h"
#include "tool/kernel_text.h"
#include "tool/kernel_wire.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	SETTLE_MS = 500,
	HELLO_AGAIN_MS = 20,
	GAPS_MAX = 32, /* then the kernel is taken for broken */
	STDERR_SHOWN = 600,
};

enum state {
	STARTING,
	READY,
	PREPARING,
	RUNNING,
	STOPPING,
	SETTLING,
	CLOSING,
	ENDING,
	GONE,
};

struct cell {
	struct kernel_cell c; /* code and dir owned */
	bool busy;            /* there is one */
	bool began;           /* RUNNING was entered */
	char id[WIRE_ID_SIZE];
	bool idle; /* iopub said that it is over */
	enum kernel_end_kind end;
	char *error, *traceback;
	bool lost_output;
};

struct kernel {
	struct loop *loop;
	struct kernel_home home;
	struct proc *proc;
	struct wire *wire;
	int pidfd; /* of Python itself, for SIGINT; or -1 */
	enum state state;
	struct loop_timer *timer, *hello, *drop;
	size_t rung; /* of the ladder, in STOPPING */
	char probe[WIRE_ID_SIZE];
	bool answered, heard; /* STARTING: on shell; on iopub */
	int gaps;
	void (*on_gone)(void *ud);
	void *ud;
	struct cell cell;
};

static void on_deadline(void *ud);

static void
cancel_timer(struct loop_timer **t)
{
	if (*t)
		loop_timer_cancel(*t);
	*t = NULL;
}

static void
enter(struct kernel *k, enum state state, int64_t deadline_ms)
{
	cancel_timer(&k->timer);
	k->state = state;
	if (deadline_ms > 0)
		k->timer = loop_timer(k->loop, deadline_ms, on_deadline, k);
}

/* ---- the cell's beginning and end ------------------------------------- */

static bool
request(struct kernel *k, const char *code, bool silent)
{
	AUTO(buf) content = BUF_INIT;

	/* stop_on_error: with true a request sent right after an error
	 * comes back as aborted. */
	buf_addstr(&content, "{\"code\":");
	json_add_str(&content, code);
	buf_printf(&content,
		   ",\"silent\":%s,\"store_history\":%s,"
		   "\"user_expressions\":{},\"allow_stdin\":false,"
		   "\"stop_on_error\":false}",
		   silent ? "true" : "false", silent ? "false" : "true");
	k->cell.idle = false;
	k->probe[0] = '\0'; /* one sent before would be answered before */
	return wire_send(k->wire, WIRE_SHELL, "execute_request",
			 buf_str(&content), k->cell.id);
}

static void
release_cell(struct cell *cell)
{
	free((char *)cell->c.code);
	free((char *)cell->c.dir);
	free(cell->error);
	free(cell->traceback);
	*cell = (struct cell){ 0 };
}

static void
end_cell(struct kernel *k)
{
	struct cell cell = k->cell;
	struct kernel_end end = {
		.kind = cell.end,
		.began = cell.began,
		.gone = k->state == GONE,
		.error = cell.error,
		.traceback = cell.traceback,
		.lost_output = cell.lost_output,
	};

	if (!cell.busy)
		return;
	k->cell = (struct cell){ 0 };
	cell.c.on_done(cell.c.ud, &end);
	release_cell(&cell);
}

static void
end_process(struct kernel *k)
{
	enter(k, ENDING, 0);
	proc_cancel(k->proc);
}

static void
begin_cell(struct kernel *k)
{
	AUTO_FREE char *code = kernel_home_begin(k->cell.c.dir);

	enter(k, PREPARING, k->cell.c.timeout_ms);
	if (!request(k, code, true))
		end_process(k);
}

static void
run_cell(struct kernel *k)
{
	k->cell.began = true;
	enter(k, RUNNING, k->cell.c.timeout_ms);
	if (!request(k, k->cell.c.code, false))
		end_process(k);
}

static void
settle(struct kernel *k)
{
	enter(k, SETTLING, SETTLE_MS);
}

static void
become_ready(struct kernel *k)
{
	enter(k, READY, 0);
	end_cell(k);
	/* on_done may have given the next cell, and begun it. */
}

/* ---- the ladder ------------------------------------------------------- */

static void
ask_to_stop(struct kernel *k)
{
	char id[WIRE_ID_SIZE];

	wire_send(k->wire, WIRE_CONTROL, "interrupt_request", "{}", id);
}

static void
signal_python(struct kernel *k)
{
	if (k->pidfd >= 0)
		pidfd_send_signal(k->pidfd, SIGINT, NULL, 0);
}

static const struct {
	void (*act)(struct kernel *k);
	int64_t wait_ms;
} ladder[] = {
	{ ask_to_stop, KERNEL_ASK_MS },
	{ signal_python, KERNEL_SIGINT_MS },
};

static void
next_rung(struct kernel *k)
{
	if (k->rung == ARRAY_LEN(ladder)) {
		end_process(k);
		return;
	}
	enter(k, STOPPING, ladder[k->rung].wait_ms);
	ladder[k->rung++].act(k);
}

static void
interrupt(struct kernel *k, enum kernel_end_kind why)
{
	k->cell.end = why;
	k->rung = 0;
	next_rung(k);
}

static void
on_time_limit(struct kernel *k)
{
	interrupt(k, KERNEL_TIMED_OUT);
}

static void
on_start_limit(struct kernel *k)
{
	k->cell.error = xasprintf("Python did not answer within %d s",
				  KERNEL_START_MS / 1000);
	end_process(k);
}

static void (*const at_deadline[])(struct kernel *k) = {
	[STARTING] = on_start_limit, [PREPARING] = on_time_limit,
	[RUNNING] = on_time_limit,   [STOPPING] = next_rung,
	[SETTLING] = become_ready,   [CLOSING] = end_process,
};

static void
on_deadline(void *ud)
{
	struct kernel *k = ud;

	k->timer = NULL;
	at_deadline[k->state](k);
}

/* ---- the process ------------------------------------------------------ */

/* "Python ended with status 3 (last words)" into the cell's error. */
static void
explain_death(struct kernel *k, struct proc_result *r)
{
	AUTO(buf) text = BUF_INIT;
	size_t skip = r->err.len > STDERR_SHOWN ? r->err.len - STDERR_SHOWN : 0;

	if (r->exit_status == SANDBOX_SETUP_FAILED)
		buf_addstr(&text, "the sandbox could not be set up");
	else if (r->exit_status > 128)
		buf_printf(&text, "Python was ended by signal %d (%s)",
			   r->exit_status - 128,
			   strsignal(r->exit_status - 128));
	else
		buf_printf(&text, "Python ended with status %d",
			   r->exit_status);
	if (r->err.len) {
		buf_addstr(&text, ": ");
		kernel_text_plain(&text, r->err.data + skip, r->err.len - skip);
	}
	k->cell.error = buf_steal(&text);
	str_trim(k->cell.error);
}

static void
on_exit_of_process(void *ud, struct proc_result *r)
{
	struct kernel *k = ud;

	log_debug("kernel: process ended with status %d", r->exit_status);
	k->proc = NULL;
	enter(k, GONE, 0);
	cancel_timer(&k->hello);
	cancel_timer(&k->drop);
	wire_close(TAKE(k->wire));
	if (k->pidfd >= 0)
		close(k->pidfd);
	k->pidfd = -1;
	kernel_home_release(&k->home);
	if (k->cell.busy && k->cell.end == KERNEL_OK) {
		k->cell.end = KERNEL_DIED;
		if (!k->cell.error)
			explain_death(k, r);
	}
	end_cell(k);
	if (k->on_gone)
		k->on_gone(k->ud);
}

/*
 * Python's process id as we see it, which in a sandbox is not what it sees:
 * the kernel tells it of the listener when one connects to its heartbeat.
 */
static int
open_pidfd(const struct kernel *k)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int pidfd = -1;

	if (fd < 0)
		return -1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/k-5", k->home.ipc);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    peer.pid > 0)
		pidfd = pidfd_open(peer.pid, 0);
	close(fd);
	return pidfd;
}

/* ---- messages --------------------------------------------------------- */

static void
say_hello(void *ud)
{
	struct kernel *k = ud;
	char id[WIRE_ID_SIZE];

	k->hello = NULL;
	wire_send(k->wire, WIRE_SHELL, "kernel_info_request", "{}", id);
}

/* iopub's subscription may take hold after the first answer: then it must
 * be asked again until something is heard there. */
static void
advance_start(struct kernel *k)
{
	if (k->answered && !k->heard && !k->hello)
		k->hello = loop_timer(k->loop, HELLO_AGAIN_MS, say_hello, k);
	if (!k->answered || !k->heard)
		return;
	cancel_timer(&k->hello);
	k->pidfd = open_pidfd(k);
	enter(k, READY, 0);
	if (k->cell.busy && k->cell.end == KERNEL_OK)
		begin_cell(k);
}

static void
keep_error(struct cell *cell, const cJSON *content)
{
	AUTO(buf) traceback = BUF_INIT;

	if (str_eq(json_str(content, "status"), "ok"))
		return;
	kernel_text_traceback(&traceback, json_get(content, "traceback"),
			      KERNEL_TRACEBACK_MAX);
	cell->end = KERNEL_RAISED;
	free(cell->error);
	free(cell->traceback);
	cell->error = kernel_text_error(content);
	cell->traceback = buf_steal(&traceback);
}

static void
on_execute_reply(struct kernel *k, const struct wire_msg *m)
{
	if (!k->cell.busy || !str_eq(m->parent_id, k->cell.id))
		return;
	if (k->state == PREPARING || k->state == RUNNING)
		keep_error(&k->cell, m->content);
	if (k->state == PREPARING && k->cell.end == KERNEL_OK) {
		run_cell(k);
		return;
	}
	if (k->state != PREPARING && k->state != RUNNING &&
	    k->state != STOPPING)
		return;
	settle(k);
	if (k->cell.idle)
		become_ready(k);
}

static void
on_info_reply(struct kernel *k, const struct wire_msg *m)
{
	if (k->state == STARTING) {
		k->answered = true;
		advance_start(k);
		return;
	}
	if (!k->probe[0] || !str_eq(m->parent_id, k->probe))
		return;
	/* The cell's own answer should have come before this one. */
	if (k->state == RUNNING || k->state == PREPARING) {
		k->cell.end = KERNEL_RAISED;
		k->cell.error = xasprintf("its answer was larger than %d MiB",
					  WIRE_MESSAGE_LIMIT >> 20);
		become_ready(k);
	} else if (k->state == STOPPING) {
		become_ready(k);
	}
}

static void
on_status(struct kernel *k, const struct wire_msg *m)
{
	if (k->state == STARTING) {
		k->heard = true;
		advance_start(k);
		return;
	}
	if (!k->cell.busy || !str_eq(m->parent_id, k->cell.id) ||
	    !str_eq(json_str(m->content, "execution_state"), "idle"))
		return;
	k->cell.idle = true;
	if (k->state == SETTLING)
		become_ready(k);
}

static void
on_stream(struct kernel *k, const struct wire_msg *m)
{
	const char *text = json_str(m->content, "text");

	if (text && k->cell.busy && str_eq(m->parent_id, k->cell.id))
		k->cell.c.on_text(k->cell.c.ud, text, strlen(text));
}

static void
on_show(struct kernel *k, const struct wire_msg *m)
{
	const cJSON *bundle = json_get(m->content, "data");

	if (cJSON_IsObject(bundle) && k->cell.busy &&
	    str_eq(m->parent_id, k->cell.id))
		k->cell.c.on_show(k->cell.c.ud, bundle);
}

static const struct {
	enum wire_channel channel;
	const char *type;
	void (*handle)(struct kernel *k, const struct wire_msg *m);
} handlers[] = {
	{ WIRE_SHELL, "execute_reply", on_execute_reply },
	{ WIRE_SHELL, "kernel_info_reply", on_info_reply },
	{ WIRE_IOPUB, "status", on_status },
	{ WIRE_IOPUB, "stream", on_stream },
	{ WIRE_IOPUB, "display_data", on_show },
	{ WIRE_IOPUB, "execute_result", on_show },
};

static void
on_message(void *ud, const struct wire_msg *m)
{
	for (size_t i = 0; i < ARRAY_LEN(handlers); i++)
		if (handlers[i].channel == m->channel &&
		    str_eq(handlers[i].type, m->type))
			handlers[i].handle(ud, m);
}

static void
on_gap(void *ud, enum wire_channel channel)
{
	struct kernel *k = ud;

	log_debug("kernel: channel %d was cut", channel);
	if (k->state == ENDING || k->state == CLOSING)
		return;
	k->cell.lost_output = k->cell.busy;
	if (++k->gaps > GAPS_MAX)
		end_process(k);
	else
		wire_send(k->wire, WIRE_SHELL, "kernel_info_request", "{}",
			  k->probe);
}

/* ---- life ------------------------------------------------------------- */

static bool
launch(struct kernel *k, const struct kernel_spec *spec, struct err *err)
{
	AUTO(strv) python = STRV_INIT;
	AUTO(strv) argv = STRV_INIT;
	const char *writable[] = { k->home.work, k->home.config, k->home.ipc,
				   NULL };
	struct sandbox_spec sandbox = {
		.profile = spec->profile,
		.workspace = spec->workspace,
		.cwd = k->home.work,
		.writable = writable,
		.readable = spec->readable,
		.hosts = spec->hosts,
		.secrets = spec->secrets,
	};
	struct proc_spec proc = {
		.cwd = k->home.work,
		.on_done = on_exit_of_process,
		.ud = k,
	};

	kernel_home_command(&k->home, spec->python, &python);
	if (!sandbox_command(&sandbox, python.items, &argv, err))
		return false;
	proc.argv = argv.items;
	k->proc = proc_start(spec->loop, &proc, err);
	return k->proc;
}

static bool
open_wire(struct kernel *k, struct err *err)
{
	struct wire_spec spec = {
		.loop = k->loop,
		.dir = k->home.ipc,
		.key = k->home.key,
		.on_message = on_message,
		.on_gap = on_gap,
		.ud = k,
	};

	k->wire = wire_open(&spec, err);
	return k->wire;
}

struct kernel *
kernel_start(const struct kernel_spec *spec, struct err *err)
{
	struct kernel *k = xcalloc(1, sizeof(*k));

	k->loop = spec->loop;
	k->on_gone = spec->on_gone;
	k->ud = spec->ud;
	k->pidfd = -1;
	if (!kernel_home_make(spec->run_dir, &k->home, err) ||
	    !open_wire(k, err) || !launch(k, spec, err)) {
		wire_close(k->wire);
		kernel_home_release(&k->home);
		free(k);
		return NULL;
	}
	enter(k, STARTING, KERNEL_START_MS);
	say_hello(k);
	return k;
}

bool
kernel_takes_cell(const struct kernel *k)
{
	return !k->cell.busy && (k->state == STARTING || k->state == READY);
}

void
kernel_execute(struct kernel *k, const struct kernel_cell *cell)
{
	assert(kernel_takes_cell(k));
	k->cell = (struct cell){ .c = *cell, .busy = true };
	k->cell.c.code = xstrdup(cell->code);
	k->cell.c.dir = xstrdup(cell->dir);
	if (k->state == READY)
		begin_cell(k);
}

static void
on_drop(void *ud)
{
	struct kernel *k = ud;

	k->drop = NULL;
	end_cell(k);
}

void
kernel_interrupt(struct kernel *k)
{
	if (!k->cell.busy)
		return;
	if (k->state == PREPARING || k->state == RUNNING) {
		interrupt(k, KERNEL_CANCELLED);
	} else if (k->state == STARTING && !k->drop) {
		/* Nothing of it has run: the kernel stays, for others. */
		k->cell.end = KERNEL_CANCELLED;
		k->drop = loop_timer(k->loop, 0, on_drop, k);
	}
}

bool
kernel_is_gone(const struct kernel *k)
{
	return k->state == GONE;
}

int
kernel_pid(const struct kernel *k)
{
	return k->proc ? proc_pid(k->proc) : 0;
}

void
kernel_shutdown(struct kernel *k)
{
	char id[WIRE_ID_SIZE];

	if (k->state == CLOSING || k->state == ENDING || k->state == GONE)
		return;
	if (k->cell.busy)
		k->cell.end = KERNEL_CANCELLED;
	if (k->state != READY) {
		end_process(k);
		return;
	}
	enter(k, CLOSING, KERNEL_SHUTDOWN_MS);
	wire_send(k->wire, WIRE_CONTROL, "shutdown_request",
		  "{\"restart\":false}", id);
}

void
kernel_free(struct kernel *k)
{
	if (!k)
		return;
	kernel_shutdown(k);
	while (k->state != GONE)
		loop_turn(k->loop, true);
	release_cell(&k->cell);
	free(k);
}
