"""torch's own tables of operations, modules and optimizers, run against minitorch.

``python -m tests.scoreboard`` runs all of torch.testing._internal's ``op_db``, ``module_db`` and
``optim_db`` and writes docs/scoreboard.md and docs/scoreboard.json; ``--only REGEX`` runs some
entries and prints each miss with its first error.
"""
