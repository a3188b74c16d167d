"""Further flows of the app's screens in a pty. Run by app_flows.sh:

    app_flows.py PROGRAM FOLDER [NAME...]      only the tests of these names
"""
import base64
import os
import re
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import app_world  # noqa: E402
from app_world import (answer, enter, equal, expect, field,  # noqa: E402
                       leave, run_tests, World, DATA, SAMPLE)

SYMBOLS = re.compile("[\u2580-\u259f\u2800-\u28ff\U0001fb00-\U0001fbaf]")
GATED = """
    - id: asks
      gate: approve
      run: echo fine
"""


def prompt(t, line):
    """Types a line into the prompt, wherever the focus is, and sends it."""
    if "Enter accept" not in t.dump():
        t.keys(":")
        t.wait("Enter accept")
    t.type(line)
    t.wait(line[-3:])
    t.keys("Enter")


def selected(t, words):
    """The row that holds words is the chosen one."""
    y, x = t.find(words)
    return t.style(y, x).reverse or t.style(y, x).bg != t.style(0, x).bg and \
        t.style(y, x).bg != t.style(t.screen.rows - 1, 0).bg


# --- the value report --------------------------------------------------------

def value_report():
    w = World("value")
    w.cli("orchestrate", "Review the tabular data in seattle-weather.csv",
          "--data", DATA, "--approve=low", "--manual-minutes=45")
    with w.app(rows=40, cols=120) as t:
        t.wait("Type a task")
        t.keys("Esc", "$")
        t.wait(re.compile(r"Total workflows executed +1 +measured"))
        t.wait(re.compile(r"Average speedup +[0-9.,]+x +derived"))
        t.wait(re.compile(r"Manual work by the baselines +45\.0 minutes +"
                          "entered"))
        t.keys("G")
        t.wait("Recommendations")
        while not re.search("analytics +\u2588{20,}", t.dump()):
            t.keys("k")
            t.idle()
        t.keys("f")
        t.wait("Which runs the report is about")
        t.type("no-such")
        t.keys("C-s")
        t.wait("of the domain no-such")
        t.keys("g")
        t.wait(re.compile(r"Total workflows executed|all its figures are 0"))
        t.keys("Esc")
        prompt(t, "/value-report --domain analytics --hourly-rate 60")
        t.wait("of the domain analytics")
        t.wait(re.compile(r"Equivalent cost savings +\$4[0-9.]+ +derived"))
        t.keys("Esc")
        prompt(t, "/value-report --format csv")
        t.wait('"runs",1,count,measured')
        t.keys("Esc")
        leave(t)


# --- the prompt --------------------------------------------------------------

def palette():
    """Every action and command by its name."""
    w = World("palette")
    w.cli("runs")
    with w.app() as t:
        t.wait("Type a task")
        t.keys("C-p")
        t.wait("Commands")
        t.type("gates that wait")
        t.wait(lambda t: "command palette" not in t.dump())
        t.keys("Enter")
        t.wait("No gate is open.")
        t.keys("Esc", "C-p")
        t.type("doctor")
        t.wait("doctor")
        t.keys("Enter")
        # A command waits in the prompt for its arguments.
        t.wait(re.compile(r"> ?/doctor|bubblewrap"))
        leave(t)


def history_and_search():
    w = World("history")
    with w.app() as t:
        t.wait("Type a task")
        for line, words in (("/gates", "No gate is open."),
                            ("/runs", "No run is here."),
                            ("/browse-patterns tabular", "1 pattern")):
            enter(t, line)
            t.wait(words)
            while "Type a task" not in t.dump():
                t.keys("Esc")
                t.idle()
        t.keys("Up")
        t.wait("> /browse-patterns tabular")
        t.keys("Up")
        t.wait("> /runs")
        t.keys("Down")
        t.wait("> /browse-patterns tabular")
        t.keys("C-u", "C-r")
        t.type("gat")
        t.wait("/gates")
        t.keys("Enter")
        t.idle()
        if "No gate is open." not in t.dump():
            t.keys("Enter")
        t.wait("No gate is open.")
        t.keys("Esc")
        leave(t)
    # The next program knows them.
    with w.app() as t:
        t.wait("Type a task")
        t.keys("Up")
        t.wait("> /gates")
        t.keys("C-r")
        t.type("tabu")
        t.wait("/browse-patterns tabular")
        t.keys("Esc")
        leave(t)


def completion():
    w = World("completion")
    with open(os.path.join(w.work, "weather data.csv"), "w",
              encoding="utf-8") as file:
        file.write("day,rain\n1,2\n")
    with w.app() as t:
        t.wait("Type a task")
        for typed, whole in (
                ("/val", "> /value-report"),
                ("/inspect-pattern tabular-d",
                 "> /inspect-pattern tabular-data-review"),
                ("/deploy-template monit",
                 "> /deploy-template monitoring-stack"),
                ("/orchestrate x --dat", "> /orchestrate x --data"),
                ("/orchestrate x --data weath",
                 "> /orchestrate x --data 'weather data.csv'"),
                ("/runs --stat", "> /runs --status")):
            t.type(typed)
            t.wait(typed)
            t.keys("Tab")
            t.wait(whole)
            t.keys("C-u")
            t.wait_gone(whole)
        # What more than one begins with is listed.
        t.type("/re")
        t.keys("Tab")
        t.wait(lambda t: "resume" in t.dump() and "replay-pattern" in t.dump())
        t.keys("C-u")
        leave(t)


def what_a_step_is_given():
    """At the plan gate stand the hosts and the stored secrets of a step."""
    w = World("given")
    w.config("secrets/shop.key", "abcdefgh12\n")
    w.pattern("given", """
    - id: asks
      profile: network
      hosts: [api.example.org]
      secrets: [key, other]
      run: cat "$AGENTOPS_SECRET_KEY"
  inputs:
    key: {type: secret, default: "secret:shop.key"}
    other: {type: secret}
""")
    with w.app() as t:
        t.wait("Type a task")
        prompt(t, "/replay-pattern given")
        t.wait("reaches api.example.org")
        t.wait(re.compile("reads secret:shop.key +"))
        expect("may read a stored secret" in t.dump() or
               "may reach the network" in t.dump(), "a reason")
        answer(t, "a", "Gate 2")
        t.wait("[secret:shop.key]")
        t.idle()
        answer(t, "a", "succeeded")
        leave(t)
    equal(w.events("step.finished")[0]["text"], "[secret:shop.key]\n",
          "the output")


def commands_of_ones_own():
    """A file of the user is completed by its name and runs as a task; a
    name that is none is told."""
    w = World("own")
    w.config("commands/weather.md",
             "---\ndescription: The weather\n---\nReview the tabular data in "
             "$1\n")
    with w.app() as t:
        t.wait("Type a task")
        t.type("/wea")
        t.wait("/wea")
        t.keys("Tab")
        t.wait("> /weather")
        t.type("seattle-weather.csv")
        t.keys("Enter")
        t.wait(re.compile("Gate 1|succeeded|failed"))
        t.idle()
        leave(t) if "failed" in t.dump() else parked(t)
    equal(w.events("run.created")[0]["task"], "Review the tabular data in "
          "seattle-weather.csv", "the task")
    with w.app() as t:
        t.wait("Type a task")
        t.type("/weathre now")
        t.keys("Enter")
        t.wait("unknown command weathre")
        leave(t)
    equal(len(w.runs()), 1, "runs")


def a_paste_is_one_input():
    w = World("paste-lines")
    text = "Review the tabular data in seattle-weather.csv\nthe second line\n" \
        "the third"
    with w.app() as t:
        t.wait("Type a task")
        t.paste(text)
        t.wait("the second line")
        t.wait("the third")
        t.idle()
        equal(w.runs(), [], "runs before Enter")
        t.keys("Enter")
        t.wait(re.compile("Gate 1|succeeded|failed"))
        t.idle()
        leave(t) if "failed" in t.dump() else parked(t)
    equal(len(w.runs()), 1, "runs")
    equal(w.events("run.created")[0]["task"], text, "the task")


def parked(t):
    """Leaves while a run is under way."""
    t.keys("C-q")
    t.wait(lambda t: t.status is not None or "leave?" in t.dump())
    if t.status is None:
        t.keys("y")
    equal(t.exit(), 0, "status")
    expect(t.is_restored(), "the terminal is not as it was")
    app_world.clean(t)


# --- lists and the mouse -----------------------------------------------------

def lists_and_mouse():
    w = World("lists")
    w.pattern("one", "    - {id: says, run: echo one}\n")
    w.pattern("two", "    - {id: says, run: echo two}\n")
    for name in ("one", "two", "one"):
        w.cli("replay-pattern", name, "--approve=critical")
    newest = [r["run"] for r in w.runs()]
    with w.app(rows=30, cols=110) as t:
        t.wait("Type a task")
        t.keys("Esc", "r")
        t.wait("Runs 3")
        # A filter by its key and by a slash; Esc takes it away.
        for key in ("f", "/"):
            t.keys(key)
            t.wait("filter:")
            t.type("two")
            t.wait("Runs 1")
            t.wait_gone(newest[0])
            t.keys("Esc")
            t.wait("Runs 3")
        t.keys("s", "s", "s", "s", "s")
        t.wait("only done")
        t.wait("Runs 3")
        for _ in range(3):
            t.keys("s")
        t.wait_gone("only")
        # A click chooses, Enter opens.
        y, x = t.find(newest[2])
        t.mouse(y, x)
        t.idle()
        expect(selected(t, newest[2]), "the row that was clicked")
        expect(not selected(t, newest[0]), "another row")
        t.keys("Enter")
        t.wait("[Activity]")
        t.wait("succeeded")
        # Tabs are clicked, too; the wheel scrolls.
        y, x = t.find("5 Log")
        t.mouse(y, x + 3)
        t.wait("[Log]")
        t.keys("g")
        t.wait("1 run.created")
        y, x = t.find("1 run.created")
        for _ in range(4):
            t.mouse(y + 5, x, button=65, release=False)
        t.wait_gone("1 run.created")
        for _ in range(8):
            t.mouse(y + 5, x, button=64, release=False)
        t.wait("1 run.created")
        # Records that hold a text, in a journal read from its end.
        t.keys("G", "f")
        t.type("run.CREATED")
        t.wait("1 run.created")
        t.wait_gone("step.finished")
        t.keys("Enter", "1")
        t.wait(re.compile(r"[Ff]ilter: run.CREATED .*none"))
        t.keys("Esc", "5")
        t.wait("step.finished")
        y, x = t.find("2 Plan")
        t.mouse(y, x + 3)
        t.wait("[Plan]")
        leave(t)


def answers_in_the_inbox():
    """Two runs wait at the same time: neither gate takes the other's place;
    one is answered where it is listed, also by mouse."""
    w = World("inbox")
    w.pattern("first", GATED)
    w.pattern("second", GATED)
    for name in ("first", "second"):
        w.cli("replay-pattern", name, status=75)
    older, newer = sorted(r["run"] for r in w.runs())
    with w.app() as t:
        t.wait("2 waiting")
        t.keys("Esc", "i")
        t.wait("Gates that wait for you")
        t.wait(older + ".1")
        t.wait(newer + ".1")
        expect(t.find(older)[0] < t.find(newer)[0], "the oldest is not first")
        t.keys("a")
        t.wait(f"approve, gate {older}.1")
        t.keys("n")
        t.wait_gone("approve, gate")
        equal(w.cli("gates", "--json").count('"run"'), 2, "gates")
        t.keys("a")
        t.wait(f"approve, gate {older}.1")
        t.mouse(*t.find("y yes"))
        # Its next gate comes, behind the other run's.
        t.wait(older + ".2")
        expect(t.find(newer)[0] < t.find(older + ".2")[0], "order of gates")
        t.keys("Esc")
        parked(t)


# --- Ctrl-C and leaving ------------------------------------------------------

def interrupts():
    w = World("interrupt")
    line = w.slow()
    with w.app() as t:
        t.wait("Type a task")
        enter(t, line)
        t.wait("2 waits")
        w.wait_journal(t, lambda w: w.events("step.started", step="waits"))
        t.keys("C-c")
        t.wait("the run is parked")
        w.wait_journal(t, lambda w: w.runs()[0]["status"] == "parked")
        expect(t.status is None, "once leaves")
        t.keys("R")
        w.wait_journal(t, lambda w: len(
            w.events("step.started", step="waits")) == 2)
        t.send(b"\003\003")
        equal(t.exit(), 0, f"status\n{t.dump()}")
        expect(t.is_restored(), "the terminal is not as it was")
    equal(w.runs()[0]["status"], "parked", "the run")
    w.go()
    w.cli("resume", "last")
    equal(w.log(), ["first", "last"], "what the steps did")


def leaves_and_ends():
    """Leaving while a run is under way: parked, or ended for good."""
    w = World("ends")
    line = w.slow()
    with w.app() as t:
        t.wait("Type a task")
        enter(t, line)
        t.wait("2 waits")
        w.wait_journal(t, lambda w: w.events("step.started", step="waits"))
        t.keys("q")
        t.wait("Park it and leave?")
        t.keys("X")
        equal(t.exit(), 0, f"status\n{t.dump()}")
        expect(t.is_restored(), "the terminal is not as it was")
        app_world.clean(t)
    equal(w.runs()[0]["status"], "aborted", "the run")
    equal(w.events("run.ended")[0]["outcome"], "aborted", "its end")
    equal(w.log(), ["first"], "what the steps did")


# --- gates -------------------------------------------------------------------

def details_and_reject():
    """Everything about a gate; then no, with the reason."""
    w = World("reject")
    w.pattern("gated", GATED)
    with w.app(rows=24, cols=80) as t:
        t.wait("Type a task")
        enter(t, "/replay-pattern gated")
        t.wait("Gate 1 approve")
        t.keys("d")
        for words in (".1, approve, risk low", "task: gated",
                      "sandbox read-only", "echo fine"):
            t.wait(words)
        t.keys("Esc", "x")
        t.wait("Reject")
        t.type("not on a Friday")
        # Left and opened again, the reason is still there.
        t.keys("Esc")
        t.wait_gone("not on a Friday")
        t.keys("x")
        t.wait("not on a Friday")
        t.keys("C-s")
        t.wait("aborted")
        leave(t)
    decided = w.events("gate.decided")
    equal([d["decision"] for d in decided], ["reject"], "decisions")
    equal(decided[0]["comment"], "not on a Friday", "the reason")
    equal(w.events("step.started"), [], "steps")


def ten_more():
    """At the limit of iterations a person grants ten more."""
    w = World("limit")
    steps = "".join(f"    - {{id: s{i}, needs: [{'s%d' % (i - 1) if i else ''}]"
                    f", run: echo {i}}}\n" for i in range(4))
    w.pattern("long", steps)
    with w.app() as t:
        t.wait("Type a task")
        enter(t, "/replay-pattern long --risk=critical --approve=critical")
        t.wait(re.compile(r"Gate \d+ limit"))
        t.wait("10 more")
        t.keys("d")
        t.wait("10 more")
        t.keys("Esc", "a")
        t.wait("succeeded")
        leave(t)
    started = w.events("iteration.started")
    equal(len(started), 4, "iterations")
    equal(w.runs()[0]["limit"], 12, "the limit")


INTERRUPTED = """
    - id: writes
      profile: workspace-write
      run: |
        echo began >>"$AGENTOPS_WORKSPACE/log"
        until [ -e "$AGENTOPS_WORKSPACE/go" ]; do sleep 0.02; done # poll
        echo ended >>"$AGENTOPS_WORKSPACE/log"
    - id: last
      needs: [writes]
      profile: workspace-write
      run: echo last >>"$AGENTOPS_WORKSPACE/log"
"""


def interrupted_gate():
    """A step that may have changed something was cut off: a person says what
    is to be done."""
    for name, key, end, log in (
            ("retry", "t", "succeeded", ["began", "began", "ended", "last"]),
            ("mark-done", "m", "succeeded", ["began", "last"]),
            ("skip", "s", re.compile("succeeded|failed"), None),
            ("abort", "X", "step writes failed", ["began"])):
        w = World("interrupted-" + name)
        w.pattern("writer", INTERRUPTED)
        with w.app() as t:
            t.wait("Type a task")
            enter(t, "/replay-pattern writer --approve=critical")
            w.wait_journal(t, lambda w: "began" in w.log()
                           if os.path.exists(w.work + "/log") else False)
            t.signal(signal.SIGKILL)
            equal(t.exit(), -signal.SIGKILL, "status")
        with w.app() as t:
            t.wait("cut off")
            t.keys("Esc", "Enter")
            t.wait("1 writes")
            t.keys("R")
            t.wait("Gate 2 interrupted")
            for words in ("retry", "mark-done", "skip", "stop"):
                t.wait(words)
            w.go()
            t.keys(key)
            t.wait(end)
            leave(t)
        decided = w.events("gate.decided")
        equal(decided[1]["decision"], name, "the answer")
        if log:
            equal(w.log(), log, f"what the steps did after {name}")


def a_form_gate():
    """Inputs that nobody gave: checked as they are typed, kept when the form
    is left."""
    w = World("form")
    w.pattern("asks", "    - {id: says, run: 'echo $WORD'}\n")
    path = os.path.join(w.home, "data/patterns/discovered/asks.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("  steps:\n", """  inputs:
    word: {type: text, prompt: A word, required: true}
    count: {type: number, prompt: How many, required: true, min: 1, max: 9}
    day: {type: date, prompt: A day, required: true}
    kind: {type: select, prompt: Which kind, options: [red, green], required: true}
  steps:
"""))
    with w.app() as t:
        t.wait("Type a task")
        enter(t, "/replay-pattern asks")
        t.wait("Gate 1 form")
        t.keys("Enter")
        t.wait("A word")
        field(t, "A word")
        t.type("hello")
        field(t, "How many")
        t.type("12")
        t.wait("12 is more than the maximum of 9")
        t.keys("Esc")
        t.wait_gone("> How many")
        t.keys("Enter")
        t.wait("hello")
        field(t, "How many")
        t.keys("C-u")
        t.type("7")
        field(t, "A day")
        t.type("2026-11-26")
        field(t, "Which kind")
        t.keys("Right")
        t.keys("C-s")
        t.wait("Gate 2 review")
        answer(t, "a", "succeeded")
        leave(t)
    values = w.events("gate.decided")[0]["values"]
    equal(values["word"], "hello", "word")
    equal(values["count"], 7, "count")
    equal(values["day"], "2026-11-26", "day")
    expect(values["kind"] in ("red", "green"), f"kind: {values['kind']}")


def tells_by_configuration():
    """A new gate: bell, title and notification as they are configured."""
    for notify, bells, notes in (("none", 0, 0), ("bell", 1, 0),
                                 ("desktop", 1, 1)):
        w = World("notify-" + notify)
        w.config("config.yaml", f"notify: {notify}\n")
        w.pattern("gated", GATED)
        with w.app() as t:
            t.wait("Type a task")
            enter(t, "/replay-pattern gated")
            t.wait("Gate 1 approve")
            t.wait(lambda t: t.screen.title == "agentops: 1 waiting")
            t.idle()

            def rung():
                # A BEL that ends no string.
                rest = re.sub(rb"\033\][^\033\a]*(?:\a|\033\\)", b"",
                              bytes(t.raw))
                return rest.count(b"\a")

            def told(number):
                return [s for kind, s, _, _ in t.strings
                        if kind == "OSC" and s.startswith(number)]
            equal(rung(), bells, f"{notify}: bells")
            equal(len(told(b"9;")), notes, f"{notify}: OSC 9")
            equal(len(told(b"777;notify;")), notes, f"{notify}: OSC 777")
            # The next gate is a new one.
            answer(t, "a", "Gate 2 review")
            t.wait(lambda t: rung() == 2 * bells and
                   len(told(b"9;")) == 2 * notes)
            answer(t, "a", "succeeded")
            t.wait(lambda t: t.screen.title == "agentops")
            leave(t)


# --- looks -------------------------------------------------------------------

def small_and_zoomed():
    """80 by 24: a line instead of the pane; a pane alone; too small."""
    w = World("small-screen")
    w.pattern("gated", GATED)
    with w.app(rows=24, cols=80) as t:
        t.wait("Type a task")
        enter(t, "/replay-pattern gated")
        t.wait("Gate 1 approve")
        expect("Progress" not in t.dump(), "the pane")
        t.wait(re.compile(r"^ ?.*research.*plan.*implement", re.M))
        t.keys("z")
        t.wait_gone("research")
        t.keys("z")
        t.wait("research")
        t.resize(40, 120)
        t.wait("Progress")
        t.keys("z")
        t.wait_gone("Progress")
        t.wait("Gate 1 approve")
        t.keys("z")
        t.wait("Progress")
        t.resize(23, 80)
        t.wait("agentops needs 80 x 24")
        t.resize(24, 80)
        t.wait("Gate 1 approve")
        t.keys("Tab")
        parked(t)


def reports_conflicts():
    """Keys that would mean two things, and themes with errors: at start, with
    file and line."""
    w = World("conflicts")
    for name, text, words in (
            ("keys.yaml", "gate: {approve: x}\n", r"keys\.yaml:1:\d+: .*x"),
            ("keys.yaml", "list:\n  up: F7\n  down: F7\n",
             r'keys\.yaml:\d:\d+: "F7" would mean both "up" and "down"' ),
            ("keys.yaml", "global:\n  value: [\"$\", i]\n",
             r"keys\.yaml:2:\d+: .*inbox"),
            ("themes/mine.yaml", "text: {fg: white}\nborder: {fg: 999}\n",
             r"mine\.yaml:2:\d+"),
            ("themes/mine.yaml", "text: {fg: white}\ntxet: {fg: white}\n",
             r"mine\.yaml:2:\d+: .*text")):
        path = w.config(name, text)
        env = {"AGENTOPS_THEME": "mine"} if "themes" in name else {}
        with w.app(env=env) as t:
            equal(t.exit(), 3, f"{name}: exit status\n{t.dump()}")
            expect(re.search(words, t.dump()), f"{words} in\n{t.dump()}")
            expect(b"\033" not in t.raw, f"{name}: the terminal was touched")
        os.remove(path)


# --- artifacts ---------------------------------------------------------------

def looks_at_artifacts():
    """Picture, table, text: zoom and pan, search, the path copied."""
    w = World("artifacts")
    w.pattern("makes", r"""
    - id: makes
      run: |
        printf 'day,rain\n' >t.csv
        for i in $(seq 300); do echo "d$i,$i"; done >>t.csv
        for i in $(seq 300); do echo "line $i of the text"; done >t.txt
      outputs: {table: t.csv, text: t.txt}
    - id: chart
      needs: [makes]
      uses: chart
      with: {data: "{{ steps.makes.outputs.table }}", x: day, y: rain, kind: bar}
""")
    with w.app() as t:
        t.wait("Type a task")
        enter(t, "/replay-pattern makes")
        t.wait(re.compile("Gate 1 review"))
        t.keys("v")
        t.wait("chart.png of chart")
        t.keys("+", "+")
        t.idle()
        zoomed = t.dump()
        t.keys("Right", "Right", "Right", "Right")
        t.wait(lambda t: t.dump() != zoomed)
        t.keys("y")
        t.wait("Copied: ")
        sent = [s for kind, s, _, _ in t.strings
                if kind == "OSC" and s.startswith(b"52;")]
        equal(len(sent), 1, "copies")
        path = base64.b64decode(sent[0].split(b";")[-1]).decode()
        expect(path.endswith(".png") and os.path.exists(path), path)
        for _ in range(6):
            if "t.txt" in t.row(0):
                break
            t.keys("[")
            t.idle()
        t.wait("line 1 of the text")
        t.keys("/")
        t.type("line 250 ")
        t.keys("Enter")
        t.wait("line 250 of the text")
        t.keys("Esc", "Esc")
        for _ in range(6):
            if "t.csv" in t.row(0):
                break
            t.keys("[")
            t.idle()
        t.wait("d1 ")
        t.keys("G")
        t.wait("d300")
        t.keys("Esc")
        answer(t, "a", "succeeded")
        leave(t)


def compares_pictures():
    """Two runs with a chart each: both charts, side by side."""
    w = World("compare")
    w.pattern("draws", r"""
    - id: makes
      run: |
        printf 'day,rain\n' >t.csv
        for i in 1 2 3 4 5 6; do echo "d$i,$((i * ${RANDOM:-7} % 97 + $$ % 7))"; done >>t.csv
      outputs: {table: t.csv}
    - id: chart
      needs: [makes]
      uses: chart
      with: {data: "{{ steps.makes.outputs.table }}", x: day, y: rain, kind: bar}
""")
    for _ in range(2):
        w.cli("replay-pattern", "draws", "--approve=critical")
    with w.app() as t:
        t.wait("Type a task")
        t.keys("Esc", "r")
        t.wait("Runs 2")
        t.keys("c", "j", "c")
        t.wait("differ (*)")
        # The pictures come after the row is chosen: the names of the runs
        # above them say that it is.
        runs = [r["run"] for r in w.runs()]
        for _ in range(40):
            t.keys("j")
            t.idle()
            if all(t.dump().count(run) == 2 for run in runs):
                break
        t.wait(lambda t: len(SYMBOLS.findall(t.dump())) > 60)
        for run in runs:
            expect(t.dump().count(run) == 2, f"{run} is not above a picture")
        leave(t)


TESTS = [value_report, palette, history_and_search, completion,
         what_a_step_is_given, commands_of_ones_own, a_paste_is_one_input, lists_and_mouse, answers_in_the_inbox,
         interrupts, leaves_and_ends, details_and_reject, ten_more, interrupted_gate,
         a_form_gate, tells_by_configuration, small_and_zoomed,
         reports_conflicts, looks_at_artifacts, compares_pictures]


if __name__ == "__main__":
    run_tests(TESTS)
