"""The lessons: numbered scripts that run from top to bottom, and ``python -m experiments``."""
