"""Common passwords, rejected as instructor password at start-up (OWASP ASVS 5.0, 6.2.4)."""

import re
import unicodedata

MIN_CHARACTERS = 8
MIN_DISTINCT_CHARACTERS = 6
# The most frequent entries of public lists of leaked passwords, French and English, and a class's first guesses.
COMMON_WORDS = """
motdepasse monmotdepasse lemotdepasse mdp passe passeword secret azerty azertyuiop azertyui qwerty qwertyuiop
qwertz soleil bonjour salut doudou loulou marseille chocolat princesse nicolas jetaime amour coucou bienvenue
bienvenu vacances football naruto iloveyou password passw passwd passphrase pass letmein welcome admin
administrateur administrator root user utilisateur guest invite test tester changeme changezmoi default defaut
sunshine princess monkey dragon baseball superman batman starwars trustno whatever master login access
enseignant enseignante professeur professeure prof teacher instructor instructeur formateur formatrice eleve
etudiant etudiante student classe lycee college ecole universite cours course hfcourse huggingface hugging
gradio space spaces jeton token hf france paris python flask internet ordinateur computer michael jennifer
jordan jessica charlie ashley daniel thomas camille pierre alexandre hello helloworld hellohello bonsoir
"""
COMMON_PASSWORDS = frozenset(COMMON_WORDS.split())
KEYBOARD_SEQUENCES = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
)
LOOKALIKES = str.maketrans("@4301!$57", "aaeoiisst")
REPEATED_PATTERN = re.compile(r"(.{1,4}?)\1+.?")


def is_weak_password(password: str) -> bool:
    """Would a guesser find `password` within the first thousands of attempts?

    Also matches common words with capitals, accents, look-alike signs, spaces between, digits around them, or doubled.
    """
    if len(password) < MIN_CHARACTERS or len(set(password.casefold())) < MIN_DISTINCT_CHARACTERS:
        return True
    folded = fold_password(password)
    spelt = (folded, folded.translate(LOOKALIKES), folded.strip("0123456789!?.*-_$ ").translate(LOOKALIKES))
    letters = (re.sub(r"[^a-z]", "", each) for each in spelt)
    plain = re.sub(r"[^a-z0-9]", "", folded)
    return any(is_common(each) for each in letters) or is_sequence(plain) or bool(REPEATED_PATTERN.fullmatch(plain))


def fold_password(password: str) -> str:
    """Return `password` in lower case without accents."""
    return "".join(
        each for each in unicodedata.normalize("NFKD", password.casefold()) if not unicodedata.combining(each)
    )


def is_common(letters: str) -> bool:
    """Is this a common word, or two of them? A text without letters (only digits) is not."""
    return any(
        letters[:cut] in COMMON_PASSWORDS and (letters[cut:] in COMMON_PASSWORDS or not letters[cut:])
        for cut in range(1, len(letters) + 1)
    )


def is_sequence(plain: str) -> bool:
    """Is it a sequence of the alphabet, the digits or a keyboard, forwards or backwards?"""
    lines = [line * 2 for line in KEYBOARD_SEQUENCES]
    return any(plain in line or plain in line[::-1] for line in lines)
