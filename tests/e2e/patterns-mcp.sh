#!/bin/sh
# The shipped pattern mcp-or-code: each side of the table, and hostile words.
. "$(dirname "$0")/lib.sh"
need python3
mkdir -p "$tmp/w" && cd "$tmp/w" || exit 99
# decide CHOICE RULES INPUT...
decide() {
	choice=$1 rules=$2
	shift 2
	for i in "$@"; do
		set -- "$@" --input "$i"
		shift
	done
	ao 0 orchestrate "MCP or code?" --pattern mcp-or-code --approve=low \
		--on-failure=abort --input 'work=A | <report> *of* # June' "$@"
	says "Decision: $choice\$"
	story "$run"
	check "$choice" "$rules" <<'PY'
import json, sys
import story
s = story.Story(sys.argv[1])
got = json.load(open(s.path_of("record", "record")))
assert got["choice"] == sys.argv[2] and len(got["rules"]) == int(sys.argv[3]), got
text = s.text_of("record", "decision")
assert "A \\| \\<report\\> \\*of\\* \\# June" in text, text
PY
}
decide code 2
decide code 1 times=20
decide server 1 times=20 reads=false fresh=true
decide code 3 fresh=true
decide server 2 reads=false writes=true
decide 'server for what it changes, code for what it computes' 3 proof=true
decide server 2 reads=false fresh=true times=30 minutes_code=9 minutes_server=4
decide code 2 times=30 minutes_code=4 minutes_server=9
verify
