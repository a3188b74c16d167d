#!/bin/sh
# Code of an agent that worked is kept as a tool with a schema and a test, and
# is offered to agents of later runs when a person approved exactly this file;
# in each wire format.
. "$(dirname "$0")/lib.sh"
need python3
. "$here/model_server.sh"

model() {
	AGENTOPS_BASE_URL=$(base_url "$1") ao 0 orchestrate "count the lines" \
		-C "$tmp/work" --provider "$1" --model m --approve critical \
		--budget none --explore
}

# offered: the newest requests name the tool.
offered() {
	cat "$tmp"/logs/*.json | grep -q '"count_lines"'
}

mkdir -p "$tmp/work"
cp "$top/examples/seattle-weather.csv" "$tmp/work/weather.csv"
OPENAI_API_KEY=sk-x
ANTHROPIC_API_KEY=sk-x
AGENTOPS_RESEARCHERS=0
export OPENAI_API_KEY ANTHROPIC_API_KEY AGENTOPS_RESEARCHERS
file=$home/data/tools/count_lines.yaml

cd "$tmp/work" || fail "no workspace"
ao 0 tools
says 'No tool is kept yet'
serve kept
model openai
story "$run"
check <<'PY'
import sys
import story
calls = story.Story(sys.argv[1]).of("call.finished")
assert [(c["tool"], c["outcome"]) for c in calls] == [("python", "ok")], calls
PY
cat >"$tmp/schema.json" <<'JSON'
{"type": "object", "required": ["path"], "additionalProperties": false,
 "properties": {"path": {"type": "string", "description": "a \"file\""}}}
JSON
keep() {
	ao "$1" tools keep "$run" "$2" "$3" --schema "$tmp/schema.json" \
		--summary "Counts: \"lines\" {{ of }} a file" \
		--args "{\"path\": \"$tmp/work/weather.csv\"}" \
		--says "lines: $4"
}
keep 1 call_1 python 1462
warns 'python is a tool of the program'
keep 2 call_1 "Bad name" 1462
warns 'no name for a tool'
keep 2 call_9 count_lines 1462
warns 'has no call or step "call_9" of python that worked'
keep 0 call_1 count_lines 1462
keep 1 call_1 count_lines 1462
# The code as it was; a person puts the argument in its place.
grep -q "^  lines = sum(1 for line in open('$tmp/work/weather.csv'))" "$file" ||
	fail "the code is not as it was: $(cat "$file")"
sed -i "s#open('.*'))#open(args['path']))#" "$file"
ao 0 tools test count_lines
says '^lines: 1462'
says 'count_lines: its test passed'
ao 2 tools approve count_lines
warns 'nobody can be asked here'
ao 0 tools
says '^count_lines +not approved +Counts: "lines" \{\{ of \}\} a file'

# What a step can write, an approval is not: that lies beside the journal.
mkdir -p "$home/data/tools"
sha256sum "$file" | sed 's/ .*/ mallory/' >"$home/data/tools/count_lines.approved"
ao 0 tools
says '^count_lines +not approved'
rm "$home/data/tools/count_lines.approved"

# Not approved: not offered, and not to be called.
serve kept
model openai
! offered || fail "a tool that nobody approved was offered"
ao 0 tools approve count_lines --yes
says "open\(args\['path'\]\)"
says 'count_lines: approved by '
for wire in openai openai-chat anthropic; do
	serve kept
	model $wire
	offered || fail "$wire: the tool was not offered"
	grep -q 'Counts: ' "$tmp"/logs/2.json || fail "$wire: no summary"
	story "$run"
	check <<'PY'
import json, sys
import story
s = story.Story(sys.argv[1])
calls = {c["call"]: c for c in s.of("call.finished")}
bad, good = calls["call_1"], calls["call_2"]
assert bad["outcome"] == "failed" and good["outcome"] == "ok", calls
assert "path" in json.dumps(bad["result"]), bad
assert "lines: 1462" in json.dumps(good["result"]), good
assert good["tool"] == "count_lines"
assert s.last("count")["text"] == "It is counted."
PY
	verify
done

# Another file than the one that was approved; a test that fails.
sed -i "s/print('lines:/print('rows:/" "$file"
serve kept
model openai
! offered || fail "a tool that was changed since was offered"
ao 1 tools approve count_lines --yes
warns 'its test does not say "lines: 1462"'
echo 'more: {' >>"$file"
ao 0 tools
warns 'count_lines.yaml:[0-9]+:[0-9]+: '
sed -i '$d' "$file"
ao 0 tools remove count_lines
[ -z "$(ls "$home/data/tools" "$home/state/tools" | grep count)" ] ||
	fail "something is left of the tool"
touch "$home/data/tools/my-tool.yaml"
ao 0 tools
warns '"my-tool" is no name for a tool'
rm "$home/data/tools/my-tool.yaml"
# A link is no tool.
ln -s /etc/passwd "$home/data/tools/linked.yaml"
ao 0 tools
says_not linked
stop_server
nothing_left
