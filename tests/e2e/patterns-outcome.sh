#!/bin/sh
# The shipped pattern outcome-comparison: a change that paid off, one that did
# not, one that nobody can tell; the interval against the formula for means.
. "$(dirname "$0")/lib.sh"
need python3 gnuplot
mkdir -p "$tmp/w" && cd "$tmp/w" || exit 99
python3 - <<'PY' || fail "no tables"
import random
random.seed(11)
def write(name, mean, n, holes=0):
    with open(name, "w") as f:
        f.write("case,minutes | <b>\n")
        for i in range(n):
            f.write("%d,%.6f\n" % (i, random.gauss(mean, 6)))
        f.write("x,\n" * holes)
write("before.csv", 40, 300, 3)
write("faster.csv", 34, 250)
write("same.csv", 40.1, 250)
open("few.csv", "w").write("case,minutes | <b>\n1,2\n")
open("bad.csv", "w").write("case,minutes | <b>\n1,2\n2,many\n")
PY
outcome() {
	status=$1 after=$2
	shift 2
	ao "$status" orchestrate "Did it pay off?" --pattern outcome-comparison \
		--input before=before.csv --input "after=$after" \
		--input "column=minutes | <b>" --approve=low \
		--on-failure=abort "$@"
}
outcome 0 faster.csv --input worth=1.5
story "$run"
check <<'PY'
import csv, math, sys
import story
s = story.Story(sys.argv[1])
d = s.data("measure")
def read(name):
    return [float(r[1]) for r in list(csv.reader(open(name)))[1:] if r[1]]
a, b = read("before.csv"), read("faster.csv")
mean = lambda v: sum(v) / len(v)
var = lambda v: sum((x - mean(v)) ** 2 for x in v) / (len(v) - 1)
change = mean(b) - mean(a)
wide = 1.96 * math.sqrt(var(a) / len(a) + var(b) / len(b))
assert abs(d["change"] - change) < 1e-9, d
assert abs(d["low"] - (change - wide)) < 0.25 * wide, (d, wide)
assert abs(d["high"] - (change + wide)) < 0.25 * wide, (d, wide)
assert d["verdict"] == "better" and d["before"]["empty"] == 3, d
assert abs(d["worth"] + change * 1.5 * 250) < 1e-6, d
report = s.text_of("report", "report")
assert "minutes \\| \\<b\\>" in report and "Derived: +" in report, report
assert len(s.pictures()) == 1
PY
outcome 0 faster.csv --input better=higher
says 'Outcome of the change: worse'
says 'nobody entered what a unit is worth'
outcome 0 same.csv --input worth=1.5
says 'Outcome of the change: no difference is shown'
says 'No worth is claimed: a difference of nothing lies in the interval'
outcome 1 few.csv
says 'few.csv: 1 measurements are too few to tell'
outcome 1 bad.csv
says 'bad.csv: line 3: "many" is no number'
outcome 1 none.csv
says 'none.csv: .*No such file'
verify
