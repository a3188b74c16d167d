#!/bin/sh
# One pattern walks up and down the stages: 25 runs that succeed take it to
# learned, runs that fail take it back. After every run the file, its folder,
# the index, the executions, the value report and the pattern browser of the
# app say the same.
. "$(dirname "$0")/lib.sh"
need python3
python3 -c 'import sys; sys.path.append("/usr/lib/python3/dist-packages")
import pyte' 2>/dev/null || skip "python3-pyte is not installed"

patterns=$home/data/patterns
mkdir -p "$patterns/discovered" "$tmp/w"
cd "$tmp/w" || exit 99
echo 'a,b
1,2' >good.csv
cat >"$patterns/discovered/count-rows.md" <<'MD'
---
pattern_id: count-rows
name: Count rows
description: Counts the rows of a table
category: analytics
created_at: 2026-11-22T00:00:00Z
status: discovered
reviewed_by: ann      # not ours: it stays
workflow:
  name: Count rows
  baseline: {manual_minutes: 20}
  inputs:
    table: {type: text, required: true}
  steps:
    - id: count
      uses: data_profile
      with: {path: "{{ inputs.table }}"}
---
# Count rows
MD

# walk FILE STATUS COUNT: so many runs.
walk() {
	for _ in $(seq "$3"); do
		ao "$2" orchestrate "count the rows" --pattern count-rows \
			--input "table=$1" --approve=low --on-failure=abort
		runs=$((runs + 1))
		[ "$2" = 0 ] && good=$((good + 1))
		stage=$(find "$patterns" -name count-rows.md)
		echo "$runs $good ${stage#"$patterns/"}" >>"$tmp/walk"
		grep -E '^(status|executions|successful_executions):' "$stage" |
			sort | cut -d ' ' -f 2 | paste -sd ' ' >>"$tmp/files"
	done
}

# on_screen STAGE PERCENT USES: the browser's row.
on_screen() {
	PYTHONDONTWRITEBYTECODE=1 python3 "$here/browse.py" "$agentops" \
		"$home" count-rows "Count rows +$1 +$2% [^│]* $3 " ||
		fail "the browser does not show $1 $2% $3"
}
runs=0
good=0
walk good.csv 0 4
on_screen discovered 100 4
walk good.csv 0 1
on_screen validated 100 5
walk good.csv 0 15
on_screen learned 100 20
walk good.csv 0 5
on_screen learned 100 25
walk none.csv 1 7
on_screen discovered 78 32

python3 - "$tmp/walk" "$tmp/files" "$home/state/agentops.db" <<'PY' ||
import sqlite3, sys

# The plan's table, and v0.2.0's rule of deprecation.
def stage(runs, good, before):
    if runs >= 20 and good >= 0.9 * runs:
        return 'learned'
    if runs >= 5 and good >= 0.8 * runs:
        return 'validated'
    tried = runs >= 5 or before != 'discovered'
    return 'deprecated' if tried and good < 0.6 * runs else 'discovered'

now, seen = 'discovered', []
db = sqlite3.connect(sys.argv[3])
rows = db.execute('SELECT before_executions, before_successes, status '
                  'FROM execution ORDER BY started_us').fetchall()
walk = open(sys.argv[1]).read().splitlines()
files = open(sys.argv[2]).read().splitlines()
assert len(rows) == len(walk) == len(files) == 32, (len(rows), len(walk))
for line, file, row in zip(walk, files, rows):
    runs, good, path = line.split(' ', 2)
    runs, good = int(runs), int(good)
    now = stage(runs, good, now)
    assert path == now + '/count-rows.md', (line, now)
    assert file == '%d %s %d' % (runs, now, good) or \
        file == '%d %d %s' % (runs, good, now), (line, file)
    assert row[0] == runs - 1 and row[1] == good - (row[2] == 'success'), row
    if not seen or seen[-1] != now:
        seen.append(now)
assert seen == ['discovered', 'validated', 'learned', 'validated',
                'discovered'], seen
index = db.execute('SELECT executions, successes FROM pattern '
                   "WHERE id='count-rows'").fetchone()
assert index == (32, 25), index
PY
	fail "the walk is not the plan's"

# --- every place says the same, and what a person wrote is still there ---
grep -q '^reviewed_by: ann      # not ours: it stays$' \
	"$patterns/discovered/count-rows.md" || fail "a line was lost"
ao 0 patterns list --json count rows
says '"executions":32,"success_rate":0.78125'
ao 0 inspect-pattern count-rows
says 'Total Uses +32$'
says 'Success +78% .*, 25 of 32$'
ao 0 value-report --format csv
says '"runs",32,count,measured'
says '"succeeded",25,count,measured'
says '"baseline_minutes",500,minutes,entered'
says '"reuse_rate",1,share,derived'
says '"reached_learned",1,count,measured'
says '"reached_validated",2,count,measured'

# What a person enters for a run counts before the workflow's baseline.
ao 2 replay-pattern count-rows --manual-minutes -3
warns '--manual-minutes -3: use a number over 0'
ao 0 orchestrate "count the rows" --pattern count-rows --input table=good.csv \
	--approve=low --manual-minutes 7.5
ao 0 value-report --format csv
says '"baseline_minutes",507.5,minutes,entered'

# --- rebuilt from either side: an old file, and an index that is wrong ---
sed -i -e 's/^executions: .*/executions: 3/' \
	-e 's/^successful_executions: .*/successful_executions: 3/' \
	-e 's/^failed_executions: .*/failed_executions: 0/' \
	"$patterns/discovered/count-rows.md"
mv "$patterns/discovered/count-rows.md" "$patterns/learned/"
python3 - "$home/state/agentops.db" <<'PY' || fail "no wrong index"
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("UPDATE pattern SET path=path||'x', executions=7")
    db.execute("INSERT INTO pattern_fts(pattern_fts) VALUES('delete-all')")
PY
ao 0 patterns reindex
says "^$((shipped + 1)) files indexed; 1 brought up to their executions; 0 problems\$"
grep -q '^executions: 33$' "$patterns/discovered/count-rows.md" ||
	fail "the counts were not brought back"
grep -q '^successful_executions: 26$' "$patterns/discovered/count-rows.md" ||
	fail "the successes were not brought back"
[ ! -e "$patterns/learned/count-rows.md" ] || fail "two files"
ao 0 patterns list --json count rows
says '"executions":33,"success_rate":0.787878'
ao 0 patterns reindex
says "^$((shipped + 1)) files indexed; 0 brought up"
# A file that says more was run elsewhere, too: it stays.
sed -i -e 's/^executions: .*/executions: 40/' \
	-e 's/^successful_executions: .*/successful_executions: 40/' \
	-e 's/^failed_executions: .*/failed_executions: 0/' \
	"$patterns/discovered/count-rows.md"
ao 0 patterns reindex --json
says "^{\"files\":$((shipped + 1)),\"mended\":0,\"problems\":0}\$"
grep -q '^executions: 40$' "$patterns/discovered/count-rows.md" ||
	fail "what was run elsewhere was forgotten"
verify
