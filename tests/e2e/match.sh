#!/bin/sh
# Which tasks the shipped patterns are offered for, and which not.
. "$(dirname "$0")/lib.sh"
need git

mkdir "$tmp/plain" "$tmp/repository"
git init -q "$tmp/repository" || fail "git init"
for file in sales.csv log.tsv days.jsonl; do
	cp "$top/examples/seattle-weather.csv" "$tmp/plain/$file"
done

# plans FOLDER PATTERN TASK; PATTERN - for none
plans() {
	if [ "$2" = - ]; then
		ao 1 orchestrate "$3" -C "$tmp/$1" --plan-only
		says 'no pattern fits this task'
	else
		ao 0 orchestrate "$3" -C "$tmp/$1" --plan-only
		says "replays the pattern $2 "
	fi
}

plans plain tabular-data-review "Review the tabular data in sales.csv"
plans plain tabular-data-review "Analyse sales.csv and chart it"
plans plain tabular-data-review "review log.tsv"
plans plain tabular-data-review "Chart the data of days.jsonl, please"
plans plain tabular-data-review "Plot the columns of sales.csv"
plans repository git-history-review "Review the git history of this repository"
plans plain git-history-review "Review the git history of this repository"
plans repository git-history-review "Who changed what in this repo"
plans repository git-history-review "Show the hot files and churn"
plans repository git-history-review "Which commits were the largest?"

plans plain - "Deploy the web app to production"
plans plain - "Write a letter to the bank"
plans plain - "Review the contract"
plans repository - "Review the contract"
plans repository - "Make the log less noisy"
plans repository - "Fix the failing build"
nothing_left
