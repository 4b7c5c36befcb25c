"""How fast minitorch is beside PyTorch: the same work, in turns, on the same machine.

``python -m benchmarks`` is the way in. `suite` says what a benchmark is. The benchmarks are
`overhead`, `ops`, `optimizers`, `steps` (of `models`) and `loading`, and, with a fresh process for
each number, `memory` and `startup`. `harness` is the method: it leads one `worker` process per
side, with an eye on the `load` beside them; `breakdown` watches where minitorch's time goes, and
`fusion` asks what a compiler could gain. `sides` says who takes part, and `peers` lets libraries
other than torch do so. `report`, `plots` and `tables` show what came out.
"""
