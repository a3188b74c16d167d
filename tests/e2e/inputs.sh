#!/bin/sh
# Tables that nobody looked at while the pattern was written: other dialects,
# other types, odd names, nothing to chart. The numbers are computed here
# from what was written, never from the file.
. "$(dirname "$0")/lib.sh"
need gnuplot python3

# make NAME <<EOF: Python that writes the file NAME and, for check, the lists
# it wrote as $tmp/want.json.
make() {
	file=$tmp/$1
	python3 - "$file" "$tmp/want.json" || fail "cannot write $1"
}

review() {
	ao 0 orchestrate "Review the tabular data in $(basename "$file")" \
		--data "$file" --approve=low --on-failure=abort
	says "^Run $run succeeded"
	story "$run"
}

# A semicolon file with a BOM, decimal commas, points between thousands,
# German dates, quotes, an empty row, a repeated row, two columns of one name.
make umsatz.csv <<'PYTHON'
import datetime, json, random, sys
random.seed(20260)
def german(x, digits):
    return f"{x:,.{digits}f}".translate(str.maketrans(",.", ".,"))
amounts, counts, shares, lines, rows = [], [], [], [], 0
for i in range(431):
    day = datetime.date(2021, 3, 14) + datetime.timedelta(days=i // 2)
    amount = round(random.lognormvariate(7, 1.2), 2)
    count, share = random.randint(0, 12000), round(random.random(), 4)
    place = random.choice(['"Köln; Süd"', "Bonn", "Aachen ", '"Ein ""Ort"""'])
    amount_text = german(amount, 2)
    if i % 40 == 3:
        amount_text = "n/a"
    else:
        amounts.append(amount)
    counts.append(count)
    shares.append(share)
    lines.append(f"{day:%d.%m.%Y};{place};{amount_text};{german(count, 0)};"
                 f"{german(share, 4)}")
lines.insert(100, ";;;;")
lines.insert(200, lines[199])
with open(sys.argv[1], "w", encoding="utf-8-sig", newline="") as f:
    f.write("\r\n".join(["Tag;Ort;Wert;Menge;Wert"] + lines) + "\r\n")
json.dump(dict(numbers={"Wert": amounts, "Menge": counts, "Wert.1": shares},
               rows=431), open(sys.argv[2], "w"))
PYTHON
review
check "$tmp/want.json" <<'PYTHON'
import json, sys
import story
s, want = story.Story(sys.argv[1]), json.load(open(sys.argv[2]))
story.check_numbers(s, want["numbers"])
r = s.data("report")
assert r["rows"] == want["rows"] and r["rows_in_file"] == 433
assert r["cleaning"]["empty"] == 1 and r["cleaning"]["repeated"] == 1
assert r["missing"] == 431 - len(want["numbers"]["Wert"]) == 11
columns = story.tables(s.text_of("report", "report"))["Columns"]
assert columns["Tag"]["Type"] == "date", columns
assert columns["Tag"]["Range"] == "2021-03-14 to 2021-10-15"
assert columns["Ort"]["Distinct"] == "4"
clean = s.text_of("clean", "table").splitlines()
assert clean[0] == "Tag,Ort,Wert,Menge,Wert.1" and len(clean) == 432
assert clean[1].startswith("2021-03-14,"), clean[1]
assert s.last("trend")["outcome"] == "ok"
assert len(s.pictures()) >= 2
PYTHON

# JSON lines: nested objects, keys that are missing, nulls, booleans, times
# with a zone, a line that is no JSON.
make events.jsonl <<'PYTHON'
import datetime, json, random, sys
random.seed(777)
took, sizes = [], []
zone = datetime.timezone(datetime.timedelta(hours=2))
with open(sys.argv[1], "w", encoding="utf-8") as f:
    for i in range(613):
        at = datetime.datetime(2025, 6, 1, 12, tzinfo=zone)
        row = {"at": (at + datetime.timedelta(minutes=41 * i)).isoformat(),
               "host": random.choice(["alpha", "beta|1", "γάμμα"]),
               "ok": random.random() < 0.9,
               "took": {"ms": round(random.expovariate(0.01), 3)}}
        took.append(row["took"]["ms"])
        if i % 7:
            row["size"] = random.randint(1, 10**9)
            sizes.append(row["size"])
        elif i % 2:
            row["size"] = None
        f.write(json.dumps(row, ensure_ascii=False) + "\n")
    f.write("not json\n")
json.dump({"took.ms": took, "size": sizes}, open(sys.argv[2], "w"))
PYTHON
review
check "$tmp/want.json" <<'PYTHON'
import json, sys
import story
s = story.Story(sys.argv[1])
story.check_numbers(s, json.load(open(sys.argv[2])))
assert s.data("report")["rows"] == 613
columns = story.tables(s.text_of("report", "report"))["Columns"]
assert columns["at"]["Type"] == "datetime"
# 41 minutes apart, in UTC.
assert columns["at"]["Range"] == ("2025-06-01T10:00:00Z to "
                                  "2025-06-18T20:12:00Z"), columns["at"]
assert columns["ok"]["Type"] == "boolean" and "γάμμα" in s.text_of(
    "clean", "table")
assert "not JSON objects" in s.text_of("report", "report")
PYTHON

# Names with everything in them, UTF-16, tabs, no dates.
make odd.tsv <<'PYTHON'
import json, random, sys
random.seed(11)
names = ['a "b" c', "x|y", "ünïcödé 指标", "", "$1 `rm` %s", "sum, of"]
values = [[round(random.gauss(i, 2), 3) for _ in range(57)] for i in range(5)]
words = [random.choice(["on hold", "done", "N/A"]) for _ in range(57)]
with open(sys.argv[1], "w", encoding="utf-16", newline="") as f:
    f.write("\t".join('"%s"' % n.replace('"', '""') for n in names) + "\n")
    for i in range(57):
        f.write("\t".join([repr(v[i]) for v in values] + [words[i]]) + "\n")
json.dump(dict(zip(['a "b" c', "x|y", "ünïcödé 指标", "column 4",
                    "$1 `rm` %s"], values)), open(sys.argv[2], "w"))
PYTHON
review
check "$tmp/want.json" <<'PYTHON'
import json, sys
import story
s = story.Story(sys.argv[1])
story.check_numbers(s, json.load(open(sys.argv[2])))
assert not s.of("step.started", step="trend")
assert len(s.pictures()) >= 2
PYTHON

# One column of few values: its repeats are data, and are kept.
make rating.csv <<'PYTHON'
import json, random, sys
random.seed(2)
stars = [random.randint(1, 5) for _ in range(90)]
open(sys.argv[1], "w").write("stars\n" + "".join("%d\n" % s for s in stars))
json.dump({"stars": stars}, open(sys.argv[2], "w"))
PYTHON
review
check "$tmp/want.json" <<'PYTHON'
import json, sys
import story
s = story.Story(sys.argv[1])
story.check_numbers(s, json.load(open(sys.argv[2])))
assert s.data("report")["cleaning"]["repeated"] == 85
assert "kept, because no column tells the rows apart" in s.text_of(
    "report", "report")
PYTHON

# Ten rows, an array of JSON objects, no date.
make ten.json <<'PYTHON'
import json, sys
rows = [{"name": "n%d" % i, "x": i * i / 4} for i in range(10)]
json.dump(rows, open(sys.argv[1], "w"), indent=2)
json.dump({"x": [r["x"] for r in rows]}, open(sys.argv[2], "w"))
PYTHON
review
check "$tmp/want.json" <<'PYTHON'
import json, sys
import story
s = story.Story(sys.argv[1])
story.check_numbers(s, json.load(open(sys.argv[2])))
assert len(s.pictures()) == 2
PYTHON

# Nothing to chart and no number: a report that says so.
make names.csv <<'PYTHON'
import sys
open(sys.argv[1], "w").write("who,what\n" + "".join(
    "person %d,text number %d of this\n" % (i, 97 * i % 89)
    for i in range(40)))
PYTHON
review
check <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
report = s.text_of("report", "report")
assert s.pictures() == [] and "## Numbers" not in report
assert "None: no column holds dates, numbers or repeated values." in report
PYTHON
verify
