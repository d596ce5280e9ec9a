/* path - paths below a folder, and glob(7) patterns over them */
#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mem.h"
#include "path.h"

struct walk {
	struct path_list found;
	size_t cap;
	struct buf at; /* the folder it is in, with a slash at its end */
	size_t root;   /* how much of at is the root */
};

static bool
names(const char *component, size_t len, const char *name)
{
	return strlen(name) == len && strncmp(component, name, len) == 0;
}

bool
path_is_below(const char *path)
{
	size_t len;

	if (*path == '/')
		return false;
	for (; *path != '\0'; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (names(path, len, ".."))
			return false;
	}
	return true;
}

bool
path_is_inside(const char *real, const char *root)
{
	size_t len = strlen(root);

	return strcmp(root, "/") == 0 ||
	       (strncmp(real, root, len) == 0 &&
		   (real[len] == '/' || real[len] == '\0'));
}

char *
path_clean(const char *path)
{
	struct buf b = {0};
	size_t len;

	buf_puts(&b, *path == '/' ? "/" : "");
	for (; *path != '\0'; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len == 0 || names(path, len, "."))
			continue;
		if (b.len > 0 && b.data[b.len - 1] != '/')
			buf_putc(&b, '/');
		buf_add(&b, path, len);
	}
	return b.data;
}

bool
path_is_glob(const char *s)
{
	return strpbrk(s, "*?[") != NULL;
}

/* The pattern behind its first name, and behind further "**" if that is one. */
static const char *
rest_of(const char *pattern, size_t len)
{
	const char *rest = pattern + len + (pattern[len] == '/');

	while (names(pattern, len, "**") && strncmp(rest, "**/", 3) == 0)
		rest += 3;
	return names(pattern, len, "**") && *rest == '\0' ? "*" : rest;
}

static bool
name_matches(const char *pattern, size_t len, const char *name)
{
	char *one = mem_strndup(pattern, len);
	bool yes = fnmatch(one, name, FNM_PERIOD) == 0;

	free(one);
	return yes;
}

static bool
enterable(const char *name)
{
	return *name != '.' && strcmp(name, "node_modules") != 0;
}

bool
path_match(const char *pattern, const char *path)
{
	size_t len = strcspn(pattern, "/"), n = strcspn(path, "/");
	const char *rest = rest_of(pattern, len);
	char *name = mem_strndup(path, n);
	bool yes;

	if (names(pattern, len, "**"))
		yes = path_match(rest, path) ||
		      (path[n] == '/' && enterable(name) &&
			  path_match(pattern, path + n + 1));
	else if (pattern[len] == '/')
		yes = path[n] == '/' && name_matches(pattern, len, name) &&
		      path_match(rest, path + n + 1);
	else
		yes = path[n] == '\0' && name_matches(pattern, len, name);
	free(name);
	return yes;
}

static void
add(struct walk *w, const char *name)
{
	if (w->found.count == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 16;
		w->found.paths = mem_realloc(
		    w->found.paths, w->cap * sizeof(*w->found.paths));
	}
	w->found.paths[w->found.count++] =
	    mem_printf("%s%s", w->at.data + w->root, name);
}

/* The mode of an entry of the folder the walk is in; 0 when there is none. */
static mode_t
mode_of(struct walk *w, const char *name, bool follow)
{
	size_t len = w->at.len;
	struct stat st = {0};

	buf_puts(&w->at, name);
	if ((follow ? stat : lstat)(w->at.data, &st) != 0)
		st.st_mode = 0;
	w->at.len = len;
	w->at.data[len] = '\0';
	return st.st_mode;
}

static void find(struct walk *w, const char *pattern);

static void
descend(struct walk *w, const char *name, const char *pattern)
{
	size_t len = w->at.len;

	buf_printf(&w->at, "%s/", name);
	find(w, pattern);
	w->at.len = len;
	w->at.data[len] = '\0';
}

static void
entry(struct walk *w, const char *name, const char *pattern)
{
	size_t len = strcspn(pattern, "/");
	bool any = names(pattern, len, "**"), last = pattern[len] == '\0';

	if (any) {
		if (enterable(name) && S_ISDIR(mode_of(w, name, false)))
			descend(w, name, pattern);
	} else if (name_matches(pattern, len, name)) {
		if (last && S_ISREG(mode_of(w, name, true)))
			add(w, name);
		else if (!last && S_ISDIR(mode_of(w, name, true)))
			descend(w, name, rest_of(pattern, len));
	}
}

static void
find(struct walk *w, const char *pattern)
{
	size_t len = strcspn(pattern, "/");
	struct dirent *e;
	DIR *dir;

	if (names(pattern, len, "**"))
		find(w, rest_of(pattern, len));
	dir = opendir(w->at.data);
	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			entry(w, e->d_name, pattern);
	if (dir != NULL)
		closedir(dir);
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
drop_twins(struct path_list *list)
{
	size_t i, n = 0;

	for (i = 0; i < list->count; i++)
		if (n > 0 && strcmp(list->paths[n - 1], list->paths[i]) == 0)
			free(list->paths[i]);
		else
			list->paths[n++] = list->paths[i];
	list->count = n;
}

struct path_list
path_find(const char *root, const char *pattern)
{
	struct walk w = {0};

	buf_printf(&w.at, "%s/", root);
	w.root = w.at.len;
	find(&w, pattern);
	buf_free(&w.at);
	if (w.found.count > 0)
		qsort(w.found.paths, w.found.count, sizeof(*w.found.paths),
		    by_bytes);
	drop_twins(&w.found);
	return w.found;
}

void
path_list_free(struct path_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	*list = (struct path_list){0};
}
