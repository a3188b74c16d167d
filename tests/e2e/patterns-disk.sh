#!/bin/sh
# The shipped pattern disk-usage-review on a folder with odd names, links, a
# sparse file and a deep tree, against du; and on what is no folder.
. "$(dirname "$0")/lib.sh"
need python3 gnuplot
mkdir -p "$tmp/w/tree" && cd "$tmp/w" || exit 99
python3 - <<'PY' || fail "no folder"
import os, time
os.chdir("tree")
def put(name, size, days=0):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "wb") as f:
        f.write(os.urandom(size))
    os.utime(name, (time.time() - days * 86400,) * 2)
put("logs/a.log", 300000, 400)
put("logs/old/b.LOG", 200000, 20)
put("pictures/c.png", 500000, 2)
put("d.txt", 5000)
put("o|dd\n[name]/e`f", 100000, 100)
os.link("pictures/c.png", "pictures/again.png")
os.symlink("/", "everything")
os.symlink("loop", "loop")
with open("sparse.img", "wb") as f:
    f.truncate(1 << 30)
deep = "deep" + "/d" * 900
os.makedirs(deep)
PY
review() {
	ao "$1" orchestrate "What fills the disk?" \
		--pattern disk-usage-review --input "folder=$2" \
		--approve=low --on-failure=abort
}
review 0 tree
story "$run"
check "$(du -sB1 tree | cut -f 1)" "$(du -sB1 tree/logs | cut -f 1)" \
	"$(find tree -type f -links 1 -printf x | wc -c)" <<'PY'
import sys
import story
s = story.Story(sys.argv[1])
used, logs, single = map(int, sys.argv[2:5])
d = s.data("measure")
assert d["used"] == used, (d["used"], used)
assert dict(d["parts"])["logs/"] == logs, d["parts"]
# The linked picture once, and the two symbolic links.
assert d["files"] == single + 1 + 2, d["files"]
kinds = dict(d["kinds"])
assert kinds[".log"] >= 500000 and ".LOG" not in kinds, kinds
assert kinds[".img"] < 1 << 20 < d["apparent"], kinds
ages = dict(d["ages"])
assert ages["over a year"] >= 300000 > ages["up to a week"] - 500000, ages
assert ages["up to a month"] >= 200000 and ages["up to a year"] >= 100000
assert d["largest"][0][1].startswith("pictures/"), d["largest"]
assert sum(n for _, n in d["parts"]) == used, "a part is missing"
assert d["unread_count"] == 0
assert len(s.pictures()) == 1
PY
report=$(find "$home" . -name report.md -size +0 | head -n 1)
grep -qF '| o\|dd \[name\]/ |' "$report" || fail "no odd name in $(cat "$report")"
grep -q '^| logs/a.log | [0-9]* | [0-9.]* % |$' "$report" ||
	fail "no largest file in $(cat "$report")"
for bad in tree/d.txt none; do
	review 1 $bad
	cat "$tmp/out" "$tmp/err" | grep -q 'name the folder with --input' ||
		fail "$bad was measured"
done
verify
