/*
 * ft-run - run tasks in slots and say how each ended
 *
 * worker has the loop, slots what runs, attempt how one try goes, child the
 * processes of it, folder its files, runner what to start and how to judge.
 * With -1 it is foreground that runs one task.
 */
#include <err.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "folder.h"
#include "foreground.h"
#include "jsonl.h"
#include "opt.h"
#include "runner.h"
#include "slots.h"
#include "worker.h"

#define SYNOPSIS                                                            \
	"ft-run [-hV] [-1 id] [-j slots] [-C specroot] [-R runners.json]\n" \
	"              [-o artifacts] [-s mib] [-t timeout] [-g grace] "    \
	"[-d drain]\n"                                                      \
	"              [-b beat] [-S tasks]"

#define MIB_MAX (1 << 20)
#define SHARE_MAX 100

static const char *specs, *runners, *artifacts, *only;
static char *spec_root, *root;
static struct worker_rules rules = {.slots = 1,
    .drain_ms = 30000,
    .attempt = {
	.timeout_ms = 120000, .grace_ms = 5000, .keep_max = INT64_C(1) << 30}};

static const char *
name(void)
{
	static char host[256];
	const char *given = opt_env("FT_WORKER", NULL);

	if (given != NULL)
		return opt_name("FT_WORKER", given);
	if (gethostname(host, sizeof(host) - 1) < 0)
		err(EX_OSERR, "host name");
	return host;
}

/* What opens the queue is no business of specs, whose output many read. */
static void
forget_credentials(void)
{
	unsetenv("REDIS_USERNAME");
	unsetenv("REDIS_PASSWORD");
	unsetenv("REDIS_PASSWORD_FILE");
}

static void
prepare(struct attempt_rules *a)
{
	forget_credentials();
	spec_root = realpath(specs, NULL);
	if (spec_root == NULL)
		err(EX_NOINPUT, "the spec root, %s", specs);
	a->spec_root = spec_root;
	a->table = runner_open(runners);
	a->worker = name();
	if (artifacts != NULL)
		a->artifacts = root = folder_root(artifacts);
}

static void
option(int c)
{
	switch (c) {
	case '1':
		only = optarg;
		break;
	case 'j':
		rules.slots = (int)opt_number("-j", optarg, 1, SLOTS_MAX);
		break;
	case 'C':
		specs = optarg;
		break;
	case 'R':
		runners = optarg;
		break;
	case 'o':
		artifacts = optarg;
		break;
	case 's':
		rules.attempt.keep_max =
		    (int64_t)opt_number("-s", optarg, 0, MIB_MAX) << 20;
		break;
	case 'S':
		rules.share = (int)opt_number("-S", optarg, 1, SHARE_MAX);
		break;
	case 't':
		rules.attempt.timeout_ms = opt_seconds("-t", optarg, 0);
		break;
	case 'g':
		rules.attempt.grace_ms = opt_seconds("-g", optarg, 0);
		break;
	case 'd':
		rules.drain_ms = opt_seconds("-d", optarg, 0);
		break;
	case 'b':
		rules.beat_ms = opt_seconds("-b", optarg, SLOTS_BEAT_MIN_MS);
		break;
	case 'h':
		opt_help(SYNOPSIS);
	case 'V':
		opt_version(NULL);
	default:
		opt_usage(SYNOPSIS);
	}
}

static int
by_hand(struct jsonl *in)
{
	int status = foreground_run(in, only, &rules.attempt);

	jsonl_close(in);
	return status;
}

int
main(int argc, char *argv[])
{
	struct jsonl *in;
	int c;

	specs = opt_env("SPEC_ROOT", ".");
	artifacts = opt_env("FT_ARTIFACTS", NULL);
	runners = opt_env("FT_RUNNERS", NULL);
	while ((c = getopt(argc, argv, "hV1:j:C:R:o:s:t:g:d:b:S:")) != -1)
		option(c);
	if (argc > optind)
		opt_usage(SYNOPSIS);
	prepare(&rules.attempt);
	in = jsonl_open(STDIN_FILENO, "stdin");
	if (only != NULL)
		return by_hand(in);
	worker_run(in, &rules);
	return jsonl_bad_total() > 0 ? EX_DATAERR : EX_OK;
}
