# Blanks comments, string and character constants of C source and keeps the
# lines: what is left is code, so that a check does not trip over a word in
# a message. Prints FILE:LINE:CODE.

function blank(s) { gsub(/[^\t]/, " ", s); return s }

# The length of the constant that starts s with quote q.
function constant(s, q,    i, c) {
	for (i = 2; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\\")
			i++
		else if (c == q)
			return i
	}
	return length(s)
}

FNR == 1 { inside = 0 }
{
	code = ""
	rest = $0
	while (rest != "") {
		if (inside) {
			n = index(rest, "*/")
			inside = n == 0
			n = n ? n + 1 : length(rest)
			code = code blank(substr(rest, 1, n))
			rest = substr(rest, n + 1)
			continue
		}
		if (!match(rest, /["']|\/\*|\/\//)) {
			code = code rest
			break
		}
		code = code substr(rest, 1, RSTART - 1)
		rest = substr(rest, RSTART)
		if (substr(rest, 1, 2) == "//") {
			break
		} else if (substr(rest, 1, 1) == "/") {
			inside = 1
			code = code "  "
			rest = substr(rest, 3)
		} else {
			n = constant(rest, substr(rest, 1, 1))
			code = code substr(rest, 1, 1) \
				blank(substr(rest, 2, n - 2)) \
				substr(rest, 1, 1)
			rest = substr(rest, n + 1)
		}
	}
	print FILENAME ":" FNR ":" code
}
