"""Makes the two word lists again: writes ``en.txt`` and ``id.txt`` beside itself.

    python src/sebar/channels/kinds/spoken/words/recipe.py

It needs an environment of its own with rapidfuzz, xkcdpass 1.30.0 (which carries the lists of the Electronic Frontier
Foundation) and wordfreq 3.1.1 (how often words are used; only their order is taken from it). Codes that were given hang
on the lists and their order, so a change here changes what people have been told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module, resources
from itertools import product
from pathlib import Path
from runpy import run_path
from typing import Final

from rapidfuzz.distance import OSA

HERE: Final = Path(__file__).parent
HEARING: Final = run_path(str(HERE.parent / "hearing.py"))  # no part of Sebar can be imported without all of it
COUNT: Final = 1259
PREFIX: Final = 4
Far = Callable[[str, str, int], bool]


def main() -> None:
    """Write both lists, in alphabetical order."""
    english = choose([eff_words(), words_of("more-en.txt")], least=(3,), far=far, refused=words_of("refused-en.txt"))
    known = [by_use(words_of(name), away_from=english) for name in ("nouns-id.txt", "more-id.txt")]
    indonesian = choose(known, least=(3, 2), far=sounds_far, refused=words_of("refused-id.txt"))
    for name, chosen in (("en.txt", english), ("id.txt", indonesian)):
        if len(chosen) != COUNT:
            raise SystemExit(f"{name}: only {len(chosen)} words keep the rules")
        (HERE / name).write_text("".join(f"{word}\n" for word in sorted(chosen)), encoding="utf-8")


def eff_words() -> list[str]:
    """Return the words of EFF’s short list 2, in its order."""
    special = (resources.files("xkcdpass") / "static" / "eff-special").read_text(encoding="utf-8")
    return [line.split()[-1] for line in special.splitlines() if line.strip()]


def by_use(words: Iterable[str], *, away_from: Iterable[str]) -> list[str]:
    """Return those Indonesian words that no English one resembles, the most used first."""
    frequency = import_module("wordfreq").zipf_frequency
    apart = [word for word in words if all(far(word, one, 2) for one in away_from)]
    return sorted(apart, key=lambda word: (-frequency(word, "id"), word))


def choose(groups: Iterable[list[str]], *, least: tuple[int, ...], far: Far, refused: Iterable[str]) -> list[str]:
    """Return the first words that are fit and far from one another: each group in one go for each of the distances."""
    unfit, vulgar = HEARING["FILLERS"] | set(refused), words_of("vulgar.txt")
    chosen: dict[str, str] = {}  # by how they begin
    for group, distance in product(groups, least):
        for word in group:
            is_fit = re.fullmatch("[a-z]{3,10}", word) and word not in unfit and decent(word, vulgar)
            if is_fit and word[:PREFIX] not in chosen and all(far(word, one, distance) for one in chosen.values()):
                chosen[word[:PREFIX]] = word
    return list(chosen.values())[:COUNT]


def decent(word: str, vulgar: Iterable[str]) -> bool:
    """Say whether a word is no vulgar one, and not one letter away from one."""
    return all(far(word, bad, 2 if len(bad) >= PREFIX else 1) for bad in vulgar)


def far(one: str, other: str, least: int) -> bool:
    """Say whether so many letters must change to make one word of the other."""
    return OSA.distance(one, other, score_cutoff=least - 1) >= least


def sounds_far(one: str, other: str, least: int) -> bool:
    """Say whether two Indonesian words are far apart, as they are written and as many people say them."""
    return far(one, other, least) and far(HEARING["said"](one), HEARING["said"](other), least)


def words_of(name: str) -> list[str]:
    """Return the words of one of our files, without its remarks."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


if __name__ == "__main__":
    main()
