# The charts that the visual checks are measured on: good-NAME.png must pass
# all checks, CHECK-NAME.png must fail exactly that one. Drawn into the
# current folder.
set encoding utf8
$sales << EOD
Berlin 12
Hamburg 18
Munich 9
Cologne 22
Essen 15
Bremen 7
EOD
$states << EOD
California 12
Pennsylvania 18
Massachusetts 9
"North Carolina" 22
Washington 15
"West Virginia" 7
Connecticut 11
"New Hampshire" 13
Mississippi 16
"South Dakota" 4
Minnesota 19
Tennessee 8
Wisconsin 10
Louisiana 5
Oklahoma 17
Maryland 6
EOD

# Back to a plain chart, whatever the one before changed.
plain = "reset; set samples 300; set style fill solid; set boxwidth 0.8; " . \
	"set title 'Two waves over time'; set xlabel 'time (s)'; " . \
	"set ylabel 'height'"

# --- good, in four sizes -----------------------------------------------------
array W[4] = [640, 800, 1280, 1920]
array H[4] = [480, 600, 800, 1080]
array F[4] = [10, 10, 12, 16]
do for [i = 1:4] {
	set terminal pngcairo size W[i],H[i] background "#ffffff" font sprintf("DejaVu Sans,%d", F[i])
	eval plain
	set output sprintf("good-line-%d.png", W[i])
	plot sin(x) lw 2, cos(x) lw 2
	set grid
	set output sprintf("good-scatter-%d.png", W[i])
	plot '+' using (rand(0)):(rand(0) + 0.3 * rand(0)) pt 7 title "sample"
	set output sprintf("good-crosses-%d.png", W[i])
	plot '+' using (rand(0)):(rand(0)) lc rgb "black" notitle
	set output sprintf("good-histogram-%d.png", W[i])
	plot [-4:4] '+' using (floor($1 * 3) / 3):(exp(-$1 * $1 / 2)) smooth freq with boxes notitle
	set output sprintf("good-bars-%d.png", W[i])
	plot [] [0:] $sales using 0:2:xtic(1) with boxes notitle
	unset grid
	set output sprintf("good-heat-%d.png", W[i])
	plot [-3:3] [-3:3] '++' using 1:2:(sin($1) * cos($2)) with image notitle
	set key outside
	set output sprintf("good-key-%d.png", W[i])
	plot for [k = 1:6] sin(x + k / 3.0) lw 2 title sprintf("series %d", k)
	set key inside
	set xtics rotate by 45 right
	set output sprintf("good-slanted-%d.png", W[i])
	plot [] [0:] $states using 0:2:xtic(1) with boxes notitle
	set xtics rotate by 90 right
	set output sprintf("good-upright-%d.png", W[i])
	plot [] [0:] $states using 0:2:xtic(1) with boxes notitle
	set xtics norotate autofreq
	unset label
}
set terminal pngcairo size 1280,800 background "#ffffff" font "DejaVu Sans,12"
set output "good-log.png"
set logscale xy
plot [1:1000] x ** 2 lw 2, x ** 1.5 lw 2
unset logscale
set output "good-one-point.png"
plot '+' using (1):(1) every ::0::0 pt 7 ps 2 notitle
set output "good-open-frame.png"
set border 3
set tics nomirror out
plot sin(x) lw 2 notitle
set border
set tics in mirror
set terminal pngcairo size 1280,800 font "DejaVu Sans,12" background "#202020"
set output "good-dark.png"
set border lc rgb "white"
set tics textcolor rgb "white"
set title textcolor rgb "white"
set xlabel textcolor rgb "white"
set ylabel textcolor rgb "white"
set key textcolor rgb "white"
plot sin(x) lw 2 lc rgb "#56B4E9"
set border lc rgb "black"
set tics textcolor rgb "black"
set title textcolor rgb "black"
set xlabel textcolor rgb "black"
set ylabel textcolor rgb "black"
set key textcolor rgb "black"
set terminal pngcairo size 1280,800 background "#ffffff" font "DejaVu Sans,12"
set output "good-grey-area.png"
set object 1 rectangle from graph 0,0 to graph 1,1 fc rgb "#EBEBEB" behind
set grid lc rgb "white" lt 1 lw 2
plot sin(x) lw 2
unset object 1
set output "good-pale-grid.png"
set grid lc rgb "#dddddd" lt 1 lw 1
plot sin(x) lw 2
unset grid


# --- overlap --------------------------------------------------------------------
do for [i = 1:4] {
	set terminal pngcairo size W[i],H[i] background "#ffffff" font sprintf("DejaVu Sans,%d", F[i])
	eval plain
	set output sprintf("overlap-names-%d.png", W[i])
	plot [] [0:] $states using 0:2:xtic(1) with boxes notitle
	set output sprintf("overlap-numbers-%d.png", W[i])
	set xtics 0.1
	plot [0:10] sin(x) lw 2 notitle
	eval plain
	set output sprintf("overlap-touching-%d.png", W[i])
	set xtics 0.2 * W[4] / W[i] * F[i] / F[4] format "%.1f"
	plot [0:10] sin(x) lw 2 notitle
	eval plain
	set output sprintf("overlap-upright-%d.png", W[i])
	set xtics 0.15 rotate by 90 right format "%.3f"
	plot [0:20] sin(x) lw 2 notitle
	eval plain
	set output sprintf("overlap-y-%d.png", W[i])
	set ytics 0.02
	plot [0:10] sin(x) lw 2 notitle
}

# --- text_size --------------------------------------------------------------------
do for [i = 1:4] {
	set terminal pngcairo size W[i],H[i] background "#ffffff" font "DejaVu Sans,4"
	eval plain
	set output sprintf("text_size-line-%d.png", W[i])
	plot sin(x) lw 2, cos(x) lw 2
	eval plain
	set output sprintf("text_size-bars-%d.png", W[i])
	plot [] [0:] $sales using 0:2:xtic(1) with boxes notitle
}

# --- blank ------------------------------------------------------------------------
do for [i = 1:4] {
	set terminal pngcairo size W[i],H[i] background "#ffffff" font sprintf("DejaVu Sans,%d", F[i])
	eval plain
	set output sprintf("blank-axes-%d.png", W[i])
	plot [0:10] [0:1] 5 notitle
	eval plain
	set grid
	set output sprintf("blank-grid-%d.png", W[i])
	plot [0:10] [0:1] 5 notitle
}

# --- clipped ----------------------------------------------------------------------
do for [i = 1:4] {
	set terminal pngcairo size W[i],H[i] background "#ffffff" font sprintf("DejaVu Sans,%d", F[i])
	eval plain
	set output sprintf("clipped-long-title-%d.png", W[i])
	set title "A title that goes on and on and on about every detail of what is shown, what is not shown, why it was done, who wanted it, and when it will be done again, which nobody will read to the end of because it does not fit into the picture at all"
	plot sin(x) lw 2 notitle
	eval plain
	set output sprintf("clipped-top-%d.png", W[i])
	set label 1 "A note at the top" at screen 0.6, screen 0.995
	plot sin(x) lw 2 notitle
	eval plain
	set output sprintf("clipped-left-%d.png", W[i])
	set lmargin 5
	set ytics ("one thousand" 1, "minus one thousand" -1, "nothing" 0)
	plot sin(x) lw 2 notitle
}

# --- contrast ----------------------------------------------------------------------
pale = "set border lc rgb '#cccccc'; set tics textcolor rgb '#cccccc'; " . \
	"set title textcolor rgb '#cccccc'; " . \
	"set xlabel textcolor rgb '#cccccc'; set ylabel textcolor rgb '#cccccc'"
do for [i = 1:4] {
	set terminal pngcairo size W[i],H[i] background "#ffffff" font sprintf("DejaVu Sans,%d", F[i])
	eval plain
	eval pale
	set output sprintf("contrast-all-%d.png", W[i])
	plot sin(x) lw 2 lc rgb "#cccccc" notitle
	set output sprintf("contrast-text-%d.png", W[i])
	plot sin(x) lw 2 lc rgb "#0072B2" notitle
	eval plain
	set output sprintf("contrast-data-%d.png", W[i])
	plot sin(x) lw 2 lc rgb "#F0E442" notitle
}
