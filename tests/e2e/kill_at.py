#!/usr/bin/env python3
"""kill_at.py TYPE:N PROGRAM ARGUMENT...

Runs a program that prints the journal's records, kills it (SIGKILL) at the
Nth record of a type (":N": of any), and prints the run's name.
"""
import json
import signal
import subprocess
import sys

kind, number = sys.argv[1].split(":")
left = int(number)
with subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE,
                      stdin=subprocess.DEVNULL) as program:
    for line in program.stdout:
        record = json.loads(line)
        left -= kind in ("", record["type"])
        if left == 0:
            program.send_signal(signal.SIGKILL)
            print(record["run"])
            break
sys.exit(left != 0)
