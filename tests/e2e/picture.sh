#!/bin/sh
# agentops show --image: charts stay legible as coloured text, whatever the
# terminal can do, and a picture that is none, or a trap, is an error.
. "$(dirname "$0")/lib.sh"
need gnuplot /usr/bin/python3 script
/usr/bin/python3 -c 'import numpy, PIL' 2>/dev/null ||
	skip "python3-numpy and python3-pil are not installed"

esc=$(printf '\033')
tools=$top/tests/tools
cd "$tmp" || exit 99
unset COLORTERM NO_COLOR COLUMNS LINES

# Charts as the chart tool draws them (src/tool/chart_plot.c).
cat >look.gp <<'GP'
set terminal pngcairo size 1280,800 noenhanced background '#ffffff' \
	font 'DejaVu Sans,12'
set border 3 lw 1.2 lc rgb '#444444'
set grid back lt 1 lw 0.8 lc rgb '#dddddd'
set tics nomirror out scale 0.5
set key above left horizontal
set xlabel 'minute'
set ylabel 'requests'
GP
cat >line.gp <<'GP'
load 'look.gp'
set output 'line.png'
set xrange [0:60]
set samples 120
plot 40 + 25 * sin(x / 7) with lines lw 2.5 lc rgb '#0072B2' title 'north', \
     30 + x / 3 + 10 * cos(x / 3) with lines lw 2.5 lc rgb '#D55E00' \
	title 'south'
GP
cat >bar.gp <<'GP'
load 'look.gp'
set output 'bar.png'
set style data histograms
set style fill solid
set xtics ('Mon' 0, 'Tue' 1, 'Wed' 2, 'Thu' 3, 'Fri' 4, 'Sat' 5)
set yrange [0:*]
plot '-' lc rgb '#0072B2' title 'visits', '-' lc rgb '#D55E00' title 'sales'
12
30
22
45
38
17
e
6
14
18
25
30
9
e
GP
gnuplot line.gp 2>err && gnuplot bar.gp 2>err || fail "gnuplot cannot draw"

# shown NAME FLOOR: the similarity at 130 x 38 cells is at least FLOOR.
shown() {
	COLUMNS=130 LINES=38 ao 0 show --image "$1.png"
	cells=$("$tools/picture-raster" out "$1-shown.png") ||
		fail "$1.png is not shown as blocks"
	columns=${cells% *}
	rows=${cells#* }
	[ "$columns" -le 130 ] && [ "$rows" -le 38 ] ||
		fail "$1.png is shown in $cells cells"
	score=$("$tools/picture-similarity" "$1.png" "$1-shown.png" 0 0 \
		$((columns * 8)) $((rows * 16))) || fail "no similarity"
	echo "$1 ${COLORTERM:-256 colours}: similarity $score, floor $2"
	awk "BEGIN { exit !($score >= $2) }" ||
		fail "$1.png: similarity $score is under $2"
}

# --- legible; the floors are the design's -----------------------------------
for COLORTERM in truecolor ''; do
	export COLORTERM
	shown line 0.35
	shown bar 0.65
done
# The measure can fail: the bar chart is no line chart.
score=$("$tools/picture-similarity" line.png bar-shown.png 0 0 976 608)
awk "BEGIN { exit !($score < 0.35) }" ||
	fail "the similarity of two unlike charts is $score"

# --- colours: exact ones, and none -------------------------------------------
COLORTERM=truecolor ao 0 show --image bar.png
says "${esc}\[48;2;0;114;178m"
says "${esc}\[48;2;213;94;0m"
says "${esc}\[48;2;255;255;255m"
COLORTERM=24bit ao 0 show --image bar.png
says "${esc}\[48;2;0;114;178m"
ao 0 show --image bar.png
says "${esc}\[48;5;231m"
says_not ';2;'
NO_COLOR=1 COLORTERM=truecolor ao 0 show --image bar.png
says_not "$esc"
says '█'
TERM=dumb ao 0 show --image line.png
says_not "$esc"

# --- size ----------------------------------------------------------------------
# size: "COLUMNS ROWS" of the last output, printed without colours.
size() {
	/usr/bin/python3 -c '
lines = open("out", encoding="utf-8").read().splitlines()
print(max(map(len, lines)), len(lines))'
}
NO_COLOR=1 ao 0 show --image bar.png
[ "$(size)" = "77 24" ] || fail "without a terminal: $(size), not 77 24"
NO_COLOR=1 COLUMNS=40 LINES=50 ao 0 show --image bar.png
[ "$(size)" = "40 13" ] || fail "COLUMNS=40: $(size), not 40 13"
NO_COLOR=1 COLUMNS=0 LINES=x ao 0 show --image bar.png
[ "$(size)" = "77 24" ] || fail "COLUMNS=0: $(size), not 77 24"
script -qec "stty cols 100 rows 21; NO_COLOR=1 '$agentops' show \
	--image '$tmp/bar.png'" /dev/null </dev/null | tr -d '\r' >out
[ "$(size)" = "64 20" ] || fail "on a terminal: $(size), not 64 20"

# --- pictures of odd shapes ------------------------------------------------------
/usr/bin/python3 - <<'PY' || fail "cannot make the pictures"
import struct
import zlib


def chunk(kind, data):
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(name, width, height, data, tail=b""):
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    with open(name, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + tail
                   + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def grey(name, width, height):
    png(name, width, height,
        zlib.compress((b"\0" + b"\x50" * width) * height, 9))


grey("dot.png", 1, 1)
grey("strip.png", 16384, 10)
grey("tower.png", 10, 16384)
grey("long.png", 20000, 10)
# 16384 x 4096 in 65 KB fits every limit, one more row of pixels does not.
grey("bomb.png", 16384, 4097)
png("huge.png", 1 << 20, 1 << 20, zlib.compress(b"\0" * 9))
png("claim.png", 16384, 4096, zlib.compress(b"\0" * 9))
# 200 MB of text in 200 KB: never inflated.
text = b"Comment\0\0" + zlib.compress(b" " * (200 << 20), 9)
png("text.png", 2, 1, zlib.compress(b"\0\x10\x20"), chunk(b"zTXt", text))
whole = open("bar.png", "rb").read()
open("cut.png", "wb").write(whole[:len(whole) // 2])
open("no.png", "wb").write(b"\x1b]0;evil\x07 no picture")
PY
for shape in '1 1 dot' '80 1 strip' '1 24 tower' '80 20 text'; do
	NO_COLOR= COLORTERM=truecolor ao 0 show --image "${shape##* }.png"
	rows=$(wc -l <out)
	case $shape in
	*dot) [ "$rows" = 24 ] ;;
	*strip) [ "$rows" = 1 ] ;;
	*tower) [ "$rows" = 24 ] ;;
	*text) [ "$rows" = 20 ] ;;
	esac || fail "$shape: $rows rows"
done

# --- and traps --------------------------------------------------------------------
for name in long bomb huge; do
	ao 1 show --image $name.png
	warns "$name.png: .* is over the limit of 16384 a side and 67108864"
done
ao 1 show --image claim.png
warns 'claim.png: .*too short for its size'
ao 1 show --image cut.png
warns 'cut.png: not a readable PNG'
ao 1 show --image no.png
warns 'no.png: not a PNG file'
ao 2 show --image nothing.png
warns 'nothing.png'
mkdir dir
ao 1 show --image dir
mkfifo fifo
ao 1 show --image fifo
: >empty.png
ao 1 show --image empty.png
# A bomb costs neither memory nor time: 400 MB for the program (with ASan,
# whose shadow is larger than any limit, no such check) and some seconds.
space=400000
if grep -q __asan_init "$agentops"; then
	space=unlimited
fi
for name in bomb huge claim text; do
	(ulimit -v $space; AGENTOPS_HOME=$home timeout 5 "$agentops" show \
		--image $name.png) >out 2>err
	[ $? -le 1 ] || fail "$name.png needs more than it may"
done

# --- wrong use ----------------------------------------------------------------------
ao 2 show --image
ao 2 show --image bar.png 260101-0000-aaaaaa
warns 'takes no run'
ao 2 show --json --image bar.png
[ ! -e "$home" ] || fail "showing a picture made $home"
