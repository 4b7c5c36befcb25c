# %% [markdown]
# # 14. What a convolution sees
#
# A linear layer treats every pixel as a feature of its own. A convolution asks the same small
# question everywhere: nine weights slide over the image and answer at each place how much it looks
# like them. So a shape is known wherever it lies, and the weights are few. With `--data-root` a
# network of two such layers reaches 91 % on Fashion-MNIST, in one or two minutes.

# %%
from __future__ import annotations

from typing import Any

import lesson
from matplotlib.figure import Figure
from tqdm import tqdm

import minitorch as torch  # `import torch` gives the same numbers.
from compare.data import load
from compare.models import cnn
from compare.schedules import one_cycle
from minitorch import Tensor

options = lesson.options()
data = load("fashion_mnist", options.data_root, options.download)
is_real = data.name == "Fashion-MNIST"
print(f"data: {data.note}")
train_images, train_labels, test_images, test_labels = map(
    torch.from_numpy, (*data.train, *data.test)
)

# %% [markdown]
# ## One matrix product
#
# Cut out each place's window, lay it flat as a row (im2col): the products of all windows with all
# filters are then one matrix product. `unfold` makes windows as views: they overlap, yet nothing is
# copied before `reshape`.


# %%
def conv2d(images: Tensor, filters: Tensor, bias: Tensor) -> Tensor:
    """Images (N, C, H, W) and filters (O, C, K, K) give (N, O, H - K + 1, W - K + 1)."""
    count, _, side, _ = filters.shape
    windows = images.unfold(2, side, 1).unfold(3, side, 1)  # (N, C, H', W', K, K)
    n, _, height, width, _, _ = windows.shape
    rows = windows.permute(0, 2, 3, 1, 4, 5).reshape(n * height * width, -1)  # (N H' W', C K K)
    answers = rows @ filters.reshape(count, -1).T + bias  # (N H' W', O)
    return answers.reshape(n, height, width, count).permute(0, 3, 1, 2)


torch.manual_seed(0)
images, filters = torch.randn(4, 3, 10, 12), torch.randn(5, 3, 3, 3, requires_grad=True)
bias = torch.randn(5)
by_hand, by_library = (
    convolve(images, filters, bias) for convolve in (conv2d, torch.nn.functional.conv2d)
)
torch.testing.assert_close(by_hand, by_library)
slopes = [torch.autograd.grad(out.square().sum(), filters)[0] for out in (by_hand, by_library)]
torch.testing.assert_close(*slopes, rtol=1e-5, atol=1e-4)  # Sums of 320 products of the size of 10.

# %% [markdown]
# ## Two convolutions, three linear layers
#
# After each convolution, a max pool keeps the strongest answer of every 2 x 2 places: that halves
# the size, and a shape may lie a little aside. It is the model `cnn` of `python -m compare`.

# %%
torch.manual_seed(0)
model, criterion, optimizer = cnn.build(torch, data.facts)
print(model)
epochs, batch_size = cnn.RECIPE.epochs, cnn.RECIPE.batch_size
shown = 1500 if options.quick else len(train_images)
steps = shown // batch_size
schedule = one_cycle(torch, optimizer, epochs * steps)


@torch.no_grad()
def accuracy(images: Tensor, labels: Tensor) -> float:
    guesses = torch.cat([model(some).argmax(1) for some in images.split(500)])
    return (guesses == labels).float().mean().item()


for epoch in range(epochs):
    order = torch.randperm(shown)[: steps * batch_size]
    for batch in tqdm(order.split(batch_size), desc=f"epoch {epoch + 1}", leave=False):
        loss = criterion(model(train_images[batch]), train_labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    reached = accuracy(test_images, test_labels)
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}, test accuracy {reached:.2%}")

# %% [markdown]
# ## What to see
#
# In the first row are filters of the first layer: blue weights are negative, red ones positive. One
# that is red on one side and blue on the other answers to an edge. Below are its answers to the
# image on the left, after ReLU: outlines, bright and dark sides. The last row shows maps of the
# second layer, which sees 32 answers at once: coarser, and each alight in few places.

# %%
image = test_images[:1]
with torch.no_grad():
    first = model[1](model[0](image))  # (1, 32, 28, 28)
    second = model[4](model[3](model[2](first)))  # (1, 64, 12, 12)


def selective(maps: Tensor) -> list[int]:
    """The eight maps that are strong in few places."""
    score = maps.amax((1, 2)) - 3 * maps.mean((1, 2))
    return score.argsort(descending=True)[:8].tolist()


weights = model[0].weight.detach()[:, 0]  # (32, 3, 3)

figure = Figure(figsize=(10.5, 4), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=(1, 3))
left_axes: Any = left.subplots()
left_axes.imshow(image[0, 0].numpy(), cmap="gray")
left_axes.set(title=data.classes[test_labels[0].item()], xticks=[], yticks=[])
panels: Any = right.subplots(3, 8)
limit = weights.abs().max().item()
for column, index in enumerate(selective(first[0])):
    panels[0, column].imshow(weights[index].numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
    panels[1, column].imshow(first[0, index].numpy(), cmap="gray")
for column, index in enumerate(selective(second[0])):
    panels[2, column].imshow(second[0, index].numpy(), cmap="gray")
for row, name in enumerate(("filters", "layer 1", "layer 2")):
    panels[row, 0].set_ylabel(name)
for axes in panels.flat:
    axes.set(xticks=[], yticks=[])
figure.suptitle(f"{data.name}: what two layers see, {reached:.1%} of the test images right")
lesson.save(figure, options.out / "14_convolution.png")

# %%
expected = (0.6 if options.quick else 0.91) if is_real else 0.9
assert reached > expected, f"{reached:.1%} instead of {expected:.1%}"
