"""The trace of a run: each HTTP message that it took, recorded, stored, shown and exported."""
