/* display - what a program's records tell somebody at a terminal */
#include <math.h>
#include <stddef.h>
#include <unistd.h>

#include "clock.h"
#include "display.h"
#include "progress.h"
#include "screen.h"
#include "summary.h"

#define PATIENCE_MS 500 /* of whoever waits for an answer */

static struct screen *screen;
static struct summary *summary;
static const char *name;
static int64_t counted, total;

static struct screen *
standard_error(bool records)
{
	if (records && isatty(STDOUT_FILENO))
		return NULL;
	return screen_open(STDERR_FILENO);
}

void
display_open(const char *title)
{
	name = title;
	screen = standard_error(true);
	if (screen != NULL)
		summary = summary_new();
}

bool
display_on(void)
{
	return screen != NULL;
}

void
display_note(const struct record *r)
{
	if (screen != NULL)
		summary_add(summary, r);
}

static void
show(const char *state)
{
	struct summary_facts facts = SUMMARY_FACTS_NONE;

	facts.state = state;
	facts.now_ms = clock_utc_ms();
	summary_facts(summary, &facts);
	progress_stream(screen, name, summary);
}

void
display_show(void)
{
	if (screen_due(screen))
		show("open");
}

void
display_close(void)
{
	if (screen == NULL)
		return;
	show("finished");
	screen_close(screen, true);
	summary_free(summary);
	screen = NULL;
}

void
display_count_open(const char *what, int64_t of, bool records)
{
	name = what;
	total = of;
	screen = standard_error(records);
	screen_delay(screen, PATIENCE_MS);
}

void
display_count(void)
{
	counted++;
	if (screen_due(screen))
		progress_count(screen, name, counted, total);
}

void
display_count_close(void)
{
	screen_close(screen, false);
	screen = NULL;
}
