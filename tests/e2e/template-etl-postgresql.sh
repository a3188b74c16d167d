#!/bin/sh
# The template etl-pipeline between a real PostgreSQL and SQLite: rows go from
# PostgreSQL through SQL into SQLite and back into PostgreSQL, odd texts and
# NULL arrive as they were, and a re-run makes no row twice. The server is a
# private one of this test: its own folder, a free port of 127.0.0.1, not root.
. "$(dirname "$0")/lib.sh"
need python3 psql
. "$here/pg.sh"

# is WANTED SQL
is() {
	got=$(sql -c "$2")
	[ "$got" = "$1" ] || fail "$2: $got, expected $1"
}
sql <<'SQL'
CREATE TABLE "or""ders" (id bigint, "the ""name""" text, price float8, note text);
INSERT INTO "or""ders" SELECT i, 'Müller ' || i, i / 4.0, NULL
	FROM generate_series(1, 1000) i;
UPDATE "or""ders" SET note = E'a\n\\.\n\tb \\N \r{{ x }} '' " $(id)' WHERE id = 7;
UPDATE "or""ders" SET note = '' WHERE id = 8;
INSERT INTO "or""ders" VALUES (NULL, 'no key', 1, NULL);
SQL

mkdir -p "$home/config/secrets"
printf '%s\n' "$password" >"$home/config/secrets/loader"
cat >"$tmp/answers.yaml" <<EOF
source_type: PostgreSQL
target_type: PostgreSQL
pg_host: 127.0.0.1
pg_port: $port
pg_database: 'shop "1"'
pg_user: loader
pg_password: secret:loader
pg_source_table: or"ders
table: sales
key: [id]
required_columns: [id]
EOF
ao 0 deploy-template etl-pipeline --into "$tmp/shop" --yes \
	--answers "$tmp/answers.yaml"
says '[Rr]isk of a run: high'

# load WHAT WAS READ, NEW, CHANGED, SAME, REJECTED; the same of PostgreSQL
load() {
	ao 0 replay-pattern etl-pipeline-shop --workspace "$tmp/shop" \
		--approve=high --on-failure=abort
	says "^Run $run succeeded"
	story "$run"
	check "$@" <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
got = s.data("load")
names = ["read", "inserted", "updated", "unchanged", "rejected"]
assert [got[n] for n in names] == [int(a) for a in sys.argv[2:7]], got
got = s.data("publish")
assert [got[n] for n in names[1:4]] == [int(a) for a in sys.argv[7:]], got
PYTHON
}

load 1001 1000 0 0 1 1000 0 0
is 1000 'SELECT count(*) FROM sales'
same='SELECT count(*) FROM sales s JOIN "or""ders" o ON o.id = s.id AND
	o."the ""name""" = s."the ""name""" AND o.price = s.price AND
	o.note IS NOT DISTINCT FROM s.note'
is 1000 "$same"
python3 - "$tmp/shop/warehouse.db" <<'PYTHON' || fail "SQLite has other rows"
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute("SELECT count(*), sum(id), sum(price), count(note) "
                  "FROM sales").fetchone() == (1000, 500500, 125125, 2)
note, = db.execute("SELECT note FROM sales WHERE id = 7").fetchone()
assert note == "a\n\\.\n\tb \\N \r{{ x }} ' \" $(id)", note
PYTHON

# --- again: nothing comes twice; what was taken away comes back
load 1001 0 0 1000 1 0 0 1000
is 1000 'SELECT count(*) FROM sales'
sql -c 'DELETE FROM sales WHERE id <= 3' \
	-c 'UPDATE "or""ders" SET price = 99 WHERE id IN (5, 6)'
load 1001 0 2 998 1 3 2 995
is 1000 "$same"

# --- a server that is not the declared one is out of reach
ao 1 replay-pattern etl-pipeline-shop --workspace "$tmp/shop" --force \
	--approve=high --on-failure=abort --pg_port=1
says 'PostgreSQL at 127.0.0.1:1: '

# --- a table that has other types: told, and nothing of it is written
sql -c 'DROP TABLE sales' -c 'CREATE TABLE sales (_key text PRIMARY KEY, id date)'
ao 1 replay-pattern etl-pipeline-shop --workspace "$tmp/shop" --force \
	--approve=high --on-failure=abort
says 'invalid input syntax for type date'
is 0 'SELECT count(*) FROM sales'
verify
