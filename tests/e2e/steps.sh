#!/bin/sh
# Steps that misbehave: they fork, flood, hang, ignore TERM, or leave
# something else than a file. The step fails and says why, nothing is lost,
# nothing is left running.
. "$(dirname "$0")/lib.sh"

patterns=$home/data/patterns/discovered
mkdir -p "$patterns" "$tmp/w"
cd "$tmp/w" || exit 99

# try NAME STATUS, the step's lines on stdin: a run of that one step.
try() {
	{
		printf -- '---\npattern_id: %s\nname: %s\n' "$1" "$1"
		printf 'workflow:\n  name: %s\n  steps:\n' "$1"
		cat
		printf -- '---\nA step that misbehaves.\n'
	} >"$patterns/$1.md"
	ao "$2" orchestrate "try $1" --pattern "$1" --approve=critical \
		--on-failure=abort
	nothing_left
}

# --- forks: what it left in the background ends with it ---------------------
try forks 0 <<'END'
    - id: fork
      run: |
        for i in 1 2 3 4 5; do
          (trap '' TERM HUP; setsid sleep 600 &)
          sleep 600 &
        done
        echo forked
END
says 'fork +ok .*forked'

# --- forks without end: stopped by the limit or by the time --------------------
try bomb 1 <<'END'
    - id: bomb
      timeout: 3s
      run: |
        f() { f & f; }
        f 2>/dev/null
        tail -f /dev/null
END
says 'step bomb failed'

# --- floods: the head and the tail are kept, the rest is counted ---------------
try floods 0 <<'END'
    - id: flood
      run: |
        echo first
        head -c 50000000 /dev/zero | tr '\0' x | fold -w 1000
        echo last
END
says 'flood +ok'
story "$run"
[ "$(wc -c <"$tmp/story.jsonl")" -lt 200000 ] || fail "the flood was journalled"

# --- hangs, and does not listen -------------------------------------------------
try hangs 1 <<'END'
    - id: hang
      timeout: 1s
      run: tail -f /dev/null
END
says 'hang +timeout'
try deaf 1 <<'END'
    - id: deaf
      timeout: 1s
      run: |
        trap '' TERM INT HUP QUIT
        while :; do tail -f /dev/null; done
END
says 'deaf +timeout'

# --- leaves something else than a file ---------------------------------------------
leaves() {
	try "$1" 1 <<END
    - id: leave
      outputs: {thing: thing.txt}
      run: $2
END
	says "step leave failed: .*thing\\.txt"
}
leaves pipe 'mkfifo thing.txt'
leaves link 'ln -s /etc/passwd thing.txt'
leaves loop 'ln -s thing.txt thing.txt'
leaves folder 'mkdir thing.txt'
leaves nothing 'true'
leaves socket "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"thing.txt\")'"

# --- speaks to the terminal -----------------------------------------------------------
try speaks 0 <<'END'
    - id: speak
      run: printf '\033]0;owned\007\033[2J\302\2331mred\n'
END
! LC_ALL=C grep -q "$(printf '\033')" "$tmp/out" ||
	fail "an escape sequence of a step reaches the terminal"

verify
