/* ft-sim - play a run again on other slots */
#include <err.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "jsonl.h"
#include "mem.h"
#include "opt.h"
#include "queue.h"
#include "record.h"
#include "sim.h"

#define SYNOPSIS                                                         \
	"ft-sim [-hHVp] [-g gap] [-j slots[,slots ...]] [-o order] [-s " \
	"split] "                                                        \
	"[-w seconds] [file ...]"
#define SLOTS_MAX 64 /* numbers after one -j */

static struct sim *sim;
static long slots[SLOTS_MAX];
static size_t slots_count;
static int64_t wanted_ms = -1;
static bool plain;

static void
read_records(int fd, const char *name)
{
	struct jsonl *in = jsonl_open(fd, name);
	struct record *r;

	while ((r = record_next(in, RECORD_ANY)) != NULL) {
		sim_add(sim, r);
		record_free(r);
	}
	jsonl_close(in);
}

static void
read_file(const char *path)
{
	int fd;

	if (strcmp(path, "-") == 0) {
		read_records(STDIN_FILENO, "stdin");
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(EX_NOINPUT, "%s", path);
	read_records(fd, path);
	close(fd);
}

static void
learn(const char *id, int64_t ms)
{
	sim_add_time(sim, id, ms);
}

static void
read_history(void)
{
	struct queue *queue = queue_open_history();

	queue_each_history(queue, learn);
	queue_close(queue);
}

static void
parse_slots(const char *list)
{
	char *copy = mem_strdup(list), *rest = copy, *one;

	while ((one = strsep(&rest, ",")) != NULL) {
		if (slots_count == SLOTS_MAX)
			errx(EX_USAGE, "-j: at most %d numbers", SLOTS_MAX);
		slots[slots_count++] = opt_number("-j", one, 1, SIM_SLOTS_MAX);
	}
	free(copy);
}

static void
print_time(const char *before, int64_t ms)
{
	int64_t s = (ms + 500) / 1000;

	printf("%s", before);
	if (s >= 3600)
		printf("%lld h ", (long long)(s / 3600));
	if (s >= 60)
		printf("%lld m ", (long long)(s / 60 % 60));
	printf("%lld s", (long long)(s % 60));
}

static void
print_plain(const struct sim_plan *plan, const struct sim_outcome *o)
{
	printf("%lld slot%s would give", (long long)plan->slots,
	    plan->slots == 1 ? "" : "s");
	print_time(" ", o->makespan_ms);
	print_time("; the bound is ", o->bound_ms);
	if (o->makespan_ms > 0)
		printf(", the efficiency %.3f",
		    (double)o->bound_ms / (double)o->makespan_ms);
	printf("\n");
}

static void
add(cJSON *json, const char *name, int64_t value)
{
	cJSON_AddNumberToObject(json, name, (double)value);
}

static void
print(const struct sim_plan *plan, const struct sim_outcome *o)
{
	cJSON *json;

	if (plain) {
		print_plain(plan, o);
		return;
	}
	json = cJSON_CreateObject();
	add(json, "slots", plan->slots);
	cJSON_AddStringToObject(json, "order", sim_order_name(plan->order));
	add(json, "split_ms", plan->split_ms);
	add(json, "gap_ms", plan->gap_ms);
	add(json, "tasks", o->tasks);
	add(json, "unknown", o->unknown);
	add(json, "total_ms", o->total_ms);
	add(json, "longest_ms", o->longest_ms);
	add(json, "bound_ms", o->bound_ms);
	add(json, "makespan_ms", o->makespan_ms);
	if (o->makespan_ms > 0)
		cJSON_AddNumberToObject(json, "efficiency",
		    round(
			1000.0 * (double)o->bound_ms / (double)o->makespan_ms) /
			1000);
	else
		cJSON_AddNullToObject(json, "efficiency");
	jsonl_write(stdout, json);
	cJSON_Delete(json);
}

/* The fewest slots that finish in time; false: no number of them does. */
static bool
search(struct sim_plan *plan, struct sim_outcome *o)
{
	plan->slots = SIM_SLOTS_MAX; /* nobody waits for one */
	sim_play(sim, plan, o);
	if (o->makespan_ms > wanted_ms) {
		warnx("no number of slots is enough: the longest takes %.1f s",
		    (double)o->makespan_ms / 1000);
		return false;
	}
	plan->slots = (o->total_ms + wanted_ms - 1) / wanted_ms;
	if (plan->slots == 0)
		plan->slots = 1;
	for (sim_play(sim, plan, o); o->makespan_ms > wanted_ms;
	     sim_play(sim, plan, o))
		plan->slots++;
	return true;
}

static int
play(struct sim_plan *plan)
{
	struct sim_outcome o = {0};
	bool found = true;
	size_t i;

	for (i = 0; i < slots_count; i++) {
		plan->slots = slots[i];
		sim_play(sim, plan, &o);
		print(plan, &o);
	}
	if (wanted_ms >= 0 && (found = search(plan, &o)))
		print(plan, &o);
	if (o.unknown > 0)
		warnx("tasks without a time, left out: %lld",
		    (long long)o.unknown);
	if (jsonl_bad_total() > 0)
		return EX_DATAERR;
	return found ? EX_OK : 1;
}

static enum sim_order
order_of(const char *name)
{
	enum sim_order order = sim_order_of(name);

	if (order == SIM_ORDERS)
		errx(EX_USAGE,
		    "-o: expected longest, pushed, map, random or shards");
	return order;
}

int
main(int argc, char *argv[])
{
	struct sim_plan plan = {.order = SIM_LONGEST, .gap_ms = -1};
	bool history = false;
	int flag, status;

	while ((flag = getopt(argc, argv, "hHVpg:j:o:s:w:")) != -1)
		switch (flag) {
		case 'h':
			opt_help(SYNOPSIS);
		case 'H':
			history = true;
			break;
		case 'V':
			opt_version(queue_about());
		case 'p':
			plain = true;
			break;
		case 'g':
			plan.gap_ms = opt_seconds("-g", optarg, 0);
			break;
		case 'j':
			parse_slots(optarg);
			break;
		case 'o':
			plan.order = order_of(optarg);
			break;
		case 's':
			plan.split_ms = opt_seconds("-s", optarg, 1);
			break;
		case 'w':
			wanted_ms = opt_seconds("-w", optarg, 1);
			break;
		default:
			opt_usage(SYNOPSIS);
		}
	if (slots_count == 0 && wanted_ms < 0)
		errx(EX_USAGE, "expected -j slots, -w seconds or both");
	sim = sim_new();
	if (history)
		read_history();
	else if (optind == argc)
		read_file("-");
	for (; optind < argc; optind++)
		read_file(argv[optind]);
	if (plan.gap_ms < 0)
		plan.gap_ms = sim_gap_ms(sim);
	status = play(&plan);
	sim_free(sim);
	opt_flush_stdout();
	return status;
}
