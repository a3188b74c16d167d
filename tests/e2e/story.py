"""What the end-to-end tests ask of a run: its events, and its numbers.

    import story
    s = story.Story(sys.argv[1])          # agentops show --json RUN
    s.data("report")["rows"]
    story.tables(s.text_of("report", "report"))["Numbers"]["wind"]["Max"]
"""
import json
import math
import os


class Story:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.events = [json.loads(line) for line in file]

    def of(self, kind, **wanted):
        "Payloads of the events of a type whose fields are as wanted."
        return [e["data"] for e in self.events if e["type"] == kind and
                all(e["data"].get(k) == v for k, v in wanted.items())]

    def last(self, step, item=-1):
        "The last attempt of a step: the payload of its step.finished."
        return self.of("step.finished", step=step, item=item)[-1]

    def data(self, step, item=-1):
        return self.last(step, item)["data"]

    def path_of(self, step, name, item=-1):
        return self.last(step, item)["outputs"][name]

    def text_of(self, step, name, item=-1):
        with open(self.path_of(step, name, item), encoding="utf-8") as file:
            return file.read()

    def pictures(self):
        "Paths of the pictures of all charts; each must be a real PNG."
        paths = [e["outputs"]["chart"] for e in self.of("step.finished")
                 if e["outputs"] and "chart" in e["outputs"]]
        for path in paths:
            assert os.path.isabs(path), path
            with open(path, "rb") as file:
                assert file.read(8) == b"\x89PNG\r\n\x1a\n", path
        return paths


def tables(report):
    "{heading: {first cell: {column: cell}}} of a Markdown report."
    found, heading, names = {}, "", None
    for line in report.splitlines():
        if line.startswith("#"):
            heading, names = line.lstrip("# "), None
        if not line.startswith("| "):
            continue
        cells = [c.strip() for c in
                 line.replace("\\|", "\0").strip("| ").split(" | ")]
        cells = [plain(c.replace("\0", "|")) for c in cells]
        if names is None:
            names = cells
        elif set(cells) != {"---"}:
            found.setdefault(heading, {})[cells[0]] = dict(zip(names, cells))
    return found


def plain(cell):
    for mark in "\\`*_<>[]#":
        cell = cell.replace("\\" + mark, mark)
    return cell


def number(cell):
    return float(cell.replace(",", ""))


def same(a, b, digits=9):
    "Equal but for the rounding of a sum."
    assert math.isclose(a, b, rel_tol=10.0 ** -digits, abs_tol=1e-9), (a, b)


def as_shown(cell, value):
    "The report's cell is the value, rounded to the decimals it shows."
    decimals = len(cell.partition(".")[2])
    step = 10.0 ** -decimals
    assert abs(number(cell) - value) <= max(step, abs(value) * 1e-4) / 2 \
        + 1e-12, (cell, value)


def check_numbers(story, want):
    """want: {column: [values]}, computed by whoever calls. Compares count,
    min, mean, median, max and standard deviation in the step's data and as
    the report shows them."""
    import statistics
    shown = tables(story.text_of("report", "report"))["Numbers"]
    found = {n["name"]: n for n in story.data("report")["numbers"]}
    assert set(found) == set(want), (set(found), set(want))
    for name, values in want.items():
        expected = {
            "n": len(values), "min": min(values), "max": max(values),
            "mean": statistics.fmean(values),
            "median": statistics.median(values),
            "stddev": statistics.stdev(values)}
        columns = {"n": "Values", "min": "Min", "max": "Max", "mean": "Mean",
                   "median": "Median", "stddev": "Std dev"}
        for key, value in expected.items():
            same(found[name][key], value)
            as_shown(shown[name][columns[key]], value)
