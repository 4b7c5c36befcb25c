"""Distributions: a Gaussian mixture by gradient descent, and variational Bayesian regression."""

import sys

import torch
import torch.distributions as D
from torch import nn
from torch.nn import functional as F

torch.manual_seed(8)

# --- a mixture of three Gaussians in the plane, by maximum likelihood
true = D.MixtureSameFamily(
    D.Categorical(torch.tensor([0.5, 0.3, 0.2])),
    D.Independent(
        D.Normal(
            torch.tensor([[-2.0, 0.0], [2.0, 1.0], [0.0, 3.0]]),
            torch.tensor([[0.5, 0.8], [0.6, 0.4], [0.4, 0.4]]),
        ),
        1,
    ),
)
data = true.sample((400,))
print("data", data.shape, "mean", data.mean(0), "true", true.mean)


class Mixture(nn.Module):
    def __init__(self, k=3):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(k))
        self.loc = nn.Parameter(torch.randn(k, 2))
        self.raw_scale = nn.Parameter(torch.zeros(k, 2))

    def forward(self):
        components = D.Independent(D.Normal(self.loc, F.softplus(self.raw_scale)), 1)
        return D.MixtureSameFamily(D.Categorical(logits=self.logits), components)


mixture = Mixture()
optimizer = torch.optim.Adam(mixture.parameters(), lr=0.1)
for step in range(60):
    loss = -mixture().log_prob(data).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 15 == 0:
        print(f"step {step} negative log likelihood {loss.item():.4f}")
print("weights", mixture().mixture_distribution.probs.detach())

# --- Bayesian regression: a Normal posterior over the weights, by stochastic variational inference
x = torch.linspace(-1, 1, 64).unsqueeze(1)
features = torch.cat([torch.ones_like(x), x, x**2], 1)
y = features @ torch.tensor([0.5, -1.0, 2.0]) + 0.1 * torch.randn(64)
prior = D.Normal(torch.zeros(3), torch.ones(3))


class Posterior(nn.Module):
    def __init__(self):
        super().__init__()
        self.mu = nn.Parameter(torch.zeros(3))
        self.rho = nn.Parameter(torch.full((3,), -2.0))

    def forward(self):
        return D.Normal(self.mu, torch.log1p(torch.exp(self.rho)))


posterior = Posterior()
optimizer = torch.optim.Adam(posterior.parameters(), lr=0.05)
for step in range(80):
    q = posterior()
    w = q.rsample((4,))
    likelihood = D.Normal(w @ features.T, 0.1).log_prob(y).sum(-1).mean()
    kl = D.kl_divergence(q, prior).sum()
    loss = kl - likelihood
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 19:
        print(f"step {step} elbo {-loss.item():.3f} kl {kl.item():.3f}")
q = posterior()
print("posterior mean", q.mean.detach(), "stddev", q.stddev.detach())
print(
    "entropy",
    q.entropy().sum().item(),
    "inside one sigma",
    D.Normal(0.0, 1.0).cdf(torch.tensor(1.0)).item(),
)
coin = D.Beta(torch.tensor(2.0 + 7), torch.tensor(2.0 + 3))
print("mean", coin.mean.item(), "draws", D.Bernoulli(coin.mean).sample((5,)))

if len(sys.argv) > 1:
    torch.save([mixture.state_dict(), posterior.state_dict()], sys.argv[1])
