"""A decoder-only transformer is shown sums, 3+5=08, as text and has to write the answers."""

import sys
from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
from torch.nn import functional as F

SYMBOLS = "0123456789+=;"


@dataclass
class Size:
    window: int = 20
    width: int = 32
    heads: int = 4
    depth: int = 2
    forget: float = 0.1


class Scale(nn.Module):
    """A layer norm that learns only a gain."""

    def __init__(self, width):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.register_parameter("shift", None)

    def forward(self, x):
        return F.layer_norm(x, self.gain.shape, self.gain, self.shift, 1e-5)


class LookBack(nn.Module):
    """Every letter gathers what it needs from the letters up to itself."""

    def __init__(self, size):
        super().__init__()
        self.heads, self.forget = size.heads, nn.Dropout(size.forget)
        self.ask = nn.Linear(size.width, 3 * size.width, bias=False)
        self.answer = nn.Linear(size.width, size.width, bias=False)
        self.register_buffer("past", torch.tril(torch.ones(size.window, size.window)))

    def forward(self, x):
        batch, length, width = x.size()
        apart = (batch, length, self.heads, width // self.heads)
        query, key, value = (t.view(apart).transpose(1, 2) for t in self.ask(x).split(width, dim=2))
        match = query @ key.transpose(-2, -1) / apart[-1] ** 0.5
        match = match.masked_fill(self.past[:length, :length] == 0, float("-inf"))
        heard = self.forget(F.softmax(match, dim=-1)) @ value
        return self.answer(heard.transpose(1, 2).contiguous().view(x.shape))


def floor(size):
    look = nn.Sequential(Scale(size.width), LookBack(size))
    wide = nn.Linear(size.width, 3 * size.width, bias=False)
    narrow = nn.Linear(3 * size.width, size.width, bias=False)
    think = nn.Sequential(Scale(size.width), wide, nn.GELU(approximate="tanh"), narrow)
    return nn.ModuleDict({"look": look, "think": think})


def start_small(part):
    if isinstance(part, (nn.Linear, nn.Embedding)):
        nn.init.normal_(part.weight, mean=0.0, std=0.05)


class Writer(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.letter = nn.Embedding(len(SYMBOLS), size.width)
        self.place = nn.Embedding(size.window, size.width)
        self.floors = nn.ModuleList([floor(size) for _ in range(size.depth)])
        self.guess = nn.Sequential(Scale(size.width), nn.Linear(size.width, len(SYMBOLS)))
        self.guess[1].weight = self.letter.weight
        self.apply(start_small)

    def forward(self, letters):
        places = torch.arange(letters.size(1), dtype=torch.long, device=letters.device)
        x = self.letter(letters) + self.place(places)
        for floor in self.floors:
            x = x + floor.look(x)
            x = x + floor.think(x)
        return self.guess(x)


@torch.no_grad()
def finish(writer, start, count, choices):
    letters = torch.tensor([[SYMBOLS.index(c) for c in start]])
    for _ in range(count):
        scores = writer(letters)[:, -1]
        best, _ = torch.topk(scores, choices)
        scores[scores < best[:, [-1]]] = -float("Inf")
        drawn = torch.multinomial(F.softmax(scores, dim=-1), num_samples=1)
        letters = torch.cat((letters, drawn), dim=1)
    return "".join(SYMBOLS[i] for i in letters[0].tolist())


def sums(count):
    """Lines of three sums, and what follows each letter: -1 where nothing could know it."""
    a, b = torch.randint(10, (2, count, 3))
    plus, equal, end = (torch.full_like(a, SYMBOLS.index(c)) for c in "+=;")
    text = torch.stack([a, plus, b, equal, (a + b) // 10, (a + b) % 10, end], dim=2).flatten(1)
    target = text[:, 1:].clone()
    target[:, 1::7] = -1
    return text[:, :-1], target


torch.manual_seed(77)
size = Size()
writer = Writer(size)
matrices = {name: p for name, p in writer.named_parameters() if p.dim() >= 2}
others = [p for p in writer.parameters() if p.dim() < 2]
groups = [{"params": list(matrices.values())}, {"params": others, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.95), weight_decay=0.1)
print(f"{sum(p.numel() for p in matrices.values()):,} numbers in", *matrices)

for step in range(36):
    for group in optimizer.param_groups:
        group["lr"] = 4e-3 * min((step + 1) / 6, (36 - step) / 30)
    text, target = sums(16)
    loss = F.cross_entropy(writer(text).flatten(0, 1), target.view(-1), ignore_index=-1)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(writer.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    if step % 5 == 0:
        print(f"step {step}: loss {loss.item():.4f} at rate {optimizer.param_groups[0]['lr']:e}")

writer.eval()
print(finish(writer, "4+5=", count=10, choices=3))
if len(sys.argv) > 1:
    torch.save({"size": asdict(size), "writer": writer.state_dict()}, sys.argv[1])
