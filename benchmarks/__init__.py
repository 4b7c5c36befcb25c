"""How fast minitorch is beside PyTorch: the same work, in turns, on the same machine.

``python -m benchmarks`` is the way in. `suite` says what a benchmark is, `overhead`, `steps`,
`optimizers` and `loading` are the benchmarks, `harness` leads one `worker` process per side and
reports what came out.
"""
