"""Tests of the service: python3 -m unittest. They use a folder of their own."""
import http.client
import json
import os
import shutil
import tempfile
import threading
import time
import unittest
import urllib.parse

import server

HERE = os.path.dirname(os.path.abspath(__file__))
GOOD = "a long password"


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        shutil.copy(os.path.join(HERE, "openapi.json"), self.folder)
        with open(os.path.join(HERE, "config.json"), encoding="utf-8") as f:
            config = json.load(f)
        config.update(host="127.0.0.1", port=0, registration=True,
                      signing_key=None, password_min=10)
        self.http = server.Server(config, self.folder)
        self.service = self.http.service
        threading.Thread(target=self.http.serve_forever,
                         kwargs={"poll_interval": 0.05}, daemon=True).start()

    def tearDown(self):
        self.http.shutdown()
        self.http.server_close()
        shutil.rmtree(self.folder)

    def ask(self, method, path, body=None, **headers):
        c = http.client.HTTPConnection(*self.http.server_address, timeout=20)
        c.request(method, path, body, headers)
        r = c.getresponse()
        data = json.loads(r.read())
        c.close()
        return r.status, data

    def register(self, name="ada", password=GOOD):
        return self.ask("POST", "/register", json.dumps(
            {"username": name, "password": password}))

    def token(self, name="ada", password=GOOD, grant="password"):
        return self.ask("POST", "/token", urllib.parse.urlencode(
            {"grant_type": grant, "username": name, "password": password}))

    def me(self, token):
        return self.ask("GET", "/me", Authorization="Bearer " + token)[0]

    def test_whole_way(self):
        self.assertEqual(self.register(), (201, {"username": "ada"}))
        status, got = self.token()
        self.assertEqual((status, got["token_type"]), (200, "bearer"))
        status, user = self.ask("GET", "/me",
                                Authorization="bearer " + got["access_token"])
        self.assertEqual((status, user["username"]), (200, "ada"))

    def test_names(self):
        self.assertEqual(self.register()[0], 201)
        self.assertEqual(self.register()[0], 409)
        self.assertEqual(self.register("ADA")[0], 409)
        for name in ["", "a b", "a" * 65, "a'; DROP TABLE users; --", 5, None]:
            self.assertEqual(self.register(name)[0], 400, name)
        for password in ["short", "a" * 1025, None, 5]:
            self.assertEqual(self.register("bob", password)[0], 400)

    def test_refused(self):
        self.register()
        self.assertEqual(self.token(password="a wrong password")[0], 401)
        self.assertEqual(self.token(name="nobody")[0], 401)
        self.assertEqual(self.token(grant="client_credentials")[0], 400)
        self.assertEqual(self.ask("GET", "/me")[0], 401)
        self.assertEqual(self.ask("GET", "/me", Authorization="Basic x")[0],
                         401)

    def test_forged(self):
        self.register()
        good = self.token()[1]["access_token"]
        self.assertEqual(self.me(good), 200)
        head, body, mark = good.split(".")
        none = server.b64(b'{"alg":"none"}').decode()
        claims = server.b64(json.dumps(
            {"sub": "ada", "exp": time.time() + 99}).encode()).decode()
        for bad in ["", "x", "a.b.c", "..", none + "." + body + ".",
                    head + "." + claims + "." + mark, good[:-2] + "AA",
                    good + ".x", "\u00e9"]:
            try:
                self.assertEqual(self.me(bad), 401, bad)
            except UnicodeEncodeError:
                pass

    def test_expired(self):
        self.register()
        key = self.service.key
        old = server.sign(key, {"sub": "ada", "exp": time.time() - 1})
        gone = server.sign(key, {"sub": "eve", "exp": time.time() + 99})
        other = server.sign(b"k" * 32, {"sub": "ada",
                                        "exp": time.time() + 99})
        for token in old, gone, other:
            self.assertEqual(self.me(token), 401)

    def test_guessing(self):
        self.register()
        for _ in range(server.FAILURES_MAX):
            self.assertEqual(self.token(password="a wrong password")[0], 401)
        self.assertEqual(self.token()[0], 429)

    def test_closed(self):
        self.service.config["registration"] = False
        self.assertEqual(self.register()[0], 403)

    def test_rest(self):
        self.assertEqual(self.ask("GET", "/health"), (200, {"status": "ok"}))
        self.assertEqual(self.ask("GET", "/nothing")[0], 404)
        self.assertEqual(self.ask("GET", "/token")[0], 405)
        self.assertEqual(self.ask("POST", "/register", "{")[0], 400)
        self.assertEqual(self.ask("POST", "/register", "[1]")[0], 400)
        self.assertEqual(
            self.ask("POST", "/register", b"x" * (65 << 10))[0], 413)
        self.assertIn("/token", self.ask("GET", "/openapi.json")[1]["paths"])

    def test_stored(self):
        self.register()
        path = os.path.join(self.folder, "users.db")
        with open(path, "rb") as f:
            self.assertNotIn(GOOD.encode(), f.read())
        for name in "users.db", "signing.key":
            mode = os.stat(os.path.join(self.folder, name)).st_mode
            self.assertEqual(mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
