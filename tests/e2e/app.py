"""The app in a pty: keys in, screen out. Run by app.sh:

    app.py PROGRAM FOLDER [NAME...]      only the tests of these names
"""
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import app_world  # noqa: E402
from app_world import (answer, choose, enter, equal, expect,  # noqa: E402
                       field, leave, run_tests, World, DATA, SAMPLE, TIMEOUT)

SYMBOLS = re.compile("[\u2580-\u259f\u2800-\u28ff\U0001fb00-\U0001fbaf]")


# --- the story of a newcomer -------------------------------------------------

def story():
    w = World("story")
    with w.app(rows=32, cols=104) as t:
        t.wait("Type a task")
        enter(t, SAMPLE + " --risk medium")
        t.wait(re.compile(r"Gate 1 plan . risk medium"))
        for words in ("[Plan]", "Risk medium", "profile", "sandbox",
                      "a approve", "c iterate"):
            t.wait(words)
        t.keys("G")
        t.wait("report")
        t.keys("d")
        t.wait("task: Review the tabular data")
        t.keys("Esc", "a")
        # The chart, inline at the gate, with its words.
        t.wait(re.compile(r"Gate 2 review"))
        t.wait(re.compile(r"visual checks 5/5 passed"))
        t.wait(lambda t: len(SYMBOLS.findall(t.dump())) > 30)
        # Another look at one of them: title and kind, and why.
        for _ in range(5):
            if "over time" in t.dump():
                break
            t.keys("[")
            t.idle()
        t.keys("c")
        t.wait("Iterate: run")
        t.type("bars would be clearer")
        field(t, "title")
        t.keys("End", "C-u")
        t.type("Seen by ann")
        field(t, "kind")
        choose(t, "bar")
        t.keys("C-s")
        t.wait(re.compile(r"Gate 3 review"))
        t.wait("asked for: bars would be clearer")
        t.wait("kind line -> bar")
        t.wait("Seen by ann")
        t.wait(lambda t: len(SYMBOLS.findall(t.dump())) > 30)
        t.keys("b")
        t.wait("before: attempt 1")
        t.wait("after: attempt 2")
        t.wait(lambda t: len(SYMBOLS.findall(t.dump())) > 60)
        t.keys("Esc")
        t.wait_gone("after: attempt 2")
        answer(t, "a", "succeeded")
        t.idle()
        # What was learnt.
        t.keys("p")
        t.wait(re.compile(r"Tabular data revi. +discovered +100%.* 1 +20"))
        t.keys("f")
        t.type("tabular")
        t.wait("1 pattern")
        t.keys("Enter", "Enter")
        t.wait("Evidence")
        t.keys("Esc", "Esc", "Esc")
        t.wait("succeeded")
        leave(t)
    iterated = w.events("gate.decided", decision="iterate")
    equal(len(iterated), 1, "iterations asked for")
    equal(iterated[0]["comment"], "bars would be clearer", "comment")
    equal(iterated[0]["by"], "ann", "by whom")
    equal(set(iterated[0]["values"]["with"]), {"title", "kind"},
          "what was changed")
    equal(iterated[0]["values"]["with"]["title"], "Seen by ann", "title")
    equal(len(w.events("pattern.learned")), 1, "learnt")


# --- other processes ---------------------------------------------------------

GATED = """
    - id: asks
      gate: approve
      run: echo fine
"""


def answered_elsewhere():
    """While the gate is shown, somebody answers it in another terminal."""
    w = World("elsewhere")
    w.pattern("gated", GATED)
    with w.app() as t:
        t.wait("Type a task")
        enter(t, "/replay-pattern gated")
        t.wait("Gate 1 approve")
        w.cli("decide", f"{w.run()}.1", "approve", "--comment", "from afar",
              "--no-resume")
        t.wait("Gate 1 was answered elsewhere: approve by ann: from afar")
        t.wait("Gate 2 review")
        t.keys("a")
        t.wait("succeeded")
        leave(t)
    equal(len(w.events("gate.decided")), 2, "answers")


# What puts a picture on the screen, and what takes it away where something
# must be sent for that; not the probe's question.
PROTOCOLS = {
    "kitty": (rb"\033_G(?=[^;\033]*a=[Tp],?)", rb"\033_G(?=[^;\033]*a=d)"),
    "sixel": (rb"\033P[0-9;]*q(?!m)", None),
    "iterm": (rb"\033\]1337;File=", None),
}


def pictures_by_protocol():
    """One placement for a picture, also after painting again; none below a
    box; as many deletions as placements at the end."""
    w = World("protocols")
    w.cli("orchestrate", "Review the tabular data in seattle-weather.csv",
          "--data", DATA, status=75)
    # The first program of a home paints all again when the terminal's entry
    # has been compiled.
    with w.app(answers="kitty") as t:
        t.wait(lambda t: w.has("cache/terminfo/*/xterm*[!0-9]/*/*"))
        leave(t)
    for name, (shows, goes) in PROTOCOLS.items():
        def count(t, what=shows):
            t.mark()
            return len(re.findall(what, bytes(t.raw)))

        with w.app(w.run(), answers=name) as t:
            t.wait("Gate 1 review")
            # On a busy machine the gate may come after the first paint, and
            # the picture moves: one placement more.
            t.wait(lambda t, n=count: n(t) >= 1)
            t.idle()
            first = count(t)
            expect(first <= 2, f"{first} placements of {name} at the start")
            t.keys("?")
            t.wait("at an open gate")
            t.idle()
            equal(count(t), first, f"placements of {name} below the help")
            t.keys("Esc")
            t.wait(lambda t, n=count, f=first: n(t) == f + 1)
            t.keys("Tab")
            t.idle()
            equal(count(t), first + 1, f"placements of {name}")
            t.keys("q")
            t.exit()
            expect(t.is_restored(), f"{name}: the terminal is as it was")
            equal(count(t), first + 1, f"placements of {name} at the end")
            if goes:
                equal(count(t, goes), first + 1, f"deletions of {name}")


def forks_and_compares():
    """A fork at the gate of a run that ended, answered in another way; then
    what differs."""
    w = World("forks")
    w.pattern("gated", GATED)
    with w.app() as t:
        t.wait("Type a task")
        enter(t, "/replay-pattern gated")
        t.wait("Gate 1 approve")
        t.keys("a")
        t.wait("Gate 2 review")
        answer(t, "a", "succeeded")
        origin = w.run()
        t.keys("r")
        t.wait("Runs 1")
        t.keys("F")
        t.wait("gate 1 approve")
        t.keys("Enter")
        t.wait(f"is a fork of {origin}")
        t.wait("Gate 2 review")
        equal(len(w.runs()), 2, "runs")
        t.keys("x")
        t.wait("Reject")
        t.type("not so")
        t.keys("C-s")
        t.wait("aborted")
        t.keys("r")
        t.wait("Runs 2")
        t.keys("c", "j", "c")
        t.wait("differ (*)")
        t.wait("succeeded")
        leave(t)
    # The fork has the step of its origin, and did it no second time.
    fork = w.events("run.created")[0]
    expect(fork["forked_from"].startswith(origin + "@"), "whose fork it is")
    equal(len(w.events("step.started")), 1, "steps of the fork")
    equal(w.events("gate.decided")[-1]["comment"], "not so", "the reason")


def others_run():
    """A run of another process, shown live, answered and carried on here."""
    w = World("others")
    w.slow()
    w.pattern("gated", GATED)
    other = subprocess.Popen(
        [app_world.AGENTOPS, "replay-pattern", "slow", "--approve=critical"],
        cwd=w.work, env={**os.environ, **w.env}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL)
    try:
        with w.app() as t:
            t.wait("working")
            t.keys("Esc", "Enter")
            t.wait(re.compile(r"2 waits"))
            t.keys("R")
            t.wait("is live in process")
            w.go()
            t.wait("succeeded")
            equal(other.wait(TIMEOUT), 0, "the other process's status")
            equal(w.log(), ["first", "last"], "what its steps did")
            # One that its process left at a gate.
            w.cli("replay-pattern", "gated", status=75)
            t.wait("1 waiting")
            t.keys("i")
            t.wait("Gates that wait for you")
            t.keys("Enter")
            t.wait("Gate 1 approve")
            t.keys("a")
            t.wait("Gate 2 review")
            answer(t, "a", "succeeded")
            leave(t)
    finally:
        if other.poll() is None:
            other.kill()
            other.wait()


# --- leaving and coming back -------------------------------------------------

def parks_and_resumes():
    w = World("parks")
    line = w.slow()
    with w.app() as t:
        t.wait("Type a task")
        enter(t, line)
        t.wait("2 waits")
        w.wait_journal(t, lambda w: w.events("step.started", step="waits"))
        t.keys("q")
        t.wait("Park it and leave?")
        t.keys("n")
        t.wait_gone("Park it and leave?")
        t.keys("q", "y")
        equal(t.exit(), 0, "status")
        expect(t.is_restored(), "the terminal is not as it was")
    equal(w.runs()[0]["status"], "parked", "the run")
    w.go()
    with w.app("resume", w.run(), "--app") as t:
        t.wait("succeeded")
        leave(t)
    equal(w.log(), ["first", "last"], "what the steps did")


def survives_kill():
    w = World("kill")
    line = w.slow()
    with w.app() as t:
        t.wait("Type a task")
        enter(t, line)
        t.wait("2 waits")
        w.wait_journal(t, lambda w: w.events("step.started", step="waits"))
        t.signal(signal.SIGKILL)
        equal(t.exit(), -signal.SIGKILL, "status")
    w.go()
    with w.app() as t:
        t.wait("cut off")
        t.keys("Esc", "Enter")
        t.wait("2 waits")
        t.keys("R")
        t.wait("succeeded")
        leave(t)
    equal(w.log(), ["first", "last"], "what the steps did")
    equal(len(w.events("step.started", step="first")), 1, "first: attempts")
    equal(len(w.events("run.ended")), 1, "ends")


def terminal_goes_away():
    w = World("hangup")
    line = w.slow()
    for how in ("SIGHUP", "closed", "SIGTERM"):
        with w.app() as t:
            t.wait("Type a task")
            enter(t, line)
            t.wait("2 waits")
            w.wait_journal(t, lambda w: w.events("step.started",
                                                 step="waits"))
            if how == "closed":
                t.hang_up()
            else:
                t.signal(getattr(signal, how))
            t.exit()
            expect(t.status in (0, 143, 129), f"{how}: status {t.status}")
            if how != "closed":
                expect(t.is_restored(), f"{how}: not restored")
        equal(w.runs()[0]["status"], "parked", f"the run after {how}")


# --- the terminal ------------------------------------------------------------

def resizes_in_a_storm():
    w = World("storm")
    line = w.slow()
    with w.app() as t:
        t.wait("Type a task")
        enter(t, line)
        t.wait("2 waits")
        for i in range(40):
            t.resize(24 + i * 7 % 60, 80 + i * 13 % 200)
            t.keys("j" if i % 2 else "2")
        t.resize(20, 79)
        t.wait("agentops needs 80 x 24")
        t.wait("this is 79 x 20")
        t.resize(24, 80)
        t.wait_gone("needs 80 x 24")
        w.go()
        t.keys("1")
        t.wait("succeeded")
        leave(t)


def suspends_and_continues():
    w = World("suspend")
    line = w.slow()
    shell = ["/bin/bash", "--norc", "--noprofile", "-i"]
    with w.app(program=shell, env={"PS1": "shell% "}) as t:
        t.wait("shell%")
        t.type(f"{app_world.AGENTOPS}\n")
        t.wait("Type a task")
        enter(t, line)
        t.wait("2 waits")
        t.keys("C-z")
        t.wait("Stopped")
        expect(t.screen.alternate is None, "stopped on its own screen")
        t.type("fg\n")
        t.wait("2 waits")
        w.go()
        t.wait("succeeded")
        t.keys("C-q")
        t.wait("shell%")
        t.type("exit\n")
        equal(t.exit(), 0, "the shell's status")


COLOUR = re.compile(rb"\033\[(?:[0-9:]*;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])"
                    rb"(?:[;:][0-9:]*)*m")


def colours_and_dumb():
    w = World("colours")
    with w.app() as t:
        t.wait("Type a task")
        leave(t)
        expect(COLOUR.search(t.raw), "there are colours")
    with w.app(env={"NO_COLOR": "1"}) as t:
        t.wait("Type a task")
        leave(t)
        # What is asked of the terminal is not shown.
        found = COLOUR.search(t.raw.replace(b"\033[38;2;1;2;3m\033P", b""))
        expect(not found, f"NO_COLOR, but {found and found[0]!r}")
    with w.app(env={"LC_ALL": "C"}) as t:
        t.wait("Type a task")
        t.keys("Esc", "?")
        t.wait("Keys")
        t.keys("Esc")
        leave(t)
        expect(max(t.raw) < 0x80, "bytes beyond ASCII in the C locale")
    with w.app(term="dumb") as t:
        t.wait("Task, or /command")
        expect(b"\033" not in t.raw, "escape sequences on a dumb terminal")
        t.keys("C-d")
        t.exit()


def entries_of_its_own():
    """The first start makes them; a later one moves the cursor by its address
    alone, and makes anew what is broken."""
    w = World("entries")
    folder = os.path.join(w.home, "cache/terminfo/2/xterm-256color/a")
    paths = [os.path.join(folder, name)
             for name in ("agentops", "agentops-direct")]
    for broken in (False, True):
        if broken:
            with open(paths[0], "wb") as file:
                file.write(b"no entry")
        # ncurses does not free a screen that it could not open.
        with w.app(env={"ASAN_OPTIONS": "detect_leaks=0"}) as t:
            t.wait("Type a task")
            t.wait(lambda t: all(os.path.getsize(p) > 100 for p in paths
                                 if os.path.exists(p)) and
                   all(map(os.path.exists, paths)))
            leave(t)
        with w.app() as t:
            t.wait("Type a task")
            t.keys("Esc", "?")
            t.wait("Keys")
            t.keys("Esc")
            leave(t)
        moved = re.search(rb"\033\[[0-9]*[ABCDGd]", t.raw)
        expect(not moved, f"a relative move: {moved and moved[0]!r}")


def quits_at_once():
    """Before, while and after the terminal answers and an entry is made."""
    for i in range(12):
        w = World(f"at-once-{i}")
        with w.app(answers=("kitty", "direct")[i % 2]) as t:
            t.wait(lambda t, n=i: len(t.raw) > 500 * n % 4000)
            leave(t)


def bad_looks():
    """Errors of configuration are told before the screen is touched."""
    w = World("looks")
    for name, text, words in (
            ("keys.yaml", "gate: {aprove: y}\n", "keys.yaml:1:8"),
            ("keys.yaml", "\ngate: [\n", "keys.yaml:3"),
            ("themes/mine.yaml", "text: {fg: blau}\n", "mine.yaml:1"),
            ("config.yaml", "theme: none-such\n", "none-such")):
        path = w.config(name, text)
        env = {"AGENTOPS_THEME": "mine"} if "themes" in name else {}
        with w.app(env=env) as t:
            equal(t.exit(), 3, f"{name}: exit status\n{t.dump()}")
            t.wait(words)
            expect(b"\033" not in t.raw, f"{name}: the terminal was touched")
            expect(t.is_restored(), "the terminal is not as it was")
        os.remove(path)
    w.config("keys.yaml", "global: {palette: F2}\nmain: {zoom: []}\n")
    with w.app() as t:
        t.wait("F2 palette")
        t.keys("F2")
        t.wait("Commands")
        t.type("suspend")
        t.wait("suspend to the shell")
        t.keys("Esc")
        leave(t)


# --- a journal that cannot be written ----------------------------------------

def waits_for_the_journal():
    """Locked for 10 s: the screen lives, the answer goes through after."""
    w = World("locked")
    w.pattern("gated", GATED)
    with w.app() as t:
        t.wait("Type a task")
        enter(t, "/replay-pattern gated")
        t.wait("Gate 1 approve")
        t.idle()
        other = w.journal()
        other.execute("BEGIN IMMEDIATE")
        end = time.monotonic() + 10
        t.keys("a")
        t.wait("Another process is writing to the journal")
        while time.monotonic() < end:
            for key, words in (("?", "at an open gate"), ("Esc", "Gate 1"),
                               ("2", "[Plan]"), ("1", "[Activity]")):
                begun = time.monotonic()
                t.keys(key)
                t.wait(words)
                # Tens of milliseconds; far less than the lock lasts.
                expect(time.monotonic() - begun < 3, f"{key} hangs")
            t.until(lambda: False, .2)
        other.execute("ROLLBACK")
        other.close()
        t.wait("Gate 2 review")
        t.keys("a")
        t.wait("succeeded")
        leave(t)
    equal(len(w.events("gate.decided")), 2, "answers")


def disk_full():
    place = os.path.join(app_world.HOMES, "small")
    os.mkdir(place)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs",
                           place], capture_output=True, text=True)
    if done.returncode:
        print("app: SKIPPED: full disk: cannot mount a tmpfs: "
              f"{done.stderr.strip()}", file=sys.stderr)
        return
    try:
        w = World("home", place)
        w.pattern("gated", GATED)
        with w.app() as t:
            t.wait("Type a task")
            enter(t, "/replay-pattern gated")
            t.wait("Gate 1 approve")
            full = os.path.join(place, "full")
            fill(full)
            t.keys("a")
            t.wait(re.compile("disk is full|No space left|full"))
            t.keys("?")
            t.wait("at an open gate")
            t.keys("Esc")
            os.remove(full)
            t.wait("Gate 1 approve")
            t.keys("a")
            t.wait("Gate 2 review")
            answer(t, "a", "succeeded")
            leave(t)
        w.cli("audit", "verify")
    finally:
        subprocess.run(["umount", place], check=True)


def fill(path):
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


# --- hostile texts -----------------------------------------------------------

# The app itself sends no HVP (f) and no OSC 4: each one is a leak.
EVIL = ("\033[7;7fred\033]0;owned\a\033]4;1;owned\a\033[2J"
        "\u202eright\u200bzero\u2066iso"
        "\x07bell\x9b31m\r\x08")


def hostile_texts():
    w = World("hostile")
    raw = EVIL.encode() + b"\xff\xfe\xc0\xaf"
    name = os.path.join(os.fsencode(w.work), b"a\x1b[7;7f\xe2\x80\xae\xff.csv")
    with open(name, "wb") as file:
        file.write(b"day,\x1b[7;7frain\xe2\x80\xae\n1,2\n3,4\n\xff\xfe,5\n")
    w.pattern("evil", r"""
    - id: says
      title: "\e[7;7ftitle\u202e"
      run: |
        printf '\033[7;7fout\033[2J\342\200\256\377\n'
        printf '\033]4;1;owned\007err\n' >&2
        printf '# \033[7;7f\342\200\256md\377\n' >out.md
        printf 'a,\033[7;7fb\n1,\342\200\2562\n' >out.csv
      outputs: {note: out.md, table: out.csv}
""", head=b"name: \"evil \\e[7;7f\\u202e name\"\n"
                     b"description: \"d\\e]0;owned\\a\\u200b\"\n")
    w.pattern("broken", "    - id: [\x1b[7;7f\n")
    with w.app(rows=40, cols=130) as t:
        t.wait("Type a task")
        t.paste("/replay-pattern evil ")
        t.send(b"\033[200~'" + raw.replace(b"\033", b"\x1b") + b"'\033[201~")
        t.idle()
        t.keys("Enter")
        t.wait("Gate 1 review")
        t.wait("^[[7;7f")
        t.wait("<U+202E>")
        for key in ("2", "3", "4", "5", "1", "d"):
            t.keys(key)
            t.idle()
        t.keys("Esc", "v")
        t.idle()
        t.keys("[", "[", "]")
        t.idle()
        t.keys("Esc", "i")
        t.idle()
        t.keys("Esc", "r")
        t.idle()
        t.keys("Esc", "p")
        t.wait("evil")
        t.keys("Enter")
        t.idle()
        t.keys("Esc", "Esc")
        t.keys(":")
        t.type("/orchestrate x --data a")
        t.keys("Tab")
        t.idle()
        t.keys("C-u", "Esc")
        t.wait("Gate 1 review")
        t.keys("a")
        t.wait("succeeded")
        expect(t.screen.title.startswith("agentops"),
               f"the title is {t.screen.title!r}")
        leave(t)


def a_huge_paste():
    w = World("paste")
    text = ("paste " * 16 + "\n") * (1000000 // 97)
    with w.app(rows=24, cols=80) as t:
        t.wait("Type a task")
        t.paste(text + "END")
        t.wait("END")
        t.keys("C-p")
        t.wait("Commands")
        t.keys("Esc", "Backspace")
        t.wait("EN")
        leave(t)


# --- what is edited ----------------------------------------------------------

def editor(w, commands):
    script = os.path.join(w.home, "editor")
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\n{commands}\n")
    os.chmod(script, 0o755)
    return script


def edits_a_plan():
    """In $EDITOR, at its gate: one with an error is told and not taken over,
    one that loads is proposed instead."""
    w = World("plan")
    w.pattern("gated", GATED)
    script = editor(w, "echo 'steps: [' >>\"$1\"")
    with w.app(env={"EDITOR": script}) as t:
        t.wait("Type a task")
        enter(t, "/replay-pattern gated --risk=medium")
        t.wait("Gate 1 plan")
        t.keys("e")
        t.wait("Edit it again?")
        t.wait(re.compile(r"plan:\d+:\d+"))
        t.keys("n")
        t.wait_gone("Edit it again?")
        t.wait("Gate 1 plan")
        editor(w, "sed -i 's/echo fine/echo better/' \"$1\"")
        t.keys("e")
        t.wait("Gate 2 plan")
        t.wait("echo better")
        answer(t, "a", "Gate 3 approve")
        answer(t, "a", "Gate 4 review")
        answer(t, "a", "succeeded")
        leave(t)
    equal(w.events("step.finished")[0]["text"].strip(), "better", "output")


def edits_a_pattern():
    """A shipped pattern is copied into the library, and shown anew."""
    w = World("edits")
    script = editor(w, "[ -e \"$0.keep\" ] && exit 0\n"
                    "sed -i 's/^name: .*/name: Edited by a test/' \"$1\"")
    copy = os.path.join(w.home,
                        "data/patterns/discovered/tabular-data-review.md")
    with w.app(env={"EDITOR": script}) as t:
        t.wait("Type a task")
        t.keys("Esc", "p", "f")
        t.type("tabular")
        t.wait("1 pattern")
        t.keys("Enter")
        # Not changed: no copy is left.
        with open(script + ".keep", "w", encoding="utf-8"):
            pass
        t.keys("e")
        t.wait("a copy in your library")
        t.idle()
        expect(not os.path.exists(copy), "a copy that nobody changed")
        os.remove(script + ".keep")
        t.keys("e")
        t.wait("Edited by a test")
        expect(os.path.exists(copy), "there is no copy")
        leave(t)


TESTS = [story, answered_elsewhere, pictures_by_protocol, forks_and_compares,
         others_run, parks_and_resumes,
         survives_kill, terminal_goes_away, resizes_in_a_storm,
         suspends_and_continues, colours_and_dumb, entries_of_its_own, quits_at_once,
         bad_looks,
         waits_for_the_journal, disk_full, hostile_texts, a_huge_paste,
         edits_a_plan, edits_a_pattern]


if __name__ == "__main__":
    run_tests(TESTS)
