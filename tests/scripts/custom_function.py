"""Derivatives written by hand: a soft distance, a switch without a slope, a scaling of rows."""

import math
import sys

import torch
from torch import nn
from torch.autograd import Function, gradcheck, gradgradcheck


class LogCosh(Function):
    """log cosh x: x^2/2 near zero, |x| far away, and nowhere too large for its type."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        far = x.abs()
        return far + torch.log1p(torch.exp(-2 * far)) - math.log(2)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * torch.tanh(x)


class Switch(Function):
    """-1 or 1 at so many levels; backward as if it were the identity between -1 and 1."""

    @staticmethod
    def forward(ctx, x, levels):
        ctx.mark_non_differentiable()
        ctx.open = x.abs() <= 1
        return torch.round(x.clamp(-1, 1) * levels) / levels

    @staticmethod
    def backward(ctx, grad):
        return (grad * ctx.open if ctx.needs_input_grad[0] else None), None


class ScaleRows(Function):
    @staticmethod
    def forward(rows, scale):
        return rows * scale.unsqueeze(1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad):
        rows, scale = ctx.saved_tensors
        return grad * scale.unsqueeze(1), grad.mul(rows).sum(1)


torch.manual_seed(40)
soft, exact = LogCosh.apply, torch.double
rows = torch.randn(4, 3, dtype=exact, requires_grad=True)
scale = torch.randn(4, dtype=exact, requires_grad=True)
print("scale rows:", gradcheck(ScaleRows.apply, (rows, scale), eps=1e-6, atol=1e-4))
print("log cosh:", gradcheck(soft, (rows,)), gradgradcheck(soft, (rows,)))
print("far away:", soft(torch.tensor([-400.0, 0.0, 400.0])))

# A wave with some readings far off, which a soft distance does not mind.
t = torch.linspace(0, 3, 120, dtype=exact)
wave = 1.5 * torch.sin(2 * t + 0.4)
wave[::17] += 5
high, fast, late = (torch.full((), v, dtype=exact, requires_grad=True) for v in (1.0, 1.8, 0.0))
for step in range(120):
    loss = soft(high * torch.sin(fast * t + late) - wave).sum()
    loss.backward()
    with torch.no_grad():
        for number in (high, fast, late):
            number -= 2e-3 * number.grad
            number.grad = None
    if step % 40 == 39:
        print(
            f"{step}: {loss.item():.6f} {high.item():.4f} sin({fast.item():.4f} t + {late.item():.4f})"
        )


class Switches(nn.Module):
    """Few levels for the weights, fewer for what is inside."""

    def __init__(self):
        super().__init__()
        self.into, self.out = nn.Linear(3, 20), nn.Linear(20, 1)

    def forward(self, x):
        rough = Switch.apply(self.into.weight, 16)
        inside = Switch.apply((x.mm(rough.t()) + self.into.bias).tanh(), 8)
        return self.out(inside)


net, lengths = Switches(), []
net.into.weight.register_hook(lambda grad: lengths.append(grad.norm().item()))
optimizer = torch.optim.RMSprop(net.parameters(), lr=2e-3)
x = torch.rand(96, 3) * 2 - 1
y = x[:, :1] * x[:, 1:2] + x.prod(1, keepdim=True)
for _ in range(15):
    loss = soft(net(x) - y).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"switches: {loss.item():.4f}, slopes from {lengths[0]:.4f} to {lengths[-1]:.4f}")

if len(sys.argv) > 1:
    numbers = [number.detach() for number in (high, fast, late)]
    torch.save(numbers + [net.state_dict()], sys.argv[1])
