"""The report of a campaign on one page, for whoever answers for it, with what could be done now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sebar import channels, measures
from sebar.brands.models import AuditEntry
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.channels import notices
from sebar.console import experiment_words, sentences, steer
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.console.sentences import Shown
from sebar.kit.errors import Unavailable, UserError
from sebar.measures import Summary
from sebar.pages import trees, words
from sebar.participants import queries as participants
from sebar.spread.estimate import Estimate
from sebar.steering.alarms import words as alarm_words
from sebar.steering.alarms.models import Alarm
from sebar.steering.decisions import affair
from sebar.steering.decisions.models import State
from sebar.steering.report import queries, rules
from sebar.steering.report.queries import Report
from sebar.steering.report.rules import Advice, Contrast, Cost, Foretold, Lesson
from sebar.steering.suggestions import actions
from sebar.steering.suggestions import queries as suggestions
from sebar.steering.suggestions.queries import Kind, Suggestion

_LARGEST = 3
_MOST_ROWS = 9


@dataclass(frozen=True)
class Row:
    """One number that matters, what is said beside it, and the page that it comes from."""

    title: str
    shown: Shown
    href: str


@dataclass(frozen=True)
class Line:
    """What was foreseen, as a row of the table."""

    what: str
    made_at: datetime
    due_at: datetime
    likely: str
    came: str
    held: bool | None
    score: str


@dataclass(frozen=True)
class Offered:
    """A suggestion in words, with the page it leads to; `arm` is what one tap ends."""

    sentence: SafeString
    expected: str
    href: str
    to: str
    arm: str
    experiment: int | None
    reminds: bool = False


@require_GET
@of_campaign(Verb.LOOK)
def report(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show the report, as it is printed too."""
    found = queries.gather(campaign)
    generations = measures.generations(campaign.pk)
    largest = measures.cascades(campaign.pk, order="size", limit=_LARGEST).rows
    rows = trees.generation_rows(generations)
    is_going_on = bool(found.summary.participants) and not found.phase.is_over
    return page(
        request,
        membership,
        "report.html",
        tab="report",
        report=found,
        sentence=outcome(found),
        spreading=sentences.how_it_spreads(found.spreading) if is_going_on else "",
        numbers=_numbers(found, campaign),
        rows=rows[:_MOST_ROWS],
        is_deeper=len(rows) > _MOST_ROWS,
        largest=[(participants.names(campaign, [one.root]).get(one.root, ""), one) for one in largest if one.size > 1],
        foretold=[_foretold(one) for one in found.foretold],
        worked=[_worked(one) for one in found.contrasts],
        experiments=[(one, experiment_words.verdict(one, watch)) for one, watch in found.experiments],
        wrong=_wrong(found),
        has_affair=bool(found.said),
        advice=[_advice(one) for one in found.advice],
        reminder=notices.reminder(campaign),
        in_an_affair=suggestions.is_in_an_affair(found),
        offered=[_offered(one, campaign) for one in suggestions.of_report(campaign, found)],
        **frame(campaign),
    )


@require_POST
@of_campaign(Verb.EDIT)
def remind(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Remind who joined and never passed it on."""
    try:
        people = actions.remind(membership=membership, slug=campaign.slug)
    except (UserError, Unavailable) as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("On its way to %(people)s.") % {"people": words.people(people)})
    return redirect("console:report", membership.brand.slug, campaign.slug)


def outcome(report: Report) -> SafeString:
    """Return what came of the campaign beside its goal, in one sentence."""
    count, goal = report.summary.participants, report.goal
    if report.phase is Phase.DRAFT or (not count and report.phase is Phase.SCHEDULED):
        return format_html("{}", _("It has not begun, so there is nothing to report yet."))
    joined = format_html(
        "<b>{}</b>",
        ngettext("%(count)s person joined", "%(count)s people joined", count) % {"count": words.number(count)},
    )
    if goal is None:
        told = _("{}. No goal was set.") if report.phase.is_over else _("{} so far. No goal is set.")
        return format_html(told, joined)
    values = (joined, words.number(goal), words.percent(count / goal))
    if count >= goal:
        return format_html(_("{}: the goal of {} is reached ({} of it)."), *values)
    if report.phase.is_over:
        return format_html(_("{}: the goal of {} was missed ({} of it)."), *values)
    return format_html(_("{} so far, of the goal of {} ({} of it)."), *values)


def _numbers(report: Report, campaign: Campaign) -> list[Row]:
    """Return the numbers that matter, each with the page where its data are."""
    summary = report.summary
    here = [campaign.brand.slug, campaign.slug]
    figures = reverse("console:measures", args=here)
    r = report.spreading.decides
    is_of_friends = r is report.spreading.r_of_friends
    seeds = _("%(seeds)s, %(referred)s through a friend") % {
        "seeds": words.seeds(summary.seeds),
        "referred": words.number(summary.referred),
    }
    found = [
        Row(_("Participants"), _count(summary.participants, seeds), f"{figures}#about-participants"),
        Row(_("Reach"), _count(report.reach.people), f"{figures}#about-reach"),
        Row(
            _("R, people each friend brings") if is_of_friends else _("R, people each one brings"),
            sentences.shown(r),
            f"{figures}#about-{'r_of_friends' if is_of_friends else 'r'}",
        ),
        Row(
            _("K, shares × joins per share"),
            sentences.shown(report.passing_on.k_factor),
            f"{figures}#about-k_factor",
        ),
        Row(
            _("Conversions"),
            _count(summary.conversions, _worth(summary)),
            reverse("console:export", args=[*here, "funnel"]),
        ),
    ]  # fmt: skip
    return found + [row for cost in report.costs for row in _costs(cost, here)]


def _worth(summary: Summary) -> str:
    """Return what conversions were worth, and how many were refunded."""
    worth = [words.money(one.value, one.currency) for one in summary.money if one.currency]
    return " · ".join(filter(None, [", ".join(worth), sentences.refunded(summary.refunded)]))


def _costs(cost: Cost, here: Sequence[str]) -> list[Row]:
    given, briefed = reverse("console:rewards", args=here), reverse("console:brief", args=here)
    rows = []
    if cost.given or cost.pending:
        pending = ""
        if cost.pending:
            pending = _("and %(amount)s not sure yet") % {"amount": words.money(cost.pending, cost.currency)}
        rows.append(Row(_("Rewards given"), Shown(words.money(cost.given, cost.currency), pending, "", None), given))
        rows.append(Row(_("Rewards per join"), _each(cost.given, cost.joins, cost.currency), given))
        rows.append(Row(_("Rewards per conversion"), _each(cost.given, cost.conversions, cost.currency), given))
    if cost.budget is not None:
        rows.append(
            Row(_("Budget of the brief"), Shown(words.money(cost.budget, cost.currency), "", "", None), briefed)
        )
        spent = _("if all of it is spent")
        rows.append(Row(_("Budget per join"), _each(cost.budget, cost.joins, cost.currency, spent), briefed))
        rows.append(
            Row(_("Budget per conversion"), _each(cost.budget, cost.conversions, cost.currency, spent), briefed)
        )
    return rows


def _count(number: int, beside: str = "") -> Shown:
    return Shown(words.number(number), beside, "", None)


def _each(amount: int, count: int, currency: str, beside: str = "") -> Shown:
    part = rules.each(amount, count)
    if part is None:
        return Shown("", "", _("nobody yet"), None)
    return Shown(words.money(part, currency), beside, "", None)


def _foretold(one: Foretold) -> Line:
    low, high = words.rounded(*one.likely)
    return Line(
        what=_by_what(one),
        made_at=one.made_at,
        due_at=one.due_at,
        likely=words.span(low, high, 0),
        came="" if one.outcome is None else words.number(one.outcome),
        held=one.held,
        score="" if one.score is None else words.number(one.score, 3),
    )


def _by_what(one: Foretold) -> str:
    if not one.plan:
        return _("First forecast of record")
    plan = _("Plan “%(name)s”") % {"name": one.plan}
    if one.over_on is None:
        return plan
    day, days = one.over_on
    return _("%(plan)s, by its day %(day)s of %(days)s: then the campaign was over") % {
        "plan": plan,
        "day": day,
        "days": days,
    }


def _worked(one: Contrast) -> SafeString:
    said = {
        "channel": _("Who came by {} brings {} others ({}), {} more ({}) than who came by {}."),
        "creative": _("Who came by the creative {} brings {} others ({}), {} more ({}) than who came by {}."),
        "source": _("In cascades of seeds from {} each brings {} others ({}), {} more ({}) than in those from {}."),
    }[one.by]
    r, more = sentences.shown(one.r, 2), sentences.shown(one.more, words.decimals(one.more.low))
    better = format_html("<b>{}</b>", _label(one.by, one.better))
    return format_html(said, better, r.value, r.range, more.value, more.range, _label(one.by, one.worse))


def _label(by: str, label: str) -> str:
    return channels.title(label) if by == "channel" else label


@dataclass(frozen=True)
class Wrong:
    """One line of what went wrong: an alarm, a decision with what it cut and spared, or what was said about it."""

    at: datetime
    what: str
    about: Sequence[str]
    state: str


def _wrong(report: Report) -> list[Wrong]:
    spoke = [_alarm(alarm) for alarm in report.alarms]
    decided = [_decision(one) for one in map(steer.in_words, report.decisions)]
    return sorted(spoke + decided + _said(report), key=lambda one: one.at)


def _alarm(alarm: Alarm) -> Wrong:
    name = _("Alarm: %(name)s") % {"name": alarm_words.name(alarm.watch)}
    return Wrong(alarm.opened_at, name, [alarm_words.of_alarm(alarm)], alarm_words.status(alarm))


def _decision(one: steer.Decided) -> Wrong:
    about = (one.decision.reason, "; ".join(part for part in (one.cut, one.spared) if part))
    is_done = one.decision.state == State.IN_FORCE
    said = _("Decision: %(what)s (%(who)s)") if is_done else _("Proposed: %(what)s (%(who)s)")
    done = said % {"what": one.what, "who": one.by}
    return Wrong(one.decision.in_force_at or one.decision.made_at, done, about, one.outcome)


def _said(report: Report) -> list[Wrong]:
    """Return what was said about an affair; how far it has come stands at the newest statement and each correction."""
    told = report.told
    if told is None:
        return []
    said = {
        affair.STATED: _("Statement"),
        affair.WITHDRAWN: _("Statement taken away"),
        affair.CORRECTED: _("Correction"),
    }
    newest = [entry.pk for entry in report.said if entry.verb == affair.STATED][-1:]

    def far(entry: AuditEntry) -> list[str]:
        if entry.verb == affair.CORRECTED:
            return [steer.how_many_got(told.corrections[entry.details["news"]])]
        return [steer.how_many_saw(told)] if entry.pk in newest else []

    return [
        Wrong(
            entry.at,
            _by(said[entry.verb], entry.who or _("a program")),
            [*(text for _language, text in steer.words_said(entry)), *far(entry)],
            "",
        )
        for entry in report.said
    ]


def _by(what: str, who: str) -> str:
    return f"{what} ({who})"


def _advice(one: Advice) -> str:
    ways: dict[Lesson, Callable[[Advice], str]] = {
        Lesson.BEGIN_WITH: _begin_with,
        Lesson.KEEP_ARM: lambda one: (
            _("Show “%(arm)s” from the start: “%(name)s” has tried it.") % {"arm": one.what, "name": one.beside}
        ),
        Lesson.SEEDS: _more_seeds,
        Lesson.POLICY: lambda one: (
            _("Decide beforehand what is done when “%(watch)s” sounds an alarm: this time nobody had.")
            % {"watch": alarm_words.name(one.what)}
        ),
        Lesson.PLAN: lambda one: (
            _("Let the next plan learn from this campaign: the range of “%(name)s” did not hold.") % {"name": one.what}
        ),
    }
    return ways[one.lesson](one)


def _begin_with(one: Advice) -> str:
    said = {
        "channel": _("Begin with %(better)s rather than %(worse)s."),
        "creative": _("Begin with the creative %(better)s rather than %(worse)s."),
        "source": _("Take seeds from %(better)s rather than from %(worse)s."),
    }[one.by]
    return said % {"better": _label(one.by, one.what), "worse": _label(one.by, one.beside)}


def _more_seeds(one: Advice) -> str:
    if one.number is None:
        return ""
    low, high = words.rounded(one.number.low, one.number.high)
    return _(
        "Take about %(seeds)s seeds (%(range)s) for the same goal: at so many a seed, that makes it on average; a plan "
        "says how many make it likely."
    ) % {
        "seeds": words.number(one.number.value),
        "range": words.span(low, high, 0),
    }


def _offered(one: Suggestion, campaign: Campaign) -> Offered:
    here = [campaign.brand.slug, campaign.slug]
    said: dict[Kind, Callable[[Suggestion, Sequence[Any]], Offered]] = {
        Kind.ADD_SEEDS: _add_seeds,
        Kind.END_ARM: _end_arm,
        Kind.MOVE_SEEDS: _move_seeds,
        Kind.REMIND: _remind,
    }
    return said[one.kind](one, here)


def _add_seeds(one: Suggestion, here: Sequence[Any]) -> Offered:
    sentence = format_html(
        _("Add about {} seeds: then the goal is reached with a chance of {}."),
        words.number(one.number),
        words.tenths(one.chance or 0.0),
    )
    expected = ""
    if one.effect is not None and one.without is not None:
        expected = _(
            "Likely %(with)s participants with them, %(without)s without (80%%); without them the goal is reached with "
            "a chance of %(chance_without)s."
        ) % {
            "with": _likely(one.effect, is_open=one.is_open),
            "without": _likely(one.without),
            "chance_without": words.tenths(one.chance_without or 0.0),
        }
    return Offered(sentence, expected, reverse("console:plans", args=here), _("Plan whom to invite"), "", None)


def _likely(figure: Estimate, *, is_open: bool = False) -> str:
    low, high = words.rounded(figure.low, figure.high)
    return _("%(low)s or more") % {"low": words.number(low)} if is_open else words.span(low, high, 0)


def _end_arm(one: Suggestion, here: Sequence[Any]) -> Offered:
    sentence = format_html(_("End the arm “{}” of “{}”: it is clearly worse."), one.what, one.beside)
    expected = ""
    if one.effect is not None:
        expected = _("Its cascades are %(factor)s times as large (%(range)s) as those beside it.") % {
            "factor": words.number(one.effect.value, 2),
            "range": words.span(one.effect.low, one.effect.high, 2),
        }
    href = reverse("console:experiment", args=[*here, one.experiment])
    return Offered(
        sentence, expected, href, _("Look at the experiment"), one.what if one.may_be_applied else "", one.experiment
    )


def _move_seeds(one: Suggestion, here: Sequence[Any]) -> Offered:
    said, to, where = {
        "channel": (_("Invite by {} rather than by {}."), _("Channels"), "console:channels"),
        "creative": (_("Show the creative {} rather than {}."), _("Material"), "console:material"),
        "source": (_("Take seeds from {} rather than from {}."), _("Plan whom to invite"), "console:plans"),
    }[one.by]
    sentence = format_html(said, _label(one.by, one.what), _label(one.by, one.beside))
    expected = ""
    if one.effect is not None:
        low, high = words.rounded(one.effect.low, one.effect.high)
        expected = _(
            "%(seeds)s seeds moved bring about %(more)s more themselves (%(range)s), if they are like those who came "
            "that way. An experiment makes it surer."
        ) % {
            "seeds": words.number(one.number),
            "more": words.number(one.effect.value),
            "range": words.span(low, high, 0),
        }
    return Offered(sentence, expected, reverse(where, args=here), to, "", None)


def _remind(one: Suggestion, here: Sequence[Any]) -> Offered:
    people = words.people(one.number)
    sentence = format_html(_("Remind {}, who joined, asked for news and never passed it on."), people)
    said = _("Once, and never again: nobody is reminded twice.")
    if one.effect is not None:
        low, high = words.rounded(one.effect.low, one.effect.high)
        said += " " + _("If they then were like everybody, they would bring about %(more)s (%(range)s).") % {
            "more": words.number(one.effect.value),
            "range": words.span(low, high, 0),
        }
    return Offered(sentence, said, reverse("console:channels", args=here), _("Channels"), "", None, reminds=True)
