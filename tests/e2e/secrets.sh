#!/bin/sh
# A step that names a stored secret gets its path, and nobody else does: the
# text is in no output, no artifact's text and not in the journal, and other
# steps, and the same kernel's other cells, cannot read it.
. "$(dirname "$0")/lib.sh"
need python3

word=sk-very-secret-word-0123456789
mkdir -p "$home/config/secrets" "$tmp/work"
chmod 700 "$home/config" "$home/config/secrets"
printf '%s\n' "$word" >"$home/config/secrets/shop.key"
printf '{"client_secret": "%s"}\n' "json-$word" >"$home/config/secrets/web.json"
chmod 600 "$home/config/secrets/"*
cd "$tmp/work" || fail "no workspace"

mkdir -p "$home/data/patterns/discovered"
pattern=$home/data/patterns/discovered/secrets.md
try() {
	status=$1 input=$2
	shift 2
	ao "$status" orchestrate "read the secrets" --pattern secrets \
		--input "$input" --on-failure abort "$@"
}

cat >"$pattern" <<'YAML'
---
pattern_id: secrets
name: Secrets
workflow:
  name: Secrets
  inputs:
    key: {type: secret, required: true, default: "secret:shop.key"}
    web: {type: secret}
    other: {type: secret}
  steps:
    - id: shell
      secrets: [key, other]
      run: |
        echo "the key is $(cat "$AGENTOPS_SECRET_KEY")"
        wc -c <"$AGENTOPS_SECRET_KEY"
        [ -z "${AGENTOPS_SECRET_OTHER+set}" ]
        cp "$AGENTOPS_SECRET_KEY" copy && ls "$(dirname "$AGENTOPS_SECRET_KEY")"
        echo "{\"said\": \"$(cat "$AGENTOPS_SECRET_KEY")\"}" >"$AGENTOPS_OUTPUT"
    - id: python
      needs: [shell]
      secrets: [key, web]
      code: |
        import json
        key = open(secret_files.key).read().strip()
        held = json.load(open(secret_files["web"]))["client_secret"]
        print(key, held, len(key), sorted(secret_files))
        output(key=key, held=held)
        assert held.endswith(key)
    - id: without
      needs: [python]
      code: |
        import glob, os
        assert not secret_files, secret_files
        assert "held" not in globals() and "key" not in globals()
        place = os.path.dirname(inputs.key.replace("secret:", PLACE))
        try:
            seen = os.listdir(place)
        except OSError as e:
            seen = type(e).__name__
        output(seen=seen)
    - id: one
      needs: [python]
      secrets: [web]
      code: |
        import os
        output(seen=sorted(os.listdir(os.path.dirname(secret_files.web))))
---
Reads stored secrets.
YAML
sed -i "s|PLACE|\"$home/config/secrets/\"|" "$pattern"

try 75 web=secret:web.json
says 'risk +medium: 10 iterations'
says 'may read a stored secret'
says 'reads secret:shop.key, secret:web.json'
ao 75 decide "$run.1" approve
ao 0 decide "$run.2" approve
says "Run $run succeeded"
story "$run"
check <<'PY'
import sys
import story
s = story.Story(sys.argv[1])
assert s.data("shell")["said"] == "[secret:shop.key]", s.data("shell")
assert s.data("python") == {"key": "[secret:shop.key]",
                            "held": "[secret:client_secret]"}
# The folder is out of sight; with the one file, it holds no other.
assert s.data("without")["seen"] in ("FileNotFoundError", "PermissionError")
assert s.data("one")["seen"] in (["web.json"], "PermissionError")
PY
grep -q "the key is \[secret:shop.key\]" "$tmp/story.jsonl" ||
	fail "what it printed is not there"
for f in "$home"/state/*.db* "$tmp/story.jsonl"; do
	! grep -aq "$word" "$f" || fail "$f holds the secret"
done

# A stored secret that is not there, a name that leads elsewhere, a link.
try 1 web=secret:none --approve medium
says 'there is no stored secret none; write it to .*/secrets/none'
try 75 key=secret:../../x
says 'the name of a stored secret is wanted'
try 75 "key=$word"
says 'the name of a stored secret is wanted'
! grep -q "$word" "$tmp/out" "$tmp/err" || fail "the message repeats the secret"
ln -s /etc/hostname "$home/config/secrets/link"
try 1 key=secret:link --approve medium
says 'link is no stored secret'
verify
