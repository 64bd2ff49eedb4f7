"""Differential privacy: what was released (`ledger`), what it costs (`analytic`), what is planned."""
