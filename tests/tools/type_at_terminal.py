"""type_at_terminal.py ANSWERS COMMAND...: runs COMMAND at a terminal of its own and types ANSWERS
(parted by "|"), each when it is asked for: after ": ". Prints what the terminal showed, and
leaves with the command's status; after a minute of waiting, with that of an alarm."""

import os
import pty
import signal
import sys
import time

pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

signal.alarm(60)


def read():
    try:
        return os.read(fd, 1000)
    except OSError:  # the other end is closed
        return b""


shown = b""
for answer in sys.argv[1].split("|"):
    asked = b""
    while not asked.endswith(b": "):
        more = read()
        if not more:
            break
        asked += more
    shown += asked
    if not asked.endswith(b": "):
        break
    os.write(fd, answer.encode() + b"\n")
    time.sleep(0.3)
while True:
    more = read()
    if not more:
        break
    shown += more
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
