# %% [markdown]
# # 21. Same seed, same numbers
#
# After `manual_seed(0)`, minitorch draws PyTorch's numbers, bit for bit: the same initial weights,
# dropout masks and shuffles. Only so can two libraries be compared step by step. This lesson makes
# the numbers by hand: first a stream of random words, then what each kind of draw makes of them.

# %%
from __future__ import annotations

import hashlib
import importlib.util
import math
from collections.abc import Iterator
from typing import Any

import lesson
import numpy as np
from matplotlib.figure import Figure

import minitorch

options = lesson.options()
SEED = 0

# %% [markdown]
# ## The words: MT19937
#
# The Mersenne Twister keeps 624 words of 32 bits. When all are used, each is replaced by a mixture
# of itself, its neighbour and a word further on. On its way out a word is scrambled once more.


# %%
def mersenne_twister(seed: int) -> Iterator[int]:
    block = [seed]
    for i in range(1, 624):
        block.append((1812433253 * (block[-1] ^ (block[-1] >> 30)) + i) % 2**32)
    while True:
        for i in range(624):
            mixed = (block[i] & 0x80000000) | (block[(i + 1) % 624] & 0x7FFFFFFF)
            block[i] = block[(i + 397) % 624] ^ (mixed >> 1) ^ (0x9908B0DF * (mixed & 1))
        for word in block:
            word ^= word >> 11
            word ^= (word << 7) & 0x9D2C5680
            word ^= (word << 15) & 0xEFC60000
            yield word ^ (word >> 18)


stream = mersenne_twister(SEED)
first_words = [next(stream) for _ in range(2000)]
numpys = np.random.RandomState(SEED).randint(0, 2**32, 2000, dtype=np.uint32)
print("our first words:  ", *first_words[:4])
print("NumPy's, likewise:", *numpys[:4])

# %% [markdown]
# ## What is made of a word
#
# NumPy has the same words, and yet other random numbers: a float can be made of a word in many
# ways. In PyTorch a float32 takes the lower 24 bits of one word, all that a float32 can hold; a
# float64 takes 53 bits of two. A permutation swaps each place with one drawn from the rest.


# %%
def uniform32(size: int) -> np.ndarray:
    words = [next(stream) for _ in range(size)]
    return np.array([word % 2**24 for word in words], np.float32) / np.float32(2**24)


def uniform64(size: int) -> np.ndarray:
    pairs = [(next(stream) << 32) | next(stream) for _ in range(size)]  # In this order: high, low.
    return np.array([(pair % 2**53) / 2**53 for pair in pairs])


def permutation(size: int) -> np.ndarray:
    order = np.arange(size)
    for i in range(size - 1):
        other = i + next(stream) % (size - i)
        order[[i, other]] = order[[other, i]]
    return order


# %% [markdown]
# ## Normal numbers
#
# Box and Muller make two normal numbers of two uniform ones: a radius from the first, an angle from
# the second. PyTorch does so in blocks of 16, where number j is the partner of number j + 8. (For
# fewer than 16 it has another way, in double precision.) Our logarithm and cosine are NumPy's.
# PyTorch's are polynomials with roundings of their own, so ours agree to about seven digits only;
# minitorch has the same polynomials, and agrees in all bits.


# %%
def box_muller(u: np.ndarray) -> np.ndarray:  # (blocks, 2, 8), both.
    radius = np.sqrt(-2 * np.log(1 - u[:, 0]))
    angle = np.float32(2 * math.pi) * u[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


# %% [markdown]
# ## The same draws, three times
#
# Weights and biases of a linear layer are uniform between -b and b, where b is 1 over the root of
# the number of inputs. A dropout mask keeps the elements whose float64 is below 1 - p. All draws
# read one stream, so one word too many anywhere would change all that follows.


# %%
def draws_by_library(torch: Any) -> dict[str, np.ndarray]:
    torch.manual_seed(SEED)
    layer = torch.nn.Linear(100, 50)
    tensors = {
        "Linear(100, 50).weight": layer.weight.detach(),
        "Linear(100, 50).bias": layer.bias.detach(),
        "rand(1000)": torch.rand(1000),
        "randn(1600)": torch.randn(1600),
        "dropout(ones(500), p=0.2)": torch.nn.functional.dropout(torch.ones(500), p=0.2),
        "randperm(1000)": torch.randperm(1000),
    }
    return {name: tensor.flatten().numpy() for name, tensor in tensors.items()}


def draws_by_hand() -> dict[str, np.ndarray]:
    # u 2b - b, rounded once: in float64 the product of two float32 is exact.
    low, span = np.float64(np.float32(-0.1)), np.float64(np.float32(0.2))
    return {
        "Linear(100, 50).weight": (uniform32(5000) * span + low).astype(np.float32),
        "Linear(100, 50).bias": (uniform32(50) * span + low).astype(np.float32),
        "rand(1000)": uniform32(1000),
        "randn(1600)": box_muller(uniform32(1600).reshape(-1, 2, 8)),
        "dropout(ones(500), p=0.2)": (uniform64(500) < 1 - 0.2) * np.float32(1 / 0.8),
        "randperm(1000)": permutation(1000),
    }


stream = mersenne_twister(SEED)
draws = {"by hand": draws_by_hand(), "minitorch": draws_by_library(minitorch)}
if importlib.util.find_spec("torch"):
    import torch

    draws["PyTorch"] = draws_by_library(torch)
else:
    print("PyTorch is not installed: its column is left out")

digests = {
    name: [hashlib.sha256(of[name].tobytes()).hexdigest()[:8] for of in draws.values()]
    for name in draws["by hand"]
}
print(f"{'digest of the bytes':28}", *(f"{library:10}" for library in draws))
for name, columns in digests.items():
    print(f"{name:28}", *(f"{digest:10}" for digest in columns))

# %% [markdown]
# ## What to see
#
# Above: the words as bits, of which a float32 takes those right of the line, and the digests of the
# draws. Equal digests (green) mean equal bits; only our own normal numbers differ. Below: what Box
# and Muller do to 400 pairs of uniform numbers. The color is the angle.

# %%
figure = Figure(figsize=(10.5, 8.5), layout="constrained")
(bits, table), (square, plane) = figure.subplots(2, 2)
words = np.array(first_words[:24], np.uint32)
bits.imshow((words[:, None] >> np.arange(31, -1, -1, dtype=np.uint32)) & 1, cmap="Blues", vmax=1.5)
bits.axvline(7.5, color="#c0392b", lw=2)
bits.set(xlabel="bit", ylabel="word", title=f"The first 24 words of seed {SEED}")
bits.set_xticks([0, 7.5, 31], ["31", "24|23", "0"])
table.axis("off")
for y, (name, columns) in enumerate([("", list(draws)), *digests.items()]):
    table.text(0, -y, name)
    for x, digest in enumerate(columns):
        color = "#2a9d4a" if digest == columns[1] and y else "#ee8c3a" if y else "black"
        table.text(0.62 + 0.24 * x, -y, digest, family="monospace", color=color)
table.set(xlim=(0, 1.3), ylim=(-8, 1.5), title="Digests of the draws")
stream = mersenne_twister(SEED)
u = uniform32(800).reshape(-1, 2, 8)
for axes, points in ((square, u), (plane, box_muller(u))):
    axes.scatter(points[:, 0], points[:, 1], c=u[:, 1], s=12, cmap="hsv")
    axes.set_aspect("equal")
square.set(xlabel="u[j]: the radius", ylabel="u[j + 8]: the angle", title="Uniform numbers")
plane.set(xlabel="z[j]", ylabel="z[j + 8]", title="Normal numbers")
lesson.save(figure, options.out / "21_same_seed.png")

assert first_words == numpys.tolist()
for numbers in draws.values():  # Other logarithms: the last digits of numbers up to 4.
    normals = numbers["randn(1600)"].flatten(), draws["minitorch"]["randn(1600)"]
    np.testing.assert_allclose(*normals, rtol=0, atol=2e-6)
# On processors without AVX, ARM's for one, PyTorch takes the logarithm of the C library.
has_avx = "PyTorch" in draws and torch.backends.cpu.get_cpu_capability().startswith("AVX")
for name, columns in digests.items():
    if name == "randn(1600)":
        columns = columns[1:] if has_avx else []
    assert len(set(columns)) <= 1, f"{name} differs"
