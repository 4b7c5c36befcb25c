# %% [markdown]
# # 4. A network by hand
#
# A network is a few tensors, a formula, and a loop that moves the tensors against their gradients.
# This lesson writes all three out, for a table of 569 tumours. Then it writes the same with
# `nn.Module`, `nn.Linear` and an optimizer, and gets the same numbers: they only keep the books.

# %%
from __future__ import annotations

from typing import Any

import lesson
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer

import minitorch as torch  # `import torch` gives the same numbers.
from minitorch import nn

options = lesson.options()
steps, lr, hidden = 60 if options.quick else 300, 0.5, 8

# %% [markdown]
# ## The table
#
# Each row is a tumour: 30 measurements of its cells under the microscope, and whether it was benign
# (1) or malignant (0). The columns have units of very different size, so each one is shifted and
# scaled to mean 0 and deviation 1, with the mean and the deviation of the training rows.

# %%
table = load_breast_cancer()
train, test = np.split(np.random.default_rng(0).permutation(len(table.data)), [400])
scaled = (table.data - table.data[train].mean(axis=0)) / table.data[train].std(axis=0)
inputs = torch.tensor(scaled, dtype=torch.float32)  # (569, 30)
targets = torch.tensor(table.target, dtype=torch.float32).unsqueeze(1)  # (569, 1)
print(f"{len(train)} rows to train on, {len(test)} to test; {table.feature_names[:3]} ...")

# %% [markdown]
# ## The network
#
# One hidden layer: 30 numbers in, 8 units, one number out, whose sigmoid is the probability of
# "benign". The weights start at random, small enough that no unit begins saturated: uniform within
# ±1/√(number of inputs), which is also what `nn.Linear` draws.


# %%
def uniform(rows: int, columns: int) -> tuple[Any, Any]:
    bound = columns**-0.5
    weight = torch.empty(rows, columns).uniform_(-bound, bound)
    return weight.requires_grad_(), torch.empty(rows).uniform_(-bound, bound).requires_grad_()


torch.manual_seed(0)
weight1, bias1 = uniform(hidden, 30)
weight2, bias2 = uniform(1, hidden)


def network(x: Any) -> Any:
    return torch.tanh(x @ weight1.T + bias1) @ weight2.T + bias2


def cross_entropy(logits: Any, target: Any) -> Any:
    probability = torch.sigmoid(logits)
    likelihood = torch.where(target == 1, probability, 1 - probability)
    return -likelihood.log().mean()


# %% [markdown]
# ## Gradient descent
#
# Each step computes the loss of all training rows, asks autograd for its gradient, and moves every
# weight a little against it. The move is not part of the graph, hence `no_grad`. The gradients are
# set to None afterwards, as the next `backward` would add to them.

# %%
by_hand = []
for _ in range(steps):
    loss = cross_entropy(network(inputs[train]), targets[train])
    loss.backward()
    with torch.no_grad():
        for weight in (weight1, bias1, weight2, bias2):
            weight -= lr * weight.grad
            weight.grad = None
    by_hand.append(loss.item())

# %% [markdown]
# ## The same with nn.Module
#
# The module holds the weights and knows their names, the optimizer does the move. The same seed
# draws the same weights. `BCEWithLogitsLoss` is our cross entropy, in a form that never takes the
# logarithm of 0.


# %%
class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(30, hidden)
        self.output = nn.Linear(hidden, 1)

    def forward(self, x: Any) -> Any:
        return self.output(torch.tanh(self.hidden(x)))


torch.manual_seed(0)
model, criterion = Network(), nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=lr)
print({name: tuple(weight.shape) for name, weight in model.named_parameters()})
by_module = []
for _ in range(steps):
    loss = criterion(model(inputs[train]), targets[train])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    by_module.append(loss.item())

# %% [markdown]
# ## What to see
#
# Left, both losses: the dots lie on the line. Right, the network's output for the tumours that it
# has never seen, from the lowest to the highest: malignant ones should lie below the line, benign
# ones above. A dot in a ring is a mistake.

# %%
with torch.no_grad():
    output = network(inputs[test]).flatten().numpy()
benign = table.target[test] == 1
wrong = (output > 0) != benign
difference = np.abs(np.array(by_hand) - by_module).max()
print(f"loss {by_hand[0]:.4f} -> {by_hand[-1]:.4f}, {wrong.sum()} of {len(test)} test rows wrong")
print(f"largest difference of the two losses: {difference:.1e}")

figure = Figure(figsize=(10.5, 4.3), layout="constrained")
left, right = figure.subplots(1, 2)
left.plot(by_hand, color="#ee8c3a", lw=3, label="by hand")
some = range(0, steps, steps // 20)
left.plot(some, [by_module[i] for i in some], "o", color="#1f5fa8", label="nn.Module")
left.set(xlabel="step", ylabel="cross entropy (nats)", title="One training, written twice")
rank = output.argsort().argsort()
for kind, color, name in ((~benign, "#c0392b", "malignant"), (benign, "#2a9d4a", "benign")):
    right.plot(rank[kind], output[kind], ".", color=color, label=name)
right.plot(rank[wrong], output[wrong], "o", color="black", mfc="none", ms=10, label="wrong")
right.axhline(0, color="#888888", lw=1)
right.set(xlabel="rank among the test rows", ylabel="output (log odds of benign)")
right.set_title(f"{1 - wrong.mean():.1%} of the test rows are right")
for axes in (left, right):
    axes.legend()
lesson.save(figure, options.out / "04_network_by_hand.png")
assert difference < 1e-5 and wrong.mean() < 0.05
