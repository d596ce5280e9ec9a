/* runner - the table that says how each kind of spec is started and judged */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "json.h"
#include "jsonl.h"
#include "mem.h"
#include "path.h"
#include "runner_table.h"
#include "runners.h" /* made of runners.json */

struct runner_table {
	cJSON *entries;
};

/* As RFC 7386 has it: objects member by member, null takes away. */
static void
merge(cJSON *into, const cJSON *over)
{
	const cJSON *m;
	cJSON *old;

	for (m = json_first(over); m != NULL; m = m->next) {
		old = cJSON_GetObjectItemCaseSensitive(into, m->string);
		if (!cJSON_IsObject(m) || !cJSON_IsObject(old)) {
			cJSON_DeleteItemFromObjectCaseSensitive(
			    into, m->string);
			old = NULL;
		}
		if (cJSON_IsObject(m))
			merge(old ? old
				  : cJSON_AddObjectToObject(into, m->string),
			    m);
		else if (!cJSON_IsNull(m))
			cJSON_AddItemToObject(
			    into, m->string, cJSON_Duplicate(m, 1));
	}
}

/* The user's entries come first, so they are the first to be guessed. */
static cJSON *
merged(cJSON *own, const cJSON *user, const char *path, const char *source)
{
	cJSON *all = cJSON_CreateObject(), *entry;
	const cJSON *m;

	for (m = json_first(user); m != NULL; m = m->next) {
		entry = cJSON_DetachItemFromObjectCaseSensitive(own, m->string);
		if (cJSON_IsNull(m)) {
			cJSON_Delete(entry);
			continue;
		}
		if (entry == NULL)
			entry = cJSON_CreateObject();
		merge(entry, m);
		cJSON_AddItemToObject(all, m->string, entry);
		runner_check_whole(path, source, entry);
	}
	while (own->child != NULL) {
		entry = cJSON_DetachItemViaPointer(own, own->child);
		cJSON_AddItemToObject(all, entry->string, entry);
	}
	cJSON_Delete(own);
	return all;
}

struct runner_table *
runner_open(const char *path)
{
	struct runner_table *t = mem_zalloc(1, sizeof(*t));
	struct buf source = {0};
	cJSON *user = NULL;
	int fd;

	t->entries = cJSON_Parse(embed_runners_json);
	if (t->entries == NULL)
		errx(EX_SOFTWARE, "the built-in runner table is broken");
	if (path == NULL)
		return t;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(EX_NOINPUT, "%s", path);
	user = jsonl_document(fd, path, &source);
	close(fd);
	if (user == NULL)
		exit(EX_DATAERR);
	runner_check(path, source.data, user);
	t->entries = merged(t->entries, user, path, source.data);
	cJSON_Delete(user);
	buf_free(&source);
	return t;
}

void
runner_close(struct runner_table *t)
{
	if (t == NULL)
		return;
	cJSON_Delete(t->entries);
	free(t);
}

const cJSON *
runner_entry(const struct runner_table *t, const char *name)
{
	return json_member(t->entries, name);
}

bool
runner_known(const struct runner_table *t, const char *name)
{
	return runner_entry(t, name) != NULL;
}

bool
runner_shares(const struct runner_table *t, const char *name)
{
	return json_member(runner_entry(t, name), "share") != NULL;
}

bool
runner_splits(const struct runner_table *t, const char *name)
{
	return json_member(runner_entry(t, name), "split") != NULL;
}

/* Most patterns are a star and an end, and need no more than a look there. */
static bool
fits(const char *pattern, const char *spec)
{
	const char *base = strrchr(spec, '/');
	size_t end = strlen(pattern) - 1, len;

	if (strchr(pattern, '/') != NULL)
		return path_match(pattern, spec);
	base = base != NULL ? base + 1 : spec;
	if (*pattern != '*' || strpbrk(pattern + 1, "*?[\\") != NULL)
		return path_match(pattern, base);
	len = strlen(base);
	return *base != '.' && len >= end &&
	       memcmp(base + len - end, pattern + 1, end) == 0;
}

const char *
runner_guess(const struct runner_table *t, const char *spec)
{
	const cJSON *entry, *pattern;

	for (entry = json_first(t->entries); entry != NULL; entry = entry->next)
		for (pattern = json_first(json_member(entry, "match"));
		     pattern != NULL; pattern = pattern->next)
			if (fits(pattern->valuestring, spec))
				return entry->string;
	return RUNNER_DEFAULT;
}
