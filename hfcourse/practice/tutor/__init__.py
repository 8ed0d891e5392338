"""The tutor of the practice Space: it answers from the course alone, offline."""
