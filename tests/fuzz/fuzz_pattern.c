/*
 * Any bytes as a pattern file: never crash; what was read can be written,
 * and the rewrite after counting a run either fails or holds the counts.
 */
#include "know/lifecycle.h"
#include "know/pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
rewrite(struct pattern *p)
{
	AUTO(buf) out = BUF_INIT;
	AUTO(pattern) q = { 0 };

	if (!pattern_format(p, &out, NULL))
		return;
	if (!pattern_parse(buf_str(&out), out.len, "out", &q, NULL) ||
	    q.counts.executions != p->counts.executions ||
	    q.issue_count != p->issue_count || q.body_len != p->body_len ||
	    memcmp(q.body, p->body, p->body_len) != 0)
		abort();
}

static void
try(const uint8_t *data, size_t size, const char *name)
{
	AUTO(pattern) p = { 0 };
	AUTO(buf) same = BUF_INIT;

	if (!pattern_parse((const char *)data, size, name, &p, NULL))
		return;
	/* Nothing changed: the very bytes. What v0.2.0 wrote is made anew. */
	if (p.source && (!pattern_format(&p, &same, NULL) ||
			 same.len != size ||
			 memcmp(same.data, data, size) != 0))
		abort();
	p.counts = lifecycle_count(&p.counts, EXECUTION_FAILED, 0.5);
	p.status = lifecycle_stage(&p.counts, p.status);
	p.last_used_us = 1763806340123456;
	rewrite(&p);
	pattern_add_issue(&p, "broken: \"x\"\n", NULL);
	rewrite(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try(data, size, "f");
	try(data, size, "f.yaml");
	return 0;
}
