"""Policy gradients with a learnt baseline: keeping a pole upright on a cart, in plain Python physics."""

import math
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(12)


class Pole:
    """A cart of 1 kg, a pole of 0.1 kg and 1 m, pushed left or right with 10 N every 20 ms."""

    def __init__(self):
        self.place, self.speed, self.lean, self.turn = torch.empty(4).uniform_(-0.05, 0.05).tolist()

    def push(self, right):
        force = 10.0 if right else -10.0
        sine, cosine = math.sin(self.lean), math.cos(self.lean)
        swing = (force + 0.05 * self.turn**2 * sine) / 1.1
        spin = (9.8 * sine - cosine * swing) / (0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1))
        drive = swing - 0.05 * spin * cosine / 1.1
        self.place, self.speed = self.place + 0.02 * self.speed, self.speed + 0.02 * drive
        self.lean, self.turn = self.lean + 0.02 * self.turn, self.turn + 0.02 * spin

    def seen(self):
        return torch.tensor([self.place, self.speed, self.lean, self.turn])

    def fallen(self):
        return abs(self.place) > 2.4 or abs(self.lean) > math.radians(12)


class Player(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 48), nn.Dropout(0.1), nn.ReLU())
        self.choice, self.forecast = nn.Linear(48, 2), nn.Linear(48, 1)

    def forward(self, seen):
        inside = self.body(seen)
        return Categorical(logits=self.choice(inside)), self.forecast(inside)


player = Player()
optimizer = torch.optim.Adam(player.parameters(), lr=0.01)
lengths = []
for episode in range(1, 31):
    pole, log_probabilities, forecasts, surprise = Pole(), [], [], []
    while not pole.fallen() and len(forecasts) < 100:
        choice, forecast = player(pole.seen())
        action = choice.sample()
        log_probabilities.append(choice.log_prob(action))
        surprise.append(choice.entropy())
        forecasts.append(forecast)
        pole.push(action.item() == 1)

    # A reward of 1 for every step survived, discounted by 0.98 a step.
    steps = len(forecasts)
    powers = 0.98 ** torch.arange(steps)
    returns = powers.cumsum(0).flip(0)
    goals = (returns - returns.mean()) / (returns.std() + 1e-6)
    forecasts = torch.cat(forecasts)
    advantage = goals - forecasts.detach()
    loss = (
        -(torch.stack(log_probabilities) * advantage).sum()
        + F.smooth_l1_loss(forecasts, goals, reduction="sum")
        - 0.01 * torch.stack(surprise).sum()
    )
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    lengths.append(steps)
    if episode % 5 == 0:
        mean = sum(lengths[-10:]) / len(lengths[-10:])
        print(f"episode {episode}: {steps} steps, mean {mean:.1f}, loss {loss.item():.3f}")

if len(sys.argv) > 1:
    torch.save(player.state_dict(), sys.argv[1])
