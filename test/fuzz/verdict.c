/* verdict: result files of each format; the first byte says which */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "text.h"
#include "verdict.h"

static verdict_reader *const readers[] = {
    verdict_playwright, verdict_mocha, verdict_cypress, verdict_junit};

void
fuzz(const uint8_t *data, size_t size)
{
	static const int statuses[] = {0, 1, 2, -1, 130};
	cJSON *reasons;
	struct evidence e = {.spec = "/specs/a.js", .output = "Error: x\nat y"};
	struct verdict v = {0};
	char *text, *plain;

	if (size == 0)
		return;
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	reasons = cJSON_Parse("{\"browser\":[\"not launch\"],"
			      "\"config\":[\"SyntaxError\"]}");
	e.text = text;
	e.reasons = reasons;
	e.exit_code = statuses[data[0] / 4 % 5];
	if (readers[data[0] % 4](&e, &v))
		fuzz_promise(v.result != RESULT_NONE);
	if (v.result == RESULT_PASSED)
		fuzz_promise(v.failed == 0 && e.exit_code == 0);
	plain =
	    text_plain(v.message.data != NULL ? v.message.data : text, 4096);
	fuzz_promise(strchr(plain, '\033') == NULL);
	free(plain);
	buf_free(&v.message);
	cJSON_Delete(reasons);
	free(text);
}
