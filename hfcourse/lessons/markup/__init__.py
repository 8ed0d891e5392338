"""From the Markdown of a lesson to HTML: directives, figures, glossary links, generated sections. Pure."""
