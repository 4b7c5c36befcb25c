"""A forger learns to draw points like those of two moons, against an expert who learns too."""

import sys

import torch
import torch.nn as nn
from sklearn.datasets import make_moons

torch.manual_seed(14)
moons = torch.tensor(make_moons(512, noise=0.05, random_state=0)[0], dtype=torch.float)


def first_weights(layer):
    if isinstance(layer, nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            layer.bias.data.zero_()
    elif isinstance(layer, nn.BatchNorm1d):
        nn.init.normal_(layer.weight, mean=1.0, std=0.05)
        nn.init.constant_(layer.bias, 0.1)


class Player:
    """A network, its optimizer and how it takes a step."""

    def __init__(self, *layers, rate):
        self.net = nn.Sequential(*layers).apply(first_weights)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=rate, betas=(0.5, 0.99))

    def learn(self, *losses):
        self.net.zero_grad()
        for loss in losses:
            loss.backward()
        self.optimizer.step()
        return sum(loss.item() for loss in losses)


forger = Player(
    nn.Linear(3, 24, bias=False),
    nn.BatchNorm1d(24),
    nn.ReLU(),
    nn.Linear(24, 24),
    nn.ReLU(),
    nn.Linear(24, 2),
    rate=2e-3,
)
expert = Player(
    nn.Linear(2, 24),
    nn.LeakyReLU(0.2),
    nn.Linear(24, 24),
    nn.LeakyReLU(0.2),
    nn.Linear(24, 1),
    rate=3e-3,
)
print(forger.net)
judge = nn.BCEWithLogitsLoss()
verdict = torch.full((64,), 1.0, dtype=torch.float)
chance = torch.randn(128, 3)

for step in range(48):
    true = moons[torch.randint(len(moons), (64,))]
    forged = forger.net(torch.randn(64, 3))

    opinion = expert.net(true).view(-1)
    caught = judge(expert.net(forged.detach()).view(-1), verdict.fill_(0.0).clone())
    expert_loss = expert.learn(judge(opinion, verdict.fill_(1.0)), caught)
    forger_loss = forger.learn(judge(expert.net(forged).view(-1), verdict))

    if step % 8 == 7:
        sure = torch.sigmoid(opinion).mean().item()
        print(
            "%3d  expert %.4f  forger %.4f\tsure of the true: %.1f%%"
            % (step, expert_loss, forger_loss, 100 * sure)
        )

forger.net.eval()
with torch.no_grad():
    points = forger.net(chance)
    off = torch.cdist(points, moons).min(dim=1).values
print("middle", points.mean(0), "of", moons.mean(0), "spread", points.std(0))
print("from the moons:", off.mean(), "the farthest", points.norm(dim=1).max())

if len(sys.argv) > 1:
    torch.save([forger.net.state_dict(), expert.net.state_dict()], sys.argv[1])
