"""The description of a Space: its endpoints in order, each with what its form needs. Pure."""
