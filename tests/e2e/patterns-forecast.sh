#!/bin/sh
# The shipped pattern forecast-to-target: the simplest method that is good
# enough, its error computed apart; a target that none reaches; bad tables.
. "$(dirname "$0")/lib.sh"
need python3 gnuplot
mkdir -p "$tmp/w" && cd "$tmp/w" || exit 99
python3 - <<'PY' || fail "no tables"
import math
def write(name, values):
    with open(name, "w") as f:
        f.write("day,the value\n" + "".join(
            "%d,%r\n" % i for i in enumerate(values, 1)))
write("flat.csv", [100 + (i * 7 % 5) / 10 for i in range(60)])
write("year.csv", [100 + 0.5 * i + 40 * math.sin(i * math.pi / 6) +
                   (i * 31 % 7) / 5 for i in range(120)])
write("noise.csv", [(i * i * 7919 % 1009) - 500 for i in range(80)])
write("gap.csv", [1.0] * 30 + [float("nan")])
write("short.csv", [1.0] * 20)
PY
forecast() {
	ao "$1" orchestrate "Forecast it" --pattern forecast-to-target \
		--input "data=$2" --input "value=the value" \
		--input "target=$3" --approve=low --on-failure=abort
}
forecast 0 flat.csv 10
story "$run"
check <<'PY'
import sys
import story
s = story.Story(sys.argv[1])
d = s.data("fit")
y = [100 + (i * 7 % 5) / 10 for i in range(60)]
want = 100 * sum(abs(y[47] - v) for v in y[48:]) / sum(y[48:])
assert d["method"] == "last value" and d["tried"] == 1, d
assert abs(d["error"] - want) < 1e-3 and d["forecast"] == [y[-1]] * 12, d
assert len(s.pictures()) == 1
PY
# Seven attempts are seven iterations, and nobody is asked in between.
forecast 0 year.csv 2
story "$run"
check <<'PY'
import math, sys
import story
s = story.Story(sys.argv[1])
d = s.data("fit")
assert s.data("read")["season"] == 12, s.data("read")["season"]
assert d["method"] == "Holt-Winters" and d["tried"] == 7, d
assert d["error"] <= 2, d
true = [100 + 0.5 * i + 40 * math.sin(i * math.pi / 6) + 0.6
        for i in range(120, 132)]
assert all(abs(a - b) < 5 for a, b in zip(d["forecast"], true)), d
missed = [e for e in s.of("step.validated")
          if e["step"] == "fit" and not e["ok"]]
assert len(missed) == 6, missed
assert all(g["kind"] == "review" for g in s.of("gate.opened"))
PY
forecast 1 noise.csv 5
says 'the best of 7, .*, is off by'
forecast 1 gap.csv 5
says 'line 32: "nan" in the value is no number'
forecast 1 short.csv 5
says '20 values are too few to hold back 12'
ao 1 orchestrate "Forecast it" --pattern forecast-to-target --approve=low \
	--input data=flat.csv --input value=no --on-failure=abort
says 'it has no column no; there are day, the value'
verify
