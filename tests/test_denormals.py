"""Numbers near zero: kept as they are, or zero after ``set_flush_denormal``, as in torch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch

import minitorch
from minitorch.backends import cpu

pytestmark = pytest.mark.skipif(not cpu.TUNED_KERNELS, reason="tuned kernels are switched off")

LARGE = 200_000  # elements, for several threads


def in_a_thread(function: Callable[[], Any]) -> Any:
    """What it returns: the mode that it leaves its thread in ends with the thread."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def are_kept(library: Any) -> list[bool]:
    """Whether denormal numbers survive: some, and many; of either precision; forward and back."""
    kept = []
    for count in (1, LARGE):
        for dtype, number in ((library.float32, 1e-40), (library.float64, 1e-310)):
            x = library.full((count,), number, dtype=dtype, requires_grad=True)
            y = x * 0.5
            kept += [bool((y > 0).all()), bool((y > 0).any())]
            y.backward(library.full((count,), number, dtype=dtype))
            kept += [bool((x.grad > 0).all()), bool((x.grad > 0).any())]
    x = library.full((LARGE,), 1e-40)
    return [*kept, bool((x.cumsum(0) > 0).any()), bool(x.sum() > 0)]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("mode", [True, False])
def test_set_flush_denormal(mode: bool, threads: int) -> None:
    kept_always = are_kept(minitorch)

    def measure(library: Any) -> list[Any]:
        supported = [library.set_flush_denormal(value) for value in (not mode, mode)]
        kept = are_kept(library)
        kept_in_a_later_thread = in_a_thread(lambda: are_kept(library))
        library.set_flush_denormal(False)
        if library is minitorch:  # torch's threads may stay as they were
            assert are_kept(library) == kept_always
        return [supported, kept, kept_in_a_later_thread]

    results = []
    for library in (minitorch, torch):
        before = library.get_num_threads()
        library.set_num_threads(threads)
        try:
            results.append(in_a_thread(lambda library=library: measure(library)))
        finally:
            library.set_num_threads(before)
    ours, theirs = results
    assert ours == theirs


def test_other_threads_keep_their_mode() -> None:
    def measure(library: Any) -> list[bool]:
        go, kept = threading.Event(), []

        def wait() -> None:
            go.wait()
            kept.append(bool((library.full((4,), 1e-40) * 0.5 > 0).all()))

        earlier = threading.Thread(target=wait)
        earlier.start()
        library.set_flush_denormal(True)
        go.set()
        earlier.join()
        return [*kept, bool((library.full((4,), 1e-40) * 0.5 > 0).all())]

    ours, theirs = (in_a_thread(lambda lib=lib: measure(lib)) for lib in (minitorch, torch))
    assert ours == theirs == [True, False]
