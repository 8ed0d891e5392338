"""The tutor of the practice Space: an offline retrieval bot that quotes the course."""
