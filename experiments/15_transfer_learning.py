# %% [markdown]
# # 15. Transfer learning
#
# The first layers of a network for images learn edges, textures and parts, and these serve other
# images as well. So a network that has learnt from many images keeps its features, frozen, and only
# a new classifier is trained, for classes of which there are few images.
#
# With `--weights vgg16.pth` (torchvision's file; `--download` fetches it, 528 MB) the features are
# those of VGG16, which has seen 1.3 million photos; it learns to tell ants from bees from the 244
# photos in `hymenoptera` of the data root, in some minutes. Without, a small VGG first learns six
# classes of Fashion-MNIST (of digits, without `--data-root`), then four new ones, in one minute.

# %%
from __future__ import annotations

from pathlib import Path
from typing import Any

import lesson
from matplotlib.figure import Figure
from tqdm import tqdm

import minitorch as torch  # `import torch` gives the same numbers.
from compare.data import load
from compare.models import vgg_transfer
from minitorch import Tensor, nn
from minitorch.vision import datasets, models, transforms

options = lesson.options(weights={"metavar": "FILE", "help": "the weights of VGG16"})
root = Path(options.data_root or "data")
photos = root / "hymenoptera"
if options.download:
    site, fetch = "https://download.pytorch.org", datasets.utils
    fetch.download_url(f"{site}/models/vgg16-397923af.pth", root, "vgg16.pth")
    fetch.download_and_extract_archive(f"{site}/tutorial/hymenoptera_data.zip", root)
    options.weights, photos = options.weights or root / "vgg16.pth", root / "hymenoptera_data"

# %% [markdown]
# ## Training, as for any network


# %%
@torch.no_grad()
def answers(model: Any, inputs: Tensor) -> Tensor:
    model.eval()
    return torch.cat([model(part) for part in tqdm(inputs.split(16), leave=False, delay=2)])


def accuracy(model: Any, inputs: Tensor, labels: Tensor) -> float:
    return (answers(model, inputs).argmax(1) == labels).float().mean().item()


def train(model: Any, inputs: Tensor, labels: Tensor, steps: int, size: int, tests: Any) -> Any:
    """Returns the accuracy on the tests after every fifth step."""
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    history = []
    for step in tqdm(range(1, steps + 1), leave=False, delay=2):
        batch = torch.randperm(len(inputs))[:size]
        loss = nn.functional.cross_entropy(model.train()(inputs[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if tests and step % 5 == 0:
            history.append(accuracy(model, *tests))
    return history


# %% [markdown]
# ## A network that has learnt already, and new images
#
# VGG16 wants photos as it has seen them: the short side 256 pixels long, the middle 224 x 224 of
# it, and each color scaled by the mean and standard deviation of ImageNet.


# %%
def read(folder: Path) -> tuple[Tensor, Tensor]:
    """The photos (N, 3, 224, 224) and their classes; every twentieth if it must be quick."""
    scale = transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
    steps = [transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), scale]
    samples = datasets.ImageFolder(folder, transforms.Compose(steps))
    chosen = [samples[i] for i in range(0, len(samples), 20 if options.quick else 1)]
    return torch.stack([image for image, _ in chosen]), torch.tensor([label for _, label in chosen])


torch.manual_seed(0)
if options.weights:
    (images, labels), tests = read(photos / "train"), read(photos / "val")
    names: tuple[str, ...] = ("ant", "bee")
    network = models.vgg16()
    network.load_state_dict(torch.load(options.weights))
    size = 512 * 7 * 7  # What is left of 224 x 224 pixels after five pools.
else:
    base, data = (load(name, options.data_root) for name in ("fashion_base", "fashion_new"))
    images, labels, *tests = map(torch.from_numpy, (*data.train, *data.test))
    names = data.classes
    network = vgg_transfer.network(torch, base.facts)
    base_steps = 80 if options.quick or not options.data_root else 600
    train(network, *map(torch.from_numpy, base.train), base_steps, 64, None)
    known = accuracy(network, *(torch.from_numpy(array[:2000]) for array in base.test))
    print(f"{data.note}\n{', '.join(base.classes)}: {known:.1%} of the test images")
    size = 128 * 3 * 3
tests = [array[: 500 if options.quick else None] for array in tests]
print(f"{len(images)} images to learn {', '.join(names)}; {len(tests[0])} to test")

# %% [markdown]
# ## Frozen features, a new classifier
#
# `requires_grad_(False)` is all that freezing takes: `backward` stops where no weight further back
# wants a gradient, and the optimizer is given the weights of the classifier alone.

# %%
network.zero_grad()
features = network.features.requires_grad_(False)
learnt = {name: value.clone() for name, value in features.state_dict().items()}
layers = nn.Linear(size, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, len(names))
classifier = nn.Sequential(nn.Flatten(), *layers)
transferred = nn.Sequential(features, classifier)
nn.functional.cross_entropy(transferred(images[:4]), labels[:4]).backward()
moving = [name for name, value in transferred.named_parameters() if value.grad is not None]
print("with a gradient:", ", ".join(moving))
assert moving == [f"1.{name}" for name, _ in classifier.named_parameters()]

# %% [markdown]
# ## Train the classifier
#
# Frozen features answer the same each time, so each image passes through them once, not in every
# step: that saves nearly all of the work. The rival is the same small network, with nothing learnt
# before; it gets the same images and as many steps. (For VGG16 that would take days.)

# %%
steps = 30
seen, unseen = (answers(features, some) for some in (images, tests[0]))
curves = {"frozen features": train(classifier, seen, labels, steps, 20, (unseen, tests[1]))}
if not options.weights:
    scratch = vgg_transfer.network(torch, data.facts)
    curves["from scratch"] = train(scratch, images, labels, steps, 20, tests)
for name, history in curves.items():
    print(f"{name}: {history[-1]:.1%} of the test images")

# %% [markdown]
# ## What to see
#
# On the left, the accuracy on images that neither network has seen. With features learnt before, it
# is high after a few steps; the other network must find its features in the few images as well. On
# the right are some of these images, and what they were taken for.

# %%
figure = Figure(figsize=(10.5, 4), layout="constrained")
left, right = figure.subfigures(1, 2)
axes: Any = left.subplots()
for (name, history), color in zip(curves.items(), ("#1f5fa8", "#ee8c3a"), strict=False):
    axes.plot(range(5, steps + 1, 5), history, "o-", color=color, label=name)
axes.axhline(1 / len(names), color="#888888", ls=":", label="chance")
axes.set(xlabel="step", ylabel="accuracy on test images", ylim=(0, 1.02))
axes.legend()
panels: Any = right.subplots(2, 4)
chosen = torch.randperm(len(tests[0]))[:8]
guesses = answers(transferred, tests[0][chosen]).argmax(1).tolist()
for panel, index, guess in zip(panels.flat, chosen.tolist(), guesses, strict=True):
    image, label = tests[0][index].permute(1, 2, 0).numpy(), tests[1][index].item()
    panel.imshow((image - image.min()) / (image.max() - image.min()), cmap="gray")
    panel.set_title(names[guess], fontsize=9, color="#2a9d4a" if guess == label else "#c0392b")
    panel.set(xticks=[], yticks=[])
lesson.save(figure, options.out / "15_transfer_learning.png")

# %%
torch.testing.assert_close(answers(transferred, images[:4]), answers(classifier, seen[:4]))
for name, value in features.state_dict().items():
    assert torch.equal(value, learnt[name]), f"{name} is frozen, and has changed"
if not options.weights:
    assert curves["frozen features"][-1] > curves["from scratch"][-1]
known = accuracy(classifier, seen, labels)
print(f"of the images trained on: {known:.1%}")
assert known > 0.75  # Whatever the features of VGG16 are: they tell more than chance of these.
