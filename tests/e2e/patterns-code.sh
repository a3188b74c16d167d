#!/bin/sh
# The shipped pattern computed-two-ways: the program that it writes makes the
# figures, names are data in it, and a figure that differs stops the run.
. "$(dirname "$0")/lib.sh"
need python3
mkdir -p "$tmp/w" && cd "$tmp/w" || exit 99
python3 - <<'PY' || fail "no tables"
import csv, random
random.seed(5)
names = ["id", "price '\"); import os; os.abort() #", "word\\n{{ x }}", "place"]
with open("odd.csv", "w", newline="", encoding="utf-8") as f:
    w = csv.writer(f, delimiter=";")
    w.writerow(names)
    for i in range(500):
        w.writerow([i, "" if i % 50 == 3 else round(random.gauss(9, 4), 3),
                    random.choice(["a\nb", 'say "x"', "Zoë", ""]),
                    random.choice(["Ulm", "Bonn ", "'; DROP TABLE t; --"])])
    w.writerow(["short"])
open("text.csv", "w").write("a,b\nx,y\n")
open("twice.csv", "w").write("a,a\n1,2\n")
PY
compute() {
	status=$1 file=$2
	shift 2
	ao "$status" orchestrate "Statistics" --pattern computed-two-ways \
		--input "data=$file" --approve=low --on-failure=abort "$@"
}
compute 0 odd.csv --input group=place
story "$run"
check <<'PY'
import csv, json, subprocess, sys
import story
s = story.Story(sys.argv[1])
figures = json.load(open(s.path_of("run", "figures")))
rows = [r for r in list(csv.reader(open("odd.csv", encoding="utf-8", newline=""),
                                   delimiter=";"))[1:] if len(r) == 4]
name = "price '\"); import os; os.abort() #"
prices = [float(r[1]) for r in rows if r[1]]
assert figures["rows"] == 500 and figures[name + " count"] == 490, figures
assert abs(figures[name + " mean"] - sum(prices) / 490) < 1e-9
of = [float(r[1]) for r in rows if r[1] and r[3].startswith("'")]
assert abs(figures[name + " of '; DROP TABLE t; -- sum"] - sum(of)) < 1e-9
assert figures["word\\n{{ x }} different"] == 3 and figures["place groups"] == 3
assert s.data("check") == {"checked": len(figures), "differ": 0}
# The file alone makes them again.
subprocess.run([sys.executable, s.path_of("write", "program"), "odd.csv",
                "again.json"], check=True)
assert json.load(open("again.json")) == figures
PY
compute 1 text.csv
says 'text.csv: no column is made of numbers'
compute 1 twice.csv
says 'twice.csv: two columns have one name'
compute 1 odd.csv --input group=none
says 'it has no column none; there are id, price'
# A program that counts wrong is not believed.
sed 's/math.fsum(v) \/ len(v)/math.fsum(v) \/ (len(v) + 1)/' \
	"$top/patterns/computed-two-ways.md" | sed 's/^pattern_id: .*/pattern_id: wrong/' \
	>"$home/data/patterns/discovered/wrong.md"
ao 1 orchestrate "Statistics" --pattern wrong --input data=odd.csv \
	--approve=low --on-failure=abort
says '2 of [0-9]+ figures differ: id mean, price'
verify
