/* cache - what a slot's starts leave for the next */
#include <stdbool.h>
#include <stdlib.h>

#include "cache.h"
#include "folder.h"
#include "mem.h"

char *
cache_path(const char *scratch, int slot)
{
	return mem_printf("%s/%d.cache", scratch, slot);
}

void
cache_settle(const char *scratch, int slot, const struct child_end *end)
{
	/* beyond 128 a shell or xvfb-run tells of a signal */
	bool whole = end->how == CHILD_EXITED && end->code <= 128;
	char *path;

	if (whole)
		return;
	path = cache_path(scratch, slot);
	folder_empty(path);
	free(path);
}
