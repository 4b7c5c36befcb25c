# %% [markdown]
# # 8. Parameters: counting and freezing
#
# A parameter is a tensor that the optimizer may change. A layer's parameters follow from its sizes,
# so they can be counted on paper. A frozen parameter gets no gradient, and the optimizer passes it.

# %%
from __future__ import annotations

from collections import OrderedDict

import lesson
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import minitorch as torch  # `import torch` gives the same numbers.
from minitorch import nn

options = lesson.options()

# %% [markdown]
# ## Counting
#
# A neuron with m inputs has m weights and one bias, so n neurons have n (m + 1) parameters. A
# convolution is a neuron that sees k x k pixels of each channel, and is used at every place of the
# image: its count does not know the image's size. A recurrent layer has a weight for the input, one
# for its own last state, and a bias for each; an LSTM does that for four gates, a GRU for three.

# %%
m, n, k = 7, 5, 3
recurrent = n * (m + n + 2)
counted = [
    (nn.Linear(m, n), n * (m + 1)),
    (nn.Linear(m, n, bias=False), n * m),
    (nn.Conv2d(m, n, k), n * (m * k * k + 1)),
    (nn.RNN(m, n), recurrent),
    (nn.GRU(m, n), 3 * recurrent),
    (nn.LSTM(m, n), 4 * recurrent),
    (nn.Embedding(m, n), m * n),
    (nn.BatchNorm2d(m), 2 * m),
    (nn.MultiheadAttention(n, 1), 4 * n * (n + 1)),  # Query, key, value, output.
]
for layer, by_hand in counted:
    count = sum(parameter.numel() for parameter in layer.parameters())
    print(f"{type(layer).__name__:20} {by_hand:4} by hand, {count:4} in parameters()")
    assert count == by_hand

# %% [markdown]
# ## Names, and buffers
#
# A name is the path to the parameter. Batch normalisation also keeps a mean and a variance. They
# are measured, not learned, but belong to the saved model: they are buffers.


# %%
def network(classes: int) -> nn.Sequential:
    torch.manual_seed(0)
    body = nn.Sequential(
        *(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 2), nn.ReLU(), nn.Flatten(), nn.Linear(64, 32), nn.ReLU()),
    )
    return nn.Sequential(OrderedDict(body=body, head=nn.Linear(32, classes)))


model = network(7)
for name, parameter in model.named_parameters():
    print(f"{name:16} {parameter.numel():5} = {' x '.join(map(str, parameter.shape))}")
print("buffers:", ", ".join(name for name, _ in model.named_buffers()))

# %% [markdown]
# ## Freezing
#
# The network first learns the digits 0 to 6. Then it gets a new head for 7, 8 and 9. If all of it
# is trained on these, it forgets: with the old head back in place, it knows 0 to 6 much less well.
# `body.requires_grad_(False)` keeps the body: it gets no gradient, and the optimizer skips what has
# none, weight decay included. Buffers are not parameters: in training mode batch normalisation goes
# on measuring, so a frozen body must be put in `eval()`, too.

# %%
digits = load_digits()
images = torch.tensor(digits.images[:, None] / 16).float()  # (1797, 1, 8, 8)
labels = torch.tensor(digits.target)
old, new = (images[labels < 7], labels[labels < 7]), (images[labels > 6], labels[labels > 6] - 7)
steps = 30 if options.quick else 100


def accuracy(body, head, images, labels):
    body.eval()
    with torch.no_grad():
        return (head(body(images)).argmax(1) == labels).float().mean().item()


def adam(model):
    """Adam is given all parameters, frozen or not."""
    return torch.optim.Adam(model.parameters(), lr=0.005, weight_decay=1e-3)


def train_step(model, optimizer, images, labels, measuring):
    model.body.train(measuring)
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(images), labels).backward()
    optimizer.step()


learned = network(7)
optimizer = adam(learned)
for _ in range(steps):
    train_step(learned, optimizer, *old, measuring=True)
at_first = accuracy(learned.body, learned.head, *old)
print(f"accuracy on 0 to 6 at first: {at_first:.2f}")
forgetting, learning, moved = {}, {}, {}
for name in ("all trained", "body frozen"):
    model = network(3)
    model.body.load_state_dict(learned.body.state_dict())
    model.body.requires_grad_(name == "all trained")
    before = {key: value.clone() for key, value in model.state_dict().items()}
    forgetting[name], learning[name] = [at_first], [accuracy(model.body, model.head, *new)]
    optimizer = adam(model)
    for _ in range(steps):
        train_step(model, optimizer, *new, measuring=name == "all trained")
        forgetting[name].append(accuracy(model.body, learned.head, *old))
        learning[name].append(accuracy(model.body, model.head, *new))
    moved[name] = [
        ((parameter - before[key]).norm() / before[key].norm()).item()
        for key, parameter in model.named_parameters()
    ]
    print(
        f"{name:12}: {learning[name][-1]:.2f} on 7 to 9, {forgetting[name][-1]:.2f} on 0 to 6; "
        f"the optimizer knows {len(optimizer.state)} parameters"
    )

assert len(optimizer.state) == 2  # The head's weight and bias.
for key, value in model.body.state_dict(prefix="body.").items():
    assert torch.equal(value, before[key])

model.body.train()(new[0])  # One batch in training mode: no gradient, no step.
change = (model.body[1].running_mean - before["body.1.running_mean"]).abs().max().item()
print(f"out of eval(), one batch moves running_mean of the frozen body by {change:.4f}")
assert change > 0

# %% [markdown]
# ## What to see
#
# Left: a linear layer grows with the image, a convolution does not. Middle: how far each parameter
# went, relative to its length; the frozen body has no bars. Right: what freezing is for, and what
# it costs. The frozen body learns the new digits less well, but forgets nothing.

# %%
figure = Figure(figsize=(11.5, 4.2), layout="constrained")
left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1.2, 1.3))
sides = np.array([8, 16, 32, 64, 128, 256])
left.semilogy(sides, 16 * (sides**2 + 1), "o-", color="#1f5fa8", label="Linear, 16 neurons")
left.semilogy(sides, [16 * (9 + 1)] * 6, "o-", color="#ee8c3a", label="Conv2d, 16 of 3 x 3")
left.set(title="Parameters", xlabel="side of the image in pixels", ylim=(1e1, 1e8))
left.legend()
colors = dict(zip(moved, ("#1f5fa8", "#ee8c3a"), strict=True))
names = [name for name, _ in model.named_parameters()]
for i, run in enumerate(moved):
    middle.barh(np.arange(len(names)) + 0.4 * i, moved[run], 0.4, color=colors[run], label=run)
middle.set(title="Relative change in training", xlabel="|after - before| / |before|")
middle.set_yticks(np.arange(len(names)) + 0.2, names)
middle.invert_yaxis()
middle.legend()
for name, color in colors.items():
    right.plot(forgetting[name], color=color, label=f"{name}: 0 to 6")
    right.plot(learning[name], "--", color=color, label=f"{name}: 7 to 9")
right.set(title="Accuracy", xlabel="step", ylim=(0, 1.05))
right.legend()
lesson.save(figure, options.out / "08_parameters.png")

# %%
assert set(forgetting["body frozen"]) == {at_first}
assert forgetting["all trained"][-1] < at_first - 0.1
