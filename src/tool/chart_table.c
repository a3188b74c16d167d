/*
 * Invariants
 *  1. `row` holds the fields of the current row, each NUL-terminated, and
 *     offsets[0..count) says where they begin.
 *  2. After table_open and table_rewind the next byte of the file is the
 *     first of the first data row.
 */
#include "tool/chart_table.h"

#include "base/json.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAMPLE_BYTES = 64 << 10, BAD_FIELD = EOF - 1 };

struct table {
	FILE *file;
	char *path;
	struct table_dialect dialect;
	bool json;
	struct strv columns;
	struct buf row;
	struct buf json_line;
	size_t *offsets, count, cap;
	long data_at;    /* where the first data row begins */
	int64_t line;    /* of the row being read, from 1 */
	int64_t first_line;
};

void
table_free(struct table *t)
{
	if (!t)
		return;
	if (t->file)
		fclose(t->file);
	strv_release(&t->columns);
	buf_release(&t->row);
	buf_release(&t->json_line);
	free(t->offsets);
	free(t->path);
	free(t);
}

const struct strv *
table_columns(const struct table *t)
{
	return &t->columns;
}

char
table_decimal(const struct table *t)
{
	return t->dialect.decimal;
}

int
table_column(const struct table *t, const char *name, struct err *err)
{
	const char *near;

	for (size_t i = 0; i < t->columns.count; i++)
		if (str_eq(t->columns.items[i], name))
			return (int)i;
	near = str_nearest(name, (const char *const *)t->columns.items,
			   t->columns.count);
	FAIL(err, ERR_NOTFOUND, "%s: no column \"%s\"%s%s%s; its columns begin "
	     "with \"%s\"", path_base(t->path), name,
	     near ? "; did you mean \"" : "", near ? near : "",
	     near ? "\"?" : "", t->columns.items[0]);
	return -1;
}

const char *
table_field(const struct table *t, int column)
{
	if (column < 0 || (size_t)column >= t->count)
		return "";
	return t->row.data + t->offsets[column];
}

/* --- one row ------------------------------------------------------------ */

static void
begin_field(struct table *t)
{
	GROW(t->offsets, t->count, t->cap);
	t->offsets[t->count++] = t->row.len;
}

/* Trims the field in place and makes it UTF-8 if it is not. */
static void
end_field(struct table *t)
{
	size_t start = t->offsets[t->count - 1];
	char *s = buf_reserve(&t->row, 1) - t->row.len;
	size_t len;

	while (t->row.len > start && (s[t->row.len - 1] == ' ' ||
				      s[t->row.len - 1] == '\r'))
		t->row.len--;
	len = t->row.len - start;
	if (!utf8_valid(s + start, len)) {
		AUTO_FREE char *raw = xmemdup(s + start, len);

		t->row.len = start;
		for (size_t i = 0; i < len; i++)
			utf8_encode(&t->row, (unsigned char)raw[i]);
	}
	buf_addch(&t->row, '\0');
}

static int
row_error(struct table *t, struct err *err, const char *what)
{
	FAIL(err, ERR_DATA, "%s:%lld: %s", t->path, (long long)t->line, what);
	return -1;
}

/*
 * Reads one field. Returns what ended it: the delimiter, '\n' or EOF, or
 * BAD_FIELD with err set. A NUL byte becomes a blank, so that fields stay C
 * strings.
 */
static int
read_field(struct table *t, struct err *err)
{
	bool quoted = false, blank = true;
	int c;

	begin_field(t);
	while ((c = getc_unlocked(t->file)) != EOF) {
		if (t->row.len > TABLE_ROW_LIMIT) {
			row_error(t, err, "the row is over 1 MiB; is a quote "
				  "left open?");
			return BAD_FIELD;
		}
		if (c == '\n')
			t->line++;
		if (c == '"' && quoted) {
			c = getc_unlocked(t->file);
			if (c != '"') {
				quoted = false;
				ungetc(c, t->file);
				continue;
			}
		} else if (c == '"' && blank) {
			quoted = true;
			blank = false;
			continue;
		} else if (!quoted && (c == t->dialect.delimiter ||
				       c == '\n')) {
			break;
		} else if (c == ' ' && blank) {
			continue;
		}
		blank = false;
		buf_addch(&t->row, c ? (char)c : ' ');
	}
	end_field(t);
	return c;
}

static int
read_delimited(struct table *t, struct err *err)
{
	int end;

	do {
		t->count = 0;
		buf_reset(&t->row);
		do {
			if (t->count >= TABLE_COLUMN_LIMIT)
				return row_error(t, err, "over 4096 columns");
			end = read_field(t, err);
		} while (end != '\n' && end != EOF && end != BAD_FIELD);
		if (end == BAD_FIELD)
			return -1;
		if (t->count > 1 || *table_field(t, 0))
			return 1;
	} while (end != EOF);
	if (ferror(t->file))
		return row_error(t, err, "cannot be read");
	return 0;
}

/* One line into json_line; 1, 0 at the end, -1. */
static int
read_line(struct table *t, struct err *err)
{
	int c;

	buf_reset(&t->json_line);
	while ((c = getc_unlocked(t->file)) != EOF && c != '\n') {
		if (t->json_line.len > TABLE_ROW_LIMIT)
			return row_error(t, err, "the line is over 1 MiB");
		buf_addch(&t->json_line, (char)c);
	}
	t->line++;
	return c != EOF || t->json_line.len > 0;
}

static cJSON *
read_object(struct table *t, int *ret_status, struct err *err)
{
	AUTO_FREE char *name = NULL;
	cJSON *object;

	do {
		*ret_status = read_line(t, err);
		if (*ret_status <= 0)
			return NULL;
	} while (!t->json_line.data || !*str_trim(t->json_line.data));
	*ret_status = -1;
	name = xasprintf("%s:%lld", t->path, (long long)t->line - 1);
	object = json_parse(t->json_line.data, strlen(t->json_line.data), name,
			    err);
	if (object && !cJSON_IsObject(object)) {
		cJSON_Delete(object);
		FAIL(err, ERR_DATA, "%s: not a JSON object", name);
		return NULL;
	}
	*ret_status = object ? 1 : -1;
	return object;
}

static void
add_json_field(struct table *t, const cJSON *v)
{
	begin_field(t);
	if (cJSON_IsString(v)) {
		buf_addstr(&t->row, v->valuestring);
	} else if (cJSON_IsNumber(v)) {
		json_add_num(&t->row, v->valuedouble);
	} else if (v && !cJSON_IsNull(v)) {
		AUTO_FREE char *text = json_print(v);

		buf_addstr(&t->row, text);
	}
	end_field(t);
}

static int
read_json(struct table *t, struct err *err)
{
	int status;
	AUTO_JSON *object = read_object(t, &status, err);

	if (!object)
		return status;
	t->count = 0;
	buf_reset(&t->row);
	for (size_t i = 0; i < t->columns.count; i++)
		add_json_field(t, json_get(object, t->columns.items[i]));
	return 1;
}

int
table_next(struct table *t, struct err *err)
{
	return t->json ? read_json(t, err) : read_delimited(t, err);
}

bool
table_rewind(struct table *t, struct err *err)
{
	clearerr(t->file);
	if (fseek(t->file, t->data_at, SEEK_SET) != 0)
		return err_errno(err, errno, "%s", t->path);
	t->line = t->first_line;
	return true;
}

/* --- opening ------------------------------------------------------------ */

/*
 * How well c splits the sample: the number of lines that hold exactly as
 * many of it (outside quotes) as the first line; 0 when that has none.
 */
static int
delimiter_score(const char *s, size_t len, char c)
{
	int first = -1, here = 0, score = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			quoted = !quoted;
		else if (s[i] == c && !quoted)
			here++;
		if (s[i] != '\n' || quoted)
			continue;
		if (first < 0)
			first = here;
		score += here == first;
		here = 0;
	}
	if (first < 0)
		return here;
	return first ? score * 4 + first : 0;
}

static char
find_delimiter(const char *s, size_t len)
{
	static const char candidates[] = ",;\t|";
	char best = ',';
	int best_score = 0;

	for (const char *c = candidates; *c; c++) {
		int score = delimiter_score(s, len, *c);

		if (score > best_score) {
			best_score = score;
			best = *c;
		}
	}
	return best;
}

/*
 * Which mark a run of digits, points and commas speaks for: of two different
 * ones the last; a single one unless three digits follow, which may be
 * thousands; several of the same kind (a date, an address) say nothing.
 */
static char
decimal_evidence(const char *s, size_t len)
{
	size_t points = 0, commas = 0, last = 0;

	for (size_t i = 0; i < len; i++) {
		points += s[i] == '.';
		commas += s[i] == ',';
		if (s[i] == '.' || s[i] == ',')
			last = i;
	}
	if (last == 0 || last + 1 == len)
		return 0;
	if (points && commas)
		return s[last];
	return points + commas == 1 && len - last != 4 ? s[last] : 0;
}

static char
find_decimal(const char *s, size_t len, char delimiter)
{
	static const char marks[] = "0123456789.,";
	size_t commas = 0, points = 0, n;

	if (delimiter == ',')
		return '.';
	for (size_t i = 0; i < len; i += n + 1) {
		char c;

		for (n = 0; i + n < len && s[i + n] &&
		     strchr(marks, s[i + n]); n++)
			;
		c = decimal_evidence(s + i, n);
		commas += c == ',';
		points += c == '.';
	}
	return commas > points ? ',' : '.';
}

static bool
sniff(struct table *t, struct err *err)
{
	AUTO_FREE char *s = xmalloc(SAMPLE_BYTES);
	size_t len = fread(s, 1, SAMPLE_BYTES, t->file), at = 0;

	if (ferror(t->file))
		return err_errno(err, errno, "%s", t->path);
	if (len >= 2 && (memcmp(s, "\xff\xfe", 2) == 0 ||
			 memcmp(s, "\xfe\xff", 2) == 0))
		return FAIL(err, ERR_DATA, "%s: UTF-16 text; convert it with "
			    "iconv -t UTF-8 first", t->path);
	if (len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	t->json = at < len && s[at] == '{';
	if (!t->dialect.delimiter)
		t->dialect.delimiter = find_delimiter(s + at, len - at);
	if (t->json)
		t->dialect.decimal = '.';
	if (!t->dialect.decimal)
		t->dialect.decimal = find_decimal(s, len,
						  t->dialect.delimiter);
	t->data_at = (long)at;
	t->first_line = 1;
	return table_rewind(t, err);
}

static bool
read_header(struct table *t, struct err *err)
{
	int status = read_delimited(t, err);

	if (status < 0)
		return false;
	if (status == 0)
		return FAIL(err, ERR_DATA, "%s: the file is empty", t->path);
	for (size_t i = 0; i < t->count; i++)
		if (t->dialect.no_header || !*table_field(t, (int)i))
			strv_addf(&t->columns, "column%zu", i + 1);
		else
			strv_add(&t->columns, table_field(t, (int)i));
	if (t->dialect.no_header)
		return table_rewind(t, err);
	t->data_at = ftell(t->file);
	t->first_line = t->line;
	return true;
}

static bool
read_json_keys(struct table *t, struct err *err)
{
	for (int n = 0; n < TABLE_JSON_SAMPLE; n++) {
		int status;
		AUTO_JSON *object = read_object(t, &status, err);
		const cJSON *member;

		if (status < 0)
			return false;
		if (!object)
			break;
		cJSON_ArrayForEach(member, object)
			if (!strv_has(&t->columns, member->string) &&
			    t->columns.count < TABLE_COLUMN_LIMIT)
				strv_add(&t->columns, member->string);
	}
	if (t->columns.count == 0)
		return FAIL(err, ERR_DATA, "%s: the objects have no members",
			    t->path);
	return table_rewind(t, err);
}

static bool
open_file(struct table *t, struct err *err)
{
	int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return err_errno(err, errno, "%s", t->path);
	t->file = fdopen(fd, "r");
	if (!t->file) {
		close(fd);
		return err_errno(err, errno, "%s", t->path);
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return FAIL(err, ERR_DATA, "%s: not a regular file; name a "
			    "CSV, TSV or JSON-lines file", t->path);
	return true;
}

struct table *
table_open(const char *path, const struct table_dialect *d, struct err *err)
{
	AUTO_PTR(table) t = xcalloc(1, sizeof(*t));

	t->path = xstrdup(path);
	t->dialect = *d;
	if (!open_file(t, err) || !sniff(t, err))
		return NULL;
	if (!(t->json ? read_json_keys(t, err) : read_header(t, err)))
		return NULL;
	return TAKE(t);
}
