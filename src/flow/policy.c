#include "flow/policy.h"

#include "base/mem.h"
#include "tool/tool.h"

#include <ctype.h>
#include <string.h>

static const struct policy POLICIES[] = {
#define X(id, name, limit, gates, profile) { id, name, limit, gates, profile },
	RISKS(X)
#undef X
};

const struct policy *
policy_of(enum risk risk)
{
	return &POLICIES[risk];
}

const char *
risk_name(enum risk risk)
{
	return POLICIES[risk].name;
}

bool
risk_parse(const char *name, enum risk *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(POLICIES); i++) {
		if (str_eq(name, POLICIES[i].name)) {
			*ret = POLICIES[i].risk;
			return true;
		}
	}
	return false;
}

int
policy_limit(enum risk risk, int extensions)
{
	return POLICIES[risk].iteration_limit + extensions * POLICY_EXTENSION;
}

bool
policy_may_iterate(enum risk risk, int extensions, int started)
{
	return started < policy_limit(risk, extensions);
}

bool
policy_gate_before_step(enum risk run, enum risk step, bool high_before)
{
	unsigned gates = POLICIES[run].gates;

	if (gates & POLICY_EVERY_STEP)
		return true;
	return (gates & POLICY_HIGH_STEPS) && step >= RISK_HIGH && high_before;
}

/* ---- gates ------------------------------------------------------------ */

static const struct {
	const char *name;
	unsigned decisions;
	bool coverable;
} GATES[] = {
#define X(id, name, decisions, coverable) { name, decisions, coverable },
	GATE_KINDS(X)
#undef X
};

static const struct {
	enum decision decision;
	const char *name;
} DECISION_NAMES[] = {
#define X(id, bit, name) { id, name },
	DECISIONS(X)
#undef X
};

const char *
gate_kind_name(enum gate_kind kind)
{
	return GATES[kind].name;
}

bool
gate_kind_parse(const char *name, enum gate_kind *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(GATES); i++) {
		if (str_eq(name, GATES[i].name)) {
			*ret = (enum gate_kind)i;
			return true;
		}
	}
	return false;
}

const char *
decision_name(enum decision d)
{
	for (size_t i = 0; i < ARRAY_LEN(DECISION_NAMES); i++)
		if (DECISION_NAMES[i].decision == d)
			return DECISION_NAMES[i].name;
	return "";
}

bool
decision_parse(const char *name, enum decision *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(DECISION_NAMES); i++) {
		if (str_eq(name, DECISION_NAMES[i].name)) {
			*ret = DECISION_NAMES[i].decision;
			return true;
		}
	}
	return false;
}

unsigned
gate_decisions(enum gate_kind kind)
{
	return GATES[kind].decisions;
}

char *
gate_decisions_text(enum gate_kind kind)
{
	struct buf out = BUF_INIT;
	unsigned left = GATES[kind].decisions;

	for (size_t i = 0; i < ARRAY_LEN(DECISION_NAMES); i++) {
		unsigned bit = DECISION_NAMES[i].decision;

		if (!(left & bit))
			continue;
		left &= ~bit;
		if (out.len)
			buf_addstr(&out, left ? ", " : " or ");
		buf_addstr(&out, DECISION_NAMES[i].name);
	}
	return buf_steal(&out);
}

bool
policy_covers(int level, enum gate_kind kind, enum risk risk)
{
	return level != APPROVE_NONE && GATES[kind].coverable &&
	       (int)risk <= level;
}

/* ---- words ------------------------------------------------------------ */

static bool
is_word(int c)
{
	return isalnum(c) || c >= 0x80;
}

/*
 * Whether the words of phrase (separated by one blank) stand in text in
 * this order with only blanks between them, as whole words, in any case.
 */
static bool
has_phrase_at(const char *text, const char *phrase)
{
	while (*phrase) {
		if (*phrase == ' ') {
			if (*text != ' ' && *text != '\t')
				return false;
			text += strspn(text, " \t");
			phrase++;
		} else if (tolower((unsigned char)*text++) != *phrase++) {
			return false;
		}
	}
	return !is_word((unsigned char)*text);
}

static bool
has_phrase(const char *text, const char *phrase)
{
	for (const char *p = text; *p; p++)
		if ((p == text || !is_word((unsigned char)p[-1])) &&
		    has_phrase_at(p, phrase))
			return true;
	return false;
}

static const char *
first_phrase(const char *text, const char *const *phrases)
{
	for (; text && *phrases; phrases++)
		if (has_phrase(text, *phrases))
			return *phrases;
	return NULL;
}

bool
policy_production(const char *key, const char *value)
{
	static const char *const KEYS[] = {
		"environment", "env", "target", "stage", "cluster", "host",
		"hosts", "server", "namespace", "context", "database", "db",
		"account", "project", "url", "region", NULL,
	};
	static const char *const VALUES[] = {
		"prod", "production", "prd", "live", NULL,
	};

	return first_phrase(key, KEYS) && first_phrase(value, VALUES);
}

/* ---- classifier ------------------------------------------------------- */

/*
 * Shell text is judged by words, which can only raise: what the sandbox
 * allows is what counts, this tells a person more than "writes files". The
 * list names commands that change infrastructure or lose data.
 */
static const char *const DESTRUCTIVE[] = {
	"rm",              "rmdir",          "shred",
	"dd",              "mkfs",           "truncate",
	"wipefs",          "git push",       "git reset",
	"git clean",       "drop table",     "drop database",
	"delete from",     "truncate table", "terraform apply",
	"terraform destroy", "tofu apply",   "tofu destroy",
	"kubectl apply",   "kubectl delete", "kubectl scale",
	"kubectl rollout", "helm install",   "helm upgrade",
	"helm uninstall",  "ansible-playbook", "docker push",
	"docker rm",       "systemctl",      "scancel",
	"sbatch",          "scontrol",       "reboot",
	"shutdown",        NULL,
};

static const char *
destructive_word(const struct policy_facts *f)
{
	return first_phrase(f->command, DESTRUCTIVE);
}

static bool
changes_something(const struct policy_facts *f)
{
	return !f->tool_known || f->profile > SANDBOX_READ_ONLY ||
	       f->effects != TOOL_READS;
}

static bool
is_production(const struct policy_facts *f)
{
	return f->production && changes_something(f);
}

static bool
is_destructive(const struct policy_facts *f)
{
	return (f->effects & TOOL_DESTRUCTIVE) != 0;
}

static bool
is_destructive_command(const struct policy_facts *f)
{
	return f->profile > SANDBOX_READ_ONLY && destructive_word(f);
}

static bool
is_unconfined(const struct policy_facts *f)
{
	return f->profile == SANDBOX_FULL;
}

static bool
is_code_with_network(const struct policy_facts *f)
{
	return f->code && f->profile >= SANDBOX_NETWORK;
}

static bool
is_given_secret(const struct policy_facts *f)
{
	return f->secrets;
}

static bool
is_network(const struct policy_facts *f)
{
	return (f->effects & TOOL_NETWORK) || f->profile >= SANDBOX_NETWORK;
}

static bool
is_unknown(const struct policy_facts *f)
{
	return !f->tool_known;
}

static bool
is_writing(const struct policy_facts *f)
{
	return (f->effects & TOOL_WRITES) ||
	       f->profile >= SANDBOX_WORKSPACE_WRITE;
}

static bool
is_confined(const struct policy_facts *f)
{
	return f->code && !changes_something(f);
}

static bool
is_reading(const struct policy_facts *f)
{
	return !f->code && !changes_something(f);
}

/* One row per fact, the highest class first; every row that holds leaves
 * its reason. */
static const struct {
	bool (*holds)(const struct policy_facts *f);
	enum risk risk;
	const char *reason;
} RULES[] = {
	{ is_production, RISK_CRITICAL,
	  "changes something in a production environment" },
	{ is_destructive, RISK_HIGH, "may destroy data" },
	{ is_destructive_command, RISK_HIGH,
	  "its shell command may destroy data or change infrastructure" },
	{ is_unconfined, RISK_HIGH, "runs without a sandbox" },
	{ is_code_with_network, RISK_HIGH,
	  "runs code that may reach the network" },
	{ is_given_secret, RISK_MEDIUM, "may read a stored secret" },
	{ is_unknown, RISK_MEDIUM, "what the tool changes is unknown" },
	{ is_network, RISK_MEDIUM, "reaches the network" },
	{ is_writing, RISK_MEDIUM, "may write files in the workspace" },
	{ is_confined, RISK_LOW,
	  "only reads: its sandbox lets it write nothing but its own output" },
	{ is_reading, RISK_LOW, "only reads" },
};

void
policy_class_release(struct policy_class *c)
{
	strv_release(&c->reasons);
	*c = (struct policy_class)POLICY_CLASS_INIT;
}

static void
reason_first(struct strv *v, const char *reason)
{
	char *added;

	strv_add(v, reason);
	added = v->items[v->count - 1];
	memmove(v->items + 1, v->items, (v->count - 1) * sizeof(*v->items));
	v->items[0] = added;
}

void
policy_raise(struct policy_class *c, enum risk risk, const char *reason)
{
	if (risk > c->risk) {
		c->risk = risk;
		reason_first(&c->reasons, reason);
	} else {
		strv_add(&c->reasons, reason);
	}
}

void
policy_classify(const struct policy_facts *f, struct policy_class *ret)
{
	struct policy_class c = POLICY_CLASS_INIT;

	for (size_t i = 0; i < ARRAY_LEN(RULES); i++)
		if (RULES[i].holds(f))
			policy_raise(&c, RULES[i].risk, RULES[i].reason);
	if (f->declared > c.risk)
		policy_raise(&c, f->declared, "declared in the file");
	policy_class_release(ret);
	*ret = c;
}
