"""The syntax of lessons: the Markdown parser, inline text, code blocks, front matter, drawings. Pure."""
