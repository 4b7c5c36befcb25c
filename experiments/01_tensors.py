# %% [markdown]
# # 1. A tensor is a view of flat memory
#
# Memory has no rows and no columns: it is one long line of numbers. A tensor adds three facts to
# it, the shape, the stride and the offset, and only these say where the element `x[i, j]` lies.
# Transposing, slicing and broadcasting change the three facts. They move no number.

# %%
from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from typing import Any

import lesson
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import minitorch as torch  # `import torch` gives the same numbers.

options = lesson.options()

# %% [markdown]
# ## From a number to a batch of images
#
# The number of dimensions is the number of indices that an element needs. Each tensor also has one
# dtype, which says how many bytes an element takes, and one device, which says whose memory it is.

# %%
examples = {
    "0d, a loss": torch.tensor(0.25),
    "1d, one example": torch.zeros(8),
    "2d, a batch of them": torch.zeros(32, 8),
    "3d, an image": torch.zeros(3, 28, 28),
    "4d, a batch of images": torch.zeros(32, 3, 28, 28),
}
for name, y in examples.items():
    facts = f"shape {tuple(y.shape)!s:16} stride {y.stride()!s:19}"
    print(f"{name:21} {facts} {y.dtype}, {y.device}, {y.nbytes} bytes")

# %% [markdown]
# ## Reading by hand
#
# A stride is the number of elements to step over when an index grows by one. So the place of an
# element is offset + i · stride[0] + j · stride[1]: a sum of products, and nothing else.


# %%
def place(offset: int, strides: Sequence[int], index: Sequence[int]) -> int:
    return offset + sum(i * step for i, step in zip(index, strides, strict=True))


def places(x: Any) -> list[int]:
    """The place in memory of every element, in reading order."""
    indices = itertools.product(*(range(size) for size in x.shape))
    return [place(x.storage_offset(), x.stride(), index) for index in indices]


def memory(x: Any) -> Any:
    """The whole storage behind a tensor, as the line of numbers that it is."""
    return x.as_strided((x.untyped_storage().nbytes() // x.itemsize,), (1,), 0)


x = torch.arange(12.0).view(3, 4)  # Each number is its own place in memory.
print("x[2, 1] by hand:", memory(x)[place(0, x.stride(), (2, 1))].item(), "=", x[2, 1].item())

# %% [markdown]
# ## Views
#
# All but the last of these are views: new facts about the memory of `x`. `contiguous()` and
# `reshape` copy, if the order asked for is not the order in memory. A view is no snapshot: who
# writes into `x` writes into all of them.

# %%
tensors = {
    "x": x,
    "x.t()": x.t(),
    "x[1]": x[1],
    "x[:, 1:3]": x[:, 1:3],
    "x[::2, ::2]": x[::2, ::2],
    "x.diagonal()": x.diagonal(),
    "x[0].expand(3, 4)": x[0].expand(3, 4),
    "x.t().contiguous()": x.t().contiguous(),
}
start = x.untyped_storage().data_ptr()
shared = {name: y.untyped_storage().data_ptr() == start for name, y in tensors.items()}

# %% [markdown]
# ## Broadcasting is a stride of 0
#
# A column (3, 1) and a row (4,) have a sum of shape (3, 4). Both are first expanded: a dimension of
# size 1 gets a stride of 0, so that every step along it reads the same number again.

# %%
column, row = torch.tensor([[0.0], [10.0], [20.0]]), torch.tensor([1.0, 2.0, 3.0, 4.0])
for part in torch.broadcast_tensors(column, row):
    print(f"{tuple(part.shape)} from {memory(part).numel()} numbers, stride {part.stride()}")
assert (column + row).tolist() == [[a + b for b in row.tolist()] for (a,) in column.tolist()]

# %% [markdown]
# ## In a file
#
# A file keeps each storage once, and the facts of every view of it. What shared memory before
# shares memory after loading: writing into one shows in the other.

# %%
file = io.BytesIO()  # A path does as well.
torch.save({"x": x, "its second column": x[:, 1]}, file)
file.seek(0)
loaded = torch.load(file)
loaded["x"][0, 1] = 100.0
print("after writing into x:", loaded["its second column"])
assert loaded["its second column"][0] == 100.0

# %% [markdown]
# ## What to see
#
# Beside each tensor stands the memory that it reads, cell by cell in the same shade. The blue line
# is the same memory each time. `x.t()` reads all of it in another order; `expand` reads four cells
# three times. Only the orange line is memory of its own, with the numbers in the new order.

# %%
figure = Figure(figsize=(8.4, 9.6), layout="constrained")
axes = figure.subplots()
top = 0.0
for name, y in tensors.items():
    shades = colormaps["Blues" if shared[name] else "Oranges"]
    facts = f"shape {tuple(y.shape)}\nstride {y.stride()}\noffset {y.storage_offset()}, {y.device}"
    axes.text(0, top + 0.5, name, va="center", weight="bold")
    axes.text(0, top + 0.95, facts, va="top", size=9, color="#555555")
    width = y.shape[-1]
    grid = [(6.0 + i % width, top + i // width, at) for i, at in enumerate(places(y))]
    line = [(11.0 + at, top, at) for at in range(len(memory(y)))]
    for left, up, at in grid + line:
        used = at in places(y)
        color = shades(0.12 + 0.05 * at) if used else "white"
        axes.add_patch(Rectangle((left, up), 1, 1, facecolor=color, edgecolor="#888888"))
        text = f"{memory(y)[at].item():.0f}"
        axes.text(left + 0.5, up + 0.5, text, ha="center", va="center", alpha=1 if used else 0.3)
    top += max(3.0, y.shape[0] + 0.7 if y.ndim == 2 else 0)
axes.set(xlim=(0, 23.1), ylim=(top - 0.5, -0.1), aspect="equal")
axes.set_title("One memory, read in seven ways, and a copy")
axes.axis("off")
lesson.save(figure, options.out / "01_tensors.png")

assert [name for name in tensors if not shared[name]] == ["x.t().contiguous()"]
for name, y in tensors.items():
    assert [memory(y)[at].item() for at in places(y)] == y.flatten().tolist(), name
