# %% [markdown]
# # 20. Dynamic and static graphs
#
# PyTorch and minitorch run a program line by line, and write down its graph anew at each call:
# a dynamic graph. `torch.jit.trace`, ONNX export and TensorFlow's `tf.function` want a static one:
# run the program once, keep the graph, and from then on run the graph. That can be faster, and the
# graph can go where no Python is. This lesson shows what such a graph sees, and what it can't see.

# %%
from __future__ import annotations

import importlib.util
import operator
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lesson
from matplotlib.figure import Figure

import minitorch as torch  # `import torch` gives the same numbers.

options = lesson.options()

# %% [markdown]
# ## A program that looks at its data
#
# The `if` reads a tensor's value; how often the `while` turns depends on it too. In PyTorch such a
# program needs no special words: the graph for the backward pass has what has happened.

# %%
python_runs = 0


def program(x: Any, total: Callable[[Any], Any] = torch.sum) -> Any:
    global python_runs
    python_runs += 1
    if total(x) > 0:
        x = x * 2
    else:
        x = x * -0.5
    while total(x * x) > 1:
        x = x / 2
    return total(x)


def graph_of(result: Any) -> list[str]:
    """The operations behind a result, first to last; in this program each has one before it."""
    node = result.grad_fn
    names: list[str] = []
    while node.next_functions:
        names.insert(0, node.name().removesuffix("Backward0").lower())
        node = node.next_functions[0][0]
    return names


direction = torch.tensor([0.25, 0.5, 1.0])
scales = [0.25 * i for i in range(-16, 17)]
eager = {scale: program((scale * direction).requires_grad_()) for scale in scales}
EXAMPLE, OTHERS = 3.0, (0.25, -2.0)
for scale in (EXAMPLE, *OTHERS):
    print(f"eager, {scale:5} * direction:", " ".join(graph_of(eager[scale])))

# %% [markdown]
# ## A tracer in thirty lines
#
# The program gets no tensor but a stand-in, which computes on an example and notes each operation,
# with the notes of its operands. Python's `if` and `while` ask for a plain yes or no. They get the
# example's answer, and that they have asked leaves no note.


# %%
@dataclass(eq=False)
class Note:
    operation: Callable[..., Any]
    operands: tuple[Any, ...]  # Notes, plain numbers, or INPUT.


INPUT = "the input"


class Traced:
    def __init__(self, example: Any, note: Any, trace: list[Note]) -> None:
        self.example, self.note, self.trace = example, note, trace

    def record(self, operation: Callable[..., Any], *others: Any) -> Traced:
        operands = (self, *others)
        examples = [each.example if isinstance(each, Traced) else each for each in operands]
        notes = [each.note if isinstance(each, Traced) else each for each in operands]
        self.trace.append(Note(operation, tuple(notes)))
        return Traced(operation(*examples), self.trace[-1], self.trace)

    def __mul__(self, other: Any) -> Traced:
        return self.record(operator.mul, other)

    def __truediv__(self, other: Any) -> Traced:
        return self.record(operator.truediv, other)

    def sum(self) -> Traced:
        return self.record(torch.sum)

    def __gt__(self, other: float) -> bool:
        return bool(self.example > other)


def replay(trace: list[Note], x: Any) -> Any:
    """Runs the trace on another input; the program itself does not run."""
    values: dict[Any, Any] = {INPUT: x}
    for note in trace:
        values[note] = note.operation(*[values.get(each, each) for each in note.operands])
    return values[trace[-1]]


trace: list[Note] = []
program(Traced(EXAMPLE * direction, INPUT, trace), total=Traced.sum)
replayed = {scale: replay(trace, scale * direction) for scale in scales}
for scale in (EXAMPLE, *OTHERS):
    print(f"{scale:5}: eager {eager[scale].item():.3f}, replayed {replayed[scale].item():.3f}")

# %% [markdown]
# ## What a static graph is good for
#
# It is data, so a program can improve it before it runs: fuse operations, plan memory, place it on
# another machine. The smallest example: going back from the result, keep what the result needs. The
# sums that the conditions have asked for go, as nothing reads them.

# %%
needed = {trace[-1]}
for note in reversed(trace):
    if note in needed:
        needed.update(note.operands)
shorter = [note for note in trace if note in needed]
print(f"the trace has {len(trace)} operations; the result needs {len(shorter)} of them")

# %% [markdown]
# ## TensorFlow: control flow inside the graph
#
# `tf.function` rewrites the program's source before it traces: `if` and `while` become operations
# of the graph that hold the traces of their branches. So its one graph does what the program does,
# for all inputs, though Python has run only once. (PyTorch's `torch.compile` leaves such an `if` to
# Python: it splits the graph there, and checks at each call which piece fits.)

# %%
in_tensorflow: dict[float, float] = {}
if importlib.util.find_spec("tensorflow"):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # Read by the import that follows.
    import tensorflow as tf

    static = tf.function(program)
    python_runs = 0
    for scale in scales:
        x = tf.constant((scale * direction).numpy())
        in_tensorflow[scale] = float(static(x, tf.reduce_sum))
    graph = static.get_concrete_function(x, tf.reduce_sum).graph
    print("TensorFlow's graph:", " ".join(each.type for each in graph.get_operations()))
    print(f"{len(scales)} inputs, and Python ran {python_runs} time(s)")
else:
    print("TensorFlow is not installed: its part is left out (pip install tensorflow)")

# %% [markdown]
# ## What to see
#
# Left: each eager call has a graph of its own. The trace has that of its example, for all inputs;
# what the result does not need is grey. Right: the trace is right where an input takes the
# example's way, and silently wrong elsewhere. That is why `torch.jit.trace` warns when a tensor is
# made a Python bool, and why a traced or exported model must be tested on more than its example.

# %%
figure = Figure(figsize=(11, 4.4), layout="constrained")
ways, results = figure.subplots(1, 2, width_ratios=(1.2, 1))
rows = {}
for scale in (EXAMPLE, *OTHERS):
    rows[f"eager, {scale}"] = [(name, True) for name in graph_of(eager[scale])]
names = {operator.mul: "mul", operator.truediv: "div", torch.sum: "sum"}
rows[f"trace of {EXAMPLE}"] = [(names[note.operation], note in needed) for note in trace]
colors = {"mul": "#1f5fa8", "div": "#2a9d4a", "sum": "#ee8c3a"}
for y, row in enumerate(rows.values()):
    for x, (name, is_needed) in enumerate(row):
        ways.barh(y, 0.9, left=x, height=0.5, color=colors[name] if is_needed else "#bbbbbb")
        ways.text(x + 0.45, y, name, ha="center", va="center", color="white", fontsize=8)
ways.set(yticks=range(len(rows)), yticklabels=rows, xticks=[], title="The operations, in order")
ways.invert_yaxis()
ways.spines[:].set_visible(False)
results.plot(scales, [replayed[scale].item() for scale in scales], color="#c0392b", label="trace")
results.plot(scales, [eager[scale].item() for scale in scales], "o", color="#1f5fa8", label="eager")
if in_tensorflow:
    results.plot(scales, list(in_tensorflow.values()), "+", color="black", label="tf.function")
results.plot(EXAMPLE, replayed[EXAMPLE].item(), "o", ms=12, mfc="none", color="#c0392b")
results.set(xlabel="scale of the input", ylabel="result", title="One trace, all inputs")
results.legend()
lesson.save(figure, options.out / "20_dynamic_and_static_graphs.png")

lengths = {len(graph_of(result)) for result in eager.values()}
right = [scale for scale in scales if torch.equal(replayed[scale], eager[scale])]
print(f"the eager graphs have {sorted(lengths)} operations; the trace is right for scales {right}")
assert len(lengths) > 1, "an eager graph follows its data"
assert EXAMPLE in right and not set(OTHERS) & set(right), "a trace can't see the other ways"
assert torch.equal(replay(shorter, EXAMPLE * direction), eager[EXAMPLE])
assert all(abs(in_tensorflow[s] - eager[s].item()) < 1e-6 for s in in_tensorflow)
