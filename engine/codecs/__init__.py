"""Codecs: how updates become bytes, one file each; `section` chooses."""
