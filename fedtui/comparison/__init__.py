"""A grid of runs: every mix of some values of some settings, run side by side and told in one table.

    --vary lines → axes → grid of runs → (kept ones taken from the file) → crew of workers → summary

`axes` reads what is varied, `grid` makes the runs and has each checked before any starts, `kept`
remembers those that are done, `crew` shares the others out to the cores of this machine or of a
cluster, `work` is what a worker does, `summary` is what came out, and `table` and `plot` show it.
"""
