"""The instructor's place: who may enter it, and what only they see."""
