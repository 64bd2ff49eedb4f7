"""Channels: what carries updates, plain or under masks; `choose` says which."""
