/* runner_admit - whether a task may run, and can run here */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "mem.h"
#include "path.h"
#include "runner_table.h"
#include "text.h"

bool
runner_refuse(struct record *r, enum reason why, const char *format, ...)
{
	va_list ap;
	char *message, *plain;

	va_start(ap, format);
	message = mem_vprintf(format, ap);
	va_end(ap);
	plain = text_plain(message, RUNNER_MESSAGE_MAX);
	record_set_result(r, RESULT_ERROR);
	record_set_reason(r, why);
	record_set_text(r, RECORD_MESSAGE, plain);
	free(message);
	free(plain);
	return false;
}

static bool
in_path(const char *name, size_t len)
{
	const char *dirs = getenv("PATH"), *dir;
	bool yes = false;
	size_t n;

	for (dir = dirs ? dirs : ""; !yes && *dir != '\0';
	     dir += n + (dir[n] == ':')) {
		char *path;

		n = strcspn(dir, ":");
		path = *name == '/' ? mem_strndup(name, len)
		                    : mem_printf("%.*s/%.*s", (int)n, dir,
					  (int)len, name);
		yes = access(path, X_OK) == 0;
		free(path);
	}
	return yes;
}

/* "one|other": either will do. */
static bool
has_any(const char *names)
{
	size_t len;

	for (; *names != '\0'; names += len + (names[len] == '|')) {
		len = strcspn(names, "|");
		if (in_path(names, len))
			return true;
	}
	return false;
}

bool
runner_has_browser(const cJSON *entry, struct record *r)
{
	const char *name = record_text(r, RECORD_BROWSER), *hint;
	const cJSON *browser =
	    json_member(json_member(entry, "browsers"), name);
	const cJSON *need;

	for (need = json_first(json_member(browser, "need")); need != NULL;
	     need = need->next) {
		if (has_any(need->valuestring))
			continue;
		hint = json_text(browser, "install", NULL);
		return runner_refuse(r, REASON_BROWSER,
		    "%s is not here: no %s in PATH%s%s", name,
		    need->valuestring, hint ? "; to install: " : "",
		    hint ? hint : "");
	}
	return true;
}

/* One that is not there may be but the name of a task. */
static bool
leads_out(const char *spec, const struct runner_where *where)
{
	char *path = mem_printf("%s/%s", where->spec_root, spec);
	char *real = realpath(path, NULL);
	char *root = realpath(where->spec_root, NULL);
	bool out = real != NULL && root != NULL && !path_is_inside(real, root);

	free(path);
	free(real);
	free(root);
	return out;
}

bool
runner_harmless(struct record *r, const struct runner_where *where)
{
	static const enum field words[] = {
	    RECORD_SPEC, RECORD_VIEWPORT, RECORD_BROWSER};
	const char *value;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		value = record_text(r, words[i]);
		if (value == NULL)
			continue;
		if (*value == '-')
			return runner_refuse(r, REASON_REFUSED,
			    "%s '%s' looks like an option",
			    field_name(words[i]), value);
		if (words[i] == RECORD_SPEC && !path_is_below(value))
			return runner_refuse(r, REASON_REFUSED,
			    "spec '%s' leaves the spec root", value);
		if (words[i] == RECORD_SPEC && leads_out(value, where))
			return runner_refuse(r, REASON_REFUSED,
			    "spec '%s' is a link that leaves the spec root",
			    value);
	}
	return true;
}
