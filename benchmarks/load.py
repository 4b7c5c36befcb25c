"""What else ran on the machine while a block was timed.

Linux adds up in ``/proc/stat`` what all cores did for all processes, and what the host of a virtual
machine took from it ("steal"). Of the difference between two readings, the time that this process
and its children used is taken away; what remains was others', and divided by the seconds in between
it is a number of cores: 0.5 says that others kept half a core busy.

The counter moves in ticks of 10 ms, so in a block of 50 ms a load of a fifth of a core may be a
single tick: two ticks are always forgiven. Processes on another core disturb too, as cores share
the memory's bandwidth and the processor's heat; so a load counts wherever it was.

Without ``/proc/stat`` the load is unknown, None: then nothing is repeated or marked, and the table
says so.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from pathlib import Path

BUSY_CORES = 0.1
"""Others may use so much of a core beside a block; more makes its time doubtful."""

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_COUNTED = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_NOT_BUSY = ("idle", "iowait")


class LoadMeter:
    """Reads the load between its making and a call of `load`."""

    def __init__(self) -> None:
        self._start = _reading()

    def load(self) -> float | None:
        """Returns how many cores others kept busy since the start; None where nobody knows."""
        end = _reading()
        if self._start is None or end is None:
            return None
        passed_s, busy_s, own_s = (b - a for a, b in zip(self._start, end, strict=True))
        others_s = max(busy_s - own_s - 2 * TICK_S, 0.0)
        return round(others_s / passed_s, 3)


def is_busy(load: float | None) -> bool:
    """Whether a block that ran beside this load should be repeated, or marked."""
    return load is not None and load > BUSY_CORES


def busy_seconds(stat: str) -> float:
    """Returns the seconds that all cores together were busy, from the text of ``/proc/stat``."""
    ticks = map(int, stat.split("\n", 1)[0].split()[1:])
    counted = zip(_COUNTED, ticks, strict=False)  # Guests are counted as users already.
    return TICK_S * sum(count for name, count in counted if name not in _NOT_BUSY)


def _reading() -> tuple[float, float, float] | None:
    """The clock, the time that all cores were busy, and the time that was our own, in seconds."""
    try:
        stat = Path("/proc/stat").read_text()
    except OSError:
        return None
    return time.perf_counter(), busy_seconds(stat), _own_seconds()


def _own_seconds() -> float:
    """What this process used, its children that have ended, and those that live."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = time.process_time() + ended.ru_utime + ended.ru_stime
    for child in multiprocessing.active_children():
        try:
            fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # It has ended since.
            continue
        own += TICK_S * (int(fields[11]) + int(fields[12]))
    return own
