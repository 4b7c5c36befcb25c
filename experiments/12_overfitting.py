# %% [markdown]
# # 12. Overfitting and its remedies
#
# A network with half a million weights can learn its training images by heart. That shows as a gap:
# it is nearly always right on what it has seen, and far less often on what it has not. Three
# remedies narrow the gap: batch normalisation, dropout and weight decay.
#
# Four networks are trained. With Fashion-MNIST (`--data-root`) that takes some three minutes.

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
# ## The remedies by hand
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


shown, batch_size, epochs = (60_000, 256, 15) if is_real and not options.quick else (200, 50, 20)
train_images, train_labels = (torch.from_numpy(array[:shown]) for array in data.train)
test_images, test_labels = map(torch.from_numpy, data.test)


@torch.no_grad()
def evaluate(model: Any, images: Any, labels: Any) -> tuple[float, float]:
    """Loss and accuracy of at most 10,000 images, as the network is after training."""
    scores = torch.cat([model.eval()(some) for some in images[:10_000].split(500)])
    model.train()
    labels = labels[:10_000]
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
        splits = ((train_images, train_labels), (test_images, test_labels))
        history.append([evaluate(model, *split) for split in splits])
    (_, seen), (_, unseen) = history[-1]
    print(f"{name:15} training {seen:.1%}, test {unseen:.1%}, gap {seen - unseen:.1%}")
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
# On the left, the two dashed lines are what was trained on. The plain network reaches the top, and
# its test accuracy stays behind; with the remedies the lines are closer together, and the lower one
# is higher. On the right is the loss of the test images. A network that is surer and surer of its
# mistakes pays for each: on Fashion-MNIST, the loss of the plain one rises while its accuracy does
# not fall. Cross entropy sees overfitting earlier than accuracy does.

# %%
figure = Figure(figsize=(10, 4.2), layout="constrained")
accuracy_axes, loss_axes = figure.subplots(1, 2)
shown_epochs = range(1, epochs + 1)
for name, color in (("plain", "#ee8c3a"), ("+ weight decay", "#1f5fa8")):
    label = "all three" if name == "+ weight decay" else name
    for split, style in enumerate(("--", "-")):
        accuracies = 100 * histories[name][:, split, 1]
        what = ("training", "test")[split]
        accuracy_axes.plot(shown_epochs, accuracies, style, color=color, label=f"{label}: {what}")
for (name, history), color in zip(
    histories.items(), ("#ee8c3a", "#888888", "#2a9d4a", "#1f5fa8"), strict=True
):
    loss_axes.plot(shown_epochs, history[:, 1, 0], color=color, label=name)
accuracy_axes.set(xlabel="epoch", ylabel="accuracy in %", title="The gap", ylim=(75, 100.5))
loss_axes.set(xlabel="epoch", ylabel="cross entropy", title="Test loss", ylim=(0, 0.8))
for axes in (accuracy_axes, loss_axes):
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(title=data.name)
lesson.save(figure, options.out / "12_overfitting.png")

# %%
(plain_seen, plain), (seen, unseen) = (
    histories[name][-1, :, 1] for name in ("plain", "+ weight decay")
)
assert plain_seen - plain > 0.04, "the plain network should overfit"
assert seen - unseen < plain_seen - plain, "the remedies should narrow the gap"
assert unseen > plain, "and the network should know more of what it has not seen"
assert not is_real or options.quick or unseen > 0.89
