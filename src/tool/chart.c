/*
 * The chart tool: data file -> numbers -> gnuplot -> PNG.
 *
 * Invariants
 *  1. Reading the data happens on a pool thread, which touches only spec,
 *     data, script, table and problem; the loop thread leaves them alone
 *     until `done` came.
 *  2. gnuplot runs in the sandbox, read-only but for the call's folder, and
 *     sees chart.dat and chart.gp there: no text from outside is on its
 *     command line.
 *  3. on_done runs once, and the call is freed right after it.
 *
 *	reading --numbers ready--> plotting --picture there--> finish (OK)
 *	   |                          |
 *	   +--- error, cancel --------+--- error, cancel ----> finish
 */
#include "tool/tool.h"

#include "base/json.h"
#include "base/path.h"
#include "base/proc.h"
#include "media/image.h"
#include "tool/chart_axis.h"
#include "tool/chart_font.h"
#include "tool/chart_plot.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 60000, SHOWN_ERROR_BYTES = 600 };

struct tool_call {
	struct tool_call_base base;
	const struct tool_request *req;
	struct chart_spec spec;
	struct chart_data data;
	struct chart_drawn drawn;
	struct buf script, table;
	struct err problem;
	struct proc *plotting;
	bool cancelled;
};

static void
call_free(struct tool_call *c)
{
	chart_spec_release(&c->spec);
	chart_data_release(&c->data);
	buf_release(&c->script);
	buf_release(&c->table);
	free(c);
}

static void
finish(struct tool_call *c, struct tool_result *r)
{
	if (c->cancelled)
		r->status = TOOL_CANCELLED;
	c->req->on_done(c->req->ud, r);
	tool_result_release(r);
	call_free(c);
}

static void
finish_failed(struct tool_call *c, const char *why)
{
	struct tool_result r = { 0 };

	finish(c, tool_result_fail(&r, "%s", why));
}

/* --- the result --------------------------------------------------------- */

static void
add_text(cJSON *o, const char *key, const char *text)
{
	AUTO(buf) clean = BUF_INIT;

	chart_plain_text(&clean, text, 200);
	cJSON_AddStringToObject(o, key, buf_str(&clean));
}

static void
add_notes(cJSON *list, const struct strv *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(notes->items[i]));
}

static size_t
add_series(cJSON *list, const struct chart_data *d)
{
	size_t points = 0;

	for (size_t i = 0; i < d->series_count; i++) {
		const struct chart_series *s = &d->series[i];
		cJSON *o = cJSON_CreateObject();

		add_text(o, "name", s->name);
		cJSON_AddNumberToObject(o, "n", (double)s->n);
		cJSON_AddNumberToObject(o, "min", s->min);
		cJSON_AddNumberToObject(o, "max", s->max);
		cJSON_AddNumberToObject(o, "mean", s->mean);
		cJSON_AddItemToArray(list, o);
		points += s->count;
	}
	return points;
}

static cJSON *
x_json(const struct tool_call *c)
{
	static const char *const scales[] = { [CHART_NUMBER] = "number",
					      [CHART_TIME] = "time",
					      [CHART_CATEGORY] = "category" };
	const struct strv *names = &c->data.x_categories;
	cJSON *o = cJSON_CreateObject();

	add_text(o, "column", c->spec.x);
	cJSON_AddStringToObject(o, "scale", scales[c->data.x_scale]);
	cJSON_AddNumberToObject(o, "label_angle", c->drawn.angle);
	cJSON_AddNumberToObject(o, "labelled_every", c->drawn.thin);
	if (names->count)
		cJSON_AddNumberToObject(o, "categories", (double)names->count);
	if (c->spec.kind == CHART_HISTOGRAM)
		cJSON_AddNumberToObject(o, "bin_width", c->data.step);
	return o;
}

static cJSON *
result_json(const struct tool_call *c)
{
	cJSON *o = cJSON_CreateObject(), *list;
	size_t points;

	cJSON_AddStringToObject(o, "output", c->spec.output);
	cJSON_AddStringToObject(o, "kind", chart_kind_name(c->spec.kind));
	cJSON_AddStringToObject(o, "aggregate",
				chart_aggregate_name(c->data.aggregate));
	cJSON_AddNumberToObject(o, "rows", (double)c->data.rows);
	cJSON_AddNumberToObject(o, "missing", (double)c->data.missing);
	cJSON_AddNumberToObject(o, "font_size", c->drawn.font_px);
	list = cJSON_AddArrayToObject(o, "series");
	points = add_series(list, &c->data);
	cJSON_AddNumberToObject(o, "points", (double)points);
	cJSON_AddItemToObject(o, "x", x_json(c));
	list = cJSON_AddArrayToObject(o, "notes");
	add_notes(list, &c->data.notes);
	add_notes(list, &c->spec.notes);
	return o;
}

static void
finish_ok(struct tool_call *c)
{
	struct tool_result r = { .status = TOOL_OK };
	AUTO(buf) text = BUF_INIT;

	chart_describe(&c->spec, &c->data, &text);
	r.data = result_json(c);
	tool_result_file(&r, TOOL_PART_IMAGE, c->spec.output, "image/png");
	tool_result_file(&r, TOOL_PART_FILE, "chart.dat", "text/plain");
	tool_result_file(&r, TOOL_PART_FILE, "chart.gp", "text/plain");
	tool_result_text(&r, buf_str(&text));
	finish(c, &r);
}

/* --- plotting ----------------------------------------------------------- */

/* A regular file that begins like the picture asked for. */
static bool
check_picture(struct tool_call *c, struct err *err)
{
	unsigned char head[64];
	struct image_info info;
	AUTO_FD fd = -1;
	ssize_t n;

	if (!path_open_beneath(c->req->dir, c->spec.output, &fd, err))
		return false;
	n = read(fd, head, sizeof(head));
	if (n <= 0 || !image_probe(head, (size_t)n, &info) ||
	    info.format != IMAGE_PNG)
		return FAIL(err, ERR_TOOL, "chart: gnuplot left no picture in "
			    "%s; see chart.gp", c->spec.output);
	return true;
}

static void
on_plotted(void *ud, struct proc_result *p)
{
	struct tool_call *c = ud;
	struct tool_result r = { 0 };
	struct err err = ERR_INIT;
	AUTO(buf) shown = BUF_INIT;

	c->plotting = NULL;
	if (p->timed_out) {
		tool_result_fail(&r, "chart: gnuplot did not finish in time; "
				 "draw fewer points or raise the timeout");
		r.status = TOOL_TIMED_OUT;
		finish(c, &r);
		return;
	}
	if (p->exit_status == 0 && check_picture(c, &err)) {
		finish_ok(c);
		return;
	}
	str_visible(&shown, buf_str(&p->err),
		    p->err.len < SHOWN_ERROR_BYTES ? p->err.len
						   : SHOWN_ERROR_BYTES, true);
	r.exit_status = p->exit_status;
	finish(c, tool_result_fail(&r, "chart: gnuplot failed (exit %d): %s%s",
				   p->exit_status, buf_str(&shown), err.msg));
}

static bool
write_files(struct tool_call *c, struct err *err)
{
	AUTO_FREE char *dat = path_join(c->req->dir, "chart.dat");
	AUTO_FREE char *gp = path_join(c->req->dir, "chart.gp");

	return path_write_atomic(dat, buf_str(&c->table), c->table.len, 0600,
				 err) &&
	       path_write_atomic(gp, buf_str(&c->script), c->script.len, 0600,
				 err);
}

static bool
start_plotting(struct tool_call *c, struct err *err)
{
	const struct tool_request *req = c->req;
	char *const cmd[] = { (char *)"gnuplot", (char *)"chart.gp", NULL };
	const char *const writable[] = { req->dir, NULL };
	bool off = req->profile == SANDBOX_FULL;
	struct sandbox_spec box = {
		.profile = off ? SANDBOX_FULL : SANDBOX_READ_ONLY,
		.workspace = tool_session_workspace(req->session),
		.cwd = req->dir,
		.writable = writable,
	};
	AUTO(strv) argv = STRV_INIT;
	struct proc_spec spec = {
		.cwd = req->dir,
		.timeout_ms = req->timeout_ms ? req->timeout_ms : TIMEOUT_MS,
		.on_done = on_plotted,
		.ud = c,
	};

	if (!sandbox_command(&box, cmd, &argv, err))
		return false;
	spec.argv = argv.items;
	c->plotting = proc_start(tool_session_loop(req->session), &spec, err);
	return c->plotting != NULL;
}

/* --- reading ------------------------------------------------------------ */

static uint32_t
first_lacking(const struct strv *names)
{
	uint32_t cp = 0;

	for (size_t i = 0; i < names->count && !cp; i++)
		cp = chart_font_lacks(names->items[i]);
	return cp;
}

/* A square in the picture needs an explanation. */
static void
note_fonts(struct tool_call *c)
{
	struct chart_data *d = &c->data;
	uint32_t cp = first_lacking(&d->x_categories);

	cp = cp ? cp : first_lacking(&d->y_categories);
	for (size_t i = 0; i < d->series_count && !cp; i++)
		cp = chart_font_lacks(d->series[i].name);
	if (!cp && c->spec.title)
		cp = chart_font_lacks(c->spec.title);
	if (cp)
		strv_addf(&d->notes, "No installed font has U+%04X and maybe "
			  "others: drawn as squares. Install one, for example "
			  "fonts-noto-cjk.", cp);
}

static void
work(void *ud)
{
	struct tool_call *c = ud;

	if (!chart_data_build(&c->spec, &c->data, &c->problem))
		return;
	note_fonts(c);
	chart_plot_data(&c->spec, &c->data, &c->table);
	chart_plot_script(&c->spec, &c->data, &c->script, &c->drawn);
}

static void
on_work_done(void *ud)
{
	struct tool_call *c = ud;
	struct err err = ERR_INIT;

	if (c->cancelled)
		finish_failed(c, "chart: cancelled");
	else if (c->problem.code != ERR_NONE)
		finish_failed(c, c->problem.msg);
	else if (!write_files(c, &err) || !start_plotting(c, &err))
		finish_failed(c, err.msg);
}

static struct tool_call *
start(const struct tool_request *req, struct err *err)
{
	AUTO_FREE char *gnuplot = proc_find("gnuplot");
	struct chart_spec spec;
	struct tool_call *c;

	if (!gnuplot)
		return FAIL(err, ERR_ENV, "chart: gnuplot is not installed: "
			    "apt-get install gnuplot-nox"), NULL;
	if (!chart_spec_parse(req->args, req->values,
			      tool_session_workspace(req->session), &spec,
			      err))
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->base.tool = &tool_chart;
	c->req = req;
	c->spec = spec;
	loop_work(tool_session_loop(req->session), work, on_work_done, c);
	return c;
}

static void
cancel(struct tool_call *c)
{
	c->cancelled = true;
	if (c->plotting)
		proc_cancel(c->plotting);
}

const struct tool tool_chart = {
	.name = "chart",
	.summary = "Draw a line, bar, scatter, histogram or heat map chart "
		   "of a data file as a PNG picture",
	.schema = chart_schema,
	.effects = TOOL_READS,
	.profile = SANDBOX_READ_ONLY,
	.folder = true,
	.start = start,
	.cancel = cancel,
};
