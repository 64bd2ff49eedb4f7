"""fedtui: a flight simulator for federated learning, in the terminal."""

__version__ = "0.1.0"
