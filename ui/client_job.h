/*
 * client_job.h - what runs beside the app: programs and pool jobs, each with
 * the ticket of the ask it answers. They live on a list until they end.
 */
#ifndef AGENTOPS_UI_CLIENT_JOB_H
#define AGENTOPS_UI_CLIENT_JOB_H

#include "ui/client.h"

/* Forgets all of them: what still ends tells nobody. Before loop_free. */
void client_jobs_free(struct client *c);

#endif
