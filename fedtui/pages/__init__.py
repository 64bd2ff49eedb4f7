"""What stands on the full-screen pages: pure functions from facts to blocks, and blocks to lines."""
