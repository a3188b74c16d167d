#!/bin/sh
# Not part of `make check`, which kills at chosen events: the part `kills`
# of .ci/run runs this.
# A run of agents is killed (SIGKILL) at every record of its journal, in each
# wire format, and resumed: it ends as the one that nobody killed, no finished
# call is made again, and no finished turn is paid for twice.
. "$(dirname "$0")/lib.sh"
need python3
. "$here/model_server.sh"

mkdir -p "$tmp/work" "$home/config"
cp "$top/examples/seattle-weather.csv" "$tmp/work/weather.csv"
# A window that is made short on the way.
cat >"$home/config/models.yaml" <<'YAML'
models:
  - {model: small, provider: openai, input: 1, output: 2, context: 2000}
  - {model: small, provider: anthropic, input: 1, output: 2, context: 2000}
YAML
OPENAI_API_KEY=sk-x
ANTHROPIC_API_KEY=sk-x
AGENTOPS_RESEARCHERS=${AGENTOPS_RESEARCHERS:-1}
export OPENAI_API_KEY ANTHROPIC_API_KEY AGENTOPS_RESEARCHERS

kills=0
for wire in openai openai-chat anthropic; do
	serve pages
	AGENTOPS_BASE_URL=$(base_url $wire)
	export AGENTOPS_BASE_URL
	set -- orchestrate "read the weather" -C "$tmp/work" --approve low \
		--provider $wire --model small
	ao 0 "$@"
	story "$run"
	cp "$tmp/story.jsonl" "$tmp/whole"
	records=$(wc -l <"$tmp/whole")
	asked=$(requests)
	seq=1
	while [ "$seq" -lt "$records" ]; do
		rm -f "$tmp"/logs/*.json "$tmp"/logs/*.txt
		AGENTOPS_HOME=$home python3 "$here/kill_at.py" ":$seq" \
			"$agentops" "$@" --json >"$tmp/run" ||
			fail "could not kill at record $seq ($wire)"
		run=$(cat "$tmp/run")
		nothing_left
		story "$run"
		# The end may come before the signal.
		if ! grep -q '"type":"run.ended"' "$tmp/story.jsonl"; then
			ao 0 resume "$run"
			story "$run"
		fi
		check "$tmp/whole" "$wire, record $seq" \
			"$(($(requests) - asked))" <<'PY'
import sys
import story
s, whole = story.Story(sys.argv[1]), story.Story(sys.argv[2])
where, more = sys.argv[3], int(sys.argv[4])

def turns(story):
    "One that was cut off is asked again with the next number."
    return sorted((t["step"] or "", t["failure"] or "")
                  for t in story.of("model.turn"))

def calls(story):
    return sorted(c["call"] for c in story.of("call.finished"))

assert turns(s) == turns(whole), (where, turns(s))
assert calls(s) == calls(whole), (where, calls(s))
assert s.last("read")["text"] == "I read all six.", where
assert s.of("run.ended")[-1]["outcome"] == "succeeded", where
# At most what was under way is asked again: one request, and one more of a
# researcher beside it.
assert 0 <= more <= 1, (where, more)
PY
		kills=$((kills + 1))
		seq=$((seq + 1))
	done
done
verify
stop_server
nothing_left
[ $kills -gt 150 ] || fail "only $kills kills"
echo "agent-kills: $kills kills"
