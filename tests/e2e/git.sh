#!/bin/sh
# Histories whose every number is known, because they are made here: renames,
# binary files, merges, odd names of authors; and a repository without
# commits, a shallow clone, a folder that is no repository, one that tries to
# run programs.
. "$(dirname "$0")/lib.sh"
need gnuplot python3 git

GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL
quiet_git() {
	git -c init.defaultBranch=main -c advice.detachedHead=false \
		-c protocol.file.allow=always "$@" >>"$tmp/git.log" 2>&1 ||
		fail "git $1: $(tail -n 3 "$tmp/git.log")"
}

repository=$tmp/project
quiet_git init -q "$repository"

# Writes the history as a stream for git fast-import and what it adds up to.
python3 - "$tmp/want.json" >"$tmp/stream" <<'PYTHON' || fail "no stream"
import collections, json, random, sys
random.seed(99)
out = sys.stdout.buffer.write
people = ["Ada", "Émile, Jr.", "Tab\tby\x01 name", "O|Pipe *", "李四"]
files, commits, lines = {}, collections.Counter(), collections.Counter()
changes, now = collections.Counter(), 1610000000
added_all = deleted_all = binary = 0
for n in range(121):
    who = people[min(int(random.expovariate(0.8)), 4)]
    now += random.randint(3600, 200000)
    out(b"commit refs/heads/main\nmark :%d\n" % (n + 1))
    out(f"author {who} <p{people.index(who)}@example.org> {now} +0000\n"
        f"committer C <c@example.org> {now} +0000\ndata 1\nx\n".encode())
    touched = random.sample(["src/core.c", "src/ui/a view.c", "doc/ü.md",
                             "Makefile"], random.randint(1, 2))
    for path in touched:
        old = files.get(path, [])
        new = old + ["%d %f" % (n, random.random())
                     for _ in range(random.randint(1, 9))]
        cut = random.randint(0, 3) if len(old) > 20 else 0
        files[path] = new[cut:]
        added, deleted = len(new) - len(old), cut
        text = "".join(x + "\n" for x in files[path]).encode()
        out(b'M 644 inline "%s"\ndata %d\n%s' % (path.encode(), len(text), text))
        changes[path] += 1
        lines[path, "added"] += added
        lines[path, "deleted"] += deleted
        lines[who, "added"] += added
        lines[who, "deleted"] += deleted
    if n % 60 == 10:
        out(b"M 644 inline logo.png\ndata 9\n\0\1\2%06d" % n)
        changes["logo.png"] += 1
        binary += 1
    if n == 120:  # a file moves: its history goes on under the new name
        out(b"R src/core.c lib/engine.c\n")
        changes["lib/engine.c"] = changes.pop("src/core.c") + (
            "src/core.c" not in touched)  # the move is a change
        for kind in ("added", "deleted"):
            lines["lib/engine.c", kind] = lines.pop(("src/core.c", kind), 0)
    commits[who] += 1
    out(b"\n")
total = n + 1
out(b"reset refs/heads/main\nfrom :%d\n" % total)
shown = {p: " ".join("".join(c if c.isprintable() else " " for c in p)
                     .split()) for p in people}
paths = ["lib/engine.c", "src/ui/a view.c", "doc/ü.md", "Makefile", "logo.png"]
json.dump(dict(
    commits=total, binary=binary,
    authors={shown[p]: [commits[p], lines[p, "added"], lines[p, "deleted"]]
             for p in people if commits[p]},
    files={p: [changes[p], lines[p, "added"], lines[p, "deleted"]]
           for p in paths}), open(sys.argv[1], "w"))
PYTHON
git -C "$repository" fast-import --quiet <"$tmp/stream" >"$tmp/git.log" 2>&1 ||
	fail "fast-import: $(cat "$tmp/git.log")"
quiet_git -C "$repository" symbolic-ref HEAD refs/heads/main

# What a hostile repository would have run.
for hook in post-checkout reference-transaction post-index-change; do
	printf '#!/bin/sh\ntouch %s/hooked\n' "$tmp" \
		>"$repository/.git/hooks/$hook"
	chmod +x "$repository/.git/hooks/$hook"
done
for key in core.fsmonitor core.pager diff.external gpg.program \
	core.sshCommand diff.evil.textconv; do
	quiet_git -C "$repository" config $key "touch $tmp/hooked; false"
done
quiet_git -C "$repository" config log.showSignature true
printf '* diff=evil\n' >"$repository/.git/info/attributes"

review() {
	ao 0 orchestrate "Review the git history of this repository" \
		--input repository="$1" --approve=low --on-failure=abort
	says 'replays the pattern git-history-review '
	story "$run"
}

review "$repository"
check "$tmp/want.json" <<'PYTHON'
import json, sys
import story
s, want = story.Story(sys.argv[1]), json.load(open(sys.argv[2]))
h = s.data("history")
assert h["commits"] == want["commits"] == 121 and h["merges"] == 0
assert h["binary"] == want["binary"] and h["renames"] == 1, h
got = {a["name"]: [a["commits"], a["added"], a["deleted"]]
       for a in h["authors"]}
assert got == want["authors"], (got, want["authors"])
got = {f["path"]: [f["commits"], f["added"], f["deleted"]] for f in h["hot"]}
assert got == want["files"], (got, want["files"])
assert h["added"] == sum(a[1] for a in want["authors"].values())
assert h["files_now"] == 5 and h["branch"] == "main"
tables = story.tables(s.text_of("report", "report"))
assert tables["Hot files"]["lib/engine.c"]["Commits"] == str(
    want["files"]["lib/engine.c"][0])
assert tables["Contributors"]["O|Pipe *"]["Commits"] == str(
    want["authors"]["O|Pipe *"][0])
assert len(s.pictures()) == 4
PYTHON
[ ! -e "$tmp/hooked" ] || fail "the repository made the review run a program"

# The same numbers from git itself, counted another way.
git -C "$repository" -c log.showSignature=false --no-pager log --format=%H \
	| wc -l | grep -qx ' *121' || fail "the test's own history is wrong"

# A merge counts as a commit; its lines count where they were written.
merged=$tmp/merged
quiet_git init -q "$merged"
at() {
	GIT_AUTHOR_DATE="$1" GIT_COMMITTER_DATE="$1" quiet_git -C "$merged" \
		-c user.name=Ann -c user.email=ann@example.org "$2" "$3" "$4" \
		"$5"
}
printf '1\n2\n' >"$merged/a"
quiet_git -C "$merged" add a
at 2024-01-01T10:00:00Z commit -q -m one
quiet_git -C "$merged" checkout -q -b side
printf 'x\ny\nz\n' >"$merged/b"
quiet_git -C "$merged" add b
at 2024-02-01T10:00:00Z commit -q -m two
quiet_git -C "$merged" checkout -q main
printf '1\n' >"$merged/a"
quiet_git -C "$merged" add a
at 2024-03-01T10:00:00Z commit -q -m three
at 2024-04-01T10:00:00Z merge -q --no-edit side
review "$merged"
check <<'PYTHON'
import sys
import story
h = story.Story(sys.argv[1]).data("history")
assert (h["commits"], h["merges"], h["added"], h["deleted"]) == (4, 1, 5, 1), h
assert (h["first"], h["last"]) == ("2024-01-01", "2024-04-01")
assert h["size"] == {"median": 2, "mean": 2, "max": 3}, h["size"]
PYTHON

# The workspace is the repository when none is named.
ao 0 orchestrate "Who changed what in this repo" -C "$merged" --approve=low
says 'replays the pattern git-history-review '
says '^    contributor: Ann, 4 commits$'

# A shallow clone says what is missing, and does not count it as new.
quiet_git clone -q --depth 2 "file://$merged" "$tmp/shallow"
review "$tmp/shallow"
check <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
h = s.data("history")
assert h["shallow"] and h["cut"] == 2 and h["commits"] == 3, h
assert (h["added"], h["deleted"]) == (0, 0), h
assert "The clone is shallow" in s.text_of("report", "report")
PYTHON

# No commits: a report that says so.
quiet_git init -q "$tmp/empty"
review "$tmp/empty"
check <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
assert "has no commits yet" in s.text_of("report", "report")
assert s.data("history")["commits"] == 0 and s.pictures() == []
PYTHON

# No repository: a failure that names the folder.
mkdir "$tmp/plain"
ao 1 orchestrate "Review the git history of this repository" \
	--input repository="$tmp/plain" --approve=low --on-failure=abort
says "failed: .*$tmp/plain is not a git repository"
ao 1 orchestrate "Review the git history of this repository" \
	--input repository="$tmp/nowhere" --approve=low --on-failure=abort
says "failed: .*$tmp/nowhere is not a folder"
verify
