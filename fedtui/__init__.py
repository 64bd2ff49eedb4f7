"""fedtui: a flight simulator for federated learning, in the terminal."""
