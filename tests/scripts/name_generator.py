"""New rivers, invented letter by letter: first from pairs, then from the last three letters."""

import random
import sys
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

MAP = """amazon avon colorado congo danube derwent dnieper don douro drava ebro elbe euphrates
ganges garonne hudson indus irrawaddy jordan kama lena limpopo loire maas mackenzie madeira main
marne mekong mersey meuse mississippi missouri mosel murray neckar niger nile ob oder ohio orange
orinoco parana po rhine rhone ruhr saale sambre saone seine senegal severn shannon somme spree
thames tiber tigris trent ural vistula volga weser yangtze yenisei yukon zambezi"""
RIVERS = MAP.split()
ALPHABET = "-" + "".join(sorted(set("".join(RIVERS))))  # "-" ends a name, and stands before it
LOOK = 3


class Weights(NamedTuple):
    letters: Tensor
    into: Tensor
    gain: Tensor
    shift: Tensor
    out: Tensor
    bias: Tensor


def numbers(names: list[str]) -> Tensor:
    """Every stretch of LOOK letters with the letter that follows it, as rows of places."""
    rows = []
    for name in names:
        line = [0] * LOOK + [ALPHABET.index(c) for c in name] + [0]
        rows.append(torch.tensor(line).unfold(0, LOOK + 1, 1))
    return torch.cat(rows)


dice = torch.Generator().manual_seed(20)
random.seed(4)
random.shuffle(RIVERS)
known, unseen = numbers(RIVERS[:60]), numbers(RIVERS[60:])
print(f"{len(ALPHABET)} letters, {known.shape[0]} places to learn from, {unseen.shape[0]} to try")

# How often each letter follows each other one.
seen = torch.zeros((len(ALPHABET), len(ALPHABET)), dtype=torch.int32)
for before, after in known[:, -2:]:
    seen[before, after] += 1
chance = (seen + 0.5).float()
chance /= chance.sum(1, keepdims=True)
print("most frequent pair:", seen.max().item(), "times")
print("surprise of a pair:", -torch.log(chance[unseen[:, -2], unseen[:, -1]]).mean().item())
for _ in range(3):
    name, place = "", 0
    while not name.endswith("-"):
        place = torch.multinomial(chance[place], 1, replacement=True, generator=dice).item()
        name += ALPHABET[place]
    print("  ", name[:-1])

# A hidden layer, brought to mean 0 and deviation 1 over the batch.
weights = Weights(
    letters=torch.randn((len(ALPHABET), 6), generator=dice),
    into=torch.randn((6 * LOOK, 48), generator=dice) * 0.3,
    gain=torch.ones(48),
    shift=torch.zeros(48),
    out=torch.randn((48, len(ALPHABET)), generator=dice) * 0.1,
    bias=torch.zeros(len(ALPHABET)),
)
for tensor in weights:
    tensor.requires_grad = True
usual = [torch.zeros((1, 48)), torch.ones((1, 48))]
print("to learn:", sum(tensor.nelement() for tensor in weights))


def hidden(look: Tensor, train: bool) -> Tensor:
    raw = weights.letters[look].view(look.shape[0], -1) @ weights.into
    mean, deviation = usual
    if train:
        mean, deviation = raw.mean(0, keepdim=True), raw.std(0, keepdim=True)
        for old, new in zip(usual, (mean, deviation)):
            old += 0.1 * (new.detach() - old)
    return torch.tanh(weights.gain * (raw - mean) / deviation + weights.shift)


@torch.no_grad()
def surprise(rows: Tensor) -> float:
    scores = hidden(rows[:, :LOOK], train=False) @ weights.out + weights.bias
    return cross_entropy(scores, rows[:, LOOK]).item()


for step in range(60):
    rows = known[torch.randint(0, len(known), (48,), generator=dice)]
    h = hidden(rows[:, :LOOK], train=True)
    h.retain_grad()
    loss = cross_entropy(h @ weights.out + weights.bias, rows[:, LOOK])
    for tensor in weights:
        tensor.grad = None
    loss.backward()
    for tensor in weights:
        tensor.data += -0.2 * tensor.grad
    if step % 20 == 19:
        flat = (h.abs() > 0.9).float().mean()
        print(f"{step:4d} loss {loss.item():.4f} flat {flat:.3f} gradient {h.grad.std():e}")
print(f"known {surprise(known):.4f}, unseen {surprise(unseen):.4f}")

if len(sys.argv) > 1:
    torch.save(list(weights) + usual, sys.argv[1])
