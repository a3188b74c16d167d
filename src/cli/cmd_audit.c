#include "cli/cli.h"

#include "base/json.h"
#include "run/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
print_problem(void *ud, const struct audit_problem *p)
{
	const struct cli *c = ud;
	AUTO(buf) b = BUF_INIT;

	if (c->json) {
		buf_addch(&b, '{');
		json_add_key(&b, "run");
		json_add_str(&b, p->run);
		json_add_key(&b, "seq");
		buf_printf(&b, "%" PRId64, p->seq);
		json_add_key(&b, "problem");
		json_add_str(&b, p->what);
		printf("%s}\n", buf_str(&b));
		return;
	}
	printf("run %s seq %" PRId64 ": ", p->run, p->seq);
	cli_print(p->what);
	putchar('\n');
}

int
cmd_audit(struct cli *c)
{
	struct err err = ERR_INIT;
	struct audit_result r;
	char run[ID_RUN_SIZE];
	bool one = c->arg_count == 2;

	if (c->arg_count < 1 || c->arg_count > 2 ||
	    strcmp(c->args[0], "verify") != 0)
		return cli_usage(c, "use: agentops audit verify [RUN]");
	if (!cli_journal(c, &err) ||
	    (one && !journal_find_run(c->journal, c->args[1], run, &err)) ||
	    !audit_verify(c->journal, one ? run : NULL, print_problem, c, &r,
			  &err))
		return cli_fail(c, &err);
	if (c->json)
		printf("{\"runs\":%" PRId64 ",\"events\":%" PRId64
		       ",\"artifacts\":%" PRId64 ",\"problems\":%" PRId64
		       "}\n",
		       r.runs, r.events, r.artifacts, r.problems);
	else
		printf("%" PRId64 " runs, %" PRId64 " events, %" PRId64
		       " artifacts: %" PRId64 " problems\n",
		       r.runs, r.events, r.artifacts, r.problems);
	if (one && !c->json && !r.problems)
		printf("head %s\n", r.head);
	return r.problems ? 1 : 0;
}
