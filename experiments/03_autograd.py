# %% [markdown]
# # 3. Autograd: the graph behind a result
#
# The tape of the last lesson is a graph here: every result knows the operation that made it, its
# `grad_fn`, and every operation knows those before it. This lesson looks at one such graph, draws
# it, and computes a gradient from what it keeps. Then it does the same with one call of `backward`.

# %%
from __future__ import annotations

from typing import Any

import lesson
import numpy as np
from matplotlib.figure import Figure

import minitorch as torch  # `import torch` gives the same numbers.

options = lesson.options()

# %% [markdown]
# ## Leaves and results
#
# We made `w` and `b` ourselves and asked for their gradients: these are leaves, and have no
# `grad_fn`. What is computed from them requires a gradient, too. Data asks for none. The weight is
# used twice: in the prediction, and in a penalty that keeps it small.

# %%
x = torch.tensor([[1.0, 2.0], [3.0, -1.0], [-2.0, 0.5]])  # (3, 2): three examples
target = torch.tensor([[1.0], [0.0], [1.0]])
w = torch.tensor([[0.3], [-0.2]], requires_grad=True)
b = torch.tensor([0.1], requires_grad=True)

prediction = torch.sigmoid(b + x @ w)  # (3, 1)
loss = ((prediction - target) ** 2).mean() + 0.1 * (w * w).sum()
for name, y in {"x": x, "w": w, "b": b, "prediction": prediction, "loss": loss}.items():
    made_by = y.grad_fn and y.grad_fn.name()
    print(f"{name:10} requires_grad {y.requires_grad!s:5}  leaf {y.is_leaf!s:5}  made by {made_by}")

# %% [markdown]
# ## What the graph keeps
#
# A slope is taken at a point, so an operation keeps the numbers that its slope needs: a product its
# factors, the sigmoid its own result, a sum nothing. `next_functions` leads from operation to
# operation, and ends in an `AccumulateGrad` at every leaf.


# %%
def label(node: Any) -> str:
    return str(node.name().rpartition("::")[2])


def inputs(node: Any) -> list[Any]:
    return [before for before, _ in node.next_functions if before is not None]


def saved(node: Any) -> dict[str, Any]:
    values = {name: getattr(node, name) for name in dir(node) if name.startswith("_saved_")}
    return {name: value for name, value in values.items() if isinstance(value, torch.Tensor)}


def walk(node: Any, step: int = 0) -> None:
    steps[node] = max(step, steps.get(node, 0))  # The longest way to it, for the picture.
    for before in inputs(node):
        walk(before, step + 1)


steps: dict[Any, int] = {}
walk(loss.grad_fn)
graph = {node: saved(node) for node in sorted(steps, key=lambda node: steps[node])}
for node, kept in graph.items():
    print(f"{label(node):17} keeps", {name: tuple(value.shape) for name, value in kept.items()})

# %% [markdown]
# ## The gradient by hand
#
# From the loss back to the weight, with nothing but what the nodes keep: the slope of the mean of
# squares, of the sigmoid, of the matrix product. The penalty's gradient is added at the end.

# %%
kept = {label(node): values for node, values in graph.items()}
result = kept["SigmoidBackward0"]["_saved_result"]
slope = 2 / 3 * kept["PowBackward0"]["_saved_self"] * result * (1 - result)
by_hand = (kept["MmBackward0"]["_saved_self"].T @ slope + 0.1 * 2 * w).detach()

# %% [markdown]
# ## Backward
#
# One call visits all nodes, and the gradients arrive in the leaves; another tensor keeps its own
# only after `retain_grad`. What the nodes kept is freed on the way, unless `retain_graph` asks for
# another walk. That one *adds* its gradients, which is why a training loop calls `zero_grad`.

# %%
prediction.retain_grad()
loss.backward(retain_graph=True)
once = w.grad.clone()
print("w.grad:", once.flatten(), " by hand:", by_hand.flatten())
print("prediction.grad:", prediction.grad.flatten())
loss.backward()
print("w.grad after a second walk, times the first:", (w.grad / once).flatten())
try:
    loss.backward()
except RuntimeError as error:
    print("a third:", str(error).partition(" (")[0])

# %% [markdown]
# ## Where nothing is recorded
#
# Under `no_grad` no graph is made: there an optimizer changes its weights in place, which is an
# error elsewhere. `detach` gives the same memory without the past: no gradient goes through it.

# %%
with torch.no_grad():
    w -= 0.5 * once
    print("under no_grad:", (x @ w).requires_grad, " w is still a leaf:", w.is_leaf)
cut = prediction.detach()
print("detached:", cut.requires_grad, " same memory:", cut.data_ptr() == prediction.data_ptr())

# %% [markdown]
# ## What to see
#
# The loss is at the top, and `backward` follows the arrows. A node waits until a gradient has come
# along every arrow that leads to it. Three lead to w: one from the prediction, two from w * w. What
# a node keeps stands below its name. Blue are the nodes whose tensors have a name in our program;
# x and the target have no node, as they need no gradient.

# %%
columns: dict[Any, list[float]] = {loss.grad_fn: [0.0]}
for node in graph:  # A node stands below those that lead to it, and beside those of the same step.
    columns[node] = [float(np.mean(columns[node]))]
    row = list(dict.fromkeys(inputs(node)))
    for i, before in enumerate(row):
        columns.setdefault(before, []).append(columns[node][0] + i - (len(row) - 1) / 2)
result_of = {loss.grad_fn: "loss", prediction.grad_fn: "prediction"}
result_of |= {n: "w" if n.variable is w else "b" for n in graph if hasattr(n, "variable")}
figure = Figure(figsize=(8, 8.6), layout="constrained")
axes = figure.subplots(subplot_kw={"frame_on": False, "xticks": [], "yticks": []})
for node, kept in graph.items():
    text = [f"{label(node)}: {result_of[node]}" if node in result_of else label(node)]
    text += [f"{name} {tuple(value.shape)}" for name, value in kept.items()]
    box = {"boxstyle": "round", "facecolor": "#cfe3f5" if node in result_of else "white"}
    at = (columns[node][0], -steps[node])
    axes.text(*at, "\n".join(text), ha="center", va="center", size=9, bbox=box)
    for i, before in enumerate(inputs(node)):
        bend = "arc3,rad=" + ("-0.08" if before in inputs(node)[:i] else "0")
        arrow = {"arrowstyle": "->", "color": "#ee8c3a", "shrinkB": 22, "connectionstyle": bend}
        axes.annotate("", (columns[before][0], -steps[before]), at, arrowprops=arrow, zorder=0)
axes.set(xlim=(-1.6, 1.2), ylim=(-7.3, 0.3), title="The graph of one neuron's loss")
lesson.save(figure, options.out / "03_autograd.png")
assert (once - by_hand).abs().max() < 1e-6
