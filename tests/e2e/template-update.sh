#!/bin/sh
# A later version of a template, applied to what was deployed: a three-way
# merge of its files and of the workflow in the library, with the answers of
# before; conflicts are shown, and nothing is written until a side is taken.
. "$(dirname "$0")/lib.sh"
need python3

t=$home/data/templates/shop
mkdir -p "$t/files"
version() {
	cat >"$t/template.yaml" <<YAML
name: shop
version: $1
title: Shop
description: A shop
category: test
configuration:
  who: {type: text, prompt: Who?, required: true}
  key: {type: secret, prompt: Key, required: true}
$2
files:
  - path: shop.conf
  - path: other.conf
tests:
  - {who: a, key: abcdefgh}
YAML
	printf '# Shop\n' >"$t/README.md"
}
version 1.0.0 '  old: {type: text, prompt: Old, default: gone}'
printf 'one = 1\ntwo = 2\nwho = {{ answers.who }}\nfour = 4\nfive = 5\n' \
	>"$t/files/shop.conf"
printf 'version = 1\n' >"$t/files/other.conf"
cat >"$t/workflow.yaml" <<'YAML'
name: Shop of {{ answers.who }}
steps:
  - id: first
    run: echo first
  - id: second
    needs: [first]
    run: echo second

  - id: third
    needs: [second]
    run: echo third
YAML
deploy() {
	status=$1
	shift
	ao "$status" deploy-template shop --into "$tmp/s" "$@"
}
cd "$tmp" || exit 99
deploy 0 --yes --set 'who=o'"'"'neil' --set key=abcdefgh12
p=$home/data/patterns/discovered/shop-s.md
secret=$home/config/secrets/shop-s.key
[ "$(cat "$secret")" = abcdefgh12 ] || fail "no secret"
! grep -q abcdefgh12 "$home/data/deployments/shop-s.json" ||
	fail "the record holds a secret"
cp "$p" before.md
# The same again changes nothing, without an answer being given.
deploy 0 --yes
says 'same +.*/shop.conf'
cmp -s "$p" before.md || fail "the pattern changed"

ao 0 templates
says "^  in $tmp/s\$"

# --- both change, in different places
sed -i 's/^two = 2/two = 22  # mine/' s/shop.conf
sed -i 's/echo first/echo first of mine/' "$p"
version 1.1.0 '  new: {type: text, prompt: New, default: came}'
printf 'one = 1\ntwo = 2\nwho = {{ answers.who }}\nfour = 4\nfive = {{ answers.new }}\n' \
	>"$t/files/shop.conf"
printf 'version = 2\n' >"$t/files/other.conf"
sed -i 's/echo third/echo the third/' "$t/workflow.yaml"
ao 0 templates
says "^  in $tmp/s: 1.0.0; agentops deploy-template shop --into $tmp/s\$"
ao 0 templates --json
says '"name":"shop".*"deployments":\[\{"pattern_id":"shop-s",.*"version":"1.0.0"'
deploy 0 --dry-run --json
says '"path":"[^"]*/shop.conf","state":"merged"'
says '"path":"[^"]*/other.conf","state":"replaced"'
says '"path":"[^"]*/shop-s.md","state":"merged"'
deploy 0 --yes
says 'merged +.*/shop.conf'
printf "one = 1\ntwo = 22  # mine\nwho = o'neil\nfour = 4\nfive = came\n" |
	cmp - s/shop.conf || fail "not merged: $(cat s/shop.conf)"
grep -q 'echo first of mine' "$p" || fail "the change in the library is gone"
grep -q 'echo the third' "$p" || fail "the template's change did not come"
[ "$(cat "$secret")" = abcdefgh12 ] || fail "the secret is gone"
ao 0 replay-pattern shop-s --workspace "$tmp/s" --approve=critical
says 'first of mine'
says 'the third'

# --- a person's own change alone stays, and is said to
deploy 0 --yes
says 'yours +.*/shop.conf'
grep -q '22  # mine' s/shop.conf || fail "lost"

# --- both change the same lines
cp "$p" before.md
cp s/shop.conf before.conf
printf 'one = 1\ntwo = two\nwho = {{ answers.who }}\nfour = 4\nfive = 6\n' \
	>"$t/files/shop.conf"
sed -i 's/echo first/echo the first/' "$t/workflow.yaml"
version 1.2.0 '  new: {type: text, prompt: New, default: came}'
deploy 1 --yes
says 'CONFLICT +.*/shop.conf'
says '^\+<<<<<<< yours'
says '^\+>>>>>>> shop 1.2.0'
warns 'you and the template changed the same lines \(1 time\)'
cmp -s "$p" before.md || fail "the pattern was written"
cmp -s s/shop.conf before.conf || fail "the file was written"
deploy 2 --yes --take both
deploy 0 --yes --take mine
grep -q '22  # mine' s/shop.conf && grep -q 'five = 6' s/shop.conf ||
	fail "not mine: $(cat s/shop.conf)"
grep -q 'first of mine' "$p" || fail "not mine: $(cat "$p")"
cp before.conf s/shop.conf
sed -i 's/^two = 22  # mine/two = 222/' s/shop.conf
printf 'one = 1\ntwo = 2.0\nwho = {{ answers.who }}\nfour = 4\nfive = 6\n' \
	>"$t/files/shop.conf"
deploy 0 --yes --take template
grep -q 'two = 2.0' s/shop.conf || fail "not the template's"

# --- a workflow that the merge breaks is refused, with its place
sed -i 's/id: third/id: second/' "$p"
sed -i 's/echo the first/echo a first/' "$t/workflow.yaml"
deploy 2 --yes --take mine
warns 'shop.*the id "second" is taken'
sed -i '0,/needs: \[second\]/s//needs: [first]/' "$p"

# --- a record that cannot be read: as if nothing were known, and shown
printf '{' >"$home/data/deployments/shop-s.json"
deploy 0 --yes --set who=x --set key=secret:shop-s.key --set new=came
says 'REPLACED +.*/shop.conf'
verify
