#!/bin/sh
# The full-screen app in a pty: every further flow of its screens. See
# app_flows.py.
. "$(dirname "$0")/lib.sh"
need gnuplot python3
python3 -c 'import sys; sys.path.append("/usr/lib/python3/dist-packages")
import pyte' 2>/dev/null || skip "python3-pyte is not installed"

mkdir -p "$home"
PYTHONDONTWRITEBYTECODE=1 python3 "$here/app_flows.py" "$agentops" "$home" \
	"$@" || fail "see above"
nothing_left
