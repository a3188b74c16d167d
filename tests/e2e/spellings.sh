#!/bin/sh
# Every spelling of the eight commands that v0.2.0 and its plans document, as
# a command and with a slash: exit status, and a line of the answer.
. "$(dirname "$0")/lib.sh"
need python3

patterns=$home/data/patterns
mkdir -p "$patterns/discovered" "$patterns/validated" "$patterns/deprecated" \
	"$tmp/work"
# pattern FOLDER ID CATEGORY EXECUTIONS SUCCESSES
pattern() {
	cat >"$patterns/$1/$2.md" <<MD
---
pattern_id: $2
name: Serve $2
description: Serves $2 on a port
category: $3
task_keywords: [serve, api, $2]
created_at: 2026-11-22T00:00:00Z
last_used: 2026-11-22T00:00:00Z
executions: $4
successful_executions: $5
failed_executions: $(($4 - $5))
avg_completion_minutes: 2.5
status: $1
workflow:
  name: Serve $2
  inputs:
    port: {type: number, min: 1, max: 65535, default: 8080}
  steps:
    - {id: look, title: Look, uses: list_files, with: {path: .}}
    - {id: extra, title: Extra, optional: true, uses: list_files,
       with: {path: .}}
---
# Serve $2

## When to use
When $2 is all you need.
MD
}
pattern validated apple api-development 6 6
pattern discovered pear api-development 4 2
pattern deprecated plum devops 6 1
printf 'day,n\n2026-01-01,1\n2026-01-02,2\n2026-01-03,5\n' >"$tmp/work/n.csv"
cd "$tmp/work" || fail "no folder"

# A run that stopped after its plan, and one that waits.
ao 0 orchestrate "serve an api on a port" --pattern-id apple --plan-only
planned=$run
ao 75 orchestrate "Review the tabular data in n.csv"
waiting=$run

# STATUS | LINE OF THE ANSWER | ARGUMENTS, as a shell reads them
table() {
	cat <<EOF
75 | replays the pattern tabular-data-review | orchestrate "Review the tabular data in n.csv"
0 | Pattern ID: apple | orchestrate --show-patterns "serve an api"
0 | step look .low.: list_files | orchestrate --plan-only "serve an api [pattern: apple]"
75 | plan.*approve|approve by | orchestrate --execute $planned
75 | replays the pattern apple | orchestrate --pattern-id apple "serve an api"
75 | Resumed by | orchestrate --resume $waiting
2 | the offline provider only replays patterns | orchestrate --explore "serve an api"
0 | hint +prefer: list_files, chart | orchestrate "serve an api [pattern: apple] [prefer: list_files, chart]" --plan-only
0 | hint +avoid: python | orchestrate "serve an api [pattern: apple]" "[avoid: python]" --plan-only
0 | hint +max-time: 10min | orchestrate "serve an api [pattern: apple] [max-time: 10min]" --plan-only
0 | hint +quality: production-ready | orchestrate "serve an api [pattern: apple] [quality: production-ready]" --plan-only
0 | hint +domain: api-development | orchestrate "serve an api [pattern: apple] [domain: api-development]" --plan-only
0 | hint +note: keep it small | orchestrate "serve an api [pattern: apple] [note: keep it small]" --plan-only
0 | replays the pattern apple | orchestrate "serve an api" "[pattern: apple]" --plan-only
2 | is not closed|has no end|without an end | orchestrate "serve an api [prefer: x"
0 | Pattern ID: apple | discover-patterns "api development"
0 | Phase 2: Patterns of "api": 2 | discover-patterns api --quick
0 | Pattern ID: plum | discover-patterns api --deep
0 | Average success: 100% | discover-patterns --compare "apple vs plum"
0 | Recommendation: apple; its runs succeed more often | discover-patterns --compare "apple vs plum"
2 | A vs B | discover-patterns --compare apple
0 | Indexed [0-9]+ patterns anew | discover-patterns --refresh
0 | Phase 2: Patterns of "quantum-baking": 0 | discover-patterns "quantum baking" --explore
0 | Pattern ID: apple | discover-patterns "serve [domain: api-development]"
0 | ^1. Serve pear | discover-patterns "serve [prefer: pear]"
0 | ^1. Serve pear | discover-patterns "serve [avoid: apple]"
0 | ^1. Serve apple | discover-patterns serve --category api-development --success-rate ">0.9"
0 | ^1. Serve apple | discover-patterns serve --success 0.9
2 | use a number from 0.0 to 1.0 | discover-patterns serve --success-rate 90
2 | exclude each other | discover-patterns serve --quick --deep
0 | Pattern Library: | browse-patterns
0 | Pattern ID: apple | browse-patterns "serve"
0 | Pattern ID: apple | browse-patterns --category api-development
0 | Results: 1 patterns | browse-patterns serve --min-success 0.9
0 | Pattern ID: apple | browse-patterns --status validated
0 | Pattern ID: pear | browse-patterns serve --status discovered
0 | Results: 1 patterns | browse-patterns --limit 1
0 | Pattern ID: apple | browse-patterns --sort success_rate
0 | Pattern ID: apple | browse-patterns --sort executions
0 | Pattern ID: apple | browse-patterns --sort recent
0 | Pattern ID: apple | browse-patterns serve --category api-development --min-success 0.5 --status validated --limit 3 --sort recent
0 | Total Uses | inspect-pattern apple
0 | Execution History | inspect-pattern apple --show-history
0 | Tools | inspect-pattern apple --show-plugins
2 | apple: 100% | inspect-pattern apple-server
0 | succeeded | replay-pattern apple --approve low
0 | succeeded | replay-pattern apple "serve another api" --approve low
0 | Step 1/2 look | replay-pattern apple --dry-run
0 | Pattern Info | replay-pattern apple --info
0 | extra +skipped | replay-pattern apple --skip-optional --approve low
0 | Step 1/2 look: Look .search_files|read_file|list_files | replay-pattern apple --plugin-override "step2:list_files" --dry-run
2 | chrat.*chart | replay-pattern apple --plugin-override "step2:chrat"
2 | the pattern has 2 steps, and none is called step7 | replay-pattern apple --plugin-override "step7:chart"
2 | write STEP:TOOL | replay-pattern apple --plugin-override step2
2 | its success rate is below 80% | replay-pattern pear
0 | succeeded | replay-pattern pear --force --approve low
0 | port = 9090 | replay-pattern apple --port 9090 --approve low
2 | did you mean --port | replay-pattern apple --prot 9090
2 | similar ones: | replay-pattern no-such-api
0 | Suggested prompt for /orchestrate: | craft-prompt "serve an api"
0 | Plugins this will use: | craft-prompt "serve an api"
0 | Similar successful patterns: | craft-prompt "serve an api"
0 | ^Tip: | craft-prompt "serve an api"
2 | a rough idea in words | craft-prompt
0 | Risk of a run: low | deploy-template analytics-dashboard --dry-run --set csv_file=n.csv --set metrics=n --set date_column=day
0 | Deployed 3 files in | deploy-template analytics-dashboard --yes --set csv_file=n.csv --set metrics=n --set date_column=day
2 | did you mean .*analytics-dashboard | deploy-template analytics-dashbord --yes
0 | Total workflows executed | value-report
0 | Total workflows executed | value-report --since 2026-01-01 --until 2026-12-31
0 | Period: | value-report --format markdown
0 | "report":"value" | value-report --format json
0 | Total workflows executed | value-report --domain api-development --format text
2 | use text, markdown, json, csv or html | value-report --format pdf
EOF
}

# once STATUS LINE COMMAND ARGUMENT...
once() {
	status=$1
	line=$2
	shift 2
	ao "$status" "$@"
	cat "$tmp/out" "$tmp/err" >"$tmp/all"
	grep -Eq -- "$line" "$tmp/all" || fail "$*: no line is like: $line"
}

rows=0
table >"$tmp/table"
while IFS= read -r row; do
	status=${row%% | *}
	rest=${row#* | }
	# The line may hold a bar, the arguments may not.
	arguments=${rest##* | }
	line=${rest% | *}
	eval "set -- $arguments"
	once "$status" "$line" "$@"
	command=$1
	shift
	# What carries a run on is done once.
	case "$command $*" in
	*--execute* | *--yes*) ;;
	*) once "$status" "$line" "/$command" "$@" ;;
	esac
	rows=$((rows + 1))
done <"$tmp/table"
[ "$rows" -ge 60 ] || fail "only $rows rows were read"
grep -q '^# Pattern Catalog: api-development' \
	.agents/patterns/api-development-patterns.md ||
	fail "there is no catalogue"
nothing_left
