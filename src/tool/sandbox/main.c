#include "launcher.h"
#include "inner.h"
#include "options.h"
#include "probe.h"
#include "supervise.h"

#include <stdio.h>
#include <unistd.h>

static int
fail(const struct err *err)
{
	fprintf(stderr, "agentops-sandbox: %s; the command was not run\n",
		err->msg);
	return SANDBOX_SETUP_FAILED;
}

int
main(int argc, char **argv)
{
	AUTO(options) o = { 0 };
	struct err err = ERR_INIT;

	if (!options_parse(argc, argv, &o, &err))
		return fail(&err);
	if (o.probe) {
		struct sandbox_report report;

		probe_run(&report);
		probe_print(&report);
		return 0;
	}
	if (o.inner)
		_exit(inner_main(&o));
	if (!options_resolve(&o, &err))
		return fail(&err);
	return supervise(&o);
}
