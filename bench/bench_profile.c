/*
 * bench_profile - data_profile on a large CSV, beside a Python csv-module
 * loop computing the same on a slice of it (bench/profile_peer.py), both
 * measured in this run.
 *
 *	BENCH_MB=256	size of the file; BENCH_FULL=1 means 1024
 *	TMPDIR		where the file is made; removed at the end
 *
 * Prints lines "name  ours  peer  ratio  limit  ok|MISS" and ends with 1
 * when one is a MISS, with 2 when it could not measure.
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/path.h"
#include "base/proc.h"
#include "tool/data/profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* From issue 2, "Speed and size". */
#define SPEED_LIMIT 10.0
#define MEMORY_LIMIT_MB 15.0

enum { SLICE_MB = 24, MB = 1000 * 1000 };

static bool missed;

static void
give_up(const char *what, const struct err *err)
{
	fprintf(stderr, "bench_profile: %s%s%s\n", what, err ? ": " : "",
		err ? err->msg : "");
	exit(2);
}

static void
report(const char *name, double ours, double peer, double ratio, double limit,
       bool ok)
{
	char other[32] = "-", factor[32] = "-";

	if (peer > 0)
		snprintf(other, sizeof(other), "%.0f", peer);
	if (ratio > 0)
		snprintf(factor, sizeof(factor), "%.1f", ratio);
	printf("%-28s %12.1f %10s %8s %8.1f  %s\n", name, ours, other, factor,
	       limit, ok ? "ok" : "MISS");
	missed |= !ok;
}

/* Uniform in [0, below); the high bits of an LCG (Knuth's MMIX). */
static uint32_t
dice(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*seed >> 33) % below);
}

static void
add_line(struct buf *b, int64_t id, uint64_t *seed)
{
	static const char *const cities[] = { "Berlin",           "Hamburg",
					      "M\xc3\xbcnchen",   "Wien",
					      "\"New York, NY\"", "Oslo" };
	uint32_t cents = dice(seed, 1000) * dice(seed, 1000);

	buf_printf(b, "%lld,2020-%02u-%02u %02u:%02u:00,%s,%u.%02u,",
		   (long long)id, 1 + dice(seed, 12), 1 + dice(seed, 28),
		   dice(seed, 24), dice(seed, 60), cities[dice(seed, 6)],
		   cents / 100, cents % 100);
	if (dice(seed, 50))
		buf_printf(b, "%u", dice(seed, 100));
	buf_printf(b, ",%s,%s,u%u@example.org\n", dice(seed, 2) ? "yes" : "no",
		   dice(seed, 10) ? "plain" : "\"said \"\"so\"\"\"",
		   dice(seed, 1000000));
}

static void
generate(const char *path, int64_t bytes)
{
	FILE *f = fopen(path, "wb");
	AUTO(buf) b = BUF_INIT;
	uint64_t seed = 1;
	int64_t id = 0, written = 0;

	buf_addstr(&b, "id,when,city,price,quantity,flag,note,email\n");
	while (f && written < bytes) {
		while (b.len < 1 << 16)
			add_line(&b, id++, &seed);
		if (fwrite(b.data, 1, b.len, f) != b.len)
			break;
		written += (int64_t)b.len;
		buf_reset(&b);
	}
	if (!f || written < bytes || fclose(f))
		give_up("cannot write the data file; is TMPDIR full?", NULL);
}

/* Seconds; the profile is the caller's. */
static double
profile(const char *path, struct data_profile *ret)
{
	struct data_profile_options o = { 0 };
	struct err err = ERR_INIT;
	int64_t start = clock_mono_us();

	if (!data_profile_file(path, &o, ret, &err))
		give_up("profile", &err);
	return (double)(clock_mono_us() - start) / 1e6;
}

struct measure {
	double seconds, rows;
};

/* What the process that profile_apart starts does. */
static int
profile_here(const char *path)
{
	struct measure m = { 0 };
	struct data_profile p;
	AUTO(buf) json = BUF_INIT;

	m.seconds = profile(path, &p);
	data_profile_json(&p, &json);
	m.rows = (double)p.rows;
	data_profile_release(&p);
	return write(STDOUT_FILENO, &m, sizeof(m)) != sizeof(m);
}

/* In a new process, so that its peak memory can be told. */
static struct measure
profile_apart(const char *path, double *ret_peak_mb)
{
	struct measure m = { 0 };
	struct rusage usage;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) || (pid = fork()) < 0)
		give_up("cannot fork", NULL);
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		execl("/proc/self/exe", "bench_profile", path, NULL);
		_exit(127);
	}
	close(fds[1]);
	if (read(fds[0], &m, sizeof(m)) != sizeof(m) ||
	    wait4(pid, &status, 0, &usage) != pid || status)
		give_up("the profile's process failed", NULL);
	close(fds[0]);
	*ret_peak_mb = (double)usage.ru_maxrss * 1024 / MB;
	return m;
}

static void
on_peer_done(void *ud, struct proc_result *r)
{
	struct buf *out = ud;

	if (r->exit_status == 0)
		buf_add(out, r->out.data, r->out.len);
}

static cJSON *
run_peer(const char *path, struct measure *ret)
{
	AUTO_FREE char *script =
		path_join(AGENTOPS_SRCDIR, "bench/profile_peer.py");
	char *argv[] = { (char *)"python3", script, (char *)path, NULL };
	AUTO_PTR(loop) loop = loop_new();
	AUTO(buf) out = BUF_INIT;
	struct proc_spec spec = { .argv = argv,
				  .on_done = on_peer_done,
				  .ud = &out };
	struct err err = ERR_INIT;
	const char *nl;
	cJSON *v;

	if (!proc_start(loop, &spec, &err))
		give_up("python3", &err);
	loop_run(loop);
	nl = strchr(buf_str(&out), '\n');
	if (!nl || sscanf(out.data, "%lf %lf", &ret->rows, &ret->seconds) != 2)
		give_up("python3 could not run profile_peer.py", NULL);
	v = json_parse(nl, strlen(nl), "peer", &err);
	if (!v)
		give_up("profile_peer.py", &err);
	return v;
}

static bool
is_near(const cJSON *a, const cJSON *b, const char *key, double tolerance)
{
	double x = json_num(a, key, 0), y = json_num(b, key, 0);

	if (fabs(x - y) <= tolerance * fmax(1, fabs(y)))
		return true;
	fprintf(stderr, "bench_profile: column %s: %s is %.17g, peer %.17g\n",
		json_str(b, "name"), key, x, y);
	return false;
}

/* The share of figures that agree with the peer's. */
static double
agreement(const struct data_profile *p, const cJSON *peer)
{
	static const char *const keys[] = { "missing", "min", "max", "mean",
					    "stddev" };
	AUTO(buf) json = BUF_INIT;
	AUTO_JSON *ours = NULL;
	int i = 0, good = 0, all = 0;
	const cJSON *theirs;

	data_profile_json(p, &json);
	ours = json_parse(buf_str(&json), json.len, "profile", NULL);
	cJSON_ArrayForEach (theirs, peer) {
		const cJSON *c =
			cJSON_GetArrayItem(json_get(ours, "columns"), i++);
		bool number = json_get(theirs, "mean") != NULL;

		for (size_t k = 0; k < (number ? ARRAY_LEN(keys) : 1); k++) {
			good += is_near(c, theirs, keys[k], 1e-9);
			all++;
		}
		good += is_near(c, theirs, "distinct",
				4 * json_num(c, "distinct_error", 0));
		all++;
	}
	return (double)good / all;
}

static void
measure_all(const char *big, const char *slice)
{
	struct data_profile p;
	struct measure ours, peer;
	AUTO_JSON *peer_json = NULL;
	double peak_mb, same;

	ours = profile_apart(big, &peak_mb);
	peer_json = run_peer(slice, &peer);
	profile(slice, &p);
	same = agreement(&p, peer_json);
	data_profile_release(&p);
	ours.rows /= ours.seconds;
	peer.rows /= peer.seconds;
	report("profile_rows_per_s", ours.rows, peer.rows,
	       ours.rows / peer.rows, SPEED_LIMIT,
	       ours.rows / peer.rows >= SPEED_LIMIT);
	report("profile_peak_rss_mb", peak_mb, 0, 0, MEMORY_LIMIT_MB,
	       peak_mb <= MEMORY_LIMIT_MB);
	report("profile_figures_equal_pct", 100 * same, 0, 0, 100, same == 1);
}

int
main(int argc, char **argv)
{
	const char *size = getenv("BENCH_MB"), *tmp = getenv("TMPDIR");
	const char *full = getenv("BENCH_FULL");
	AUTO_FREE char *dir =
		xasprintf("%s/agentops-bench-XXXXXX", tmp ? tmp : "/tmp");
	AUTO_FREE char *big = NULL;
	AUTO_FREE char *slice = NULL;
	int64_t mb = str_eq(full, "1") ? 1024 : 256;
	struct err err = ERR_INIT;

	if (argc == 2)
		return profile_here(argv[1]);
	if (size && !str_to_i64(size, 1, 1 << 20, &mb))
		give_up("BENCH_MB is not a number of MB", NULL);
	if (!mkdtemp(dir))
		give_up("cannot make a folder in TMPDIR", NULL);
	big = path_join(dir, "big.csv");
	slice = path_join(dir, "slice.csv");
	generate(big, mb * MB);
	generate(slice, (mb < SLICE_MB ? mb : SLICE_MB) * MB);
	measure_all(big, slice);
	if (!path_remove_tree(dir, &err))
		give_up("cannot clean up", &err);
	return missed ? 1 : 0;
}
