"""A generator learns to scatter points on a ring of eight spots; a critic judges its forgeries."""

import math
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
NOISE, BATCH = 4, 64


def ring(count):
    spots = torch.arange(8) * (math.tau / 8)
    centres = 2 * torch.stack((spots.cos(), spots.sin()), dim=1)
    return centres[torch.randint(len(centres), (count,))] + 0.05 * torch.randn(count, 2)


@torch.no_grad()
def start_small(layer):
    if isinstance(layer, nn.Linear):
        nn.init.xavier_uniform_(layer.weight, gain=0.8)
        if layer.bias is not None:
            layer.bias.zero_()
    elif isinstance(layer, nn.BatchNorm1d):
        layer.weight.normal_(1.0, 0.05)


forger = nn.Sequential(
    nn.Linear(NOISE, 32, bias=False),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.Linear(32, 32),
    nn.ReLU(),
    nn.Linear(32, 2),
).apply(start_small)
critic = nn.Sequential(
    nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1)
).apply(start_small)
print(forger, critic)

settings = {"betas": (0.5, 0.99)}
critic_optimizer = torch.optim.Adam(critic.parameters(), lr=2e-3, **settings)
forger_optimizer = torch.optim.Adam(forger.parameters(), lr=1e-3, **settings)
real, forged = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)

for step in range(1, 61):
    forgery = forger(torch.randn(BATCH, NOISE))
    verdict = critic(ring(BATCH))
    critic_loss = F.binary_cross_entropy_with_logits(
        verdict, real
    ) + F.binary_cross_entropy_with_logits(critic(forgery.detach()), forged)
    critic_optimizer.zero_grad()
    critic_loss.backward()
    critic_optimizer.step()

    critic.requires_grad_(False)  # it only judges now
    forger_loss = F.binary_cross_entropy_with_logits(critic(forgery), real)
    forger_optimizer.zero_grad()
    forger_loss.backward()
    forger_optimizer.step()
    critic.requires_grad_(True)
    if step % 10 == 0:
        print(
            f"{step:3d} critic {critic_loss:.4f} forger {forger_loss:.4f} "
            f"real ones believed {verdict.sigmoid().mean():.3f}"
        )

forger.eval()
with torch.no_grad():
    points = forger(torch.randn(200, NOISE))
print("radius", points.norm(dim=1).mean().item(), "spread", points.std(0))

if len(sys.argv) > 1:
    torch.save({"forger": forger.state_dict(), "critic": critic.state_dict()}, sys.argv[1])
