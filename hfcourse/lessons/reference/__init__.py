"""Reference data of lessons: dated facts, troubleshooting entries, notes about an older edition. Pure."""
