/*
 * folder - the folders that attempts live in
 *
 * Each attempt has one of its own, below the artifact root or a private one.
 * Nothing here follows a symbolic link that a spec may have left.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "mem.h"

#define FOLDER_LOG "log.txt" /* in each attempt's folder */

/*
 * A name as one component of a path, and of a URL as it stands: "/" becomes
 * "~", any other byte beyond A-Za-z0-9._- (and a leading ".") "+XX". Different
 * names stay different; a long one ends in "+-" and a hash. Free it.
 */
char *folder_safe(const char *name);

/* A private root below TMPDIR, or exit status 74. Free it. */
char *folder_private(void);

/* The absolute path of a root, made if need be, or exit status 74. Free it. */
char *folder_root(const char *path);

/*
 * Make the folder at path ("a/b/c") below root, with those above it; no link
 * below root is followed. One that exists is left alone: then the name gets
 * ".2", ".3" and so on. Returns the path below root, to be freed; NULL with
 * errno set when it cannot be made.
 */
char *folder_new(const char *root, const char *path);

/* Make a folder unless it exists; false with errno. */
bool folder_again(const char *path);

/*
 * Remove a folder and all that is in it; false with errno when it fails. That
 * somebody else removes it at the same time is no failure.
 */
bool folder_remove(const char *path);

/*
 * Make a folder empty, or a log, for the next attempt. (To make new ones costs
 * a millisecond: ext4 is slow to find an inode where many have just been
 * deleted.) What cannot be emptied is set aside with a message: nothing of it
 * may be taken for news.
 */
void folder_empty(const char *path);
void folder_blank(const char *path);

/*
 * Open a folder for reading, even one that was locked: its mode becomes 0700.
 * -1 with errno: it is none, or a link.
 */
int folder_enter(int at, const char *name);
/*
 * Do this to everything in the folder that is open at fd, which is closed;
 * false when one of them said false, or it cannot be read.
 */
bool folder_each(int fd, bool (*what)(int at, const char *name));

/* Append the last max bytes of a file as valid UTF-8, or all of it. */
void folder_tail(const char *path, size_t max, struct buf *b);

#endif
