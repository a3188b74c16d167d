# pg.sh - a private PostgreSQL for a test, after lib.sh: in $tmp/pg, on a free
# port of 127.0.0.1, never as root, stopped when the test ends; its user is
# loader. Skips the test where none is installed.
#
#	$port          its port
#	$password      of loader; the server takes nobody without
#	sql -c '...'   psql on the database shop "1", or on $db

bin=$(find /usr/lib/postgresql -name initdb 2>/dev/null | sort | tail -n 1)
bin=${bin%/initdb}
[ -n "$bin" ] || skip "no PostgreSQL server is installed (Debian: postgresql)"

pg=$tmp/pg
mkdir "$pg"
chmod 755 "$tmp"
if [ "$(id -u)" = 0 ]; then
	chown nobody "$pg"
	as() { setpriv --reuid nobody --clear-groups env HOME="$pg" "$@"; }
else
	as() { "$@"; }
fi
port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
password='it'\''s a "pass" $(word)'
printf '%s\n' "$password" >"$pg/password"
chmod 644 "$pg/password"
(cd "$pg" && as "$bin/initdb" -D "$pg/data" -U loader -A scram-sha-256 \
	--pwfile "$pg/password" -E UTF8 --no-sync --locale=C) >"$tmp/initdb" 2>&1 ||
	fail "initdb: $(tail -n 3 "$tmp/initdb")"
stop() {
	(cd "$pg" && as "$bin/pg_ctl" -D "$pg/data" -m immediate -w stop) \
		>/dev/null 2>&1
}
trap 'status=$?; stop; (exit $status); clean_up' EXIT
(cd "$pg" && as "$bin/pg_ctl" -D "$pg/data" -l "$pg/log" -w -t 60 \
	-o "-c listen_addresses=127.0.0.1 -p $port -k $pg -c fsync=off" \
	start) >"$tmp/start" 2>&1 || fail "pg_ctl: $(cat "$tmp/start" "$pg/log")"

sql() {
	PGPASSWORD=$password psql -X -q -At -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U loader \
		-d "${db:-shop \"1\"}" "$@" || fail "psql: $*"
}
db=postgres sql -c 'CREATE DATABASE "shop ""1"""'
