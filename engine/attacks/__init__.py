"""Attacks: what somebody learns from messages that they may read. They act beside a run, never on it."""
