#!/bin/sh
# The sample run, as tools/try does it: four phases, the pattern, every step
# with its time, the visual checks, pictures that exist, numbers that an
# independent computation gives, and a pattern that learns.
. "$(dirname "$0")/lib.sh"
need gnuplot python3

data=$top/examples/seattle-weather.csv
sample() {
	ao 0 orchestrate "Review the tabular data in seattle-weather.csv" \
		--data "$data" --approve=low
}

sample
n=0
for phase in research plan implement learn; do
	n=$((n + 1))
	says "^Phase $n of 4: $phase\$"
done
says 'replays the pattern tabular-data-review '
says 'risk +low: 30 iterations'
for step in profile clean measure choose trend 'chart\[0\]' 'chart\[1\]' \
	report; do
	says "^  $step +ok +[0-9.]+ m?s  "
done
says 'visual checks of chart: 5 of 5 passed'
says '^    wind: min 0.4, mean 3.241, median 3, max 9.5$'
says '^    weather: rain 641, sun 640, fog 101, drizzle 53, snow 26$'
says "^Run $run succeeded after "

grep -E '^    artifact ' "$tmp/out" | sed 's/^.*) //' >"$tmp/paths"
[ "$(wc -l <"$tmp/paths")" -ge 7 ] || fail "fewer than 7 artifacts are named"
while read -r path; do
	[ -s "$path" ] || fail "artifact $path is not there"
done <"$tmp/paths"

story "$run"
check "$data" <<'PYTHON'
import collections, csv, sys
import story
s = story.Story(sys.argv[1])
rows = list(csv.DictReader(open(sys.argv[2])))
report = s.data("report")
assert report["rows"] == len(rows) == 1461
assert report["missing"] == 0 and report["columns"] == 6
story.check_numbers(s, {name: [float(r[name]) for r in rows] for name in (
    "precipitation", "temp_max", "temp_min", "wind")})
words = collections.Counter(r["weather"] for r in rows)
assert {t["value"]: t["count"] for t in report["top"][0]["values"]} == words
columns = story.tables(s.text_of("report", "report"))["Columns"]
assert columns["date"]["Range"] == "2012-01-01 to 2015-12-31"
assert columns["date"]["Distinct"] == "1,461"
assert 2 <= len(s.pictures()) <= 4
assert all(p in s.text_of("report", "report") for p in s.pictures())
assert all(v["ok"] for v in s.of("visual.checked"))
assert len(s.of("visual.checked")) == len(s.pictures()) == report["charts"]
phases = [e["phase"] for e in s.of("phase.started")]
assert phases == ["research", "plan", "implement", "learn"]
PYTHON

pattern=$home/data/patterns/discovered/tabular-data-review.md
[ -f "$pattern" ] || fail "no pattern was learnt"
grep -qx 'executions: 1' "$pattern" || fail "the pattern has not 1 execution"
grep -qx 'successful_executions: 1' "$pattern" || fail "it did not succeed"
# What the program does not own stays as it was shipped.
sed '1,/^workflow:/d' "$top/patterns/tabular-data-review.md" >"$tmp/shipped"
sed '1,/^workflow:/d' "$pattern" >"$tmp/learnt"
cmp "$tmp/shipped" "$tmp/learnt" || fail "learning changed the workflow"

first=$run
sample
[ "$run" != "$first" ] || fail "two runs have one name"
grep -qx 'executions: 2' "$pattern" || fail "the pattern has not 2 executions"
ao 0 runs
says "^$first +succeeded"
says "^$run +succeeded"
verify
