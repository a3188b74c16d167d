#!/bin/sh
# A fork goes on from the middle of another run: nothing finished is done
# again, the origin stays, both stand alone. And two runs are compared.
. "$(dirname "$0")/lib.sh"
need python3 jq

mkdir -p "$home/data/patterns/discovered" "$tmp/w"
cat >"$home/data/patterns/discovered/forkable.md" <<'EOF'
---
pattern_id: forkable
name: forkable
workflow:
  name: forkable
  baseline: {manual_minutes: 30}
  steps:
    - id: first
      profile: workspace-write
      run: |
        echo first >>"$AGENTOPS_WORKSPACE/log"
        echo made >made.txt
      outputs: {made: made.txt}
    - id: asked
      needs: [first]
      gate: approve
      profile: workspace-write
      run: |
        new=$(jq -r .steps.first.outputs.made "$AGENTOPS_VALUES")
        cat "$new" >>"$AGENTOPS_WORKSPACE/log"
    - id: last
      needs: [asked]
      profile: workspace-write
      run: echo last >>"$AGENTOPS_WORKSPACE/log"
---
A pattern of a test.
EOF

log() {
	[ "$(tr '\n' ' ' <"$tmp/w/log")" = "$1 " ] ||
		fail "the log is \"$(tr '\n' ' ' <"$tmp/w/log")\", not \"$1\""
}

# The output names the fork, which is then $new.
is_fork() {
	new=$(sed -n 's/^Run \([0-9][^ ]*\) is a fork of .*/\1/p' "$tmp/out")
	[ -n "$new" ] || fail "it does not name the fork"
}

# A run that went one way to its end.
ao 75 replay-pattern forkable --workspace "$tmp/w" --approve low
origin=$run
ao 75 decide "$origin.1" approve
says '\(approve, risk '
ao 75 decide "$origin.2" approve
ao 0 decide "$origin.3" approve
log 'first made last'
story "$origin"
cp "$tmp/story.jsonl" "$tmp/before"

# At the gate before a step, which is open again there; nothing is done again.
gate=$(jq -r 'select(.type == "gate.opened" and .data.gate == 2) | .seq' \
	<"$tmp/before")
ao 75 fork "$origin@$gate"
is_fork
fork=$new
says "agentops decide $fork\.2 "
log 'first made last'
# Its artifacts are its own.
mv "$home/state/runs/$origin" "$tmp/elsewhere"
ao 75 decide "$fork.2" approve
log 'first made last made last'
mv "$tmp/elsewhere" "$home/state/runs/$origin"
# A fork of a fork, at the default place, its last gate; answered otherwise.
ao 75 fork "$fork"
is_fork
second=$new
ao 4 decide "$second.3" reject --comment "not so"
ao 0 decide "$fork.3" approve
log 'first made last made last'
ao 0 show "$fork"
says "forked +from $origin@$gate"
story "$origin"
cmp -s "$tmp/before" "$tmp/story.jsonl" || fail "the origin was changed"
verify

# Only made: it is parked, and resume goes on.
ao 0 fork "$origin@$gate" --no-resume
is_fork
ao 0 runs --status parked
says "^$new "
ao 75 resume "$new"

# The same work is claimed once: of the four runs one has a baseline.
sqlite3 "$home/state/agentops.db" \
	"SELECT count(*) FROM metrics WHERE baseline_minutes > 0" >"$tmp/out"
says '^1$'

# Killed while it forks: the fork is there as a whole or not at all.
for ms in 01 02 03 04 05 06 08 10 12 15; do
	AGENTOPS_HOME=$home timeout -s KILL 0.0$ms \
		"$agentops" fork "$origin@$gate" --no-resume >/dev/null 2>&1
done
verify

# What differs.
ao 0 compare "$origin" "$second"
says 'status +succeeded +aborted'
says '\* 3 +review: approve by .* +review: reject by .*: not so'
says '  first/made +made.txt .* the same'
ao 0 compare "$origin" "$second" --json
[ "$(jq '[.rows[] | select(.part == "step" and .same)] | length' \
	<"$tmp/out")" = 3 ] || fail "the steps differ"

# Where it cannot be forked it says where it can.
end=$(jq -r 'select(.type == "run.ended") | .seq' <"$tmp/before")
ao 1 fork "$origin@$end"
warns "cannot be forked at event $end.*before is $origin@[0-9]+"
ao 2 fork "$origin@x"
warns 'after the @ comes the number of an event'
ao 0 fork "$origin" --points
says "^$origin@$gate +.* gate 2 approve: "

# That the origin is another one now shows.
sqlite3 "$home/state/agentops.db" "UPDATE event SET hash=printf('%064d', 0)
	WHERE run='$origin' AND seq=$gate"
ao 1 audit verify "$fork"
says "run $fork seq 1: the event that it was forked from is another one"
