# lib.sh - what the source checks share. A check is called as
#
#	tests/tools/check-NAME [ROOT]
#
# ROOT is the source tree to look at; without it, the tree the script is in.
# It prints one line a finding, FILE:LINE: what and why, and exits 1 when
# there was one.

LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "${1:-$here/../..}" && pwd) || exit 2
cd "$root" || exit 2
findings=$(mktemp) || exit 2
trap 'rm -f "$findings"' EXIT

# The C files below the folders given that exist, one a line.
c_files() {
	for dir in "$@"; do
		if [ -d "$dir" ]; then
			find "$dir" -name '*.[ch]' -type f
		fi
	done | sort
}

# Code of the files on stdin without comments and strings: FILE:LINE:CODE.
code_of() {
	xargs -r awk -f "$here/strip.awk"
}

# Called last: shows the findings; fails when there are any.
finish() {
	if [ -s "$findings" ]; then
		cat "$findings"
		echo "$(basename "$0"): $(wc -l <"$findings") finding(s)"
		exit 1
	fi
	exit 0
}
