#!/bin/sh
# The template wizard in a pty, to a chart on screen, its replay and its
# value; killed while it is filled in. See wizard.py.
. "$(dirname "$0")/lib.sh"
need gnuplot python3
python3 -c 'import sys; sys.path.append("/usr/lib/python3/dist-packages")
import pyte' 2>/dev/null || skip "python3-pyte is not installed"

mkdir -p "$home"
PYTHONDONTWRITEBYTECODE=1 python3 "$here/wizard.py" "$agentops" "$home" "$@" ||
	fail "see above"
nothing_left
