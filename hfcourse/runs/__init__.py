"""The runs: what a visitor sent, what came back, for good."""
