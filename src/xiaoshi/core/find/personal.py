"""Numbers that identify a person: found in a text, hidden in it, and searched only as a whole.

An index that answers "who has an identity number that begins with 330106" is a register of persons. So an identity number,
a passport or a telephone number is never cut into grams: it goes into the index as one keyed hash, and what is kept of the
text has it masked as pages do (330***********12). A client's account is kept in the same way and found by its last four
figures too, which pages show; an account that somebody wrote into a text is text.

A number of 18 figures with a possible day of birth inside counts as an identity number, whatever it is; then it is found
only when typed in full, which the page says.
"""

from __future__ import annotations

import re

from xiaoshi.core.find.folding import Folded, Folding

_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
PERSONAL = re.compile(
    r"(?<![0-9a-z])(?:"
    rf"[0-9]{{6}}(?:18|19|20)[0-9]{{2}}{_DAY}[0-9]{{3}}[0-9x]"  # identity number since 1999
    rf"|[0-9]{{6}}[0-9]{{2}}{_DAY}[0-9]{{3}}"  # and before
    r"|(?:86|0086)?1[3-9][0-9]{9}"  # mobile
    r"|0[0-9]{9,11}"  # landline
    r"|[deghmpsk][0-9]{8}|e[a-z][0-9]{7}|[hm][0-9]{10}"  # passport, permits
    r")(?![0-9a-z])"
)
_PERHAPS = re.compile(r"[0-9]{7}")
LANDLINE = re.compile(r"0[0-9]{9,11}")
"""Could as well be the middle of a case number (0103-261124): it is looked for both ways."""


def personal_numbers(folded: str) -> tuple[str, ...]:
    """Each such number in a folded text, once, in its order. A country code before a mobile number is left off."""
    if not _PERHAPS.search(folded):
        return ()
    return tuple(dict.fromkeys(_bare(m[0]) for m in PERSONAL.finditer(folded)))


def whole_number(folded: str) -> str:
    """A number that is kept beside a text, as it is looked for: without blanks and country code."""
    return _bare(folded.replace(" ", ""))


def _bare(number: str) -> str:
    return re.sub(r"^(?:0086|86)(?=1[3-9][0-9]{9}$)", "", number)


def hide_personal(text: str, folding: Folding) -> tuple[str, tuple[str, ...]]:
    """The text with such numbers masked (first three and last two signs stay), and the numbers themselves, folded."""
    if not personal_numbers(folding.text(text)):
        return text, ()
    folded: Folded = folding.fold(text)
    signs = list(text)
    for match in PERSONAL.finditer(folded.text):
        for i in range(match.start() + 3, match.end() - 2):
            signs[folded.places[i]] = "*"
    return "".join(signs), personal_numbers(folded.text)
