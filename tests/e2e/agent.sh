#!/bin/sh
# Models: a run that a model plans and works on, in each wire format, against
# a server that plays a story (model_server.py). Pictures go back to the
# model; what it may not do is refused; money, loops and crashes are minded.
. "$(dirname "$0")/lib.sh"
need python3 gnuplot
. "$here/model_server.sh"

model() {
	provider=$1
	wanted_status=$2
	shift 2
	AGENTOPS_BASE_URL=$(base_url "$provider") ao "$wanted_status" \
		orchestrate "draw the weather" -C "$tmp/work" \
		--provider "$provider" --model test-model "$@"
}

mkdir -p "$tmp/work" "$home/config"
cp "$top/examples/seattle-weather.csv" "$tmp/work/weather.csv"
cat >"$home/config/models.yaml" <<'YAML'
models:
  - {model: test-model, provider: openai, input: 1, output: 2, cached: 0.5, vision: true}
  - {model: test-model, provider: anthropic, input: 1, output: 2, cached: 0.5, vision: true}
YAML
OPENAI_API_KEY=sk-secret-0123456789abcdef
ANTHROPIC_API_KEY=sk-ant-secret-0123456789abcdef
# Those of the research phase have a test of their own: researchers.sh.
AGENTOPS_RESEARCHERS=0
export OPENAI_API_KEY ANTHROPIC_API_KEY AGENTOPS_RESEARCHERS

# --- the review's words go to the agent ---
serve redraw
model openai 75
says 'Gate .*plan, risk low.*Run "Weather chart"'
[ "$(requests)" = 2 ] || fail "$(requests) requests before the plan gate"
gate=$(sed -n 's/^  Gate \([^ ]*\) (plan.*/\1/p' "$tmp/out" | head -n 1)
# Words at the plan gate go to who wrote it; then it is asked again.
AGENTOPS_BASE_URL=$root/v1 ao 75 decide "$gate" iterate \
	--comment "profile the wind, too"
grep -q 'A person looked at the plan and says:.*profile the wind, too' \
	"$tmp/logs/3.json" || fail "the planner does not know the comment"
says 'Gate .*plan, risk low.*Run "Weather chart"'
rm "$tmp/logs/3.json"
gate=$(sed -n 's/^  Gate \([^ ]*\) (plan.*/\1/p' "$tmp/out" | head -n 1)
AGENTOPS_BASE_URL=$root/v1 ao 75 decide "$gate" approve
gate=$(sed -n 's/^  Gate \([^ ]*\) (review.*/\1/p' "$tmp/out" | head -n 1)
AGENTOPS_BASE_URL=$root/v1 ao 75 decide "$gate" iterate --step chart \
	--comment "make the line red"
grep -q 'make the line red' "$tmp/logs/8.json" ||
	fail "the comment is not in the next request"
gate=$(sed -n 's/^  Gate \([^ ]*\) (review.*/\1/p' "$tmp/out" | head -n 1)
AGENTOPS_BASE_URL=$root/v1 ao 0 decide "$gate" approve
story "$run"
check <<'PY'
import sys
import story
text = open(story.Story(sys.argv[1]).of("pattern.learned")[-1]["path"]).read()
# The model's words on its plan and what people said: visible, in the body.
head, body = text.split("\n---\n", 1)
assert "pattern_id: evil" not in head.splitlines(), head
assert "Charts a column^[[31m by day." in body, body
assert "## When to use it\n\nWhen there are days. --- pattern_id: evil" in body
assert ("## What people asked for\n\n- profile the wind, too\n"
        "- make the line red\n") in body, body
PY
stop_server
verify

# --- the whole way, in each wire format ---
for wire in openai openai-chat anthropic; do
	serve chart
	model $wire 0 --approve low
	says 'planner +refused .*workflow:9:5: unknown key "need" .did you mean "needs"'
	says 'written by test-model'
	says '^  chart +ok '
	says 'succeeded'
	story "$run"
	check "$tmp/logs" "$wire" <<'PY'
import base64, glob, hashlib, json, os, re, sys
import story
s, logs, wire = story.Story(sys.argv[1]), sys.argv[2], sys.argv[3]
turns = s.of("model.turn")
assert [t["end"] for t in turns] == ["done", "done", "calls", "calls",
                                     "calls", "done"], turns
# 800 * 1 + 200 * 0.5 + 50 * 2 millionths
assert all(t["cost_microusd"] == 1000 for t in turns)
assert all(t["cached_tokens"] == 200 for t in turns)
calls = s.of("call.finished")
assert {c["tool"] for c in calls[:2]} == {"data_profile", "read_file"}, calls
assert [c["tool"] for c in calls[2:]] == ["chart", "chart"], calls
# The two that only read were started before either ended.
kinds = [e["type"] for e in s.events]
first = kinds.index("call.started")
assert kinds[first:first + 2] == ["call.started", "call.started"]
# A reservation is durable before its request, and covers its cost.
for r in s.of("model.reserved"):
    assert r["reserved_microusd"] >= 1000, r
    assert r["request_bytes"] > 0 and len(r["request_sha256"]) == 64
bodies = [open(os.path.join(logs, f"{i}.json"), "rb").read()
          for i in range(1, 7)]
for r, body in zip(s.of("model.reserved"), bodies):
    assert hashlib.sha256(body).hexdigest() == r["request_sha256"]
# The pictures that the model saw are those that the journal names.
seen = re.findall(rb"iVBOR[A-Za-z0-9+/=]+", bodies[5])
assert len(seen) == 2
named = {a["sha256"] for a in s.of("artifact.created")
         if a["media_type"] == "image/png"}
for data in seen:
    assert hashlib.sha256(base64.b64decode(data)).hexdigest() in named
assert len(re.findall(rb"iVBOR", bodies[4])) == 1
assert b"visual checks of chart.png: all passed" in bodies[5]
# What only one format knows: reasoning goes back as it came.
sealed = {"openai": b'"encrypted_content":"SEALED"',
          "anthropic": b'"signature":"SIGNED"', "openai-chat": b""}[wire]
assert sealed in bodies[5]
last = s.last("chart")
assert last["text"] == "The chart shows the maxima.", last
assert os.path.exists(last["outputs"]["chart"])
# Second, not first: the newest file is the output.
made = [a for a in s.of("artifact.created", step="chart")
        if a["file"] == "chart.png"]
assert made[-1]["sha256"] == made[-2]["sha256"] != made[0]["sha256"]
# Iterations: the steps, and each turn of the agent after the first.
assert len(s.of("iteration.started")) == 5
PY
	# The key went to the server, and to nowhere else.
	grep -q secret-0123456789abcdef "$tmp/logs/1.txt" ||
		fail "the server got no key"
	if grep -rq secret-0123456789abcdef "$home" "$tmp/logs"/*.json \
		"$tmp/out" "$tmp/err"; then
		fail "a key was kept: $(grep -rl secret-0123 "$home" "$tmp/out")"
	fi
	verify
done

# --- what it may not do ---
serve bad
model openai-chat 1 --approve low --on-failure abort
story "$run"
check <<'PY'
import sys
import story
s = story.Story(sys.argv[1])
ends = [(c["call"], c["outcome"]) for c in s.of("call.finished")]
assert ends == [("call_1", "refused"), ("call_2", "refused"),
                ("call_3", "failed"), ("call_4", "failed"),
                ("call_5", "refused")] or sorted(ends) == sorted([
                    ("call_1", "refused"), ("call_2", "refused"),
                    ("call_3", "failed"), ("call_4", "failed"),
                    ("call_5", "refused")]), ends
assert not s.of("call.started", tool="bash")
text = str(s.of("call.finished"))
assert 'there is no tool' in text and 'not valid JSON' in text, text
# It said nothing was made: the output is missing, so the step failed.
assert s.last("chart")["outcome"] == "failed"
PY
! grep -q "$(printf '\033')" "$tmp/out" || fail "an escape reached the output"
verify

# --- a loop ends the attempt, and a person is asked ---
serve loop
model anthropic 75 --approve low
says 'repeats itself: the same call of read_file'
[ "$(requests)" = 5 ] || fail "$(requests) requests, not 5"
verify

# --- a step's timeout ends a turn that is still coming ---
serve slow
model anthropic 1 --approve low --on-failure=abort
says 'it took longer than its timeout of 1 s; raise timeout'
story "$run"
check <<'PY'
import sys
import story
s = story.Story(sys.argv[1])
turn = s.of("model.turn", step="read")[-1]
assert turn["failure"] == "stopped", turn
assert 900_000 < turn["wall_us"] < 5_000_000, turn
# The server did not count: what it can have cost is what was reserved.
assert turn["cost_microusd"] in (0, s.of("model.reserved")[-1][
    "reserved_microusd"]), turn
PY
verify

# --- what billing refused is not sent again, and shows no key ---
serve poor
model openai 1
says 'the model made no plan: openai: billing .HTTP 429, insufficient_quota'
says 'You have no credit: Bearer .secret:OPENAI_API_KEY.'
[ "$(requests)" = 1 ] || fail "$(requests) requests, not 1"
verify

# --- money: nothing is sent that could pass the limit ---
serve chart
model openai 5 --approve low --budget 0.000001
says 'limit, risk'
[ "$(requests)" = 0 ] || fail "a request was sent without money for it"
model openai 5 --approve low --budget 0.035
sent=$(requests)
[ "$sent" -gt 0 ] || fail "nothing was sent with money for it"
gate=$(sed -n 's/^  Gate \([^ ]*\) (limit.*/\1/p' "$tmp/out" | head -n 1)
story "$run"
check <<'PY'
import sys
import story
s = story.Story(sys.argv[1])
spent = 0
for e in s.events:
    d = e["data"]
    if e["type"] == "model.reserved":
        assert spent + d["reserved_microusd"] <= 35000, (spent, d)
    elif e["type"] == "model.turn":
        spent += d["cost_microusd"]
over = s.of("budget.reached")
assert len(over) == 1 and over[0]["limit_microusd"] == 35000
assert over[0]["spent_microusd"] + over[0]["needed_microusd"] > 35000
PY
ao 5 resume "$run"
[ "$(requests)" = "$sent" ] || fail "a parked run asked for more"
AGENTOPS_BASE_URL=$root/v1 ao 0 decide "$gate" approve
says 'succeeded'
[ "$(requests)" = 6 ] || fail "a finished turn was asked for again"
verify

# --- twenty agents at once share one limit ---
serve many
model openai-chat 5 --approve low --budget 0.04
says 'Gate .*limit'
story "$run"
check <<'PY'
import sys
import story
s = story.Story(sys.argv[1])
spent, open_, most = 0, {}, 0
for e in s.events:
    d = e["data"]
    if e["type"] == "model.reserved":
        open_[d["step"], d["item"]] = d["reserved_microusd"]
        most = max(most, len(open_))
        assert spent + sum(open_.values()) <= 40000, (spent, open_)
    elif e["type"] == "model.turn":
        assert d["cost_microusd"] <= open_.pop((d["step"], d["item"]))
        spent += d["cost_microusd"]
assert s.of("budget.reached"), "the limit was not reached"
assert most > 3, most
assert len(s.of("model.turn")) < 21
PY
verify

# --- no price, no key, no model: said before anything is sent ---
model openai 2 --budget lots
warns 'use dollars over 0, or none'
AGENTOPS_BASE_URL=$root/v1 ao 1 orchestrate x -C "$tmp/work" \
	--provider openai --model unknown-model
says 'the price of unknown-model is not known'
OPENAI_API_KEY='' ao 3 orchestrate x --provider openai
warns 'set OPENAI_API_KEY'
ao 2 orchestrate x --provider ollama
warns 'say which model with --model'
ao 0 doctor --provider openai --model test-model --base-url "$root/v1"
says 'ok +provider openai +test-model answered in .*, 1000 tokens in'

# --- killed at an event, it goes on after what ended last ---
for at in agent.told:1 model.asked:2 model.reserved:3 model.turn:3 \
	call.started:1 call.finished:1 call.finished:2 model.reserved:4 \
	call.finished:3 model.turn:6; do
	serve chart
	AGENTOPS_BASE_URL=$root/v1 AGENTOPS_HOME=$home \
		python3 "$here/kill_at.py" "$at" "$agentops" orchestrate \
		"draw the weather" -C "$tmp/work" --json --approve low \
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
turns = s.of("model.turn")
assert len(turns) == 6, (sys.argv[3], len(turns))
calls = [c["call"] for c in s.of("call.finished")]
assert sorted(calls) == ["call_1", "call_2", "call_3", "call_4"], calls
# At most the one request that was under way was sent twice.
sent = len(glob.glob(sys.argv[2] + "/*.json"))
assert sent <= 7, (sys.argv[3], sent)
PY
done
verify
stop_server
nothing_left
