#!/usr/bin/env python3
"""A model server that plays one story, in each of the three wire formats.

    model_server.py PORT_FILE LOG_DIR STORY

It answers /v1/responses, /v1/chat/completions and /v1/messages as streams,
written from the vendors' lists of events. What it says depends only on what
the request holds, so a request that is sent again is answered again. Bodies
are kept as LOG_DIR/N.json in their order, headers as LOG_DIR/N.txt.
"""
import http.server
import json
import os
import re
import select
import sys
import threading
import time

PLAN = """name: Weather chart
inputs:
  data: {type: file, prompt: Data file, default: "%s"}
steps:
  - id: profile
    uses: data_profile
    with: {path: "{{ inputs.data }}"}
  - id: chart
    needs: [profile]
    uses: agent
    with:
      prompt: "Draw the mean maximum by month of {{ inputs.data }}."
      tools: [data_profile, read_file, chart, python]
    outputs: {chart: chart.png}
    validate: [{file: chart.png}, {visual: default}]
    review: true
"""
MANY = """name: Many agents
jobs: 20
steps:
  - id: ask
    uses: agent
    foreach: %s
    with: {prompt: "Say {{ item }}.", max_tokens: 500, tools: []}
"""
LONG = """name: A long conversation
steps:
  - id: read
    uses: agent
    with: {prompt: "Read all pages.", tools: [read_file]}
"""
COUNT = """name: Count
steps:
  - id: count
    uses: agent
    with: {prompt: "Count the lines of %s.", tools: [python]}
"""
USAGE = {"in": 1000, "cached": 200, "out": 50}


def walk(value):
    "Every dict of a JSON value."
    if isinstance(value, dict):
        yield value
    children = value.values() if isinstance(value, dict) else value
    if isinstance(value, (dict, list)):
        for child in children:
            yield from walk(child)


class Request:
    "What a body says, whatever its format."

    def __init__(self, body):
        self.text = json.dumps(body)
        self.planner = "You plan work" in self.text[:200000]
        asked = re.search("Your question: (.{0,30})", self.text)
        self.question = asked.group(1) if asked else None
        dicts = list(walk(body))
        self.images = sum(d.get("type") in ("input_image", "image_url", "image")
                          for d in dicts)
        self.results = [d for d in dicts if
                        d.get("type") in ("function_call_output",
                                          "tool_result")
                        or d.get("role") == "tool"]
        self.refused = "The program refused this" in self.text


def call(number, tool, **args):
    return {"id": f"call_{number}", "name": tool, "args": json.dumps(args)}


class Story:
    def __init__(self, name):
        self.name = name
        self.data = os.environ.get("STORY_DATA", "data.csv")
        self.here, self.first = threading.Condition(), 0

    def answer(self, rq):
        "(text, calls) of the next turn."
        if rq.planner and self.name == "guides" and not rq.results:
            return "", [call(9, "load_reference",
                             name="iteration-depth-guide")]
        if rq.planner:
            return self.plan(rq)
        if rq.question:
            return self.research(rq, len(rq.results))
        return getattr(self, self.name)(rq, len(rq.results))

    def meet(self, rq, done):
        "First questions wait until as many as STORY_TOGETHER are here."
        wanted = int(os.environ.get("STORY_TOGETHER", "0"))
        with self.here:
            if not done and not rq.refused:
                self.first += 1
                self.here.notify_all()
            if not self.here.wait_for(lambda: self.first >= wanted, 20):
                raise AssertionError(f"only {self.first} came")

    def research(self, rq, done):
        """What a researcher says: about data it looks first; one answers
        with no JSON until it is told, one is turned away."""
        report = {"summary": f"About: {rq.question}",
                  "findings": [{"what": "it is so\x1b[31m",
                                "evidence": "line 1"}] * 20,
                  "risks": ["x" * 5000], "suggestions": [], "more": 1}
        self.meet(rq, done)
        if "data files hold" in rq.question and done == 0:
            return "I look.", [call(1, "read_file", path=self.data, limit=3),
                               call(2, "chart", data=self.data)]
        if "is in the workspace" in rq.question and not rq.refused:
            return "There is nothing to say.", []
        return "```json\n" + json.dumps(report) + "\n```", []

    def craft(self, rq, done):
        "A prompt with an escape in it, and a tool that there is not."
        assert "You turn a rough idea" in rq.text
        return json.dumps({
            "prompt": "Chart the mean wind of weather.csv\x1b[31m by month",
            "tools": ["chart", "no_such_tool", "data_profile"],
            "tip": "Say which month matters."}), []

    def discover(self, rq, done):
        "One pattern that is fine, one with a tool that there is not."
        assert "You propose workflow patterns" in rq.text
        steps = [{"tool": "read_file", "purpose": "read it"},
                 {"tool": "chart", "purpose": "show it"}]
        new = {"name": "Wind rose", "description": "x: [y]\n---\nz: {",
               "category": "weather", "keywords": ["wind", "rose"],
               "steps": steps, "when_to_use": "When wind\x1b[2J matters."}
        return json.dumps({"patterns": [
            new, {**new, "name": "Bad", "steps": [
                {"tool": "rm_rf", "purpose": "no"}]}]}), []

    def many(self, rq, done):
        return "said", []

    def kept(self, rq, done):
        "Code, or the tool that was kept of it: wrongly called, then well."
        if done:
            return "It is counted.", []
        if '"count_lines"' in rq.text:
            return "", [call(1, "count_lines", path=7),
                        call(2, "count_lines", path=self.data)]
        return "", [call(1, "python", code="lines = sum(1 for line in open("
                         f"{self.data!r}))\nprint('lines:', lines)")]

    def guides(self, rq, done):
        "Asks for guides: one of the project, one that there is not."
        if done == 0:
            return "", [call(1, "load_reference", name="our-way")]
        if done == 1:
            return "", [call(2, "load_reference", name="our-wey"),
                        call(3, "chart", kind="line", data=self.data,
                             x="date", y="temp_max", title="One")]
        return "The chart shows the maxima.", []

    def plan(self, rq):
        if self.name in ("pages", "tight", "slow"):
            text = LONG
            if self.name == "slow":
                text += "    timeout: 1s\n"
            return json.dumps({"explanation": "Page by page.",
                               "workflow": text}), []
        if self.name == "kept":
            return json.dumps({"explanation": "Count.", "workflow":
                               COUNT % self.data}), []
        if self.name == "many":
            return json.dumps({"explanation": "All at once.", "workflow":
                               MANY % list(range(1, 21))}), []
        text = PLAN % self.data
        if self.name == "guides":
            text = text.replace("chart, python]",
                                "chart, load_reference]")
        elif not rq.refused:
            text = text.replace("needs:", "need:")
        return json.dumps({"explanation": "Profile first, then a chart.",
                           "workflow": text,
                           "description": "Charts a column\x1b[31m by day.",
                           "when_to_use": "When there are days.\n---\n"
                           "pattern_id: evil"}), []

    def chart(self, rq, done):
        spec = {"kind": "line", "data": self.data, "x": "date",
                "y": "temp_max"}
        if done == 0:
            return "I look first.", [
                call(1, "data_profile", path=self.data),
                call(2, "read_file", path=self.data, limit=3)]
        if done == 2:
            return "", [call(3, "chart", title="First", **spec)]
        if done == 3:
            assert rq.images == 1, rq.images
            return "Better labels.", [call(4, "chart", title="Second", **spec)]
        assert rq.images == 2, rq.images
        return "The chart shows the maxima.", []

    def live(self, rq, done):
        "The same; what it says first is held in its middle (Handler.hold)."
        if done == 0:
            _, calls = self.chart(rq, done)
            return ("Looking \x1b[31mhard\x1b]0;title\x07 at "
                    "sk-secret-0123456789abcdef and then "
                    "the rest of it.", calls)
        return self.chart(rq, done)

    def redraw(self, rq, done):
        "The same; and what a person then says is drawn."
        if done == 4 and "make the line red" in rq.text:
            return "Red, then.", [call(5, "chart", title="Third", kind="line",
                                       data=self.data, x="date",
                                       y="temp_max")]
        if done == 5:
            return "It is red now.", []
        return self.chart(rq, done)

    def bad(self, rq, done):
        "Forbidden, unknown, broken, of a wrong type; then the truth."
        if done == 0:
            return "", [call(1, "bash", command="id"),
                        call(2, "no_such_tool"),
                        {"id": "call_3", "name": "chart", "args": "{\"kind"},
                        call(4, "data_profile", path=7)]
        if done == 4:
            return "", [call(5, "write_file", path="x", content="y")]
        return "I could not do it.\x1b[31m", []

    def pages(self, rq, done):
        """Six pages, whatever of them is results and what a list of facts;
        a request with more than one result is too long for "tight"."""
        if self.name == "tight" and done > 1:
            return None
        done += rq.text.count("Call read_file ")
        if done == 6:
            return "I read all six.", []
        return f"Page {done + 1}.", [call(done + 1, "read_file",
                                          path=self.data, limit=done + 1)]

    tight = pages

    def slow(self, rq, done):
        return "It takes me a while.", []

    def loop(self, rq, done):
        return "", [call(done + 1, "read_file", path=self.data, limit=1)]


def chat_events(text, calls):
    def chunk(delta, reason=None):
        return {"model": "test-model", "choices": [
            {"index": 0, "delta": delta, "finish_reason": reason}]}
    for word in re.findall(r"\S+\s*|\s+", text):
        yield chunk({"content": word})
    for i, c in enumerate(calls):
        half = len(c["args"]) // 2
        yield chunk({"tool_calls": [{
            "index": i, "id": c["id"], "type": "function",
            "function": {"name": c["name"], "arguments": c["args"][:half]}}]})
        yield chunk({"tool_calls": [{
            "index": i, "function": {"arguments": c["args"][half:]}}]})
    yield chunk({}, "tool_calls" if calls else "stop")
    yield {"choices": [], "usage": {
        "prompt_tokens": USAGE["in"], "completion_tokens": USAGE["out"],
        "prompt_tokens_details": {"cached_tokens": USAGE["cached"]}}}


def responses_events(text, calls):
    items = [{"type": "reasoning", "id": "rs_1", "summary": [],
              "encrypted_content": "SEALED"}]
    if text:
        items.append({"type": "message", "id": "msg_1", "role": "assistant",
                      "content": [{"type": "output_text", "text": text}]})
    items += [{"type": "function_call", "id": "fc_" + c["id"],
               "call_id": c["id"], "name": c["name"], "arguments": c["args"]}
              for c in calls]
    for i, item in enumerate(items):
        start = {k: v for k, v in item.items()
                 if k not in ("content", "encrypted_content")}
        yield {"type": "response.output_item.added", "output_index": i,
               "item": start}
        if item["type"] == "message":
            for word in re.findall(r"\S+\s*|\s+", text):
                yield {"type": "response.output_text.delta",
                       "output_index": i, "delta": word}
        yield {"type": "response.output_item.done", "output_index": i,
               "item": item}
    yield {"type": "response.completed", "response": {
        "status": "completed", "model": "test-model", "output": items,
        "usage": {"input_tokens": USAGE["in"], "output_tokens": USAGE["out"],
                  "input_tokens_details": {
                      "cached_tokens": USAGE["cached"]}}}}


def anthropic_events(text, calls):
    yield {"type": "message_start", "message": {
        "model": "test-model", "usage": {
            "input_tokens": USAGE["in"] - USAGE["cached"],
            "cache_read_input_tokens": USAGE["cached"]}}}
    blocks = [({"type": "thinking", "thinking": ""},
               [{"type": "thinking_delta", "thinking": "hm"},
                {"type": "signature_delta", "signature": "SIGNED"}])]
    if text:
        blocks.append(({"type": "text", "text": ""},
                       [{"type": "text_delta", "text": text}]))
    for c in calls:
        blocks.append(({"type": "tool_use", "id": c["id"], "name": c["name"],
                        "input": {}},
                       [{"type": "input_json_delta",
                         "partial_json": c["args"]}]))
    for i, (block, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": i,
               "content_block": block}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": i, "delta": delta}
        yield {"type": "content_block_stop", "index": i}
    yield {"type": "message_delta",
           "delta": {"stop_reason": "tool_use" if calls else "end_turn"},
           "usage": {"output_tokens": USAGE["out"]}}
    yield {"type": "message_stop"}


FORMATS = {"/v1/responses": responses_events,
           "/v1/chat/completions": chat_events,
           "/v1/messages": anthropic_events}


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def refuse(self, status, code, message):
        data = json.dumps({"error": {"message": message, "code": code,
                                     "type": code}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def dribble(self, data):
        "A byte now and then, until nobody listens."
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        for byte in data:
            self.wfile.write(bytes([byte]))
            # Who goes away can be read: the end.
            if select.select([self.connection], [], [], 0.1)[0]:
                break

    def hold(self, frames):
        "All of a stream after its word `then` waits for a file."
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        for frame in frames:
            self.wfile.write(frame.encode())
            while "then" in frame and not os.path.exists(
                    os.environ["STORY_GO"]):
                time.sleep(0.02)  # poll

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.count += 1
            name = os.path.join(self.server.logs, str(self.server.count))
        with open(name + ".txt", "w", encoding="utf-8") as file:
            file.write(self.path + "\n" + str(self.headers))
        with open(name + ".json", "wb") as file:
            file.write(raw)
        if self.server.story.name == "poor":
            self.refuse(429, "insufficient_quota", "You have no credit: " +
                        str(self.headers["Authorization"]))
            return
        request = Request(json.loads(raw))
        answer = self.server.story.answer(request)
        if answer is None:
            self.refuse(400, "invalid_request_error",
                        "prompt is too long: 2001 tokens > 2000 maximum")
            return
        frames = [f"data: {json.dumps(e)}\n\n"
                  for e in FORMATS[self.path](*answer)]
        stream = "".join(frames)
        if self.server.story.name == "live" and "Looking" in answer[0]:
            self.hold(frames)
            return
        if self.path == "/v1/chat/completions":
            stream += "data: [DONE]\n\n"
        data = stream.encode()
        if self.server.story.name == "slow" and not request.planner:
            self.dribble(data)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main():
    port_file, logs, story = sys.argv[1:4]
    server = Server(("127.0.0.1", 0), Handler)
    server.lock = threading.Lock()
    server.count, server.logs, server.story = 0, logs, Story(story)
    with open(port_file + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.server_address[1]))
    os.rename(port_file + ".new", port_file)
    server.serve_forever()


main()
