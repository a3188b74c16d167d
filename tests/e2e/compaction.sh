#!/bin/sh
# A conversation that fills the model's window is made short, and goes on with
# what it found: before the next request when the last one read 40 % of the
# window, and when the server says that it is full. In each wire format.
. "$(dirname "$0")/lib.sh"
need python3
. "$here/model_server.sh"

model() {
	provider=$1
	shift
	AGENTOPS_BASE_URL=$(base_url "$provider") ao 0 orchestrate "read the weather" \
		-C "$tmp/work" --provider "$provider" --approve low \
		--budget none "$@"
}

mkdir -p "$tmp/work" "$home/config"
cp "$top/examples/seattle-weather.csv" "$tmp/work/weather.csv"
# The server says that each request read 1000 tokens.
cat >"$home/config/models.yaml" <<'YAML'
models:
  - {model: small, provider: openai, input: 1, output: 2, context: 2000}
  - {model: small, provider: anthropic, input: 1, output: 2, context: 2000}
  - {model: large, provider: openai, input: 1, output: 2, context: 2600}
YAML
OPENAI_API_KEY=sk-x
ANTHROPIC_API_KEY=sk-x
AGENTOPS_RESEARCHERS=0
export OPENAI_API_KEY ANTHROPIC_API_KEY AGENTOPS_RESEARCHERS

for wire in openai openai-chat anthropic; do
	serve pages
	model $wire --model small
	says '^  read +short .*3 messages made one: it read 1000 of 2000 tokens'
	story "$run"
	check "$tmp/logs" <<'PY'
import glob, json, os, sys
import story
s, logs = story.Story(sys.argv[1]), sys.argv[2]
short = s.of("agent.compacted")
# Seven turns; after the third, fourth, fifth and sixth there is a turn more
# than the two that stay.
assert [x["messages"] for x in short] == [3, 3, 3, 3], short
assert len(s.of("model.turn", step="read")) == 7
calls = s.of("call.finished")
assert len(calls) == 6, "a call was made again"
last = open(max(glob.glob(logs + "/*.json"), key=os.path.getmtime)).read()
# What was asked is there whole, old facts in order, the last turns whole.
assert "Read all pages." in last
where = [last.index(f"You: Page {i}.") for i in (1, 2, 3, 4)]
assert where == sorted(where)
assert last.count("Call read_file ") == 4
assert last.count("This conversation was made short") == 1
assert "You: Page 5." not in last and "Page 5." in last
assert s.last("read")["text"] == "I read all six."
PY
	verify
done

# Of a larger window less than 40 % was read.
serve pages
model openai --model large
story "$run"
check <<'PY'
import sys
import story
assert not story.Story(sys.argv[1]).of("agent.compacted")
PY

# The server says so, and nothing is known of the model.
for wire in openai openai-chat anthropic; do
	serve tight
	model $wire --model unknown
	says '^  read +short .*messages made one: it read all of the window'
	story "$run"
	check <<'PY'
import sys
import story
s = story.Story(sys.argv[1])
turns = s.of("model.turn", step="read")
failed = [t for t in turns if t["failure"]]
assert failed and all(t["failure"] == "context" for t in failed), turns
assert len(failed) == len(s.of("agent.compacted"))
assert len(s.of("call.finished")) == 6
assert s.last("read")["text"] == "I read all six."
PY
	verify
done
stop_server
nothing_left
