"""The version of the distribution: engine and fedtui are one."""

__version__ = "0.1.0"
