/*
 * client_job.h - what runs beside the app: programs and pool jobs, each with
 * the ticket of the ask it answers. They live on a list until they end; a
 * job is a struct that begins with struct client_job.
 */
#ifndef AGENTOPS_UI_CLIENT_JOB_H
#define AGENTOPS_UI_CLIENT_JOB_H

#include "ui/client.h"

struct client_job {
	struct client *client; /* NULL: nobody listens any more */
	struct client_job *next, **prev;
	int64_t ticket;
};

/* Puts it on the client's list. */
void client_job_begin(struct client *c, struct client_job *j, int64_t ticket);
/* Takes it off; the job's own memory is its owner's to free. */
void client_job_end(struct client_job *j);
/* Forgets all of them: what still ends tells nobody. Before loop_free. */
void client_jobs_free(struct client *c);

#endif
