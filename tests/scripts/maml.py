"""Second derivatives: model-agnostic meta-learning of sines, and a critic with a gradient penalty."""

import sys

import torch
import torch.nn.functional as F
from torch import autograd, nn

torch.manual_seed(11)


class SineTask:
    def __init__(self):
        self.amplitude = torch.rand(1) * 4.9 + 0.1
        self.phase = torch.rand(1) * torch.pi

    def sample(self, k):
        x = torch.rand(k, 1) * 10 - 5
        return x, self.amplitude * torch.sin(x + self.phase)


def init_params():
    sizes = [1, 24, 24, 1]
    params = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:]):
        params.append((torch.randn(n_out, n_in) * (2.0 / n_in) ** 0.5).requires_grad_())
        params.append(torch.zeros(n_out, requires_grad=True))
    return params


def forward(x, params):
    for i in range(0, len(params) - 2, 2):
        x = torch.relu(F.linear(x, params[i], params[i + 1]))
    return F.linear(x, params[-2], params[-1])


def adapt(params, task, steps, lr=0.01, create_graph=True):
    x, y = task.sample(10)
    for _ in range(steps):
        loss = F.mse_loss(forward(x, params), y)
        grads = torch.autograd.grad(loss, params, create_graph=create_graph)
        params = [p - lr * g for p, g in zip(params, grads)]
    return params


meta_params = init_params()
meta_optimizer = torch.optim.Adam(meta_params, lr=1e-3)
for iteration in range(20):
    meta_optimizer.zero_grad()
    outer_loss = 0.0
    for _ in range(4):
        task = SineTask()
        fast = adapt(meta_params, task, steps=2)
        x, y = task.sample(10)
        outer_loss = outer_loss + F.mse_loss(forward(x, fast), y) / 4
    outer_loss.backward()
    meta_optimizer.step()
    if iteration % 5 == 0:
        print(
            f"iteration {iteration} meta loss {outer_loss.item():.4f} "
            f"grad norm {sum(p.grad.pow(2).sum() for p in meta_params).sqrt():.4f}"
        )

task = SineTask()
x, y = task.sample(50)
before = F.mse_loss(forward(x, meta_params), y)
after = F.mse_loss(forward(x, adapt(meta_params, task, 5, create_graph=False)), y)
print(f"new task: {before:.4f} before, {after:.4f} after five steps")


class Critic(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.Softplus(), nn.Linear(32, 1)
        )


def gradient_penalty(critic, real, fake):
    alpha = torch.rand(real.size(0), 1)
    interpolates = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    gradients = autograd.grad(
        outputs=critic(interpolates),
        inputs=interpolates,
        grad_outputs=torch.ones(real.size(0), 1),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


critic = Critic()
optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.0, 0.9))
for step in range(30):
    real, fake = torch.randn(64, 2) + 2, torch.randn(64, 2)
    penalty = gradient_penalty(critic, real, fake)
    loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 9:
        print(f"critic step {step} loss {loss.item():.4f} penalty {penalty.item():.4f}")

hessian = torch.autograd.functional.hessian(lambda v: critic(v).sum(), torch.tensor([[0.5, -0.5]]))
print("hessian", hessian.reshape(2, 2))

if len(sys.argv) > 1:
    torch.save(
        {"meta": [p.detach() for p in meta_params], "critic": critic.state_dict()}, sys.argv[1]
    )
