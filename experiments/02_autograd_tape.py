# %% [markdown]
# # 2. Autograd is a tape
#
# A derivative of a program needs no algebra. While the program runs, each operation notes what it
# read and its own slope there. Reading the notes from the last to the first, and multiplying the
# slopes (the chain rule), gives the derivative of the result by everything that led to it.

# %%
from __future__ import annotations

import math
from typing import Any

import lesson
import numpy as np
from matplotlib.figure import Figure

import minitorch as torch  # `import torch` gives the same numbers.

options = lesson.options()

# %% [markdown]
# ## The tape: for each result, its inputs and the slopes d result / d input


# %%
class Number:
    """A number that takes part in the recording."""

    def __init__(self, value: float) -> None:
        self.value, self.grad = value, 0.0

    def __add__(self, other: Number) -> Number:
        return record(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other: Number) -> Number:
        return record(self.value * other.value, [(self, other.value), (other, self.value)])

    def tanh(self) -> Number:
        result = math.tanh(self.value)
        return record(result, [(self, 1 - result**2)])


tape: list[tuple[Number, list[tuple[Number, float]]]] = []


def record(value: float, slopes: list[tuple[Number, float]]) -> Number:
    result = Number(value)
    tape.append((result, slopes))
    return result


def backward(result: Number) -> None:
    """Reads the tape from its end: when a note's turn comes, its own gradient is complete."""
    result.grad = 1.0
    for output, slopes in reversed(tape):
        for number, slope in slopes:
            number.grad += output.grad * slope  # A sum: a number may be used more than once.
    tape.clear()


# %% [markdown]
# ## The same in minitorch
#
# The function uses `x` four times, so four paths lead back to it. minitorch keeps no list: each
# result's `grad_fn` knows the operations before it, as `next_functions`; these links are the tape.


# %%
def function(x: Any) -> Any:  # Any number that knows +, * and tanh.
    return (x * x).tanh() * x + x


points = np.linspace(-2, 2, 81)
numbers = [Number(point) for point in points.tolist()]
for number in numbers:
    backward(function(number))
by_tape = np.array([number.grad for number in numbers])

x = torch.tensor(points, requires_grad=True)  # (81,): all points at once, in float64.
y = function(x)
print("the last note:", y.grad_fn.name())
y.sum().backward()  # Each point reaches the sum through its own y alone, with slope 1.

# %% [markdown]
# ## What to see
#
# minitorch's dots lie on our tape's line. At 0, where tanh(x²) x is flat, the slope is 1: `+ x`.

# %%
figure = Figure(figsize=(8, 4.6), layout="constrained")
axes = figure.subplots()
axes.plot(points, y.detach().numpy(), color="#888888", label="y = tanh(x²) x + x")
axes.plot(points, by_tape, color="#ee8c3a", lw=3, label="dy/dx, our tape")
axes.plot(points[::4], x.grad.numpy()[::4], "o", color="#1f5fa8", label="dy/dx, minitorch")
axes.set(xlabel="x", ylabel="y, dy/dx", title="One derivative, two tapes")
axes.legend()
lesson.save(figure, options.out / "02_autograd_tape.png")

difference = np.abs(x.grad.numpy() - by_tape).max()
print(f"largest difference of the two derivatives: {difference:.1e}")
assert difference < 1e-12
