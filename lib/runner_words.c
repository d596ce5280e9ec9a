/* runner_words - what the placeholders of a runner's entry stand for */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "mem.h"
#include "path.h"
#include "runner_table.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz_"

struct words {
	cJSON *json; /* placeholder to value */
	const cJSON *entry;
};

static bool
is_number(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return len > 0 && len < 6;
}

static void
word(struct words *w, const char *name, const char *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(w->json, name);
	cJSON_AddStringToObject(w->json, name, value);
}

static void
number_word(struct words *w, const char *name, int64_t value)
{
	char *number = mem_printf("%" PRId64, value);

	word(w, name, number);
	free(number);
}

/* A viewport may be called by its size: 1280x720. */
static void
size_words(struct words *w, const char *viewport)
{
	const char *x = strchr(viewport, 'x');
	char *width;

	if (x == NULL || !is_number(viewport, (size_t)(x - viewport)) ||
	    !is_number(x + 1, strlen(x + 1)))
		return;
	width = mem_strndup(viewport, (size_t)(x - viewport));
	word(w, "width", width);
	word(w, "height", x + 1);
	free(width);
}

/* What the entry says of a viewport or a browser. */
static void
entry_words(struct words *w, const char *kind, const char *name)
{
	const cJSON *m;
	char *number;

	for (m = json_first(json_member(json_member(w->entry, kind), name));
	     m != NULL; m = m->next) {
		if (cJSON_IsString(m))
			word(w, m->string, m->valuestring);
		if (!cJSON_IsNumber(m))
			continue;
		number = mem_printf("%.15g", m->valuedouble);
		word(w, m->string, number);
		free(number);
	}
}

/* With a backslash before each of the special characters. */
static char *
escaped(const char *path, const char *special)
{
	struct buf b = {0};

	buf_puts(&b, "");
	for (; *path != '\0'; path++) {
		if (strchr(special, *path) != NULL)
			buf_putc(&b, '\\');
		buf_putc(&b, *path);
	}
	return b.data;
}

/*
 * A glob of that path alone. Backslashes are not for all who read globs (node
 * --test has none), but classes of one character are, save for braces. A
 * parenthesis is special after some characters only.
 */
static char *
literal_glob(const char *path)
{
	struct buf b = {0};
	char before = '\0';

	buf_puts(&b, "");
	for (; *path != '\0'; before = *path++)
		if (strchr("*?[]", *path) != NULL ||
		    (*path == '(' && before != '\0' && strchr("+@!", before)))
			buf_printf(&b, "[%c]", *path);
		else {
			if (strchr("\\{}", *path) != NULL)
				buf_putc(&b, '\\');
			buf_putc(&b, *path);
		}
	return b.data;
}

/* Runners that take a pattern get one that only this spec matches. */
static void
pattern_words(struct words *w, const char *path)
{
	char *s = escaped(path, "\\^$.*+?()[]{}|/"), *anchored;

	anchored = mem_printf("^%s$", s);
	word(w, "spec_regex", anchored);
	free(anchored);
	free(s);
	s = literal_glob(path);
	word(w, "spec_glob", s);
	free(s);
}

static bool
has_marker(struct words *w, const char *dir)
{
	const cJSON *name;
	char *path;
	bool yes;

	for (name = json_first(json_member(w->entry, "folder")); name != NULL;
	     name = name->next) {
		path = mem_printf("%s/%s", dir, name->valuestring);
		yes = access(path, F_OK) == 0;
		if (yes)
			word(w, "marker", path);
		free(path);
		if (yes)
			return true;
	}
	return false;
}

/*
 * The working folder: the nearest one that has one of the entry's marker
 * files, from the spec up to the spec root, or the spec root.
 */
static char *
project(struct words *w, const char *root, const char *spec)
{
	char *dir = mem_strdup(spec ? spec : root), *slash;

	while ((slash = strrchr(dir, '/')) != NULL &&
	       (size_t)(slash - dir) >= strlen(root)) {
		*slash = '\0';
		if (has_marker(w, dir))
			return dir;
	}
	free(dir);
	return mem_strdup(root);
}

static void
task_words(struct words *w, const struct record *r)
{
	static const struct {
		const char *name;
		enum field field;
	} fields[] = {{"spec", RECORD_SPEC}, {"browser", RECORD_BROWSER},
	    {"viewport", RECORD_VIEWPORT}, {"group", RECORD_GROUP},
	    {"id", RECORD_ID}};
	const char *value;
	size_t i;

	entry_words(w, "viewports", record_text(r, RECORD_VIEWPORT));
	entry_words(w, "browsers", record_text(r, RECORD_BROWSER));
	if (record_has(r, RECORD_VIEWPORT))
		size_words(w, record_text(r, RECORD_VIEWPORT));
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		value = record_text(r, fields[i].field);
		word(w, fields[i].name, value ? value : "");
	}
}

static char *
spec_path(const struct record *r, const char *root)
{
	const char *spec = record_text(r, RECORD_SPEC);
	char *clean, *path;

	if (spec == NULL)
		return NULL;
	clean = path_clean(spec);
	path = mem_printf("%s/%s", root[1] ? root : "", clean);
	free(clean);
	return path;
}

cJSON *
runner_words(const cJSON *entry, const struct record *r,
    const struct runner_where *where, struct runner_plan *plan)
{
	struct words w = {cJSON_CreateObject(), entry};
	char *real = realpath(where->spec_root, NULL);
	const char *root = real ? real : where->spec_root, *spec;

	task_words(&w, r);
	plan->spec = spec_path(r, root);
	spec = plan->spec ? plan->spec : "";
	word(&w, "spec_path", spec);
	pattern_words(&w, spec);
	word(&w, "marker", "");
	plan->dir = project(&w, root, plan->spec);
	word(&w, "root", root);
	word(&w, "dir", plan->dir);
	word(&w, "out", where->out);
	word(&w, "tmp", where->tmp);
	word(&w, "cache", where->cache);
	number_word(&w, "part", record_int(r, RECORD_PART, 1));
	number_word(&w, "parts", record_int(r, RECORD_PARTS, 1));
	word(&w, "reporter", where->reporter ? where->reporter : "");
	free(real);
	return w.json;
}

char *
runner_placeholder(const char *s)
{
	size_t len = strspn(s + 1, LETTERS);

	if (s[0] != '{')
		return NULL;
	if (strncmp(s, "{up:", 4) == 0)
		len = strcspn(s + 1, "}");
	return len > 0 && s[len + 1] == '}' ? mem_strndup(s + 1, len) : NULL;
}

bool
runner_gives(const cJSON *kind, const char *name)
{
	const cJSON *m;

	for (m = json_first(kind); m != NULL; m = m->next)
		if (json_member(m, name) != NULL)
			return true;
	return false;
}

/* The placeholders that every entry may use. */
static const char *const known_words[] = {"spec", "spec_path", "spec_regex",
    "spec_glob", "group", "id", "viewport", "browser", "root", "dir", "marker",
    "out", "tmp", "cache", "width", "height", "reporter", "part", "parts"};

char *
runner_unknown_word(const cJSON *entry, const char *s)
{
	size_t i, count = sizeof(known_words) / sizeof(known_words[0]);
	char *name;

	while ((s = strchr(s, '{')) != NULL) {
		name = runner_placeholder(s++);
		for (i = 0; name && i < count; i++)
			if (strcmp(known_words[i], name) == 0)
				break;
		if (name && i == count && strncmp(name, "up:", 3) != 0 &&
		    !runner_gives(json_member(entry, "viewports"), name) &&
		    !runner_gives(json_member(entry, "browsers"), name))
			return name;
		free(name);
	}
	return NULL;
}
