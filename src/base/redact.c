/*
 * Leftmost-longest replacement over pieces.
 *
 * `held` is the only state. After each piece: q is the first place from
 * which the text up to its end is the beginning of a longer secret. A match
 * that starts before q is certain (no longer one can start there), so it is
 * replaced, even when it reaches past q; what is left from q on is held.
 */
#include "base/redact.h"

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of a line of a value that has several. */
enum { LINE_MIN = 20 };

struct secret {
	char *name, *value;
	size_t len;
};

struct redact {
	pthread_rwlock_t *lock; /* of all below */
	struct secret *items;
	size_t count, cap;
	size_t longest;
};

struct redact *
redact_new(void)
{
	struct redact *r = xcalloc(1, sizeof(*r));

	r->lock = xcalloc(1, sizeof(*r->lock));
	pthread_rwlock_init(r->lock, NULL);
	return r;
}

void
redact_free(struct redact *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		explicit_bzero(r->items[i].value, r->items[i].len);
		free(r->items[i].value);
		free(r->items[i].name);
	}
	free(r->items);
	pthread_rwlock_destroy(r->lock);
	free(r->lock);
	free(r);
}

static void
add(struct redact *r, const char *name, const char *value, size_t len)
{
	for (size_t i = 0; i < r->count; i++)
		if (str_eq(r->items[i].value, value))
			return;
	GROW(r->items, r->count, r->cap);
	r->items[r->count++] = (struct secret){
		.name = xstrdup(name),
		.value = xstrdup(value),
		.len = len,
	};
	if (len > r->longest)
		r->longest = len;
}

bool
redact_add(struct redact *r, const char *name, const char *value)
{
	AUTO_FREE char *copy = xstrdup(value);
	char *trimmed = str_trim(copy);
	size_t len = strlen(trimmed);

	if (len < REDACT_MIN || len > REDACT_MAX)
		return false;
	pthread_rwlock_wrlock(r->lock);
	add(r, name, trimmed, len);
	pthread_rwlock_unlock(r->lock);
	return true;
}

bool
redact_name_is_secret(const char *name)
{
	static const char *const endings[] = {
		"API_KEY",     "_TOKEN",      "_SECRET",  "_SECRET_KEY",
		"_ACCESS_KEY", "PRIVATE_KEY", "PASSWORD", "PASSWD",
	};
	size_t len = strlen(name);

	if (!strcasecmp(name, "token") || !strcasecmp(name, "secret"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		size_t n = strlen(endings[i]);

		if (len >= n && !strcasecmp(name + len - n, endings[i]))
			return true;
	}
	return false;
}

void
redact_env(struct redact *r, char *const *env)
{
	for (; *env; env++) {
		const char *eq = strchr(*env, '=');
		AUTO_FREE char *name = NULL;

		if (!eq)
			continue;
		name = xstrndup(*env, (size_t)(eq - *env));
		if (redact_name_is_secret(name))
			redact_add(r, name, eq + 1);
	}
}

/* "export KEY='value'" of an .env file. */
static void
add_line(struct redact *r, char *line)
{
	char *eq = strchr(line, '='), *name = str_trim(line), *value;
	size_t n;

	if (!eq)
		return;
	*eq = '\0';
	name = str_trim(name);
	if (str_starts(name, "export "))
		name = str_trim(name + strlen("export "));
	value = str_trim(eq + 1);
	n = strlen(value);
	if (n > 1 && (*value == '"' || *value == '\'') &&
	    value[n - 1] == *value) {
		value[n - 1] = '\0';
		value++;
	}
	if (redact_name_is_secret(name))
		redact_add(r, name, value);
}

/* A program prints a line of a private key as easily as the whole. */
static void
add_lines(struct redact *r, const char *name, const char *value)
{
	AUTO_FREE char *copy = xstrdup(value);
	char *rest = copy, *line;

	if (!strchr(value, '\n'))
		return;
	while ((line = strsep(&rest, "\n")))
		if (strlen(line) >= LINE_MIN && !str_starts(line, "-----"))
			redact_add(r, name, line);
}

static void
add_member(struct redact *r, const cJSON *value)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, value)
		add_member(r, item);
	if (!cJSON_IsString(value) || !value->string ||
	    !redact_name_is_secret(value->string))
		return;
	redact_add(r, value->string, value->valuestring);
	add_lines(r, value->string, value->valuestring);
}

void
redact_file(struct redact *r, const char *dir, const char *name)
{
	AUTO(buf) text = BUF_INIT;
	AUTO_JSON *json = NULL;
	AUTO_FD fd = -1;
	struct err unused = ERR_INIT;
	char *rest, *line;

	if (!path_open_beneath(dir, name, &fd, NULL) ||
	    !path_read_fd(fd, name, REDACT_MAX, &text, NULL))
		return;
	redact_add(r, name, buf_str(&text));
	add_lines(r, name, buf_str(&text));
	json = json_parse(buf_str(&text), text.len, name, &unused);
	add_member(r, json);
	rest = json ? NULL : text.data;
	while (rest && (line = strsep(&rest, "\n")))
		add_line(r, line);
}

void
redact_files(struct redact *r, const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (*e->d_name != '.')
			redact_file(r, dir, e->d_name);
	if (d)
		closedir(d);
}

/* --- matching ----------------------------------------------------------- */

/* Where each secret comes next: at[i] is NULL when it comes no more. Kept up
 * to date lazily, so that each secret scans the text once. */
struct scan {
	const struct redact *r;
	const char *end;
	const char **at;
};

static const char *
find(const char *from, const char *end, const struct secret *s)
{
	return from < end ?
		       memmem(from, (size_t)(end - from), s->value, s->len) :
		       NULL;
}

/* The first match at or after from, the longest of those; NULL for none. */
static const struct secret *
next_match(struct scan *sc, const char *from, const char **ret_at)
{
	const struct secret *best = NULL;

	for (size_t i = 0; i < sc->r->count; i++) {
		const struct secret *s = &sc->r->items[i];

		if (sc->at[i] && sc->at[i] < from)
			sc->at[i] = find(from, sc->end, s);
		if (!sc->at[i])
			continue;
		if (!best || sc->at[i] < *ret_at ||
		    (sc->at[i] == *ret_at && s->len > best->len)) {
			best = s;
			*ret_at = sc->at[i];
		}
	}
	return best;
}

/* The first place at or after from whose rest is the beginning, but not all,
 * of a secret; end when there is none. */
static const char *
undecided(const struct redact *r, const char *from, const char *end)
{
	size_t most = r->longest - 1;

	if ((size_t)(end - from) > most)
		from = end - most;
	for (; from < end; from++) {
		size_t n = (size_t)(end - from);

		for (size_t i = 0; i < r->count; i++)
			if (n < r->items[i].len &&
			    !memcmp(from, r->items[i].value, n))
				return from;
	}
	return end;
}

/* Appends the certain part of text to out and returns where it ends; all of
 * it when last is set. */
static const char *
replace(const struct redact *r, const char *text, size_t len, bool last,
	struct buf *out)
{
	const char *end = text + len, *pos = text, *hold, *at = NULL;
	AUTO_FREE const char **next = xcalloc(r->count, sizeof(*next));
	struct scan sc = { .r = r, .end = end, .at = next };
	const struct secret *s;

	if (!r->count) {
		buf_add(out, text, len);
		return end;
	}
	for (size_t i = 0; i < r->count; i++)
		next[i] = find(text, end, &r->items[i]);
	hold = last ? end : undecided(r, pos, end);
	while ((s = next_match(&sc, pos, &at)) && at < hold) {
		buf_add(out, pos, (size_t)(at - pos));
		buf_printf(out, "[secret:%s]", s->name);
		pos = at + s->len;
		if (pos > hold)
			hold = undecided(r, pos, end);
	}
	buf_add(out, pos, (size_t)(hold - pos));
	return hold;
}

void
redact_text(const struct redact *r, const char *text, size_t len,
	    struct buf *out)
{
	if (!r) {
		buf_add(out, text, len);
		return;
	}
	pthread_rwlock_rdlock(r->lock);
	replace(r, text, len, true, out);
	pthread_rwlock_unlock(r->lock);
}

char *
redact_str(const struct redact *r, const char *text)
{
	AUTO(buf) out = BUF_INIT;

	redact_text(r, text, strlen(text), &out);
	return buf_steal(&out);
}

/* --- streams ------------------------------------------------------------ */

void
redact_stream_init(struct redact_stream *s, const struct redact *r)
{
	*s = (struct redact_stream){ .redact = r };
}

void
redact_stream_add(struct redact_stream *s, const char *data, size_t len,
		  struct buf *out)
{
	const char *hold;
	size_t left;

	if (!s->redact) {
		buf_add(out, data, len);
		return;
	}
	buf_add(&s->held, data, len);
	pthread_rwlock_rdlock(s->redact->lock);
	hold = replace(s->redact, s->held.data, s->held.len, false, out);
	pthread_rwlock_unlock(s->redact->lock);
	left = (size_t)(s->held.data + s->held.len - hold);
	memmove(s->held.data, hold, left);
	buf_truncate(&s->held, left);
}

void
redact_stream_finish(struct redact_stream *s, struct buf *out)
{
	redact_text(s->redact, buf_str(&s->held), s->held.len, out);
	buf_reset(&s->held);
}

void
redact_stream_release(struct redact_stream *s)
{
	buf_release(&s->held);
}
