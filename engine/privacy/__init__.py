"""Differential privacy: what was released (`ledger`), what it costs (`accountant`), what is planned."""
