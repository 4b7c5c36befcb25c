"""Every process-wide setting that minitorch makes for speed, in one visible place.

Mirrors torch/backends/ and aten/src/ATen/Parallel.h. ``MINITORCH_CPU_TUNING=0`` switches the tuning
off; everything then works as before, slower.
"""

from __future__ import annotations

import ctypes
import os
import warnings

from minitorch import _aligned_memory, _jit, _openblas

TUNING = os.environ.get("MINITORCH_CPU_TUNING", "1") != "0"

# Tuned kernels (native/cpu/) call BLAS from compiled code. In a debugger nothing is compiled.
TUNED_KERNELS = (
    TUNING
    and _openblas.callable_from_kernels()
    and os.environ.get("NUMBA_DISABLE_JIT", "0") in ("0", "")
)


def keep_freed_memory() -> bool:
    """Let malloc keep large blocks instead of returning them to the kernel at every free.

    A fresh page costs a page fault (2.8 us per 4 KiB in a virtual machine): two live 1 MB
    temporaries took 608 us, with this 35 us. glibc only; returns whether it took effect.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    m_trim_threshold, m_mmap_threshold = -1, -3
    return bool(mallopt(m_mmap_threshold, 1 << 30) and mallopt(m_trim_threshold, 1 << 30))


def align_arrays() -> None:
    """Let arrays begin where a line of the cache begins: see ``_aligned_memory``, for the gain too.

    Only once a kernel is needed, because a compiled function does it.
    """
    global ARRAYS_ALIGNED
    ARRAYS_ALIGNED = _aligned_memory.align_arrays()


def use_wide_vectors() -> None:
    """Let Numba compute with all 512 bits of AVX-512's registers.

    LLVM takes half of them on Intel's processors, some of which lower their clock otherwise.
    On a Xeon (Sapphire Rapids) GELU takes 0.28 ns an element instead of 0.41, its gradient 0.55
    instead of 0.84, softmax 0.39 instead of 0.57. Has no effect on what was compiled before.
    """
    import llvmlite.binding
    import numba

    features = llvmlite.binding.get_host_cpu_features()
    if features.get("avx512f") and numba.config.CPU_FEATURES is None:  # type: ignore[attr-defined]
        numba.config.CPU_FEATURES = features.flatten() + ",-prefer-256-bit"  # type: ignore[attr-defined]


def silence_floating_point_warnings() -> None:
    """1 / 0 is inf and log(-1) is NaN, without a warning, as in torch; NumPy code outside minitorch
    still warns, but of sums and products: NumPy reports those from a module of its own, whoever
    asked for them.
    """
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minitorch\.")
    words = r"(overflow|invalid value) encountered in (reduce|divide)"
    reductions = r"numpy\._core\._methods"
    warnings.filterwarnings("ignore", words, category=RuntimeWarning, module=reductions)


_set_blas_threads = _openblas.function("openblas_set_num_threads")
_num_threads = 1


def get_num_threads() -> int:
    """How many threads kernels and BLAS use."""
    return _num_threads


def set_num_threads(int: int, /) -> None:
    """Use this many threads in kernels and in BLAS.

    Raises:
        RuntimeError: not a positive number.
    """
    global _num_threads
    if int < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    _num_threads = int
    if _set_blas_threads is not None:
        # BLAS has threads of its own, which spin for milliseconds after their work and keep those
        # of the kernels from the cores: a step of the CNN took 31 ms with both, 22 ms with one
        # pool. So BLAS computes on the calling thread, and native/cpu/products.py splits products.
        _set_blas_threads(1 if TUNED_KERNELS else int)
    _jit.set_kernel_threads(min(int, os.cpu_count() or 1))


def _default_num_threads() -> int:
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    available = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return int(wanted) if wanted.isdigit() and int(wanted) else available


MEMORY_KEPT = keep_freed_memory() if TUNING else False
ARRAYS_ALIGNED = False
if MEMORY_KEPT and TUNED_KERNELS:
    _jit.when_numba_loads.append(align_arrays)
if TUNING:
    _jit.when_numba_loads.append(use_wide_vectors)
silence_floating_point_warnings()
set_num_threads(_default_num_threads())


def show() -> str:
    """The settings in force, a line each."""
    return "\n".join(
        [
            f"MINITORCH_CPU_TUNING: {'on' if TUNING else 'off'}",
            f"threads: {_num_threads}",
            f"tuned kernels: {'yes' if TUNED_KERNELS else 'no'}",
            f"freed memory kept by malloc: {'yes' if MEMORY_KEPT else 'no'}",
            f"arrays aligned to lines of the cache: {'yes' if ARRAYS_ALIGNED else 'not yet'}",
            f"BLAS threads set through OpenBLAS: {'yes' if _set_blas_threads else 'no'}",
        ]
    )
