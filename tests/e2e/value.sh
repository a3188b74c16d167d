#!/bin/sh
# The value report: each of its numbers against an independent computation
# (tests/e2e/value.py) from a history with hostile names; its formats.
. "$(dirname "$0")/lib.sh"
need python3

python="python3 -B $here/value.py"
patterns=$home/data/patterns
mkdir -p "$patterns/discovered" "$patterns/validated" "$patterns/learned" \
	"$patterns/deprecated"
AGENTOPS_PKGDATA=$tmp/shipped # no shipped patterns, which would count too
export AGENTOPS_PKGDATA
mkdir -p "$tmp/shipped/patterns"

# --- nothing has happened: nothing is claimed ---
ao 0 value-report
says '^Value-Based Outcomes Report$'
says '^- Nothing: all its figures are 0$'
says_not '%|saved|\$'

$python make "$home/state/agentops.db" "$patterns" "$tmp/history" ||
	fail "no history"

# compare OPTIONS-OF-REPORT -- OPTIONS-OF-CHECK
compare() {
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # a list of words
	ao 0 value-report --json $options
	$python check "$tmp/history" "$tmp/out" "$@" || {
		: >"$tmp/out"
		fail "not what it should be:$options"
	}
}
compare --
compare --hourly-rate 100 -- rate=100
compare --domain analytics -- domain=analytics
compare --since 2026-03-01 -- since=2026-03-01
compare --until 2026-08-15 -- until=2026-08-15
compare --since 2026-04-01 --until 2026-04-10 --domain devops \
	--hourly-rate 62.5 -- since=2026-04-01 until=2026-04-10 \
	domain=devops rate=62.5
compare --until 2026-01-01 -- until=2026-01-01
compare --domain none-such -- domain=none-such

# --- formats ---
for format in json csv html markdown text; do
	ao 0 value-report --format $format --hourly-rate 80
	cp "$tmp/out" "$tmp/report.$format"
done
$python formats "$tmp/report.json" "$tmp/report.csv" "$tmp/report.html" \
	"$tmp/report.markdown" "$tmp/report.text" || fail "formats"
awk 'length($0) > 200 { exit 1 }' "$tmp/report.text" || fail "long lines"

# --- wrong use ---
ao 2 value-report --format pdf
warns 'use text, markdown, json, csv or html'
ao 2 value-report --since yesterday
warns '--since yesterday: use a date such as 2026-11-01'
ao 2 value-report --since 2026-03-02 --until 2026-03-01
warns '--until must be later than --since'
ao 2 value-report --hourly-rate -5
warns 'use dollars an hour'
ao 2 value-report extra
warns 'takes only options'
