/* weight - what a spec's file tells of its time before it ever ran */
#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "weight.h"

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

static const char *
word_end(const char *s, const char *end)
{
	while (s < end && is_word(*s))
		s++;
	return s;
}

/* "(" after a test's name, with ".only", ".each" and the like before it. */
static bool
is_called(const char *s, const char *end)
{
	if (s < end && *s == '.')
		s = word_end(s + 1, end);
	return s < end && *s == '(';
}

static bool
is_test(const char *word, const char *after, const char *end)
{
	static const char *const calls[] = {
	    "it", "test", "specify", "scenario"};
	size_t len = (size_t)(after - word), i;

	if (len > 5 && memcmp(word, "test_", 5) == 0)
		return true;
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (len == strlen(calls[i]) && memcmp(word, calls[i], len) == 0)
			return is_called(after, end);
	return false;
}

int64_t
weight_text(const char *text, size_t len)
{
	const char *end = text + len, *s = text, *after;
	int64_t tests = 0;

	while (s < end) {
		if (!is_word(*s)) {
			s++;
			continue;
		}
		after = word_end(s, end);
		/* x.test(y) asks a pattern */
		if (s == text || s[-1] != '.')
			tests += is_test(s, after, end);
		s = after;
	}
	return (int64_t)len + WEIGHT_TEST * tests;
}

int64_t
weight_of(const char *root, const char *spec)
{
	char *path = mem_printf("%s/%s", root, spec);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct buf text = {0};
	struct stat st;
	int64_t weight = -1;
	ssize_t got = 1;

	free(path);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		while (got > 0 && text.len < WEIGHT_READ_MAX) {
			buf_reserve(&text, 65536);
			got = read(fd, text.data + text.len, 65536);
			text.len += got > 0 ? (size_t)got : 0;
		}
		weight = got < 0 ? -1 : weight_text(text.data, text.len);
		if (weight >= 0 && st.st_size > (off_t)text.len)
			weight += st.st_size - (off_t)text.len;
	}
	buf_free(&text);
	close(fd);
	return weight;
}
