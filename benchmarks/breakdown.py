"""Where the time of a training step goes: Python, NumPy, BLAS, kernels, memory.

A clock interrupts the process 250 times per second of processor time, and the address of the
instruction at which it was interrupted is written down; afterwards each address is looked up in the
list of loaded libraries. The code measured is not changed and not slowed down: a sample costs less
than a microsecond. BLAS that a kernel calls counts as BLAS, time in the system (page faults) where
it was caused.

Each share is a count of random moments: its standard error is ``sqrt(share (1 - share) /
samples)``, 2% of the whole at most with 600 samples. What it cannot see: the work of ``malloc`` is
one with that of ``memcpy``, both being the C library's; and NumPy's loops are one with its checks
of arguments.

``python -m benchmarks.breakdown [work ...]`` prints it as JSON for works of the suite ``steps``.
Linux on x86-64 only: the place of the instruction pointer in an interrupted thread's state is part
of no standard.
"""

from __future__ import annotations

import bisect
import ctypes
import json
import platform
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.suite import Work

INTERVAL_S = 0.001  # The system's own clock, which ticks 250 times a second, sets the pace.
CAPACITY = 1 << 16

_LIBRARIES = {
    "openblas": "blas",
    "python": "python",  # The interpreter and its modules, which carry cpython- in their names.
    "_multiarray_umath": "numpy",
    "libc.": "memory",
    "libm.": "numpy",
    "libgomp": "threads",
    "omppool": "threads",
}
PARTS = ("python", "numpy", "blas", "kernels", "memory", "threads", "other")

# Only compiled code may run at any moment, in the midst of anything. ptr %context is a ucontext_t,
# which holds the instruction pointer at byte 168.
_HANDLER = f"""
@addresses = global [{CAPACITY} x i64] zeroinitializer
@count = global i64 0

define void @note_address(i32 %signal, ptr %information, ptr %context) {{
  %field = getelementptr i8, ptr %context, i64 168
  %address = load i64, ptr %field
  %number = atomicrmw add ptr @count, i64 1 monotonic
  %index = and i64 %number, {CAPACITY - 1}
  %slot = getelementptr [{CAPACITY} x i64], ptr @addresses, i64 0, i64 %index
  store i64 %address, ptr %slot
  ret void
}}
"""


class _SignalAction(ctypes.Structure):
    """``struct sigaction`` of glibc."""

    _fields_ = (
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_byte * 128),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


_SA_SIGINFO, _SA_RESTART = 4, 0x10000000


def is_supported() -> bool:
    """Returns whether this machine's interrupted threads look as `_HANDLER` expects."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def measure(work: Work, seconds: float = 3.0, warmup_runs: int = 5) -> dict[str, Any]:
    """Does the work for so long and returns where the time went.

    Returns:
        ``runs``; ``cpu_ms``, processor time of all threads per run; ``samples``; ``shares``, by
        part (`PARTS`), which add up to 1; ``standard_errors`` of the shares; ``page_faults`` per
        run, the price of memory that was not kept (about 1 us each, 3 us in a virtual machine);
        ``system_share`` of the processor time, most of it theirs.
    Raises:
        NotImplementedError: see `is_supported`.
    """
    if not is_supported():
        raise NotImplementedError("the breakdown of a step needs Linux on x86-64")
    for _ in range(warmup_runs):
        work()
    before = resource.getrusage(resource.RUSAGE_SELF)
    runs = 0
    end = time.perf_counter() + seconds
    with _Sampler() as sampler:
        while time.perf_counter() < end:
            work()
            runs += 1
    after = resource.getrusage(resource.RUSAGE_SELF)

    system_s = after.ru_stime - before.ru_stime
    cpu_s = after.ru_utime - before.ru_utime + system_s
    shares = _shares(sampler.addresses)
    samples = len(sampler.addresses)
    return {
        "runs": runs,
        "cpu_ms": cpu_s / runs * 1e3,
        "samples": samples,
        "shares": shares,
        "standard_errors": {
            part: (share * (1 - share) / max(samples, 1)) ** 0.5 for part, share in shares.items()
        },
        "page_faults": (after.ru_minflt - before.ru_minflt) / runs,
        "system_share": system_s / cpu_s if cpu_s else 0.0,
    }


class _Sampler:
    """While it is open, ``SIGPROF`` writes down addresses; then ``addresses`` has them."""

    def __enter__(self) -> _Sampler:
        engine = _compiled_handler()
        self._count = ctypes.c_int64.from_address(engine.get_global_value_address("count"))
        self._count.value = 0
        action = _SignalAction(handler=engine.get_function_address("note_address"))
        action.flags = _SA_SIGINFO | _SA_RESTART
        self._before = _SignalAction()
        _set_action(action, self._before)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)
        return self

    def __exit__(self, *exception: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _set_action(self._before, None)
        start = _compiled_handler().get_global_value_address("addresses")
        noted = (ctypes.c_uint64 * CAPACITY).from_address(start)
        self.addresses = list(islice(noted, min(self._count.value, CAPACITY)))


def _set_action(action: _SignalAction, old: _SignalAction | None) -> None:
    c_library = ctypes.CDLL(None, use_errno=True)
    if c_library.sigaction(signal.SIGPROF, ctypes.byref(action), old and ctypes.byref(old)):
        raise OSError(ctypes.get_errno(), "sigaction failed")


@cache
def _compiled_handler() -> Any:
    """Returns an engine that holds `_HANDLER` as machine code."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(_HANDLER), machine)
    engine.finalize_object()
    return engine


def _shares(addresses: Iterable[int]) -> dict[str, float]:
    """Returns each part's share of the addresses."""
    regions = _executable_regions()
    starts = [start for start, _, _ in regions]
    counts = Counter(
        _part_of(address, regions[max(bisect.bisect(starts, address) - 1, 0)])
        for address in addresses
    )
    return {part: counts[part] / max(counts.total(), 1) for part in PARTS}


def _part_of(address: int, region: tuple[int, int, str]) -> str:
    start, end, name = region
    if not start <= address < end:
        return "other"
    if not name:  # Memory that holds code of no file: Numba put it there.
        return "kernels"
    file = Path(name).name
    # The most telling word of a name like _multiarray_umath.cpython-311-x86_64-linux-gnu.so.
    words = [word for word in _LIBRARIES if word in file]
    return _LIBRARIES[max(words, key=len)] if words else "other"


def _executable_regions() -> list[tuple[int, int, str]]:
    """Returns first and last address and file of all code in this process, in order."""
    regions = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, permissions, _, _, _, *name = line.split(maxsplit=5)
        if "x" in permissions:
            start, end = (int(address, 16) for address in addresses.split("-"))
            regions.append((start, end, name[0] if name else ""))
    return regions


def main(names: list[str]) -> None:
    """Prints the breakdown of steps of minitorch."""
    import minitorch
    from benchmarks import steps

    minitorch.set_num_threads(1)
    works = steps.SUITE.works
    print(
        json.dumps({name: measure(works[name](minitorch, 0)) for name in names or works}, indent=1)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
