#!/bin/sh
# The commands of v0.2.0: brackets beside a task, --show-patterns, --execute,
# browse-patterns, inspect-pattern and replay-pattern.
. "$(dirname "$0")/lib.sh"
need python3

patterns=$home/data/patterns
mkdir -p "$patterns/discovered" "$patterns/validated"
# pattern FOLDER ID CATEGORY EXECUTIONS SUCCESSES
pattern() {
	cat >"$patterns/$1/$2.md" <<MD
---
pattern_id: $2
name: Serve $2
description: Serves $2 on a port
category: $3
task_keywords: [serve, port, $2]
created_at: 2026-11-22T00:00:00Z
last_used: 2026-11-2$5T00:00:00Z
executions: $4
successful_executions: $5
failed_executions: $(($4 - $5))
avg_completion_minutes: 2.5
status: $1
known_issues:
  - issue: "Port in use"
    frequency: 3
    fix: Take another
workflow:
  name: Serve $2
  inputs:
    port: {type: number, min: 1, max: 65535, default: 8080}
    host: {type: text, default: localhost}
  steps:
    - id: serve
      title: Serve it
      code: |
        from pathlib import Path
        where = f"{inputs['host']}:{inputs['port']}"
        Path("out.txt").write_text(where)
      outputs: {out: out.txt}
---
# Serve $2

## When to use
When $2 is all you need.

## Other
Not this.
MD
}
pattern validated apple web 6 5
pattern discovered pear web 4 2
pattern discovered plum tools 2 2

# --- browse ---
ao 0 browse-patterns
says "^Pattern Library: $((shipped + 3)) total patterns\$"
says "^Results: $((shipped + 3)) patterns\$"
says 'Success: 83% \(95% interval 44-97%\) \| Uses: 6 \| Avg: 2.5min \| Pattern ID: apple$'
says 'Success: not run yet \| Uses: 0 \| Pattern ID: tabular-data-review$'
says '^[0-9]\. (\*|★) Serve plum \[discovered\]$'
says '^(\*|★) learned, or a success rate above 90%$'
ao 0 browse-patterns serve --category web --min-success 0.6 --sort executions
says '^Results: 1 patterns$'
says '^1\. Serve apple \[validated\]$'
says_not 'learned, or'
ao 0 browse --status discovered --sort success_rate --limit 1
says '^1\. .*Serve plum'
ao 0 /browse-patterns serve --sort recent --json
check_first=$(head -n 1 "$tmp/out")
case $check_first in
*'"id":"apple"'*'"success_low":0.43'*) ;;
*) fail "not apple first: $check_first" ;;
esac
ao 2 browse-patterns --sort best
warns 'use success_rate, executions or recent'
ao 2 browse-patterns --min-success 80
warns 'use a number from 0.0 to 1.0'
ao 0 browse-patterns nosuchword
says '^Results: 0 patterns$'

# --- inspect ---
ao 0 inspect-pattern apple
says '^  Success +83% \(95% interval 44-97%\), 5 of 6$'
says '^  1\. serve: Serve it \(python\)$'
says '^  3 times: Port in use$'
says '^When apple is all you need\.$'
says_not 'Not this'
says_not 'Execution History'
ao 0 inspect-pattern apple --json
says '"steps":\[\{"id":"serve"'
says '"known_issues":\[\{"issue":"Port in use","fix":"Take another","frequency":3\}\]'
ao 2 inspect-pattern apple-server
warns '^  apple: 83%'

# --- replay ---
ao 2 replay-pattern serve-apple
warns 'there is no pattern serve-apple; similar ones:'
warns '^  apple: 83%.*, 6 uses$'
ao 0 replay-pattern apple --info
says '^Pattern Info$'
says_not 'Pre-Flight'
ao 0 replay-pattern apple "Serve apple on a port" --dry-run --port 9090
says '^  ok    task and pattern share .*serve'
says '^  ok    success rate 83%, at least 80% wanted$'
says '^  CHECK 1 known issue: '
says '^  Step 1/1 serve: Serve it \(python, sandbox read-only\)$'
says '^  input port: given: 9090$'
says '^  input host: its default$'
ao 0 runs
[ "$(wc -l <"$tmp/out")" = 1 ] || fail "a dry run made a run"
ao 2 replay-pattern apple --prot 9090
warns 'no input "prot"; did you mean --port\?; it has port, host'
ao 2 replay-pattern apple --dry-rnu x
warns 'did you mean --dry-run'
ao 2 replay-pattern apple --port high
warns 'port'
ao 2 replay-pattern apple --plugin-override "step1:other"
warns 'serve is a program of its own|step1 is a program of its own'
ao 2 replay-pattern pear
warns 'its success rate is below 80%'
warns '--force replays it all the same'
ao 0 replay-pattern pear --force --approve=low
says "^Run $run succeeded"
ao 0 replay-pattern apple --port 9090 --input host=example.org --approve=low
says '^  task       apple$'
says '^  input      port = 9090$'
says "^Run $run succeeded"
out=$(sed -n 's/^    artifact .*) //p' "$tmp/out" | head -n 1)
[ "$(cat "$out")" = example.org:9090 ] || fail "the inputs did not arrive"
ao 0 inspect-pattern apple --show-history --show-plugins
says '^  Total Uses +7$'
says '^  [0-9T:-]+ +success .* -$'

# --- brackets, --show-patterns, --execute ---
ao 0 orchestrate "Serve on a port" --show-patterns
says '^1\. Serve '
says 'Pattern ID: pear$'
ao 0 orchestrate "Serve on a port [domain: tools]" --show-patterns --json
says '"id":"plum"'
says_not '"id":"pear"'
ao 0 orchestrate "Serve on a port [domain: Web] [pattern: apple]" \
	"[prefer: a, b]" "[note: do" "it" "well]" --plan-only
says '^  task       Serve on a port$'
says '^  hint       domain: Web; only its patterns are looked at$'
says '^  hint       prefer: a, b; kept, the offline provider cannot follow it$'
says '^  hint       note: do it well; '
says 'replays the pattern apple '
ao 75 orchestrate --execute "$run"
says 'Gate .* \(review'
ao 2 orchestrate --execute "$run"
warns 'at a gate of kind review, not at its plan'
ao 1 orchestrate "Serve on a port [domain: games]"
says 'no pattern of the domain games fits this task'
ao 2 orchestrate "Serve [note: x"
warns 'this bracket has no end'
ao 2 orchestrate --explore "Serve on a port"
warns 'only replays patterns'
verify
