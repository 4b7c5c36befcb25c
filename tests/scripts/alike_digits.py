"""A map of digits on which the same digits lie together, drawn by comparing them in threes."""

import random
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

random.seed(9)
np.random.seed(9)
torch.manual_seed(9)


class Threes(Dataset):
    """A digit, another picture of it, and a picture of another digit; and which digit it is."""

    def __init__(self, pictures, names):
        self.pictures, self.names = pictures, names
        self.places = [np.flatnonzero(names == name) for name in range(10)]

    def __len__(self):
        return len(self.names)

    def __getitem__(self, here):
        name = self.names[here]
        stranger = random.choice([other for other in range(10) if other != name])
        friend, foe = (np.random.choice(self.places[digit]) for digit in (name, stranger))
        return *torch.from_numpy(self.pictures[[here, friend, foe]]).float().unbind(0), name


class OnSphere(nn.Module):
    def __init__(self, dimensions):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 48), nn.PReLU(), nn.Linear(48, dimensions))

    def forward(self, pictures):
        return F.normalize(self.layers(pictures), p=2, dim=1)


def springs(here, there, alike, rest=1.2):
    """Pulls what is alike together, pushes the rest apart up to a distance."""
    far = F.pairwise_distance(here, there)
    return torch.mean(torch.where(alike, far, torch.clamp(rest - far, min=0.0)).pow(2))


def neighbors_agree(net, pictures, names):
    with torch.no_grad():
        spots = net(torch.from_numpy(pictures).float())
    nearest = torch.cdist(spots, spots).fill_diagonal_(float("inf")).argmin(dim=1)
    names = torch.as_tensor(names)
    return (names[nearest] == names).float().mean().item()


pictures, names = load_digits(return_X_y=True)
pictures = pictures / 16
known = Threes(pictures[:500], names[:500])
new = pictures[500:700], names[500:700]
loader = DataLoader(known, batch_size=50, shuffle=True)
*_, first = next(iter(loader))
print("the first ones are", first[:6], first.dtype)

net = OnSphere(6)
print(f"before: {neighbors_agree(net, *new):.3f} of neighbors agree")
in_threes = nn.TripletMarginLoss(margin=0.4)
by_angle = nn.CosineEmbeddingLoss(margin=0.3)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)

for round in range(3):
    totals = torch.zeros(3)
    for *three, _ in loader:
        here, friend, foe = map(net, three)
        alike = torch.cat([torch.ones(len(here)), torch.zeros(len(here))]).bool()
        losses = [
            in_threes(here, friend, foe),
            springs(here.repeat(2, 1), torch.cat([friend, foe]), alike),
            by_angle(here, foe, -torch.ones(len(here))),
        ]
        optimizer.zero_grad()
        sum(losses).backward()
        optimizer.step()
        totals += torch.stack(losses).detach()
    print(f"round {round}: {totals / len(loader)}, {neighbors_agree(net, *new):.3f} agree")

if len(sys.argv) > 1:
    torch.save(net.state_dict(), sys.argv[1])
