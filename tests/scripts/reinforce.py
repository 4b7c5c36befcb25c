"""REINFORCE with a baseline: a policy learns to balance a pole on a cart."""

import math
import sys
from collections import deque

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.distributions import Categorical

torch.manual_seed(543)


class CartPole:
    """The classic equations of motion, integrated by Euler's method in steps of 0.02 s."""

    def reset(self):
        self.state = torch.empty(4).uniform_(-0.05, 0.05).tolist()
        return self.state

    def step(self, action):
        x, x_dot, theta, theta_dot = self.state
        force = 10.0 if action == 1 else -10.0
        sin, cos = math.sin(theta), math.cos(theta)
        temp = (force + 0.05 * theta_dot**2 * sin) / 1.1
        thetaacc = (9.8 * sin - cos * temp) / (0.5 * (4.0 / 3.0 - 0.1 * cos**2 / 1.1))
        xacc = temp - 0.05 * thetaacc * cos / 1.1
        self.state = [
            x + 0.02 * x_dot,
            x_dot + 0.02 * xacc,
            theta + 0.02 * theta_dot,
            theta_dot + 0.02 * thetaacc,
        ]
        done = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 12 * math.pi / 180
        return self.state, 1.0, done


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(4, 64)
        self.dropout = nn.Dropout(p=0.3)
        self.action_head = nn.Linear(64, 2)
        self.value_head = nn.Linear(64, 1)

    def forward(self, x):
        x = F.relu(self.dropout(self.affine1(x)))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x)


env = CartPole()
policy = Policy()
optimizer = optim.Adam(policy.parameters(), lr=1e-2)
eps = torch.finfo(torch.float32).eps
recent = deque(maxlen=10)

for episode in range(1, 31):
    state, log_probs, values, rewards, entropies = env.reset(), [], [], [], []
    for t in range(100):
        probs, value = policy(torch.tensor(state))
        m = Categorical(probs)
        action = m.sample()
        log_probs.append(m.log_prob(action))
        entropies.append(m.entropy())
        values.append(value)
        state, reward, done = env.step(action.item())
        rewards.append(reward)
        if done:
            break

    R, returns = 0, deque()
    for r in rewards[::-1]:
        R = r + 0.99 * R
        returns.appendleft(R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    values = torch.cat(values)
    advantage = returns - values.detach()
    policy_loss = -(torch.stack(log_probs) * advantage).sum()
    value_loss = F.smooth_l1_loss(values, returns, reduction="sum")
    loss = policy_loss + value_loss - 0.01 * torch.stack(entropies).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

    recent.append(len(rewards))
    if episode % 5 == 0:
        print(
            f"Episode {episode}\tLast length: {len(rewards)}\t"
            f"Average length: {sum(recent) / len(recent):.2f}\tloss {loss.item():.3f}"
        )

if len(sys.argv) > 1:
    torch.save(policy.state_dict(), sys.argv[1])
