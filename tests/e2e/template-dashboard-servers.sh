#!/bin/sh
# The template analytics-dashboard on a real PostgreSQL and a real Redis, both
# private to this test: charts come from both, with figures that are known.
. "$(dirname "$0")/lib.sh"
need python3 gnuplot psql redis-server
. "$here/pg.sh"

redis_port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
mkdir "$tmp/redis"
(cd "$tmp/redis" && exec redis-server --port "$redis_port" --bind 127.0.0.1 \
	--requirepass '{{ no }} "redis"' --save '' --appendonly no) >"$tmp/redis.log" 2>&1 &
redis=$!
trap 'status=$?; kill $redis; stop; (exit $status); clean_up' EXIT
python3 - "$redis_port" <<'PYTHON' || fail "$(tail -n 5 "$tmp/redis.log")"
import socket, sys, time
for _ in range(200):
    try:
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        break
    except OSError:
        time.sleep(0.05)  # poll
f = s.makefile("rwb")

def put(*words):
    f.write(b"*%d\r\n" % len(words) + b"".join(
        b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
    f.flush()
    assert f.readline()[:1] in b"+:", words

put(b"AUTH", b'{{ no }} "redis"')
for i in range(1500):
    put(b"HSET", b"visit:%d\r\n" % i, b"hits", b"%d" % i, b"page",
        (b"a", b"b \r\n$9", "\u00fc".encode())[i % 3])
put(b"SET", b"visit:json", b'{"hits": 0.5, "page": "c"}')
put(b"SET", b"visit:text", b"no object")
put(b"RPUSH", b"visit:list", b"1")
put(b"SET", b"other", b'{"hits": 9999, "page": "a"}')
PYTHON
sql <<'SQL'
CREATE TABLE "or""ders" (date date, amount numeric, place text);
INSERT INTO "or""ders" SELECT date '2026-01-01' + i / 2, i / 4.0, 'Ulm'
	FROM generate_series(0, 99) i;
SQL
mkdir -p "$home/config/secrets"
printf '%s\n' "$password" >"$home/config/secrets/loader"
cat >"$tmp/answers.yaml" <<EOF
data_sources: [PostgreSQL, Redis]
pg_host: 127.0.0.1
pg_port: $port
pg_database: 'shop "1"'
pg_user: loader
pg_password: secret:loader
pg_source_table: or"ders
redis_host: 127.0.0.1
redis_port: $redis_port
redis_password: '{{ no }} "redis"'
redis_keys: visit:*
metrics: [amount, hits]
group_by: page
EOF
ao 0 deploy-template analytics-dashboard --yes --into "$tmp/board" \
	--answers "$tmp/answers.yaml" --run --approve=high
says "^Run $run succeeded"
story "$run"
check <<'PYTHON'
import csv, sys
import story
s = story.Story(sys.argv[1])
charts = s.data("query")["charts"]
assert [c["title"] for c in charts] == [
    "sum of amount over time", "sum of hits by page"], charts
rows = list(csv.reader(open(charts[0]["path"], encoding="utf-8")))[1:]
assert len(rows) == 50 and rows[0] == ["2026-01-01", "0.25"], rows
assert sum(float(y) for _, y in rows) == sum(i / 4 for i in range(100))
rows = dict(csv.reader(open(charts[1]["path"], encoding="utf-8", newline="")))
want = {name: sum(range(i, 1500, 3)) for i, name in
        enumerate(["a", "b \r\n$9", "\u00fc"])}
want["c"] = 0.5
got = {k: float(v) for k, v in rows.items() if k != "page"}
assert got == want, got
assert len(s.pictures()) == 2
PYTHON

# --- a server that says no is told
kill $redis
wait $redis
redis=
trap 'status=$?; stop; (exit $status); clean_up' EXIT
ao 1 replay-pattern analytics-dashboard-board --workspace "$tmp/board" --force \
	--approve=high --on-failure=abort
says "Redis at 127.0.0.1:$redis_port: "
verify
