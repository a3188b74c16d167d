#!/bin/sh
# Guides for models: listed, asked for, loaded by the engine, told in the
# journal; one's own and a project's; and every claim of theirs about a
# command, an option, a page or a file is so.
. "$(dirname "$0")/lib.sh"
need python3
. "$here/model_server.sh"

# --- the base is small, whatever tokenizer one has: a token has at least ---
# --- two bytes of such a text. CI counts with a real one, .ci/tokens.    ---
[ "$(wc -c <"$top/SKILL.md")" -le 1700 ] ||
	fail "SKILL.md may have more than 850 tokens"

# --- listed ---
ao 0 references
says '^SKILL.md +[0-9]+ bytes +~ *[0-9]+ tokens'
for name in research-process planning-guide execution-guide learning-system \
	examples plugin-catalog multimodal-workflows dynamic-tool-generation \
	strategic-mcp-usage template-creation-guide iteration-depth-guide \
	value-metrics-guide; do
	says "^$name +[0-9]+ bytes"
	ao 0 references show $name
	says '^# '
	ao 0 references
done
ao 2 references show planing-guide
warns 'did you mean planning-guide'
ao 2 references show ../../etc/passwd
warns 'there is no reference'
ao 2 references write x
ao 0 references list --json
says '"name":"planning-guide".*"auto":\["plan"\]'

# --- one's own replaces a shipped one, a project's does not ---
mkdir -p "$tmp/work/.agentops/references" "$home/data/references" \
	"$home/config"
cd "$tmp/work" || fail "no folder"
guide() {
	printf -- '---\nname: %s\nsummary: %s\nauto: [plan]\n---\n# Own\n\n%s\n' \
		"$2" "$3" "$4" >"$1/$2.md"
}
guide .agentops/references planning-guide "of the project" "DO-AS-I-SAY"
guide .agentops/references our-way "how we work" "OUR-WAY-IS-BLUE"
guide "$home/data/references" examples "my own" "MY-EXAMPLES"
printf 'no front matter\n' >.agentops/references/broken.md
ln -s /etc/passwd .agentops/references/link.md
ao 0 references
says '^our-way .*how we work \(of this project\)'
says '^examples .*my own$'
says_not 'of the project'
warns 'broken.md:1:1: a reference starts with front matter'
ao 0 references show planning-guide
says_not 'DO-AS-I-SAY'

# --- loaded: by the engine, and when a model asks ---
cp "$top/examples/seattle-weather.csv" weather.csv
cat >"$home/config/models.yaml" <<'YAML'
models:
  - {model: test-model, provider: openai, input: 1, output: 2, cached: 0.5, vision: true}
YAML
OPENAI_API_KEY=sk-secret-0123456789abcdef
AGENTOPS_RESEARCHERS=0
export OPENAI_API_KEY AGENTOPS_RESEARCHERS
serve guides
AGENTOPS_BASE_URL=$root/v1 ao 0 orchestrate "draw the weather" \
	--provider openai --model test-model --approve low
says 'planner +guide +planning-guide, about [0-9]+ tokens: phase plan'
says 'chart +guide +multimodal-workflows, about [0-9]+ tokens: the step uses chart'
says 'chart +guide +our-way, about [0-9]+ tokens: it asked for it'
says 'planner +guide +iteration-depth-guide, .*it asked for it'
story "$run"
check "$tmp/logs" <<'PY'
import glob, os, sys
import story
s = story.Story(sys.argv[1])
bodies = [open(p, encoding="utf-8").read() for p in
          sorted(glob.glob(sys.argv[2] + "/*.json"),
                 key=lambda p: int(os.path.basename(p)[:-5]))]
# Each request has the base once, and its part.
for b in bodies:
    assert b.count("You are an agent of agentops") == 1
    assert b.count("Your part:") == 1
assert "Begin at the result" in bodies[0]          # planning-guide
assert "Begin at the result" not in bodies[-1]
assert "DO-AS-I-SAY" not in "".join(bodies)
assert "OUR-WAY-IS-BLUE" in bodies[-1]             # as the result of a call
assert "Risk and iterations" in bodies[1]
loaded = s.of("reference.loaded")
assert [(r["step"], r["reference"]) for r in loaded] == [
    (None, "examples"), (None, "planning-guide"), (None, "iteration-depth-guide"),
    ("chart", "multimodal-workflows"), ("chart", "our-way")], loaded
assert all(r["tokens"] > 0 and r["bytes"] > r["tokens"] for r in loaded)
# The one that there is not is an answer, not an end.
failed = [c for c in s.of("call.finished") if c["outcome"] != "ok"]
assert len(failed) == 1 and "did you mean" in str(failed[0]["result"])
PY
verify
stop_server

# --- what they claim ---
BUILDDIR=$build python3 - "$top" "$agentops" <<'PY' || fail "a false claim"
import glob, os, re, subprocess, sys
top, agentops = sys.argv[1:3]
helped = {}

def help_of(command):
    if command not in helped:
        done = subprocess.run([agentops, "help", command], text=True,
                              capture_output=True)
        helped[command] = done.stdout if done.returncode == 0 else ""
    return helped[command]

pages = {os.path.basename(p) for p in glob.glob(top + "/man/*.[157]")} | {
    os.path.basename(p) for p in
    glob.glob(os.environ["BUILDDIR"] + "/man/*.7")}
shown, bad = 0, []
names = {os.path.basename(p)[:-3] for p in
         glob.glob(top + "/references/*.md")}
for path in sorted(glob.glob(top + "/references/*.md")) + [top + "/SKILL.md"]:
    text = open(path, encoding="utf-8").read()
    where = os.path.basename(path)
    proofs = 0
    for code in re.findall(r"`([^`]+)`", text):
        words = code.split()
        if re.match(r"(tests|src|ui|bench)/", code):
            proofs += 1
            if not glob.glob(os.path.join(top, code)):
                bad.append(f"{where}: there is no {code}")
        elif words[0] == "agentops" and len(words) > 1:
            proofs += 1
            text_of = help_of(words[1])
            if not text_of:
                bad.append(f"{where}: {code}: no such command")
            for option in re.findall(r"--[a-z-]+", code):
                if option not in text_of:
                    bad.append(f"{where}: {code}: no option {option}")
        elif words[0] == "man":
            proofs += 1
            if not any(p.startswith(words[1].rstrip(",") + ".")
                       for p in pages):
                bad.append(f"{where}: no page {code}")
        elif words[0] == "load_reference" and len(words) > 1:
            if words[1] not in names:
                bad.append(f"{where}: no guide {words[1]}")
    if where != "SKILL.md" and proofs < 2:
        bad.append(f"{where}: hardly anything shows what it claims")
    shown += proofs
print("\n".join(bad))
assert not bad and shown >= 50, shown
PY
nothing_left
