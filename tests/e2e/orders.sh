#!/bin/sh
# What a person tells an agent that works, from another terminal: it hears it
# before its next turn, begins nothing while it is paused, and a call that was
# taken back is not made. In each wire format, and across kill -9.
. "$(dirname "$0")/lib.sh"
need python3
. "$here/model_server.sh"

mkdir -p "$tmp/work" "$home/config"
cp "$top/examples/seattle-weather.csv" "$tmp/work/weather.csv"
cat >"$home/config/models.yaml" <<'YAML'
models:
  - {model: m, provider: openai, input: 1, output: 2, vision: true}
  - {model: m, provider: anthropic, input: 1, output: 2, vision: true}
YAML
OPENAI_API_KEY=sk-secret-0123456789abcdef
ANTHROPIC_API_KEY=sk-secret-0123456789abcdef
AGENTOPS_RESEARCHERS=0
export OPENAI_API_KEY ANTHROPIC_API_KEY AGENTOPS_RESEARCHERS

# until_agent WORDS: `agents` says so of the run.
until_agent() {
	for _ in $(seq 400); do
		AGENTOPS_HOME=$home "$agentops" agents last >"$tmp/out" \
			2>"$tmp/err" </dev/null &&
			grep -Eq "$1" "$tmp/out" && return 0
		sleep 0.05 # poll
	done
	fail "the agents are not: $1"
}

# begin COMMAND...: in the background, as in another terminal.
begin() {
	AGENTOPS_HOME=$home AGENTOPS_BASE_URL=$(base_url "$wire") \
		"$agentops" "$@" </dev/null >"$tmp/there" 2>&1 &
	there=$!
}

for wire in openai openai-chat anthropic; do
	serve live
	begin orchestrate "draw the weather" -C "$tmp/work" --provider "$wire" \
		--model m --budget none --approve critical
	until_agent '^chart +thinking +turn 1 '
	ao 0 agents last chart say "in degrees," please
	says '^chart: say by '
	ao 0 agents last chart pause
	ao 1 agents last chart pause
	warns 'agent chart is paused already'
	ao 1 agents last chart withdraw
	warns 'agent chart: no call waits'
	ao 2 agents last nobody say x
	warns 'has no agent "nobody"; it has planner, chart'
	ao 2 agents last chart stop
	warns 'use say, pause, go-on or withdraw'
	touch "$tmp/go"
	until_agent '^chart +paused +turn 1 '
	says 'waits: data_profile .*, call call_1'
	says 'waits: read_file .*, call call_2'
	# A process that dies does not let it go on, nor does another one.
	if [ "$wire" = openai ]; then
		kill -9 "$there"
		wait "$there" 2>/dev/null
		begin resume last
		until_agent '^chart +paused +turn 1 '
	fi
	ao 0 agents last --json
	says '"agent":"chart","state":"paused","paused":true.*"call":"call_1"'
	ao 0 agents last chart withdraw "not needed"
	until_agent 'waits: read_file'
	ao 0 agents last chart go-on
	wait "$there" || fail "the run ended with $?: $(tail -n 5 "$tmp/there")"
	ao 0 runs -n 1
	run=$(sed -n '2s/ .*//p' "$tmp/out")
	ao 0 show "$run"
	says '^.*chart +is told +.*: in degrees, please'
	says 'chart +paused'
	says 'chart +withdrawn +call call_1 by .*: not needed'
	says 'chart +goes on'
	ao 1 agents "$run" chart say "too late"
	warns 'does not work now|has ended'
	story "$run"
	check "$tmp/logs" <<'PY'
import glob, json, os, sys
import story
s, logs = story.Story(sys.argv[1]), sys.argv[2]
started = [e["call"] for e in s.of("call.started", step="chart")]
assert "call_1" not in started and "call_2" in started, started
kinds = [e["type"] for e in s.events]
on = max(i for i, e in enumerate(s.events) if e["type"] == "agent.paused")
assert not s.events[on]["data"]["paused"]
assert kinds.index("call.started") > on, "a paused agent began a call"
bodies = [open(p).read() for p in sorted(glob.glob(logs + "/*.json"),
                                         key=os.path.getmtime)]
heard = [b for b in bodies if "in degrees, please" in b]
assert heard and "A person who supervises this says" in heard[0]
assert "took this call back before it began: not needed" in heard[0]
assert s.last("chart")["outcome"] == "ok"
PY
	verify
done
