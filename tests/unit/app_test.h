/*
 * app_test.h - the whole app with a run made of events: the core's fold
 * (run_core.h) is the open run, keys go in and screens come out
 * (view_test.h). No I/O; the test plays the client: what the app asks for is
 * looked at, and answered with messages.
 *
 *	struct app_test t;
 *	app_test_init(&t, "{}", PICTURED);
 *	app_test_open(&t);                 as ui/client.c opens a run
 *	view_keys(&t.v, "a");
 *	k = app_test_ask(&t, ASK_DECIDE);
 *	app_test_release(&t);
 */
#ifndef AGENTOPS_TESTS_APP_TEST_H
#define AGENTOPS_TESTS_APP_TEST_H

#include "run_core.h"
#include "view_test.h"

/* One step that makes a picture: its review gate shows it. */
#define PICTURED \
	"name: pictured\n" \
	"steps:\n" \
	"  - {id: profile, uses: data_profile, with: {path: x.csv}}\n" \
	"  - {id: chart, uses: chart, needs: [profile], " \
	"with: {data: x.csv, x: day, y: [rain], kind: line}}\n"

enum { APP_TEST_RUN_S = 90 };

struct app_test {
	struct core c;
	struct view_test v;
};

/* A run whose plan was just proposed, APP_TEST_RUN_S ago; and the app, on
 * no run. */
static inline void
app_test_init(struct app_test *t, const char *options, const char *workflow,
	      const char *inputs)
{
	memset(t, 0, sizeof(*t));
	core_new(&t->c, options);
	t->c.now_us = VIEW_NOW_US - APP_TEST_RUN_S * INT64_C(1000000);
	t->c.s->created_us = t->c.now_us;
	core_go(&t->c);
	t->c.now_us += 2000000;
	core_workers(&t->c);
	if (workflow)
		core_plan(&t->c, workflow, inputs);
	view_test_init(&t->v, 80, 24);
	app_pop(t->v.a); /* view_test's blank layer */
	view_size(&t->v, 80, 24);
	asks_release(&t->v.a->asks);
}

static inline void
app_test_release(struct app_test *t)
{
	view_test_release(&t->v);
	core_release(&t->c);
}

/* The run is opened; own: this process carries it on. */
static inline void
app_test_open(struct app_test *t, bool own)
{
	struct msg m = { .kind = MSG_RUN,
			 .run = t->c.s->id,
			 .state = t->c.s,
			 .run_dir = "/runs/R",
			 .own = own };

	view_send(&t->v, &m);
}

/* Its events came in. */
static inline void
app_test_changed(struct app_test *t, bool own)
{
	struct msg m = { .kind = MSG_STATE, .run = t->c.s->id, .own = own };

	view_send(&t->v, &m);
}

/* Lines for the Activity tab, one event each. */
static inline void
app_test_lines(struct app_test *t, const char *const *texts, size_t count)
{
	struct feed_lines lines = { .first_seq = 1,
				    .last_seq = (int64_t)count };
	struct msg m = { .kind = MSG_FEED, .feed = &lines,
			 .which = FEED_ACTIVITY, .where = FEED_FRESH,
			 .at_end = true };

	for (size_t i = 0; i < count; i++) {
		GROW(lines.items, lines.count, lines.cap);
		lines.items[lines.count++] = (struct feed_line){
			.seq = (int64_t)i + 1,
			.ts_us = t->c.s->created_us + (int64_t)i * 1000000,
			.kind = TELL_PLAIN,
			.text = xstrdup(texts[i]),
		};
	}
	view_send(&t->v, &m);
	feed_lines_release(&lines);
}

/* The newest ask of a kind; fails without. */
static inline struct ask *
app_test_ask(struct app_test *t, enum ask_kind kind)
{
	struct ask *k = view_ask(&t->v, kind);

	if (!k)
		fail_msg("the app asked for nothing of kind %d", kind);
	return k;
}

/* A picture of the last attempt of chart. */
static inline void
app_test_picture(struct app_test *t, int attempt, bool ok)
{
	AUTO_FREE char *hash = xasprintf("%064d", attempt);
	struct event made = { .type = EV_artifact_created };
	struct event seen = { .type = EV_visual_checked };

	made.artifact_created = (struct ev_artifact_created){
		.step = "chart", .item = -1, .attempt = attempt,
		.name = "chart", .file = "chart.png", .sha256 = hash,
		.media_type = "image/png", .size_bytes = 5000,
		.width = 1280, .height = 800,
	};
	seen.visual_checked = (struct ev_visual_checked){
		.step = "chart", .item = -1, .attempt = attempt,
		.artifact = "chart", .sha256 = hash, .ok = ok,
		.findings = ok ? "[{\"check\":\"blank\",\"ok\":true,"
				 "\"value\":0.9,\"threshold\":0.1,"
				 "\"message\":\"not blank\"}]" :
				 "[{\"check\":\"blank\",\"ok\":false,"
				 "\"value\":0.01,\"threshold\":0.1,"
				 "\"message\":\"nearly blank\"}]",
	};
	core_apply(&t->c, &made);
	core_apply(&t->c, &seen);
}

/* To the review gate of PICTURED. */
static inline void
app_test_review(struct app_test *t, int attempt)
{
	t->c.now_us += 1500000;
	if (attempt == 1)
		core_ok(&t->c, "profile");
	app_test_picture(t, attempt, true);
	core_ok(&t->c, "chart");
}

#endif
