#!/usr/bin/python3
"""What a Python program with the csv module would do for the same profile.

usage: profile_peer.py FILE

Prints "rows seconds" and, on the second line, the profile of each column as
JSON, which the benchmark compares with ours.
"""
import csv
import json
import math
import sys
import time
from collections import Counter
from datetime import datetime

MISSING = {"", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None"}
BOOLEANS = {"true", "false", "yes", "no"}


def kind_of(text):
    """The type of one value, and its number when it is one."""
    try:
        return "integer", int(text)
    except ValueError:
        pass
    try:
        return "number", float(text)
    except ValueError:
        pass
    if text.lower() in BOOLEANS:
        return "boolean", None
    if len(text) >= 8 and text[0].isdigit():
        try:
            return "datetime", datetime.fromisoformat(text)
        except ValueError:
            pass
    return "text", None


class Column:
    def __init__(self, name):
        self.name = name
        self.missing = 0
        self.kinds = Counter()
        self.values = Counter()
        self.numbers = []
        self.total = 0.0
        self.least = math.inf
        self.most = -math.inf
        self.shortest = math.inf
        self.longest = 0

    def add(self, text):
        if text in MISSING:
            self.missing += 1
            return
        kind, value = kind_of(text)
        self.kinds[kind] += 1
        self.values[text] += 1
        if kind in ("integer", "number"):
            self.numbers.append(value)
            self.total += value
            if value < self.least:
                self.least = value
            if value > self.most:
                self.most = value
        elif kind == "text":
            length = len(text)
            if length < self.shortest:
                self.shortest = length
            if length > self.longest:
                self.longest = length

    def result(self):
        out = {"name": self.name, "missing": self.missing,
               "kinds": dict(self.kinds), "distinct": len(self.values),
               "top": self.values.most_common(10)}
        n = len(self.numbers)
        if n:
            self.numbers.sort()
            mean = self.total / n
            squares = sum((v - mean) ** 2 for v in self.numbers)
            out.update(min=self.least, max=self.most, mean=mean,
                       stddev=math.sqrt(squares / (n - 1)) if n > 1 else 0,
                       p05=self.numbers[int(0.05 * (n - 1))],
                       p50=self.numbers[int(0.5 * (n - 1))],
                       p95=self.numbers[int(0.95 * (n - 1))])
        return out


def main():
    start = time.perf_counter()
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        columns = [Column(name) for name in next(reader)]
        rows = 0
        for row in reader:
            rows += 1
            for column, text in zip(columns, row):
                column.add(text)
    results = [column.result() for column in columns]
    print(rows, time.perf_counter() - start)
    print(json.dumps(results))


main()
