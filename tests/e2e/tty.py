"""A program in a terminal of its own, for end-to-end tests: keys in, screen out.

    from tty import Tty          (this folder comes first in sys.path)
    with Tty([prog, "--x"], rows=24, cols=80, env={...}) as t:
        t.wait("Gate")           until the screen holds it; fails with a dump
        t.keys("a", "Enter", "C-p")
        t.type("some text"); t.paste("text")
        t.idle()                 until nothing was written for a moment
        print(t.dump())          the screen as text
        t.style(y, x)            Style(fg, bg, bold, reverse, ...) of a cell
        mark = t.mark(); ...; t.since(mark)      the raw bytes written
        assert t.exit() == 0

The terminal answers what a terminal answers: `answers` is a name of ANSWERS
or a dict from question to reply, as bytes. Nothing sleeps: every wait is for a
state, with a deadline. The screen is pyte's, with what it lacks (alternate
screen, DCS and APC strings, REP, scrolling) done here; strings, such as
pictures, are kept in t.strings as (kind, bytes, row, column).

A test that imports this cannot import the standard library's pty, which wants
a tty module of its own; it needs neither.
"""
import collections
import errno
import fcntl
import os
import re
import select
import signal
import struct
import sys
import termios
import time

sys.path.append("/usr/lib/python3/dist-packages")
try:
    import pyte
except ImportError:
    print("SKIPPED: python3-pyte is not installed: tools/deps check",
          file=sys.stderr)
    sys.exit(77)

TIMEOUT = 10.0

KITTY_QUERY = b"\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\"
XTERM = {
    b"\033[>q": b"\033P>|XTerm(379)\033\\",
    b"\033[?2026$p": b"\033[?2026;0$y",
    b"\033[14t": b"\033[4;384;640t",
    b"\033[16t": b"\033[6;16;8t",
    b"\033[?1;1;0S": b"\033[?1;0;256S",
    b"\033[?2;4;0S": b"\033[?2;0;1000;1000S",
    b"\033]11;?\033\\": b"\033]11;rgb:0000/0000/0000\033\\",
    b"\033P$qm\033\\": b"\033P1$r0;38:5:16m\033\\",
    b"\033[c": b"\033[?64;1;2;6;9;15;16;17;18;21;22;28c",
}
ANSWERS = {
    "mute": {},
    "xterm": XTERM,
    "direct": {**XTERM, b"\033P$qm\033\\": b"\033P1$r0;38:2::1:2:3m\033\\"},
    "sixel": {**XTERM, b"\033[c": b"\033[?63;1;2;4;6;9;15;22c"},
    "kitty": {
        **XTERM,
        KITTY_QUERY: b"\033_Gi=31;OK\033\\",
        b"\033[>q": b"\033P>|kitty(0.26.5)\033\\",
        b"\033[?2026$p": b"\033[?2026;2$y",
        b"\033P$qm\033\\": b"\033P1$r0;38:2:1:2:3m\033\\",
        b"\033[c": b"\033[?62;c",
    },
    "iterm": {
        **XTERM,
        b"\033[>q": b"\033P>|iTerm2 3.5.0\033\\",
        b"\033]1337;ReportCellSize\033\\":
            b"\033]1337;ReportCellSize=16.0;8.0;1.0\033\\",
        b"\033[c": b"\033[?62;22c",
    },
}

NAMED = {
    "Enter": b"\r", "Tab": b"\t", "Esc": b"\033", "Backspace": b"\177",
    "Space": b" ", "Del": b"\033[3~", "Ins": b"\033[2~", "Up": b"\033OA",
    "Down": b"\033OB", "Right": b"\033OC", "Left": b"\033OD",
    "Home": b"\033OH", "End": b"\033OF", "PgUp": b"\033[5~",
    "PgDn": b"\033[6~", "S-Tab": b"\033[Z", "F1": b"\033OP",
    "F2": b"\033OQ", "F3": b"\033OR", "F4": b"\033OS", "F5": b"\033[15~",
    "F10": b"\033[21~", "F12": b"\033[24~", "C-Left": b"\033[1;5D",
    "C-Right": b"\033[1;5C",
}

Style = collections.namedtuple(
    "Style", "fg bg bold italic underline reverse")


def key_bytes(name):
    """The bytes that xterm sends for a key named as in ui/key.h."""
    if name in NAMED:
        return NAMED[name]
    if name.startswith("M-"):
        return b"\033" + key_bytes(name[2:])
    if name.startswith("C-") and len(name) == 3:
        return bytes([ord(name[2].upper()) & 0x1f])
    if len(name) != 1:
        raise ValueError(f"no key is called {name!r}; use type() for text")
    return name.encode()


class Screen:
    """Bytes to a picture of the terminal. pyte for one buffer, two of them."""

    STRING = re.compile(
        rb"\033([PX^_\]])(.*?)(?:\033\\|\a)", re.S)
    SEQUENCE = re.compile(
        rb"\033\[([<-?]?)([0-9;:]*)([ -/]*)([@-~])")
    UNFINISHED = re.compile(
        rb"\033(?:[PX^_\]](?:(?!\033\\|\a).)*|\[[0-?]*[ -/]*|[ -/]*)?\Z",
        re.S)

    def __init__(self, rows, cols):
        self.rows, self.cols = rows, cols
        self.main = self.buffer()
        self.alternate = None
        self.modes = set()      # private modes that are on
        self.strings = []       # (kind, bytes, row, column)
        self.title = ""
        self.rest = b""
        self.last = ""

    def buffer(self):
        screen = pyte.Screen(self.cols, self.rows)
        return screen, pyte.ByteStream(screen)

    @property
    def now(self):
        return (self.alternate or self.main)[0]

    def resize(self, rows, cols):
        self.rows, self.cols = rows, cols
        for one in (self.main, self.alternate):
            if one:
                one[0].resize(rows, cols)

    def plain(self, data):
        if not data:
            return
        (self.alternate or self.main)[1].feed(data)
        text = data.decode("utf-8", "replace")
        if text[-1] >= " ":
            self.last = text[-1]

    def sequence(self, m):
        prefix, numbers, middle, final = m.groups()
        if prefix == b"?" and final in b"hl" and not middle:
            for mode in numbers.split(b";"):
                self.set_mode(int(mode), final == b"h")
            # The cursor's visibility is pyte's as well.
            if numbers == b"25":
                self.plain(m.group(0))
        elif final in b"ST" and not prefix:
            self.scroll(final, int(numbers or b"1"))
        elif final == b"b" and not prefix:
            self.plain(self.last.encode() * int(numbers or b"1"))
        elif not prefix and not middle and final not in b"tq":
            self.plain(m.group(0))

    def scroll(self, final, count):
        """Up or down within the margins; pyte knows it as lines that are
        deleted or inserted at their top."""
        screen = self.now
        x, y = screen.cursor.x, screen.cursor.y
        screen.cursor.y = screen.margins.top if screen.margins else 0
        if final == b"S":
            screen.delete_lines(count)
        else:
            screen.insert_lines(count)
        screen.cursor.x, screen.cursor.y = x, y

    def set_mode(self, mode, on):
        (self.modes.add if on else self.modes.discard)(mode)
        if mode == 1049 and on and not self.alternate:
            self.alternate = self.buffer()
        elif mode == 1049 and not on:
            self.alternate = None

    def string(self, m):
        kind = {b"P": "DCS", b"]": "OSC", b"_": "APC"}.get(m[1], "other")
        cursor = self.now.cursor
        self.strings.append((kind, bytes(m[2]), cursor.y, cursor.x))
        if kind == "OSC" and m[2][:2] in (b"0;", b"2;"):
            self.title = m[2][2:].decode("utf-8", "replace")

    def feed(self, data):
        data = self.rest + data
        end = self.UNFINISHED.search(data)
        self.rest = data[end.start():] if end else b""
        data = data[:end.start()] if end else data
        at = 0
        for m in re.finditer(self.STRING.pattern + b"|" +
                             self.SEQUENCE.pattern, data, re.S):
            self.plain(data[at:m.start()])
            at = m.end()
            if m[1]:
                self.string(m)
            else:
                self.sequence(self.SEQUENCE.fullmatch(m[0]))
        self.plain(data[at:])


class Tty:
    def __init__(self, argv, rows=24, cols=80, term="xterm-256color",
                 env=None, answers="xterm", pixels=(0, 0), cwd=None,
                 timeout=TIMEOUT):
        self.timeout = timeout
        self.answers = ANSWERS[answers] if isinstance(answers, str) \
            else answers
        self.raw = bytearray()
        self.asked = 0          # bytes of raw that were looked at for questions
        self.status = None
        self.pixels = pixels
        self.screen = Screen(rows, cols)
        # The slave stays open here, so that its modes can be looked at and
        # nothing is lost when the program ends.
        self.master, self.slave = os.openpty()
        os.set_blocking(self.master, False)
        self.set_size(rows, cols)
        self.cooked = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if self.pid == 0:
            self.child(argv, term, env or {}, cwd)

    def child(self, argv, term, env, cwd):
        try:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(self.slave, fd)
            os.closerange(3, 256)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if cwd:
                os.chdir(cwd)
            keep = {k: v for k, v in os.environ.items() if k not in (
                "TMUX", "STY", "COLORTERM", "TERM_PROGRAM", "LC_TERMINAL",
                "NO_COLOR", "LINES", "COLUMNS", "LC_CTYPE", "LANG")}
            keep.update(TERM=term, LC_ALL="C.UTF-8")
            keep.update(env)
            os.execvpe(argv[0], argv, {k: v for k, v in keep.items()
                                       if v is not None})
        except OSError as e:
            os.write(2, f"tty.py: {argv[0]}: {e}\n".encode())
        os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- the world outside ---------------------------------------------------

    def set_size(self, rows, cols):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack(
            "HHHH", rows, cols, *self.pixels))

    def resize(self, rows, cols):
        self.pump(0)
        self.screen.resize(rows, cols)
        self.set_size(rows, cols)

    def send(self, data):
        """Raw bytes, also more than the tty takes at once."""
        end = time.monotonic() + self.timeout
        while data:
            try:
                data = data[os.write(self.master, data):]
            except BlockingIOError:
                self.need(time.monotonic() < end, "it reads nothing")
                self.pump(.05)

    def keys(self, *names):
        """One after the other, each once the one before was read."""
        for name in names:
            self.send(key_bytes(name))
            self.taken()
            if name == "Esc":
                self.until(lambda: False, .03)  # longer than Esc waits

    def type(self, text):
        self.send(text.encode())

    def paste(self, text):
        self.send(b"\033[200~" + text.encode() + b"\033[201~")

    def mouse(self, y, x, button=0, release=True):
        for final in "Mm" if release else "M":
            self.send(b"\033[<%d;%d;%d%c" % (button, x + 1, y + 1,
                                             ord(final)))

    def signal(self, number):
        os.kill(self.pid, number)

    def hang_up(self):
        """The terminal is closed."""
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    # --- waiting --------------------------------------------------------------

    def pump(self, timeout):
        """Takes what was written within timeout; True when something was."""
        if self.master < 0:
            return False
        ready, _, _ = select.select([self.master], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError as e:
            if e.errno in (errno.EAGAIN, errno.EIO):
                return False
            raise
        self.raw += data
        self.screen.feed(data)
        self.reply()
        return bool(data)

    def reply(self):
        """Answers questions in the order in which they were asked."""
        if not self.answers:
            return
        either = b"|".join(re.escape(q) for q in
                           sorted(self.answers, key=len, reverse=True))
        start = self.asked
        for m in re.finditer(either, bytes(self.raw[start:])):
            self.asked = start + m.end()
            self.send(self.answers[m[0]])
        # A question may be cut in two by a read.
        self.asked = max(self.asked, len(self.raw) - 64)

    def until(self, state, timeout=None):
        """True once state() holds; False at the deadline."""
        end = time.monotonic() + (self.timeout if timeout is None
                                  else timeout)
        while not state():
            left = end - time.monotonic()
            if left <= 0:
                return False
            self.pump(min(left, .05))
            self.reap()
        return True

    def need(self, truth, what):
        if not truth:
            raise AssertionError(
                f"{what}; exit status {self.status}; the screen:\n"
                f"{self.dump(numbered=True)}\n")

    def wait(self, what, timeout=None):
        """Until the screen holds a text, matches a compiled regex, or
        what(self) is true."""
        if callable(what):
            found = lambda: what(self)  # noqa: E731
        elif isinstance(what, re.Pattern):
            found = lambda: what.search(self.dump())  # noqa: E731
        else:
            found = lambda: what in self.dump()  # noqa: E731
        self.need(self.until(found, timeout), f"waited for {what!r}")

    def wait_gone(self, what, timeout=None):
        self.need(self.until(lambda: what not in self.dump(), timeout),
                  f"{what!r} stays")

    def idle(self, quiet=.08, timeout=None):
        """Until nothing was written for `quiet` seconds."""
        end = time.monotonic() + (timeout or self.timeout)
        while self.pump(quiet):
            self.need(time.monotonic() < end, "it never stops writing")

    def taken(self):
        """Until the program has read what was sent."""
        def empty():
            left = fcntl.ioctl(self.slave, termios.FIONREAD, b"\0" * 4)
            return struct.unpack("i", left)[0] == 0
        # Between our write and the queue is a moment in the kernel.
        for _ in range(2):
            self.need(self.until(empty), "it does not read its input")
            self.pump(.01)

    def exit(self, timeout=None):
        """Its exit status, minus the signal that killed it."""
        self.need(self.until(lambda: self.status is not None, timeout),
                  "it does not end")
        while self.pump(0):
            pass
        return self.status

    def reap(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)

    def close(self):
        self.reap()
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.kill(self.pid, signal.SIGCONT)
            os.waitpid(self.pid, 0)
            self.status = -signal.SIGKILL
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1

    # --- looking ---------------------------------------------------------------

    def row(self, y):
        return self.screen.now.display[y].rstrip()

    def dump(self, numbered=False):
        rows = [self.row(y) for y in range(self.screen.rows)]
        if numbered:
            rows = [f"{y:3} |{r}" for y, r in enumerate(rows)]
        return "\n".join(rows)

    def find(self, text):
        """(row, column) of the first place of a text; fails without."""
        for y in range(self.screen.rows):
            x = self.screen.now.display[y].find(text)
            if x >= 0:
                return y, x
        self.need(False, f"{text!r} is not there")

    def style(self, y, x):
        c = self.screen.now.buffer[y][x]
        return Style(c.fg, c.bg, c.bold, c.italics, c.underscore, c.reverse)

    def styles(self, y):
        """A row as runs: [(text, Style), ...]."""
        runs = []
        for x in range(self.screen.cols):
            text, style = self.screen.now.buffer[y][x].data, self.style(y, x)
            if runs and runs[-1][1] == style:
                runs[-1] = (runs[-1][0] + text, style)
            else:
                runs.append((text, style))
        return runs

    @property
    def cursor(self):
        """(row, column), or None when hidden."""
        c = self.screen.now.cursor
        return None if c.hidden else (c.y, c.x)

    @property
    def strings(self):
        return self.screen.strings

    def mark(self):
        while self.pump(0):
            pass
        return len(self.raw)

    def since(self, mark):
        while self.pump(0):
            pass
        return bytes(self.raw[mark:])

    def is_restored(self):
        """The shell finds its terminal as it was."""
        return (self.screen.alternate is None and
                not self.screen.modes & {1000, 1002, 1003, 1004, 1006, 2004,
                                         2026} and
                not self.screen.now.cursor.hidden and
                termios.tcgetattr(self.slave) == self.cooked)
