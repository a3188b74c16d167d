#!/bin/sh
# Commands of one's own: on the command line and in the dialogue the file's
# text is the task, with its arguments; it chooses no option.
. "$(dirname "$0")/lib.sh"
need gnuplot python3

mkdir -p "$home/config/commands/ci" "$tmp/work/.agentops/commands"
cd "$tmp/work" || fail "no workspace"
cp "$top/examples/seattle-weather.csv" .
cat >"$home/config/commands/weather.md" <<'END'
---
description: What the weather was
argument-hint: FILE
---
Review the tabular data in $ARGUMENTS
END
printf 'Check the build of $1, all of it: $ARGUMENTS\n' \
	>"$home/config/commands/ci/check.md"
printf -- '---\ndescription: "\\e[31mred\\a"\n---\nReview $1\n' \
	>.agentops/commands/weather2.md

ao 0 help
says 'Your own \(a task with a name\)'
says '/weather FILE +What the weather was$'
says '/weather2 .*red.*\(of this project\)'
! grep -q "$(printf '\033')" "$tmp/out" || fail "a file writes to the terminal"

ao 75 weather seattle-weather.csv
says '  task       Review the tabular data in seattle-weather.csv$'
says 'succeeded|Gate .*review'
ao 1 /ci:check 'the web' --approve=critical --plan-only
says "^  task       Check the build of the web, all of it: 'the web' --approve=critical --plan-only"
ao 2 wether
warns 'unknown command wether'
cd / || exit 99
ao 2 weather2
warns 'unknown command weather2'
cd "$tmp/work" || exit 99

printf '/weather seattle-weather.csv\n' | AGENTOPS_HOME=$home timeout 120 \
	"$agentops" --plain >"$tmp/out" 2>"$tmp/err"
says 'Review the tabular data in seattle-weather.csv'
verify
