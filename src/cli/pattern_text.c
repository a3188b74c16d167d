#include "cli/pattern_text.h"

#include "base/clock.h"
#include "base/json.h"
#include "know/learn.h"

#include <inttypes.h>
#include <langinfo.h>
#include <string.h>

enum { SIMILAR = 3 };

/* Crash leftovers first, then the files, so that the list is true. */
bool
pattern_text_sync(struct cli *c, struct err *err)
{
	AUTO(library_report) report = { 0 };
	struct db *db;

	if (!cli_journal(c, err))
		return false;
	db = journal_db(c->journal);
	if (!learn_recover(db, &c->paths, &report.problems, err) ||
	    !library_sync(db, &c->paths, &report, err))
		return false;
	for (size_t i = 0; i < report.problems.count; i++)
		cli_warn(report.problems.items[i]);
	return true;
}

static void
add_text(struct buf *b, const char *key, const char *value)
{
	json_add_key(b, key);
	json_add_str(b, value);
}

static void
add_number(struct buf *b, const char *key, double value)
{
	json_add_key(b, key);
	json_add_num(b, value);
}

static void
add_time(struct buf *b, const char *key, int64_t us)
{
	char iso[CLOCK_ISO_SIZE];

	json_add_key(b, key);
	if (us > 0)
		json_add_str(b, clock_iso(us, iso));
	else
		buf_addstr(b, "null");
}

void
pattern_text_json(const struct library_row *r, struct buf *out)
{
	double low, high;

	wilson_interval(&r->counts, &low, &high);
	add_text(out, "id", r->id);
	add_text(out, "name", r->name);
	add_text(out, "description", r->description);
	add_text(out, "category", r->category);
	add_text(out, "status", pattern_status_word(r->status));
	json_add_key(out, "executions");
	buf_printf(out, "%" PRId64, r->counts.executions);
	add_number(out, "success_rate", pattern_rate(&r->counts));
	add_number(out, "success_low", low);
	add_number(out, "success_high", high);
	add_number(out, "avg_minutes", r->counts.avg_minutes);
	add_time(out, "created", r->created_us);
	add_time(out, "last_used", r->last_used_us);
	add_text(out, "path", r->path);
}

char *
pattern_text_rate(const struct pattern_counts *c)
{
	double low, high;

	if (c->executions <= 0)
		return xstrdup("not run yet");
	wilson_interval(c, &low, &high);
	return xasprintf("%.0f%% (95%% interval %.0f-%.0f%%)",
			 100 * pattern_rate(c), 100 * low, 100 * high);
}

bool
pattern_text_star(const struct library_row *r)
{
	return r->status == PATTERN_LEARNED || pattern_rate(&r->counts) > 0.9;
}

const char *
pattern_text_star_sign(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "\u2605" : "*";
}

char *
pattern_text_age(int64_t us, int64_t now_us)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } };
	int64_t age = (now_us - us) / 1000000;

	if (us <= 0)
		return xstrdup("never");
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		int64_t n = age / units[i].seconds;

		if (n > 0)
			return xasprintf("%" PRId64 " %s%s ago", n,
					 units[i].name, n > 1 ? "s" : "");
	}
	return xstrdup("just now");
}

/* "\n  ID: 92% (...), 48 uses" for each that shares a word with id. */
static void
add_similar(struct cli *c, const char *id, struct buf *out)
{
	AUTO(library_rows) rows = { 0 };
	AUTO_FREE char *words = xstrdup(id);

	for (char *p = words; *p; p++)
		if (strchr("-_.", *p))
			*p = ' ';
	if (!library_search(journal_db(c->journal), words, LIBRARY_ANY_WORD,
			    SIMILAR, &rows, NULL))
		return;
	for (size_t i = 0; i < rows.count; i++) {
		const struct library_row *r = &rows.items[i];
		AUTO_FREE char *rate = pattern_text_rate(&r->counts);

		buf_printf(out, "\n  %s: %s, %" PRId64 " use%s", r->id, rate,
			   r->counts.executions,
			   r->counts.executions == 1 ? "" : "s");
	}
}

bool
pattern_text_exists(struct cli *c, const char *id, struct err *err)
{
	AUTO(library_row) row = { 0 };
	AUTO(buf) similar = BUF_INIT;
	struct err why = ERR_INIT;

	if (library_get(journal_db(c->journal), id, &row, &why))
		return true;
	if (why.code == ERR_NOTFOUND)
		add_similar(c, id, &similar);
	if (!similar.len)
		return FAIL(err, why.code, "%s", why.msg);
	return FAIL(err, ERR_NOTFOUND,
		    "there is no pattern %s; similar ones:%s\nAll of them: "
		    "agentops browse-patterns",
		    id, buf_str(&similar));
}
