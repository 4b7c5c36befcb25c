"""A generative adversarial network that learns a ring of Gaussians."""

import math
import sys

import torch
import torch.nn as nn

torch.manual_seed(0)
latent_dim = 4


def real_samples(n):
    angle = torch.randint(0, 8, (n,)).float() * (2 * math.pi / 8)
    centers = torch.stack((angle.cos(), angle.sin()), dim=1)
    return 2 * centers + 0.05 * torch.randn(n, 2)


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Linear") != -1:
        nn.init.xavier_uniform_(m.weight)
        if m.bias is not None:
            m.bias.data.zero_()
    elif classname.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)


netG = nn.Sequential(
    nn.Linear(latent_dim, 32, bias=False),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.Linear(32, 32),
    nn.ReLU(),
    nn.Linear(32, 2),
)
netD = nn.Sequential(
    nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1)
)
netG.apply(weights_init)
netD.apply(weights_init)
print(netG)

criterion = nn.BCEWithLogitsLoss()
optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
fixed_noise = torch.randn(64, latent_dim)
real_label, fake_label = 1.0, 0.0

for step in range(60):
    # (1) the discriminator: real samples, then fake ones
    netD.zero_grad()
    real = real_samples(64)
    label = torch.full((64,), real_label, dtype=torch.float)
    output = netD(real).view(-1)
    errD_real = criterion(output, label)
    errD_real.backward()
    D_x = torch.sigmoid(output).mean().item()

    noise = torch.randn(64, latent_dim)
    fake = netG(noise)
    label.fill_(fake_label)
    output = netD(fake.detach()).view(-1)
    errD_fake = criterion(output, label)
    errD_fake.backward()
    errD = errD_real + errD_fake
    optimizerD.step()

    # (2) the generator: make the discriminator say "real"
    netG.zero_grad()
    label.fill_(real_label)
    errG = criterion(netD(fake).view(-1), label)
    errG.backward()
    optimizerG.step()

    if step % 10 == 0:
        print(
            "[%d/60]\tLoss_D: %.4f\tLoss_G: %.4f\tD(x): %.4f"
            % (step, errD.item(), errG.item(), D_x)
        )

netG.eval()
with torch.no_grad():
    points = netG(fixed_noise)
print("mean radius", points.norm(dim=1).mean(), "std", points.std(0))

if len(sys.argv) > 1:
    torch.save({"generator": netG.state_dict(), "discriminator": netD.state_dict()}, sys.argv[1])
