#pragma once

/* base/exhausted.h - the one place where a lack of memory ends (base/mem.h). */

/* Says so and ends the process (E1201); also for libraries that have got none. */
_Noreturn void mem_exhausted(void);
