# %% [markdown]
# # 16. Segmentation: a class for every pixel
#
# A slice of nerve tissue under the electron microscope: which pixels belong to the membranes
# between the cells? A U-Net answers for all pixels at once. Accuracy says little here, so we count
# intersection over union (IoU) by hand. With `--data-root DIR` (30 slices of the ISBI challenge of
# 2012) this takes some minutes; without, cells made on the spot stand in.

# %%
from __future__ import annotations

import lesson
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter
from tqdm import tqdm

import minitorch as torch
from compare.data import load
from minitorch import nn
from minitorch.vision.models import UNet

options = lesson.options()
torch.manual_seed(0)

# %% [markdown]
# ## The data: images, and a class for each of their pixels
#
# The inputs are grey images (N, 1, H, W), the targets (N, H, W): 0 is cell, 1 is membrane.

# %%
data = load("membrane", options.data_root, options.download)
is_real = data.name == "membrane"
(images, labels), (test_images, test_labels) = data.train, data.test
print(data.note)
print(f"training {images.shape}, test {test_images.shape}")

# %% [markdown]
# ## Intersection over union
#
# Of the pixels that are membrane or are called membrane, how many are both? To answer "cell"
# everywhere is right for most pixels, but its IoU for membranes is 0. The obvious idea is better: a
# membrane is dark. So we smooth the image and take everything below the best grey value.


# %%
def iou(predicted: np.ndarray, truth: np.ndarray, label: int) -> float:
    is_called, is_there = predicted == label, truth == label
    return (is_called & is_there).sum() / (is_called | is_there).sum()


nothing = np.zeros_like(test_labels)
share_right, iou_of_nothing = (nothing == test_labels).mean(), iou(nothing, test_labels, 1)
smooth = np.stack([gaussian_filter(image[0], 1.5) for image in test_images])
levels = np.quantile(smooth, np.linspace(0.05, 0.6, 12))
by_grey = max(iou(smooth < level, test_labels, 1) for level in levels)  # Even chosen on the test.
print(f'"cell" everywhere: {share_right:.1%} of the pixels right, membrane IoU {iou_of_nothing}')
print(f"dark is membrane:  membrane IoU {by_grey:.3f}")

# %% [markdown]
# ## The network
#
# On the way down, pooling halves the image: a pixel of the smallest level sees a wide part of the
# image, and knows what is a membrane and what is a dark spot inside a cell. On the way up, each
# level gets the fine features of its own size again, as a skip connection: they tell where exactly.

# %%
features = (8, 16, 32) if options.quick else (16, 32, 64, 128) if is_real else (12, 24, 48)
model = UNet(in_channels=1, num_classes=2, features=features)
print(f"{sum(parameter.numel() for parameter in model.parameters()):,} parameters")

# %% [markdown]
# ## Train it
#
# The loss is the cross entropy of the two scores of a pixel, averaged over all pixels.

# %%
batch_size = 4
epochs = 1 if options.quick else 2 if is_real else 6
steps = epochs * (200 if options.quick else len(images)) // batch_size
optimizer = torch.optim.Adam(model.parameters())
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, steps)


def segment(images: np.ndarray) -> np.ndarray:
    model.eval()  # Batch normalization then uses its running means and variances.
    with torch.no_grad():
        classes = [model(few).argmax(1).numpy() for few in torch.tensor(images).split(2)]
    model.train()
    return np.concatenate(classes)


losses: list[float] = []
ious: list[list[float]] = []
order = torch.cat([torch.randperm(len(images)) for _ in range(epochs)])
for step in tqdm(range(steps), leave=False):
    chosen = order[step * batch_size : (step + 1) * batch_size].numpy()
    scores = model(torch.tensor(images[chosen]))  # (N, 2, H, W)
    loss = nn.functional.cross_entropy(scores, torch.tensor(labels[chosen]))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    losses.append(loss.item())
    if (step + 1) % (steps // 5) == 0:
        predicted = segment(test_images)
        ious.append([iou(predicted, test_labels, label) for label in (0, 1)])
for label, name in enumerate(data.classes):
    print(f"IoU of {name}: {iou(predicted, test_labels, label):.3f}")

# %% [markdown]
# ## What to see
#
# Two test images, the people's drawing, the network's, and where they differ: orange pixels are
# membranes that it missed, blue ones it called membrane wrongly. Most differences are a pixel or
# two wide, along the edges of membranes that were found. They cost much: a membrane is thin, so its
# edge is a large part of it. That is why the IoU of cells, which are wide, is so much higher.

# %%
figure = Figure(figsize=(10, 7.6), layout="constrained")
rows = [[f"{i}{kind}" for kind in ["image", "truth", "prediction", "difference"]] for i in range(2)]
panels = figure.subplot_mosaic([*rows, ["curve"] * 4], height_ratios=[3, 3, 2])
kinds = ListedColormap(["white", "#444444", "#ee8c3a", "#1f5fa8"])
for i, number in enumerate((0, 4)):
    part = np.s_[number, :256, :256]
    image, truth, answer = test_images[:, 0][part], test_labels[part], predicted[part]
    difference = np.where(truth == answer, truth, np.where(truth == 1, 2, 3))
    panels[f"{i}image"].imshow(image, cmap="grey")
    for name, pixels in (("truth", truth), ("prediction", answer), ("difference", difference)):
        panels[f"{i}{name}"].imshow(pixels, cmap=kinds, vmin=0, vmax=3, interpolation="nearest")
for name, axes in panels.items():
    if name != "curve":
        axes.set(xticks=[], yticks=[], title=name[1:] if name[0] == "0" else None)
curve = panels["curve"]
curve.plot(losses, color="#888888", lw=0.7, label="loss of the batch")
at = [(k + 1) * (steps // 5) for k in range(len(ious))]
for label, color in enumerate(("#2a9d4a", "#c0392b")):
    name = f"test IoU of {data.classes[label]}"
    curve.plot(at, [pair[label] for pair in ious], "o-", color=color, label=name)
curve.axhline(by_grey, color="#c0392b", ls=":", label="membrane by its grey value")
curve.set(xlabel="step", ylim=(0, 1))
figure.legend(*curve.get_legend_handles_labels(), ncols=4, loc="outside lower center")
lesson.save(figure, options.out / "16_segmentation.png")

# %%
cell, membrane = ious[-1]
assert membrane > by_grey + (0.05 if options.quick else 0.1)
assert membrane > (0.5 if options.quick else 0.62 if is_real else 0.75)
assert cell > membrane
