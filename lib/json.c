/* json - short words for reading JSON that may have any shape */
#include <stddef.h>

#include "json.h"

const cJSON *
json_member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *
json_text(const cJSON *object, const char *name, const char *otherwise)
{
	const char *s = cJSON_GetStringValue(json_member(object, name));

	return s ? s : otherwise;
}

const cJSON *
json_first(const cJSON *list)
{
	return list ? list->child : NULL;
}
