#include "run/schema.h"

const char journal_schema_v1[] =
	"CREATE TABLE event("
	" run TEXT NOT NULL,"
	" seq INTEGER NOT NULL,"
	" ts_us INTEGER NOT NULL,"
	" type TEXT NOT NULL,"
	" data TEXT NOT NULL,"
	" hash TEXT NOT NULL,"
	" PRIMARY KEY(run, seq)) WITHOUT ROWID;"
	"CREATE TABLE run("
	" id TEXT PRIMARY KEY,"
	" task TEXT NOT NULL,"
	" workspace TEXT NOT NULL,"
	" provider TEXT NOT NULL,"
	" pattern TEXT,"
	" status TEXT NOT NULL,"
	" phase TEXT,"
	" risk TEXT,"
	" note TEXT,"
	" iteration INTEGER NOT NULL,"
	" limit_ INTEGER NOT NULL,"
	" open_gates INTEGER NOT NULL,"
	" created_us INTEGER NOT NULL,"
	" updated_us INTEGER NOT NULL,"
	" seq INTEGER NOT NULL,"
	" hash TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE gate("
	" run TEXT NOT NULL,"
	" number INTEGER NOT NULL,"
	" kind TEXT NOT NULL,"
	" step TEXT,"
	" risk TEXT,"
	" title TEXT,"
	" shown TEXT,"
	" opened_us INTEGER NOT NULL,"
	" decided_us INTEGER,"
	" decision TEXT,"
	" decided_by TEXT,"
	" PRIMARY KEY(run, number)) WITHOUT ROWID;"
	"CREATE INDEX gate_open ON gate(opened_us) WHERE decided_us IS NULL";

const char journal_schema_v2[] =
	"CREATE INDEX run_age ON run(created_us, id)";

/* What the events of models' turns add up to, and gates without their texts:
 * src/run/worth.c reads both for many runs at a time. */
const char journal_schema_v3[] =
	"CREATE TABLE spend("
	" run TEXT NOT NULL,"
	" planner INTEGER NOT NULL," /* 1 the planner, 2 a researcher, 0 a step's
				      agent */
	" model TEXT NOT NULL,"
	" turns INTEGER NOT NULL,"
	" failed INTEGER NOT NULL,"
	" unpriced INTEGER NOT NULL," /* turns with tokens and no price */
	" input_tokens INTEGER NOT NULL,"
	" output_tokens INTEGER NOT NULL,"
	" cost_microusd INTEGER NOT NULL,"
	" PRIMARY KEY(run, planner, model)) WITHOUT ROWID;"
	"INSERT INTO spend SELECT run, CASE WHEN data->>'$.step' IS NULL"
	" THEN 1 WHEN data->>'$.step' LIKE 'agent:%' THEN 2 ELSE 0 END"
	" AS planner,"
	" ifnull(data->>'$.model', '') AS model, count(*),"
	" sum(data->>'$.failure' IS NOT NULL),"
	" sum(data->>'$.cost_microusd' = 0 AND"
	"  data->>'$.input_tokens' + data->>'$.output_tokens' > 0),"
	" sum(data->>'$.input_tokens'), sum(data->>'$.output_tokens'),"
	" sum(data->>'$.cost_microusd')"
	" FROM event WHERE type='model.turn' GROUP BY run, planner, model;"
	"CREATE INDEX gate_by_kind ON gate(kind, opened_us, decided_us)";
