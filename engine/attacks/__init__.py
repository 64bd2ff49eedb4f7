"""Attacks: what somebody learns from messages and models that they may read. One attack, one file.

    one_patient   the record of a patient, from an update trained on that one alone
    case_count    how many of a hospital's patients are cases, from the bias of one update
    two_runs      a patient, from two results that differ by that one and share their noise
    two_sums      a hospital's update, from two sums that differ by that hospital
    membership    who was in the training, from the model and the losses it gives
    defences      what stops which, each tried

They act beside a run, never on it: each takes a scenario and a state, meets the pipeline that the next
round would meet (`victim`), and returns a frozen value with the truth and the guess side by side, which
only a learner can see. Noise, coins and keys are drawn fresh, unless a shared seed is the very point. A
`seed` makes an attempt repeatable; there is no command for them, so this is how one is made:

    >>> from engine import Scenario, simulate
    >>> from engine.attacks.case_count import case_count
    >>> from engine.attacks.one_patient import one_patient
    >>> from engine.events import RunStarted
    >>> scenario = Scenario.from_dict({"data": {"source": "breast-cancer", "hospitals": 3}})
    >>> states = (event.state for event in simulate(scenario) if isinstance(event, RunStarted))
    >>> begun = next(states)
    >>> found = one_patient(scenario, begun, hospital=0, patient=7)
    >>> found.outcome.value, found.readers, found.guess == found.label
    ('read', ('server',), True)
    >>> masked = one_patient(scenario.replace({"masking": True}), begun, hospital=0, patient=7)
    >>> masked.outcome.value, masked.readers, masked.obstacle
    ('hidden', (), 'masks')
    >>> one_step = scenario.replace({"training.local_steps": 1, "training.batch_size": 0})
    >>> counted = case_count(one_step, begun, hospital=0)
    >>> round(counted.estimate) == counted.cases
    True
"""
