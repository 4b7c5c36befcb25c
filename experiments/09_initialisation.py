# %% [markdown]
# # 9. The first weights
#
# A layer multiplies the size of its input by some factor, and a deep network multiplies these
# factors: 0.5²⁰ is a millionth. The first weights should make the factor about 1, forwards for the
# activations and backwards for the gradients. Otherwise nothing arrives.

# %%
from __future__ import annotations

from functools import partial

import lesson
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from tqdm import tqdm

import minitorch as torch  # `import torch` gives the same numbers.
from minitorch import nn
from minitorch.nn import init

options = lesson.options()

# %% [markdown]
# ## The factor by hand
#
# A sum of n products of independent numbers around 0 has n times the variance of one: the variance
# grows by n · var(w). Xavier therefore takes var(w) = 2 / (inputs + outputs), a compromise between
# the way forward and the way back. A relu sets half of the values to 0, which halves the mean
# square, so He takes 2 / inputs. A uniform number from -a to a has the variance a² / 3.

# %%
inputs, outputs = 256, 192
torch.manual_seed(0)
weight = torch.empty(outputs, inputs)
by_hand = {
    "xavier_normal_": np.sqrt(2 / (inputs + outputs)),
    "xavier_uniform_": np.sqrt(6 / (inputs + outputs)) / np.sqrt(3),
    "kaiming_normal_": np.sqrt(2 / inputs),
    "kaiming_uniform_": np.sqrt(6 / inputs) / np.sqrt(3),
}
for name, std in by_hand.items():
    measured = getattr(init, name)(weight).std().item()
    print(f"{name:17} std {std:.4f} by hand, {measured:.4f} measured")
    assert abs(measured / std - 1) < 0.02  # 49,152 weights: their std is known to about 0.3 %.

# %% [markdown]
# ## Through 20 layers
#
# Random inputs go through 20 layers of 256 units, and a random gradient comes back. `retain_grad`
# keeps the gradients of values that are not parameters.

# %%
fills = {
    "normal, std 0.01": partial(init.normal_, std=0.01),
    "uniform, ±1": partial(init.uniform_, a=-1, b=1),
    "Linear's own": partial(init.kaiming_uniform_, a=5**0.5),  # Uniform, ±1/√inputs.
    "Xavier": init.xavier_normal_,
    "He": init.kaiming_normal_,
}
activations = {"tanh": nn.Tanh(), "relu": nn.ReLU()}


def sizes(fill, activation):
    """The root mean square of the values after each layer, and of their gradients."""
    torch.manual_seed(0)
    x = torch.randn(256, 256, requires_grad=True)  # (N, units)
    values = [x]
    for _ in range(20):
        x = activation(x @ fill(torch.empty(256, 256)).T)
        x.retain_grad()
        values.append(x)
    x.backward(torch.randn(256, 256))
    return [[t.square().mean().sqrt().item() for t in (x.detach(), x.grad)] for x in values]


measured = {
    (curve, name): np.array(sizes(fill, activation)).T
    for curve, activation in activations.items()
    for name, fill in fills.items()
}
print("20 layers            values, last/first   gradients, first/last")
for (curve, name), (values, gradients) in measured.items():
    forwards, backwards = values[-1] / values[0], gradients[0] / gradients[-1]
    print(f"{curve} {name:18} {forwards:17.0e} {backwards:23.0e}")

# %% [markdown]
# ## Does it learn?
#
# Twenty layers of 64 units on the digits, in front of an ordinary last layer. Adam divides by the
# size of the gradient, so it can make up for much, but not for everything. A loss of ln 10 = 2.3
# means: no idea.

# %%
digits = load_digits()
images = torch.tensor((digits.data - digits.data.mean()) / digits.data.std()).float()
labels = torch.tensor(digits.target)
steps, batch_size = (50, 128) if options.quick else (150, 256)


def train(fill, activation):
    torch.manual_seed(0)
    layers = [layer for _ in range(20) for layer in (nn.Linear(64, 64), activation)]
    model = nn.Sequential(*layers, nn.Linear(64, 10))
    for layer in model[:-1:2]:
        fill(layer.weight)
        init.zeros_(layer.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(steps):
        batch = torch.randint(len(images), (batch_size,))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


runs = tqdm(measured, leave=False, disable=None)
losses = {(curve, name): train(fills[name], activations[curve]) for curve, name in runs}
for (curve, name), run in losses.items():
    print(f"{curve} {name:18} loss {run[0]:.1e} at first, {run[20]:.1e} after 20 steps")

# %% [markdown]
# ## What to see
#
# A straight line on these axes is a factor per layer. The small normal vanishes in both directions
# and the wide uniform explodes, so neither learns; with relu the loss of the uniform is off the
# panel. Xavier keeps tanh alive, but loses half of the square in each relu layer; He makes up for
# that. With tanh the values cannot explode, as tanh ends at 1, but the gradients can.

# %%
figure = Figure(figsize=(11.5, 6.6), layout="constrained")
rows = figure.subplots(2, 3)
colors = dict(zip(fills, ("#888888", "#c0392b", "#2a9d4a", "#ee8c3a", "#1f5fa8"), strict=True))
for (curve, name), (values, gradients) in measured.items():
    row = rows[list(activations).index(curve)]
    for axes, numbers in zip(row, (values, gradients, losses[curve, name]), strict=True):
        axes.semilogy(numbers, color=colors[name], label=name)
for row, curve in zip(rows, activations, strict=True):
    row[0].set(title=f"{curve}: values", xlabel="layer", ylabel="root mean square")
    row[1].set(title=f"{curve}: gradients of the values", xlabel="layer")
    row[2].set(title=f"{curve}: training on the digits", xlabel="step", ylabel="loss")
    row[2].set_ylim(0.02, 50)
rows[0, 0].legend(fontsize=9)
lesson.save(figure, options.out / "09_initialisation.png")

# %%
values, gradients = measured["relu", "He"]
assert np.all((values > 0.4) & (values < 2.5))
assert 0.4 < gradients[0] / gradients[-1] < 2.5
assert measured["relu", "normal, std 0.01"][0][-1] < 1e-15
assert losses["relu", "He"][-1] < (1.5 if options.quick else 0.5)
assert losses["relu", "normal, std 0.01"][-1] > 2.2
