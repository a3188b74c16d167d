/*
 * Each wire format: the exact body of a request, and what becomes of the
 * events of an answer, cut everywhere. Both were written from the lists of
 * events and fields of the vendors' clients, see src/agent/NAME.c.
 */
#include "agent_turn.h"

#include "agent/wire.h"

#define PLOT_SCHEMA \
	"{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}}," \
	"\"required\":[\"n\"]}"
#define BARE_SCHEMA "{\"type\":\"object\",\"properties\":{}}"

static const struct turn_tool tools[] = {
	{ "plot", "draws",
	  "{\"$schema\":\"x\",\"type\":\"object\","
	  "\"properties\":{\"n\":{\"type\":\"integer\"}},"
	  "\"required\":[\"n\"]}" },
	{ "mcp.fs/read", "reads", "{}" },
};

/* A history with everything in it; the pictures are "abc" and "abcd". */
static void
make_history(const char *dir, const char *wire, struct messages *h)
{
	AUTO_FREE char *png = path_join(dir, "a.png");
	AUTO_FREE char *chart = path_join(dir, "chart.png");
	AUTO_FREE char *pdf = path_join(dir, "r.pdf");
	struct message *m = messages_add(h, ROLE_USER);
	struct message_part *p;

	test_write(dir, "a.png", "abc", 3);
	test_write(dir, "chart.png", "abcd", 4);
	test_write(dir, "r.pdf", "%PDF", 4);
	message_text(m, "draw");
	message_image(m, png, "image/png");
	m = messages_add(h, ROLE_ASSISTANT);
	m->wire = xstrdup(wire);
	message_opaque(m, "{\"type\":\"reasoning\",\"id\":\"rs_1\"}");
	message_text(m, "ok")->phase = xstrdup("commentary");
	message_call(m, "c1", "plot", "{\"n\": 3}");
	message_call(m, "c2", "mcp.fs/read", "{\"broken");
	m = messages_add(h, ROLE_USER);
	p = message_result(m, "c1", false);
	message_result_add(p, PART_TEXT, "done", NULL);
	message_result_add(p, PART_IMAGE, chart, "image/png");
	message_result_add(p, PART_FILE, pdf, "application/pdf");
	p = message_result(m, "c2", true);
	message_result_add(p, PART_TEXT, "no such file", NULL);
	message_text(m, "and now?");
}

static void
check_body(const char *dir, const char *name, const char *wire,
	   struct turn_request *rq, const char *wanted)
{
	AUTO_PTR(provider) p = world_provider(name);
	struct messages h = { 0 };
	AUTO(buf) body = BUF_INIT;
	struct err err = ERR_INIT;

	make_history(dir, wire, &h);
	rq->model = "m";
	rq->system = "sys";
	rq->messages = &h;
	rq->tools = tools;
	rq->tool_count = ARRAY_LEN(tools);
	assert_ok(turn_body(p, rq, &body, &err), err);
	assert_string_equal(buf_str(&body), wanted);
	messages_release(&h);
}

static int
setup(void **state)
{
	return test_dir_setup(state) || world_setup(NULL);
}

static int
teardown(void **state)
{
	return world_teardown(NULL) || test_dir_teardown(state);
}

#define RESPONSES_HEAD \
	"{\"model\":\"m\",\"instructions\":\"sys\",\"store\":false," \
	"\"include\":[\"reasoning.encrypted_content\"],\"stream\":true," \
	"\"max_output_tokens\":99,\"parallel_tool_calls\":true," \
	"\"tool_choice\":\"auto\",\"tools\":[" \
	"{\"type\":\"function\",\"name\":\"plot\",\"description\":\"draws\"," \
	"\"parameters\":" PLOT_SCHEMA ",\"strict\":false}," \
	"{\"type\":\"function\",\"name\":\"mcp_fs_read\"," \
	"\"description\":\"reads\",\"parameters\":" BARE_SCHEMA "," \
	"\"strict\":false}],"

static void
test_body_responses(void **state)
{
	struct turn_request rq = { .max_tokens = 99 };

	check_body(*state, "openai", "openai", &rq,
		   RESPONSES_HEAD
		   "\"input\":["
		   "{\"type\":\"message\",\"role\":\"user\",\"content\":["
		   "{\"type\":\"input_text\",\"text\":\"draw\"},"
		   "{\"type\":\"input_image\",\"image_url\":"
		   "\"data:image/png;base64,YWJj\",\"detail\":\"auto\"}]},"
		   "{\"type\":\"reasoning\",\"id\":\"rs_1\"},"
		   "{\"type\":\"message\",\"role\":\"assistant\","
		   "\"phase\":\"commentary\",\"content\":[{\"type\":"
		   "\"output_text\",\"text\":\"ok\",\"annotations\":[]}]},"
		   "{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":"
		   "\"plot\",\"arguments\":\"{\\\"n\\\": 3}\"},"
		   "{\"type\":\"function_call\",\"call_id\":\"c2\",\"name\":"
		   "\"mcp_fs_read\",\"arguments\":\"{\\\"broken\"},"
		   "{\"type\":\"function_call_output\",\"call_id\":\"c1\","
		   "\"output\":[{\"type\":\"input_text\",\"text\":\"done\"},"
		   "{\"type\":\"input_image\",\"image_url\":"
		   "\"data:image/png;base64,YWJjZA==\"},"
		   "{\"type\":\"input_file\",\"filename\":\"r.pdf\","
		   "\"file_data\":\"data:application/pdf;base64,JVBERg==\"}]},"
		   "{\"type\":\"function_call_output\",\"call_id\":\"c2\","
		   "\"output\":\"no such file\"},"
		   "{\"type\":\"message\",\"role\":\"user\",\"content\":["
		   "{\"type\":\"input_text\",\"text\":\"and now?\"}]}]}");
	/* What another format made is not sent back as one's own. */
	rq = (struct turn_request){ .max_tokens = 99, .no_vision = true };
	{
		AUTO_PTR(provider) p = world_provider("openai");
		AUTO(buf) body = BUF_INIT;
		struct messages h = { 0 };
		struct err err = ERR_INIT;

		make_history(*state, "anthropic", &h);
		rq.model = "m";
		rq.messages = &h;
		assert_ok(turn_body(p, &rq, &body, &err), err);
		assert_null(strstr(body.data, "rs_1"));
		assert_null(strstr(body.data, "commentary"));
		assert_null(strstr(body.data, "image/png;base64"));
		assert_non_null(strstr(body.data, "[image chart.png, "
						  "image/png: you cannot see "
						  "pictures; it is saved as"));
		messages_release(&h);
	}
}

#define CHAT_TOOLS \
	"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"plot\"," \
	"\"description\":\"draws\",\"parameters\":" PLOT_SCHEMA "}}," \
	"{\"type\":\"function\",\"function\":{\"name\":\"mcp_fs_read\"," \
	"\"description\":\"reads\",\"parameters\":" BARE_SCHEMA "}}]"

#define CHAT_CALLS \
	"{\"role\":\"system\",\"content\":\"sys\"}," \
	"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":" \
	"\"draw\"},{\"type\":\"image_url\",\"image_url\":{\"url\":" \
	"\"data:image/png;base64,YWJj\",\"detail\":\"auto\"}}]}," \
	"{\"role\":\"assistant\",\"content\":\"ok\",\"tool_calls\":[" \
	"{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":" \
	"\"plot\",\"arguments\":\"{\\\"n\\\":3}\"}}," \
	"{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":" \
	"\"mcp_fs_read\",\"arguments\":" \
	"\"{\\\"invalid_json\\\":\\\"{\\\\\\\"broken\\\"}\"}}]},"

static void
test_body_chat(void **state)
{
	struct turn_request rq = { .max_tokens = 99 };

	check_body(*state, "openai-chat", "openai-chat", &rq,
		   "{\"model\":\"m\",\"stream\":true,\"stream_options\":"
		   "{\"include_usage\":true},\"max_completion_tokens\":"
		   "99," CHAT_TOOLS ",\"tool_choice\":\"auto\","
		   "\"parallel_tool_calls\":true,\"messages\":[" CHAT_CALLS
		   "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":"
		   "\"done\\n[image 1 attached in the next message]\\n"
		   "[file 2 attached in the next message]\"},"
		   "{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":"
		   "\"no such file\"},"
		   "{\"role\":\"user\",\"content\":["
		   "{\"type\":\"text\",\"text\":"
		   "\"Image 1 from tool plot, call c1:\"},"
		   "{\"type\":\"image_url\",\"image_url\":{\"url\":"
		   "\"data:image/png;base64,YWJjZA==\",\"detail\":\"auto\"}},"
		   "{\"type\":\"text\",\"text\":"
		   "\"File 2 from tool plot, call c1:\"},"
		   "{\"type\":\"file\",\"file\":{\"filename\":\"r.pdf\","
		   "\"file_data\":\"data:application/pdf;base64,JVBERg==\"}},"
		   "{\"type\":\"text\",\"text\":\"and now?\"}]}]}");
}

/* Ollama knows neither max_completion_tokens nor tool_choice nor files. */
static void
test_body_ollama(void **state)
{
	struct turn_request rq = { .max_tokens = 99 };
	AUTO_FREE char *pdf = path_join(*state, "r.pdf");
	AUTO_FREE char *wanted = xasprintf(
		"{\"model\":\"m\",\"stream\":true,\"stream_options\":"
		"{\"include_usage\":true},\"max_tokens\":99," CHAT_TOOLS
		",\"messages\":[" CHAT_CALLS
		"{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":"
		"\"done\\n[image 1 attached in the next message]\\n"
		"[file r.pdf, application/pdf: this kind of file cannot be "
		"sent to you; it is saved as %s]\"},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":"
		"\"no such file\"},"
		"{\"role\":\"user\",\"content\":["
		"{\"type\":\"text\",\"text\":"
		"\"Image 1 from tool plot, call c1:\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":"
		"\"data:image/png;base64,YWJjZA==\",\"detail\":\"auto\"}},"
		"{\"type\":\"text\",\"text\":\"and now?\"}]}]}",
		pdf);

	check_body(*state, "ollama", "openai-chat", &rq, wanted);
}

static void
test_body_anthropic(void **state)
{
	struct turn_request rq = { .choice = CHOICE_REQUIRED };

	check_body(*state, "anthropic", "anthropic", &rq,
		   "{\"model\":\"m\",\"max_tokens\":4096,\"stream\":true,"
		   "\"system\":[{\"type\":\"text\",\"text\":\"sys\","
		   "\"cache_control\":{\"type\":\"ephemeral\"}}],"
		   "\"tool_choice\":{\"type\":\"any\"},"
		   "\"tools\":[{\"name\":\"plot\",\"description\":\"draws\","
		   "\"input_schema\":" PLOT_SCHEMA "},"
		   "{\"name\":\"mcp_fs_read\",\"description\":\"reads\","
		   "\"input_schema\":" BARE_SCHEMA "}],"
		   "\"messages\":["
		   "{\"role\":\"user\",\"content\":[{\"type\":\"text\","
		   "\"text\":\"draw\"},{\"type\":\"image\",\"source\":{"
		   "\"type\":\"base64\",\"media_type\":\"image/png\","
		   "\"data\":\"YWJj\"}}]},"
		   "{\"role\":\"assistant\",\"content\":["
		   "{\"type\":\"reasoning\",\"id\":\"rs_1\"},"
		   "{\"type\":\"text\",\"text\":\"ok\"},"
		   "{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"plot\","
		   "\"input\":{\"n\":3}},"
		   "{\"type\":\"tool_use\",\"id\":\"c2\",\"name\":"
		   "\"mcp_fs_read\",\"input\":{\"invalid_json\":"
		   "\"{\\\"broken\"}}]},"
		   "{\"role\":\"user\",\"content\":["
		   "{\"type\":\"tool_result\",\"tool_use_id\":\"c1\","
		   "\"is_error\":false,\"content\":["
		   "{\"type\":\"text\",\"text\":\"done\"},"
		   "{\"type\":\"image\",\"source\":{\"type\":\"base64\","
		   "\"media_type\":\"image/png\",\"data\":\"YWJjZA==\"}},"
		   "{\"type\":\"document\",\"source\":{\"type\":\"base64\","
		   "\"media_type\":\"application/pdf\",\"data\":"
		   "\"JVBERg==\"}}]},"
		   "{\"type\":\"tool_result\",\"tool_use_id\":\"c2\","
		   "\"is_error\":true,\"content\":[{\"type\":\"text\","
		   "\"text\":\"no such file\"}]},"
		   "{\"type\":\"text\",\"text\":\"and now?\"}]}]}");
}

/* Structured output and effort, in each format; blank text is not sent to
 * Anthropic. */
static void
test_body_schema(void **state)
{
	static const struct {
		const char *name, *wanted;
	} rows[] = {
		{ "openai",
		  "{\"model\":\"m\",\"store\":false,\"stream\":true,"
		  "\"reasoning\":{\"effort\":\"low\"},\"text\":{\"format\":{"
		  "\"type\":\"json_schema\",\"name\":\"plan\","
		  "\"schema\":" BARE_SCHEMA
		  ",\"strict\":false}},\"input\":[{\"type\":"
		  "\"message\",\"role\":\"user\",\"content\":[{\"type\":"
		  "\"input_text\",\"text\":\"hi\"},{\"type\":\"input_text\","
		  "\"text\":\" \"}]}]}" },
		{ "openai-chat",
		  "{\"model\":\"m\",\"stream\":true,\"stream_options\":{"
		  "\"include_usage\":true},\"reasoning_effort\":\"low\","
		  "\"response_format\":{\"type\":\"json_schema\","
		  "\"json_schema\":{\"name\":\"plan\",\"schema\":" BARE_SCHEMA
		  ",\"strict\":false}},\"messages\":[{\"role\":\"user\","
		  "\"content\":\"hi\\n \"}]}" },
		{ "llama.cpp",
		  "{\"model\":\"m\",\"stream\":true,\"stream_options\":{"
		  "\"include_usage\":true},\"reasoning_effort\":\"low\","
		  "\"response_format\":{\"type\":\"json_schema\","
		  "\"json_schema\":{\"name\":\"plan\",\"schema\":" BARE_SCHEMA
		  "}},\"messages\":[{\"role\":\"user\",\"content\":"
		  "\"hi\\n \"}]}" },
		{ "anthropic",
		  "{\"model\":\"m\",\"max_tokens\":4096,\"stream\":true,"
		  "\"output_config\":{\"effort\":\"low\",\"format\":{"
		  "\"type\":\"json_schema\",\"schema\":" BARE_SCHEMA "}},"
		  "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
		  "\"text\",\"text\":\"hi\"}]}]}" },
	};

	(void)state;
	message_text(&w.history.items[0], " ");
	w.rq.schema = "{}";
	w.rq.schema_name = "plan";
	w.rq.effort = "low";
	w.rq.no_reasoning = true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_PTR(provider) p = world_provider(rows[i].name);
		AUTO(buf) body = BUF_INIT;
		struct err err = ERR_INIT;

		assert_ok(turn_body(p, &w.rq, &body, &err), err);
		assert_string_equal(buf_str(&body), rows[i].wanted);
	}
}

static void
test_tool_names(void **state)
{
	static const struct turn_tool many[] = {
		{ "a.b", "", "{}" },
		{ "a/b", "", "{}" },
		{ "a_b", "", "{}" },
		{ "0123456789012345678901234567890123456789012345678901234567"
		  "89abcdEFGH",
		  "", "{}" },
		{ "0123456789012345678901234567890123456789012345678901234567"
		  "89abcdXYZ",
		  "", "{}" },
	};
	struct turn_request rq = { .tools = many,
				   .tool_count = ARRAY_LEN(many) };
	AUTO(strv) names = STRV_INIT;

	(void)state;
	wire_names(&rq, &names);
	assert_string_equal(names.items[0], "a_b");
	assert_string_equal(names.items[1], "a_b_2");
	assert_string_equal(names.items[2], "a_b_3");
	assert_string_equal(names.items[3],
			    "01234567890123456789012345678901234567890123456"
			    "7890123456789abcd");
	assert_string_equal(names.items[4],
			    "01234567890123456789012345678901234567890123456"
			    "7890123456789ab_2");
}

/* --- answers ------------------------------------------------------------ */

#define EV(type, rest) \
	"event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"

/* Reasoning, text with a split code point, two interleaved calls. */
static const char responses[] = EV("response.created", ",\"sequence_number\":0,"
						       "\"response\":{}") EV(
	"response.output_item.added",
	",\"sequence_number\":1,"
	"\"output_index\":0,\"item\":{\"type\":\"reasoning\",\"id\":"
	"\"rs_1\",\"summary\":[]}") EV("response.reasoning_summary_text.delta",
				       ",\"sequence_number\":2,"
				       "\"output_index\":0,\"delta\":\"think\"")
	EV("response.output_item.done", ",\"sequence_number\":3,"
					"\"output_index\":0,\"item\":{\"type\":"
					"\"reasoning\",\"id\":"
					"\"rs_1\",\"summary\":[],\"encrypted_"
					"content\":\"XYZ\"}") EV("response."
								 "output_item."
								 "added",
								 ",\"sequence_"
								 "number\":4,"
								 "\"output_"
								 "index\":1,"
								 "\"item\":{"
								 "\"type\":"
								 "\"message\","
								 "\"id\":"
								 "\"msg_1\","
								 "\"content\":["
								 "]}")
		EV("response.output_text.delta",
		   ",\"sequence_number\":5,"
		   "\"output_index\":1,\"content_index\":0,\"delta\":"
		   "\"H\xc3\xa9\"") ": ping\n\n" EV("response.output_text."
						    "delta",
						    ",\"sequence_number\":5,"
						    "\"output_index\":1,"
						    "\"content_index\":0,"
						    "\"delta\":\"AGAIN\"")
			EV(
				"response.output_text.delta",
				",\"sequence_number\":6,"
				"\"output_index\":1,\"content_index\":0,"
				"\"delta\":\"llo\","
				"\"obfuscation\":\"xx\"") EV("response.output_"
							     "item.added",
							     ",\"sequence_"
							     "number\":7,"
							     "\"output_index\":"
							     "2,\"item\":{"
							     "\"type\":"
							     "\"function_"
							     "call\",\"id\":"
							     "\"fc_1\",\"call_"
							     "id\":\"c1\","
							     "\"name\":"
							     "\"plot\","
							     "\"arguments\":"
							     "\"\"}") EV("respo"
									 "nse."
									 "outpu"
									 "t_"
									 "item."
									 "adde"
									 "d",
									 ",\"se"
									 "quenc"
									 "e_"
									 "numbe"
									 "r\":"
									 "8,"
									 "\"out"
									 "put_"
									 "index"
									 "\":3,"
									 "\"ite"
									 "m\":{"
									 "\"typ"
									 "e\":"
									 "\"fun"
									 "ction"
									 "_call"
									 "\","
									 "\"id"
									 "\":"
									 "\"fc_"
									 "2\","
									 "\"cal"
									 "l_"
									 "id\":"
									 "\"c2"
									 "\","
									 "\"nam"
									 "e\":"
									 "\"mcp"
									 "_fs_"
									 "read"
									 "\","
									 "\"arg"
									 "ument"
									 "s\":"
									 "\"\""
									 "}")
				EV("response.function_call_arguments.delta",
				   ",\"sequence_number\":9,"
				   "\"output_index\":3,\"delta\":\"{\\\"p\\\":"
				   "\"") EV("response.function_call_arguments."
					    "delta",
					    ",\"sequence_number\":"
					    "10,\"output_index\":2,\"delta\":"
					    "\"{\\\"n\\\":1}\"")
					EV("response.function_call_arguments."
					   "delta",
					   ",\"sequence_number\":"
					   "11,\"output_index\":3,\"delta\":"
					   "\"2}\"") EV("response.output_item."
							"done",
							",\"sequence_number\":"
							"12,"
							"\"output_index\":1,"
							"\"item\":{\"type\":"
							"\"message\",\"id\":"
							"\"msg_1\",\"phase\":"
							"\"commentary\","
							"\"content\":[{"
							"\"type\":"
							"\"output_text\","
							"\"text\":"
							"\"H\xc3\xa9llo\"}]}")
						EV("response.output_item.done",
						   ",\"sequence_number\":13,"
						   "\"output_index\":2,"
						   "\"item\":{\"type\":"
						   "\"function_call\",\"id\":"
						   "\"fc_1\",\"call_id\":"
						   "\"c1\",\"name\":\"plot\","
						   "\"arguments\":"
						   "\"{\\\"n\\\":1}\"}")
							EV("response.output_"
							   "item.done",
							   ",\"sequence_"
							   "number\":14,"
							   "\"output_index\":3,"
							   "\"item\":{\"type\":"
							   "\"function_call\","
							   "\"id\":"
							   "\"fc_2\",\"call_"
							   "id\":\"c2\","
							   "\"name\":\"mcp_fs_"
							   "read\","
							   "\"arguments\":\"{"
							   "\\\"p\\\":2}\"}")
								EV("response."
								   "completed",
								   ",\"sequence"
								   "_number\":"
								   "15,"
								   "\"response"
								   "\":{"
								   "\"status\":"
								   "\"completed"
								   "\","
								   "\"model\":"
								   "\"m-2026\","
								   "\"output\":"
								   "[],"
								   "\"usage\":{"
								   "\"input_"
								   "tokens\":"
								   "100,"
								   "\"input_"
								   "tokens_"
								   "details\":{"
								   "\"cached_"
								   "tokens\":"
								   "60},"
								   "\"output_"
								   "tokens\":"
								   "20,"
								   "\"output_"
								   "tokens_"
								   "details\":{"
								   "\"reasoning"
								   "_tokens\":"
								   "5}}}");

#define CHUNK(choices, rest) \
	"data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\"," \
	"\"model\":\"m-2026\",\"choices\":[" choices "]" rest "}\n\n"
#define DELTA(delta, reason) \
	CHUNK("{\"index\":0,\"delta\":{" delta "},\"finish_reason\":" reason \
	      "}", \
	      ",\"usage\":null")

static const char chat[] = DELTA(
	"\"role\":\"assistant\",\"content\":\"\"",
	"null") DELTA("\"reasoning_content\":\"thi\"",
		      "null") DELTA("\"reasoning\":\"nk\"", "null")
	DELTA("\"content\":\"H\xc3\xa9\"", "null") ": ping\n\n" DELTA(
		"\"content\":\"llo\"",
		"null") DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"c1\","
			      "\"type\":"
			      "\"function\",\"function\":{\"name\":\"plot\","
			      "\"arguments\":"
			      "\"\"}}]",
			      "null")
		DELTA("\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"type\":"
		      "\"function\",\"function\":{\"name\":\"mcp_fs_read\","
		      "\"arguments\":\"{\\\"p\\\"\"}}]",
		      "null") DELTA("\"tool_calls\":[{\"index\":0,\"id\":"
				    "\"c1\",\"function\":{"
				    "\"name\":\"plot\",\"arguments\":\"{"
				    "\\\"n\\\":1}\"}},"
				    "{\"index\":1,\"function\":{\"arguments\":"
				    "\":2}\"}}]",
				    "null") DELTA("", "\"tool_calls\"")
			CHUNK("", ",\"usage\":{\"prompt_tokens\":100,"
				  "\"completion_tokens\":"
				  "20,\"prompt_tokens_details\":{\"cached_"
				  "tokens\":60},"
				  "\"completion_tokens_details\":{\"reasoning_"
				  "tokens\":5}}") "data: [DONE]\n\n";

static const char anthropic[] = EV(
	"message_start",
	",\"message\":{\"id\":\"msg_1\",\"model\":"
	"\"m-2026\",\"content\":[],\"usage\":{\"input_tokens\":30,"
	"\"cache_read_input_tokens\":60,\"cache_creation_input_tokens\":"
	"10,\"output_tokens\":1}}") EV("content_block_start",
				       ",\"index\":0,\"content_block\":{"
				       "\"type\":"
				       "\"thinking\",\"thinking\":\"\","
				       "\"signature\":\"\"}")
	EV("ping",
	   "") EV("content_block_delta", ",\"index\":0,\"delta\":{\"type\":"
					 "\"thinking_delta\",\"thinking\":"
					 "\"think\"}") EV("content_block_delta",
							  ",\"index\":0,"
							  "\"delta\":{\"type\":"
							  "\"signature_delta\","
							  "\"signature\":"
							  "\"SIG\"}")
		EV("content_block_stop", ",\"index\":0") EV(
			"content_block_start",
			",\"index\":1,\"content_block\":{\"type\":"
			"\"text\",\"text\":\"\"}") EV("content_block_delta",
						      ",\"index\":1,\"delta\":{"
						      "\"type\":"
						      "\"text_delta\",\"text\":"
						      "\"H\xc3\xa9\"}")
			EV(
				"content_block_start",
				",\"index\":2,\"content_block\":{\"type\":"
				"\"tool_use\",\"id\":\"c1\",\"name\":\"plot\","
				"\"input\":{}}") EV("content_block_delta",
						    ",\"index\":2,\"delta\":{"
						    "\"type\":"
						    "\"input_json_delta\","
						    "\"partial_json\":\"{"
						    "\\\"n\\\"\"}") EV("content"
								       "_block_"
								       "delta",
								       ",\"inde"
								       "x\":1,"
								       "\"delta"
								       "\":{"
								       "\"type"
								       "\":"
								       "\"text_"
								       "delta\""
								       ",\"text"
								       "\":"
								       "\"llo\""
								       "}")
				EV("content_block_stop", ",\"index\":1") EV(
					"content_block_delta",
					",\"index\":2,\"delta\":{\"type\":"
					"\"input_json_delta\",\"partial_json\":"
					"\":1}\"}") EV("content_block_stop",
						       ",\"index\":2")
					EV("content_block_start",
					   ",\"index\":3,\"content_block\":{"
					   "\"type\":"
					   "\"tool_use\",\"id\":\"c2\","
					   "\"name\":\"mcp_fs_read\","
					   "\"input\":{\"p\":2}}") EV("content_"
								      "block_"
								      "stop",
								      ",\"index"
								      "\":3")
						EV("some_new_event",
						   "") EV("message_delta",
							  ",\"delta\":{\"stop_"
							  "reason\":\"tool_"
							  "use\"},"
							  "\"usage\":{\"output_"
							  "tokens\":20}")
							EV("message_stop", "");

static const struct {
	const char *name, *stream, *opaque;
} providers[] = {
	{ "openai", responses,
	  "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],"
	  "\"encrypted_content\":\"XYZ\"}" },
	{ "openai-chat", chat, NULL },
	{ "ollama", chat, NULL },
	{ "anthropic", anthropic,
	  "{\"type\":\"thinking\",\"thinking\":\"think\",\"signature\":"
	  "\"SIG\"}" },
};

static void
check_answer(size_t i, size_t cut)
{
	size_t k = 0;
	const struct message *m = &w.r.message;

	if (w.r.failure != TURN_OK)
		fail_msg("%s cut by %zu: %s", providers[i].name, cut,
			 w.r.err.msg);
	assert_string_equal(buf_str(&w.text), "H\xc3\xa9llo");
	assert_string_equal(buf_str(&w.reasoning), "think");
	assert_string_equal(buf_str(&w.calls), "plot;mcp_fs_read;");
	assert_string_equal(w.r.model, "m-2026");
	assert_int_equal(w.r.end, END_CALLS);
	assert_int_equal(m->part_count, providers[i].opaque ? 4 : 3);
	if (providers[i].opaque) {
		assert_int_equal(m->parts[k].kind, PART_OPAQUE);
		assert_string_equal(m->parts[k++].text, providers[i].opaque);
	}
	assert_int_equal(m->parts[k].kind, PART_TEXT);
	assert_string_equal(m->parts[k++].text, "H\xc3\xa9llo");
	assert_int_equal(m->parts[k].kind, PART_CALL);
	assert_string_equal(m->parts[k].id, "c1");
	assert_string_equal(m->parts[k].name, "plot");
	assert_string_equal(m->parts[k++].text, "{\"n\":1}");
	assert_string_equal(m->parts[k].id, "c2");
	assert_string_equal(m->parts[k].name, "mcp.fs/read");
	assert_string_equal(m->parts[k].text, "{\"p\":2}");
}

/* Whatever the pieces are, the answer is the same. */
static void
test_answers(void **state)
{
	static const size_t pieces[] = { 0, 1, 2, 3, 7, 64 };

	(void)state;
	w.rq.tools = tools;
	w.rq.tool_count = ARRAY_LEN(tools);
	for (size_t i = 0; i < ARRAY_LEN(providers); i++)
		for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
			struct agent_reply r = { .body = providers[i].stream,
						 .piece = pieces[k] };

			world_turn(providers[i].name, &r, 1);
			check_answer(i, pieces[k]);
			assert_usage(
				100, 60, 20,
				strcmp(providers[i].name, "anthropic") ? 5 : 0);
		}
}

/* An answer that stops anywhere before its end is a failure, and is not
 * asked for again once something was shown. */
static void
test_cut_answers(void **state)
{
	(void)state;
	w.retries = -1;
	w.rq.tools = tools;
	w.rq.tool_count = ARRAY_LEN(tools);
	for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
		size_t len = strlen(providers[i].stream);
		/* Chat Completions is whole with its reason to end. */
		const char *reason =
			strstr(providers[i].stream, "\"finish_reason\":\"tool");
		size_t needed = len - 1;

		if (reason)
			needed = (size_t)(strstr(reason, "\n\n") + 1 -
					  providers[i].stream);
		for (size_t cut = 0; cut <= len; cut++) {
			struct agent_reply r = { .body = providers[i].stream,
						 .how = CUT_CLOSE,
						 .cut = cut };

			world_turn(providers[i].name, &r, 1);
			assert_int_equal(w.server.requests, 1);
			if (cut > needed)
				check_answer(i, cut);
			else
				assert_turn_fails(TURN_NETWORK, "closed");
		}
	}
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_body_responses), T(test_body_chat),
		T(test_body_ollama),    T(test_body_anthropic),
		T(test_body_schema),    T(test_tool_names),
		T(test_answers),        T(test_cut_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
