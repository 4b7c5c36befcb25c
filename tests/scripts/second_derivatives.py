"""Gradients of gradients: a swing's equation, learned step sizes, a Newton step."""

import sys

import torch
from torch import autograd, nn
from torch.nn import functional as F

torch.manual_seed(19)


class Swing(nn.Sequential):
    """A network whose curve y(t) shall obey y'' = -y, y(0) = 1, y'(0) = 0: the cosine."""

    def __init__(self, width=24):
        super().__init__(
            nn.Linear(1, width),
            nn.Tanh(),
            nn.Linear(width, width),
            nn.Softplus(),
            nn.Linear(width, 1),
        )

    def with_slopes(self, t):
        t = t.detach().requires_grad_(True)
        y = self(t)
        (speed,) = autograd.grad(y, t, torch.ones_like(y), create_graph=True)
        push = autograd.grad(
            outputs=speed,
            inputs=t,
            grad_outputs=torch.ones_like(speed),
            create_graph=True,
            retain_graph=True,
            only_inputs=True,
        )[0]
        return y, speed, push


swing = Swing()
optimizer = torch.optim.Adam(swing.parameters(), lr=5e-3, betas=(0.8, 0.99))
for step in range(60):
    y, _, push = swing.with_slopes(torch.rand(40, 1) * torch.pi)
    y0, speed0, _ = swing.with_slopes(torch.zeros(1, 1))
    loss = (push + y).pow(2).mean() + ((y0 - 1) ** 2 + speed0**2).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 15 == 14:
        print(f"swing {step}: {loss.item():.4f}, as fast as {speed0.item():+.4f} at rest")


# Two steps of descent on a new curve, whose sizes and starting point are learned by descent.
def curve(x, numbers):
    w1, b1, w2, b2 = numbers
    return F.linear(torch.relu(F.linear(x, w1, b1)), w2, b2)


def after_two_steps(numbers, sizes, x, y, again=True):
    for _ in range(2):
        slopes = torch.autograd.grad(F.mse_loss(curve(x, numbers), y), numbers, create_graph=again)
        numbers = [n - size.exp() * slope for n, size, slope in zip(numbers, sizes, slopes)]
    return numbers


def new_curve():
    tip, steep = torch.rand(1) - 0.5, torch.rand(1) + 0.5
    x = torch.rand(24, 1) * 2 - 1
    return x.split(12), (steep * (x - tip).abs()).split(12)


numbers = [torch.randn(16, 1) * 0.7, torch.zeros(16), torch.randn(1, 16) * 0.3, torch.zeros(1)]
sizes = [torch.full((), -3.0) for _ in numbers]
optimizer = torch.optim.Adam([t.requires_grad_() for t in numbers + sizes], lr=1e-2)
for step in range(24):
    optimizer.zero_grad()
    total = 0.0
    for _ in range(3):
        (x, x_new), (y, y_new) = new_curve()
        total = total + F.mse_loss(curve(x_new, after_two_steps(numbers, sizes, x, y)), y_new) / 3
    total.backward()
    optimizer.step()
    if step % 6 == 5:
        length = sum(n.grad.pow(2).sum() for n in numbers).sqrt()
        print(f"curves {step}: {total.item():.4f} slope {length:.4f}")
(x, x_new), (y, y_new) = new_curve()
before = F.mse_loss(curve(x_new, numbers), y_new)
after = F.mse_loss(curve(x_new, after_two_steps(numbers, sizes, x, y, again=False)), y_new)
print(f"a new curve: {before:.4f}, then {after:.4f}; step sizes", torch.stack(sizes).detach().exp())


def bowl(v):
    return (v**4).sum() / 4 + v.prod() + (v - 1).pow(2).sum()


point = torch.tensor([1.5, -0.5])
for _ in range(3):
    hessian = torch.autograd.functional.hessian(bowl, point)
    slope = torch.autograd.functional.jacobian(bowl, point)
    point = point - torch.linalg.solve(hessian, slope)
print("lowest at", point, "with", hessian)

if len(sys.argv) > 1:
    numbers = [n.detach() for n in numbers]
    torch.save({"swing": swing.state_dict(), "numbers": numbers}, sys.argv[1])
