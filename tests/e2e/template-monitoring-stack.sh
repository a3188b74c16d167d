#!/bin/sh
# The template monitoring-stack, deployed from answers and used: promtool
# passes in a run, each alert's own test fails when its threshold is wrong, and
# a real Prometheus loads the rules and scrapes.
. "$(dirname "$0")/lib.sh"
need python3 promtool prometheus

ports=$(python3 -c 'import socket
s = [socket.socket() for _ in range(2)]
for one in s: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in s])')
exporter_port=${ports% *}
prometheus_port=${ports#* }

deploy() {
	ao 0 deploy-template monitoring-stack --yes --into "$tmp/mon" "$@"
}

# --- hostile names stay names; promtool takes every set of alerts
for alerts in target-down high-cpu low-memory disk-full high-cpu,disk-full; do
	deploy --set alerts=$alerts --set title='a "b": {{ c }} # d' \
		--set cpu_percent=50
	(cd "$tmp/mon/prometheus" && promtool check config prometheus.yml &&
		promtool test rules alerts_test.yml) >"$tmp/promtool" 2>&1 ||
		fail "$alerts: $(cat "$tmp/promtool")"
done
grep -q '"title": "a \\"b\\": {{ c }} # d"' \
	"$tmp/mon/grafana/dashboards/overview.json" || fail "the title is wrong"

# --- the alerts' tests can fail
rm "$tmp/mon/prometheus/alerts.yml"
deploy --set alerts=target-down
says 'new +.*/alerts.yml'
sed -i 's/== 0/== 7/' "$tmp/mon/prometheus/alerts.yml"
deploy --dry-run
says 'yours +.*/alerts.yml'
ao 1 replay-pattern monitoring-stack-mon --workspace "$tmp/mon" \
	--approve=low --on-failure=abort

# --- a run, then the servers
rm "$tmp/mon/prometheus/alerts.yml"
deploy --set alerts=target-down,high-cpu,low-memory,disk-full \
	--set "targets=127.0.0.1:$exporter_port" --set scrape_interval=5s \
	--set environment=test --run --approve=low
says "^Run $run succeeded"
story "$run"
check <<'PYTHON'
import sys
import story
s = story.Story(sys.argv[1])
assert s.data("rules")["alerts"] == 4 and s.data("dashboard")["panels"] == 4
PYTHON
cat >"$tmp/exporter.py" <<'PYTHON'
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'node_cpu_seconds_total{mode="idle"} 1\n')
    def log_message(self, *rest):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])),
                       Handler).serve_forever()
PYTHON
python3 "$tmp/exporter.py" "$exporter_port" &
servers=$!
prometheus --config.file="$tmp/mon/prometheus/prometheus.yml" \
	--storage.tsdb.path="$tmp/tsdb" \
	--web.listen-address="127.0.0.1:$prometheus_port" \
	>"$tmp/prometheus.log" 2>&1 &
servers="$servers $!"
# shellcheck disable=SC2064 # the processes of now
trap "kill $servers; false; clean_up" EXIT
python3 - "$prometheus_port" <<'PYTHON' || fail "$(tail -n 5 "$tmp/prometheus.log")"
import json, sys, time, urllib.request
base = "http://127.0.0.1:%s/api/v1/" % sys.argv[1]

def ask(path):
    try:
        with urllib.request.urlopen(base + path, timeout=5) as r:
            return json.load(r)["data"]
    except OSError:
        return None

for _ in range(600):
    found = ask("query?query=node_cpu_seconds_total")
    if found and found["result"]:
        break
    time.sleep(0.05)  # poll
target, = ask("targets")["activeTargets"]
assert target["health"] == "up", target
labels = found["result"][0]["metric"]
assert labels["job"] == "node", labels
rules = [r["name"] for g in ask("rules")["groups"] for r in g["rules"]]
assert rules == ["TargetDown", "HighCpu", "LowMemory", "DiskFull"], rules
assert ask("query?query=up")["result"][0]["value"][1] == "1"
PYTHON
# shellcheck disable=SC2086 # two numbers
kill $servers
wait
trap clean_up EXIT
verify
