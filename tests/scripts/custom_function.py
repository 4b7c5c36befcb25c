"""Autograd functions of one's own: a polynomial, a rounding with a straight-through gradient."""

import sys

import torch
from torch import nn
from torch.autograd import Function, gradcheck


class LegendrePolynomial3(Function):
    """P3(x) = (5x^3 - 3x) / 2."""

    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)


class RoundSTE(Function):
    """Rounds to 1/levels going forward, passes the gradient through inside [-1, 1]."""

    @staticmethod
    def forward(ctx, x, levels):
        ctx.mark_non_differentiable()
        ctx.inside = x.abs() <= 1
        return torch.round(x * levels) / levels

    @staticmethod
    def backward(ctx, grad_output):
        grad = grad_output * ctx.inside if ctx.needs_input_grad[0] else None
        return grad, None


class LinearFunction(Function):
    @staticmethod
    def forward(input, weight, bias):
        return input.mm(weight.t()) + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        input, weight, _ = inputs
        ctx.save_for_backward(input, weight)

    @staticmethod
    def backward(ctx, grad_output):
        input, weight = ctx.saved_tensors
        return grad_output.mm(weight), grad_output.t().mm(input), grad_output.sum(0)


torch.manual_seed(0)
dtype = torch.double
x = torch.linspace(-1, 1, 200, dtype=dtype)
y = torch.sin(3 * x)
a, b, c, d = (torch.full((), v, dtype=dtype, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3))
P3 = LegendrePolynomial3.apply
for t in range(200):
    y_pred = a + b * P3(c + d * x)
    loss = (y_pred - y).pow(2).sum()
    if t % 50 == 49:
        print(t, loss.item())
    loss.backward()
    with torch.no_grad():
        for p in (a, b, c, d):
            p -= 5e-4 * p.grad
            p.grad = None
print(f"Result: y = {a.item():.6f} + {b.item():.4f} * P3({c.item():.6f} + {d.item():.4f} x)")

input = (
    torch.randn(5, 3, dtype=dtype, requires_grad=True),
    torch.randn(2, 3, dtype=dtype, requires_grad=True),
    torch.randn(2, dtype=dtype, requires_grad=True),
)
print("gradcheck:", gradcheck(LinearFunction.apply, input, eps=1e-6, atol=1e-4))
print(
    "gradgradcheck:",
    torch.autograd.gradgradcheck(P3, (torch.randn(4, dtype=dtype, requires_grad=True),)),
)


class QuantizedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2 = nn.Linear(4, 16), nn.Linear(16, 1)

    def forward(self, x):
        h = torch.tanh(nn.functional.linear(x, RoundSTE.apply(self.l1.weight, 8), self.l1.bias))
        return self.l2(RoundSTE.apply(h, 4))


net = QuantizedNet()
grad_norms = []
net.l1.weight.register_hook(lambda grad: grad_norms.append(grad.norm().item()))
optimizer = torch.optim.RMSprop(net.parameters(), lr=5e-3)
inputs = torch.rand(128, 4) * 2 - 1
targets = inputs.prod(1, keepdim=True) + inputs[:, :1]
for step in range(30):
    loss = nn.functional.mse_loss(net(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(
    f"quantized: loss {loss.item():.4f}, first and last gradient norms "
    f"{grad_norms[0]:.4f} {grad_norms[-1]:.4f}"
)

if len(sys.argv) > 1:
    torch.save([a.detach(), b.detach(), c.detach(), d.detach(), net.state_dict()], sys.argv[1])
