#!/bin/sh
# The key table: `agentops keys` and agentops-keys(7) say what the rows say, a
# keys.yaml changes what is printed, one with an error is reported with its
# place; and a row that is planted in a copy of the table is found in help,
# palette, the prompt's completion, `agentops keys` and the manual page, with no
# other edit than that something handles it.
. "$(dirname "$0")/lib.sh"
need python3

rows=$(grep -c '^ACTION(' "$top/ui/actions.def")

# --- as built ---
ao 0 keys
says '^gate: at an open gate$'
says '^  approve +a +approve$'
ao 0 keys --json
[ "$(wc -l <"$tmp/out")" = "$rows" ] || fail "not every row is printed"
python3 - "$tmp/out" "$build/man/agentops-keys.7" <<'PYTHON' || fail "keys"
import json, sys
page = open(sys.argv[2], encoding="utf-8").read()
for line in open(sys.argv[1], encoding="utf-8"):
    row = json.loads(line)
    assert set(row) == {"context", "action", "keys", "help"}, row
    assert row["keys"] and row["help"], row
    section = page.split(f".Sh {row['context'].upper()}\n")[1]
    section = section.split(".Sh ")[0]
    entry = section.split(f".It Cm {row['action']} ")[1].split(".It ")[0]
    words = entry.split("\n")
    shown = words[0].replace("Pq Li", "").replace("\\&", "").replace(
        "\\e", "\\").split(" , ")
    assert [k.strip() for k in shown] == row["keys"], (row, words)
    assert words[1].lower() == row["help"].lower() + ".", (row, words)
PYTHON
if command -v mandoc >/dev/null; then
	mandoc -Tlint -Wwarning "$build/man/agentops-keys.7" >"$tmp/out" ||
		fail "the manual page is not clean"
fi

# --- rebound, and with errors ---
mkdir -p "$home/config"
echo 'gate: {approve: [y, F9], edit: []}' >"$home/config/keys.yaml"
ao 0 keys
says '^  approve +y F9 +approve$'
says '^  edit +- +edit the plan'
for bad in 'gate: {aprove: y}' 'gate: {approve: Entre}' 'gat: {approve: y}' \
	'gate: {approve: x}' 'gate: [' '[]'; do
	printf '# mine\n%s\n' "$bad" >"$home/config/keys.yaml"
	ao 3 keys
	warns 'keys\.yaml:[23]:[0-9]+: '
done
rm "$home/config/keys.yaml"
ao 2 keys now
warns 'now: no action or context has this name'
ao 2 keys aprove
warns 'did you mean approve'
ao 0 keys approve
says '^  approve +a +approve$'
[ "$(wc -l <"$tmp/out")" = 2 ] || fail "keys approve says more"
ao 2 keys approve reject

# --- a row more ---
[ -n "${CHECK_LIBS:-}" ] || skip "the planted row: run by make check only"
copy=$tmp/copy
mkdir -p "$copy/ui" "$copy/objects"
cp "$top"/ui/* "$copy/ui/"
echo 'ACTION(GLOBAL, PLANTED, "planted-row", "F12", "what a test planted")' \
	>>"$copy/ui/actions.def"

"$top/tests/tools/gen-keys-man" "$top" >"$tmp/out"
says_not 'planted-row'
"$top/tests/tools/gen-keys-man" "$copy" >"$tmp/out"
says '^\.It Cm planted-row Pq Li '
says '^What a test planted\.$'

# The row is the last, so what does not count the rows is as it was built.
# CHECK_CFLAGS and CHECK_LIBS are lists.
cp "$here/keys_driver.c" "$copy/ui/"
# shellcheck disable=SC2086
(cd "$build" && {
	for file in $(cd "$copy/ui" && grep -l ACTION_COUNT ./*.c) keys_driver.c
	do
		echo "$copy/ui/$file"
	done | xargs -P 2 -I{} sh -c 'cd "$1" && shift && "$@"' sh \
		"$copy/objects" ${CC:-cc} $CHECK_CFLAGS -O0 -I"$copy" \
		-I"$top/src" -I"$top" -c {} &&
	${CC:-cc} $CHECK_CFLAGS -o "$copy/driver" "$copy"/objects/*.o \
		src/cli/*.o $CHECK_LIBS
}) 2>"$tmp/err" || fail "the planted row does not compile"
AGENTOPS_HOME=$home "$copy/driver" planted >"$tmp/all" 2>"$tmp/err" ||
	fail "what was compiled with the planted row fails"
for part in help palette keys; do
	sed -n "/^== $part\$/,/^== /p" "$tmp/all" >"$tmp/out"
	says 'F12'
	says 'what a test planted'
done
sed -n "/^== completion\$/,/^== /p" "$tmp/all" >"$tmp/out"
says '^> /keys planted-row'
sed -n "/^== keys\$/,\$p" "$tmp/all" >"$tmp/out"
says '^  planted-row +F12 +what a test planted$'
"$agentops" keys >"$tmp/out"
says_not 'planted'
