/*
 * weight - what a spec's file tells of its time before it ever ran
 */
#ifndef WEIGHT_H
#define WEIGHT_H

#include <stddef.h>
#include <stdint.h>

#define WEIGHT_TEST 1000        /* a test's own cost, in bytes of steps */
#define WEIGHT_READ_MAX 1048576 /* bytes of a file that are looked at */

/*
 * The bytes of a file below root, and WEIGHT_TEST more for each test in it: a
 * call of it, test, specify or scenario, or a function whose name begins with
 * test_. Only good for comparing specs. -1: no such file.
 */
int64_t weight_of(const char *root, const char *spec);

/* The same of a text. */
int64_t weight_text(const char *text, size_t len);

#endif
