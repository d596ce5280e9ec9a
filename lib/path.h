/*
 * path - paths below a folder, and glob(7) patterns over them
 *
 * Patterns and paths are relative and use '/'. "*", "?" and "[…]" match inside
 * one name and no leading dot; "**" as a whole name matches any number of
 * folders, none included, but no hidden ones and no node_modules.
 */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a path is relative and never goes up: no "..", no leading slash. */
bool path_is_below(const char *path);

/* The same path without empty and "." parts; may be empty. Free it. */
char *path_clean(const char *path);

/* Whether a path is root or below it, both as realpath(3) has them. */
bool path_is_inside(const char *real, const char *root);

/* Whether s has a character that makes it a pattern. */
bool path_is_glob(const char *s);

bool path_match(const char *pattern, const char *path);

/*
 * The files (no folders) below root that a pattern matches, each once, as
 * paths below root in byte order. Folders that cannot be read count as empty;
 * one that is a symbolic link is entered by name but not by "**".
 */
struct path_list {
	char **paths;
	size_t count;
};
struct path_list path_find(const char *root, const char *pattern);
void path_list_free(struct path_list *list);

#endif
