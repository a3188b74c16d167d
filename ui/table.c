#include "ui/table.h"

#include "base/json.h"
#include "tool/data/csv.h"
#include "tool/data/json_rows.h"
#include "tool/data/sniff.h"
#include "tool/data/value.h"
#include "ui/theme.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GAP = 2 };

/* A table while its width is not known. */
struct reading {
	struct strv header;
	struct strv *rows;
	size_t count, cap, max;
	bool more, more_columns;
};

static void
reading_release(struct reading *r)
{
	strv_release(&r->header);
	for (size_t i = 0; i < r->count; i++)
		strv_release(&r->rows[i]);
	free(r->rows);
}

void
table_release(struct table *t)
{
	for (int i = 0; i < t->rows * t->columns; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t->widths);
	free(t->numeric);
	*t = (struct table){ 0 };
}

/* ----- reading -------------------------------------------------------- */

/* A cell as it is kept; caller frees. What is no UTF-8 is taken as
 * Windows-1252, of which Latin-1 is a part. */
static char *
keep(const char *s, size_t len)
{
	AUTO(buf) text = BUF_INIT;
	size_t cut = len < TABLE_CELL_BYTES ? len : TABLE_CELL_BYTES;

	while (cut > 0 && cut < len && ((unsigned char)s[cut] & 0xc0) == 0x80)
		cut--;
	data_text_add(&text, utf8_valid(s, cut) ? DATA_UTF8 : DATA_CP1252, s,
		      cut);
	for (size_t i = 0; i < text.len; i++)
		if (!text.data[i])
			text.data[i] = ' ';
	if (cut < len)
		buf_addstr(&text, "…");
	return buf_steal(&text);
}

/* The next row to fill; NULL when there are enough. */
static struct strv *
next_row(struct reading *r)
{
	r->more = r->count == r->max;
	if (r->more)
		return NULL;
	GROW(r->rows, r->count, r->cap);
	r->rows[r->count] = (struct strv)STRV_INIT;
	return &r->rows[r->count++];
}

static void
keep_record(struct reading *r, const struct csv_reader *csv, struct strv *row)
{
	r->more_columns |= csv->count > TABLE_COLUMNS;
	for (size_t i = 0; i < csv->count && i < TABLE_COLUMNS; i++)
		strv_take(row, keep(csv_text(csv, i), csv->fields[i].len));
}

static bool
read_records(struct reading *r, struct csv_reader *csv,
	     const struct data_sniff *sniff, struct err *err)
{
	struct strv *row = &r->header;
	bool more = true;

	for (int i = 0; i < sniff->skip_records; i++)
		if (!csv_next(csv, &more, err))
			return false;
	if (!sniff->header)
		row = next_row(r);
	for (; row; row = next_row(r)) {
		if (!csv_next(csv, &more, err))
			return false;
		if (!more)
			break;
		keep_record(r, csv, row);
	}
	/* Whether there is one more is known only by asking. */
	if (more && !csv_next(csv, &more, err))
		return false;
	r->more = more;
	if (row && row != &r->header)
		r->count--;
	return true;
}

static bool
read_text(struct reading *r, struct data_source *source,
	  const struct data_sniff *sniff, struct err *err)
{
	struct csv_reader csv;
	bool ok;

	csv_init(&csv, source, sniff->delimiter, sniff->quote);
	ok = read_records(r, &csv, sniff, err);
	csv_release(&csv);
	return ok;
}

/* The column of a key, made when it is new; TABLE_COLUMNS when there are too
 * many. */
static size_t
column_of(struct reading *r, const char *key)
{
	AUTO_FREE char *name = keep(key, strlen(key));
	size_t i = 0;

	while (i < r->header.count && strcmp(r->header.items[i], name) != 0)
		i++;
	if (i < r->header.count)
		return i;
	if (i == TABLE_COLUMNS) {
		r->more_columns = true;
		return TABLE_COLUMNS;
	}
	strv_add(&r->header, name);
	return i;
}

static char *
keep_json(const cJSON *v)
{
	AUTO_FREE char *text = NULL;

	if (cJSON_IsNull(v))
		return xstrdup("");
	if (cJSON_IsString(v))
		return keep(v->valuestring, strlen(v->valuestring));
	text = json_print(v);
	return keep(text, strlen(text));
}

static void
keep_object(struct reading *r, const cJSON *object, struct strv *row)
{
	size_t members = 0;
	const cJSON *v;

	cJSON_ArrayForEach (v, object) {
		size_t at = TABLE_COLUMNS;

		if (members++ < TABLE_COLUMNS)
			at = column_of(r, v->string);
		else
			r->more_columns = true;
		if (at == TABLE_COLUMNS)
			continue;
		while (row->count <= at)
			strv_add(row, "");
		free(row->items[at]);
		row->items[at] = keep_json(v);
	}
}

static bool
read_objects(struct reading *r, struct data_source *source, bool array,
	     struct err *err)
{
	struct json_rows rows;
	struct strv *row;
	bool ok;

	json_rows_init(&rows, source, array);
	for (;;) {
		AUTO_JSON *object = NULL;

		ok = json_rows_next(&rows, &object, err);
		if (!ok || !object)
			break;
		row = next_row(r);
		if (!row)
			break;
		keep_object(r, object, row);
	}
	if (ok && r->count == 0 && rows.bad_lines)
		ok = FAIL(err, ERR_DATA, "%s: line %lld: %s", source->name,
			  (long long)rows.first_bad_line, rows.first_bad.msg);
	json_rows_release(&rows);
	return ok;
}

/* ----- the table ------------------------------------------------------ */

/* Moves row i of r, or the header (-1), into the table. */
static void
take_row(struct table *t, struct strv *from, int row)
{
	for (int c = 0; c < t->columns; c++) {
		char **cell = &t->cells[row * t->columns + c];

		if ((size_t)c < from->count)
			*cell = TAKE(from->items[c]);
		else if (row == 0)
			*cell = xasprintf("column %d", c + 1);
		else
			*cell = xstrdup("");
	}
}

static void
measure(struct table *t, char decimal)
{
	for (int c = 0; c < t->columns; c++) {
		bool numbers = false, others = false;

		for (int i = 0; i < t->rows; i++) {
			const char *cell = t->cells[i * t->columns + c];
			struct data_value v;
			int width;

			text_fit(cell, strlen(cell), TABLE_WIDTH, &width);
			if (width > t->widths[c])
				t->widths[c] = width;
			if (i == 0)
				continue;
			data_value_parse(cell, strlen(cell), decimal, &v);
			if (v.kind == DATA_INTEGER || v.kind == DATA_NUMBER)
				numbers = true;
			else
				others |= v.kind != DATA_MISSING;
		}
		t->numeric[c] = numbers && !others;
	}
}

static void
build(struct reading *r, char decimal, struct table *ret)
{
	size_t columns = r->header.count;

	for (size_t i = 0; i < r->count; i++)
		if (r->rows[i].count > columns)
			columns = r->rows[i].count;
	*ret = (struct table){ .more = r->more,
			       .more_columns = r->more_columns };
	if (columns == 0)
		return;
	ret->columns = (int)columns;
	ret->rows = (int)r->count + 1;
	ret->cells = xcalloc((size_t)ret->rows * columns, sizeof(*ret->cells));
	ret->widths = xcalloc(columns, sizeof(*ret->widths));
	ret->numeric = xcalloc(columns, sizeof(*ret->numeric));
	take_row(ret, &r->header, 0);
	for (size_t i = 0; i < r->count; i++)
		take_row(ret, &r->rows[i], (int)i + 1);
	measure(ret, decimal);
}

static bool
read_fd(int fd, const char *path, int max_rows, struct table *ret,
	struct err *err)
{
	AUTO(reading) r = { .max = max_rows > 0 ? (size_t)max_rows : 0 };
	AUTO(data_source) source = { 0 };
	struct data_sniff sniff;
	bool ok;

	if (!data_sniff(fd, path, &sniff, err))
		return false;
	if (lseek(fd, sniff.bom_bytes, SEEK_SET) < 0)
		return err_errno(err, errno, "%s", path);
	data_source_open(&source, fd, path, sniff.encoding);
	if (sniff.format == DATA_JSON || sniff.format == DATA_JSONL)
		ok = read_objects(&r, &source, sniff.format == DATA_JSON, err);
	else
		ok = read_text(&r, &source, &sniff, err);
	if (ok)
		build(&r, sniff.decimal, ret);
	return ok;
}

bool
table_read(const char *path, int max_rows, struct table *ret, struct err *err)
{
	/* Not to wait at a pipe that somebody put there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool ok;

	if (fd < 0 || fstat(fd, &st) < 0)
		ok = err_errno(err, errno, "%s", path);
	else if (!S_ISREG(st.st_mode))
		ok = FAIL(err, ERR_DATA, "%s is not a regular file", path);
	else
		ok = read_fd(fd, path, max_rows, ret, err);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* ----- drawing -------------------------------------------------------- */

static void
view_row(const struct table *t, struct frame *f, struct rect r, int y, int row,
	 int left, struct style st)
{
	int x = 0;

	for (int c = left; c < t->columns && x < r.w; c++) {
		const char *cell = t->cells[row * t->columns + c];
		struct rect place = { r.x + x, r.y + y, t->widths[c], 1 };

		if (place.w > r.w - x)
			place.w = r.w - x;
		if (t->numeric[c] && place.w == t->widths[c])
			frame_right(f, place, 0, 0, cell, st);
		else
			frame_cut(f, place, 0, 0, place.w, cell, st);
		x += t->widths[c] + GAP;
	}
}

void
table_view(const struct table *t, const struct theme *theme, struct frame *f,
	   struct rect r, int64_t first, int left)
{
	struct style head = theme_style(theme, ROLE_STRONG);
	struct style text = theme_style(theme, ROLE_TEXT);
	struct style dim = theme_style(theme, ROLE_DIM);

	if (left < 0)
		left = 0;
	if (first < 0)
		first = 0;
	if (t->rows == 0) {
		frame_text(f, r, 0, 0, "The file is empty.", dim);
		return;
	}
	head.attrs |= STYLE_UNDERLINE;
	if (r.h > 0)
		view_row(t, f, r, 0, 0, left, head);
	for (int y = 1; y < r.h; y++) {
		int64_t row = first + y;

		if (row < t->rows)
			view_row(t, f, r, y, (int)row, left, text);
		else if (row == t->rows && t->more)
			frame_printf(f, r, 0, y, dim,
				     "The file has more than these %d rows.",
				     t->rows - 1);
	}
}
