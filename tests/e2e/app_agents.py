"""The app in a pty with a scripted model. Run by app_agents.sh:

    app_agents.py PROGRAM FOLDER [NAME...]      only the tests of these names
"""
import contextlib
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import app_world  # noqa: E402
from app_world import (answer, enter, expect, leave, run_tests,  # noqa: E402
                       World, DATA)

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = ("models:\n  - {model: test-model, provider: openai, input: 1, "
          "output: 2, cached: 0.5, vision: true, context: 200000}\n")
KEY = "sk-secret-0123456789abcdef"


class Server:
    """A model server that plays a story."""

    def __init__(self, w, story):
        logs = os.path.join(w.home, "logs")
        port = os.path.join(w.home, "port")
        os.makedirs(logs)
        self.logs = logs
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "model_server.py"), port, logs,
             story], env={**os.environ, "STORY_DATA": DATA,
                          "STORY_GO": os.path.join(w.home, "go")})
        end = time.monotonic() + app_world.TIMEOUT
        while not os.path.exists(port):
            expect(time.monotonic() < end, "the model server did not start")
            time.sleep(.02)  # poll
        with open(port, encoding="utf-8") as file:
            self.url = f"http://127.0.0.1:{file.read()}/v1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def requests(self):
        texts = []
        for i in range(1, len(os.listdir(self.logs)) // 2 + 1):
            with open(os.path.join(self.logs, f"{i}.json"),
                      encoding="utf-8") as file:
                texts.append(file.read())
        return texts


@contextlib.contextmanager
def to_plan(w, server):
    "The app, with a model's plan at its gate."
    w.config("models.yaml", MODELS)
    with w.app(env={"AGENTOPS_BASE_URL": server.url,
                    "OPENAI_API_KEY": KEY}) as t:
        t.wait("Type a task")
        enter(t, f"/orchestrate --data {DATA} --provider openai "
              "--model test-model draw the weather")
        t.wait("Gate 1 plan")
        yield t


def agents():
    """A model plans and works; its agents, what they say, and what a person
    says to them."""
    w = World("agents")
    with Server(w, "redraw") as server, to_plan(w, server) as t:
        t.wait("Weather chart")
        t.wait(re.compile(r"ctx 1k/200k  test-model \$0\.00[0-9]+"))
        t.keys("4")
        t.wait(re.compile(r"planner +.*answered"))
        answer(t, "a", "Gate 2 review")
        t.keys("4")
        t.wait(re.compile(r"chart +.*answered"))
        # The researchers are agents, too.
        for name in ("data", "workspace", "success", "capabilities"):
            t.wait(re.compile(rf"agent:{name} +answered"))
        t.keys("G", "Enter")
        t.wait("Draw the mean maximum by month")
        t.wait("multimodal-workflows")
        for _ in range(8):
            t.idle()
            if "I look first." in t.dump():
                break
            t.keys("PgDn")
        t.wait("I look first.")
        t.keys("G")
        t.wait("The chart shows the maxima.")
        t.keys("Esc")
        t.wait("Gate 2 review")
        t.keys("c")
        t.wait("Iterate: run")
        t.type("make the line red")
        t.keys("C-s")
        t.wait("Gate 3 review")
        t.wait("make the line red")
        answer(t, "a", "succeeded")
        expect(any("make the line red" in r for r in server.requests()[6:]),
               "the comment is in no request")
        expect("sk-secret" not in t.raw.decode("utf-8", "replace"),
               "the key shows")
        leave(t)
    expect(len(w.events("model.turn")) > 6, "turns")


def says_while_it_comes():
    """What a model says shows while its turn comes: visible, without the key,
    and gone for the message when that is whole."""
    w = World("live")
    with Server(w, "live") as server, to_plan(w, server) as t:
        t.keys("a", "1")
        t.wait(re.compile(r"chart .*\^\[\[31mhard\^\[\]0;title\^G at "
                          r"\[secret:OPENAI_API_KEY\] and then"))
        expect("the rest of it" not in t.dump(), "it was not held")
        t.keys("4")
        t.wait(re.compile(r"chart +thinking +t1 .* and then"))
        with open(os.path.join(w.home, "go"), "w", encoding="utf-8"):
            pass
        t.wait_gone("and then")
        t.wait("Gate 2 review")
        answer(t, "a", "succeeded")
        expect("sk-secret" not in t.raw.decode("utf-8", "replace"),
               "the key shows")
        leave(t)
    turns = [e for e in w.events("model.turn") if e.get("step") == "chart"]
    expect("the rest of it" in str(turns[0]), "the turn is not whole")


def tells_an_agent():
    """A person speaks to an agent that works, pauses it, takes a call back
    and lets it go on."""
    w = World("orders")
    with Server(w, "live") as server, to_plan(w, server) as t:
        t.keys("a", "4")
        t.wait(re.compile(r"chart +thinking +t1 .* and then"))
        t.keys("G", "m")
        t.wait("It hears this before its next turn.")
        t.type("in degrees, please")
        t.keys("C-s")
        t.wait("chart: say")
        t.keys("w")
        t.wait("No call of chart waits")
        t.keys("P")
        t.wait("chart: pause")
        with open(os.path.join(w.home, "go"), "w", encoding="utf-8"):
            pass
        t.wait(re.compile(r"chart +paused +t1 .*waits: data_profile"))
        t.keys("w")
        t.wait("The call of data_profile that has not begun is taken back")
        t.keys("C-s")
        t.wait(re.compile(r"chart +paused +t1 .*waits: read_file"))
        t.keys("P")
        t.wait("Gate 2 review")
        t.keys("f")
        t.type("is told")
        t.wait(re.compile(r"chart +is told +ann: in degrees, please"))
        t.keys("Esc")
        answer(t, "a", "succeeded")
        leave(t)
        expect(any("in degrees, please" in r for r in server.requests()),
               "the words are in no request")
    calls = [e["call"] for e in w.events("call.started")
             if e.get("step") == "chart"]
    expect("call_1" not in calls and "call_2" in calls, f"calls: {calls}")


TESTS = [agents, says_while_it_comes, tells_an_agent]


if __name__ == "__main__":
    run_tests(TESTS)
