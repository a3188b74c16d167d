#!/bin/sh
# Pattern files as people have them: those of v0.2.0, broken ones, large ones,
# one id in several stages. Whatever is wrong is said with its place, and the
# rest of the library works.
. "$(dirname "$0")/lib.sh"

patterns=$home/data/patterns
mkdir -p "$patterns/discovered" "$patterns/validated" "$patterns/learned"
cd "$patterns" || exit 99

# --- v0.2.0's own frozen counters: the same id in two stages ---
for stage in discovered validated; do
	n=4
	[ $stage = validated ] && n=5
	cat >$stage/serve-the-web-v1.yaml <<YAML
pattern:
  id: serve-the-web-v1
  name: Serve the web
  description: Serve the web
  domain: web-development
  task_keywords:
  - serve
  - web
  plugin_sequence:
  - plugin: nginx-conf
    purpose: 'say "hello" to {{ all }}'
    avg_time: 2_min
  metrics:
    total_executions: $n
    successful_executions: $n
    failed_executions: 0
    success_rate: 1.0
    avg_completion_time: 11.5_min
  last_updated: '2025-11-07T10:11:12Z'
YAML
done
cat >learned/2025-11-08-grafana.md <<'MD'
# Discovered Pattern: Grafana Dashboards

**Pattern ID:** `pat_2025-11-08_grafana`
**Category:** monitoring-visualization
**Success Rate:** 1.0 (100%)
**Executions:** 1 (documented example)
MD
# --- broken in their own ways ---
printf -- '---\npattern_id: ../../escape\nname: Out\n---\n' \
	>discovered/escape.md
printf -- '---\npattern_id: a/b\nname: Slash\n---\n' >discovered/slash.md
printf -- '---\npattern_id: open\nname: [1, 2\n---\n' >discovered/open.md
printf -- '---\npattern_id: unclosed\nname: x\n' >discovered/unclosed.md
{
	printf -- '---\npattern_id: huge\nname: Huge\n---\n'
	head -c 52428800 /dev/zero | tr '\0' x
} >discovered/huge.md
mkfifo discovered/pipe.md

ao 0 patterns list
says '^serve-the-web-v1 +validated +5 runs +100 %  Serve the web$'
says '^pat_2025-11-08_grafana +learned +1 runs'
says_not 'escape|slash|huge'
warns 'escape.md:2:13: pattern_id must be 1 to 120 of the characters'
warns 'slash.md:2:13: pattern_id must be'
warns 'open.md:[34]:'
warns 'unclosed.md:1:1: the front matter is not closed'
warns 'huge.md.*(too|more than|larger)'
warns 'pipe.md is not a regular file'
warns 'discovered/serve-the-web-v1.yaml: the pattern serve-the-web-v1 is also in .*validated'
ao 0 browse-patterns serve --category web-development
says 'Serve the web \[validated\]'
ao 1 replay-pattern serve-the-web-v1
warns 'no workflow'

# --- validate says what and where ---
ao 0 patterns validate learned/2025-11-08-grafana.md \
	validated/serve-the-web-v1.yaml
says 'grafana.md: valid \(Markdown of v0.2.0 without front matter: pattern pat_2025-11-08_grafana; without a workflow it cannot run\)$'
says 'serve-the-web-v1.yaml: valid \(nested YAML of v0.2.0'
ao 1 patterns validate */serve-the-web-v1.yaml
says '^discovered/serve-the-web-v1.yaml: valid'
warns 'validated/serve-the-web-v1.yaml: the pattern serve-the-web-v1 is also in discovered'
ao 2 patterns validate discovered/escape.md
warns 'escape.md:2:13:'
ao 1 patterns validate discovered/huge.md
ao 2 patterns validate discovered/open.md
warns 'open.md:[34]:[0-9]+:'

# --- variants and duplicates, side by side ---
# pattern ID NAME STEPS
pattern() {
	printf -- '---\npattern_id: %s\nname: %s\ncategory: tools\ntask_keywords: [sort, the, mail]\nworkflow_steps: %s\nexecutions: 5\nsuccessful_executions: 4\nfailed_executions: 1\nworkflow:\n  steps: []\n---\n' \
		"$1" "$2" "$3" >"discovered/$1.md"
}
pattern sort-mail-v1 'Sort mail' '[fetch, sort, file]'
pattern sort-mail-v2 'Sort mail' '[fetch, sort]'
pattern mail-sorter 'Sort mail' '[fetch, sort, file]'
pattern mail-sender 'Send mail' '[write, send]'
ao 0 patterns similar sort-mail-v1
[ "$(grep -v '^ ' "$tmp/out" | paste -sd ,)" = \
	"sort-mail-v1 [discovered],sort-mail-v2 [discovered] variant,mail-sorter [discovered] duplicate,mail-sender [discovered]" ] ||
	fail "not these, in this order"
says '^   shares 100% of the words, 67% of the steps$'
says '^   shares 67% of the words, 0% of the steps$'
says '^   Success: 80% \(95% interval 38-96%\) \| Uses: 5 \| Avg: 0.0min$'
ao 0 patterns similar sort-mail-v1 --json
says '"id":"mail-sorter".*"words":1.0000,"steps":1.0000,"variant":false,"duplicate":true'
ao 2 patterns similar sort-mail-v9
warns 'there is no pattern sort-mail-v9; similar ones:'
ao 0 patterns similar tabular-data-review
says '^tabular-data-review '

ao 0 patterns reindex
says "^$((shipped + 7)) files indexed; 0 brought up to their executions; [0-9]+ problems\$"
nothing_left
