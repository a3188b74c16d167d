# A model server that plays stories (model_server.py), for tests that source
# this after lib.sh; lib.sh stops it at the end.
#
#	serve STORY [TOGETHER]   starts it: $root is its address, $tmp/logs the
#	                         requests it got; what it holds goes on when
#	                         there is a file $tmp/go
#	base_url PROVIDER        what AGENTOPS_BASE_URL is for a provider
#	requests                 how many it got
server=

serve() {
	stop_server
	rm -rf "$tmp/logs" "$tmp/port" "$tmp/go"
	mkdir -p "$tmp/logs"
	STORY_DATA=$tmp/work/weather.csv STORY_TOGETHER=${2:-0} \
		STORY_GO=$tmp/go \
		python3 "$here/model_server.py" \
		"$tmp/port" "$tmp/logs" "$1" 2>"$tmp/server.err" &
	server=$!
	for _ in $(seq 200); do
		[ -s "$tmp/port" ] && break
		sleep 0.05 # poll
	done
	[ -s "$tmp/port" ] || fail "the model server did not start"
	root=http://127.0.0.1:$(cat "$tmp/port")
}

stop_server() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	server=
}

base_url() {
	case $1 in
	anthropic) echo "$root" ;;
	*) echo "$root/v1" ;;
	esac
}

requests() {
	find "$tmp/logs" -name '*.json' | wc -l
}
