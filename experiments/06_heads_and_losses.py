# %% [markdown]
# # 6. Heads and losses
#
# The question decides the end of a network. Which of two: one number, sigmoid, binary cross
# entropy. Which of many: one number a class, softmax, cross entropy. How much: the number itself,
# squared error. The three have the same gradient at the last layer, up to a factor: prediction -
# target.

# %%
from __future__ import annotations

import lesson
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import make_moons

import minitorch as torch  # `import torch` gives the same numbers.
from minitorch import nn
from minitorch.nn import functional as F

options = lesson.options()
random = np.random.RandomState(0)

# %% [markdown]
# ## How much: the mean squared error

# %%
prediction, target = random.randn(2, 5)
ours, our_gradient = ((prediction - target) ** 2).mean(), 2 * (prediction - target) / 5

y = torch.tensor(prediction, requires_grad=True)
loss = nn.MSELoss()(y, torch.tensor(target))
loss.backward()
print(f"mean squared error: {ours:.6f} by hand, {loss.item():.6f} by MSELoss")
assert np.allclose(ours, loss.item()) and np.allclose(our_gradient, y.grad.numpy())

# %% [markdown]
# ## Which of two: give the loss the logit, not the probability
#
# The loss is -log p of the right answer. In float32 the sigmoid of 20 is exactly 1, so a confident
# wrong answer has 1 - p = 0 and an infinite loss. BCELoss stops at 100, where its slope is 0.
# BCEWithLogitsLoss has the logit z and computes max(z, 0) - z t + log(1 + exp(-|z|)), never log 0.

# %%
print("target 0:   -log(1 - p)   BCELoss and its slope   BCEWithLogitsLoss and its slope")
for logit in (2.0, 10.0, 20.0, 200.0):
    z, zero = torch.tensor([logit], requires_grad=True), torch.zeros(1)
    row = f"z = {logit:3.0f} {-torch.log(1 - torch.sigmoid(z)).item():15.4f}"
    for loss in (nn.BCELoss()(torch.sigmoid(z), zero), nn.BCEWithLogitsLoss()(z, zero)):
        (gradient,) = torch.autograd.grad(loss, z)
        row += f"{loss.item():16.4f} {gradient.item():7.4f}"
    print(row)
assert loss.item() == 200 and gradient.item() == 1

# %% [markdown]
# ## Which of many: cross entropy
#
# The target is a distribution with all its weight on one class: one-hot. log softmax(z) is
# z - log Σ exp(z), and exp(1000) overflows. Taking the maximum out first changes nothing else.

# %%
logits = random.randn(4, 3) * 3  # (N, classes)
logits[0] += 1000
classes = np.array([0, 2, 1, 2])
one_hot = np.eye(3)[classes]

largest = logits.max(axis=1, keepdims=True)
log_sum_exp = largest + np.log(np.exp(logits - largest).sum(axis=1, keepdims=True))
log_softmax = logits - log_sum_exp
ours = -(one_hot * log_softmax).sum(axis=1).mean()
our_gradient = (np.exp(log_softmax) - one_hot) / len(logits)  # (softmax - one_hot) / N

z, t = torch.tensor(logits, requires_grad=True), torch.tensor(classes)
loss = nn.CrossEntropyLoss()(z, t)
loss.backward()
print(f"cross entropy: {ours:.6f} by hand, {loss.item():.6f} by CrossEntropyLoss")
assert np.array_equal(F.one_hot(t, 3).numpy(), one_hot)
assert np.allclose(ours, loss.item(), rtol=1e-14)
assert np.allclose(our_gradient, z.grad.numpy(), rtol=1e-12, atol=1e-15)

# %% [markdown]
# ## Three heads on one body
#
# The body is the same; only the size of the last layer and the loss differ. The points: two moons,
# three arms of a spiral, a noisy wave.

# %%
steps = 150 if options.quick else 500
moons, side = make_moons(300, noise=0.15, random_state=0)
radius, arm = random.rand(300) + 0.1, np.arange(300) % 3
angle = 3.5 * radius + arm * 2 * np.pi / 3 + 0.2 * random.randn(300)
spiral = 1.8 * np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
places = np.linspace(-2, 2, 300)[:, None]
heights = np.sin(3 * places) + 0.15 * random.randn(300, 1)


def train(points, outputs, criterion, target):
    torch.manual_seed(0)
    points = torch.tensor(points).float()
    body = (nn.Linear(points.shape[1], 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh())
    model = nn.Sequential(*body, nn.Linear(32, outputs))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(model(points), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, model(points).detach().numpy(), losses


side_target = torch.tensor(side[:, None]).float()
binary, side_logits, binary_losses = train(moons, 1, nn.BCEWithLogitsLoss(), side_target)
many, arm_logits, many_losses = train(spiral, 3, nn.CrossEntropyLoss(), torch.tensor(arm))
_, curve, curve_losses = train(places, 1, nn.MSELoss(), torch.tensor(heights).float())

binary_accuracy = ((side_logits[:, 0] > 0) == side).mean()  # z > 0 is p > 0.5.
many_accuracy = (arm_logits.argmax(axis=1) == arm).mean()
print(f"accuracy: {binary_accuracy:.1%} of the moons, {many_accuracy:.1%} of the spirals")
print(f"mean squared error of the wave: {curve_losses[-1]:.3f} (the noise: {0.15**2:.3f})")

# %% [markdown]
# ## What to see
#
# Top left: for a wrong and sure answer (z far left, target 1), squared error on the probability is
# flat, so there is no gradient; cross entropy keeps its slope of -1. Top right: the three losses
# measure different things and cannot be compared. Bottom: the color is the probability of each
# class; the regression has no probability, just a line.

# %%
figure = Figure(figsize=(10, 6.6), layout="constrained")
grid = figure.add_gridspec(2, 6)
axes = figure.add_subplot(grid[0, :3])
z = np.linspace(-8, 8, 201)
p = 1 / (1 + np.exp(-z))
axes.plot(z, np.log1p(np.exp(-z)), color="#1f5fa8", label="cross entropy, -log p")
axes.plot(z, p - 1, "--", color="#1f5fa8", label="its slope, p - 1")
axes.plot(z, (1 - p) ** 2, color="#ee8c3a", label="squared error, (1 - p)²")
axes.plot(z, -2 * (1 - p) ** 2 * p, "--", color="#ee8c3a", label="its slope")
axes.set(title="Target 1: two losses of one logit", xlabel="logit z", ylim=(-1.3, 5))
axes.legend()

axes = figure.add_subplot(grid[0, 3:])
axes.semilogy(binary_losses, color="#1f5fa8", label="binary cross entropy")
axes.semilogy(many_losses, color="#2a9d4a", label="cross entropy of 3 classes")
axes.semilogy(curve_losses, color="#ee8c3a", label="mean squared error")
axes.set(title="Training losses", xlabel="training step")
axes.legend()


def surface(axes, model, points, classes, title):
    """Colors the plane by the probabilities, and the points by their classes."""
    colors = np.array([[31, 95, 168], [238, 140, 58], [42, 157, 74]]) / 255
    plane = np.stack(np.meshgrid(*[np.linspace(-2.5, 2.5, 200)] * 2), axis=-1)
    logits = model(torch.tensor(plane).float()).detach()
    if logits.shape[-1] == 1:  # A sigmoid is a softmax whose other logit is 0.
        logits = torch.cat([torch.zeros_like(logits), logits], -1)
    mixed = logits.softmax(-1).numpy() @ colors[: logits.shape[-1]]
    axes.imshow(mixed, origin="lower", extent=(-2.5, 2.5, -2.5, 2.5), alpha=0.6)
    axes.scatter(*points.T, c=colors[classes], s=9, edgecolors="white", linewidths=0.3)
    axes.set(title=title, xlim=(-2.2, 2.5), ylim=(-2.2, 2.2), aspect="auto")


surface(figure.add_subplot(grid[1, :2]), binary, moons, side, "Which of two: sigmoid")
surface(figure.add_subplot(grid[1, 2:4]), many, spiral, arm, "Which of many: softmax")
axes = figure.add_subplot(grid[1, 4:])
axes.plot(places, heights, ".", color="#888888", ms=4, label="target")
axes.plot(places, curve, color="#ee8c3a", lw=2, label="prediction")
axes.set(title="How much: the number itself", xlabel="input", ylim=(-1.5, 2))
axes.legend()
lesson.save(figure, options.out / "06_heads_and_losses.png")

# %%
assert binary_accuracy > 0.97
assert many_accuracy > 0.97
assert curve_losses[-1] < (0.05 if options.quick else 0.03)
