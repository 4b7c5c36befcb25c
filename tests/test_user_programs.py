"""Short programs of the kind that users type, run line by line in both libraries, which must print the same.

A line shows its value as the interpreter does; an exception is printed and the next line runs. What stands here is what the tables of single
operations and layers do not reach: several parts of the library at once, the printed form of things, NumPy on tensors, everyday mistakes.
"""

from __future__ import annotations

import ast
import collections
import contextlib
import copy
import io
import math
import pickle
import random
import re
import sys
import textwrap
import warnings
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import SAME_WORDS, first_line

NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:e[-+]?\d+)?")

# Numbers are printed with four digits, of which the last may have been rounded the other way.
RELATIVE, ABSOLUTE = 2e-4, 2e-6

PROGRAMS = {
    "ufuncs of NumPy take tensors": """
        t = torch.arange(4.)
        np.exp(t), np.sqrt(t), np.add(t, 1), np.maximum(t, 2), np.abs(-t), np.power(t, 2)
        np.isnan(t), np.isfinite(t).dtype, np.modf(t + .5), np.add.reduce(t)
        np.matmul(t, t), np.negative(torch.tensor(2)), type(np.sin(t)).__name__
    """,
    "other functions of NumPy take tensors": """
        t = torch.tensor([3., 1., 2., 0.])
        np.reshape(t, (2, 2)), np.argsort(t), np.cumsum(t), np.repeat(t, 2), np.take(t, [0])
        np.transpose(t), np.concatenate([t, t]), np.where(t > 1, t, 0), np.allclose(t, t)
        np.sort(t), np.stack([t, t]).shape, np.linalg.norm(t), np.asarray(t, dtype=np.float64)
    """,
    "numbers of NumPy beside tensors": """
        t = torch.arange(3.)
        np.float64(2) * t, t * np.float64(2), np.float32(2) - t, np.int64(3) + t.int()
        t.int() + np.float64(1.5), t ** np.float64(2), np.float64(1) < t, t / np.int64(2)
        np.float64(3) == torch.tensor(3.), 2 ** torch.tensor([1, 2]), 7 % torch.tensor([3, -3])
        torch.ones(2, dtype=torch.float64) * np.ones(2, dtype=np.float32)
        w = torch.ones(3, requires_grad=True)
        (np.float64(2) * w).sum().backward()
        w.grad
        total = np.zeros(3)
        total[:] = t
        total
    """,
    "tensors of numbers of NumPy": """
        torch.tensor([np.float32(1), 2]), torch.tensor([np.int64(1), 2.5])
        torch.tensor([1, np.float64(2)]), torch.tensor([[1], [np.float32(2)]])
        torch.tensor([np.int8(1), np.int8(2)]), torch.tensor([np.int32(1), 2])
        torch.tensor([1.5, np.float64(2)]), torch.tensor([np.complex64(1), 1.])
        torch.tensor([torch.tensor([1.])]), torch.tensor([torch.tensor([[1.]]), 2])
        torch.tensor(np.float64(1.5)), torch.tensor(np.float32(1.5)), torch.tensor(np.bool_(True))
    """,
    "mistakes": """
        w = torch.randn(3, requires_grad=True)
        torch.tensor([1, 2]).requires_grad_()
        torch.tensor([torch.tensor([1, 2]), torch.tensor([3, 4])])
        torch.tensor([torch.tensor([1., 2.])])
        torch.tensor([300], dtype=torch.uint8)
        torch.zeros(2.5)
        torch.randn('a')
        torch.zeros((2, 2.5))
        torch.zeros(2, 3.)
        torch.median([1, 2])
        torch.cumsum([1], 0)
        torch.zeros(3).index_add(0, torch.tensor([0]), torch.ones(2))
        torch.zeros(3).index_copy(0, torch.tensor([0]), torch.ones(2))
        torch.zeros(3).scatter_add(0, torch.tensor([0]), torch.tensor([1]))
        np.exp(w)
        (w * 2).numpy()
        w[0] = 1
        w.backward()
        w.data = torch.zeros(3).int()
        [1, 2][torch.tensor([0, 1])]
        math.trunc(torch.tensor(2.5))
        torch.tensor([[1, 2], [3]])
        nn.Sequential(nn.Linear(1, 1), 3)
        nn.Linear(2, 2).load_state_dict({'weight': torch.zeros(3, 2), 'x': 1})
        torch.optim.SGD([w * 2], lr=0.1)
        DataLoader([1, 2], batch_size=0)
        list(DataLoader([torch.ones(2), torch.ones(3)], batch_size=2))
    """,
    "warnings": """
        warnings.simplefilter('always')
        torch.std(torch.ones(1))
        torch.ones(1, 3).var(0)
        torch.ones(2).new_tensor(torch.ones(2))
        (torch.ones(2, requires_grad=True) * 2).grad
        F.mse_loss(torch.ones(2, 1), torch.ones(2))
    """,
    "printed forms": """
        torch.set_grad_enabled(True), torch.Generator().device
        torch.arange(2000.), torch.randn(3, 4) * 1e5, torch.tensor([1e-8, 1., 1e8])
        torch.ones(2, 3).T.shape, torch.tensor(1.).permute(())
        torch.zeros(2, 0, 3), torch.tensor([1 + 2j]), torch.randn(2, 2).half(), torch.tensor(-0.)
        torch.Size([1, 2]), torch.device('cuda:1'), torch.finfo(torch.float32), torch.iinfo(torch.int8)
        f"{torch.tensor(3.14159):.3f} {torch.tensor(7):d} {torch.tensor([1.])} {torch.tensor(2.):>6}|"
        nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.Sequential(nn.ReLU(), nn.Dropout(.3)))
        nn.ParameterList([torch.ones(2)]), nn.ModuleDict({'a': nn.Identity()}), nn.LSTM(3, 4, 2)
        torch.optim.Adam([nn.Parameter(torch.ones(1))])
        D.MixtureSameFamily(D.Categorical(torch.ones(2)), D.Normal(torch.zeros(2), torch.ones(2)))
        F.elu(torch.tensor([-0., 0.])), F.selu(torch.tensor([-0.]))
    """,
    "Python's protocols": """
        x = torch.arange(6).view(2, 3)
        [r.sum() for r in x], 3 in x, bool(torch.tensor(0)), len(x), list(reversed(torch.arange(2)))
        [10, 20][torch.tensor(1)], range(torch.tensor(3)), sum([torch.tensor(1), torch.tensor(2)])
        max(torch.tensor([1., 5.])), sorted(torch.tensor([3., 1.])), math.sqrt(torch.tensor(4))
        round(torch.tensor(2.567), 1), divmod(torch.tensor(7), 2), 0 < torch.tensor(1) < 2
        '%d %.2f' % (torch.tensor(3), torch.tensor(1.5)), {torch.float32: 1}[torch.float]
        a, b = torch.tensor([1, 2])
        a, b, hash(x) == id(x), x is not None and not torch.tensor(0)
        pickle.loads(pickle.dumps([x[1:], torch.float16, torch.Size([2]), nn.Parameter(torch.ones(1))]))
        copy.deepcopy(torch.ones(2, requires_grad=True))
    """,
    "a user's optimizer and scheduler": """
        class Momentum(torch.optim.Optimizer):
            def __init__(self, params, lr=0.1):
                super().__init__(params, dict(lr=lr))
            @torch.no_grad()
            def step(self, closure=None):
                for group in self.param_groups:
                    for p in group['params']:
                        buf = self.state[p].setdefault('buf', torch.zeros_like(p))
                        buf.mul_(0.9).add_(p.grad)
                        p.add_(buf, alpha=-group['lr'])
        class Warmup(torch.optim.lr_scheduler.LRScheduler):
            def get_lr(self):
                return [b * min(1, (self.last_epoch + 1) / 3) for b in self.base_lrs]
        net, x, y = nn.Linear(3, 1), torch.randn(8, 3), torch.randn(8, 1)
        opt = Momentum(net.parameters())
        sched = Warmup(opt)
        for _ in range(4):
            opt.zero_grad(); loss = F.mse_loss(net(x), y); loss.backward(); opt.step(); sched.step()
            print(loss.item(), sched.get_last_lr())
        opt, opt.state_dict(), sched.state_dict()
    """,
    "hooks and buffers": """
        class Counter(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(2, 2)
                self.register_buffer('calls', torch.zeros(1, dtype=torch.long))
                self.register_buffer('scratch', torch.zeros(1), persistent=False)
            def forward(self, x):
                self.calls += 1
                return self.fc(x)
        m = Counter()
        h = m.fc.register_forward_hook(lambda mod, args, out: out * 2)
        g = m.register_full_backward_hook(lambda mod, gi, go: print('backward', go))
        m(torch.ones(1, 2)).sum().backward()
        h.remove(), g.remove(), m.calls, list(m.state_dict()), m.fc.weight.grad
        m.double().fc.weight.dtype, m.calls.dtype, m.apply(lambda mod: print(type(mod).__name__))
        m.scale
        m.fc = 3
    """,
    "weight tying and state dict surgery": """
        a, b = nn.Linear(3, 3), nn.Linear(3, 3)
        a.weight = b.weight
        tied = nn.Sequential(a, b)
        len(list(tied.parameters())), list(tied.state_dict())
        twin = copy.deepcopy(tied)
        twin[0].weight is twin[1].weight
        parallel = {'module.' + k: v for k, v in tied.state_dict().items()}
        tied.load_state_dict(parallel)
        tied.load_state_dict({k.replace('module.', ''): v for k, v in parallel.items()})
        tied.load_state_dict({'0.bias': torch.zeros(3)}, strict=False)
    """,
    "a function with its own backward": """
        class Fixed(torch.autograd.Function):
            @staticmethod
            def forward(ctx, W, x):
                z = torch.zeros_like(x)
                for _ in range(30): z = torch.tanh(W @ z + x)
                ctx.save_for_backward(W, x, z)
                return z
            @staticmethod
            def backward(ctx, g):
                W, x, z = [t.detach().requires_grad_() for t in ctx.saved_tensors]
                with torch.enable_grad(): f = torch.tanh(W @ z + x)
                J = torch.stack([torch.autograd.grad(f, z, e, retain_graph=True)[0] for e in torch.eye(3)])
                return torch.autograd.grad(f, (W, x), torch.linalg.solve((torch.eye(3) - J).T, g))
        W, x = (torch.randn(3, 3) * .3).requires_grad_(), torch.randn(3, requires_grad=True)
        Fixed.apply(W, x).sum().backward()
        W.grad, x.grad, Fixed.apply(W, x).grad_fn.name()
    """,
    "graph network": """
        edges, x = torch.tensor([[0, 1, 2, 3, 0], [1, 2, 3, 0, 2]]), torch.randn(4, 3)
        def spread(h):
            e = torch.cat([edges, edges.flip(0), torch.arange(4).repeat(2, 1)], 1)
            deg = torch.zeros(4).scatter_add_(0, e[1], torch.ones(e.size(1))).rsqrt()
            return torch.zeros_like(h).index_add_(0, e[1], h[e[0]] * (deg[e[0]] * deg[e[1]])[:, None])
        one, two = nn.Linear(3, 8), nn.Linear(8, 2)
        opt = torch.optim.AdamW([*one.parameters(), *two.parameters()], lr=0.01)
        for _ in range(5):
            out = spread(two(F.relu(spread(one(x)))))
            loss = F.nll_loss(F.log_softmax(out, 1), torch.tensor([0, 1, 0, 1]))
            opt.zero_grad(); loss.backward(); opt.step()
        loss, out
    """,
    "normalising flow": """
        nets = nn.ModuleList([nn.Sequential(nn.Linear(1, 8), nn.LeakyReLU(.2), nn.Linear(8, 2)) for _ in range(4)])
        base, data = D.MultivariateNormal(torch.zeros(2), torch.eye(2)), torch.randn(32, 2) * .5 + 1
        opt = torch.optim.Adam(nets.parameters(), 1e-2)
        for _ in range(5):
            z, logdet = data, 0
            for i, net in enumerate(nets):
                a, b = z.chunk(2, 1)
                if i % 2: a, b = b, a
                s, t = net(a).chunk(2, -1)
                z, logdet = torch.cat([b * s.tanh().exp() + t, a], 1), logdet + s.tanh().sum(-1)
            loss = -(base.log_prob(z) + logdet).mean()
            opt.zero_grad(); loss.backward(); opt.step()
        loss, z[:2]
    """,
    "diffusion": """
        T = 10
        beta = torch.linspace(1e-4, .02, T)
        keep = torch.cumprod(1 - beta, 0)
        net = nn.Sequential(nn.Linear(3, 16), nn.SiLU(), nn.Linear(16, 2))
        opt = torch.optim.Adam(net.parameters(), 1e-3)
        for _ in range(5):
            x, t = torch.randn(16, 2) * .1 + 1, torch.randint(0, T, (16,))
            noise = torch.randn_like(x)
            noisy = keep[t].sqrt()[:, None] * x + (1 - keep[t]).sqrt()[:, None] * noise
            loss = F.mse_loss(net(torch.cat([noisy, t[:, None] / T], 1)), noise)
            opt.zero_grad(); loss.backward(); opt.step()
        @torch.no_grad()
        def sample(n):
            x = torch.randn(n, 2)
            for t in reversed(range(T)):
                e = net(torch.cat([x, torch.full((n, 1), t / T)], 1))
                x = (x - beta[t] / (1 - keep[t]).sqrt() * e) / (1 - beta[t]).sqrt()
                x = x + beta[t].sqrt() * (torch.randn_like(x) if t else 0)
            return x
        loss, sample(2)
    """,
    "proximal policy optimisation": """
        body, pi, v = nn.Linear(4, 16), nn.Linear(16, 2), nn.Linear(16, 1)
        for layer in (body, pi, v): print(nn.init.orthogonal_(layer.weight, math.sqrt(2)).norm())
        params = [*body.parameters(), *pi.parameters(), *v.parameters()]
        opt, obs = torch.optim.Adam(params, lr=3e-3, eps=1e-5), torch.randn(32, 4)
        act = lambda x: (D.Categorical(logits=pi(torch.tanh(body(x)))), v(torch.tanh(body(x))).squeeze(-1))
        with torch.no_grad(): dist, value = act(obs); action = dist.sample(); old = dist.log_prob(action)
        reward = (action == (obs[:, 0] > 0)).float()
        adv = (reward - value - (reward - value).mean()) / ((reward - value).std() + 1e-8)
        for batch in torch.randperm(32).split(8):
            dist, value = act(obs[batch])
            ratio = (dist.log_prob(action[batch]) - old[batch]).exp()
            gain = torch.min(ratio * adv[batch], ratio.clamp(.8, 1.2) * adv[batch]).mean()
            loss = -gain + .5 * F.mse_loss(value, reward[batch]) - .01 * dist.entropy().mean()
            opt.zero_grad(); loss.backward(); print(nn.utils.clip_grad_norm_(params, .5)); opt.step()
        loss, action
    """,
    "adapters of low rank": """
        class LoRA(nn.Module):
            def __init__(self, base, rank):
                super().__init__()
                self.base = base.requires_grad_(False)
                self.A = nn.Parameter(torch.randn(rank, base.in_features) * .01)
                self.B = nn.Parameter(torch.zeros(base.out_features, rank))
            def forward(self, x):
                return self.base(x) + F.linear(F.linear(x, self.A), self.B)
        net = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        for name in ('linear1', 'linear2'): setattr(net, name, LoRA(getattr(net, name), 2))
        net, [n for n, p in net.named_parameters() if p.requires_grad]
        net(torch.randn(1, 3, 8)).pow(2).sum().backward()
        net.linear1.A.grad, net.linear1.B.grad.norm(), net.linear1.base.weight.grad
    """,
    "gradient penalty with spectral norm": """
        critic = nn.Sequential(nn.utils.spectral_norm(nn.Linear(2, 8)), nn.LeakyReLU(.2), nn.Linear(8, 1))
        real, fake = torch.randn(8, 2) + 2, torch.randn(8, 2)
        mix = torch.rand(8, 1)
        x = (mix * real + (1 - mix) * fake).requires_grad_()
        slope, = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
        penalty.backward()
        penalty, critic[2].weight.grad, list(critic.state_dict())
    """,
    "differential equation solved by a network": """
        net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
        opt, t = torch.optim.Adam(net.parameters(), 1e-2), torch.linspace(0, 1, 10)[:, None].requires_grad_()
        for _ in range(4):
            u = net(t)
            du, = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)
            ddu, = torch.autograd.grad(du, t, torch.ones_like(du), create_graph=True)
            loss = ((ddu + u) ** 2).mean() + (net(torch.zeros(1, 1)) - 1).pow(2).sum()
            opt.zero_grad(); loss.backward(); opt.step()
        loss, u[:3]
    """,
    "clustering, components, filter": """
        X = torch.cat([torch.randn(20, 2) + c for c in torch.tensor([[0., 0.], [5., 5.], [-5., 5.]])])
        centres = X[torch.randperm(len(X))[:3]]
        for _ in range(4):
            label = torch.cdist(X, centres).argmin(1)
            centres = torch.stack([X[label == k].mean(0) for k in range(3)])
        centres, label.bincount(minlength=3), torch.linalg.svdvals(X - X.mean(0)), torch.cov(X.T)
        F_, H, P, x = torch.tensor([[1., 1.], [0., 1.]]), torch.tensor([[1., 0.]]), torch.eye(2), torch.zeros(2, 1)
        for z in torch.cumsum(torch.ones(5), 0) + torch.randn(5) * .5:
            x, P = F_ @ x, F_ @ P @ F_.T + torch.eye(2) * .01
            K = P @ H.T @ torch.inverse(H @ P @ H.T + torch.eye(1) * .5)
            x, P = x + K @ (z - H @ x), (torch.eye(2) - K @ H) @ P
        x, P
    """,
    "hidden states and beams": """
        A, B = torch.randn(3, 3).log_softmax(1), torch.randn(3, 4).log_softmax(1)
        seen = torch.randint(0, 4, (8,))
        alpha = B[:, seen[0]] - math.log(3)
        best, back = alpha, []
        for o in seen[1:]:
            alpha = torch.logsumexp(alpha[:, None] + A, 0) + B[:, o]
            best, where = (best[:, None] + A).max(0)
            best, back = best + B[:, o], back + [where]
        path = [best.argmax().item()]
        for where in reversed(back): path.append(where[path[-1]].item())
        alpha.logsumexp(0), path[::-1]
        score, index = (torch.randn(2, 3, 1) + torch.randn(2, 3, 5)).view(2, -1).topk(3)
        score, index // 5, index % 5, torch.div(index, 5, rounding_mode='floor')
    """,
    "datasets of a user": """
        class Rows(Dataset):
            def __init__(self, n): self.n = n
            def __len__(self): return self.n
            def __getitem__(self, i):
                if i >= self.n: raise IndexError
                return {'x': torch.full((2,), float(i)), 'y': i, 's': f's{i}', 'n': np.array([i]), 't': (i, i * .5)}
        next(iter(DataLoader(Rows(4), batch_size=2)))
        (Rows(2) + Rows(3))[3]['y'], [r['y'] for r in Rows(2)], len(random_split(Rows(5), [.5, .5])[0])
        pad = lambda b: nn.utils.rnn.pad_sequence([torch.arange(i + 1) for i in b], True, -1)
        list(DataLoader(range(4), batch_size=2, collate_fn=pad))
        [b.tolist() for b in DataLoader(range(7), batch_size=2, shuffle=True)]
        list(WeightedRandomSampler([1., 2., 3.], 5)), random_split(range(10), [7, 3])[0].indices
        Pair = collections.namedtuple('Pair', 'a b')
        list(DataLoader([Pair(1, 2.), Pair(3, 4.)], batch_size=2))
    """,
    "checkpoints in memory": """
        net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
        opt = torch.optim.Adam(net.parameters())
        net(torch.randn(3, 2)).sum().backward()
        opt.step()
        file = io.BytesIO()
        torch.save({'net': net.state_dict(), 'opt': opt.state_dict(), 'epoch': 3, 'best': None}, file)
        file.seek(0)
        torch.load(file)
        views = torch.arange(6.)
        file = io.BytesIO()
        torch.save([views[:2], views.view(2, 3).t()], file)
        file.seek(0)
        [(t, t.stride(), t.storage_offset()) for t in torch.load(file)]
    """,
    "derivatives of functions": """
        f, x = lambda x: (x ** 3).sum(), torch.tensor([1., 2.])
        torch.func.grad(f)(x), torch.func.jacrev(lambda x: x ** 2)(x), torch.func.hessian(f)(x)
        torch.autograd.functional.hvp(f, x, torch.ones(2)), torch.vmap(torch.dot)(torch.ones(2, 3), torch.ones(2, 3))
        net = nn.Linear(2, 1)
        loss = lambda p, x, y: F.mse_loss(torch.func.functional_call(net, p, (x,)), y)
        per_sample = torch.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))
        per_sample({k: v.detach() for k, v in net.named_parameters()}, torch.randn(3, 2), torch.randn(3, 1))
    """,
    "samples of every distribution": """
        one = torch.ones(3)
        [d.sample((2,)) for d in (D.Gamma(2., 1.), D.Beta(2., 3.), D.Dirichlet(one), D.StudentT(3.), D.Laplace(0., 1.))]
        [d.sample((2,)) for d in (D.Cauchy(0., 1.), D.Poisson(3.), D.Binomial(5, torch.tensor(.5)), D.Geometric(.3))]
        [d.sample((2,)) for d in (D.Gumbel(0., 1.), D.Weibull(1., 2.), D.VonMises(0., 1.), D.OneHotCategorical(one))]
        [d.sample((2,)) for d in (D.Multinomial(5, one), D.LKJCholesky(2), D.Wishart(torch.tensor(3.), torch.eye(2)))]
        torch.rand(2)
    """,
}


def printed(program: str, library: Any) -> list[str]:
    """What each top-level statement of the program prints, exceptions and warnings included."""
    names: dict[str, Any] = {
        "torch": library,
        "nn": library.nn,
        "F": library.nn.functional,
        "D": library.distributions,
        "np": np,
    }
    names |= {m.__name__: m for m in (collections, copy, io, math, pickle, warnings)}
    names |= {
        name: getattr(library.utils.data, name)
        for name in ("DataLoader", "Dataset", "WeightedRandomSampler", "random_split")
    }
    library.manual_seed(0)
    random.seed(0)
    return [_printed_by(s, names) for s in ast.parse(textwrap.dedent(program)).body]


def _printed_by(statement: ast.stmt, names: dict[str, Any]) -> str:
    out = io.StringIO()
    with (
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(out),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("always")
        hook, sys.displayhook = sys.displayhook, _show
        try:
            exec(compile(ast.Interactive([statement]), "<program>", "single"), names)
        except Exception as error:
            print(type(error).__name__, first_line(error) if SAME_WORDS else "")
        finally:
            sys.displayhook = hook
    words = [str(w.message) for w in caught if w.category is UserWarning]
    words = [w.split(" (Triggered")[0].split(" If you indeed")[0] for w in words]
    return out.getvalue() + "\n".join(sorted(words))


def _show(value: Any) -> None:
    if value is not None:
        print(repr(value).replace("minitorch", "torch"))


def assert_same_text(mine: str, theirs: str, statement: str) -> None:
    message = f"\n{statement}\ntorch {theirs}\nhere  {mine}"
    assert NUMBER.sub("#", mine) == NUMBER.sub("#", theirs), message
    numbers = zip(NUMBER.findall(mine), NUMBER.findall(theirs), strict=True)
    assert all(
        math.isclose(float(a), float(b), rel_tol=RELATIVE, abs_tol=ABSOLUTE) for a, b in numbers
    ), message


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_prints_the_same(name: str) -> None:
    program = PROGRAMS[name]
    statements = [ast.unparse(s) for s in ast.parse(textwrap.dedent(program)).body]
    mine, theirs = printed(program, minitorch), printed(program, torch)
    for ours, wanted, statement in zip(mine, theirs, statements, strict=True):
        assert_same_text(ours, wanted, statement)
