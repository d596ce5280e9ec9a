/* split - divide the specs that are longer than a slot's share of the work */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "split.h"

/* What a slot gets of all work; infinite when nobody knows. */
static double
share_ms(struct record *const *tasks, size_t count, long slots)
{
	double known = 0, sum = 0, ms;
	size_t i;

	for (i = 0; i < count; i++) {
		ms = record_number(tasks[i], RECORD_EXPECTED_MS, -1);
		known += ms >= 0;
		sum += ms >= 0 ? ms : 0;
	}
	if (known == 0)
		return INFINITY;
	return sum / known * (double)count / (double)slots;
}

static int64_t
parts_of(const struct record *task, double share)
{
	double ms = record_number(task, RECORD_EXPECTED_MS, 0);
	int64_t most = record_int(task, RECORD_SPLIT, 1);
	double need = share > 0 ? ceil(ms / share) : 1;

	/* one that is a part already, or whose parts would get no id */
	if (record_has(task, RECORD_WHOLE) ||
	    strlen(record_text(task, RECORD_ID)) + 16 > RECORD_ID_MAX)
		return 1;
	if (most > RECORD_PARTS_MAX)
		most = RECORD_PARTS_MAX;
	return need < (double)most ? (int64_t)need : most;
}

char *
split_id(const char *whole, int64_t part, int64_t parts)
{
	return mem_printf("%s/%" PRId64 "of%" PRId64, whole, part, parts);
}

size_t
split_whole(const char *id, int64_t *parts)
{
	const char *slash = strrchr(id, '/');
	int end = 0;

	*parts = 1;
	if (slash == NULL ||
	    sscanf(slash, "/%*[0-9]of%" SCNd64 "%n", parts, &end) != 1 ||
	    slash[end] != '\0') {
		*parts = 1;
		return strlen(id);
	}
	return (size_t)(slash - id);
}

static struct record *
part_of(const struct record *task, int64_t part, int64_t parts)
{
	const char *id = record_text(task, RECORD_ID);
	struct record *r = record_copy(task);
	char *own = split_id(id, part, parts);

	record_set_text(r, RECORD_ID, own);
	record_set_text(r, RECORD_WHOLE, id);
	record_set_int(r, RECORD_PART, part);
	record_set_int(r, RECORD_PARTS, parts);
	record_set_int(r, RECORD_EXPECTED_MS,
	    record_int(task, RECORD_EXPECTED_MS, 0) / parts);
	record_drop(r, RECORD_SHARE);
	free(own);
	return r;
}

int64_t *
split_parts(struct record *const *tasks, size_t count, long slots)
{
	double share = share_ms(tasks, count, slots);
	int64_t *parts = mem_zalloc(count, sizeof(*parts));
	size_t i;

	for (i = 0; i < count; i++)
		parts[i] = parts_of(tasks[i], share);
	return parts;
}

void
split_all(struct record **tasks, size_t count, const int64_t *parts,
    void (*each)(struct record *owned))
{
	int64_t k;
	size_t i;

	for (i = 0; i < count; i++) {
		if (parts[i] < 2) {
			each(tasks[i]);
			continue;
		}
		for (k = 1; k <= parts[i]; k++)
			each(part_of(tasks[i], k, parts[i]));
		record_free(tasks[i]);
	}
}
