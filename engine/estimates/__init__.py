"""Estimates: what a local step takes for the gradient, before objectives add to it.

One of two: the mean over a shuffled minibatch (`minibatch`), or a batch drawn by independent coins,
each patient's gradient clipped and noise added to their sum (`patient_level`).
"""
