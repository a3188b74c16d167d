#!/bin/sh
# The full-screen app in a pty with a scripted model: its agents, and what they
# say while it comes. See app_agents.py.
. "$(dirname "$0")/lib.sh"
need gnuplot python3
python3 -c 'import sys; sys.path.append("/usr/lib/python3/dist-packages")
import pyte' 2>/dev/null || skip "python3-pyte is not installed"

mkdir -p "$home"
PYTHONDONTWRITEBYTECODE=1 python3 "$here/app_agents.py" "$agentops" "$home" \
	"$@" || fail "see above"
nothing_left
