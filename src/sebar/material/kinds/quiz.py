"""A quiz of the “which … are you?” kind: every answer gives points towards one of the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sebar.kit import text
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import gettext_noop
from sebar.material.base import SHARE, TEXT, TITLE, Content, Kind, Wording

RESULTS, QUESTIONS, ANSWERS, POINTS = 8, 12, 6, 9
"""How many of each there may be at most."""
_FEWEST: Final = 2
_LENGTHS: Final = {"title": 60, "text": 280, "question": 140, "answer": 80}


def read(fields: Mapping[str, str], languages: Sequence[str]) -> Content:
    """Return what the form says; lines that are empty in every language are left out.

    Answers go on leading to the result that they led to, and to one that is empty as if it came after all others.
    """
    results = [
        {what: _said(fields, f"result.{number}.{what}", languages) for what in ("title", "text")}
        for number in range(RESULTS)
    ]
    questions: list[dict[str, Any]] = [
        {
            "question": _said(fields, f"question.{number}", languages),
            "answers": [
                {
                    "answer": _said(fields, f"question.{number}.{place}", languages),
                    "to": _number(fields.get(f"question.{number}.{place}.to", "1")) - 1,
                    "points": _number(fields.get(f"question.{number}.{place}.points", "1")),
                }
                for place in range(ANSWERS)
            ],
        }
        for number in range(QUESTIONS)
    ]
    order = sorted(range(RESULTS), key=lambda number: not any(results[number]["title"].values()))
    for question in questions:
        question["answers"] = [
            {**one, "to": order.index(one["to"]) if one["to"] in order else -1}
            for one in question["answers"]
            if any(one["answer"].values())
        ]
    return {
        "results": [results[number] for number in order if any(results[number]["title"].values())],
        "questions": [one for one in questions if any(one["question"].values()) or one["answers"]],
    }


def check(content: Content, languages: Sequence[str]) -> Content:
    """Return a quiz in which every answer leads somewhere, and some answer to every result.

    Raises
    ------
    UserErrors
        Naming what is missing, and where.
    """
    checks = Checks()
    results, questions = content.get("results", []), content.get("questions", [])
    checks(_enough, len(results), RESULTS, "result.0.title", gettext_noop("A quiz has {least} to {most} results."))
    checks(_enough, len(questions), QUESTIONS, "question.0", gettext_noop("A quiz has {least} to {most} questions."), 1)
    tidy: Content = {
        "results": [
            {
                what: _words(checks, one.get(what, {}), languages, f"result.{number}.{what}", what)
                for what in ("title", "text")
            }
            for number, one in enumerate(results)
        ],
        "questions": [
            {
                "question": _words(checks, one.get("question", {}), languages, f"question.{number}", "question"),
                "answers": _answers(checks, one.get("answers", []), languages, number, len(results)),
            }
            for number, one in enumerate(questions)
        ],
    }
    checks.finish()
    reached = {answer["to"] for question in tidy["questions"] for answer in question["answers"]}
    for number in range(len(results)):
        checks(_reached, number, reached, f"result.{number}.title")
    checks.finish()
    return tidy


def result_of(content: Content, chosen: Sequence[int]) -> int:
    """Return the place of the result that most points lead to; of several the one listed first.

    Parameters
    ----------
    chosen
        For each question the place of the answer.
    """
    points: Counter[int] = Counter()
    for question, place in zip(content["questions"], chosen, strict=True):
        answer = question["answers"][place]
        points[answer["to"]] += answer["points"]
    return max(range(len(content["results"])), key=lambda result: (points[result], -result))


def _said(fields: Mapping[str, str], name: str, languages: Sequence[str]) -> dict[str, str]:
    return {language: fields.get(f"{name}.{language}", "").strip() for language in languages}


def _number(written: str) -> int:
    return int(written) if written.isdecimal() and len(written) <= len(str(POINTS)) + 1 else 0


def _enough(count: int, most: int, where: str, message: str, least: int = _FEWEST) -> int:
    if not least <= count <= most:
        raise UserError(message, field=where, least=least, most=most)
    return count


def _answers(
    checks: Checks, answers: Sequence[dict[str, Any]], languages: Sequence[str], number: int, results: int
) -> list[dict[str, Any]]:
    message = gettext_noop("Every question has {least} to {most} answers.")
    checks(_enough, len(answers), ANSWERS, f"question.{number}.0", message)
    return [
        {
            "answer": _words(checks, one.get("answer", {}), languages, f"question.{number}.{place}", "answer"),
            "to": checks(_to, one.get("to", 0), results, f"question.{number}.{place}.to"),
            "points": checks(_points, one.get("points", 1), f"question.{number}.{place}.points"),
        }
        for place, one in enumerate(answers)
    ]


def _to(result: int, results: int, where: str) -> int:
    if not isinstance(result, int) or not 0 <= result < max(results, 1):
        raise UserError(gettext_noop("This answer leads to a result that is not there."), field=where)
    return result


def _reached(result: int, reached: Collection[int], where: str) -> int:
    if result not in reached:
        raise UserError(
            gettext_noop("No answer leads to result {number}: let one lead there, or empty the result."),
            field=where,
            number=result + 1,
        )
    return result


def _points(points: int, where: str) -> int:
    if not isinstance(points, int) or not 1 <= points <= POINTS:
        raise UserError(gettext_noop("An answer gives 1 to {most} points."), field=where, most=POINTS)
    return points


def _words(checks: Checks, said: Mapping[str, str], languages: Sequence[str], where: str, what: str) -> dict[str, str]:
    return {language: checks(_one, str(said.get(language, "")), f"{where}.{language}", what) for language in languages}


def _one(written: str, where: str, what: str) -> str:
    tidy = text.line(written, field=where, most=_LENGTHS[what])
    if not tidy and what != "text":
        raise UserError(
            gettext_noop("Something is empty here: fill it in, or empty it in every language."), field=where
        )
    return tidy


KIND = Kind(
    name="quiz",
    label=gettext_noop("Quiz"),
    about=gettext_noop("“Which … are you?” Friends answer a few questions, and pass their result on."),
    order=5,
    words=(TITLE, TEXT),
    share=Wording(
        name="share",
        label=SHARE.label,
        most=SHARE.most,
        hint=gettext_noop("{result} stands for the result, like “I am {result}. And you?”"),
        is_long=True,
        mark="result",
    ),
    steps="ends",
    keeps="latest",
    read=read,
    check=check,
)
