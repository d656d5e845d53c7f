"""Spoken codes: a number as three words with a check word, in two languages, or as digits.

The words of a code stand at places a, b, c of a list of `COUNT` words, a prime, and a + 2b + 3c ≡ 0 (mod `COUNT`).
So every single wrong word and any two words that changed places are noticed, and one word that nobody heard follows
from the others. The same number has its words in each language at the same places. A campaign in which the codes of
three words run out goes on with four, whose last has the weight 4.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import permutations, product
from operator import mul
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from sebar.channels.kinds.spoken.hearing import FILLERS, said
from sebar.kit import codes, text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

COUNT: Final = 1259
LANGUAGES: Final = ("en", "id")
UNHEARD: Final = "?"
"""Stands for a word that was not heard."""
UNFIT: Final = gettext_noop("These words do not belong together: one is wrong. Ask for all of them once more.")
"""What is said of words that are no code, where no other is like them."""
SHORT: Final = COUNT**2
"""How many codes have three words; the numbers from here on have four."""
ALL: Final = SHORT + COUNT**3

_LONGEST: Final = 200  # characters that anybody would type for a code
_TOKEN: Final = re.compile(r"[a-z]+|[0-9]+|\?")
_VOWELS: Final = frozenset("aeiou")
_LISTS: Final = {
    language: tuple((resources.files(__package__) / "words" / f"{language}.txt").read_text(encoding="ascii").split())
    for language in LANGUAGES
}
_PLACES: Final = {word: place for words in _LISTS.values() for place, word in enumerate(words)}
_SAID: Final = {word: said(word) for word in _PLACES}
_WEIGHTS: Final = (1, 2, 3, 4)
_INVERSE: Final = tuple(pow(weight, -1, COUNT) for weight in _WEIGHTS)
_DIGITS: Final = {9: range(SHORT), 12: range(SHORT, ALL)}  # how many digits, the last two of them to check the others
_FAR: Final = 3  # letters: words farther apart are not taken for each other
_NEAREST: Final = 12  # words that are tried in place of one; the check leaves hardly more than one
_NAMED: Final = 3
_OFFERED: Final = 3


class Misheard(UserError):
    """Words or digits that are no code.

    `offers` are whole codes that were perhaps meant, the likeliest first; a person chooses, nothing is mended silently.
    """

    def __init__(self, message: str, *, offers: tuple[str, ...] = (), **values: object) -> None:
        super().__init__(message, field="code", **values)
        self.offers = offers


def words(number: int, language: str) -> tuple[str, ...]:
    """Return the three words of a number below `SHORT`, or the four of one below `ALL`."""
    listed = _LISTS[language]
    return tuple(listed[place] for place in _places(number))


def digits(number: int) -> str:
    """Return a number as digits for the keys of a telephone, in groups of three: nine, or twelve from `SHORT` on.

    The last two make the whole leave 1 when divided by 97 (ISO 7064, as in bank account numbers), so every wrong digit
    and any two that changed places are noticed.
    """
    width = 7 if number < SHORT else 10
    whole = f"{number:0{width}d}{98 - number * 100 % 97:02d}"
    return " ".join(whole[start : start + 3] for start in range(0, len(whole), 3))


def is_spoken(typed: str) -> bool:
    """Say whether something typed is meant as a spoken code, right or wrong, rather than as the letters of a link."""
    heard = _heard(typed)
    joined = "".join(heard)
    if joined.isdigit():
        return len(joined) > codes.LENGTH
    return (
        UNHEARD in joined
        or any(word in _PLACES for word in heard)
        or (joined.isalpha() and (len(joined) > codes.LENGTH or not _VOWELS.isdisjoint(joined)))
    )


def read(typed: str) -> int:
    """Return the number of a code that somebody typed: words of either language, or digits.

    Case, accents, blanks, commas, hyphens and the words for them do not matter, nor do words of both languages in one
    code: no word stands in both lists.

    Raises
    ------
    Misheard
        When it is no code. The sentence says which word was not understood and which are the nearest.
    """
    heard = _heard(typed)
    places = [place for word in heard if (place := _PLACES.get(word)) is not None]
    if len(places) == len(heard) in {3, 4} and _fits(places):
        return _number(places)
    joined = "".join(heard)
    if joined.isdigit():
        return _of_digits(joined)
    raise _misheard(heard, text.shown(typed))


def draw(*, is_short: bool) -> int:
    """Draw a number of three words, or of four, whose words can stand together."""
    numbers = range(SHORT) if is_short else range(SHORT, ALL)
    while True:
        number = numbers[secrets.randbelow(len(numbers))]
        if is_decent(number):
            return number


def is_decent(number: int) -> bool:
    """Say whether no two of a number's words give offence together, in any language."""
    return not any(
        frozenset(pair) in _bad_pairs() for language in LANGUAGES for pair in permutations(words(number, language), 2)
    )


@cache
def _bad_pairs() -> frozenset[frozenset[str]]:
    lines = (resources.files(__package__) / "words" / "pairs.txt").read_text(encoding="utf-8").splitlines()
    sides = [line.split(":") for line in lines if line and not line.startswith("#")]
    return frozenset(frozenset(pair) for left, right in sides for pair in product(left.split(), right.split()))


def _heard(typed: str) -> list[str]:
    """Return words, runs of digits and signs for unheard words, in plain small letters."""
    plain = typed[:_LONGEST].lower()
    if not plain.isascii():
        plain = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))
    tokens = _TOKEN.findall(plain)
    return tokens if FILLERS.isdisjoint(tokens) else [token for token in tokens if token not in FILLERS]


def _places(number: int) -> tuple[int, ...]:
    rest = number if number < SHORT else number - SHORT
    places: list[int] = []
    for _ in range(2 if number < SHORT else 3):
        rest, place = divmod(rest, COUNT)
        places.insert(0, place)
    return (*places, _missing([*places, -1], len(places)))


def _number(places: list[int]) -> int:
    number = 0
    for place in places[:-1]:
        number = number * COUNT + place
    return number if len(places) == 3 else SHORT + number  # noqa: PLR2004 - three words


def _fits(places: list[int]) -> bool:
    return not sum(map(mul, _WEIGHTS, places)) % COUNT


def _missing(places: list[int], at: int) -> int:
    """Return the place that the word at `at` must have for the others to be right."""
    others: int = sum(map(mul, _WEIGHTS, places)) - _WEIGHTS[at] * places[at]
    return -others * _INVERSE[at] % COUNT


def _of_digits(joined: str) -> int:
    if len(joined) not in _DIGITS:
        message = gettext_noop("A code in digits has nine of them, sometimes twelve; “{shown}” has {count}.")
        raise Misheard(message, shown=text.shown(joined), count=len(joined))
    number = int(joined[:-2])
    if int(joined) % 97 != 1 or number not in _DIGITS[len(joined)]:
        message = gettext_noop("A digit of “{shown}” is wrong, or two changed places: compare them once more.")
        raise Misheard(message, shown=joined)
    return number


def _misheard(heard: list[str], shown: str) -> Misheard:
    """Return what to say about words that are no code."""
    if len(heard) not in {3, 4}:
        message = gettext_noop("A spoken code has three words, sometimes four; “{shown}” has {count}.")
        return Misheard(message, shown=shown, count=len(heard))
    unheard = heard.count(UNHEARD)
    if unheard > 1:
        return Misheard(gettext_noop("One unheard word can be worked out, two cannot: ask for one of them once more."))
    unknown = next((word for word in heard if word not in _PLACES and word != UNHEARD), "")
    if unknown:
        return _unknown(heard, unknown)
    return _unheard(heard) if unheard else _unfit(heard)


def _unknown(heard: list[str], unknown: str) -> Misheard:
    """Look which words of our lists are like those that are not in them, and make a code with the others."""
    choices = [[word] if word in _PLACES else _nearest(word, heard) for word in heard]
    fitting = [chosen for chosen in product(*choices) if _fits([_PLACES[word] for word in chosen])]
    at = heard.index(unknown)
    if fitting:
        message = gettext_noop("We do not know the word “{word}”. Did you hear “{right}”?")
        return Misheard(message, offers=_offered(fitting), word=text.shown(unknown), right=fitting[0][at])
    if choices[at]:
        message = gettext_noop("We do not know the word “{word}”. The nearest that we know: {nearest}.")
        return Misheard(message, word=text.shown(unknown), nearest=", ".join(choices[at][:_NAMED]))
    message = gettext_noop("We do not know the word “{word}”: ask for it once more, letter by letter.")
    return Misheard(message, word=text.shown(unknown))


def _unheard(heard: list[str]) -> Misheard:
    """Work out the one word that was not heard."""
    at = heard.index(UNHEARD)
    places = [_PLACES.get(word, 0) for word in heard]
    word = _LISTS[_language(heard)][_missing(places, at)]
    message = gettext_noop("If the others are right, the word you did not hear is “{word}”.")
    return Misheard(message, offers=_offered([(*heard[:at], word, *heard[at + 1 :])]), word=word)


def _unfit(heard: list[str]) -> Misheard:
    """Look what makes words of our lists a code: another order, or another word that sounds like one of them."""
    places = [_PLACES[word] for word in heard]
    orders = [order for order in permutations(heard) if _fits([_PLACES[word] for word in order])]
    instead = [(word, _LISTS[_language([word])][_missing(places, at)], at) for at, word in enumerate(heard)]
    like = sorted((distance, *one) for one in instead if (distance := _distance(*one[:2])) <= _FAR)
    offers = [*orders, *((*heard[:at], right, *heard[at + 1 :]) for _, _, right, at in like)]
    if orders:
        message = gettext_noop("These words are a code only in another order.")
        return Misheard(message, offers=_offered(offers))
    if like:
        _, word, right, _ = like[0]
        message = gettext_noop("These words do not belong together. Did you hear “{right}” where you wrote “{word}”?")
        return Misheard(message, offers=_offered(offers), word=word, right=right)
    return Misheard(UNFIT)


def _nearest(word: str, heard: list[str]) -> list[str]:
    """Return the words that are most like one that we do not know, those of the language of the others first."""
    most = min(_FAR, 1 + len(said(word)) // 5)
    language = _language(heard)
    written = process.extract(word, _SAID.keys(), scorer=OSA.distance, score_cutoff=most, limit=None)
    spoken = process.extract(said(word), _SAID, scorer=OSA.distance, score_cutoff=most, limit=None)
    begun = [one for one in _PLACES if len(word) >= 3 and one.startswith(word)]  # noqa: PLR2004 - fewer fit too many
    found = {one: _distance(word, one) for one in [*(row[0] for row in written), *(row[2] for row in spoken), *begun]}
    order = sorted(found, key=lambda one: (one not in begun, found[one], one not in _LISTS[language], one))
    return order[:_NEAREST]


def _distance(one: str, other: str) -> int:
    """Return how far two words are apart, as they are written or as they are said."""
    return min(OSA.distance(one, other), OSA.distance(said(one), said(other)))


def _language(heard: Sequence[str]) -> str:
    """Return the language that most of the words are of."""
    return max(LANGUAGES, key=lambda language: sum(word in _LISTS[language] for word in heard))


def _offered(offers: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(words) for words in offers))[:_OFFERED]
