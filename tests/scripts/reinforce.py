"""Keep a ball on a beam: sixteen balls at once, policy gradients, a learned judge as baseline."""

import sys
from collections import deque

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.distributions import Categorical

BALLS, STEPS, DISCOUNT = 16, 60, 0.97
TILT = torch.tensor([-1.0, 0.0, 1.0])


class Beams:
    """Balls that roll the way the beam is tilted, and fall off one unit from the middle."""

    def __init__(self):
        self.place = torch.empty(BALLS).uniform_(-0.4, 0.4)
        self.speed = torch.empty(BALLS).uniform_(-0.3, 0.3)
        self.on = torch.ones(BALLS, dtype=torch.bool)

    def seen(self):
        return torch.stack([self.place, self.speed], dim=1)

    def tilt(self, action):
        self.speed = self.speed + 0.1 * (TILT[action] + 0.5 * self.place)
        self.place = self.place + 0.1 * self.speed
        self.on = self.on & (self.place.abs() < 1)
        return self.on.float() * (1 - self.place.abs())


class Player(nn.Module):
    def __init__(self):
        super().__init__()
        self.feel = nn.Sequential(nn.Linear(2, 32), nn.Dropout(p=0.1), nn.Tanh())
        self.hand = nn.Linear(32, 3)
        self.judge = nn.Linear(32, 1)

    def forward(self, seen):
        felt = self.feel(seen)
        return Categorical(F.softmax(self.hand(felt), dim=-1)), self.judge(felt).squeeze(-1)


def play(player):
    """Rows of (log probability, entropy, judged value, reward, still on), a column a ball."""
    beams, rows = Beams(), []
    for _ in range(STEPS):
        before = beams.on.float()
        choice, value = player(beams.seen())
        action = choice.sample()
        reward = beams.tilt(action)
        rows.append([choice.log_prob(action), choice.entropy(), value, reward, before])
        if not beams.on.any():
            break
    return [torch.stack(column) for column in zip(*rows)]


def discounted(reward):
    ahead, rows = torch.zeros(BALLS), deque()
    for now in reversed(reward.unbind()):
        ahead = now + DISCOUNT * ahead
        rows.appendleft(ahead)
    return torch.stack(list(rows))


torch.manual_seed(21)
player = Player()
optimizer = optim.Adam(player.parameters(), lr=1e-2)
tiny = torch.finfo(torch.float32).eps
lasted = deque(maxlen=5)
for game in range(1, 21):
    log_prob, entropy, value, reward, on = play(player)
    worth = discounted(reward)
    better = worth - value.detach()
    better = (better - better.mean()) / (better.std() + tiny)
    balls = on.sum()
    act = -(log_prob * better * on).sum() / balls
    judge = F.smooth_l1_loss(value * on, worth * on, reduction="sum") / balls
    loss = act + 0.5 * judge - 0.01 * (entropy * on).sum() / balls
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    lasted.append(on.sum(0).mean().item())
    if game % 5 == 0:
        print(f"game {game}\tsteps {sum(lasted) / len(lasted):.2f}\tjudge {judge.item():.3f}")

player.eval()
choice, value = player(torch.tensor([[-0.8, 0.0], [0.0, 0.0], [0.8, 0.0]]))
print("left, middle, right:", choice.probs.argmax(1) - 1, "worth", value.detach())

if len(sys.argv) > 1:
    torch.save(player.state_dict(), sys.argv[1])
