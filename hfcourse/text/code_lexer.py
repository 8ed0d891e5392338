"""Syntax highlighter for untrusted code, in time linear in its length. Pure.

Pygments is used only for the lessons, which are ours: some of its regular expressions backtrack for days over sixty
characters, and a match holds the interpreter's lock throughout. Here each token begins with its own character or
word, every quantifier is possessive (`*+`, `++`), and an unterminated token extends to the end: no alternative fails
after reading ahead, so each character is examined a fixed number of times.

Token classes are those of Pygments, for one style sheet: c comment, s string, m number, k keyword, nb builtin,
nv variable, nt tag or key, na attribute, nf name being defined.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape

MAX_HIGHLIGHTED_CHARACTERS = 20_000
MAX_CACHED_SOURCES = 64


def build_string_pattern(mark: str, newline: str = r"\n") -> str:
    """Return the pattern of a string between two quotes, with escapes.

    Args:
        newline: a character that ends the string; '' for a multi-line string.
    """
    inside = rf"[^{mark}\\{newline}]*+"
    return rf"{mark}{inside}(?:\\.{inside})*+{mark}?"


TRIPLE_QUOTED = "|".join(
    rf"{mark * 3}[^{mark}\\]*+(?:(?:\\.|{mark}(?!{mark * 2}))[^{mark}\\]*+)*+(?:{mark * 3})?" for mark in "\"'"
)
SINGLE_QUOTED, DOUBLE_QUOTED = build_string_pattern("'"), build_string_pattern('"')
BLOCK_COMMENT = r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?"
HASH_COMMENT, SLASH_COMMENT = r"\#[^\n]*+", r"//[^\n]*+"
SPACED_HASH_COMMENT = rf"(?<!\S){HASH_COMMENT}"
WORD, NUMBER = r"[^\W\d]\w*+", r"\d[\w.]*+"


@dataclass(frozen=True)
class CodeLexer:
    """Tokenizer of one family of languages.

    `pattern` has one named group for each class, and `word` for the words that `keywords` and `builtins` classify.
    """

    pattern: re.Pattern[str]
    keywords: frozenset[str] = frozenset()
    builtins: frozenset[str] = frozenset()
    definers: frozenset[str] = frozenset()  # keywords before a name being defined
    has_keys: bool = False  # a string or a word before a colon is the key of a value
    ignores_case: bool = False

    def tokenize_source(self, source: str) -> Iterator[tuple[str, str]]:
        """Yield (class, text) for all of `source`; the class is '' for unstyled text."""
        end, previous = 0, ""
        for match in self.pattern.finditer(source):
            if match.start() > end:
                yield "", source[end : match.start()]
            end, text = match.end(), match[0]
            kind = match.lastgroup or ""
            if self.has_keys and kind in ("s", "word") and source[end : end + 2].lstrip().startswith(":"):
                kind = "nt"
            yield self.classify_word(text, previous) if kind == "word" else kind, text
            previous = text
        yield "", source[end:]

    def classify_word(self, word: str, previous: str) -> str:
        """Return the class of a word that follows the token `previous`."""
        if self.ignores_case:
            word = word.lower()
        if word in self.keywords:
            return "k"
        return "nb" if word in self.builtins else "nf" if previous in self.definers else ""


def make_lexer(
    *groups: tuple[str, str],
    keywords: str = "",
    builtins: str = "",
    definers: str = "",
    flags: int = 0,
    has_keys: bool = False,
    ignores_case: bool = False,
) -> CodeLexer:
    """Return a lexer that tries the groups (class, pattern) in order at each position.

    Words are separated by spaces.
    """
    pattern = re.compile("|".join(f"(?P<{name}>{each})" for name, each in groups), re.DOTALL | flags)
    words = [frozenset(text.split()) for text in (keywords, builtins, definers)]
    return CodeLexer(pattern, words[0], words[1], words[2], has_keys, ignores_case)


C_KEYWORDS = (
    "auto bool char const double enum extern float int long short signed static struct typedef union unsigned void "
    "break case continue default do else for goto if return sizeof switch while true false"
)
LEXERS = {
    "python": make_lexer(
        ("c", HASH_COMMENT),
        ("s", rf"(?:\b[bBfFrRuUtT]{{1,2}})?(?:{TRIPLE_QUOTED}|{DOUBLE_QUOTED}|{SINGLE_QUOTED})"),
        *(("m", NUMBER), ("nb", rf"@{WORD}"), ("word", WORD)),
        keywords="False None True and as assert async await break class continue def del elif else except "
        "finally for from global if import in is lambda match nonlocal not or pass raise return try "
        "while with yield",
        builtins="abs all any bool bytes dict enumerate filter float int isinstance len list map max min open "
        "print range repr reversed round self set sorted str sum super tuple type zip",
        definers="def class",
    ),
    "javascript": make_lexer(
        ("c", f"{SLASH_COMMENT}|{BLOCK_COMMENT}"),
        ("s", f"{DOUBLE_QUOTED}|{SINGLE_QUOTED}|{build_string_pattern('`', '')}"),
        *(("m", NUMBER), ("word", r"[^\W\d][\w$]*+")),
        keywords="as async await break case catch class const continue default delete do else enum export "
        "extends false finally for from function if implements import in instanceof interface let new "
        "null of private public readonly return static super switch this throw true try type typeof "
        "undefined var void while yield",
        builtins="Array Boolean Date Error JSON Math Number Object Promise String boolean console document "
        "fetch number process require string window",
        definers="function class interface",
    ),
    "c": make_lexer(
        ("c", f"{SLASH_COMMENT}|{BLOCK_COMMENT}"),
        ("s", f"{DOUBLE_QUOTED}|{SINGLE_QUOTED}"),
        ("nb", r"\#[a-z]++|@[^\W\d]\w*+"),
        *(("m", NUMBER), ("word", WORD)),
        keywords=f"{C_KEYWORDS} abstract boolean byte catch class concept constexpr delete explicit "
        "extends final finally friend implements import instanceof interface namespace new null "
        "nullptr operator package private protected public super template this throw throws try "
        "typename using virtual",
        builtins="cerr cin cout free main malloc printf std string String System vector",
        definers="class struct enum interface namespace",
    ),
    "bash": make_lexer(
        *(("c", SPACED_HASH_COMMENT), ("s", f"{build_string_pattern(chr(34), '')}|'[^']*+'?")),
        *(("nv", r"\$(?:\w++|\{[^}\n]*+\}?|[@#?*$!-])"), ("word", r"[^\W\d][\w-]*+")),
        keywords="case do done elif else esac fi for function if in select then time until while ADD ARG CMD "
        "COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN USER VOLUME WORKDIR",
        builtins="alias cd echo eval exec exit export printf pwd read return set shift source test trap unset",
        definers="function",
    ),
    "sql": make_lexer(
        *(("c", rf"--[^\n]*+|{BLOCK_COMMENT}"), ("s", r"'[^']*+(?:''[^']*+)*+'?"), ("m", NUMBER), ("word", WORD)),
        keywords="add all alter and as asc between by case cast create cross default delete desc distinct drop "
        "else end exists false from full group having in index inner insert into is join key left "
        "like limit not null offset on or order outer primary references right select set table then "
        "true union unique update using values view when where with",
        builtins="avg boolean char coalesce count date decimal float int integer max min numeric real sum text "
        "timestamp varchar",
        ignores_case=True,
    ),
    "css": make_lexer(
        *(("c", BLOCK_COMMENT), ("s", f"{DOUBLE_QUOTED}|{SINGLE_QUOTED}"), ("k", r"@[\w-]++")),
        *(("m", r"\#[\dA-Fa-f]++\b|\d[\w.%]*+"), ("nv", r"--[\w-]++"), ("word", r"[^\W\d][\w-]*+")),
        has_keys=True,
    ),
    "html": make_lexer(
        ("c", r"<!--[^-]*+(?:-(?!->)[^-]*+)*+(?:-->)?"),
        ("nv", r"\{[{%#][^}]*+\}?\}?"),
        ("tag", r"""</?[A-Za-z][^<>"']*+(?:(?:"[^"]*+"?|'[^']*+'?)[^<>"']*+)*+>?"""),
    ),
    "json": make_lexer(
        ("s", DOUBLE_QUOTED),
        ("m", r"-?\d[\w.+-]*+"),
        ("word", WORD),
        keywords="true false null NaN Infinity", has_keys=True
    ),
    "yaml": make_lexer(
        ("c", SPACED_HASH_COMMENT),
        ("s", rf"(?<![^\s\[{{,])(?:{DOUBLE_QUOTED}|{SINGLE_QUOTED})"),
        ("word", r"[\w][\w.-]*+"),
        keywords="true false null yes no on of",
        has_keys=True,
    ),
    "r": make_lexer(
        *(("c", HASH_COMMENT), ("s", f"{DOUBLE_QUOTED}|{SINGLE_QUOTED}"), ("m", NUMBER), ("word", r"[^\W\d][\w.]*+")),
        keywords="break else FALSE for function if in Inf NA NaN next NULL repeat return TRUE while",
        builtins="c cat data.frame factor lapply length library list mean names paste print sapply seq str sum "
        "summary",
    ),
    "latex": make_lexer(("k", r"\\(?:[A-Za-z@]++\*?|.)"), ("c", r"%[^\n]*+")),
    "markdown": make_lexer(
        *(("nf", r"^\#{1,6} [^\n]*+"), ("s", r"`[^`\n]*+`?"), ("k", r"^[ \t]*+(?:[-*+]|\d{1,9}[.)])(?= )")),
        flags=re.MULTILINE,
    ),
}  # fmt: skip
# Languages of Gradio's Code component, and their usual names after ``` in Markdown.
LANGUAGE_ALIASES = {
    **{name: name for name in LEXERS},
    **{"py": "python", "js": "javascript", "ts": "javascript", "typescript": "javascript", "jsx": "javascript"},
    **{"cpp": "c", "c++": "c", "java": "c", "csharp": "c", "sh": "bash", "shell": "bash", "dockerfile": "bash"},
    **{"console": "bash", "jinja2": "html", "xml": "html", "tex": "latex", "md": "markdown", "yml": "yaml"},
    **{"toml": "yaml", "splus": "r"},
}
TAG_LEXER = make_lexer(("s", r"\"[^\"]*+\"?|'[^']*+'?"), ("nt", r"^</?[\w:-]++|/?>$"), ("na", r"[^\W\d][\w:@.-]*+"))


def find_lexer(language: str) -> CodeLexer | None:
    """Return the lexer of a language by name or alias (`sql-…` too), or None if it is unknown."""
    name = language.lower()
    return LEXERS.get("sql" if name.startswith("sql-") else LANGUAGE_ALIASES.get(name, ""))


@lru_cache(MAX_CACHED_SOURCES)
def highlight_untrusted(source: str, language: str) -> str:
    """Return the escaped HTML of source code, highlighted if its language is known and it is not too long."""
    lexer = find_lexer(language)
    if lexer is None or len(source) > MAX_HIGHLIGHTED_CHARACTERS:
        return escape(source)
    return "".join(render_token(kind, text) for kind, text in lexer.tokenize_source(source))


@lru_cache(MAX_CACHED_SOURCES)
def highlight_untrusted_lines(source: str, language: str) -> tuple[str, ...]:
    """Return the escaped HTML of each line of source code; a token of several lines is split."""
    lexer = find_lexer(language)
    if lexer is None or len(source) > MAX_HIGHLIGHTED_CHARACTERS:
        return tuple(escape(line) for line in source.removesuffix("\n").split("\n"))
    lines = [""]
    for kind, text in lexer.tokenize_source(source.removesuffix("\n")):
        first, *others = text.split("\n")
        lines[-1] += render_token(kind, first) if first else ""
        lines += [render_token(kind, other) if other else "" for other in others]
    return tuple(lines)


def render_token(kind: str, text: str) -> str:
    """Render one token as HTML; the parts of an HTML tag are highlighted separately."""
    if kind == "tag":
        return "".join(render_token(*part) for part in TAG_LEXER.tokenize_source(text))
    return f'<span class="{kind}">{escape(text)}</span>' if kind else escape(text)
