# lib.sh - what the end-to-end tests share: the real program, a private
# AGENTOPS_HOME, and checks that say what they expected.
#
#	. "$(dirname "$0")/lib.sh"
#	ao 0 runs                      run it; the exit status must be 0
#	says 'succeeded'               a line of its output matches (grep -E)
#	warns 'no such file'           a line of its errors matches
#	story "$run"                   $tmp/story.jsonl: the run's events
#	verify                         the journal holds, nothing is left running
#
# A test works in $tmp, which is removed at its end, and stops at its first
# failure. By hand: tests/e2e/NAME.sh (BUILDDIR=build by default).

set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILDDIR:-$top/build}
agentops=$build/agentops
test_name=$(basename "$0" .sh)
tmp=$(mktemp -d) || exit 99
home=$tmp/home
# How many patterns come with the program.
shipped=$(ls "$top"/patterns/*.md | wc -l)
unset AGENTOPS_HOME AGENTOPS_PKGDATA XDG_STATE_HOME XDG_CONFIG_HOME \
	XDG_DATA_HOME XDG_CACHE_HOME

# Removes what the test left; a mount of its own first. A test that starts a
# server defines stop_server.
stop_server() {
	:
}
clean_up() {
	status=$?
	stop_server
	if [ -d "$tmp/small" ]; then
		umount "$tmp/small" 2>/dev/null
	fi
	chmod -R u+rwx "$tmp" 2>/dev/null
	rm -rf "$tmp"
	exit $status
}
trap clean_up EXIT
trap 'exit 1' INT TERM

fail() {
	echo "$test_name: $*" >&2
	for f in out err; do
		if [ -s "$tmp/$f" ]; then
			echo "--- last $f:" >&2
			tail -n 40 "$tmp/$f" | cut -c 1-300 >&2
		fi
	done
	exit 1
}

# What cannot be tried here is skipped, and says so.
skip() {
	echo "$test_name: SKIPPED: $*" >&2
	exit 77
}

need() {
	for program in "$@"; do
		command -v "$program" >/dev/null ||
			skip "$program is not installed"
	done
}

# ao STATUS ARGUMENT...: never waits for a person or for ever.
ao() {
	wanted=$1
	shift
	AGENTOPS_HOME=$home timeout 120 "$agentops" "$@" \
		</dev/null >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ $got = "$wanted" ] ||
		fail "agentops $1: exit status $got, expected $wanted"
	# The run that was made, if one was.
	made=$(sed -n 's/^Run \([0-9][^ ]*\)$/\1/p' "$tmp/out" | head -n 1)
	run=${made:-${run:-}}
}

says() {
	grep -Eq -- "$1" "$tmp/out" || fail "the output does not say: $1"
}

says_not() {
	! grep -Eq -- "$1" "$tmp/out" || fail "the output says: $1"
}

warns() {
	grep -Eq -- "$1" "$tmp/err" || fail "the errors do not say: $1"
}

story() {
	ao 0 show --json "$1"
	cp "$tmp/out" "$tmp/story.jsonl"
}

# check ARGUMENT... <<'EOF' ... EOF: Python with story.py at hand, run on
# $tmp/story.jsonl. A failed assert fails the test.
check() {
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here \
		python3 - "$tmp/story.jsonl" "$@" || {
		: >"$tmp/out" # the story is long, the traceback says it
		fail "check failed"
	}
}

# Processes that belong to this test's home.
running() {
	for p in /proc/[0-9]*; do
		{ tr '\0' '\n' <"$p/cmdline"; tr '\0' '\n' <"$p/environ"; } \
			2>/dev/null | grep -qF "$home" && echo "${p#/proc/}"
	done
}

# A process that was killed takes a moment to go.
nothing_left() {
	for _ in $(seq 100); do
		left=$(running)
		[ -z "$left" ] && return
		sleep 0.05 # poll
	done
	ps -o pid,args -p "$(echo "$left" | paste -sd,)" >&2
	fail "still running: $left"
}

verify() {
	nothing_left
	ao 0 audit verify
	says ' 0 problems'
}
