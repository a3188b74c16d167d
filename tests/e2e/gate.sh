#!/bin/sh
# A run without --approve parks at its review gate; another process answers.
. "$(dirname "$0")/lib.sh"
need gnuplot python3

data=$top/examples/seattle-weather.csv
parks() {
	ao 75 orchestrate "Review the tabular data in seattle-weather.csv" \
		--data "$data"
	says "Gate $run\\.1 \\(review, risk low\\)"
	says '^Parked: '
	says "agentops decide $run\\.1 "
	nothing_left
	ao 0 gates
	says "$run\\.1 +review"
}

# Approved by another process: it ends succeeded.
parks
ao 0 runs --status parked
says "^$run +parked"
ao 0 decide "$run.1" approve --comment "looks right"
says "^Run $run succeeded"
ao 0 gates
says_not "$run"
ao 0 show "$run"
for words in 'task +Review the tabular data' 'Phase 1 of 4: research' \
	'replays the pattern tabular-data-review' 'visual checks of chart' \
	'artifact report ' 'weather: rain 641' "Gate $run\\.1 \\(review" \
	"Gate $run\\.1: approve by .*: looks right" 'Phase 4 of 4: learn' \
	"Run $run succeeded"; do
	says "$words"
done
story "$run"
check <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
# Nothing ran twice because of the park.
assert len(s.of("step.started", step="clean")) == 1
assert len(s.of("step.started", step="report")) == 1
shown = s.of("gate.opened")[0]["shown"]
hashes = {a["sha256"] for a in shown["artifacts"]}
assert {a["sha256"] for a in s.of("artifact.created", name="chart")} <= hashes
assert s.of("run.ended")[0]["outcome"] == "succeeded"
PYTHON

# The second answer comes too late, and says so.
ao 1 decide "$run.1" reject
warns "$run"

# Rejected: exit status 4, and the rejection is learnt.
parks
ao 4 decide "$run.1" reject --comment "wrong file"
says 'wrong file'
ao 0 show "$run"
says "Gate $run\\.1: reject by .*: wrong file"
grep -qx 'executions: 2' \
	"$home/data/patterns/discovered/tabular-data-review.md" ||
	fail "the rejected run was not learnt"
ao 2 decide 000000-0000-00000.1 approve
verify
