#!/bin/sh
# The page of the template analytics-dashboard in a real browser: it opens in
# headless Chromium, and the screenshot has a chart where each should be. The
# control is the same page with blank pictures: it has none.
. "$(dirname "$0")/lib.sh"
need python3 gnuplot chromium

python3 - "$tmp/orders.csv" <<'PYTHON' || fail "cannot write"
import csv, datetime, sys
with open(sys.argv[1], "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["date", "amount", "visits", "place"])
    for i in range(60):
        day = datetime.date(2026, 1, 1) + datetime.timedelta(days=i)
        w.writerow([day, i * 7 % 50 + 10, i, ["Bonn", "Ulm", "Kiel"][i % 3]])
PYTHON
ao 0 deploy-template analytics-dashboard --yes --into "$tmp/board" \
	--set csv_file="$tmp/orders.csv" --set metrics=amount,visits \
	--set group_by=place --set title='Orders & visits' --run --approve=low
says "^Run $run succeeded"
story "$run"
check "$tmp/page.html" "$tmp/blank.html" <<'PYTHON'
import base64, re, struct, sys, zlib
import story

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(
        ">I", zlib.crc32(kind + data))

page = story.Story(sys.argv[1]).text_of("page", "page")
white = b"\x89PNG\r\n\x1a\n" + chunk(
    b"IHDR", struct.pack(">IIBBBBB", 800, 500, 8, 0, 0, 0, 0)) + chunk(
    b"IDAT", zlib.compress((b"\0" + b"\xff" * 800) * 500)) + chunk(b"IEND", b"")
blank, count = re.subn(r"(data:image/png;base64,)[^\"]*", lambda m: m[1] +
                       base64.b64encode(white).decode(), page)
assert count == 4, count
open(sys.argv[2], "w", encoding="utf-8").write(page)
open(sys.argv[3], "w", encoding="utf-8").write(blank)
PYTHON

# shot NAME: $tmp/NAME.png of $tmp/NAME.html; no name resolves, so what the
# page would load from elsewhere is missing.
shot() {
	HOME=$tmp timeout 100 chromium --headless --no-sandbox --disable-gpu \
		--no-first-run --hide-scrollbars --user-data-dir="$tmp/chromium" \
		--host-resolver-rules='MAP * ~NOTFOUND' \
		--window-size=1000,3600 --screenshot="$tmp/$1.png" \
		"file://$tmp/$1.html" >"$tmp/$1.log" 2>&1 ||
		fail "chromium: $(tail -n 5 "$tmp/$1.log")"
}

# bands FILE: how many charts it shows. A chart is a band of rows with at
# least 500 coloured pixels; the page's own text is grey.
bands() {
	python3 - "$1" <<'PYTHON'
import struct, sys, zlib

def rows(path):
    data, at, packed = open(path, "rb").read(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert depth == 8 and colour in (2, 6), (depth, colour)
            step = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            packed += body
        at += size + 12
    raw, before = zlib.decompress(packed), bytearray(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        kind, row = raw[start], bytearray(
            raw[start + 1:start + 1 + width * step])
        for i in range(len(row) if kind else 0):
            a = row[i - step] if i >= step else 0
            b, c = before[i], before[i - step] if i >= step else 0
            if kind == 4:
                p = a + b - c
                near = min((abs(p - a), 0, a), (abs(p - b), 1, b),
                           (abs(p - c), 2, c))[2]
            else:
                near = (0, a, b, (a + b) // 2)[kind]
            row[i] = row[i] + near & 255
        before = row
        yield sum(max(row[i:i + 3]) - min(row[i:i + 3]) > 40
                  for i in range(0, len(row), step))

found, pixels, gap = 0, 0, 0
for coloured in list(rows(sys.argv[1])) + [0] * 41:
    pixels += coloured
    gap = 0 if coloured else gap + 1
    if gap > 40:
        found += pixels >= 500
        pixels = 0
print(found)
PYTHON
}

shot page
shot blank
got=$(bands "$tmp/page.png")
[ "$got" = 4 ] || fail "the browser shows $got charts, expected 4"
got=$(bands "$tmp/blank.png")
[ "$got" = 0 ] || fail "the control shows $got charts, expected none"
[ -z "${KEEP_SHOT:-}" ] || cp "$tmp/page.png" "$KEEP_SHOT"
verify
