#!/bin/sh
# Bad input and a bad environment: the message names its subject, the exit
# status is right, nothing is left running, and the journal holds.
. "$(dirname "$0")/lib.sh"
need python3

data=$top/examples/seattle-weather.csv
review() {
	status=$1
	shift
	ao "$status" orchestrate "Review the tabular data" --approve=low \
		--on-failure=abort "$@"
}

# --- files that cannot be data: no run is made ------------------------------

review 2 --data "$tmp/missing.csv"
warns "missing.csv: No such file"
mkdir "$tmp/folder"
review 2 --data "$tmp/folder"
warns "folder is a folder; name a file in it"
mkfifo "$tmp/pipe"
review 2 --data "$tmp/pipe"
warns "pipe is not a regular file"
if [ "$(id -u)" != 0 ]; then
	cp "$data" "$tmp/closed.csv"
	chmod 0 "$tmp/closed.csv"
	review 3 --data "$tmp/closed.csv"
	warns "closed.csv: Permission denied"
fi
ao 0 runs
says_not '[0-9]{6}-[0-9]{4}'

# --- files that turn out not to be: the run fails and says why --------------

head -c 5000 /dev/urandom >"$tmp/binary.csv"
review 1 --data "$tmp/binary.csv"
says "failed: .*binary.csv looks like"
: >"$tmp/empty.csv"
review 1 --data "$tmp/empty.csv"
says "failed: .*the file has no (rows|columns)"
echo 'a,b' >"$tmp/header.csv"
review 1 --data "$tmp/header.csv"
says "failed: .*the file has no rows of data to review"
# Failures are learnt: a pattern that keeps failing would be deprecated.
grep -qx 'failed_executions: 3' \
	"$home/data/patterns/discovered/tabular-data-review.md" ||
	fail "the failures were not learnt"
ao 0 patterns show tabular-data-review
says 'looks like'
verify

# A line of 10 MB: skipped in JSON lines, a long cell in a CSV.
python3 -c "
long = 'x' * 10_000_000
print('{\"a\": 1, \"b\": \"' + long + '\"}', file=open('$tmp/long.jsonl', 'w'))
print('{\"a\": 2, \"b\": \"z\"}', file=open('$tmp/long.jsonl', 'a'))
print('a,b\n1,' + long + '\n2,z', file=open('$tmp/long.csv', 'w'))
"
home=$tmp/home1
review 0 --data "$tmp/long.jsonl"
says 'rows read: 1, written: 1'
ao 0 show --json "$run"
says 'skipped .line 1: longer than 1048576 bytes'
review 0 --data "$tmp/long.csv"
says 'rows read: 2, written: 2'
verify

# --- inputs that come as far as the step, a person who decides ---------------

home=$tmp/home2
# A pipe must not hang it.
review 1 --input data="$tmp/pipe"
says "failed: .*pipe is not a regular file"
review 1 --input data="$tmp/missing.csv"
says "failed: .*missing.csv: No such file"
ao 75 orchestrate "Review the tabular data" --data "$tmp/binary.csv"
says "Gate $run\\.1 .*Step profile failed"
ao 1 decide "$run.1" abort
says "^Gate $run\\.1: abort by "
says "^Run $run failed "

# --- what the command line gets wrong ----------------------------------------

ao 2 orchestrate
warns 'orchestrate takes one task, in quotes'
review 2 --data "$data" --approve=everything
warns 'approve everything: use low'
ao 1 orchestrate "Paint the garden fence"
says 'failed: no pattern fits this task. Nearest: '
says 'Name one with --pattern'
review 75 --data "$data" --input nonsense=1
verify

# --- no home, a home that cannot be written ----------------------------------

env -u HOME timeout 60 "$agentops" runs >"$tmp/out" 2>"$tmp/err" </dev/null
[ $? = 3 ] || fail "HOME unset: the exit status is not 3"
warns 'HOME is not set .*AGENTOPS_HOME'
kept=$home
if [ "$(id -u)" != 0 ]; then
	home=$tmp/closed
	mkdir -m 500 "$home"
	review 3 --data "$data"
	warns "$home/state: Permission denied"
fi
home=$tmp/folder/file/below
: >"$tmp/folder/file"
review 3 --data "$data"
warns "$tmp/folder/file"
home=$kept

# --- a full disk ------------------------------------------------------------

mkdir "$tmp/small"
if ! mount -t tmpfs -o size=300k tmpfs "$tmp/small" 2>"$tmp/err"; then
	echo "bad-input: SKIPPED: full disk: cannot mount a tmpfs ($(cat \
		"$tmp/err"))" >&2
	exit 0
fi
home=$tmp/small/home
review 3 --data "$data"
warns 'disk is full|No space left'
warns 'Nothing is lost'
nothing_left
mount -o remount,size=64m "$tmp/small" || fail "cannot remount"
run=$(AGENTOPS_HOME=$home "$agentops" runs | sed -n '2s/ .*//p')
[ -n "$run" ] || fail "the run that met the full disk is not listed"
ao 0 resume "$run"
says "^Run $run succeeded"
verify
