"""What the tests of the app share: homes, a slow pattern, the journal, and
what the app may write to a terminal."""
import glob
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import traceback

from tty import Tty

AGENTOPS = HOMES = None   # set by run_tests
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
DATA = os.path.abspath(os.path.join(TOP, "examples/seattle-weather.csv"))
SAMPLE = ('/orchestrate "Review the tabular data in seattle-weather.csv" '
          f'--data {DATA}')
# The machine may be busy with other tests.
TIMEOUT = 30.0


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, not {wanted!r}")


class World:
    """A home of its own, and the programs in it."""

    def __init__(self, name, place=None):
        self.home = os.path.join(place or HOMES, name)
        self.work = os.path.join(self.home, "w")
        os.makedirs(self.work)
        self.env = {"AGENTOPS_HOME": self.home, "USER": "ann",
                    "EDITOR": "/bin/false"}

    def app(self, *args, env=None, program=None, **options):
        options = {"rows": 40, "cols": 120, "timeout": TIMEOUT,
                   "cwd": self.work, **options}
        return Tty(program or [AGENTOPS, *args],
                   env={**self.env, **(env or {})}, **options)

    def cli(self, *args, status=0):
        done = subprocess.run(
            [AGENTOPS, *args], capture_output=True, text=True, cwd=self.work,
            stdin=subprocess.DEVNULL, timeout=TIMEOUT,
            env={**os.environ, **self.env})
        equal(done.returncode, status,
              f"agentops {' '.join(args)}: {done.stdout[-2000:]}"
              f"{done.stderr}")
        return done.stdout

    def runs(self):
        return [json.loads(line) for line in
                self.cli("runs", "--json").splitlines()]

    def run(self):
        return self.runs()[0]["run"]

    def events(self, kind, **wanted):
        events = [json.loads(line) for line in self.cli(
            "show", "--json", self.run()).splitlines()]
        return [e["data"] for e in events if e["type"] == kind and
                all(e["data"].get(k) == v for k, v in wanted.items())]

    def config(self, name, text):
        path = os.path.join(self.home, "config", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def pattern(self, name, steps, head=b""):
        folder = os.path.join(self.home, "data/patterns/discovered")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"{name}.md"), "wb") as file:
            file.write(f"---\npattern_id: {name}\n".encode() +
                       (head or f"name: {name}\n".encode()) +
                       f"workflow:\n  name: {name}\n  steps:\n".encode() +
                       steps.encode() + b"---\nA pattern of a test.\n")

    def slow(self):
        """Adds a line to w/log, waits for w/go, adds another: a run that can
        be met in its middle."""
        self.pattern("slow", """
    - id: first
      profile: workspace-write
      run: echo first >>"$AGENTOPS_WORKSPACE/log"
    - id: waits
      needs: [first]
      effects: read_only
      run: until [ -e "$AGENTOPS_WORKSPACE/go" ]; do sleep 0.02; done # poll
    - id: last
      needs: [waits]
      profile: workspace-write
      run: echo last >>"$AGENTOPS_WORKSPACE/log"
""")
        return "/replay-pattern slow --approve=critical"

    def go(self):
        with open(os.path.join(self.work, "go"), "w", encoding="utf-8"):
            pass

    def log(self):
        with open(os.path.join(self.work, "log"), encoding="utf-8") as file:
            return file.read().split()

    def has(self, pattern):
        return bool(glob.glob(os.path.join(self.home, pattern)))

    def journal(self):
        return sqlite3.connect(
            os.path.join(self.home, "state/agentops.db"), timeout=5,
            isolation_level=None)

    def wait_journal(self, t, state):
        """Until state(self) holds, while the app goes on."""
        def holds():
            try:
                return state(self)
            except AssertionError:
                return False
        t.need(t.until(holds), "the journal does not get there")


def enter(t, line):
    """Types a line into the prompt of a main screen that has the focus."""
    t.type(line)
    t.wait(line[-6:])
    t.keys("Enter")


def field(t, name):
    """Tabs to a field of the form that is shown."""
    for _ in range(40):
        t.idle()
        if re.search(rf"> {name}\b", t.dump()):
            return
        t.keys("Tab")
    t.need(False, f"the form has no field {name}")


def choose(t, option):
    """Moves in the select that has the focus."""
    for _ in range(40):
        if f"(\u2022) {option}" in t.dump():
            return
        t.keys("Right")
        t.idle()
    t.need(False, f"{option} cannot be chosen")


def answer(t, key, then):
    """Presses key until `then` shows: right after an answer a key is not
    taken for one to the gate that just came up, and the app says so."""
    soon = "This is another gate"
    while then not in t.dump():
        t.keys(key)
        t.wait(lambda t: then in t.dump() or soon in t.dump())


def leave(t, status=0):
    t.keys("C-q")
    equal(t.exit(), status, f"exit status\n{t.dump()}")
    expect(t.is_restored(), "the terminal is not as it was")
    clean(t)


# --- what may go to a terminal -----------------------------------------------

SEQUENCES = re.compile(
    rb"\033\[[0-9;:]*[mHABCDGdJKXPZbrnchl@]"    # colours, cursor, erasing;
    # never scrolling (L, M, S, T): pixels would move
    rb"|\033\[\?[0-9;]+[hl]"                     # modes
    rb"|\033\[[0-9;]*t|\033\[!p"
    rb"|\033\[[>=<?][0-9;]*[uqScm]"              # questions
    rb"|\033\[\?[0-9;]+\$p"
    rb"|\033[()][0AB]|\033[=>78MDEc]|\033\\"
    rb"|\033\](?:0|2|11|9|777|52|1337);[^\033\a]*(?:\a|\033\\)"
    rb"|\033P[+$]q[^\033]*\033\\"                # questions: DCS
    rb"|\033_G[^\033]*\033\\"
    rb"|\033\[[0-9;]* q")
# Characters that act or mislead: C0 but tab and line ends, DEL, C1, bidi
# controls, zero width, line and paragraph separators, tags.
HARMFUL = re.compile(
    "[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e"
    "\u2066-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")


def clean(t):
    """Everything that was written is text or a sequence that the app uses."""
    rest = SEQUENCES.sub(b"", bytes(t.raw)).replace(b"\a", b"")
    at = rest.find(b"\033")
    expect(at < 0, f"a sequence that is not known: {rest[at:at + 40]!r}")
    text = rest.decode("utf-8")  # not valid: raises
    bad = HARMFUL.search(text)
    expect(not bad, "a character that acts or misleads: "
           f"{bad and text[max(0, bad.start() - 20):bad.end() + 20]!r}")


# --- running ------------------------------------------------------------------

def run_tests(tests):
    """PROGRAM FOLDER [NAME...]: the tests, or those of these names; with
    APP_TESTS_ALL all of them, whatever fails."""
    global AGENTOPS, HOMES
    AGENTOPS, HOMES = sys.argv[1:3]
    failed = False
    for test in tests:
        if sys.argv[3:] and test.__name__ not in sys.argv[3:]:
            continue
        begun = time.monotonic()
        try:
            test()
        except Exception:
            print(f"{test.__module__}: {test.__name__} failed",
                  file=sys.stderr)
            if not os.environ.get("APP_TESTS_ALL"):
                raise
            traceback.print_exc()
            failed = True
        print(f"{test.__name__}: {time.monotonic() - begun:.1f} s")
    sys.exit(1 if failed else 0)
