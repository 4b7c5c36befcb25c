"""Deep Q-learning in a windy corridor: replay memory, a target network, epsilon that decays."""

import copy
import random
import sys
from collections import deque, namedtuple

import numpy as np
import torch
import torch.nn as nn

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward", "done"))
random.seed(0)
np.random.seed(0)
torch.manual_seed(0)


class Corridor:
    """Start in the middle of nine cells; the right end pays 1, the left 0.2, wind pushes back."""

    length = 9

    def reset(self):
        self.position, self.time = self.length // 2, 0
        return self.observe()

    def observe(self):
        one_hot = np.zeros(self.length, dtype=np.float32)
        one_hot[self.position] = 1.0
        return one_hot

    def step(self, action):
        self.time += 1
        move = 1 if action == 1 else -1
        if random.random() < 0.1:
            move = -1
        self.position = min(max(self.position + move, 0), self.length - 1)
        reward = {0: 0.2, self.length - 1: 1.0}.get(self.position, -0.01)
        done = self.position in (0, self.length - 1) or self.time >= 40
        return self.observe(), reward, done


class DQN(nn.Module):
    def __init__(self, n_observations: int, n_actions: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_observations, 32), nn.ReLU())
        self.value, self.advantage = nn.Linear(32, 1), nn.Linear(32, n_actions)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.body(x)
        advantage = self.advantage(h)
        return self.value(h) + advantage - advantage.mean(-1, keepdim=True)


env = Corridor()
policy_net = DQN(env.length, 2)
target_net = copy.deepcopy(policy_net).requires_grad_(False)
optimizer = torch.optim.AdamW(policy_net.parameters(), lr=5e-3, amsgrad=True)
memory = deque([], maxlen=2000)
epsilon, gamma, tau = 1.0, 0.97, 0.05


def select_action(state):
    if random.random() < epsilon:
        return random.randrange(2)
    with torch.no_grad():
        return policy_net(torch.from_numpy(state).unsqueeze(0)).max(1).indices.item()


def optimize():
    if len(memory) < 32:
        return None
    batch = Transition(*zip(*random.sample(memory, 32)))
    state = torch.as_tensor(np.stack(batch.state))
    action = torch.tensor(batch.action).view(-1, 1)
    next_state = torch.as_tensor(np.stack(batch.next_state))
    reward = torch.tensor(batch.reward, dtype=torch.float32)
    done = torch.tensor(batch.done, dtype=torch.bool)

    q = policy_net(state).gather(1, action)
    with torch.no_grad():
        best = policy_net(next_state).argmax(1, keepdim=True)  # double Q-learning
        next_q = target_net(next_state).gather(1, best).squeeze(1)
        expected = torch.where(done, reward, reward + gamma * next_q)
    loss = nn.functional.smooth_l1_loss(q, expected[:, None])
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    with torch.no_grad():
        for target, source in zip(target_net.parameters(), policy_net.parameters()):
            target.lerp_(source, tau)
    return loss.item()


rewards = []
for episode in range(24):
    state, total, done = env.reset(), 0.0, False
    while not done:
        action = select_action(state)
        next_state, reward, done = env.step(action)
        memory.append(Transition(state, action, next_state, reward, done))
        state, total = next_state, total + reward
        loss = optimize()
    epsilon = max(0.05, epsilon * 0.9)
    rewards.append(total)
    if episode % 6 == 5:
        print(
            f"episode {episode} mean reward {np.mean(rewards[-6:]):.3f} epsilon {epsilon:.3f} loss {loss:.5f}"
        )
values = policy_net(torch.eye(env.length))
print("greedy:", "".join("<>"[i] for i in values.argmax(1)))

if len(sys.argv) > 1:
    torch.save(policy_net.state_dict(), sys.argv[1])
