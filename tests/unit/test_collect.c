/* What a step left: kept, looked at, or refused with its name. */
#include "test.h"

#include "base/json.h"
#include "base/loop.h"
#include "png_write.h"
#include "run/collect.h"

#include <sys/stat.h>
#include <unistd.h>

struct step {
	char *dir, *run_dir;
	struct loop *loop;
	struct collect *c;
	bool done;
};

static void
step_init(struct step *s, const char *home)
{
	struct err err = ERR_INIT;

	*s = (struct step){ .dir = path_join(home, "step"),
			    .run_dir = path_join(home, "run"),
			    .loop = loop_new(),
			    .c = collect_new() };
	assert_ok(path_mkdirs(s->dir, &err), err);
	assert_ok(path_mkdirs(s->run_dir, &err), err);
	s->c->dir = s->dir;
	s->c->run_dir = s->run_dir;
}

static void
step_release(struct step *s)
{
	collect_free(s->c);
	loop_free(s->loop);
	free(s->run_dir);
	free(s->dir);
}

static void
on_looked(void *ud)
{
	struct step *s = ud;

	s->done = true;
}

static void
look(struct step *s)
{
	collect_store(s->c);
	collect_look(s->c, s->loop, on_looked, s);
	loop_run(s->loop);
	assert_true(s->done);
}

static void
write_picture(const char *dir, const char *name, uint8_t ink, size_t cut)
{
	enum { SIDE = 64 };
	uint8_t rows[SIDE * SIDE];
	AUTO(buf) png = BUF_INIT;

	memset(rows, 255, sizeof(rows));
	for (int i = 0; i < 6; i++) /* dots, too short for lines */
		memset(rows + (8 + i * 8) * SIDE + 8 + i * 7, ink, 6);
	png_write_raw(&png, SIDE, SIDE, 8, PNG_COLOR_TYPE_GRAY,
		      PNG_INTERLACE_NONE, rows, SIDE, NULL, 0);
	test_write(dir, name, png.data, png.len - cut);
}

/* The finding of that name; its "ok". */
static bool
finding_ok(const struct collect_file *f, const char *name)
{
	AUTO_JSON *all =
		json_parse(f->findings, strlen(f->findings), "test", NULL);
	const cJSON *row;

	cJSON_ArrayForEach (row, all)
		if (str_eq(json_str(row, "check"), name))
			return json_bool(row, "ok", false);
	fail_msg("%s: no finding %s in %s", f->file, name, f->findings);
	return false;
}

static void
test_pictures(void **state)
{
	struct step s;

	step_init(&s, *state);
	write_picture(s.dir, "drawn.png", 0, 0);
	write_picture(s.dir, "empty.png", 255, 0);
	write_picture(s.dir, "cut.png", 0, 30);
	test_write(s.dir, "note.txt", "no picture", 10);
	collect_add(s.c, NULL, "drawn.png");
	collect_add(s.c, NULL, "note.txt");
	collect_add(s.c, NULL, "empty.png");
	collect_add(s.c, NULL, "cut.png");
	look(&s);
	for (int i = 0; i < 4; i++) {
		assert_true(s.c->files[i].stored);
		assert_int_equal(s.c->files[i].checked, i != 1);
	}
	assert_true(finding_ok(&s.c->files[0], "blank"));
	assert_false(finding_ok(&s.c->files[2], "blank"));
	assert_false(s.c->files[2].visual_ok);
	assert_false(finding_ok(&s.c->files[3], "readable"));
	assert_false(s.c->files[3].visual_ok);
	assert_non_null(strstr(s.c->files[3].findings, "not a readable PNG"));
	step_release(&s);
}

/* Neither followed nor waited for. */
static void
test_traps(void **state)
{
	static const struct {
		const char *file, *words;
	} rows[] = {
		{ "pipe", "pipe" },     { "link", "link" },
		{ "folder", "folder" }, { "missing", "missing" },
		{ "../out", "out" },    { "/etc/passwd", "/etc/passwd" },
	};
	AUTO_FREE char *pipe = NULL, *link = NULL, *folder = NULL;
	struct step s;

	step_init(&s, *state);
	pipe = path_join(s.dir, "pipe");
	link = path_join(s.dir, "link");
	folder = path_join(s.dir, "folder");
	test_write(*state, "out", "x", 1);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		collect_add(s.c, NULL, rows[i].file);
	look(&s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_false(s.c->files[i].stored);
		assert_non_null(strstr(s.c->files[i].problem, rows[i].words));
	}
	step_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		dir_test(test_pictures),
		dir_test(test_traps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
