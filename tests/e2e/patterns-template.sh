#!/bin/sh
# The shipped pattern template-trial on two of the shipped templates and on one
# whose file is broken; nothing gets into the person's own library.
. "$(dirname "$0")/lib.sh"
need python3
(ulimit -v 4194304 && "$agentops" version) >/dev/null 2>&1 ||
	skip "this build cannot start within a step's memory limit"
mkdir -p "$tmp/w" && cd "$tmp/w" || exit 99
PATH=$build:$PATH
trial() {
	status=$1 template=$2
	shift 2
	ao "$status" orchestrate "Try it" --pattern template-trial \
		--input "template=$template" --input answers=answers.yaml \
		--approve=low --on-failure=abort "$@"
}
printf 'name: shop\nhosts: []\n' >answers.yaml
ao 0 templates show monitoring-stack
cat >answers.yaml <<'YAML'
title: It's "so"
data_sources: [CSV]
csv_file: sales.csv
metrics: [amount]
YAML
printf 'date,amount\n2026-01-01,2\n' >sales.csv
trial 0 analytics-dashboard
says 'files are fine; deployed in [0-9]+ ms; a run is of class low'
story "$run"
check <<'PY'
import json, sys
import story
s = story.Story(sys.argv[1])
d = s.data("check")
assert [r[0] for r in d["files"]][:2] == ["dashboard.json", "README.md"], d
assert d["files"][0][2] == "as json" and 0 < d["ms"] < 60000, d
told = json.load(open(s.path_of("deploy", "deployed")))
assert told["written"] and "/work/deploy.1/" in told["into"], told
PY
ao 0 patterns
says_not 'analytics-dashboard'
[ ! -e "$home/data/deployments" ] || fail "the person's library was written"
trial 1 no-such
says 'no-such'
printf 'metrics: 5\nno_field: 1\n' >answers.yaml
trial 1 analytics-dashboard
says 'no_field'

mkdir -p .agentops/templates/broken/files
cat >.agentops/templates/broken/template.yaml <<'YAML'
name: broken
description: A template of a test
configuration:
  who: {type: text, prompt: Who?, required: true}
files:
  - path: run.sh
YAML
printf '# b\n' >.agentops/templates/broken/README.md
printf 'name: b\nsteps:\n  - {id: a, code: pass}\n' \
	>.agentops/templates/broken/workflow.yaml
printf 'if true; then echo {{ answers.who }}\n' \
	>.agentops/templates/broken/files/run.sh
echo 'who: me' >answers.yaml
trial 1 broken
says 'run.sh: .*syntax error'
verify
