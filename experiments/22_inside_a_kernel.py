# %% [markdown]
# # 22. Inside a kernel
#
# Layer normalisation is a few additions and products per element. How long can that take? Between
# the slowest and the fastest way of this lesson lies a factor of some hundreds, with the same
# formula, on one thread. Three things make the difference: who reads the instructions, how often
# each number travels between processor and memory, and how many numbers one instruction handles.

# %%
from __future__ import annotations

import importlib.util
import math
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import lesson
import numba
import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

import minitorch

options = lesson.options()
COLUMNS, EPS = 256, 1e-5
minitorch.set_num_threads(1)

# %% [markdown]
# ## Plain Python, and the same source compiled
#
# Each row gets mean 0 and variance 1, and then a scale and a shift for each column. Python looks up
# the type of every number at every step. Numba compiles the same source for one type: that alone is
# the first big factor. And the loops are fused: a row of 1 KiB stays in the innermost cache while
# the three loops run over it, so memory sees one read and one write of each element.


# %%
def loops(out: Any, x: Any, weight: Any, bias: Any) -> None:
    for r in range(len(x)):
        row, target = x[r], out[r]
        total = 0.0
        for i in range(len(row)):
            total += row[i]
        mean = total / len(row)
        squares = 0.0
        for i in range(len(row)):
            squares += (row[i] - mean) * (row[i] - mean)
        factor = 1 / math.sqrt(squares / len(row) + EPS)
        for i in range(len(row)):
            target[i] = (row[i] - mean) * factor * weight[i] + bias[i]


# %% [markdown]
# A sum in the order of the source is a chain: each addition waits for the one before. If the
# compiler may reorder it, it keeps many sums at once, and adds to all with one instruction (SIMD).
# That rounds in another way, so a compiler must be told that it is welcome.

# %%
in_order = numba.njit(loops)
in_any_order = numba.njit(loops, fastmath={"reassoc", "nsz", "contract"})


def by_numba(kernel: Callable[..., None], x: Any, weight: Any, bias: Any) -> Any:
    out = np.empty_like(x)
    kernel(out, x, weight, bias)
    return out


def by_python(x: Any, weight: Any, bias: Any) -> Any:
    out = [[0.0] * COLUMNS for _ in x]
    loops(out, x, weight, bias)
    return out


# %% [markdown]
# ## NumPy
#
# NumPy's loops are compiled and vectorised, but there is one for each operator. Each writes its
# whole result to memory, a temporary array, and the next reads it again.


# %%
def by_numpy(x: Any, weight: Any, bias: Any) -> Any:
    centred = x - x.mean(1, keepdims=True)
    variance = (centred * centred).mean(1, keepdims=True)
    return centred / np.sqrt(variance + np.float32(EPS)) * weight + bias


# %% [markdown]
# ## The libraries
#
# minitorch's kernel (`minitorch/native/layer_norm.py`) is the compiled loop with sums in any order,
# and all in float32, of which twice as many fit into an instruction as of Python's float64. Around
# it stands what a library needs: checks, dispatch, autograd. PyTorch's kernel is vectorised C++.


# %%
def by_library(torch: Any, x: Any, weight: Any, bias: Any) -> Any:
    return torch.nn.functional.layer_norm(x, (COLUMNS,), weight, bias, EPS)


ways: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {  # And what the inputs must be.
    "Python": (by_python, np.ndarray.tolist),
    "NumPy": (by_numpy, np.asarray),
    "Numba": (partial(by_numba, in_order), np.asarray),
    "Numba, any order": (partial(by_numba, in_any_order), np.asarray),
    "minitorch": (partial(by_library, minitorch), minitorch.from_numpy),
}
if importlib.util.find_spec("torch"):
    import torch

    torch.set_num_threads(1)
    ways["PyTorch"] = (partial(by_library, torch), torch.from_numpy)
else:
    print("PyTorch is not installed: its line is left out")

# %% [markdown]
# ## Timing
#
# The ways take turns, in short blocks, so that a disturbance hits all alike; the median of the
# blocks counts. The clock is the thread's own: it stands while other programs have the processor.
# The first call is not timed: it compiles.


# %%
def nanoseconds(call: Callable[[], Any], repeats: int) -> float:
    began = time.thread_time_ns()
    for _ in range(repeats):
        call()
    return (time.thread_time_ns() - began) / repeats


rng = np.random.default_rng(0)
weight, bias = rng.standard_normal((2, COLUMNS), np.float32)
MOST_ROWS_OF_PYTHON = 64  # More would take too long.
ns: dict[str, dict[int, float]] = {name: {} for name in ways}  # per element, by size
results: dict[str, Any] = {}
for rows in tqdm([4**i for i in range(7 if options.quick else 8)], desc="sizes", leave=False):
    x = rng.standard_normal((rows, COLUMNS), np.float32) + 3
    calls = {}
    for name, (function, convert) in ways.items():
        if name != "Python" or rows <= MOST_ROWS_OF_PYTHON:
            calls[name] = partial(function, *(convert(array) for array in (x, weight, bias)))
    firsts = {name: np.asarray(call(), np.float32) for name, call in calls.items()}
    results = firsts if "Python" in firsts else results
    blocks, repeats = (3, 2**15 // x.size + 1) if options.quick else (15, 2**18 // x.size + 1)
    times = [{name: nanoseconds(calls[name], repeats) for name in calls} for _ in range(blocks)]
    for name in calls:
        ns[name][x.size] = statistics.median(block[name] for block in times) / x.size

for name, by_size in ns.items():
    print(f"{name:17}", *(f"{value:9.2f}" for value in by_size.values()), "ns per element")

# %% [markdown]
# ## What to see
#
# At the left end a call's own cost counts, which few elements share: Numba's is the lowest, a
# library's is higher, since it also checks and dispatches. Further right only the loops count.
# Python is off by a factor of a hundred and more. NumPy's line rises when its temporary arrays no
# longer fit the inner caches; the fused kernels read and write each element once, and rise less.

# %%
COLORS = "#888888", "#ee8c3a", "#e0b040", "#2a9d4a", "#1f5fa8", "#c0392b"
figure = Figure(figsize=(10, 5.5), layout="constrained")
axes = figure.subplots()
for color, (name, by_size) in zip(COLORS, ns.items(), strict=False):
    kib = [size * 4 / 1024 for size in by_size]
    axes.loglog(kib, list(by_size.values()), "o-", color=color, label=name)
for cache in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):  # Where Linux says them.
    level, kind, size = ((cache / each).read_text().strip() for each in ("level", "type", "size"))
    if kind != "Instruction" and int(size[:-1]) < max(kib):  # As in "48K".
        axes.axvline(int(size[:-1]), color="black", lw=1, ls=":")
        axes.text(int(size[:-1]), 0.95, f" L{level}", transform=axes.get_xaxis_transform())
axes.set(xlabel="size of the input (KiB)", ylabel="time per element (ns)")
axes.set_title(f"Layer normalisation of rows of {COLUMNS}, float32, one thread")
axes.legend(loc="upper right")
lesson.save(figure, options.out / "22_inside_a_kernel.png")

for name, result in results.items():
    # Sums of 256 numbers around 3, in float32 and in other orders.
    np.testing.assert_allclose(result, results["Python"], rtol=1e-5, atol=1e-5, err_msg=name)
compiling = ns["Python"][results["Python"].size] / ns["Numba"][results["Python"].size]
print(f"Numba is {compiling:.0f} times as fast as Python with the same source")
assert compiling > 10
