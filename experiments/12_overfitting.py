# %% [markdown]
# # 12. Overfitting and its remedies
#
# A network with half a million weights can learn its training images by heart. That shows as a gap:
# it is nearly always right on what it has seen, and far less often on what it has not. Batch
# normalisation makes a network learn faster, also by heart; dropout and weight decay restrain it.
#
# Four networks are trained. With Fashion-MNIST (`--data-root`) that takes some two minutes.

# %%
from __future__ import annotations

from typing import Any

import lesson
import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

import minitorch as torch  # `import torch` gives the same numbers.
from compare.data import load
from minitorch import nn

options = lesson.options()
data = load("fashion_mnist", options.data_root, options.download)
is_real = data.name == "Fashion-MNIST"
print(f"data: {data.note}")

# %% [markdown]
# ## The three by hand
#
# - **Batch normalisation** gives every feature mean 0 and variance 1 over the batch: no layer must
#   follow the drift of the one before. After training, running averages take the batch's place.
# - **Dropout** sets activations to 0 at random, and scales up the others: no unit can rely on
#   another. It works in training alone.
# - **Weight decay** pulls every weight towards 0, in proportion to its size: the gradient of
#   λ/2 w² is added to that of the loss.

# %%
torch.manual_seed(0)
x = torch.randn(64, 8) * 3 + 5
by_hand = (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()
torch.testing.assert_close(nn.BatchNorm1d(8)(x), by_hand)

dropped = nn.Dropout(0.25)(x)
torch.testing.assert_close(dropped, x * (dropped != 0) / (1 - 0.25))

weight = nn.Parameter(torch.tensor([2.0, -3.0]))
(weight * 0).sum().backward()  # A loss that pulls nowhere: only the decay acts.
torch.optim.SGD([weight], lr=0.1, weight_decay=0.5).step()
torch.testing.assert_close(weight.detach(), torch.tensor([2.0, -3.0]) * (1 - 0.1 * 0.5))

# %% [markdown]
# ## One network, with and without them
#
# Digits are easier than clothes: of the stand-in, 200 images are kept for training, or there would
# be little overfitting to see.


# %%
def network(batch_norm: bool, dropout: float) -> nn.Sequential:
    layers: list[Any] = [nn.Flatten()]
    for inputs, outputs in ((784, 512), (512, 256)):
        layers.append(nn.Linear(inputs, outputs))
        layers += [nn.BatchNorm1d(outputs)] if batch_norm else []
        layers.append(nn.ReLU())
        layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers, nn.Linear(256, 10))


if is_real:
    shown, batch_size, epochs = (2_000, 50, 15) if options.quick else (60_000, 256, 15)
else:
    shown, batch_size, epochs = 200, 50, 20
train_images, train_labels = (torch.from_numpy(array[:shown]) for array in data.train)
test_images, test_labels = (torch.from_numpy(array[: max(shown, 1_000)]) for array in data.test)


@torch.no_grad()
def evaluate(model: Any, images: Any, labels: Any) -> tuple[float, float]:
    scores = torch.cat([model.eval()(some) for some in images.split(500)])
    model.train()
    accuracy = (scores.argmax(1) == labels).float().mean()
    return nn.functional.cross_entropy(scores, labels).item(), accuracy.item()


def train(name: str, model: Any, weight_decay: float) -> Any:
    """Returns loss and accuracy of training and testing after each epoch: (epochs, 2, 2)."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=weight_decay)
    steps = len(train_images) // batch_size
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * steps)
    history = []
    for _ in tqdm(range(epochs), desc=name, leave=False):
        for batch in torch.randperm(len(train_images))[: steps * batch_size].split(batch_size):
            loss = nn.functional.cross_entropy(model(train_images[batch]), train_labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        seen = train_images[:10_000], train_labels[:10_000]
        history.append([evaluate(model, *seen), evaluate(model, test_images, test_labels)])
    (_, known), (_, new) = history[-1]
    print(f"{name:15} training {known:.1%}, test {new:.1%}, gap {known - new:.1%}")
    return np.array(history)


# %%
histories = {}
for name, batch_norm, dropout, weight_decay in (
    ("plain", False, 0.0, 0.0),
    ("+ batch norm", True, 0.0, 0.0),
    ("+ dropout", True, 0.4, 0.0),
    ("+ weight decay", True, 0.4, 1e-4),
):
    torch.manual_seed(0)
    histories[name] = train(name, network(batch_norm, dropout), weight_decay)

# %% [markdown]
# ## What to see
#
# On the left, dashed lines are images that the network was trained on, the others new ones: of the
# first two networks the one that overfits more, and the one with all three. The gap narrows. On the
# right, a network that grows ever surer of its mistakes pays for each: with Fashion-MNIST and batch
# norm alone, the loss of test images stops falling long before their accuracy stops rising.

# %%
gaps = {name: float(-np.diff(history[-1, :, 1])[0]) for name, history in histories.items()}
worst = max(("plain", "+ batch norm"), key=lambda name: gaps[name])
figure = Figure(figsize=(10, 4.2), layout="constrained")
accuracy_axes, loss_axes = figure.subplots(1, 2)
numbers = range(1, epochs + 1)
for name, color in ((worst, "#ee8c3a"), ("+ weight decay", "#1f5fa8")):
    seen, unseen = 100 * histories[name][:, :, 1].T
    label = "all three" if name == "+ weight decay" else name.removeprefix("+ ")
    accuracy_axes.plot(numbers, seen, "--", color=color, label=f"{label}: training")
    accuracy_axes.plot(numbers, unseen, color=color, label=f"{label}: test")
colors = ("#888888", "#c0392b", "#2a9d4a", "#1f5fa8")
for (name, history), color in zip(histories.items(), colors, strict=True):
    loss_axes.plot(numbers, history[:, 1, 0], color=color, label=name)
accuracy_axes.set(xlabel="epoch", ylabel="accuracy in %", title="The gap", ylim=(75, 100.5))
loss_axes.set(xlabel="epoch", ylabel="cross entropy", title="Test loss", ylim=(0, 0.8))
for axes in (accuracy_axes, loss_axes):
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(title=data.name)
lesson.save(figure, options.out / "12_overfitting.png")

# %%
assert gaps[worst] > 0.04, "a network with nothing against it should overfit"
assert gaps["+ weight decay"] < gaps[worst]
(worst_loss, _), (loss, accuracy) = (histories[name][-1, 1] for name in (worst, "+ weight decay"))
assert loss < worst_loss, "and be surer of its mistakes"
assert not is_real or options.quick or accuracy > 0.89
