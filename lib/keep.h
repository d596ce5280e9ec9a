/*
 * keep - what stays of an attempt's folder when the attempt has ended
 *
 * Others serve and copy these folders, so that only plain files, folders and
 * relative links within stay: a link that leads out is removed, like what is
 * neither. Modes become those of new files. What is more than allowed goes:
 * of a log the middle, of the other files the largest first. A file
 * KEEP_MARK in the folder tells what is missing.
 */
#ifndef KEEP_H
#define KEEP_H

#include <stdint.h>

#define KEEP_MARK "left-out.txt"

/*
 * Tidy up a folder of at most max bytes (0: no limit), FOLDER_LOG in it
 * included. Returns how many bytes were left out. Troubles are told on stderr.
 */
int64_t keep_tidy(const char *folder, int64_t max);

/*
 * Give the disk back the middle of a log that is still being written, as far
 * as keep_tidy would leave it out, where the file system can.
 */
void keep_bound(const char *log, int64_t max);

#endif
