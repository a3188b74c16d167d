#!/usr/bin/python3
"""Waits until the app's pattern browser shows a row:

    browse.py PROGRAM HOME FILTER ROW     ROW: a regular expression
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tty import Tty  # noqa: E402


def main():
    program, home, what, row = sys.argv[1:]
    with Tty([program], rows=40, cols=120, timeout=20,
             env={"AGENTOPS_HOME": home}) as t:
        t.wait("Type a task")
        t.type(f"/browse-patterns {what}")
        t.keys("Enter")
        t.wait(re.compile(row))
        t.keys("C-q")
        if t.exit() != 0:
            sys.exit("browse.py: the app's status is not 0")


if __name__ == "__main__":
    main()
