#!/bin/sh
# The shipped pattern csv-comparison on tables made by SQLite, its figures
# against what SQL says of the same two tables.
. "$(dirname "$0")/lib.sh"
need python3
mkdir -p "$tmp/w" && cd "$tmp/w" || exit 99

python3 - "$tmp/want" <<'PY' || fail "no tables"
import csv, random, sqlite3, sys
random.seed(4)
db = sqlite3.connect(":memory:")
words = ["a,b", 'say "x"', "two\nlines", "Zoë", "", "| *m* |"]
for t in ("old", "new"):
    db.execute(f"CREATE TABLE {t}(id TEXT PRIMARY KEY, word TEXT, price INT)")
for i in range(3000):
    row = [f"k{i}", random.choice(words), random.randint(-50, 900)]
    if random.random() < .9:
        db.execute("INSERT INTO old VALUES(?,?,?)", row)
    if random.random() < .2:
        row[random.randint(1, 2)] = random.choice([7, 8, 9])
    if random.random() < .9:
        db.execute("INSERT INTO new VALUES(?,?,?)", row)
for t, order in (("old", "id, word, price"), ("new", "price, id, word")):
    cur = db.execute(f"SELECT {order} FROM {t} ORDER BY random()")
    with open(t + ".csv", "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(c[0] for c in cur.description)
        w.writerows(cur)
one = lambda q: db.execute(q).fetchone()[0]
both = "FROM old JOIN new USING(id) WHERE "
print(one("SELECT count(*) FROM new WHERE id NOT IN (SELECT id FROM old)"),
      one("SELECT count(*) FROM old WHERE id NOT IN (SELECT id FROM new)"),
      one(f"SELECT count(*) {both} old.word<>new.word OR old.price<>new.price"),
      one(f"SELECT count(*) {both} old.price<>new.price"),
      one(f"SELECT sum(new.price-old.price) {both} 1"),
      file=open(sys.argv[1], "w"))
PY
read -r added removed altered cells moved <"$tmp/want"

compare() {
	ao "$1" orchestrate "Compare two CSV files" --pattern csv-comparison \
		--input before=old.csv --input "after=$2" --input "key=$3" \
		--approve=low --on-failure=abort
}
sha256sum old.csv new.csv >"$tmp/sums"
compare 0 new.csv id
sha256sum -c --quiet "$tmp/sums" || fail "an input was changed"
report=$(find "$home" . -name report.md -size +0 | head -n 1)
[ -n "$report" ] || fail "no report"
for line in "| added | $added |" "| removed | $removed |" \
	"| altered | $altered |" "| price | $cells | $moved |"; do
	grep -qxF "$line" "$report" || fail "no line $line in $(cat "$report")"
done

# What cannot be compared says why.
compare 1 new.csv nothing
cat "$tmp/out" "$tmp/err" | grep -q 'has no column nothing' || fail "column"
printf 'id,word,price\nk1,a,1\nk1,b,2\n' >twice.csv
compare 1 twice.csv id
cat "$tmp/out" "$tmp/err" | grep -q 'twice.csv:3: the key k1 is there twice' ||
	fail "key"
printf 'id,word,price\nk1,\377,1\n' >latin.csv
compare 1 latin.csv id
cat "$tmp/out" "$tmp/err" | grep -q 'a file is not CSV in UTF-8' || fail "bytes"
