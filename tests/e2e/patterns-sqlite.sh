#!/bin/sh
# The shipped pattern sqlite-review on a database whose faults are known: rows
# without a parent, odd names, free pages; and a file that is no database.
. "$(dirname "$0")/lib.sh"
need python3
mkdir -p "$tmp/w" && cd "$tmp/w" || exit 99
python3 - <<'PY' || fail "no database"
import sqlite3
db = sqlite3.connect("shop.db")
db.executescript('''
CREATE TABLE customer(id INTEGER PRIMARY KEY, mail TEXT UNIQUE);
CREATE TABLE "odd ""name"(a, b, c);
CREATE TABLE purchase(id INTEGER PRIMARY KEY,
                      customer INT REFERENCES customer(id), total REAL);
CREATE INDEX p1 ON purchase(customer);
CREATE INDEX p2 ON purchase(total, customer);
CREATE TABLE gone(x);''')
db.executemany("INSERT INTO customer VALUES(?,?)",
               ((i, "m%d" % i) for i in range(40)))
db.executemany("INSERT INTO purchase VALUES(?,?,1.5)",
               ((i, i % 43) for i in range(430)))  # 40, 41, 42: no customer
db.executemany("INSERT INTO gone VALUES(?)", (("x" * 900,) for _ in range(99)))
db.execute("DROP TABLE gone")
db.commit()
PY
printf 'this is a text, and longer than a header of SQLite: %0200d' 7 >text.db

review() {
	ao "$1" orchestrate "Review the SQLite database" \
		--pattern sqlite-review --input "database=$2" \
		--approve=low --on-failure=abort
}
sha256sum shop.db >"$tmp/sums"
review 0 shop.db
sha256sum -c --quiet "$tmp/sums" || fail "the database was changed"
report=$(find "$home" . -name report.md -size +0 | head -n 1)
[ -n "$report" ] || fail "no report"
# The header of the file says its pages: bytes 28 and 36, big-endian.
pages=$(od -An -tu4 --endian=big -j28 -N4 shop.db | tr -d ' ')
free=$(od -An -tu4 --endian=big -j36 -N4 shop.db | tr -d ' ')
[ "$free" -gt 0 ] || fail "no free page to count"
for line in '| customer | 40 | 2 | 1 |' '| odd "name | 0 | 3 | 0 |' \
	'| purchase | 430 | 3 | 2 |' 'Integrity check: no problem.' \
	'- Rows of purchase without their parent in customer: 30' \
	"Size: $(stat -c %s shop.db) bytes in $pages pages, $free of them free."; do
	grep -qxF -e "$line" "$report" || fail "no line $line in $(cat "$report")"
done
review 1 text.db
cat "$tmp/out" "$tmp/err" | grep -q 'cannot be read as an SQLite' ||
	fail "a text was read as a database"
