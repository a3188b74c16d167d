/* dialect.h - sniff.h's part for separated text. */
#ifndef AGENTOPS_TOOL_DATA_DIALECT_H
#define AGENTOPS_TOOL_DATA_DIALECT_H

#include "tool/data/sniff.h"

/* Sets format, delimiter, quote, decimal and the header members. */
void data_sniff_dialect(const char *s, size_t len, bool whole,
			struct data_sniff *sn);

#endif
