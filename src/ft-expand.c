/* ft-expand - make tasks of spec maps */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "expand.h"
#include "opt.h"
#include "record.h"
#include "runner.h"

#define SYNOPSIS \
	"ft-expand [-hVx] [-C specroot] [-R runners.json] [map.json ...]"

static void
read_map(struct expand *maps, const char *path)
{
	int fd;

	if (strcmp(path, "-") == 0) {
		expand_read(maps, STDIN_FILENO, "stdin");
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(EX_NOINPUT, "%s", path);
	expand_read(maps, fd, path);
	close(fd);
}

static void
print(struct record *task)
{
	record_set_status(task, STATUS_WAITING);
	record_write(stdout, task);
}

static void
tell(struct record *task, const cJSON *rule)
{
	char *text = cJSON_PrintUnformatted(rule);

	warnx("left out %s: rule %s", record_text(task, RECORD_ID), text);
	free(text);
}

static void
print_left_out(struct record *task, const cJSON *rule)
{
	record_set_json(task, RECORD_DROPPED_BY, cJSON_Duplicate(rule, 1));
	record_write(stdout, task);
}

int
main(int argc, char **argv)
{
	const char *root = opt_env("SPEC_ROOT", ".");
	const char *runners = opt_env("FT_RUNNERS", NULL);
	struct runner_table *table;
	struct expand *maps;
	bool only_left_out = false, good;
	int c;

	while ((c = getopt(argc, argv, "C:R:hVx")) != -1)
		switch (c) {
		case 'C':
			root = optarg;
			break;
		case 'R':
			runners = optarg;
			break;
		case 'h':
			opt_help(SYNOPSIS);
		case 'V':
			opt_version(NULL);
		case 'x':
			only_left_out = true;
			break;
		default:
			opt_usage(SYNOPSIS);
		}
	table = runner_open(runners);
	maps = expand_new(root, table);
	if (optind == argc)
		read_map(maps, "-");
	for (; optind < argc; optind++)
		read_map(maps, argv[optind]);
	good = expand_check(maps);
	if (good && only_left_out)
		expand_each(maps, NULL, print_left_out);
	else if (good)
		expand_each(maps, print, tell);
	expand_free(maps);
	runner_close(table);
	opt_flush_stdout();
	return good ? EX_OK : EX_DATAERR;
}
