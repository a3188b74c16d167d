#!/bin/sh
# templates and deploy-template: lists, errors with their place, one's own
# template, and the questions on a terminal, where a secret is not shown.
. "$(dirname "$0")/lib.sh"
need python3

ao 0 templates
for name in etl-pipeline analytics-dashboard rest-api-with-auth \
	monitoring-stack; do
	says "^$name "
	ao 0 templates test "$name"
	ao 0 templates validate "$top/templates/$name"
	ao 0 templates
done
ao 0 templates --json
python3 -c 'import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert len(rows) == 4 and "csv_file" in rows[0]["fields"]' "$tmp/out" ||
	fail "the JSON is wrong"
ao 0 templates show etl-pipeline
says 'source \(file, required\): The file to load \[.csv'
ao 2 templates show etl-piplin
warns 'did you mean "etl-pipeline"'
ao 2 templates lst
ao 2 deploy-template
[ ! -e "$home/config/secrets" ] || fail "a test left a secret"

# --- one's own, right and broken
ao 2 templates new ../x
ao 0 templates new lines
ao 0 templates test lines
ao 2 templates new lines
own=$home/data/templates/lines
sed -i 's/answers.title/answers.titel/' "$own/files/note.md"
ao 2 templates validate "$own"
warns 'lines/files/note.md:1:3: there is no answers.titel .*"title"'
ao 0 templates
warns 'there is no answers.titel'
says '^etl-pipeline'
sed -i 's/answers.titel/answers.title/' "$own/files/note.md"
cat >>"$own/template.yaml" <<EOF
  - {source: README.md, title: ""}
EOF
ao 2 templates test lines
warns 'test 2: .*name'
sed -i '$d' "$own/template.yaml"
sed -i 's/^files:/  key: {type: secret, min: 6, prompt: A key}\nfiles:/' \
	"$own/template.yaml"

# --- nothing is written through a link, or over what is no file
mkdir "$tmp/real" "$tmp/into"
ln -s "$tmp/real/note.md" "$tmp/into/note.md"
ao 1 deploy-template lines --yes --set source="$own/README.md" \
	--into "$tmp/into"
warns 'not a regular file'
[ -z "$(ls "$tmp/real")" ] || fail "it wrote through a link"

# --- asked on a terminal
cat >"$tmp/ask.py" <<'PYTHON'
import os, sys
from tty import Tty
agentops, own, tmp = sys.argv[1:]
os.chdir(tmp)
with Tty([agentops, "deploy-template"], rows=40, cols=100,
         env=dict(os.environ)) as t:
    t.wait("Which template?")
    t.wait("3. lines")
    t.type("3\r")
    t.wait("Which file?")
    t.type("nowhere\r")
    t.wait("there is no file nowhere")
    t.type(own + "/README.md\r")
    t.wait("Title of the note")
    t.type("\r")
    t.wait("A key")
    t.type("abc\r")
    t.wait("too short")
    t.type("hidden key\r")
    t.wait("Deploy? [y/n]")
    t.type("n\r")
    assert t.exit() == 0
    assert not os.path.exists("lines")
with Tty([agentops, "deploy-template", "lines", "--set", "title=x",
          "--set", "source=" + own + "/README.md"], rows=40, cols=100,
         env=dict(os.environ)) as t:
    t.wait("A key")
    t.keys("C-c")
    t.wait("nothing was written")
    assert t.exit() == 2
    assert not os.path.exists("lines")
with Tty([agentops, "deploy-template", "lines", "--set",
          "source=" + own + "/README.md"], rows=40, cols=100,
         env=dict(os.environ)) as t:
    t.wait("Title of the note")
    t.type("Mine: {{ it }}\r")
    t.wait("A key")
    mark = t.mark()
    t.type("hidden key\r")
    t.wait("Deploy? [y/n]")
    assert b"hidden" not in t.since(mark), t.dump()
    t.type("y\r")
    t.wait("Deployed 3 files in")
    t.wait("waiting for your answers")
    assert t.exit() == 0
PYTHON
AGENTOPS_HOME=$home PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here \
	timeout 120 python3 "$tmp/ask.py" "$agentops" "$own" "$tmp" \
	>"$tmp/out" 2>"$tmp/err" || {
	grep -q SKIPPED "$tmp/err" && skip "python3-pyte is not installed"
	fail "the questions are wrong"
}
grep -q '^# Mine: {{ it }}$' "$tmp/lines/note.md" || fail "the note is wrong"
[ "$(cat "$home/config/secrets/lines.key")" = "hidden key" ] ||
	fail "the secret is wrong"
verify
