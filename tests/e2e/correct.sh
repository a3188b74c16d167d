#!/bin/sh
# A chart whose labels overlap at the first attempt corrects itself at the
# second, by what the visual check found.
. "$(dirname "$0")/lib.sh"
need gnuplot python3

mkdir -p "$home/data/patterns/discovered"
cat >"$home/data/patterns/discovered/crowded-labels.md" <<'MARKDOWN'
---
pattern_id: crowded-labels
name: Crowded labels
description: Insists on level labels where there is no room for them
category: testing
task_keywords: [crowded, labels]
workflow_steps: [bars]
created_at: 2026-11-22T00:00:00Z
workflow:
  name: Crowded labels
  inputs:
    data: {type: file, required: true}
  steps:
    - id: bars
      uses: chart
      with:
        data: "{{ inputs.data }}"
        kind: bar
        x: town
        y: people
        label_angle: 0
        limit: 20
      outputs: {chart: chart.png}
      validate:
        - file: chart.png
        - visual: default
      retry: {attempts: 3, backoff: 10ms}
---
MARKDOWN
{
	echo town,people
	for n in $(seq 18); do
		echo "Long name of town $n,$((n * 100))"
	done
} >"$tmp/towns.csv"

ao 0 orchestrate "Draw the crowded labels" --data "$tmp/towns.csv" \
	--approve=low
says '^    visual checks of chart: [0-4] of 5 passed$'
says '^      overlap [0-9.]+ \(limit [0-9.]+\): '
says '^    INVALID visual chart.png: '
says '^  bars +again in 10 ms: a validation failed: chart.png: '
says '^  bars +attempt 2$'
story "$run"
check <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
seen = s.of("visual.checked")
assert [v["attempt"] for v in seen] == list(range(1, len(seen) + 1))
assert len(seen) == 2 and not seen[0]["ok"] and seen[1]["ok"], seen
bad = [f["check"] for f in seen[0]["findings"] if not f["ok"]]
assert "overlap" in bad, bad
first, second = s.of("step.finished", step="bars")
assert first["data"]["x"]["label_angle"] == 0
assert second["data"]["x"]["label_angle"] == 45
assert any(n.startswith('Corrected after "overlap"')
           for n in second["data"]["notes"])
assert len(s.of("artifact.created", name="chart")) == 2
metrics = s.of("metrics.recorded")[0]
assert metrics["rework"] == 1
assert metrics["validations_passed"] < metrics["validations"]
PYTHON

# A heat map whose cells are all near the top of its scale is too pale on
# white, and is drawn with the dark end of its colours.
{
	echo region,units
	for n in $(seq 1200); do
		echo "r$((n % 4)),u$((n % 3))"
	done
} >"$tmp/even.csv"
ao 0 orchestrate "Review the tabular data in even.csv" \
	--data "$tmp/even.csv" --approve=low --on-failure=abort
says '^    INVALID visual chart.png: chart.png: contrast: '
says '^  chart\[1\] +attempt 2$'
story "$run"
check <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
report = s.text_of("report", "report")
assert s.data("report")["corrected"] == 1
assert "passed the visual checks" in report
assert "; 1 after a correction" in report
PYTHON
verify
