#!/bin/sh
# The shipped pattern grafana-dashboard: panels for the columns that have
# numbers, places that do not overlap, the values as they are in the table.
. "$(dirname "$0")/lib.sh"
need python3 gnuplot
mkdir -p "$tmp/w" && cd "$tmp/w" || exit 99
python3 - <<'PY' || fail "no tables"
import math
with open("load.csv", "w", encoding="utf-8") as f:
    f.write('host,when,"cpu ""%"" <b>",mem,jumps\n')
    for i in range(300):
        f.write("a%d,2026-03-0%dT%02d:00:00Z,%.3f,%s,%d\n" % (
            i % 3, 1 + i // 96, i // 4 % 24, 50 + 40 * math.sin(i / 9),
            "" if i == 7 else i * 2, 100 * (i % 2)))
open("none.csv", "w").write("a,b\nx,y\nz,w\n")
open("words.csv", "w").write("t,b\n2026-01-01,y\n2026-01-02,w\n")
PY
board() {
	ao "$1" orchestrate "A dashboard" --pattern grafana-dashboard \
		--input "data=$2" --input "title=Load {{ x }} \"1\"" \
		--approve=low --on-failure=abort
}
board 0 load.csv
says '3 panels, each with a place, values and a picture'
story "$run"
check <<'PY'
import csv, io, json, sys
import story
s = story.Story(sys.argv[1])
b = json.load(open(s.path_of("dashboard", "dashboard")))
assert b["title"] == 'Load {{ x }} "1"' and len(b["panels"]) == 3
assert [p["title"] for p in b["panels"]] == ['cpu "%" <b>', "mem", "jumps"]
places = [(p["gridPos"]["x"], p["gridPos"]["y"], p["gridPos"]["w"])
          for p in b["panels"]]
assert places == [(0, 0, 12), (12, 0, 12), (0, 8, 24)], places
rows = list(csv.DictReader(open("load.csv", encoding="utf-8")))
mem = list(csv.DictReader(io.StringIO(
    b["panels"][1]["targets"][0]["csvContent"])))
assert len(mem) == 299 and sum(float(r["value"]) for r in mem) == \
    sum(float(r["mem"]) for r in rows if r["mem"])
assert mem[0]["time"] == "2026-03-01T00:00:00"
assert b["time"] == {"from": "1772323200000", "to": "1772591400000"} or \
    int(b["time"]["from"]) == 1772323200000, b["time"]
assert len(s.pictures()) == 3
assert all(e["ok"] for e in s.of("visual.checked")[-3:])
PY
board 1 none.csv
says 'none.csv: no column is made of times'
board 1 words.csv
says 'words.csv: no column is made of numbers'
board 1 gone.csv
says 'gone.csv: .*No such file'
verify
