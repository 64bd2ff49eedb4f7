"""The benchmark: figures that anyone can measure again, each beside its budget.

`python -m tests.bench [NAMES…] [--json]`; a name is a file here that has `measure`.
"""
