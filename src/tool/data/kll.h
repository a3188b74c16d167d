/*
 * kll.h - quantiles of a stream of numbers in bounded memory.
 *
 * Exact while there are at most KLL_EXACT numbers. After that the sketch of
 * Karnin, Lang and Liberty, "Optimal Quantile Approximation in Streams"
 * (FOCS 2016): levels of sorted numbers, each worth twice those of the level
 * below; a full level hands every second of its numbers up.
 *
 * Error: the rank of what kll_quantile gives differs from the wanted rank by
 * at most kll_error(k) * count with 99 % confidence; the constant is the one
 * measured for the Apache DataSketches implementation (2.296 / k^0.9723:
 * 0.53 % at k = 512). The random bits come from a fixed seed: one file gives
 * the same answer every time.
 *
 * Memory: about 3 * k numbers of 8 bytes.
 */
#ifndef AGENTOPS_TOOL_DATA_KLL_H
#define AGENTOPS_TOOL_DATA_KLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KLL_EXACT = 1024, KLL_LEVELS = 48 };

struct kll_level {
	double *items; /* sorted, except on level 0 */
	size_t len, cap;
};

struct kll {
	size_t k, exact_limit;
	uint64_t count, seed;
	size_t level_count;
	size_t room; /* numbers that level 0 may hold */
	struct kll_level *levels;
};

/* The limit of exact numbers is exact_limit, at most KLL_EXACT. */
void kll_init(struct kll *s, size_t k, size_t exact_limit);
void kll_release(struct kll *s);
void kll_add(struct kll *s, double v);
bool kll_is_exact(const struct kll *s);
double kll_error(size_t k);
/*
 * The quantiles at the count shares q[] (ascending, 0 to 1) into ret[]; NaN
 * for an empty sketch. Exact ones are interpolated between neighbours
 * (method 7 of Hyndman and Fan 1996, as numpy and R do by default).
 */
void kll_quantiles(const struct kll *s, const double *q, size_t count,
		   double *ret);

#endif
