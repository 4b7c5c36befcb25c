"""``@kernel``: a Python loop that Numba compiles at its first call.

Kernels fill the arrays they are given: outputs first, inputs next, scalars last. They are compiled
lazily because importing Numba alone takes 0.2 s, as long as everything else in ``import minitorch``
together, and many programs need few kernels.

With ``NUMBA_DISABLE_JIT=1`` every kernel runs as plain Python, so that a debugger can step through
it.

Mirrors nothing in torch: there the C++ compiler has done this ahead of time.
"""

from __future__ import annotations

import dis
import math
import os
import threading
import types
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, overload

import numpy as np

from minitorch import _compile_progress

# Sums may be reordered (reductions vectorise) and a*b+c fused, but NaN and inf keep their meaning:
# Numba's fastmath=True would drop them.
_FAST_SUMS = {"reassoc", "nsz", "contract"}

# Below this many elements, one thread is as fast: starting the others takes 3 us while they still
# spin, as they do for some milliseconds after their last work, and up to 80 us once they sleep.
PARALLEL_GRAIN = 32_768

# Kernels write ``for i in prange(n)``; compiled in parallel it becomes Numba's, otherwise it is a
# plain loop.
prange = range


def fma(a: Any, b: Any, c: Any) -> Any:
    """``a * b + c``, rounded once, of three floats of one type.

    Compiled, it becomes the processor's own instruction; this slow body serves the debugger.
    """
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    return type(a)(float(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))))


def gemm(out: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool, accumulate: bool) -> None:
    """The matrix product ``out = a @ b``, or ``out += a @ b``, of BLAS, on the calling thread.

    Compiled, it is a call of OpenBLAS on the memory of the arrays, which must be matrices of one
    float type, with the elements of a row side by side; ``transpose_a`` says that ``a`` holds the
    transposed operand. Only where ``_openblas.callable_from_kernels()``.
    """
    product = (a.T if transpose_a else a) @ (b.T if transpose_b else b)
    out[...] = out + product if accumulate else product


# In compiled kernels these become the attributes of the same name of minitorch._intrinsics, which
# needs Numba and is therefore imported with the first compilation.
_INTRINSICS: dict[Any, str] = {prange: "prange", fma: "fma", gemm: "gemm"}

# By the id of a function of this package: the kernel that stands for it in compiled code.
_twins: dict[int, Kernel] = {}

# Called before Numba compiles anything: backends/cpu.py sets Numba up.
when_numba_loads: list[Callable[[], None]] = [_compile_progress.watch]

_compile_lock = threading.RLock()
_num_threads = 1


def set_kernel_threads(count: int) -> None:
    """How many threads ``parallel=True`` kernels use; 1 selects their sequential twins."""
    global _num_threads
    _num_threads = count


_has_thread_pool: bool | None = None  # not known before the first parallel kernel

# How many times a thread of OpenMP's pool looks for new work before it sleeps: for about 0.2 ms,
# longer than most pauses between the kernels of a training step. libgomp's own default, 300,000,
# is the fastest on an idle machine, but where other programs compute as well, a kernel waits 24 ms
# for a thread that is not running, because those that wait for it keep the cores busy.
_SPINS = 30_000


def _load_thread_pool() -> bool:
    """Choose the threads of parallel kernels: OpenMP's, else those of Intel's TBB, else none.

    Numba's own pool takes 90 us to start, and fails if two Python threads use it at once.
    """
    import importlib

    import numba

    # libgomp reads the variable when it is loaded, and only then: child processes shall not see it.
    ours = not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & os.environ.keys()
    if ours:
        os.environ["GOMP_SPINCOUNT"] = str(_SPINS)
    try:
        for layer in ("omp", "tbb"):
            try:
                importlib.import_module(f"numba.np.ufunc.{layer}pool")
            except ImportError:  # this system lacks its runtime
                continue
            numba.config.THREADING_LAYER = layer  # type: ignore[attr-defined]
            return True
        return False
    finally:
        if ours:
            del os.environ["GOMP_SPINCOUNT"]


def _stay_alone() -> None:
    """A forked child has none of the threads that its parent has started, and cannot start them."""
    global _has_thread_pool
    if _has_thread_pool:
        _has_thread_pool = False


os.register_at_fork(after_in_child=_stay_alone)


class Kernel:
    """A function that is replaced by its compiled form when it is first called."""

    def __init__(
        self, function: Callable[..., None], parallel: bool, fast_sums: bool, inline: bool
    ) -> None:
        self.function = function
        self.parallel = parallel
        self.fast_sums = fast_sums
        self.inline = inline
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self.sources = {function.__code__.co_filename}  # the files its compiled code depends on
        self._compiled: dict[bool, Callable[..., Any]] = {}
        self._when_compiled: list[Callable[[Callable[..., Any]], None]] = []
        # The form for one thread. Who knows that the arrays are small calls it directly: that takes
        # 0.2 us less, as long as a tiny kernel takes itself.
        self.sequential: Callable[..., Any] = self._compile_and_call

    def __call__(self, *arrays_and_scalars: Any) -> Any:
        if self.parallel and _num_threads > 1:
            for argument in arrays_and_scalars:
                if type(argument) is np.ndarray and argument.size >= PARALLEL_GRAIN:
                    return self.on_all_threads(*arrays_and_scalars)
        return self.sequential(*arrays_and_scalars)

    def _compile_and_call(self, *arrays_and_scalars: Any) -> Any:
        self.sequential = self.compile()
        return self.sequential(*arrays_and_scalars)

    def on_all_threads(self, *arrays_and_scalars: Any) -> Any:
        """Call the parallel form, however small the arrays are."""
        global _has_thread_pool
        if _has_thread_pool is None:
            with _compile_lock:
                _has_thread_pool = _load_thread_pool()
        if _num_threads == 1 or not _has_thread_pool:
            return self.sequential(*arrays_and_scalars)
        import numba

        if numba.get_num_threads() != _num_threads:  # Numba keeps this number per Python thread
            numba.set_num_threads(_num_threads)
        compiled = self._compiled.get(True) or self.compile(parallel=True)
        return compiled(*arrays_and_scalars)

    def when_compiled(self, use: Callable[[Callable[..., Any]], None]) -> None:
        """Hand the compiled form to ``use`` once it is there, if there is only one: calling it
        directly takes 0.2 us less, as long as a tiny kernel takes itself.
        """
        if not self.parallel:
            self._when_compiled.append(use)

    def compile(self, parallel: bool = False) -> Callable[..., Any]:
        """The Numba dispatcher of this kernel, made once, after those of the kernels it calls."""
        with _compile_lock:
            if parallel not in self._compiled:
                import numba

                while when_numba_loads:
                    when_numba_loads.pop()()
                source = self.function
                if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
                    return self._compiled.setdefault(parallel, source)
                function = types.FunctionType(
                    source.__code__,
                    self._compiled_globals(),
                    source.__name__,
                    source.__defaults__,
                    source.__closure__,
                )
                # Numba's disk cache tells functions apart by name alone, not by these options.
                variant = "_parallel" if parallel else ""
                function.__qualname__ = source.__qualname__ + variant + self._checksums()
                function.__module__ = source.__module__
                self._compiled[parallel] = numba.njit(
                    cache=True,
                    nogil=True,
                    error_model="numpy",  # a division that may raise does not vectorise
                    fastmath=_FAST_SUMS if self.fast_sums else False,
                    parallel=parallel,
                    inline="always" if self.inline else "never",
                )(function)
                for use in self._when_compiled:
                    use(self._compiled[parallel])
            return self._compiled[parallel]

    def _compiled_globals(self) -> dict[str, Any]:
        """The globals of this kernel, with the compiled form of everything that it may call."""
        from minitorch import _intrinsics

        scope = dict(self.function.__globals__)
        for name in self._global_names():
            value = scope.get(name)
            value = _twins.get(id(value), value)
            if isinstance(value, Kernel):
                scope[name] = value.compile()
                self.sources |= value.sources
            elif isinstance(value, types.FunctionType | type) and value in _INTRINSICS:
                scope[name] = getattr(_intrinsics, _INTRINSICS[value])
                self.sources.add(_intrinsics.__file__)
        return scope

    def _global_names(self) -> set[str]:
        """The globals that the code reads; ``co_names`` has attributes too, the sqrt of np.sqrt."""
        code = dis.get_instructions(self.function.__code__)
        return {str(i.argval) for i in code if i.opname == "LOAD_GLOBAL"}

    def _checksums(self) -> str:
        """One checksum for each other file whose kernels this one calls, to stand in its name.

        Numba compiles again when a kernel's own file changes, but does not look at its helpers'.
        """
        others = self.sources - {self.function.__code__.co_filename}
        return "".join(f"_{zlib.crc32(Path(file).read_bytes()):08x}" for file in sorted(others))


@overload
def kernel(function: Callable[..., Any], /) -> Kernel: ...
@overload
def kernel(
    *, parallel: bool = False, fast_sums: bool = False, inline: bool = False
) -> Callable[[Callable[..., Any]], Kernel]: ...
def kernel(
    function: Callable[..., Any] | None = None,
    *,
    parallel: bool = False,
    fast_sums: bool = False,
    inline: bool = False,
) -> Kernel | Callable[[Callable[..., Any]], Kernel]:
    """Compile ``function`` with Numba when it is first called.

    Args:
        parallel: split the function's ``prange`` loops (``from minitorch._jit import prange``) over
            threads when an argument has at least ``PARALLEL_GRAIN`` elements.
        fast_sums: let the compiler reorder sums, which vectorises reductions. NaN and inf stay
            exact.
        inline: paste the body into the kernels that call it.
    """

    def wrap(function: Callable[..., Any]) -> Kernel:
        return Kernel(function, parallel, fast_sums, inline)

    return wrap if function is None else wrap(function)


def in_kernels(function: Callable[..., Any]) -> Callable[[Kernel], Kernel]:
    """``@in_kernels(function)`` above a kernel: it takes the place of ``function`` when compiled.

    A formula that calls ``function`` can then be compiled for the numbers of a loop, and called as
    it stands on arrays and on tensors that record a graph.
    """

    def register(twin: Kernel) -> Kernel:
        _twins[id(function)] = twin
        return twin

    return register


def formula(function: Callable[..., Any]) -> Callable[..., Any]:
    """``@formula`` above plain arithmetic: kernels may call it too, and then it is compiled."""
    in_kernels(function)(Kernel(function, parallel=False, fast_sums=False, inline=False))
    return function
