/*
 * lease - the lease protocol of the queue, for spin
 *
 * Each script of lib/lua that changes a lease is an inline here by the name
 * that its header gives ("Model: Pop."). A script is one atomic step; between
 * any two steps everything else may happen. Time is only this: a lease may
 * expire at any moment while its holder lives, which counts as a fault, and
 * does so some day when nobody beats it. Popper and Reporter are ft-pop and
 * ft-result of one worker with one slot; what comes early is taken to be in a
 * slot more, from which it may be handed back. A worker that ended is started
 * anew, as another instance.
 *
 * Proved, for any FAULTS faults at any moment:
 *   one verdict a task             the asserts in verdict
 *   by the holder only             the assert in decide
 *   who speaks in time is heard    the assert in Finish
 *   no task lost                   sane, and the assert in over
 *   no more attempts than slots    the assert in deliver
 *   no slot is leaked              the assert in Pop
 *   the run terminates             no invalid end state, and ltl terminates
 *
 * Taking a rule out shows that it is needed: -DNO_FENCE (the token is not
 * compared), -DNO_TAKE_BACK, -DNO_NONCE (a repeated pop is not recognised),
 * -DNO_RING, -DTAKE_BACK_FIRST (finish takes back before it looks at its own
 * report), -DKEEP_UNDELIVERED (a lease lost on its way to a popper and to
 * another worker keeps its slot), -DSPEAK_AFTER_OVER (a cancelled run that is
 * over lets a silent holder speak again), -DOLD_SERVED (a pop that arrives
 * after a later one of its instance is served). test/model.bats runs all this.
 */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef TASKS
#define TASKS 2
#endif
/*
 * A fault is a crash of a worker, of its ft-pop alone or of its supervisor, an
 * answer or a note that does not arrive, a request that arrives a second time,
 * any time later, a lease that runs out although its holder lives, a worker
 * told to stop, a task that it hands back since no slot is free for it, or the
 * run being cancelled: any FAULTS of them.
 */
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef RETRIES         /* of each task */
#define RETRIES 1
#endif
#ifndef LOST_MAX        /* losses until a task's verdict is lost */
#define LOST_MAX 2
#endif

/* One for each start of a worker. */
#define INSTANCES (WORKERS + FAULTS)

#define OPEN      0     /* the run's state */
#define SEALED    1
#define CANCELLED 2
#define FINISHED  3

#define NOTHING   0     /* answers of pop; notes on an instance's bell */
#define TASK      1
#define FULL      2
#define WAIT      3
#define END       4
#define FREED     5

#define POPPING   0     /* a popper that has no answer */
#define SYNCING   6
#define LEAVING   7
#define GONE      8

#define PASSED    1     /* what a report says */
#define FAILED    2
#define DRAINED   3
#define LOST      4     /* its supervisor was killed */

#define POP       1     /* requests that may arrive twice */
#define BEAT      2
#define FINISH    3

/* ft:{RUN}:meta */
byte state = OPEN;
bool is_over;           /* a cancelled run's last lease has ended, or is void */
byte fence;

/* ft:{RUN}:task:ID, and where the task is: exactly one of three */
bool queued[TASKS], leased[TASKS], done[TASKS];
bool known[TASKS];
byte lease[TASKS];      /* the holder's token, 0: none */
bool expired[TASKS];    /* the deadline has passed */
bool silent[TASKS];     /* taken back, not yet leased to another */
byte lost[TASKS];
byte failures[TASKS];

/* Not in the queue: what the asserts know better than the scripts. */
byte newest[TASKS];     /* the token leased last */

/* held:INSTANCE, of one slot, and its place in workers and its bell */
byte held[INSTANCES];           /* a token, 0: none */
byte held_task[INSTANCES];
bool draining[INSTANCES];
byte seen[INSTANCES];           /* by its popper: the last fence */
byte note[INSTANCES];           /* NOTHING, TASK or FREED */
byte note_token[INSTANCES];
byte note_task[INSTANCES];

/* A worker: what its processes know, lost when they die. */
byte instance[WORKERS];
byte popper[WORKERS];           /* the last answer, or what it does next */
bool again[WORKERS];            /* its next pop is the last one again */
byte told[WORKERS];             /* a token on its way to the popper */
byte told_task[WORKERS];
byte pipe[WORKERS];             /* on its way to ft-run */
byte pipe_task[WORKERS];
byte running[WORKERS];
byte running_task[WORKERS];
byte report[WORKERS];           /* sent, and perhaps not answered */
bool rung[WORKERS];             /* the run's bell, since the last pop */

byte instances = WORKERS;
byte faults = FAULTS;

/* A request on its way for the second time. */
byte g_kind, g_instance, g_task, g_token, g_what, g_seen;

/* Scratch of one atomic step, left at 0. */
byte got, got_task, before, each;
bool h, u;

#define unheard(w) (held[instance[w]] > seen[instance[w]])
#define any_expired (expired[0] || expired[TASKS - 1])
#define no_queue (!queued[0] && !queued[TASKS - 1])
#define no_lease (!leased[0] && !leased[TASKS - 1])
#define takes_work (state == OPEN || state == SEALED)

/* What the scripts share. */

inline ring()
{
#ifndef NO_RING
	rung[0] = true;
	rung[WORKERS - 1] = true
#else
	skip
#endif
}

inline verdict(t)
{
	assert(!done[t]);
	assert(!is_over && state != FINISHED);
	done[t] = true;
	lease[t] = 0;
	silent[t] = false;
	expired[t] = false;
	lost[t] = 0;            /* of no more interest, nor are these */
	failures[t] = 0;
	newest[t] = 0
}

inline over()
{
	if
	:: state == CANCELLED && no_lease && !is_over ->
		is_over = true;
		ring()
	:: state == SEALED && no_lease && no_queue ->
		assert(done[0] && done[TASKS - 1]);
		state = FINISHED;
		ring()
	:: else
	fi
}

inline lose(t)
{
	lost[t]++;
	if
	:: lost[t] >= LOST_MAX -> verdict(t)
	:: else ->
		queued[t] = true;
		ring()
	fi
}

/* u: its hand-over was not read. The scripts also know whether it began. */
inline unread(t)
{
	for (each : 0 .. INSTANCES - 1) {
		u = u || (note[each] == TASK && note_token[each] == lease[t])
	}
	each = 0
}

inline take_back_one(t)
{
	if
	:: expired[t] ->
		assert(leased[t]);
		leased[t] = false;
		expired[t] = false;
		unread(t);
		if
		:: u ->
			lease[t] = 0;
			queued[t] = true;
			ring()
		:: true ->
			silent[t] = true;
			lose(t)
		fi;
		u = false
	:: else
	fi
}

inline take_back()
{
#ifndef NO_TAKE_BACK
	if
	:: is_over
	:: else ->
		take_back_one(0);
		take_back_one(TASKS - 1)
	fi
#else
	skip
#endif
}

inline speak_up(t)
{
	if
	:: silent[t] ->
		silent[t] = false;
		queued[t] = false;
		lost[t]--
	:: else
	fi
}

/* got is the token, 0: nothing waits. Any waiting task may be the next. */
inline lease_next(i)
{
	if
	:: queued[0] -> got_task = 0; got = 1
	:: queued[TASKS - 1] -> got_task = TASKS - 1; got = 1
	:: no_queue -> got = 0
	fi;
	if
	:: got ->
		fence++;
		got = fence;
		queued[got_task] = false;
		leased[got_task] = true;
		silent[got_task] = false;
		lease[got_task] = fence;
		newest[got_task] = fence;
		held[i] = fence;
		held_task[i] = got_task
	:: else
	fi
}

inline forget(i)
{
	held[i] = 0;
	held_task[i] = 0;
	seen[i] = 0             /* as good: the next fence is higher */
}

inline quiet(i)
{
	note[i] = NOTHING;
	note_token[i] = 0;
	note_task[i] = 0
}

/* got: what an instance holds as its own and has never seen. */
inline undelivered(i, last)
{
	if
	:: held[i] > last && lease[held_task[i]] == held[i] && !is_over ->
		got = held[i];
		got_task = held_task[i]
	:: else
	fi
}

/* A hand-over may still lie on the bell when its task ends, since a resync told
 * of it too. What comes next is behind it there, and takes its place here;
 * whether it is old enough for another to be refused is chance. */
inline free_slot(i, hand_over)
{
	if
	:: draining[i]
	:: !draining[i] ->
		got = 0;
		if
		:: hand_over && takes_work && note[i] != FREED -> lease_next(i)
		:: note[i] == TASK
		:: else
		fi;
		if
		:: got ->
			note[i] = TASK;
			note_token[i] = got;
			note_task[i] = got_task
		:: else ->
			note[i] = FREED;
			note_token[i] = 0;
			note_task[i] = 0
		fi;
		got = 0;
		got_task = 0
	fi
}

/* The scripts. */

#ifdef SPEAK_AFTER_OVER
#define too_late false
#else
#define too_late is_over
#endif
#ifdef NO_FENCE
#define holds(t, token) (!too_late)
#else
#define holds(t, token) (lease[t] == token && !too_late)
#endif

inline Push(t)
{
	if
	:: !known[t] && state == OPEN ->
		known[t] = true;
		queued[t] = true;
		ring()
	:: else
	fi
}

inline Seal()
{
	if
	:: state == OPEN -> state = SEALED
	:: else
	fi;
	over()
}

inline Cancel()
{
	if
	:: takes_work ->
		state = CANCELLED;
		ring();
		over()
	:: else
	fi
}

/*
 * fresh: not a request that was sent before. It shows that all answers up to
 * its last fence arrived, and that the others never will.
 */
inline Pop(i, last, fresh, what)
{
	if
	:: draining[i] -> what = END
	:: else ->
		take_back();
		quiet(i);
#ifndef NO_NONCE
		undelivered(i, last);
		if
		:: got ->
			speak_up(got_task);
			leased[got_task] = true;
			expired[got_task] = false
#ifndef KEEP_UNDELIVERED
		:: !got && held[i] > last && fresh -> forget(i)
#endif
		:: else
		fi;
#endif
		over();
		if
		:: got -> what = TASK
		:: !got && (is_over || state == FINISHED) -> what = END
		:: !got && !is_over && state != FINISHED && held[i] ->
			assert(!fresh || held[i] <= last);
			what = FULL
		:: else ->
			if
			:: takes_work -> lease_next(i)
			:: else
			fi;
			if
			:: got -> what = TASK
			:: else -> what = WAIT
			fi
		fi
	fi
}

inline Beat(i, t, token, holder)
{
	if
	:: holds(t, token) ->
		speak_up(t);
		leased[t] = true;
		expired[t] = false;
		holder = true
	:: else -> holder = false
	fi
}

inline decide(t, token, says)
{
	assert(token == newest[t]);
	if
	:: says == DRAINED -> queued[t] = true
	:: says == LOST -> lose(t)
	:: says == FAILED && failures[t] < RETRIES && state != CANCELLED ->
		failures[t]++;
		queued[t] = true
	:: else -> verdict(t)
	fi;
	lease[t] = 0;
	if
	:: queued[t] -> ring()
	:: else
	fi
}

/* Sent again it changes nothing: the token is no longer the holder's. */
inline Finish(i, t, token, says)
{
	h = (held[i] == token);
	if
	:: h -> forget(i)
	:: else
	fi;
	before = lease[t];
#ifdef TAKE_BACK_FIRST
	take_back();
#endif
	assert(before != token || lease[t] == token);
	before = 0;
	if
	:: holds(t, token) ->
		speak_up(t);
		leased[t] = false;
		expired[t] = false;
		decide(t, token, says);
		take_back();
		free_slot(i, h && says != DRAINED)
	:: else ->
		take_back();
		if
		:: h -> free_slot(i, true)
		:: else
		fi
	fi;
	h = false;
	over()
}

inline Leave(i)
{
	draining[i] = true;
	quiet(i)
}

/* After a new connection: what was not delivered; changes nothing. */
inline Resync(i, last)
{
	undelivered(i, last)
}

/* After every script: each task that was accepted is in one place. */
inline sane_one(t)
{
	assert(queued[t] + leased[t] + done[t] == known[t]);
	assert(!silent[t] || queued[t])
}

inline sane()
{
	sane_one(0);
	sane_one(TASKS - 1)
}

/* The network keeps a copy of a request. */
inline repeat(kind, i, t, token, what, last)
{
	faults--;
	g_kind = kind;
	g_instance = i;
	g_task = t;
	g_token = token;
	g_what = what;
	g_seen = last
}

inline gone()
{
	g_kind = 0;
	g_instance = 0;
	g_task = 0;
	g_token = 0;
	g_what = 0;
	g_seen = 0
}

/* A pop with a lower number than the instance's last is not served. */
#ifdef OLD_SERVED
#define OLD_IS_FRESH true
#else
#define OLD_IS_FRESH false
#endif
inline outdated(i)
{
	if
	:: !OLD_IS_FRESH && g_kind == POP && g_instance == i -> gone()
	:: else
	fi
}

inline may_repeat(kind, i, t, token, what, last)
{
	if
	:: faults > 0 && g_kind == 0 -> repeat(kind, i, t, token, what, last)
	:: true
	fi
}

/* What nobody will ask for again is forgotten. */
inline start_anew(w)
{
	forget(instance[w]);
	quiet(instance[w]);
	instance[w] = instances;
	instances++;
	popper[w] = POPPING;
	again[w] = false;
	told[w] = 0;
	told_task[w] = 0;
	pipe[w] = 0;
	pipe_task[w] = 0;
	running[w] = 0;
	running_task[w] = 0;
	report[w] = 0;
	rung[w] = false
}

#define me instance[w]

/* A task reaches ft-run once: a popper knows what it has seen. */
inline deliver(w)
{
	if
	:: told[w] > seen[me] ->
		assert(!pipe[w] && held[me] == told[w]);
		seen[me] = told[w];
		pipe[w] = told[w];
		pipe_task[w] = told_task[w]
	:: else
	fi;
	told[w] = 0;
	told_task[w] = 0;
	popper[w] = POPPING
}

/* ft-pop -f */
proctype Popper(byte w)
{
	bool fresh;

	do
	:: atomic { popper[w] == POPPING ->
		fresh = !again[w];
		if
		:: fresh -> outdated(me)
		:: else
		fi;
		may_repeat(POP, me, 0, 0, 0, seen[me]);
		Pop(me, seen[me], fresh, popper[w]);
		fresh = false;
		again[w] = false;
		told[w] = got;
		told_task[w] = got_task;
		got = 0;
		got_task = 0;
		rung[w] = false;
		sane();
		if
		:: faults > 0 ->        /* the answer is lost */
			faults--;
			told[w] = 0;
			told_task[w] = 0;
			popper[w] = POPPING;
			again[w] = true
		:: true
		fi
	}
	:: atomic { popper[w] == TASK -> deliver(w) }
	/* the run's bell, a deadline, or a third of a lease is over */
	:: atomic { popper[w] == WAIT &&
		(rung[w] || any_expired || unheard(w)) -> popper[w] = POPPING }
	:: atomic { popper[w] == FULL &&
		(any_expired || unheard(w) || !held[me]) -> popper[w] = POPPING }
	:: atomic { popper[w] == FULL && note[me] ->
		told[w] = note_token[me];
		told_task[w] = note_task[me];
		quiet(me);
		if
		:: faults > 0 ->        /* the note is lost */
			faults--;
			told[w] = 0;
			told_task[w] = 0;
			popper[w] = SYNCING
		:: deliver(w);
			if
			:: popper[w] = FULL     /* still: it need not ask */
			:: true
			fi
		fi
	}
	:: atomic { popper[w] == SYNCING ->
		Resync(me, seen[me]);
		told[w] = got;
		told_task[w] = got_task;
		got = 0;
		got_task = 0;
		sane();
		deliver(w)
	}
	:: atomic { (popper[w] == WAIT || popper[w] == FULL) && faults > 0 ->
		faults--;               /* told to stop */
		Leave(me);
		sane();
		popper[w] = LEAVING
	}
	:: atomic { popper[w] == LEAVING ->
		if
		:: unheard(w) ->        /* hand back what was not delivered */
			told[w] = held[me];
			told_task[w] = held_task[me];
			may_repeat(FINISH, me, told_task[w], told[w], DRAINED,
				0);
			Finish(me, told_task[w], told[w], DRAINED);
			sane();
			told[w] = 0;
			told_task[w] = 0
		:: else
		fi;
		popper[w] = GONE
	}
	:: popper[w] == END -> break
	od
}

/* Beats that would change nothing are left out. */
#define beat_tells (lease[running_task[w]] != running[w] || \
	silent[running_task[w]] || expired[running_task[w]] || is_over)

/* ft-run and ft-result */
proctype Reporter(byte w)
{
	bool holder;

	do
	:: atomic { !running[w] && pipe[w] ->
		running[w] = pipe[w];
		running_task[w] = pipe_task[w];
		pipe[w] = 0;
		pipe_task[w] = 0
	}
	:: atomic { running[w] && !report[w] && beat_tells ->
		Beat(me, running_task[w], running[w], holder);
		sane();
		if
		:: holder -> holder = false
		:: else -> report[w] = DRAINED  /* stopped: another has it */
		fi
	}
	:: atomic { running[w] && !report[w] && faults > 0 && g_kind == 0 ->
		repeat(BEAT, me, running_task[w], running[w], 0, 0)
	}
	:: atomic { running[w] ->
		if
		:: !report[w] -> report[w] = PASSED
		:: !report[w] -> report[w] = FAILED
		:: !report[w] && draining[me] -> report[w] = DRAINED
		:: !report[w] && faults > 0 -> faults--; report[w] = DRAINED
		:: !report[w] && faults > 0 -> faults--; report[w] = LOST
		:: report[w]
		fi;
		may_repeat(FINISH, me, running_task[w], running[w], report[w],
			0);
		Finish(me, running_task[w], running[w], report[w]);
		sane();
		if
		:: faults > 0 -> faults--       /* the answer is lost */
		:: running[w] = 0;
			running_task[w] = 0;
			report[w] = 0
		fi
	}
	:: atomic { !running[w] && !pipe[w] && popper[w] == GONE ->
		start_anew(w)
	}
	:: !running[w] && !pipe[w] && popper[w] == END -> break
	od
}

/* A request that arrives a second time, long after; nobody reads the answer. */
proctype Network()
{
	byte what;
	bool holder;

end:
	do
	:: atomic { g_kind ->
		if
		:: g_kind == POP -> Pop(g_instance, g_seen, OLD_IS_FRESH, what)
		:: g_kind == BEAT -> Beat(g_instance, g_task, g_token, holder)
		:: g_kind == FINISH ->
			Finish(g_instance, g_task, g_token, g_what)
		fi;
		sane();
		what = 0;
		holder = false;
		got = 0;
		got_task = 0;
		gone()
	}
	od
}

/* Whether somebody will beat a lease: its popper may yet deliver it. */
#define at(t, w) (held[instance[w]] == lease[t] && (popper[w] != GONE || \
	pipe[w] == lease[t] || running[w] == lease[t]))
#define alive(t) (at(t, 0) || at(t, WORKERS - 1))

proctype Clock()
{
	byte t;

end:
	do
	:: atomic { leased[0] && !expired[0] &&
		(!alive(0) || faults > 0) ->
		faults = faults - alive(0);
		expired[0] = true
	}
	:: atomic { leased[TASKS - 1] && !expired[TASKS - 1] &&
		(!alive(TASKS - 1) || faults > 0) ->
		faults = faults - alive(TASKS - 1);
		expired[TASKS - 1] = true
	}
	/* and for another lease nobody spoke: what is leased is void */
	:: atomic { state == CANCELLED && !is_over && !no_lease &&
		leased[0] == expired[0] &&
		leased[TASKS - 1] == expired[TASKS - 1] -> is_over = true }
	od
}

proctype Fault()
{
	byte w;

end:
	do
	:: atomic { faults > 0 ->
		if
		:: w = 0
		:: w = WORKERS - 1
		fi;
		if
		:: popper[w] != END -> faults--; start_anew(w)
		:: popper[w] != END && popper[w] != GONE ->
			faults--;
			again[w] = false;
			told[w] = 0;
			told_task[w] = 0;
			popper[w] = GONE
		:: else
		fi;
		w = 0
	}
	od
}

proctype Controller()
{
	atomic { Push(0); sane() };
	atomic { Push(TASKS - 1); Push(0); sane() };    /* the map again */
	atomic { Seal(); Seal(); sane() };
	if
	:: atomic { faults > 0 -> faults--; Cancel(); sane() }
	:: skip
	fi
}

init
{
	byte w;

	atomic {
		for (w : 0 .. WORKERS - 1) {
			instance[w] = w;
			run Popper(w);
			run Reporter(w)
		}
		run Network();
		run Clock();
		run Fault();
		run Controller()
	}
}

#ifdef LIVE
ltl terminates { <> (state == FINISHED || is_over) }
#endif
