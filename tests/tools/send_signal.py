#!/usr/bin/python3
"""send_signal.py SIGNAL SECONDS FILE COMMAND...: runs COMMAND and, SECONDS after FILE
exists (or after the start, if FILE is "-"), sends it SIGNAL once. Leaves with its
status as a shell would give it. A shell can't do this well: what it starts in
the background ignores SIGINT."""

import os
import signal
import subprocess
import sys
import time

number = getattr(signal, "SIG" + sys.argv[1])
seconds, path, command = float(sys.argv[2]), sys.argv[3], sys.argv[4:]


def defaults():
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)


child = subprocess.Popen(command, preexec_fn=defaults, stdin=subprocess.DEVNULL)
limit = time.monotonic() + 60
while path != "-" and not os.path.exists(path) and child.poll() is None:
    if time.monotonic() > limit:
        child.kill()
        sys.exit("nothing came to pass")
    time.sleep(0.01)
end = time.monotonic() + seconds
while time.monotonic() < end and child.poll() is None:
    time.sleep(0.005)
if child.poll() is not None:
    print("it had ended before the signal", file=sys.stderr)
else:
    child.send_signal(number)
started = time.monotonic()
status = child.wait()
print("ended %.1f s after the signal" % (time.monotonic() - started), file=sys.stderr)
sys.exit(128 - status if status < 0 else status)
