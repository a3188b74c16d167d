#!/bin/sh
# Four phases with a model, in each wire format: research by four sub-agents
# at the same time, the plan gate, a chart that the model sees and draws
# again, the review gate, learn. One researcher is turned away once, one is
# refused a tool, one says too much. Killed at its events; out of money.
. "$(dirname "$0")/lib.sh"
need python3 gnuplot
. "$here/model_server.sh"

mkdir -p "$tmp/work" "$home/config"
cp "$top/examples/seattle-weather.csv" "$tmp/work/weather.csv"
cat >"$home/config/models.yaml" <<'YAML'
models:
  - {model: test-model, provider: openai, input: 1, output: 2, cached: 0.5, vision: true}
  - {model: test-model, provider: anthropic, input: 1, output: 2, cached: 0.5, vision: true}
YAML
OPENAI_API_KEY=sk-secret-0123456789abcdef
ANTHROPIC_API_KEY=sk-ant-secret-0123456789abcdef
export OPENAI_API_KEY ANTHROPIC_API_KEY

# model STATUS PROVIDER ARGUMENT...
model() {
	wanted_status=$1
	provider=$2
	shift 2
	base=$(base_url "$provider")
	AGENTOPS_BASE_URL=$base ao "$wanted_status" orchestrate \
		"draw the weather" -C "$tmp/work" --data "$tmp/work/weather.csv" \
		--provider "$provider" --model test-model "$@"
}

# The four wait for each other in the server: one after another they would
# never be answered.
for wire in openai openai-chat anthropic; do
	serve chart 4
	model 75 $wire
	says '^  agent:data +ok +[0-9.]+ m?s +About: What do the data files hold'
	says '^  agent:workspace +ok '
	says '^  agent:success +ok '
	says '^  agent:capabilities +ok '
	says_not 'agent:integration'
	says '^    chart +refused .*there is no tool "chart" here; you may call data_profile'
	gate=$(sed -n 's/^  Gate \([^ ]*\) (plan.*/\1/p' "$tmp/out" | head -n 1)
	AGENTOPS_BASE_URL=$base ao 75 decide "$gate" approve
	gate=$(sed -n 's/^  Gate \([^ ]*\) (review.*/\1/p' "$tmp/out" | head -n 1)
	AGENTOPS_BASE_URL=$base ao 0 decide "$gate" approve
	says 'succeeded'
	story "$run"
	check "$tmp/logs" "$wire" <<'PY'
import glob, json, os, re, sys
import story
s, logs, wire = story.Story(sys.argv[1]), sys.argv[2], sys.argv[3]
names = ["agent:data", "agent:workspace", "agent:success",
         "agent:capabilities"]
# The offline workers first, then all four before any of them ended.
kinds = [(e["type"], e["data"].get("worker")) for e in s.events]
begun = [i for i, k in enumerate(kinds) if k[0] == "worker.started"
         and k[1] in names]
ended = [i for i, k in enumerate(kinds) if k[0] == "worker.finished"]
offline = [i for i in ended if kinds[i][1] not in names]
assert len(begun) == 4 and len(offline) == 4
assert max(offline) < min(begun)
assert max(begun) < min(i for i in ended if kinds[i][1] in names)
# Their first requests were all under way before the first was answered.
types = [e["type"] for e in s.events]
first = types.index("model.turn")
assert types[:first].count("model.reserved") == 4
for w in s.of("worker.finished"):
    if w["worker"] not in names:
        continue
    r = w["report"]
    assert set(r) == {"summary", "findings", "risks", "suggestions"}, r
    assert len(r["findings"]) <= 8 and len(json.dumps(r)) < 12000
    assert all(len(x) <= 400 for x in r["risks"])
# What one may not do is refused, the rest of its turn is done.
calls = [(c["tool"], c["outcome"]) for c in s.of("call.finished")
         if c["step"] == "agent:data"]
assert sorted(calls) == [("chart", "refused"), ("read_file", "ok")], calls
# Each has a context of its own; the planner has all four reports.
bodies = [open(p, encoding="utf-8").read() for p in
          sorted(glob.glob(logs + "/*.json"),
                 key=lambda p: int(os.path.basename(p)[:-5]))]
research = [b for b in bodies if "Your question:" in b]
assert all(b.count("Your question:") == 1 for b in research)
asked = {re.search("Your question: (.{20})", b).group(1) for b in research}
assert len(asked) == 4, asked
for b in research:
    assert ('"name":"read_file"' in b) == ("data files hold" in b or
                                           "is in the workspace" in b)
planned = [b for b in bodies if "You plan work" in b]
for name in names:
    assert f'Report \\"{name}\\"' in planned[0], name
# A schema, where the format has one.
assert "evidence" in research[0]
# The pictures of this run went back: one, then two.
images = [len(re.findall("iVBOR", b)) for b in bodies]
assert images[-2:] == [1, 2], images
# Research is no iteration; its money counts.
assert not [e for e in s.of("iteration.started")
            if str(e["step"]).startswith("agent:")]
assert sum(t["cost_microusd"] for t in s.of("model.turn")
           if t["step"] in names) == 6000
PY
	verify
	! grep -q "$(printf '\033')" "$tmp/out" || fail "an escape got through"
done

# Fewer, none; a number that is none.
serve chart 2
AGENTOPS_RESEARCHERS=2 model 75 openai
says '^  agent:workspace +ok '
says_not 'agent:success'
serve chart
AGENTOPS_RESEARCHERS=0 model 75 openai
says_not 'agent:'
AGENTOPS_RESEARCHERS=9 model 3 openai
warns 'AGENTOPS_RESEARCHERS.*0 to 5'

# A server that says no: four reports that say so, and no plan by a model.
serve poor
model 1 openai
says '^  agent:success +FAILED .*billing'
says 'the model made no plan'
verify

# Money: it parks in the middle of research, and goes on after a yes.
serve chart
model 5 openai --budget 0.02 --approve low
says 'limit, risk'
cp "$tmp/out" "$tmp/parked"
story "$run"
check <<'PY'
import sys
import story
s = story.Story(sys.argv[1])
assert s.of("budget.reached")[0]["step"].startswith("agent:")
assert not s.of("plan.asked")
PY
for _ in 1 2 3 4 5 6 7 8; do
	gate=$(sed -n 's/^  Gate \([^ ]*\) (limit.*/\1/p' "$tmp/parked" |
		head -n 1)
	[ -n "$gate" ] || break
	AGENTOPS_HOME=$home AGENTOPS_BASE_URL=$root/v1 timeout 60 "$agentops" \
		decide "$gate" approve </dev/null >"$tmp/parked" 2>"$tmp/err"
done
ao 0 show "$run"
says 'succeeded'
verify

# Killed at its events it goes on: no finished call is made again, no
# finished turn is paid twice.
for at in worker.started:6 agent.told:3 model.reserved:4 model.turn:1 \
	model.turn:5 call.finished:1 worker.finished:6 worker.finished:8; do
	serve chart
	AGENTOPS_BASE_URL=$root/v1 AGENTOPS_HOME=$home \
		python3 "$here/kill_at.py" "$at" "$agentops" orchestrate \
		"draw the weather" -C "$tmp/work" --json --approve low \
		--data "$tmp/work/weather.csv" \
		--provider openai --model test-model >"$tmp/run" ||
		fail "could not kill at $at"
	run=$(cat "$tmp/run")
	nothing_left
	AGENTOPS_BASE_URL=$root/v1 ao 0 resume "$run"
	says 'succeeded'
	story "$run"
	check "$tmp/logs" "$at" <<'PY'
import glob, sys
import story
s = story.Story(sys.argv[1])
turns = [t for t in s.of("model.turn") if str(t["step"]).startswith("agent:")]
assert len(turns) == 6, (sys.argv[3], len(turns))
calls = [c["call"] for c in s.of("call.finished")
         if c["step"] == "agent:data"]
assert sorted(calls) == ["call_1", "call_2"], (sys.argv[3], calls)
done = [w["worker"] for w in s.of("worker.finished")]
assert len(done) == len(set(done)) == 8 or sys.argv[3].startswith(
    "worker.started"), (sys.argv[3], done)
# Requests that were under way may have been sent twice.
sent = len(glob.glob(sys.argv[2] + "/*.json"))
assert sent <= 12 + 4, (sys.argv[3], sent)
PY
done
verify
stop_server
nothing_left
