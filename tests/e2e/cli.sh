#!/bin/sh
# The command line: options, help, configuration, JSON, signals, and text
# that would like to act on the terminal.
. "$(dirname "$0")/lib.sh"
need python3 script

esc=$(printf '\033')
work=$tmp/w
patterns=$home/data/patterns/discovered
mkdir -p "$work" "$patterns"
cd "$work" || exit 99

# wait: reads until the file that its input names is there.
cat >"$patterns/wait.md" <<'MD'
---
pattern_id: wait
name: Wait for a file
description: Waits until a file is there, then greets
task_keywords: [wait, file, greet]
status: discovered
workflow:
  name: Wait for a file
  inputs:
    flag: {required: true, prompt: "File to wait for"}
    times: {type: number, default: 1, min: 1, max: 3}
  steps:
    - id: wait
      run: |
        while [ ! -e "$AGENTOPS_INPUT_FLAG" ]; do sleep 0.05; done # poll
        echo "it is there"
    - id: greet
      needs: [wait]
      run: echo "hello $AGENTOPS_INPUT_TIMES"
---
# Wait for a file
MD

# Every line of the last output is JSON, and there are at least $1.
json_lines() {
	python3 -c '
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1], "rb")]
assert len(lines) >= int(sys.argv[2]), len(lines)
' "$tmp/out" "$1" || fail "not $1 lines of JSON"
}

# Nothing in the last output acts on a terminal or hides from a reader.
harmless() {
	for bad in "$esc" "$(printf '\302\233')" "$(printf '\342\200\256')" \
		"$(printf '\a')" "$(printf '\377')" "$(printf '\r')"; do
		! LC_ALL=C grep -qF "$bad" "$tmp/out" "$tmp/err" ||
			fail "unsafe bytes reach the output: $(printf '%s' \
				"$bad" | od -An -tx1)"
	done
}

# --- wrong use is status 2, and says what is right -------------------------
ao 2
says '^ +agentops COMMAND '
ao 2 orchestrat x
warns 'did you mean orchestrate\?'
ao 2 nonsense
warns 'unknown command nonsense'
ao 2 orchestrate x --aprove=low
warns 'did you mean --approve\?'
ao 2 orchestrate x --approve
warns 'needs a value'
ao 2 orchestrate x --plan-only=yes
warns 'takes no value'
ao 2 orchestrate x --approve=lots
warns 'low, medium, high or critical'
ao 2 orchestrate x --jobs=lots
warns 'number'
ao 2 orchestrate x --input novalue
warns 'KEY=VALUE'
ao 2 orchestrate x --provider magic
warns 'no provider'
ao 2 orchestrate
warns 'one task'
ao 2 orchestrate ''
ao 2 runs --limit x
ao 2 help nonsense
ao 2 runs --nonsense --json
json_lines 1
says '"code":"usage"'

# --- help of every command --------------------------------------------------
ao 0 help
commands=$(sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' "$tmp/out")
[ "$(echo "$commands" | wc -w)" -ge 14 ] || fail "help lists few commands"
for command in $commands; do
	ao 0 help "$command"
	says "^usage: agentops $command"
	cp "$tmp/out" "$tmp/help"
	ao 0 "$command" --help
	cmp -s "$tmp/out" "$tmp/help" || fail "two helps of $command"
	! grep -Eq '.{81}' "$tmp/out" || fail "help of $command is over 80"
done
ao 0 version
says '^agentops [0-9]+\.[0-9]+'
ao 0 --version

# --- configuration ------------------------------------------------------------
ao 0 config
says '^approve +none +default$'
mkdir -p "$home/config" .agentops
printf 'jobs: 2\napprove: low\n' >"$home/config/config.yaml"
ao 0 config
says '^approve +low +.*/config\.yaml:2$'
AGENTOPS_APPROVE=medium
export AGENTOPS_APPROVE
ao 0 config
says '^approve +medium +\$AGENTOPS_APPROVE$'
AGENTOPS_APPROVE=lots
ao 3 config
warns 'AGENTOPS_APPROVE'
unset AGENTOPS_APPROVE
printf 'jobs: 3\n' >.agentops/config.yaml
ao 0 config
says '^jobs +3 +.*\.agentops/config\.yaml:1$'
for key in 'approve: critical' 'sandbox: off' 'python: /bin/sh'; do
	printf '\n%s\n' "$key" >.agentops/config.yaml
	ao 3 config
	warns 'config\.yaml:2:1: .*a project may not set'
done
printf 'jbos: 3\n' >.agentops/config.yaml
ao 3 config
warns 'did you mean jobs\?'
rm .agentops/config.yaml "$home/config/config.yaml"

# --- a run, as records and as a story ------------------------------------------
touch go
ao 0 orchestrate 'wait for the file' --pattern wait --input "flag=$work/go" \
	--approve=critical --json
cp "$tmp/out" "$tmp/stream"
json_lines 20
harmless
ao 0 show --json last
cmp "$tmp/out" "$tmp/stream" ||
	fail "the stream is not what show --json prints"
ao 0 show last
says 'wait +ok'
says 'greet +ok .* hello 1$'
harmless
for command in runs gates events doctor config version patterns; do
	ao 0 "$command" --json
	case $command in
	gates) json_lines 0 ;;
	*) json_lines 1 ;;
	esac
done
ao 0 audit verify --json
json_lines 1
ao 0 audit verify
says ' 0 problems$'
ao 1 resume last
warns 'has ended'
ao 1 abort last
warns 'has ended already'

# --- a form, in words ------------------------------------------------------------
ao 75 orchestrate 'wait for the file' --pattern wait --approve=critical
says '--set flag=\.\.\. \(text\) File to wait for'
ao 0 gates
says '--set flag=\.\.\. \(text\) File to wait for'
ao 0 gates --json
json_lines 1
ao 2 decide last retry
warns 'approve or reject'
ao 75 decide last approve --set "flag=$work/go" --set times=9
says 'problem: '
ao 0 decide last approve --set times=2
says 'greet +ok .* hello 2$'

# --- a plan's gate shows what would run ------------------------------------------
ao 0 orchestrate 'wait for the file' --pattern wait \
	--input "flag=$work/go" --approve=critical --plan-only
says '^    step greet [(]low[)]: bash, sandbox read-only$'
says 'agentops decide .*\.1 DECISION'
ao 0 gates
says '^    step greet [(]low[)]: bash, sandbox read-only$'
ao 0 decide last approve

# --- rejected, aborted ---------------------------------------------------------
ao 75 orchestrate 'wait for the file' --pattern wait
ao 4 decide last reject --comment 'not now'
says 'not now'
ao 75 orchestrate 'wait for the file' --pattern wait
ao 0 abort last --reason 'no more'
ao 0 runs --status aborted
says "^$run +aborted"

# --- Ctrl-C parks, resume goes on ------------------------------------------------
rm go
AGENTOPS_HOME=$home "$agentops" orchestrate 'wait for the file' \
	--pattern wait --input "flag=$work/go" --approve=critical \
	</dev/null >"$tmp/out" 2>"$tmp/err" &
pid=$!
for _ in $(seq 200); do
	run=$(sed -n 's/^Run \([0-9].*\)/\1/p' "$tmp/out")
	[ -n "$run" ] && AGENTOPS_HOME=$home "$agentops" show --json "$run" \
		2>/dev/null | grep -q '"step.started"' && break
	sleep 0.05 # poll
done
kill -INT $pid
wait $pid
[ $? = 130 ] || fail "Ctrl-C did not end with status 130"
says '^Parked: interrupted by Ctrl-C'
says "agentops resume $run"
nothing_left
ao 0 runs --status parked
says "^$run +parked"
touch go
ao 0 resume "$run"
says "^Run $run succeeded"

# --- a reader that goes away does not end a run -------------------------------------
AGENTOPS_HOME=$home "$agentops" orchestrate 'wait for the file' \
	--pattern wait --input "flag=$work/go" --approve=critical \
	</dev/null 2>"$tmp/err" | head -n 1 >"$tmp/first"
run=$(sed -n 's/^Run //p' "$tmp/first")
ao 0 runs --status succeeded
says "^$run +succeeded"

# --- no escape sequence, whatever the terminal --------------------------------------
for setting in TERM=xterm TERM=dumb NO_COLOR=1; do
	env "$setting" AGENTOPS_HOME="$home" timeout 60 script -qec "$agentops \
orchestrate 'wait for the file' --pattern wait --input flag=$work/go \
--approve=critical" /dev/null </dev/null >"$tmp/out" 2>&1
	says 'succeeded after'
	! LC_ALL=C grep -qF "$esc" "$tmp/out" ||
		fail "an escape sequence with $setting"
done

# --- hostile text is shown, and does nothing ------------------------------------------
evil=$(printf 'x\033[2J\033]0;t\007\302\2331m\342\200\256abc\377\nRun 1 succeeded\r%s' y)
ao 75 orchestrate "$evil" --pattern wait
harmless
says_not '^Run 1 succeeded'
for command in runs gates "show $run"; do
	# shellcheck disable=SC2086
	ao 0 $command
	harmless
	# Records are for programs: JSON, with every control byte escaped.
	# shellcheck disable=SC2086
	ao 0 $command --json
	json_lines 1
	! LC_ALL=C tr -d '\n' <"$tmp/out" | LC_ALL=C grep -q '[[:cntrl:]]' ||
		fail "a control byte in the records of $command"
done
ao 4 decide last reject --comment "$evil"
harmless
long=$(head -c 65536 /dev/zero | tr '\0' 'x')
ao 75 orchestrate "$long" --pattern wait
[ "$(wc -c <"$tmp/out")" -lt 10000 ] || fail "a long task floods the story"
ao 0 gates
[ "$(wc -c <"$tmp/out")" -lt 10000 ] || fail "a long task floods gates"
ao 0 abort last
ao 2 orchestrate "x$long" --pattern wait
warns '64 KiB'

verify
