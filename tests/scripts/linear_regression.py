"""What does a taxi charge? A straight line through rides, found in three ways."""

import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(12)
PER_KM, PER_MINUTE, AT_START = 1.7, 0.6, 3.5

# Rides in units around their mean, fares with a few cents of noise.
rides = torch.normal(0, 1, (600, 2))
fares = torch.matmul(rides, torch.tensor([PER_KM, PER_MINUTE])) + AT_START
fares = (fares + torch.normal(0.0, 0.05, fares.shape)).reshape(-1, 1)
print("first ride", rides[0], "costs", fares[0])


def descend(rate=0.05, batch=20, rounds=3):
    """Gradient descent with nothing but tensors."""
    slope = torch.normal(0, 0.1, size=(2, 1), requires_grad=True)
    start = torch.zeros(1, requires_grad=True)
    for round in range(rounds):
        for some in torch.randperm(len(rides)).split(batch):
            miss = rides[some] @ slope + start - fares[some]
            (miss**2).mean().backward()
            with torch.no_grad():
                for number in (slope, start):
                    number -= rate * number.grad
                    number.grad.zero_()
        with torch.no_grad():
            miss = rides @ slope + start - fares
            print(f"  round {round}: worst {float(miss.abs().max()):.4f} mean {miss.mean():.5f}")
    return slope, start


def fit_layer(rate=0.05, rounds=3):
    """The same with a layer, a loss, a loader and an optimizer."""
    meter = nn.Sequential(nn.Linear(2, 1))
    meter[0].weight.data.normal_(0, 0.1)
    meter[0].bias.data.fill_(0)
    optimizer = torch.optim.SGD(meter.parameters(), lr=rate)
    square = nn.MSELoss()
    for round in range(rounds):
        for ride, fare in DataLoader(TensorDataset(rides, fares), batch_size=20, shuffle=True):
            optimizer.zero_grad()
            square(meter(ride), fare).backward()
            optimizer.step()
        print(f"  round {round}: {square(meter(rides), fares):f}")
    return meter


print("by hand")
slope, start = descend()
print("with a layer")
meter = fit_layer()
print("at once")
exact = torch.linalg.lstsq(torch.cat([rides, torch.ones(600, 1)], dim=1), fares).solution
print("  ", exact.flatten())
print("by hand is off by", (slope - exact[:2]).detach().flatten(), start.detach() - exact[2])
print("the layer is off by", meter[0].weight.data - exact[:2].T, meter[0].bias.data - exact[2])

if len(sys.argv) > 1:
    torch.save({"slope": slope, "start": start, "meter": meter.state_dict()}, sys.argv[1])
