/* screen_impl - what the parts of the screen share; not for others */
#ifndef SCREEN_IMPL_H
#define SCREEN_IMPL_H

#include <stdint.h>

#include "mem.h"
#include "screen.h"

struct screen {
	int fd;
	bool plain, colour, wide; /* wide: it knows more than ASCII */
	int columns, rows;
	int64_t next_ms;
	bool locked, resized;
	struct buf frame, shown; /* whole lines, each with its newline */
	struct buf unsent;
	int column, lines;
};

#endif
