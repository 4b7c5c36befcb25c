"""Torn digits are mended: a hole is cut into each picture, and the network fills it."""

import sys

import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset


def tear(pictures):
    """Noise everywhere, and a hole of 3 x 3 somewhere in each picture."""
    torn = pictures + 0.1 * torch.randn_like(pictures)
    corners = torch.randint(0, 6, (len(torn), 2)).tolist()
    for picture, (top, left) in zip(torn, corners):
        picture[:, top : top + 3, left : left + 3] = 0.0
    return torn.clamp(0.0, 1.0)


def mender(narrow=10):
    down = [
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.ELU(),
        nn.Conv2d(8, 12, 3, stride=2, padding=1),
        nn.GroupNorm(3, 12),
        nn.ELU(),
        nn.Flatten(),
        nn.Linear(48, narrow),
    ]
    up = [
        nn.Linear(narrow, 48),
        nn.Unflatten(1, (12, 2, 2)),
        nn.ConvTranspose2d(12, 8, 4, stride=2, padding=1),
        nn.ELU(),
        nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1),
        nn.Sigmoid(),
    ]
    return nn.Sequential(*down), nn.Sequential(*up)


torch.manual_seed(51)
whole = torch.tensor(load_digits().images[:500], dtype=torch.float).div_(16).unsqueeze(1)
loader = DataLoader(TensorDataset(whole), batch_size=64, shuffle=True, drop_last=True)
down, up = mender()
both = nn.Sequential(down, up)
optimizer = optim.AdamW(both.parameters(), lr=8e-3)
off = nn.BCELoss()

for day in range(1, 8):
    losses = []
    for (picture,) in loader:
        optimizer.zero_grad()
        loss = off(both(tear(picture)), picture)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(
        "day {}: off by {:.4f}, at best {:.4f}".format(day, sum(losses) / len(losses), min(losses))
    )

with torch.no_grad():
    torn = tear(whole[:6])
    code = down(torn)
    mended = up(code)
print("told in", tuple(code.shape), "numbers, of mean", code.mean(0))
print("torn {:.4f} mended {:.4f}".format(mse_loss(torn, whole[:6]), mse_loss(mended, whole[:6])))
print((mended[0, 0] * 9).round().int())

if len(sys.argv) > 1:
    torch.save({"down": down.state_dict(), "up": up.state_dict()}, sys.argv[1])
