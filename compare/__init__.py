"""Trains the same model in PyTorch and in minitorch, side by side, and reports both.

``python -m compare`` is the way in: `__main__` reads the command line, `data` loads the data sets,
`runner` drives one `worker` process per library, `report` shows what came out.
"""
