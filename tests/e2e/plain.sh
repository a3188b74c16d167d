#!/bin/sh
# agentops --plain through a pipe: a whole run with an iteration, a form, the
# end of the input, gates answered elsewhere, commands, and bad answers.
. "$(dirname "$0")/lib.sh"
need gnuplot python3

data=$top/examples/seattle-weather.csv
review='/orchestrate "Review the tabular data in seattle-weather.csv" --data '

# plain STATUS ARGUMENT... <answers: the dialogue, one answer a line.
plain() {
	wanted=$1
	shift
	AGENTOPS_HOME=$home USER=ann timeout 120 "$agentops" --plain "$@" \
		>"$tmp/out" 2>"$tmp/err"
	got=$?
	[ $got = "$wanted" ] ||
		fail "agentops --plain: exit status $got, expected $wanted"
	made=$(sed -n 's/^Run \([0-9][^ ]*\)$/\1/p' "$tmp/out" | head -n 1)
	run=${made:-${run:-}}
	if grep -q "$(printf '[\033\r]')" "$tmp/out"; then
		fail "the dialogue moves the cursor"
	fi
}

# --- task, bad answers, iterate with changed arguments, approve ---
plain 0 <<ANSWERS
$review$data
seven
9
2
nostep
trend
title
My own <title>
kind
pie
kind

?

a better title, please
details
approve

ANSWERS
says '^Task, or /command .*: /orchestrate "Review'
says '^Run [0-9]'
says '^Phase 3 of 4: implement$'
says '^  [0-9]\. comment and iterate$'
says '^Your answer\? Number 1 to 5: seven$'
says '^That is none of the choices; \? lists them\.$'
says '^title will be My own <title>\.$'
says 'one of: line, bar,'
says 'with.kind: "pie" is not one of "line", "bar"'
says '^  [0-9]+\. title = My own <title> \(new\)$'
says '^  [0-9]+\. kind = line$'
says "^  Gate $run.1: iterate by ann: a better title, please\$"
says '^  asked for: a better title, please$'
says 'trend title .* -> My own <title>'
says '^ +iteration: [0-9]+$'
says "^  Gate $run.2: approve by ann\$"
says "^Run $run succeeded after "
story "$run"
check <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
changed = [e for e in s.of("gate.decided") if e["decision"] == "iterate"]
assert len(changed) == 1
assert changed[0]["values"] == {
    "step": "trend", "with": {"title": "My own <title>"}}, changed
assert changed[0]["comment"] == "a better title, please"
assert not s.of("run.parked")
PYTHON

# --- the same dialogue from a file, and reject with a reason ---
printf '%s\n' "$review$data" reject 'not needed' >"$tmp/answers"
plain 4 <"$tmp/answers"
says "^  Gate $run.1: reject by ann: not needed\$"
says "^Run $run (failed|aborted) after .*"

# --- a form: field by field, checked ---
patterns=$home/data/patterns/discovered
mkdir -p "$patterns"
cat >"$patterns/greet.md" <<'MD'
---
pattern_id: greet
name: Greet somebody
category: tests
task_keywords: [greet, somebody]
created_at: 2026-11-22T00:00:00Z
status: discovered
workflow:
  name: Greet
  inputs:
    times: {type: number, required: true, min: 1, max: 5, prompt: How often}
    who: {type: text, required: true, help: A name}
    tone: {type: select, options: [kind, stern], required: true}
    letter: {type: file, required: true}
    more: {type: text}
  steps:
    - id: greet
      code: |
        from pathlib import Path
        Path("out.txt").write_text(
            f"{inputs['who']} {inputs['times']} {inputs['tone']}")
      outputs: {out: out.txt}
      review: true
---
# Greet
MD
printf 'Dear\n' >"$tmp/letter.txt"
plain 0 <<ANSWERS
/orchestrate 'Greet somebody' -C $tmp --pattern greet
1
many
9
3

Zoë 
2
nothere.txt
letter.txt
1

ANSWERS
says '^Gate 1 of run .*, form, risk '
says '^  1\. fill in the form$'
says '^How often \(number, from 1, up to 5\): many$'
says 'times'
says '^A value is needed\.$'
says '^  2\. stern$'
says 'nothere.txt cannot be read'
says '^  input      tone = stern$'
says "^Run $run succeeded"
out=$(sed -n 's/^    artifact out .*) //p' "$tmp/out" | head -n 1)
[ "$(cat "$out")" = 'Zoë 3 stern' ] || fail "the form's answers: $(cat "$out")"

# --- the end of the input parks; the run is taken up again ---
plain 75 <<ANSWERS
$review$data
ANSWERS
says '^Parked: left for a person to answer later$'
parked=$run
nothing_left
plain 75 "$parked" <<ANSWERS
leave it parked
ANSWERS
says "^Run $parked: Review the tabular data"
says '^Resumed by process '
says '^  report, report: .*\.md$'
plain 0 "$parked" <<ANSWERS
1
ANSWERS
says "^Run $parked succeeded"
plain 1 "$parked" </dev/null
warns 'has ended'

# --- commands, errors, nothing at all ---
plain 0 </dev/null
plain 0 <<'ANSWERS'
/runs --limit 1
/orchestrate "open
/nonsense
/show --help
/browse-patterns greet
ANSWERS
says '^RUN +STATUS'
says 'the quote " at column 14 is not closed'
says '^unknown command nonsense'
says '^usage: agentops show '
says 'Pattern ID: greet$'
plain 4 <<ANSWERS
/replay-pattern greet --tone kind --who Bob --times 2 -d $tmp/letter.txt
reject

ANSWERS
says '^Pre-Flight Checks$'
says "^Run $run (failed|aborted)"
plain 2 --color </dev/null
warns 'takes a run or nothing'

# --- a step that fails: retry, then done by hand ---
cat >"$patterns/knock.md" <<'MD'
---
pattern_id: knock
name: Knock
category: tests
task_keywords: [knock, door]
created_at: 2026-11-22T00:00:00Z
status: discovered
workflow:
  name: Knock
  steps:
    - {id: knock, uses: read_file, with: {path: /nothing/here}}
---
# Knock
MD
plain 0 <<ANSWERS
/replay knock
retry
mark as done
somebody opened
approve

ANSWERS
says '^Gate 1 of run .*, interrupted, risk '
says '^  2\. mark as done$'
says "^  Gate $run.1: retry by ann\$"
says "^  Gate $run.2: mark-done by ann: somebody opened\$"
says "^Run $run succeeded"

# --- the gate is answered elsewhere while it is asked here ---
mkfifo "$tmp/typed"
AGENTOPS_HOME=$home USER=ann timeout 120 "$agentops" --plain \
	<"$tmp/typed" >"$tmp/out" 2>"$tmp/err" &
dialogue=$!
exec 3>"$tmp/typed"
echo "$review$data" >&3
for _ in $(seq 600); do
	grep -q '^  5. leave it parked$' "$tmp/out" && break
	sleep 0.05 # poll
done
run=$(sed -n 's/^Run \([0-9][^ ]*\)$/\1/p' "$tmp/out")
AGENTOPS_HOME=$home USER=bob "$agentops" decide "$run" approve >/dev/null ||
	fail "decide failed"
for _ in $(seq 600); do
	grep -q "^Run $run succeeded" "$tmp/out" && break
	sleep 0.05 # poll
done
exec 3>&-
wait $dialogue || fail "the dialogue ended with $?"
says '^This gate was answered elsewhere\.$'
says "^  Gate $run.1: approve by bob\$"
says "^Run $run succeeded"

# --- Ctrl-C at a gate parks ---
AGENTOPS_HOME=$home timeout --foreground 120 "$agentops" --plain \
	<"$tmp/typed" >"$tmp/out" 2>"$tmp/err" &
dialogue=$!
exec 3>"$tmp/typed"
echo "$review$data" >&3
for _ in $(seq 600); do
	grep -q '^  5. leave it parked$' "$tmp/out" && break
	sleep 0.05 # poll
done
kill -TERM $dialogue
wait $dialogue
got=$?
exec 3>&-
says '^Parked: '
[ $got = 130 ] || [ $got = 143 ] || [ $got = 124 ] ||
	fail "exit status $got after a signal"
verify
