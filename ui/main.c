#include "ui/client.h"
#include "ui/keys.h"

#include <locale.h>
#include <signal.h>

int
main(int argc, char **argv)
{
	/* A reader that goes away (head, a closed pipe) must not kill a run:
	 * writes fail instead. */
	signal(SIGPIPE, SIG_IGN);
	/* Numbers are read and written with a point, whatever the locale. */
	setlocale(LC_CTYPE, "");
	return cli_main(argc, argv, client_main, keys_main);
}
