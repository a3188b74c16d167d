#!/bin/sh
# Four processes run one pattern at once while a person edits its file with
# a rename, as editors do: every run is counted, and the edit stays.
. "$(dirname "$0")/lib.sh"
need python3
patterns=$home/data/patterns
mkdir -p "$patterns/discovered" "$tmp/w" && cd "$tmp/w" || exit 99
printf 'a,b\n1,2\n' >good.csv
cat >"$patterns/discovered/together.md" <<'MD'
---
pattern_id: together
name: Together
description: Counts the rows of a table
category: analytics
created_at: 2026-11-22T00:00:00Z
status: discovered
workflow:
  name: Together
  steps:
    - id: count
      uses: data_profile
      with: {path: good.csv}
---
# Together
MD
ao 0 patterns reindex
for n in 1 2 3 4; do
	(for _ in 1 2 3; do
		AGENTOPS_HOME=$home timeout 100 "$agentops" orchestrate "count" \
			--pattern together --approve=low --on-failure=abort \
			</dev/null >>"$tmp/log.$n" 2>&1 || exit 1
	done) &
	eval "p$n=$!"
done
file=$(find "$patterns" -name together.md | head -n 1)
sed 's/^# Together$/# Edited by a person/' "$file" >"$tmp/edited" &&
	mv "$tmp/edited" "$file"
for p in "$p1" "$p2" "$p3" "$p4"; do
	wait "$p" || fail "a run failed: $(tail -n 5 "$tmp"/log.*)"
done
[ "$(find "$patterns" -name together.md | wc -l)" = 1 ] || fail "not one file"
file=$(find "$patterns" -name together.md)
for line in 'executions: 12' 'successful_executions: 12' 'status: validated' \
	'# Edited by a person'; do
	grep -qxF "$line" "$file" || fail "no line $line in $(cat "$file")"
done
