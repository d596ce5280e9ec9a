/*
 * fuzz - what the fuzz targets share
 *
 * A target is one function for libFuzzer. Programs end at input that they
 * refuse; here err, errx and exit end the run instead, and what it had
 * allocated is freed. Messages are formatted and thrown away.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The target's own. */
void fuzz(const uint8_t *data, size_t size);

/* A descriptor from which the data can be read; closed after the run. */
int fuzz_fd(const uint8_t *data, size_t size);

/* An exit status that would be our bug; a target may allow it with -1. */
extern int fuzz_never;

/* Where output may go. */
FILE *fuzz_null(void);

/* Fail when a promise of the code under test is broken. */
#define fuzz_promise(holds)               \
	do {                              \
		if (!(holds))             \
			__builtin_trap(); \
	} while (0)

#endif
