"""Channels: what carries updates, plain or under masks; `section` chooses."""
