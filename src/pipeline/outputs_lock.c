#include "pipeline/outputs_lock.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>

#include "io/interrupt.h"

#define STEP 20000000L /* nanoseconds between two tries */
#define SILENT 50      /* tries */

int outputs_lock(int folder, const struct observer *observer, struct error *err)
{
	const struct timespec step = { 0, STEP };

	for (unsigned n = 1; flock(folder, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK; n++) {
		if (interrupted())
			return err_set(err, ERR_INTERRUPTED, "interrupted");
		if (n == SILENT && observer && observer->note)
			observer->note(
				observer->context,
				"waiting for somebody who builds or signs in the same folder");
		(void)nanosleep(&step, NULL);
	}
	return 0;
}

void outputs_unlock(int folder)
{
	(void)flock(folder, LOCK_UN);
}
