#!/bin/sh
# One question to a model outside a run: craft-prompt and discover-patterns,
# in each wire format. What it says is data; money and keys are minded. And
# pattern files of v0.2.0 found on the machine.
. "$(dirname "$0")/lib.sh"
need python3
. "$here/model_server.sh"

# asked STATUS PROVIDER ARGUMENT...
asked() {
	wanted_status=$1
	provider=$2
	shift 2
	base=$(base_url "$provider")
	AGENTOPS_BASE_URL=$base ao "$wanted_status" "$@" \
		--provider "$provider" --model test-model
}

# Files that v0.2.0 left, one of them with an id that is a way out, one that
# is known already, one that is a link.
export HOME="$tmp/user"
old=$HOME/.claude/skills/meta-orchestrator/patterns
mkdir -p "$tmp/work" "$home/config" "$old/discovered" "$old/validated"
cd "$tmp/work" || fail "no folder"
cat >"$old/discovered/build-wind-api-v1.yaml" <<'YAML'
pattern:
  id: build-wind-api-v1
  name: build wind api
  description: build wind api
  domain: weather
  subdomain: ''
  task_keywords:
  - wind
  - api
  plugin_sequence:
  - plugin: scaffold
    purpose: begin
    avg_time: 2
    success_rate: 1.0
  metrics:
    total_executions: 3
    successful_executions: 3
    failed_executions: 0
    success_rate: 1.0
    avg_completion_time: 11.5
  known_issues: []
  environment_requirements: []
  tags: []
  last_updated: '2025-11-08T10:00:00Z'
  created: '2025-11-07T10:00:00Z'
YAML
sed 's/id: build.*/id: ..\/..\/escape/' \
	"$old/discovered/build-wind-api-v1.yaml" >"$old/validated/bad.yaml"
cp "$old/discovered/build-wind-api-v1.yaml" "$old/validated/again.yaml"
ln -s /etc/passwd "$old/discovered/link.md"
echo 'no pattern at all' >"$old/discovered/broken.md"

ao 0 discover-patterns "wind [domain: weather]"
says 'pattern files elsewhere: [0-9] in 1 folders, 2 new'
says 'taken into the library: build-wind-api-v1$'
says '^1\. build wind api \[discovered\]$'
says '^- Success Rate: 100% \(95% interval 44-100%\)$'
says 'no model was asked'
warns 'broken.md'
[ -f "$home/data/patterns/discovered/build-wind-api-v1.md" ] ||
	fail "the pattern is not in the library"
# The id that led out is cleaned, as ids of v0.2.0 are.
says 'taken into the library: escape$'
[ "$(find "$home" -name 'escape*')" = "$home/data/patterns/discovered/escape.md" ] ||
	fail "an id led out of the library"
[ "$(find "$home/data/patterns" -type f | wc -l)" = 2 ] ||
	fail "more than two files were taken"
grep -q '^original:' "$home/data/patterns/discovered/build-wind-api-v1.md" ||
	fail "what v0.2.0 said is lost"
ao 0 discover-patterns wind
says 'pattern files elsewhere: [0-9] in 1 folders, 0 new'
says '^1\. build wind api'
ao 0 discover-patterns wind --json
says '"plugins":\['
grep -q '^# Pattern Catalog: weather$' .agents/patterns/weather-patterns.md ||
	fail "there is no catalogue"
grep -q 'build-wind-api-v1' .agents/patterns/wind-patterns.md ||
	fail "the catalogue lacks the pattern"

# A stage that its counts do not give, and a file moved there.
mkdir -p "$home/data/patterns/learned"
mv "$home/data/patterns/discovered/build-wind-api-v1.md" \
	"$home/data/patterns/learned/"
ao 0 discover-patterns --refresh
says 'build-wind-api-v1: learned -> discovered$'
[ -f "$home/data/patterns/discovered/build-wind-api-v1.md" ] ||
	fail "the file is not where its counts say"

cat >"$home/config/models.yaml" <<'YAML'
models:
  - {model: test-model, provider: openai, input: 1, output: 2, cached: 0.5}
  - {model: test-model, provider: anthropic, input: 1, output: 2, cached: 0.5}
YAML
OPENAI_API_KEY=sk-secret-0123456789abcdef
ANTHROPIC_API_KEY=sk-ant-secret-0123456789abcdef
export OPENAI_API_KEY ANTHROPIC_API_KEY
echo 'a,b' >weather.csv

for wire in openai openai-chat anthropic; do
	serve craft
	asked 0 $wire craft-prompt "something with wind in weather.csv"
	says 'Chart the mean wind of weather.csv\^\[\[31m by month'
	says '^  chart \('
	says '^  data_profile \('
	says_not 'no_such_tool'
	warns 'a tool that there is not'
	says '^Tip: Say which month matters\.'
	says 'test-model answered in .*, 1000 tokens in, 50 out, \$0\.001000'
	grep -q 'something with wind' "$tmp/logs/1.json" ||
		fail "the idea is not in the request"
	asked 0 $wire craft-prompt "something with wind" --json
	says '"tools":\["chart","data_profile"\]'

	serve discover
	rm -f "$home"/data/patterns/*/wind-rose*
	asked 0 $wire discover-patterns wind
	says '1 proposed; test-model answered'
	says 'proposed, never run: wind-rose-v1$'
	warns 'with a tool that there is not'
	ao 2 patterns validate "$home"/data/patterns/discovered/wind-rose-v1.md
	warns 'wind-rose-v1.md: it has no workflow$'
	ao 0 inspect-pattern wind-rose-v1
	says 'not run yet'
	says 'When wind \[2J matters|When wind.*\[2J matters'
	ao 1 replay-pattern wind-rose-v1
	warns 'no workflow to replay'
	# Again: what is there is kept.
	asked 0 $wire discover-patterns wind
	says ' 0 proposed'
done
! grep -q "$(printf '\033')" "$tmp/out" || fail "an escape reached the output"
if grep -rq secret-0123456789abcdef "$home" "$tmp/work" "$tmp/out"; then
	fail "a key was kept"
fi

# --- money and faults ---
serve craft
asked 2 openai craft-prompt wind --budget 0.000001
warns 'more than the budget'
AGENTOPS_BASE_URL=$root/v1 ao 2 craft-prompt wind --provider openai \
	--model unpriced
warns 'the price of unpriced is not known'
[ "$(requests)" = 0 ] || fail "$(requests) requests without money for them"
asked 2 openai craft-prompt wind --budget lots
OPENAI_API_KEY='' ao 3 craft-prompt wind --provider openai
warns 'set OPENAI_API_KEY'
stop_server
asked 1 openai craft-prompt wind
nothing_left
