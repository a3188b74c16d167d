#!/usr/bin/python3
"""The terminal layer in a pty: what it writes, and that it gives the tty back.

Drives tests/unit/term_child, which obeys single keys and shows what came.
"""
import os
import re
import signal
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tty import Tty  # noqa: E402

BUILD = os.environ.get("BUILDDIR") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../build")
CHILD = os.path.join(BUILD, "tests/unit/term_child")
HOME = None


def child(*args, **options):
    env = {"AGENTOPS_HOME": HOME, **options.pop("env", {})}
    return Tty([CHILD, *args], env=env, **options)


def opened(t):
    t.wait("last row")
    t.idle()
    return t


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, not {wanted!r}")


def paints_only_what_differs():
    with child() as t:
        opened(t)
        equal(t.row(0), "ready 80x24", "first row")
        mark = t.mark()
        t.keys("e")   # paints the same frame again
        t.idle()
        equal(t.since(mark), b"", "bytes for an equal frame")
        t.keys("x")
        t.wait("event 1: key x")
        t.idle()
        expect(len(t.since(mark)) < 60, "one row costs more than 60 bytes")
        equal(t.cursor, (1, 3), "cursor")
        expect(b"\033[?2026h" not in t.raw, "an update nobody understands")
        t.keys("q")
        equal(t.exit(), 0, "exit status")
        expect(t.is_restored(), "the terminal is not as it was")
        expect("bye" in t.dump(), "the main screen is back")


def wide_characters():
    with child() as t:
        opened(t)
        for _ in range(3):
            t.keys("a")
            t.wait("漢")
            equal(t.screen.now.display[3].rstrip(), "wide 漢字 e  end",
                  "row")
            t.keys("a")
            t.wait("wide ab end")


def capabilities():
    rows = {
        "mute": "colours 3 picture 1 cell 8x16 sixel 0x0",
        "xterm": "colours 3 picture 1 cell 8x16 sixel 1000x1000",
        "sixel": "colours 3 picture 2 cell 8x16 sixel 1000x1000",
        "kitty": "colours 4 picture 3 cell 8x16",
        "iterm": "colours 3 picture 4 cell 8x16",
    }
    for answers, wanted in rows.items():
        with child(answers=answers, cols=200) as t:
            t.wait(wanted)
            t.keys("q")
            equal(t.exit(), 0, "exit status")
            expect(t.is_restored(), f"{answers}: not as it was")
            for reply in (b"rgb:", b"XTerm", b"2026"):
                expect(reply.decode() not in t.dump(),
                       "an answer is on the screen of the shell")
    with child(term="dumb") as t:
        equal(t.exit(), 3, "exit status with TERM=dumb")
        expect("cannot move its cursor" in t.dump(), t.dump())
    # ncurses keeps something of a terminal that it could not open.
    with child(term="no-such-terminal",
               env={"ASAN_OPTIONS": "detect_leaks=0"}) as t:
        equal(t.exit(), 3, "exit status with an unknown TERM")
        expect("is not known here" in t.dump(), t.dump())
    with child(pixels=(1600, 480), cols=160) as t:
        t.wait("cell 10x20")


def ascii_only():
    with child(env={"LC_ALL": "C"}, cols=120) as t:
        opened(t)
        expect("utf8 0" in t.dump(), "utf8 in the C locale")
        t.keys("a")
        t.wait("key a")
        t.idle()
        expect(all(b < 128 for b in t.raw), "bytes that are no ASCII")
        expect("wide ?" in t.row(3), t.row(3))
    # A locale that is not installed is still known to be UTF-8.
    with child(env={"LC_ALL": "xx_YY.UTF-8"}, cols=120) as t:
        opened(t)
        expect("utf8 1" in t.dump(), "a locale that is not installed")


def old_terminals():
    """Nothing is sent that they would show."""
    for term in ("vt100", "linux"):
        with child(term=term, answers="mute", cols=120) as t:
            t.wait("last row")
            t.idle()
            t.keys("a")
            t.wait("key a")
            t.keys("t")
            t.wait("key t")
            for sent in (b"2004h", b"1006h", b"\033]", b"\033_", b"\033P"):
                expect(sent not in t.raw, f"{term}: {sent!r}")
            t.keys("q")
            equal(t.exit(), 0, f"exit status, {term}")
            expect(t.is_restored(), f"{term}: not as it was")
            expect("ready" not in t.dump(), f"{term}: something is left")
    with child(term="vt100", cols=120) as t:
        opened(t)
        expect(t.style(3, 0).reverse, "a background without colours")


def updates_are_one():
    with child(answers="kitty", cols=200) as t:
        t.wait("sync 1")
        t.idle()
        mark = t.mark()
        t.keys("P")
        t.wait("key P")
        t.idle()
        written = t.since(mark)
        expect(re.fullmatch(rb"\033\[\?2026h[^\0]*\0337\033\[7;5H"
                            rb"\033_Gpicture\033\\\0338\033\[\?2026l",
                            written), f"no single update: {written!r}")
        equal(t.strings[-1], ("APC", b"Gpicture", 6, 4), "picture")
        equal(t.cursor, (1, 3), "cursor after a picture")


def colours():
    wanted = {"direct": ("010203", "8000ff"), "256": ("000000", "8700ff"),
              "16": ("black", "magenta"), "8": ("black", "magenta"),
              "none": ("default", "default")}
    for name, (fg, bg) in wanted.items():
        answers = "direct" if name == "direct" else "xterm"
        with child(name, answers=answers, cols=120) as t:
            t.wait("colours %d" % ["none", "8", "16", "256",
                                   "direct"].index(name))
            t.idle()
            style = t.style(3, 0)
            equal((style.fg, style.bg), (fg, bg), f"colours {name}")
            equal(style.reverse, name == "none", f"reverse, {name}")
            t.keys("c")
            t.wait("key c")
            t.idle()
            if name == "direct":
                equal(t.style(10, 20).bg, "3c5ac8", "a gradient's cell")
    # More pairs than the terminal has: all is drawn, and again.
    with child(term="xterm", cols=100, rows=40) as t:
        opened(t)
        for i in range(1, 7):
            t.keys("c")
            t.wait(f"event {i}: key c")
        t.idle()
        equal(t.row(39), "last row", "last row")
        equal(t.style(10, 20).bg, "default", "a cell without its gradient")


def direct_is_compiled_once():
    with tempfile.TemporaryDirectory() as home:
        env = {"AGENTOPS_HOME": home, "COLORTERM": "truecolor"}
        with child(env=env, cols=120, answers="mute") as t:
            t.wait("colours 4")
            equal(t.style(3, 0).bg, "8000ff", "bg after the switch")
            equal(t.raw.count(b"\033[?1049h"), 1, "screens entered")
        path = os.path.join(home, "cache/terminfo/2/xterm-256color/a",
                            "agentops-direct")
        before = os.stat(path)
        with child(env=env, cols=120, answers="mute") as t:
            t.wait("colours 4")
            expect(b"colours 3" not in t.raw, "256 colours at first")
        equal(os.stat(path).st_mtime_ns, before.st_mtime_ns, "entry")
        # A damaged one is made again.
        with open(path, "wb") as f:
            f.write(b"\x1a\x01garbage")
        with child(env=env, cols=120, answers="mute") as t:
            t.wait("colours 4")
            equal(t.style(3, 0).bg, "8000ff", "bg after the repair")
        # A tic that hangs holds nobody up, and leaves nothing behind.
        os.unlink(path)
        bad = os.path.join(home, "bin")
        os.mkdir(bad)
        with open(os.path.join(bad, "tic"), "w") as f:
            f.write("#!/bin/sh\nkill -STOP $$\n")
        os.chmod(os.path.join(bad, "tic"), 0o755)
        with child(env={**env, "PATH": bad + ":/bin"}, cols=120) as t:
            opened(t)
            t.keys("q")
            equal(t.exit(), 0, "status with a tic that hangs")
        equal(os.listdir(os.path.join(home, "cache/terminfo/2")),
              ["xterm-256color"], "folders left")
        # Without tic it stays at 256.
        with child(env={**env, "PATH": home}, cols=120, answers="mute") as t:
            opened(t)
            expect("colours 3" in t.dump(), t.dump())


def input_of_all_kinds():
    with child(answers="mute", cols=120) as t:
        opened(t)
        t.keys("Esc")
        t.wait("key Esc")
        t.send(b"\033")
        t.taken()
        t.send(b"[A")        # one key all the same, if it comes in time
        t.wait(re.compile("key (Up|A)"))
        t.paste("one\ntwo\033[31m")
        t.wait("paste one^Jtwo^[[31m")
        t.mouse(7, 9)
        t.wait("mouse  9,7")
        t.send(b"\033[I")
        t.wait("focus in")
        # An answer between keys, late, and cut in two.
        t.send(b"x\033[?62;4")
        t.taken()
        t.send(b"c")
        t.wait("picture 2")
        t.wait("key x")
        # One that never ends is dropped; what was typed after it is not.
        t.send(b"\033]11;rgb:12")
        t.taken()
        t.keys("k")
        t.wait("key k")
        t.paste("p" * 1000000)
        t.wait("len 1000000", timeout=20)


def restored_after(number, status):
    with child(answers="kitty") as t:
        opened(t)
        t.signal(number)
        equal(t.exit(), status, f"status after signal {number}")
        expect(t.is_restored(), f"not as it was after signal {number}")


def signals():
    restored_after(signal.SIGTERM, 0)
    restored_after(signal.SIGINT, 0)
    restored_after(signal.SIGHUP, 0)
    for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT,
                   signal.SIGILL, signal.SIGFPE):
        restored_after(number, -number)
    with child(answers="kitty") as t:
        opened(t)
        t.keys("S")
        equal(t.exit(), -signal.SIGSEGV, "status after a crash")
        expect(t.is_restored(), "not as it was after a crash")


def hangup():
    with child() as t:
        opened(t)
        t.hang_up()
        equal(t.exit(), 0, "status after a hangup")


def resizing():
    with child() as t:
        opened(t)
        for i in range(50):
            t.resize(24 + i % 7, 80 + i)
        t.resize(30, 100)
        t.wait("ready 100x30 resized 100x30")
        t.idle()
        equal(t.row(29), "last row", "last row")
        t.resize(5, 20)
        t.wait("ready 20x5")
        t.idle()
        t.resize(60, 200)
        t.wait("ready 200x60")
        t.wait(lambda t: t.row(59) == "last row")
        equal(t.row(29), "", "a row that was the last")


def editor():
    with child() as t:
        opened(t)
        mark = t.mark()
        t.keys("E")
        t.wait("key E")
        t.idle()
        written = t.since(mark)
        expect(re.search(rb"1049l.*editor.*1049h", written, re.S),
               "the main screen was not given back")
        equal(t.row(23), "last row", "drawn anew")
        # Its Ctrl-C reaches the group; what is typed meanwhile is kept.
        t.keys("D")
        t.wait(lambda t: t.screen.alternate is None)
        t.signal(signal.SIGINT)
        t.send(b"x\n")
        t.wait(re.compile("event [34]: key (x|C-j|Enter)"))


def is_stopped(t):
    pid = os.popen(f"pgrep -P {t.pid} term_child").read().strip()
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        return f.read().split()[2] == "T"


def suspending():
    shell = ["/bin/bash", "--norc", "--noprofile", "-i"]
    with Tty(shell, env={"AGENTOPS_HOME": HOME, "PS1": "shell% "}) as t:
        t.wait("shell%")
        t.type(f"{CHILD}\n")
        t.wait("last row")
        t.idle()
        t.keys("z")
        t.wait("Stopped")
        expect(t.screen.alternate is None and not t.screen.modes & {1002,
               1004, 1006}, "stopped, but the screen is still ours")
        t.type("echo between; fg\n")
        t.wait("event 1: key z")
        t.wait("last row")
        t.keys("x")
        t.wait("event 2: key x")
        # From outside, without asking: the shell's kill.
        for stop in ("TSTP", "STOP"):
            t.type("")
            os.system(f"pkill -{stop} -P {t.pid} term_child")
            # The shell's words alone may be older ones.
            t.wait(is_stopped)
            t.wait("Stopped")
            # Its rows are still there, and the shell's words over them.
            t.type("clear; fg\n")
            t.wait_gone("Stopped")
            t.wait("last row")
            t.idle()
        t.keys("q")
        t.wait("bye")
        t.wait("shell%")
        t.type("exit\n")
        equal(t.exit(), 0, "the shell's status")


def says_things():
    with child(answers="kitty") as t:
        opened(t)
        t.keys("t")
        t.wait("key t")
        t.idle()
        equal(t.screen.title, "a title^[,x", "title")
        said = [s for k, s, _, _ in t.strings if k == "OSC"]
        expect(b"9;Gate: plan, ready" in said, said)
        expect(b"777;notify;Gate;plan, ready" in said, said)
        expect(b"52;c;aGVsbG8=" in said, said)
        t.keys("q")
        t.exit()
        expect(b"\033[23;0t" in t.raw, "the title is not given back")


def blocked_tty():
    """A terminal that takes nothing does not stop the program."""
    with child(cols=120, rows=40, answers="direct", timeout=30) as t:
        opened(t)
        for _ in range(8):      # nobody reads: the tty is full soon
            t.send(b"cl")
        t.send(b"x")
        t.wait("event 17: key x")
        t.idle()
        equal(t.row(39), "last row", "last row")
        # And it ends while the tty is full.
        for _ in range(8):
            os.write(t.master, b"cl")
        os.write(t.master, b"q")
        equal(t.exit(), 0, "exit status")


def idle_is_idle():
    with child() as t:
        opened(t)

        def switches():
            with open(f"/proc/{t.pid}/status") as f:
                return re.findall(r"ctxt_switches:\s*(\d+)", f.read())
        before, mark = switches(), t.mark()
        t.until(lambda: False, .5)
        equal(switches(), before, "wake-ups of an idle program")
        equal(t.since(mark), b"", "bytes of an idle program")


def main():
    global HOME
    tests = [paints_only_what_differs, wide_characters, ascii_only,
             capabilities, old_terminals, updates_are_one, colours, direct_is_compiled_once,
             input_of_all_kinds, signals, hangup, resizing, editor,
             suspending, says_things, blocked_tty, idle_is_idle]
    failed = 0
    with tempfile.TemporaryDirectory() as HOME:
        for test in tests:
            if sys.argv[1:] and test.__name__ not in sys.argv[1:]:
                continue
            try:
                test()
                print(f"ok: {test.__name__}", flush=True)
            except (AssertionError, OSError) as e:
                failed += 1
                print(f"FAILED: {test.__name__}: {e}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
