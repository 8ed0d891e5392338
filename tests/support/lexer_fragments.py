"""Fragments of code that are hard for a lexer."""

# What lexers begin, end, escape and look ahead for.
LEXER_FRAGMENTS = [
    " ",
    "\n",
    "\\",
    "'",
    '"',
    "`",
    "/*",
    "*/",
    "//",
    "#",
    "<",
    "<!--",
    "-",
    "{{",
    "a(",
    "::",
    "@",
    "$",
    "=",
    "9.",
]
