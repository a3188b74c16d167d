#!/bin/sh
# The template analytics-dashboard on Stripe and Google Analytics, spoken by a
# server of this test in the formats that they document: pages, a key, tokens
# by a signature and by a refresh, refusals. The credentials are given to one
# step each and are in nothing that comes out.
. "$(dirname "$0")/lib.sh"
need python3 gnuplot openssl

mkdir "$tmp/api" "$tmp/work"
openssl genrsa -out "$tmp/private.pem" 2048 2>/dev/null || fail "no key"
openssl rsa -in "$tmp/private.pem" -pubout -out "$tmp/public.pem" 2>/dev/null
PYTHONDONTWRITEBYTECODE=1 python3 "$here/api_server.py" "$tmp/api" \
	"$tmp/public.pem" >"$tmp/api/err" 2>&1 &
server=$!
stop_server() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	server=
}
for _ in $(seq 100); do
	[ ! -s "$tmp/api/port" ] || break
	sleep 0.05 # poll
done
port=$(cat "$tmp/api/port") || fail "no server: $(cat "$tmp/api/err")"

python3 - "$tmp" "$port" <<'PYTHON'
import json, sys
folder, port = sys.argv[1:]
json.dump({"type": "service_account", "project_id": "project",
           "client_email": "robot@project.iam.gserviceaccount.com",
           "private_key": open(folder + "/private.pem").read(),
           "token_uri": "http://127.0.0.1:%s/token" % port},
          open(folder + "/google.json", "w"))
open(folder + "/answers.yaml", "w").write("""
data_sources: [Stripe, Google Analytics]
stripe_key: rk_test_of_this_server
stripe_currency: eur
stripe_host: 127.0.0.1
stripe_port: %s
credentials: %s/google.json
ga_property: "4711"
ga_host: 127.0.0.1
ga_port: %s
days: 30
metrics: [net, sessions]
group_by: country
""" % (port, folder, port))
PYTHON

cd "$tmp/work" || fail "no workspace"
ao 0 deploy-template analytics-dashboard --yes --into "$tmp/board" \
	--answers "$tmp/answers.yaml" --run --approve=high
says "^Run $run succeeded"
says 'Stripe: 215 charges, 15 left out'
story "$run"
check "$here" <<'PYTHON'
import collections, csv, json, runpy, sys
import story

s = story.Story(sys.argv[1])
want = collections.defaultdict(float)
for i in range(230):
    if i % 25 != 3 and i % 50 != 7:
        want["DE" if i % 2 else "FR"] += (
            1000 + i - (500 if i % 10 == 0 else 0)) / 100
sessions = {"Germany": sum(range(0, 90, 2)),
            "C\u00f4te d'Ivoire": sum(range(1, 90, 2))}
charts = {c["title"]: c for c in s.data("query")["charts"]}
assert sorted(charts) == [
    "sum of net by country", "sum of net over time",
    "sum of sessions by country", "sum of sessions over time"], charts

def read(title):
    rows = list(csv.reader(open(charts[title]["path"], encoding="utf-8")))[1:]
    return {name: float(value) for name, value in rows}

got = read("sum of net by country")
assert got.keys() == want.keys(), got
assert all(abs(got[k] - want[k]) < 0.005 for k in want), (got, want)
assert read("sum of sessions by country") == sessions
days = read("sum of sessions over time")
assert list(days)[0] == "2026-01-01" and sum(days.values()) == sum(range(90))
assert s.data("google")["rows"] == 90 and len(s.pictures()) == 4
PYTHON

# One page was refused and asked again; the report came in three parts.
[ "$(grep -c '^200 /v1/charges' "$tmp/api/log")" = 3 ] || fail "pages"
[ "$(grep -c '^429 ' "$tmp/api/log")" = 1 ] || fail "no second try"
[ "$(grep -c '^200 .*runReport' "$tmp/api/log")" = 3 ] || fail "parts"
kept() {
	for f in "$home"/state/*.db* "$tmp/story.jsonl" "$tmp"/board/*; do
		! grep -aqF "$1" "$f" || fail "$f holds $1"
	done
}
line=$(sed -n 3p "$tmp/private.pem")
kept rk_test_of_this_server
kept "$line"
kept ya29.of-this-server

again() {
	ao 1 replay-pattern analytics-dashboard-board --workspace "$tmp/board" \
		--force --approve=high --on-failure=abort
}
# What a server refuses is told in its words.
printf rk_test_other >"$home/config/secrets/analytics-dashboard-board.stripe_key"
again
says "Stripe at 127.0.0.1:$port: 401: Invalid API Key"
printf rk_test_of_this_server \
	>"$home/config/secrets/analytics-dashboard-board.stripe_key"
credentials=$home/config/secrets/analytics-dashboard-board.credentials.json
openssl genrsa -out "$tmp/other.pem" 2048 2>/dev/null
python3 - "$tmp" "$credentials" <<'PYTHON'
import json, sys
found = json.load(open(sys.argv[2]))
found["private_key"] = open(sys.argv[1] + "/other.pem").read()
json.dump(found, open(sys.argv[2], "w"))
PYTHON
again
says "Google at 127.0.0.1:$port: 400: Bad Request"
# Nothing goes in the clear to a server elsewhere.
sed -i 's|http://127.0.0.1|http://example.org|' "$credentials"
again
says 'credentials leave this machine under TLS only'
# An authorized user's file buys a token by its refresh token.
cat >"$credentials" <<EOF
{"type": "authorized_user", "client_id": "id of a client",
 "client_secret": "GOCSPX-secret", "refresh_token": "1//refresh",
 "token_uri": "http://127.0.0.1:$port/token"}
EOF
ao 0 replay-pattern analytics-dashboard-board --workspace "$tmp/board" --force \
	--approve=high --on-failure=abort
says "^Run $run succeeded"
# Charges in two currencies are no sum.
ao 1 replay-pattern analytics-dashboard-board --workspace "$tmp/board" --force \
	--approve=high --on-failure=abort --input stripe_currency=
says 'Stripe: charges in EUR, JPY cannot be added up'
stop_server
again
says "127.0.0.1:$port: "
verify
