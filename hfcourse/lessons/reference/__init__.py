"""What lessons refer to: dated facts, troubleshooting entries, the notes of an earlier edition. Pure."""
