/* cache - what a slot's starts leave for the next */
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
cache_ended(const char *scratch, int slot, const struct child_end *end)
{
	char *path;

	if (end->how == CHILD_EXITED && end->code == 0 && end->oom_kills == 0)
		return;
	path = cache_path(scratch, slot);
	folder_empty(path);
	free(path);
}
