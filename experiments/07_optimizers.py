# %% [markdown]
# # 7. The race of the optimizers
#
# Every optimizer takes the same gradient and asks: how far, and in which direction? Plain SGD
# remembers nothing. Momentum remembers the direction (m). Adagrad and RMSprop remember the size of
# the gradient of each parameter (v) and divide by it. Adam remembers both.

# %%
from __future__ import annotations

from functools import partial

import lesson
import numpy as np
from matplotlib.animation import PillowWriter
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import minitorch as torch  # `import torch` gives the same numbers.
from minitorch import nn

options = lesson.options()
steps = 60

# %% [markdown]
# ## The rules by hand, one line each
#
# With the gradient g, the number of the step t, and a memory m and v that starts at 0, each rule
# first remembers, then chooses a direction: w = w - lr · direction. Adam's two divisions by 1 - βᵗ
# make up for a memory that started at 0.

# %%
remember = {
    "SGD": lambda g, m, v: (m, v),
    "momentum": lambda g, m, v: (0.9 * m + g, v),
    "Adagrad": lambda g, m, v: (m, v + g**2),
    "RMSprop": lambda g, m, v: (m, 0.99 * v + 0.01 * g**2),
    "Adam": lambda g, m, v: (0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2),
}
direction = {
    "SGD": lambda g, m, v, t: g,
    "momentum": lambda g, m, v, t: m,
    "Adagrad": lambda g, m, v, t: g / (np.sqrt(v) + 1e-10),
    "RMSprop": lambda g, m, v, t: g / (np.sqrt(v) + 1e-8),
    "Adam": lambda g, m, v, t: m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8),
}
optimizers = {
    "SGD": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "Adagrad": torch.optim.Adagrad,
    "RMSprop": torch.optim.RMSprop,
    "Adam": torch.optim.Adam,
}

# %% [markdown]
# ## Three courses
#
# The valley curves 100 times as much across as along. The saddle falls to both sides of the line
# y = 0; the start is almost on that line, where the slope in y is tiny. The third is a small
# network on scikit-learn's digits, with all images in each step.


# %%
def valley(x, y):
    return 0.02 * (0.8 * x + 0.6 * y) ** 2 + 2 * (0.8 * y - 0.6 * x) ** 2


def saddle(x, y):
    return 0.25 * x**2 - 0.5 * y**2 + 0.1 * y**4 + 0.625  # Both minima are 0.


def walk(surface, start, name, lr):
    """The losses and places of minitorch's optimizer, and our places from the same gradients."""
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = optimizers[name]([w], lr=lr)
    ours, m, v = np.array(start), 0, 0
    losses, path, by_hand = [], [ours], [ours]
    for t in range(1, steps + 1):
        optimizer.zero_grad()
        loss = surface(*w)
        loss.backward()
        optimizer.step()
        g = w.grad.numpy()
        m, v = remember[name](g, m, v)
        ours = ours - lr * direction[name](g, m, v, t)
        losses.append(loss.item())
        path.append(w.detach().numpy().copy())
        by_hand.append(ours)
    return losses, np.array(path), np.array(by_hand)


digits = load_digits()
images = torch.tensor(digits.data / 16).float()  # (1797, 64)
labels = torch.tensor(digits.target)


def train(name, lr):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = optimizers[name](model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses, None, None


# %% [markdown]
# ## A fair race
#
# A rule is only as good as its learning rate, so each tries several on each course and keeps the
# one with the lowest mean loss over all steps. Only then are rules compared.

# %%
courses = {
    "valley": partial(walk, valley, (-8.0, -4.0)),
    "saddle": partial(walk, saddle, (-3.0, 1e-6)),
    "digits": train,
}
rates = (0.01, 0.1, 0.4) if options.quick else (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
races = {}
for course, run in courses.items():
    print(f"{course:22} mean loss   last loss")
    for name in optimizers:
        best = min(rates, key=lambda lr, run=run, name=name: np.mean(run(name, lr)[0]))
        races[course, name] = losses, path, by_hand = run(name, best)
        # The saddle magnifies a difference in rounding, 1e-16, as it does the start: by 1e6.
        assert path is None or np.allclose(path, by_hand, rtol=0, atol=1e-9)
        print(f"  {name:9} lr {best:<7} {np.mean(losses):10.3f} {losses[-1]:11.2f}")

# %% [markdown]
# ## What to see
#
# In the valley SGD first jumps from wall to wall and then crawls; momentum gathers speed along it.
# On the saddle SGD stands still for 20 steps, as its step is as tiny as the slope. Rules that
# divide by the size of the gradient leave at once. Momentum and Adam overshoot and come back. On
# the digits Adam, which remembers both, is ahead. `07_optimizers.gif` shows the race step by step.


# %%
def draw(figure, panels):
    """Draws all paths and losses; returns the lines, each with all its points."""
    axes = figure.subplot_mosaic(panels, width_ratios=(1, 1, 1.1))
    lines = []
    for (course, name), (losses, path, _) in races.items():
        heights = np.stack([range(steps), losses], axis=1)
        for panel, points in ((course, path), (f"{course} loss", heights)):
            if panel not in axes:
                continue
            style = {"color": colors[name], "label": name, "lw": 1.5, "ms": 5}
            (line,) = axes[panel].plot(*points.T, marker="o", markevery=[-1], **style)
            lines.append((line, points))
            if points is heights:
                axes[panel].set(title=f"Loss: {course}", xlabel="step", yscale="log")
    for surface, box in ((valley, (-10, 2, -7, 2)), (saddle, (-3.2, 2.6, -2.6, 2.6))):
        x, y = np.meshgrid(np.linspace(*box[:2], 60), np.linspace(*box[2:], 60))
        plane = axes[surface.__name__]
        plane.contour(x, y, surface(x, y), levels=8, colors="#cccccc", linewidths=0.7, zorder=0)
        plane.set(title=f"Path: {surface.__name__}", xlabel="x", ylabel="y")
        plane.set(xlim=box[:2], ylim=box[2:])
    axes["valley"].legend(loc="upper left", fontsize=8)
    return axes, lines


top = ["valley", "saddle", "digits loss"]
colors = dict(zip(optimizers, ("#888888", "#ee8c3a", "#2a9d4a", "#c0392b", "#1f5fa8"), strict=True))
figure = Figure(figsize=(10.3, 5.6), layout="constrained")
axes, _ = draw(figure, [top, ["valley loss", "saddle loss", "digits loss"]])
axes["saddle loss"].set_ylim(1e-5, 10)
lesson.save(figure, options.out / "07_optimizers.png")

film = Figure(figsize=(8.8, 3.1), layout="constrained")
_, lines = draw(film, [top])
writer = PillowWriter(fps=8)
with writer.saving(film, options.out / "07_optimizers.gif", dpi=76):
    for step in range(2, steps + 1, 29 if options.quick else 2):
        for line, points in lines:
            line.set_data(*points[: step + 1].T)
        writer.grab_frame()
print(f"animation: {options.out / '07_optimizers.gif'}")

# %%
mean = {key: np.mean(losses) for key, (losses, *_) in races.items()}
assert races["valley", "momentum"][0][-1] < races["valley", "SGD"][0][-1] / 5
assert all(mean["saddle", name] < mean["saddle", "SGD"] for name in ("Adagrad", "RMSprop", "Adam"))
assert min(optimizers, key=lambda name: mean["digits", name]) == "Adam"
