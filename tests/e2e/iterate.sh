#!/bin/sh
# Comment and iterate without a model: a chart of the result is changed, the
# process that draws it is killed, another one goes on; the next review shows
# before and after. At a plan gate the workflow itself is changed.
. "$(dirname "$0")/lib.sh"
need gnuplot python3

data=$top/examples/seattle-weather.csv
ao 75 orchestrate "Review the tabular data in seattle-weather.csv" \
	--data "$data"
says "Gate $run\\.1 \\(review, risk low\\)"
says_not 'since iteration'

# What does not hold is refused with its reason, and the gate stays open.
refused() {
	wanted_words=$1
	shift
	ao 2 decide "$run.1" iterate "$@"
	warns "$wanted_words"
}
refused 'did you mean "chart"' --step chrt --with kind=bar
refused 'step chart has no item 9; it has 3' --step chart --item 9
refused '"pie" is not one of "line", "bar"' --step chart --with kind=pie
refused 'no such argument; did you mean "kind"' --step chart --with knd=bar
refused 'with.data: is missing' --step chart --with data=null
refused 'code is its program' --step report --with 'code=print(1)'
refused 'has no input "nope"' --set nope=1
refused 'say of which step' --with kind=bar
refused 'only be changed at a plan gate' --workflow "$top/README.md"
ao 2 decide "$run.1" approve --with kind=bar
warns '--with is for the decision iterate'
ao 0 gates
says "$run\\.1 +review"

# One chart: another kind and title. The answer stands when nobody runs it.
ao 0 decide "$run.1" iterate --no-resume --step chart --item 1 \
	--with kind=bar --with 'title=Mild days: #1' --with limit=3 \
	--with y_label=null --comment 'three bars are enough'

# Killed while it is drawn, before its end is in the journal.
AGENTOPS_HOME=$home "$agentops" resume "$run" --json >"$tmp/first" 2>&1 &
pid=$!
for _ in $(seq 400); do
	grep -q '"type":"step.started"' "$tmp/first" && break
	sleep 0.01 # poll
done
kill -9 $pid
wait $pid 2>/dev/null
grep -q '"type":"step.started"' "$tmp/first" || fail "nothing was started"
nothing_left

ao 75 resume "$run"
says "Gate $run\\.2 \\(review, risk low\\)"
says 'asked for: three bars are enough'
says 'since iteration [0-9]+: .*chart\[1\] limit 20 -> 3'
says 'chart\[1\] title Mean .* -> Mild days: #1'
says 'chart\[1\] artifact chart changed'
ao 0 gates
says 'since iteration [0-9]+: '
story "$run"
check <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
started = s.of("step.started", step="chart", item=1)
assert started[0]["attempt"] == 1 and started[-1]["attempt"] == 2
args = started[-1]["args"]
assert (args["kind"], args["limit"]) == ("bar", 3), args
assert args["title"] == "Mild days: #1" and "y_label" not in args, args
# The others keep their results; who needs it runs again, nobody else.
assert len(s.of("step.started", step="chart", item=0)) == 1
assert len(s.of("step.started", step="trend")) == 1
assert len(s.of("step.finished", step="report")) == 2
assert "Mild days: " in s.text_of("report", "report")
before, after = [g["shown"] for g in s.of("gate.opened")]
assert "changed" not in before
assert after["comment"] == "three bars are enough"
def picture(shown):
    return [a for a in shown["artifacts"] if a["step"] == "chart"
            and a["item"] == 1 and a["name"] == "chart"][0]
old, new = picture(before), picture(after)
assert new["previous_sha256"] == old["sha256"] != new["sha256"]
changed = {(c["step"], c["item"], c["what"], c["key"]):
           (c["before"], c["after"]) for c in after["changed"]}
assert changed["chart", 1, "argument", "limit"] == (20, 3)
assert changed["chart", 1, "argument", "y_label"][1] is None
assert changed["chart", 1, "artifact", "chart"] == (
    old["sha256"], new["sha256"])
assert not any(c[1] in (0, 2) for c in changed), changed
# Both pictures can be looked at.
for e in s.of("artifact.created", name="chart"):
    assert e["media_type"] == "image/png"
PYTHON

# Changed again; what was changed before and not named now stays.
ao 75 decide "$run.2" iterate --step chart --item 1 --with title=Again
story "$run"
check <<'PYTHON'
import sys
import story
args = story.Story(sys.argv[1]).of("step.started", step="chart",
                                   item=1)[-1]["args"]
assert args["title"] == "Again" and args["limit"] == 3, args
PYTHON
ao 0 decide "$run.3" approve
says "^Run $run succeeded"

# At a plan gate: the workflow itself.
ao 0 orchestrate "Review the tabular data in seattle-weather.csv" \
	--data "$data" --plan-only
says "Gate $run\\.1 \\(plan, risk low\\)"
cat >"$tmp/bad.yaml" <<'YAML'
name: Two looks
inputs: {data: {type: file, required: true}}
steps:
  - {id: look, uses: data_profil, with: {path: "{{ inputs.data }}"}}
YAML
ao 2 decide "$run.1" iterate --workflow "$tmp/bad.yaml"
warns "$tmp/bad\\.yaml:4:[0-9]+: .*did you mean .?data_profile"
ao 2 decide "$run.1" iterate --step look
warns 'no step has run yet'
sed 's/data_profil,/data_profile,/' "$tmp/bad.yaml" >"$tmp/good.yaml"
USER=ann ao 0 decide "$run.1" iterate --workflow "$tmp/good.yaml" \
	--comment 'a look is enough'
says "Gate $run\\.2 \\(plan, risk low\\)"
says 'edited by ann; before: '
ao 75 decide "$run.2" approve
ao 0 decide "$run.3" approve
says "^Run $run succeeded"
story "$run"
check <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
first, second = s.of("plan.proposed")
assert first["pattern"] and second["pattern"] is None
assert second["source"] == "edited by ann"
assert second["workflow"].startswith("name: Two looks")
assert [e["step"] for e in s.of("step.started")] == ["look"]
assert s.data("look")["rows"] == 1461
PYTHON
verify
