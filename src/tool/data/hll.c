#include "tool/data/hll.h"

#include "base/mem.h"

#include <math.h>

void
hll_init(struct hll *s, unsigned precision)
{
	s->precision = precision;
	s->registers = xcalloc((size_t)1 << precision, 1);
}

void
hll_release(struct hll *s)
{
	free(s->registers);
	*s = (struct hll){ 0 };
}

double
hll_error(unsigned precision)
{
	return 1.04 / sqrt((double)(1u << precision));
}

/* sigma and tau of Ertl's algorithm 6: sums that stop when adding changes
 * nothing any more. */
static double
sigma(double x)
{
	double y = 1, z = x, before;

	if (x == 1)
		return INFINITY;
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

static double
tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x == 0 || x == 1)
		return 0;
	do {
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

double
hll_estimate(const struct hll *s)
{
	unsigned top = 64 - s->precision;
	double m = (double)(1u << s->precision), z;
	uint32_t count[66] = { 0 };

	for (size_t i = 0; i < (size_t)m; i++)
		count[s->registers[i]]++;
	z = m * tau(1 - count[top + 1] / m);
	for (unsigned k = top; k >= 1; k--)
		z = 0.5 * (z + count[k]);
	z += m * sigma(count[0] / m);
	return m * m / (2 * M_LN2 * z);
}
