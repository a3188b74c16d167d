#!/bin/sh
# The shipped pattern log-trend-review on logs of three kinds whose figures
# are counted apart; packed, hostile and empty ones.
. "$(dirname "$0")/lib.sh"
need python3 gnuplot
mkdir -p "$tmp/w" && cd "$tmp/w" || exit 99
python3 - <<'PY' || fail "no logs"
import datetime, gzip
at = datetime.datetime(2026, 3, 1, 22, 0)
with open("app.log", "w") as f:
    for i in range(3000):
        now = at + datetime.timedelta(seconds=7 * i)
        level = "ERROR" if i % 50 == 0 or (i > 2000 and i % 10 == 0) else \
            "WARN" if i % 7 == 0 else "INFO"
        f.write(f"{now.isoformat()}.123Z {level} [worker-{i % 3}] request "
                f"{i} took {i % 90} ms\n")
    f.write("    at Main.run(Main.java:12)\n")
    f.write("x" * 100000 + "\n")
with gzip.open("web.log.gz", "wt") as f:
    for i in range(500):
        now = at + datetime.timedelta(hours=i)
        f.write('10.0.0.%d - - [%s +0000] "GET /p/%d HTTP/1.1" %d 512\n' % (
            i % 9, now.strftime("%d/%b/%Y:%H:%M:%S"), i,
            503 if i % 25 == 0 else 404 if i % 10 == 0 else 200))
with open("syslog", "wb") as f:
    for i in range(200):
        f.write(b"Feb  3 04:%02d:11 host sshd[%d]: %s\n" % (
            i % 60, i, b"error: \x1b[31mkex | \xff <b>" if i % 4 == 0
            else b"session opened"))
open("empty.log", "w").close()
PY
review() {
	ao "$1" orchestrate "Review the log" --pattern log-trend-review \
		--input "log=$2" --approve=low --on-failure=abort
	story "$run"
}
review 0 app.log
check "$(grep -c ' ERROR ' app.log)" "$(grep -c ' WARN ' app.log)" <<'PY'
import csv, sys
import story
s = story.Story(sys.argv[1])
errors, warnings = map(int, sys.argv[2:4])
d = s.data("read")
assert (d["lines"], d["timed"]) == (3002, 3000), d
assert (d["errors"], d["warnings"]) == (errors, warnings), d
# 3,000 lines in 350 minutes: more than a chart shows, so by hour.
assert d["by"] == "hour" and d["periods"] == 6, d
path = s.path_of("read", "periods")
rows = list(csv.reader(open(path)))[1:]
assert sum(int(r[1]) for r in rows) == 3000, rows
assert sum(int(r[3]) for r in rows) == errors, rows
assert rows[0][0] == "2026-03-01T22:00:00", rows
assert d["after"] > d["before"] > 0, d
# Equal but for their numbers.
assert d["shapes"][0][:2] == [
    "warnings", "WARN [worker-#] request # took # ms"], d["shapes"]
assert len(s.pictures()) == 1
PY
review 0 web.log.gz
check <<'PY'
import sys
import story
d = story.Story(sys.argv[1]).data("read")
assert (d["lines"], d["errors"], d["warnings"]) == (500, 20, 40), d
assert d["by"] == "day" and d["periods"] == 22, d
PY
review 0 syslog
check <<'PY'
import sys
import story
s = story.Story(sys.argv[1])
d = s.data("read")
assert (d["lines"], d["timed"], d["errors"]) == (200, 200, 50), d
assert d["shapes"] == [["errors", d["shapes"][0][1], 50]], d["shapes"]
report = s.text_of("report", "report")
assert "\x1b" not in report and "\\<b\\>" in report, report
PY
review 1 empty.log
says 'empty.log has no lines'
review 1 none.log
cat "$tmp/out" "$tmp/err" | grep -q 'name the log with --input' ||
	fail "none.log was read"
verify
