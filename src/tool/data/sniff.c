#include "tool/data/sniff.h"

#include "base/json.h"
#include "base/mem.h"
#include "tool/data/csv.h"
#include "tool/data/dialect.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *
data_format_name(enum data_format f)
{
	static const char *const names[] = {
		[DATA_CSV] = "csv",
		[DATA_TSV] = "tsv",
		[DATA_JSONL] = "jsonl",
		[DATA_JSON] = "json",
	};

	return names[f];
}

/* First bytes of what is often taken for a table; from the formats' own
 * specifications. */
static bool
check_magic(const char *s, size_t len, const char *name, struct err *err)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *what, *cure;
	} rows[] = {
		{ "\x89PNG\r\n", 6, "a PNG image", "use view_image" },
		{ "\xff\xd8\xff", 3, "a JPEG image", "use view_image" },
		{ "GIF8", 4, "a GIF image", "use view_image" },
		{ "%PDF-", 5, "a PDF document", "extract the table first" },
		{ "PK\x03\x04", 4, "a ZIP archive or spreadsheet (.xlsx)",
		  "save the sheet as CSV, or unpack it" },
		{ "\xd0\xcf\x11\xe0", 4, "an old Office document (.xls)",
		  "save the sheet as CSV" },
		{ "\x1f\x8b", 2, "gzip data", "unpack it with gunzip" },
		{ "\xfd"
		  "7zXZ",
		  5, "xz data", "unpack it with unxz" },
		{ "\x28\xb5\x2f\xfd", 4, "zstd data", "unpack it with unzstd" },
		{ "BZh", 3, "bzip2 data", "unpack it with bunzip2" },
		{ "\x7f"
		  "ELF",
		  4, "a program (ELF)", "name a data file" },
		{ "SQLite format 3", 15, "an SQLite database",
		  "export a table as CSV with the sqlite3 program" },
		{ "PAR1", 4, "a Parquet file", "convert it to CSV" },
		{ "\x89HDF", 4, "an HDF5 file", "convert it to CSV" },
		{ "ARROW1", 6, "an Arrow file", "convert it to CSV" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (len >= rows[i].len &&
		    !memcmp(s, rows[i].bytes, rows[i].len))
			return FAIL(err, ERR_DATA,
				    "%s looks like %s, not a text table; %s",
				    name, rows[i].what, rows[i].cure);
	return true;
}

/* UTF-16 without a BOM: nearly every second byte is zero in text that is
 * mostly ASCII, and few of the others are. */
static bool
looks_utf16(const char *s, size_t len, size_t zero_at)
{
	size_t zeros[2] = { 0, 0 }, pairs = len / 2;

	for (size_t i = 0; i < pairs * 2; i++)
		zeros[i & 1] += s[i] == 0;
	return pairs >= 4 && zeros[zero_at] > pairs * 7 / 10 &&
	       zeros[!zero_at] < pairs / 20;
}

static void
sniff_encoding(const char *s, size_t len, struct data_sniff *sn)
{
	sn->encoding = DATA_UTF8;
	sn->bom_bytes = 0;
	if (len >= 3 && !memcmp(s, "\xef\xbb\xbf", 3)) {
		sn->encoding = DATA_UTF8_BOM;
		sn->bom_bytes = 3;
	} else if (len >= 2 && !memcmp(s, "\xff\xfe", 2)) {
		sn->encoding = DATA_UTF16LE;
		sn->bom_bytes = 2;
	} else if (len >= 2 && !memcmp(s, "\xfe\xff", 2)) {
		sn->encoding = DATA_UTF16BE;
		sn->bom_bytes = 2;
	} else if (looks_utf16(s, len, 1)) {
		sn->encoding = DATA_UTF16LE;
	} else if (looks_utf16(s, len, 0)) {
		sn->encoding = DATA_UTF16BE;
	}
}

/* Text has hardly any control bytes. */
static bool
check_text(const char *s, size_t len, const char *name, struct err *err)
{
	size_t control = 0;

	for (size_t i = 0; i < len; i++)
		control += (unsigned char)s[i] < 32 && s[i] != '\n' &&
			   s[i] != '\r' && s[i] != '\t' && s[i] != '\f';
	if (control > 16 && control > len / 10)
		return FAIL(err, ERR_DATA,
			    "%s looks like binary data, not a text table "
			    "(%zu control bytes in the first %zu); name a "
			    "CSV, TSV or JSON file",
			    name, control, len);
	return true;
}

static bool
is_json_line(const char *s, size_t len)
{
	AUTO_JSON *v = json_parse(s, len, "line", NULL);

	return cJSON_IsObject(v);
}

static size_t
blanks(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i] && strchr(" \t\r\n", s[i]))
		i++;
	return i;
}

/* Sets the format when it is JSON; *ret_json tells. */
static bool
sniff_json(const char *s, size_t len, bool whole, const char *name,
	   struct data_sniff *sn, bool *ret_json, struct err *err)
{
	size_t skip = blanks(s, len), after;
	const char *nl;

	*ret_json = false;
	s += skip;
	len -= skip;
	if (len == 0 || (*s != '{' && *s != '['))
		return true;
	if (*s == '[') {
		after = 1 + blanks(s + 1, len - 1);
		*ret_json = after < len && s[after] == '{';
		sn->format = *ret_json ? DATA_JSON : sn->format;
		return true;
	}
	nl = memchr(s, '\n', len);
	*ret_json = nl ? is_json_line(s, (size_t)(nl - s)) :
		    whole ? is_json_line(s, len) :
			    len > 1 && s[1 + blanks(s + 1, len - 1)] == '"';
	if (*ret_json)
		sn->format = DATA_JSONL;
	else if (len > 1 && s[1 + blanks(s + 1, len - 2)] == '"')
		return FAIL(err, ERR_DATA,
			    "%s is a JSON object, not a table; a table is an "
			    "array of objects, or one object a line",
			    name);
	return true;
}

bool
data_sniff_text(const char *s, size_t len, bool whole, const char *name,
		struct data_sniff *sn, struct err *err)
{
	bool json;

	if (!check_text(s, len, name, err) ||
	    !sniff_json(s, len, whole, name, sn, &json, err))
		return false;
	sn->empty = blanks(s, len) == len;
	if (json) {
		sn->delimiter = 0;
		sn->quote = '"';
		sn->decimal = '.';
		sn->header = true;
		return true;
	}
	data_sniff_dialect(s, len, whole, sn);
	return true;
}

static bool
read_sample(int fd, const char *name, struct buf *out, struct err *err)
{
	ssize_t n = 1;

	while (out->len < DATA_SAMPLE && n > 0) {
		n = pread(fd, buf_reserve(out, DATA_SAMPLE - out->len),
			  DATA_SAMPLE - out->len, (off_t)out->len);
		if (n < 0 && errno != EINTR)
			return err_errno(err, errno, "%s", name);
		out->len += n > 0 ? (size_t)n : 0;
		n = n < 0 ? 1 : n;
	}
	buf_terminate(out);
	return true;
}

bool
data_sniff(int fd, const char *name, struct data_sniff *ret, struct err *err)
{
	AUTO(buf) sample = BUF_INIT;
	AUTO(buf) decoded = BUF_INIT;
	struct data_text_stats stats = { 0 };
	struct data_sniff sn = { 0 };
	const char *s;
	size_t len;
	bool whole;

	if (!read_sample(fd, name, &sample, err) ||
	    !check_magic(buf_str(&sample), sample.len, name, err))
		return false;
	whole = sample.len < DATA_SAMPLE;
	sniff_encoding(buf_str(&sample), sample.len, &sn);
	s = buf_str(&sample) + sn.bom_bytes;
	len = sample.len - (size_t)sn.bom_bytes;
	if (sn.encoding == DATA_UTF16LE || sn.encoding == DATA_UTF16BE) {
		data_utf16_decode(s, len, sn.encoding == DATA_UTF16BE,
				  &decoded, &stats);
		s = buf_str(&decoded);
		len = decoded.len;
	}
	if (!data_sniff_text(s, len, whole, name, &sn, err))
		return false;
	*ret = sn;
	return true;
}
