"""A mouse in a maze of 4 x 4 rooms learns what each step is worth, from what it remembers."""

import copy
import random
import sys
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn as nn

MAZE = np.array([list(row) for row in ("s..#", ".#..", "...o", "#..c")])  # cheese, hole, wall
WAYS = {"^": (-1, 0), ">": (0, 1), "v": (1, 0), "<": (0, -1)}
random.seed(3)
np.random.seed(3)
torch.manual_seed(3)


def view(room: tuple[int, int]) -> np.ndarray:
    sight = np.zeros((4, 4), dtype=np.float32)
    sight[room] = 1.0
    return sight.ravel()


def walk(room: tuple[int, int], way: int) -> tuple[tuple[int, int], float, bool]:
    y, x = np.clip(np.add(room, list(WAYS.values())[way]), 0, 3).tolist()
    found = MAZE[y, x]
    if found == "#":
        return room, -0.05, False
    return (y, x), {"c": 1.0, "o": -1.0}.get(found, -0.02), found in "co"


class Worth(nn.Module):
    """What a room is worth, plus what each way out of it adds."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.look = nn.Sequential(nn.Linear(16, width), nn.ReLU())
        self.room = nn.Linear(width, 1)
        self.ways = nn.Linear(width, len(WAYS))

    def forward(self, sight: torch.Tensor) -> torch.Tensor:
        seen = self.look(sight)
        extra = self.ways(seen)
        return self.room(seen) + extra - extra.mean(-1, keepdim=True)


@dataclass
class Mouse:
    worth: Worth = field(default_factory=Worth)
    curious: float = 1.0
    steps: list = field(default_factory=list)

    def __post_init__(self) -> None:
        self.belief = copy.deepcopy(self.worth).requires_grad_(False)  # changes slowly
        self.optimizer = torch.optim.AdamW(self.worth.parameters(), lr=4e-3, amsgrad=True)

    @torch.no_grad()
    def choose(self, room: tuple[int, int]) -> int:
        if random.random() < self.curious:
            return random.randrange(len(WAYS))
        return self.worth(torch.from_numpy(view(room)).unsqueeze(0)).max(1).indices.item()

    def dream(self, size: int = 32) -> float:
        before, way, gain, after, end = zip(*random.sample(self.steps, size))
        before, after = (torch.as_tensor(np.stack(sights)) for sights in (before, after))
        gain, end = torch.tensor(gain, dtype=torch.float32), torch.tensor(end, dtype=torch.bool)
        with torch.no_grad():
            plan = self.worth(after).argmax(1, keepdim=True)
            later = self.belief(after).gather(1, plan).squeeze(1)
            hoped = torch.where(end, gain, gain + 0.95 * later)
        thought = self.worth(before).gather(1, torch.tensor(way).view(-1, 1))
        loss = nn.functional.smooth_l1_loss(thought, hoped[:, None])
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(self.worth.parameters(), 1.0)
        self.optimizer.step()
        for old, new in zip(self.belief.parameters(), self.worth.parameters()):
            old.lerp_(new.detach(), 0.05)
        return loss.item()


mouse, gains = Mouse(), []
for day in range(20):
    room, total, loss = (0, 0), 0.0, 0.0
    for _ in range(20):
        way = mouse.choose(room)
        after, gain, end = walk(room, way)
        mouse.steps.append((view(room), way, gain, view(after), end))
        room, total = after, total + gain
        if len(mouse.steps) >= 32:
            loss = mouse.dream()
        if end:
            break
    gains.append(total)
    mouse.curious *= 0.9
    if day % 5 == 4:
        print(f"day {day}: gain {np.mean(gains[-5:]):.3f} loss {loss:.5f}")
best = mouse.worth(torch.eye(16)).argmax(1).view(4, 4)
print("\n".join("".join(list(WAYS)[way] for way in row) for row in best))

if len(sys.argv) > 1:
    torch.save(mouse.worth.state_dict(), sys.argv[1])
