"""The lessons: Markdown in `content/`, rendered once, served at /lecons."""
