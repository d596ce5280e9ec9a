/*
 * json - short words for reading JSON that may have any shape
 *
 * Each takes NULL and values of other types, and finds nothing in them.
 */
#ifndef JSON_H
#define JSON_H

#include <cjson/cJSON.h>

/* A member of an object, by its exact name. */
const cJSON *json_member(const cJSON *object, const char *name);

/* A member that is a string; else what otherwise says. */
const char *json_text(
    const cJSON *object, const char *name, const char *otherwise);

/* The first of an array's elements or an object's members; ->next follows. */
const cJSON *json_first(const cJSON *list);

#endif
