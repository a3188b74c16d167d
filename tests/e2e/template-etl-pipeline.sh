#!/bin/sh
# The template etl-pipeline, deployed from answers and used: rows come into
# the database, what is unfit goes to the rejects file, and loading again
# changes nothing. What is wanted is computed here, from what was written.
. "$(dirname "$0")/lib.sh"
need python3

deploy() {
	wanted_status=$1
	shift
	ao "$wanted_status" deploy-template etl-pipeline --into "$tmp/shop" "$@"
}

# count SQL: what the database says.
count() {
	python3 - "$tmp/shop/warehouse.db" "$1" <<'PYTHON'
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])
PYTHON
}

# is WANTED SQL
is() {
	got=$(count "$2")
	[ "$got" = "$1" ] || fail "$2: $got, expected $1"
}

# load READ NEW CHANGED SAME REJECTED: runs the pattern.
load() {
	ao 0 replay-pattern etl-pipeline-shop --workspace "$tmp/shop" \
		--approve=medium --on-failure=abort
	says "^Run $run succeeded"
	story "$run"
	check "$@" <<'PYTHON'
import sys
import story
got = story.Story(sys.argv[1]).data("load")
names = ["read", "inserted", "updated", "unchanged", "rejected"]
assert [got[n] for n in names] == [int(a) for a in sys.argv[2:]], got
PYTHON
}

# 400 rows with odd texts; 7 are short, 5 have no id, 3 repeat a key.
cat >"$tmp/write.py" <<'PYTHON'
import csv, sys
price = float(sys.argv[2])
with open(sys.argv[1], "w", newline="", encoding="utf-8-sig") as f:
    w = csv.writer(f, delimiter=";")
    w.writerow(["id", "Kunde; Ort", "price", "price", 'a "b"'])
    for i in range(400):
        w.writerow([i, "M\u00fcller; \"K\u00f6ln\"\n'%d" % i,
                    price if i == 3 else i, "x", "{{ %d }}" % i])
    for i in range(7):
        w.writerow([1000 + i, "short"])
    for i in range(5):
        w.writerow(["", "nobody", 1, 2, 3])
    for i in range(3):
        w.writerow([i, "again", -1, "y", "z"])
PYTHON
python3 "$tmp/write.py" "$tmp/shop.csv" 1.5 || fail "cannot write"

# --- answers that are wrong change nothing
deploy 2 --yes
warns 'needs answers for: source'
deploy 2 --yes --set source="$tmp/shop.csv" --set tabel=x
warns 'did you mean "table"'
deploy 2 --yes --set source="$tmp/none.csv"
warns 'No such file'
deploy 2 --set source="$tmp/shop.csv"
warns 'yes deploys without asking'
[ ! -e "$tmp/shop" ] || fail "a refused deployment wrote something"

# --- deployed from a file of answers, one of them overruled
cat >"$tmp/answers.yaml" <<EOF
title: "Shop: it's {{ here }}"
source: $tmp/shop.csv
table: wrong
key: [id]
required_columns: [id]
columns: [id, "Kunde; Ort", price, price.2]
EOF
deploy 0 --answers "$tmp/answers.yaml" --set table=sales --dry-run
says '^\+SELECT'
says 'Risk of a run: medium'
[ ! -e "$tmp/shop" ] || fail "a dry run wrote something"
deploy 0 --answers "$tmp/answers.yaml" --set table=sales --yes
says '^Deployed 3 files in '
[ -f "$tmp/shop/transform.sql" ] || fail "no transform.sql"
ao 0 browse-patterns shop
says 'etl-pipeline-shop'

# --- used
load 415 400 3 0 12
is 400 'SELECT count(*) FROM sales'
is 2 "SELECT count(*) FROM sales WHERE \"price.2\" = 'y' AND price = '-1' AND id < '2'"
is 1 "SELECT count(*) FROM sales WHERE id = '7' AND \"Kunde; Ort\" LIKE 'M%; \"K_ln\"
''7'"
check <<'PYTHON'
import csv, sys
import story
s = story.Story(sys.argv[1])
rows = list(csv.DictReader(open(s.path_of("load", "rejects"),
                                encoding="utf-8")))
assert len(rows) == 12, rows
assert sum("2 fields instead of 5" in r["reason"] for r in rows) == 7
assert sum("empty: id" in r["reason"] for r in rows) == 5
PYTHON

# --- again: the same rows; only repeated keys are written twice
load 415 0 6 397 12
is 400 'SELECT count(*) FROM sales'

# --- one row has changed
python3 "$tmp/write.py" "$tmp/shop.csv" 99 || fail "cannot write"
load 415 0 7 396 12
is 99.0 "SELECT price FROM sales WHERE id = '3'"

# --- too many rejects: nothing is loaded
deploy 0 --answers "$tmp/answers.yaml" --set table=sales --yes \
	--set max_rejects=1
says 'REPLACED'
says '^\+ +default: 1$'
ao 1 replay-pattern etl-pipeline-shop --workspace "$tmp/shop" --force \
	--approve=medium --on-failure=abort
says 'rejected, more than'
is 400 'SELECT count(*) FROM sales'

# --- a source that vanished, and a statement that is none: said as such
printf 'SELECT nope FROM staging\n' >"$tmp/shop/transform.sql"
ao 1 replay-pattern etl-pipeline-shop --workspace "$tmp/shop" --force \
	--approve=medium --on-failure=abort
says 'transform.sql: no such column: nope'

# --- the disk is full in the middle: nothing of it stays
if [ "$(id -u)" = 0 ] && mkdir "$tmp/small" &&
	mount -t tmpfs -o size=16k none "$tmp/small" 2>/dev/null; then
	head -c 9000 /dev/zero >"$tmp/small/filler"
	ao 3 deploy-template etl-pipeline --into "$tmp/small/shop" --yes \
		--answers "$tmp/answers.yaml"
	warns 'No space left'
	[ "$(ls -A "$tmp/small")" = filler ] || fail "something was left"
	ao 0 patterns
	says_not 'etl-pipeline-shop-2'
else
	echo "$test_name: skipped: a full disk (needs root)" >&2
fi
verify
