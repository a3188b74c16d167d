#!/bin/sh
# The template rest-api-with-auth, deployed from answers and used: its tests
# pass in a run, the service starts, a user registers, gets a token and is
# refused without one. The signing key that was typed is nowhere but in its
# file.
. "$(dirname "$0")/lib.sh"
need python3

key='a signing key of more than 32 letters: "it'\''s"'
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
cat >"$tmp/answers.json" <<EOF
{"title": "Shop </title> \"API\" {{ x }}", "port": $port,
 "signing_key": "$(printf %s "$key" | sed 's/"/\\"/g')"}
EOF
ao 2 deploy-template rest-api-with-auth --yes --into "$tmp/api" \
	--set host='127.0.0.1; reboot'
warns 'does not match the pattern'
ao 2 deploy-template rest-api-with-auth --yes --into "$tmp/api" \
	--set signing_key=tiny5ecret
! grep -q tiny5ecret "$tmp/err" || fail "an error tells the secret"
ao 0 deploy-template rest-api-with-auth --yes --into "$tmp/api" \
	--answers "$tmp/answers.json" --run --approve=low
says 'secret, only you can read it'
says "^Run $run succeeded"
story "$run"
check <<'PYTHON'
import sys
import story
assert story.Story(sys.argv[1]).data("test")["tests"] >= 8
PYTHON

# --- the secret
stored=$home/config/secrets/rest-api-with-auth-api.signing_key
[ "$(cat "$stored")" = "$key" ] || fail "the key is not what was given"
[ "$(stat -c %a "$stored")" = 600 ] || fail "others can read the key"
found=$(grep -rlaF 'more than 32 letters' "$home" "$tmp/api")
[ "$found" = "$stored" ] || fail "the key is in: $found"

# --- the service
python3 "$tmp/api/server.py" >"$tmp/server.log" 2>&1 &
server=$!
trap 'kill $server; false; clean_up' EXIT
for _ in $(seq 200); do
	grep -qs '^listening' "$tmp/server.log" && break
	sleep 0.05 # poll
done
python3 - "$port" "$key" "$tmp/api" <<'PYTHON' || fail "the service is wrong"
import base64, hmac, http.client, json, sys, urllib.parse
port, key, folder = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3]

def ask(method, path, body=None, token=None):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    c.request(method, path, body,
              {"Authorization": "Bearer " + token} if token else {})
    r = c.getresponse()
    return r.status, json.loads(r.read())

user = {"username": "ada", "password": "correct horse"}
assert ask("GET", "/health")[0] == 200
assert ask("POST", "/register", json.dumps(user))[0] == 201
assert ask("POST", "/token", urllib.parse.urlencode(
    dict(user, grant_type="password", password="wrong horse!")))[0] == 401
status, got = ask("POST", "/token", urllib.parse.urlencode(
    dict(user, grant_type="password")))
assert status == 200 and got["expires_in"] == 1800, got
token = got["access_token"]
assert ask("GET", "/me", token=token)[1]["username"] == "ada"
assert ask("GET", "/me")[0] == 401
assert ask("GET", "/me", token=token[:-3] + "AAA")[0] == 401
# It is signed with the key that was given, and says what it should.
body, mark = token.rsplit(".", 1)
assert base64.urlsafe_b64encode(hmac.digest(key, body.encode(), "sha256")
                                ).rstrip(b"=").decode() == mark
described = ask("GET", "/openapi.json")[1]
assert described["info"]["title"] == 'Shop </title> "API" {{ x }}'
assert set(described["paths"]) == {"/register", "/token", "/me", "/health"}
PYTHON
kill $server
wait $server 2>/dev/null
trap clean_up EXIT

# --- closed: users are added by hand only
ao 0 deploy-template rest-api-with-auth --yes --into "$tmp/closed" \
	--set registration=no --set port="$port"
! grep -q '"/register"' "$tmp/closed/openapi.json" ||
	fail "a closed service describes registration"
echo 'correct horse' | python3 "$tmp/closed/server.py" --add-user ada ||
	fail "cannot add a user"
verify
