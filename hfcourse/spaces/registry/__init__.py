"""The registry of Spaces: a name resolved to an address, and its description, fetched once and cached."""
