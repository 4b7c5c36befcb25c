"""Digits squeezed into four noisy numbers and back: a variational autoencoder."""

import sys

import torch
import torch.utils.data
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

LATENT = 4
torch.manual_seed(31)
gpu = torch.device("cuda" if torch.cuda.is_available() else "cpu")
pixels = torch.tensor(load_digits().data / 16).float()
learn = torch.utils.data.DataLoader(pixels[:1000], batch_size=125, shuffle=True)
check = torch.utils.data.DataLoader(pixels[1000:1400], batch_size=200)


class NoisyCode(nn.Module):
    def __init__(self, inside=48):
        super().__init__()
        self.squeeze = nn.Sequential(
            nn.Linear(64, inside), nn.ReLU(), nn.Linear(inside, 2 * LATENT)
        )
        self.unfold = nn.Sequential(nn.Linear(LATENT, inside), nn.ReLU(), nn.Linear(inside, 64))

    def draw(self, code):
        return torch.sigmoid(self.unfold(code))

    def cost(self, image, weight=1.0):
        """Nats per image: what the picture loses, and weight times what the code tells."""
        middle, log_spread = self.squeeze(image.view(-1, 64)).chunk(2, dim=1)
        code = middle + torch.exp(log_spread) * torch.randn_like(log_spread)
        lost = F.binary_cross_entropy(self.draw(code), image.view(-1, 64), reduction="sum")
        told = torch.sum(middle.pow(2) + (2 * log_spread).exp() - 1) / 2 - log_spread.sum()
        return lost / len(image), weight * told / len(image)


def one_pass(net, batches, optimizer=None, weight=1.0):
    net.train(optimizer is not None)
    totals = torch.zeros(2)
    for image in batches:
        with torch.set_grad_enabled(net.training):
            lost, told = net.cost(image.to(gpu), weight)
        if optimizer:
            optimizer.zero_grad()
            (lost + told).backward()
            optimizer.step()
        totals += torch.stack([lost, told]).detach().cpu() * len(image) / len(batches.dataset)
    return totals


net = NoisyCode().to(gpu)
optimizer = torch.optim.Adam(net.parameters(), lr=8e-3)
for round, weight in enumerate([0.25, 0.5, 1.0]):  # the code first learns to say something
    lost, told = one_pass(net, learn, optimizer, weight)
    print("round {} learned: picture {:.3f} code {:.3f}".format(round, lost, told))
    print("        checked: picture {:.3f} code {:.3f}".format(*one_pass(net, check)))

with torch.no_grad():
    dreams = net.draw(torch.randn(3, LATENT, device=gpu)).view(3, 8, 8)
print("brightness of dreams", dreams.mean(dim=(1, 2)))
for row in dreams[0]:
    print("".join(".:*#"[min(int(value * 4), 3)] for value in row))

if len(sys.argv) > 1:
    torch.save(net.state_dict(), sys.argv[1])
