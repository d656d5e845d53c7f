"""Reads of participants: cascades large and small, pages, secrets, and nothing of other brands."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from builders import a_campaign, a_cascade, a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.kit import codes
from sebar.kit.errors import NotFound, UserError
from sebar.participants import actions, queries
from sebar.participants.models import Participant
from sebar.participants.queries import Counts, Cursor, Page


def test_a_friend_of_a_friend_counts_as_later(campaign: Campaign) -> None:
    ani, budi, cici, *_ = a_cascade(campaign, [-1, 0, 1, 1, 2, 0])
    assert queries.counts(ani) == Counts(direct=2, later=3)
    assert queries.counts(budi) == Counts(direct=2, later=1)
    assert queries.counts(cici) == Counts(direct=1, later=0)


TREES = some.integers(1, 14).flatmap(
    lambda size: some.tuples(*(some.integers(-1, row - 1) for row in range(size))).map(list)
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parents=TREES)
def test_counts_paths_and_trees_agree_with_a_plain_count(people: People, parents: list[int]) -> None:
    made = a_cascade(a_campaign(people.alice), parents)
    for place, one in enumerate(made):
        path = naive_path(parents, place)
        below = [row for row in range(len(parents)) if row != place and place in naive_path(parents, row)]
        direct = [row for row in below if parents[row] == place]
        assert [step.pk for step in queries.path(one)] == [made[step].pk for step in path]
        assert queries.counts(one) == Counts(len(direct), len(below) - len(direct))
        tree = queries.subtree(one, depth=99)
        assert tree[0].number == one.pk
        assert {node.number for node in tree[1:]} == {made[row].pk for row in below}
        assert [node.generation for node in tree] == sorted(node.generation for node in tree)
        assert sum(node.direct for node in tree) == len(below)


def naive_path(parents: list[int], row: int) -> list[int]:
    return [*naive_path(parents, parents[row]), row] if parents[row] >= 0 else [row]


def test_a_tree_is_cut_by_depth_and_by_number(campaign: Campaign) -> None:
    ani, *_ = a_cascade(campaign, [-1, 0, 1, 2, 3])
    assert [node.generation for node in queries.subtree(ani, depth=2)] == [0, 1, 2]
    ben, *_ = a_cascade(campaign, [-1, *[0] * 6])
    tree = queries.subtree(ben, limit=4)
    assert len(tree) == 4
    assert tree[0].direct == 6


def collect(campaign: Campaign, limit: int, **how: object) -> list[int]:
    numbers: list[int] = []
    found: Page | None = None
    while found is None or found.next:
        after = Cursor.read(found.next.spell()) if found and found.next else None
        found = queries.page(campaign, after=after, limit=limit, **how)  # type: ignore[arg-type]
        assert len(found.rows) <= limit
        numbers += [row.pk for row in found.rows]
    return numbers


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_show_everybody_once(campaign: Campaign, limit: int) -> None:
    made = a_cascade(campaign, [-1] * 7)
    Participant.objects.filter(pk__in=[one.pk for one in made[2:5]]).update(joined_at=made[2].joined_at)
    forward = collect(campaign, limit)
    assert sorted(forward) == sorted(one.pk for one in made)
    assert collect(campaign, limit, newest_first=True) == forward[::-1]


def test_pages_can_be_narrowed(campaign: Campaign) -> None:
    ani, budi, cici, dedi = a_cascade(campaign, [-1, 0, 1, -1])
    assert collect(campaign, 9, generation=1) == [budi.pk]
    assert collect(campaign, 9, root=ani.pk) == [ani.pk, budi.pk, cici.pk]
    assert collect(campaign, 9, search=codes.grouped(dedi.pk).upper()) == [dedi.pk]
    named = a_participant(campaign, how="api", name="Siti Aminah", external_id="c-7", email="siti@example.com")
    for search in ("amin", "c-7", "SITI@example.com"):
        assert collect(campaign, 9, search=search) == [named.pk]
    assert collect(campaign, 9, search="nobody") == []


def test_children_come_in_pages(campaign: Campaign) -> None:
    ani, *friends = a_cascade(campaign, [-1, 0, 0, 0])
    first = queries.children(ani, limit=2)
    rest = queries.children(ani, limit=2, after=first.next)
    assert [one.pk for one in [*first.rows, *rest.rows]] == [one.pk for one in friends]
    assert rest.next is None


@pytest.mark.parametrize("spelled", ["", "x-y", "1", f"{10**30}-1", "1-2-3"])
def test_a_broken_cursor_is_named(spelled: str) -> None:
    with pytest.raises(UserError, match="not a place to go on from"):
        Cursor.read(spelled)


def test_the_personal_secret_opens_one_page_only(campaign: Campaign) -> None:
    ani, budi = a_cascade(campaign, [-1, 0])
    secret = queries.personal_secret(ani)
    assert secret.startswith(f"{codes.spell(ani.pk)}.")
    assert queries.by_secret(secret) == ani
    proof = secret.partition(".")[2]
    forged = [f"{codes.spell(budi.pk)}.{proof}", codes.spell(ani.pk), f"{secret}x", secret[:-1], "", ".", "é\udcff"]
    assert [queries.by_secret(one) for one in forged] == [None] * len(forged)


def test_a_renewed_secret_closes_the_old_one(campaign: Campaign) -> None:
    ani = a_participant(campaign)
    old = queries.personal_secret(ani)
    new = actions.renew_secret(participant=ani)
    assert queries.by_secret(old) is None
    assert queries.by_secret(new) == ani


def test_totals_are_counted_for_each_campaign(people: People, campaign: Campaign) -> None:
    empty, strange = a_campaign(people.alice), a_campaign(people.charlie)
    a_cascade(campaign, [-1, 0])
    a_participant(strange)
    assert queries.totals(people.alice.brand) == {campaign.pk: 2, empty.pk: 0}
    assert queries.total(strange) == 1


def test_tenants_never_see_each_others_participants(people: People, campaign: Campaign) -> None:
    mine = a_participant(campaign, how="api", external_id="mine", name="Ani")
    strange = a_campaign(people.charlie)
    with pytest.raises(NotFound):
        queries.of_number(strange, mine.pk)
    for reference in ("mine", codes.spell(mine.pk)):
        with pytest.raises(NotFound):
            queries.find(strange, reference)
    assert queries.find(campaign, "mine") == queries.find(campaign, codes.spell(mine.pk)) == mine
    for narrowed in ({}, {"root": mine.pk}, {"search": "Ani"}, {"search": codes.spell(mine.pk)}):
        assert collect(strange, 9, **narrowed) == []
    for act in (actions.confirm, lambda **named: actions.convert(external_id="o-1", **named)):
        with pytest.raises(NotFound):
            act(campaign=strange, number=mine.pk)
