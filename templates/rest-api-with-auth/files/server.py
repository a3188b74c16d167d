#!/usr/bin/env python3
"""A REST service with users and JWT bearer tokens, in the standard library.

    python3 server.py                   serves as config.json says
    python3 server.py --add-user NAME   asks for a password, adds the user

Passwords are kept as scrypt hashes (RFC 7914) with a salt each. Tokens are
JSON Web Tokens (RFC 7519) signed with HS256; no other algorithm is taken.
/token is the password grant of OAuth 2.0 (RFC 6749, 4.3).
"""
import base64
import getpass
import hashlib
import hmac
import json
import os
import re
import sqlite3
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
BODY_MAX = 64 << 10
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
FAILURES_MAX, FAILURES_SECONDS = 5, 60


class Problem(Exception):
    def __init__(self, status, code, text):
        super().__init__(text)
        self.status, self.code = status, code


# --- tokens ---------------------------------------------------------------

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def unb64(text):
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def sign(key, claims):
    head = b64(b'{"alg":"HS256","typ":"JWT"}')
    body = head + b"." + b64(json.dumps(claims).encode())
    return (body + b"." + b64(hmac.digest(key, body, "sha256"))).decode()


def verify(key, token, now):
    """The claims, or None: malformed, another algorithm, forged, expired."""
    try:
        head, body, mark = token.encode("ascii").split(b".")
        wanted = hmac.digest(key, head + b"." + body, "sha256")
        if not hmac.compare_digest(wanted, unb64(mark)):
            return None
        if json.loads(unb64(head)).get("alg") != "HS256":
            return None
        claims = json.loads(unb64(body))
        return claims if now < claims["exp"] else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


# --- users ----------------------------------------------------------------

def scrypt(password, salt):
    return hashlib.scrypt(password.encode(), salt=salt, n=1 << 14, r=8, p=1)


class Users:
    def __init__(self, path):
        self.path = path
        with self.open() as db:
            db.execute("CREATE TABLE IF NOT EXISTS users("
                       "name TEXT PRIMARY KEY COLLATE NOCASE, "
                       "salt BLOB NOT NULL, hash BLOB NOT NULL, "
                       "created INTEGER NOT NULL)")
        os.chmod(path, 0o600)

    def open(self):
        return sqlite3.connect(self.path, timeout=10)

    def add(self, name, password):
        salt = os.urandom(16)
        db = self.open()
        try:
            with db:
                db.execute("INSERT INTO users VALUES (?, ?, ?, ?)",
                           (name, salt, scrypt(password, salt),
                            int(time.time())))
            return True
        except sqlite3.IntegrityError:
            return False
        finally:
            db.close()

    def get(self, name):
        db = self.open()
        try:
            return db.execute("SELECT name, salt, hash, created FROM users "
                              "WHERE name = ?", (name,)).fetchone()
        finally:
            db.close()

    def check(self, name, password):
        """The name as registered, or None. As slow for a wrong name."""
        row = self.get(name)
        salt, wanted = (row[1], row[2]) if row else (b"0" * 16, b"")
        right = hmac.compare_digest(scrypt(password, salt), wanted)
        return row[0] if row and right else None


# --- the service ----------------------------------------------------------

class Service:
    def __init__(self, config, folder):
        self.config, self.folder = config, folder
        self.users = Users(os.path.join(folder, "users.db"))
        self.key = self.load_key()
        self.failures, self.lock = {}, threading.Lock()

    def load_key(self):
        name = self.config["signing_key"]
        path = os.path.join(self.folder, "signing.key")
        if name:
            path = os.path.join(self.config["secrets"],
                                name.removeprefix("secret:"))
        elif not os.path.exists(path):
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "wb") as f:
                f.write(base64.b64encode(os.urandom(48)))
        with open(path, "rb") as f:
            key = f.read().strip()
        if len(key) < 32:
            raise SystemExit("%s: the signing key is shorter than 32 "
                             "characters" % path)
        return key

    def check_fit(self, name, password):
        least = self.config["password_min"]
        if not isinstance(name, str) or not NAME.match(name):
            raise Problem(400, "invalid_request", "username: 1 to 64 of "
                          "letters, digits, _ . and -")
        if not isinstance(password, str) or not least <= len(password) <= 1024:
            raise Problem(400, "invalid_request", "password: %d to 1024 "
                          "characters" % least)

    def register(self, body):
        if not self.config["registration"]:
            raise Problem(403, "forbidden", "registration is closed")
        try:
            given = json.loads(body)
            name, password = given["username"], given["password"]
        except (ValueError, KeyError, TypeError):
            raise Problem(400, "invalid_request",
                          "JSON with username and password is wanted")
        self.check_fit(name, password)
        if not self.users.add(name, password):
            raise Problem(409, "conflict", "the name is taken")
        return 201, {"username": name}

    def slow_down(self, name, failed):
        """Counts wrong passwords of a name; refuses it after some."""
        now = time.monotonic()
        with self.lock:
            recent = [t for t in self.failures.get(name, [])
                      if now - t < FAILURES_SECONDS]
            if failed:
                recent.append(now)
            self.failures[name] = recent
            if not recent:
                del self.failures[name]
            if len(self.failures) > 10000:
                self.failures.clear()
            return len(recent) >= FAILURES_MAX

    def token(self, body):
        try:
            form = dict(urllib.parse.parse_qsl(
                body.decode(), strict_parsing=True, max_num_fields=20))
        except ValueError:
            form = {}
        if form.get("grant_type") != "password":
            raise Problem(400, "unsupported_grant_type",
                          "grant_type=password is wanted")
        name, password = form.get("username", ""), form.get("password", "")
        if not name or not password or len(password) > 1024:
            raise Problem(400, "invalid_request",
                          "username and password are wanted")
        if self.slow_down(name.lower(), False):
            raise Problem(429, "too_many_requests", "too many wrong passwords; "
                          "try again in a minute")
        user = self.users.check(name, password)
        if not user:
            self.slow_down(name.lower(), True)
            raise Problem(401, "invalid_grant", "wrong name or password")
        seconds = int(self.config["token_minutes"] * 60)
        now = int(time.time())
        token = sign(self.key, {"sub": user, "iat": now, "exp": now + seconds})
        return 200, {"access_token": token, "token_type": "bearer",
                     "expires_in": seconds}

    def me(self, authorization):
        kind, _, token = (authorization or "").partition(" ")
        claims = kind.lower() == "bearer" and verify(
            self.key, token.strip(), time.time())
        row = claims and self.users.get(claims.get("sub"))
        if not row:
            raise Problem(401, "invalid_token", "a valid token is wanted")
        return 200, {"username": row[0], "created": row[3]}

    def openapi(self):
        with open(os.path.join(self.folder, "openapi.json"),
                  encoding="utf-8") as f:
            return 200, json.load(f)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "service", ""
    timeout = 30

    def reply(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def read_body(self):
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdigit():
            self.close_connection = True
            raise Problem(411, "invalid_request", "Content-Length is wanted")
        if int(length) > BODY_MAX:
            self.close_connection = True
            raise Problem(413, "invalid_request", "the body is too large")
        return self.rfile.read(int(length))

    def answer(self, method):
        service = self.server.service
        path = self.path.split("?", 1)[0]
        routes = {
            ("POST", "/register"): lambda: service.register(body),
            ("POST", "/token"): lambda: service.token(body),
            ("GET", "/me"): lambda: service.me(
                self.headers.get("Authorization")),
            ("GET", "/health"): lambda: (200, {"status": "ok"}),
            ("GET", "/openapi.json"): service.openapi,
        }
        try:
            body = self.read_body()
            route = routes.get((method, path))
            if not route:
                known = path in [p for _, p in routes]
                raise Problem(405 if known else 404, "not_found",
                              "no such resource")
            status, value = route()
        except Problem as e:
            status = e.status
            value = {"error": e.code, "error_description": str(e)}
        self.reply(status, value)

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, config, folder):
        self.service = Service(config, folder)
        if ":" in config["host"]:
            import socket
            self.address_family = socket.AF_INET6
        super().__init__((config["host"], int(config["port"])), Handler)


def main():
    with open(os.path.join(HERE, "config.json"), encoding="utf-8") as f:
        config = json.load(f)
    if len(sys.argv) == 3 and sys.argv[1] == "--add-user":
        service = Service(config, HERE)
        password = getpass.getpass() if sys.stdin.isatty() else \
            sys.stdin.readline().rstrip("\n")
        try:
            service.check_fit(sys.argv[2], password)
        except Problem as e:
            raise SystemExit(str(e))
        if not service.users.add(sys.argv[2], password):
            raise SystemExit("the name is taken")
    elif len(sys.argv) == 1:
        server = Server(config, HERE)
        print("listening on %s port %d" % server.server_address[:2],
              flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
