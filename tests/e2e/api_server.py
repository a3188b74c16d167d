"""Stripe's list of charges, Google's token endpoint and the Analytics Data
API's runReport, in the formats that their references describe:

	api_server.py FOLDER PUBLIC_KEY

FOLDER/port gets the port, FOLDER/log a line for each request. What a client
does wrong is answered as they answer it.
"""
import base64
import http.server
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse

folder, public_key = sys.argv[1:]
KEY = "rk_test_of_this_server"
NOW = int(time.time())
DAY = 86400
PAGE = 40  # of a report: the client must go on at its own count
asked = {"charges": 0}


def charge(i):
    day = i % 30
    return {
        "id": "ch_%04d" % i, "object": "charge", "created": NOW - day * DAY,
        "amount": 1000 + i, "amount_refunded": 500 if i % 10 == 0 else 0,
        "currency": "jpy" if i % 50 == 7 else "eur",
        "status": "failed" if i % 25 == 3 else "succeeded",
        "billing_details": {"address": {"country": "DE" if i % 2 else None}},
        "payment_method_details": {"type": "card",
                                   "card": {"country": "FR"}},
    }


CHARGES = [charge(i) for i in range(230)]
REPORT = [("2026010%d" % (1 + i % 9), ("Germany", "C\u00f4te d'Ivoire")[i % 2],
           "Organic Search", i, i / 2, 2 * i, 0, i * 1.25) for i in range(90)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        with open(folder + "/log", "a", encoding="utf-8") as f:
            f.write("%d %s\n" % (status, self.path))

    def do_GET(self):
        place = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(place.query))
        if place.path != "/v1/charges":
            return self.answer(404, {"error": {"message": "no such thing"}})
        if self.headers["Authorization"] != "Bearer " + KEY:
            return self.answer(401, {"error": {
                "type": "invalid_request_error",
                "message": "Invalid API Key provided: rk_****"}})
        asked["charges"] += 1
        if asked["charges"] == 2:
            return self.answer(429, {"error": {"message": "too fast"}})
        ids = [c["id"] for c in CHARGES]
        start = ids.index(query["starting_after"]) + 1 \
            if "starting_after" in query else 0
        found = [c for c in CHARGES if c["created"] >=
                 int(query["created[gte]"])][start:]
        limit = int(query.get("limit", 10))
        self.answer(200, {"object": "list", "url": "/v1/charges",
                          "has_more": len(found) > limit,
                          "data": found[:limit]})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/token":
            return self.token(dict(urllib.parse.parse_qsl(body)))
        if self.path == "/v1beta/properties/4711:runReport":
            return self.report(json.loads(body))
        self.answer(404, {"error": {"code": 404, "message": "no property"}})

    def token(self, form):
        if form["grant_type"] == "refresh_token":
            good = (form["client_id"], form["client_secret"],
                    form["refresh_token"]) == (
                        "id of a client", "GOCSPX-secret", "1//refresh")
        else:
            good = self.signed(form["assertion"])
        if not good:
            return self.answer(400, {"error": "invalid_grant",
                                     "error_description": "Bad Request"})
        self.answer(200, {"access_token": "ya29.of-this-server",
                          "expires_in": 3599, "token_type": "Bearer"})

    def signed(self, assertion):
        head, claims, signature = assertion.split(".")

        def decoded(text):
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

        says = json.loads(decoded(claims))
        with tempfile.NamedTemporaryFile() as f:
            f.write(decoded(signature))
            f.flush()
            done = subprocess.run(
                ["openssl", "dgst", "-sha256", "-verify", public_key,
                 "-signature", f.name], input=(head + "." + claims).encode(),
                capture_output=True)
        return (done.returncode == 0 and
                json.loads(decoded(head))["alg"] == "RS256" and
                says["iss"] == "robot@project.iam.gserviceaccount.com" and
                says["aud"].endswith("/token") and
                says["scope"].endswith("/auth/analytics.readonly") and
                0 < says["exp"] - says["iat"] <= 3600)

    def report(self, wanted):
        if self.headers["Authorization"] != "Bearer ya29.of-this-server":
            return self.answer(401, {"error": {
                "code": 401, "message": "no valid credentials",
                "status": "UNAUTHENTICATED"}})
        dimensions = [d["name"] for d in wanted["dimensions"]]
        metrics = [m["name"] for m in wanted["metrics"]]
        assert dimensions == ["date", "country", "sessionDefaultChannelGroup"]
        assert wanted["dateRanges"] == [{"startDate": "30daysAgo",
                                         "endDate": "yesterday"}]
        start = int(wanted["offset"])
        rows = REPORT[start:start + min(PAGE, int(wanted["limit"]))]
        self.answer(200, {
            "dimensionHeaders": [{"name": n} for n in dimensions],
            "metricHeaders": [{"name": n, "type": "TYPE_INTEGER"}
                              for n in metrics],
            "rows": [{"dimensionValues": [{"value": v} for v in r[:3]],
                      "metricValues": [{"value": str(v)} for v in r[3:]]}
                     for r in rows],
            "rowCount": len(REPORT), "kind": "analyticsData#runReport"})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(folder + "/port.new", "w", encoding="utf-8") as f:
    f.write(str(server.server_address[1]))
os.rename(folder + "/port.new", folder + "/port")
server.serve_forever()
