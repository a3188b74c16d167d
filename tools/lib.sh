# lib.sh - shared by tools/try and tools/check: the build in ./build.

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
jobs=$(nproc 2>/dev/null || echo 2)
build=${BUILD:-$top/build}

# Configures when needed and builds all; the log stays in $build/make.log.
build_all() {
	mkdir -p "$build"
	if [ ! -x configure ] || [ configure.ac -nt configure ] ||
		[ Makefile.am -nt Makefile.in ]; then
		./autogen.sh >"$build/autogen.log" 2>&1 || {
			cat "$build/autogen.log" >&2
			return 1
		}
	fi
	if [ ! -f "$build/Makefile" ]; then
		(cd "$build" && "$top/configure" -q "$@")
	fi
	make -C "$build" -j"$jobs" all >"$build/make.log" 2>&1 || {
		tail -n 40 "$build/make.log" >&2
		return 1
	}
}
