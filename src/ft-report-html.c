/* ft-report-html - make one page of a stream of records */
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "clock.h"
#include "display.h"
#include "fold.h"
#include "jsonl.h"
#include "opt.h"
#include "page.h"
#include "record.h"

#define SYNOPSIS "ft-report-html [-hV] [-t title] [-u seconds]"

static struct page_look look;
static struct page *page;
static struct fold *fold;
static volatile sig_atomic_t interrupted;

/* For who writes: the page of what they still say is worth having. */
static void
interrupt(int sig)
{
	signal(sig, SIG_DFL);
	interrupted = sig;
}

/* Of a divided spec nothing before all of it is known. */
static void
add(const struct record *r)
{
	if (r != NULL)
		page_add(page, r);
}

static void
flags(int argc, char *argv[])
{
	int c;

	while ((c = getopt(argc, argv, "hVt:u:")) != -1)
		switch (c) {
		case 'h':
			opt_help(SYNOPSIS);
		case 'V':
			opt_version(NULL);
		case 't':
			look.title = optarg;
			break;
		case 'u':
			look.refresh_ms = opt_seconds("-u", optarg, 1000);
			break;
		default:
			opt_usage(SYNOPSIS);
		}
	if (optind < argc)
		opt_usage(SYNOPSIS);
}

int
main(int argc, char *argv[])
{
	struct jsonl *in;
	struct record *r;

	flags(argc, argv);
	if (signal(SIGINT, SIG_IGN) != SIG_IGN)
		signal(SIGINT, interrupt);
	page = page_new();
	fold = fold_new();
	in = jsonl_open(STDIN_FILENO, "stdin");
	display_count_open("records read", 0, false);
	while ((r = record_next(in, RECORD_ANY)) != NULL) {
		add(fold_add(fold, r));
		record_free(r);
		display_count();
	}
	fold_rest(fold, add);
	jsonl_close(in);
	display_count_close();
	look.now_ms = clock_utc_ms();
	page_write(page, stdout, &look);
	opt_flush_stdout();
	if (interrupted)
		raise(SIGINT);
	return jsonl_bad_total() > 0 ? EX_DATAERR : EX_OK;
}
