# %% [markdown]
# # 5. Activations and their slopes
#
# Two linear layers in a row are one linear layer. An activation between them bends the line. On the
# way back the gradient is multiplied by the activation's slope, so the slope decides how well a
# layer learns: where it is small the unit learns slowly, and where it is 0 it learns nothing.

# %%
from __future__ import annotations

import lesson
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from scipy.special import ndtr
from sklearn.datasets import load_digits

import minitorch as torch  # `import torch` gives the same numbers.
from minitorch import nn
from minitorch.nn import functional as F

Array = npt.NDArray[np.float64]

options = lesson.options()

# %% [markdown]
# ## Eight activations by hand
#
# Each is written twice, as in a table of formulas: its value and its slope. SciPy's `ndtr` is the
# probability that a normal number is below x; its slope is the density.


# %%
def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def density(x: Array) -> Array:
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


formulas = {
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "softplus": (lambda x: np.log1p(np.exp(x)), sigmoid),
    "relu": (lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1, 0)),
    "leaky_relu": (lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1, 0.01)),
    "elu": (lambda x: np.where(x > 0, x, np.expm1(x)), lambda x: np.where(x > 0, 1, np.exp(x))),
    "gelu": (lambda x: x * ndtr(x), lambda x: ndtr(x) + x * density(x)),
    "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
}

# %% [markdown]
# ## The same by autograd
#
# minitorch needs no formula for a slope from us. The relu has none at 0; the framework takes 0.

# %%
points = np.linspace(-10, 10, 401)
values, slopes = {}, {}
difference = 0.0
for name, (value, slope) in formulas.items():
    x = torch.tensor(points, requires_grad=True)
    y = getattr(F, name)(x)
    y.sum().backward()
    values[name], slopes[name] = y.detach().numpy(), x.grad.numpy()
    for ours, theirs in ((value, values[name]), (slope, slopes[name])):
        difference = max(difference, np.abs(ours(points) - theirs).max())
print(f"largest difference of hand and autograd: {difference:.0e}")
assert difference < 1e-12

# %% [markdown]
# ## Saturation
#
# Far from 0 the sigmoid and tanh are flat. A gradient that passes such a unit is almost lost, and
# even at its best the sigmoid lets through a quarter: ten of them leave 0.25¹⁰, one millionth.

# %%
print("slope at    " + "{:10}{:10}{:10}{:10}".format(*points[100::100]))
for name, slope_there in slopes.items():
    print(f"{name:12}" + "{:10.1e}{:10.1e}{:10.1e}{:10.1e}".format(*slope_there[100::100]))
assert slopes["sigmoid"].max() == 0.25

# %% [markdown]
# ## Dead units
#
# A relu unit whose input is negative for every image has slope 0 for every image. Its weights get a
# gradient of exactly 0, and it never comes back. One step that is too large is enough: here the
# learning rate is too high for pixels from 0 to 16. The other activations keep some slope on the
# left, so a unit can return.

# %%
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32)  # (1797, 64), 0 to 16: not scaled.
labels = torch.tensor(digits.target)


def dead_units(activation: nn.Module, lr: float, steps: int) -> list[int]:
    """Trains 64 hidden units on all images at once; how many have no gradient, at each step?"""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64), activation, nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr)
    counts = []
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        counts.append(int((model[0].weight.grad.abs().sum(1) == 0).sum()))
        optimizer.step()
    return counts


steps = 30 if options.quick else 60
relu = {lr: dead_units(nn.ReLU(), lr, steps) for lr in (0.3, 0.1, 0.03)}
others = [dead_units(unit, 0.1, steps) for unit in (nn.LeakyReLU(), nn.ELU(), nn.SiLU())]
for lr, counts in relu.items():
    print(f"relu, lr {lr}: of 64 units {counts[0]} are dead at first, {counts[-1]} at the end")
print("leaky_relu, elu and silu, lr 0.1:", *(counts[-1] for counts in others))

# %% [markdown]
# ## What to see
#
# Top: sigmoid and tanh flatten on both sides; gelu and silu dip below 0, where their slope is
# negative. Bottom left: far from 0, sigmoid and tanh lose a gradient by powers of ten. Bottom
# right: the larger the learning rate, the more relus die, and no dead one comes back.

# %%
figure = Figure(figsize=(10.5, 7.5), layout="constrained")
grid = figure.add_gridspec(3, 4, height_ratios=(1, 1, 1.3))
for i, name in enumerate(formulas):
    axes = figure.add_subplot(grid[i // 4, i % 4])
    axes.axhline(0, color="#cccccc", lw=0.8)
    axes.plot(points, values[name], color="#1f5fa8", label="value")
    axes.plot(points, slopes[name], color="#ee8c3a", label="slope")
    axes.set(title=name, xlim=(-4, 4), ylim=(-1.2, 2.2))
    if i == 0:
        axes.legend(loc="lower right", fontsize=8)
saturation, death = figure.add_subplot(grid[2, :2]), figure.add_subplot(grid[2, 2:])
colors = ("#1f5fa8", "#ee8c3a", "#2a9d4a", "#888888")
for name, color in zip(formulas, colors, strict=False):  # The first four.
    saturation.semilogy(points[201:], slopes[name][201:], color=color, label=name)
saturation.set(title="Saturation: slopes on the right", xlabel="input", ylabel="slope")
for (lr, counts), color in zip(relu.items(), ("#c0392b", "#ee8c3a", "#888888"), strict=True):
    death.plot(counts, color=color, label=f"relu, learning rate {lr}")
death.plot(others[0], color="#1f5fa8", label="leaky_relu, elu, silu, 0.1")
death.set(title="Dead units of 64", xlabel="training step", ylabel="units without a gradient")
saturation.legend()
death.legend()
lesson.save(figure, options.out / "05_activations.png")

# %%
assert relu[0.1][-1] > 5
assert all(counts == sorted(counts) for counts in relu.values())  # No unit comes back.
assert not any(counts[-1] for counts in others)
