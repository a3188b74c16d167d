/*
 * catalog.h - patterns told as v0.2.0's Pattern Catalog: Markdown for
 * .agents/patterns/DOMAIN-patterns.md, and the same as JSON.
 */
#ifndef AGENTOPS_CLI_CATALOG_H
#define AGENTOPS_CLI_CATALOG_H

#include "cli/cli.h"
#include "know/library.h"

/* A tool and how many of the patterns use it. */
struct catalog_tool {
	char *name;
	size_t patterns;
	double rate; /* of its steps here, 0 to 1; -1: never used */
};

struct catalog {
	const char *domain;              /* borrowed */
	const struct library_rows *rows; /* borrowed */
	struct pattern *patterns;        /* of the rows; id NULL: unreadable */
	struct catalog_tool *tools;      /* most used first */
	size_t tool_count, tool_cap;
};

/* Reads the files of the rows. domain and rows must outlive it. */
void catalog_make(struct db *db, const char *domain,
		  const struct library_rows *rows, struct catalog *ret);
void catalog_release(struct catalog *k);

/* One pattern, in lines. number: from 1. */
void catalog_pattern(const struct catalog *k, size_t i, struct buf *out);
void catalog_markdown(const struct catalog *k, struct buf *out);
/* {"patterns": [...], "plugins": [...], "integrations": [...]} */
void catalog_json(const struct catalog *k, struct buf *out);

#endif
