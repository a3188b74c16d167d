#!/bin/sh
# The full-screen app in a pty: the flows of its screens by keyboard, other
# processes, the end of its terminal, hostile texts. See app.py.
. "$(dirname "$0")/lib.sh"
need gnuplot python3
python3 -c 'import sys; sys.path.append("/usr/lib/python3/dist-packages")
import pyte' 2>/dev/null || skip "python3-pyte is not installed"

mkdir -p "$home"
PYTHONDONTWRITEBYTECODE=1 python3 "$here/app.py" "$agentops" "$home" "$@" ||
	fail "see above"
nothing_left
