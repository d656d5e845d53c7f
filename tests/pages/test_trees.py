"""Pictures of trees: everybody is in them once, and nothing lies outside."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sebar.measures.figures import Band, GenerationRow, Generations
from sebar.pages import trees
from sebar.pages.trees import Person


@st.composite
def forests(draw: st.DrawFn, most: int = 120) -> list[Person]:
    """One random tree in order of joining."""
    size = draw(st.integers(1, most))
    people = [Person(1, 0, 0, "Seed", 0.0)]
    for number in range(2, size + 1):
        parent = people[draw(st.integers(0, number - 2))]
        seconds = people[-1].seconds + draw(st.floats(0, 10_000))
        people.append(Person(number, parent.number, parent.generation + 1, "", seconds))
    return people


@given(forests())
def test_branch_sizes_add_up(people: list[Person]) -> None:
    branch = trees.branch(people)
    assert branch.size[1] == len(people)
    for number in branch.people:
        assert branch.size[number] == 1 + sum(branch.size[child] for child in branch.children.get(number, ()))


@given(forests(), st.sampled_from([True, False, None]))
@example([Person(1, 0, 0, "Seed", 0.0), Person(2, 1, 1, "", 5e-324)], True)
def test_a_time_tree_shows_everybody_inside_and_later_people_further_right(
    people: list[Person], is_log: bool | None
) -> None:
    tree = trees.time_tree(trees.branch(people), is_log=is_log)
    assert {mark.person.number for mark in tree.marks} == {person.number for person in people}
    xs = [float(mark.x) for mark in sorted(tree.marks, key=lambda mark: mark.person.seconds)]
    assert xs == sorted(xs)
    assert all(0 <= float(mark.x) <= tree.width and 0 < float(mark.y) <= tree.height for mark in tree.marks)


@given(forests())
def test_in_a_time_tree_children_without_children_stand_on_their_parents_row(people: list[Person]) -> None:
    branch = trees.branch(people)
    ys = {mark.person.number: mark.y for mark in trees.time_tree(branch).marks}
    for person in people[1:]:
        if person.number not in branch.children:
            assert ys[person.number] == ys[person.parent]
    rows = [ys[number] for number in branch.children]
    assert len(set(rows)) == len(rows)


@given(forests(60))
def test_a_small_tree_gives_every_leaf_a_line_of_its_own(people: list[Person]) -> None:
    branch = trees.branch(people)
    tree = trees.small_tree(branch)
    leaves = [mark.y for mark in tree.marks if mark.person.number not in branch.children]
    assert len(set(leaves)) == len(leaves)
    assert tree.lines.count("M") == len(people) - 1


@given(forests())
def test_an_icicle_counts_everybody_in_every_generation(people: list[Person]) -> None:
    drawn = trees.icicle({person.number: person.parent for person in people}, 1, width=40)
    deepest = max(person.generation for person in people)
    pitch = drawn.height // (deepest + 1)
    for generation in range(deepest + 1):
        below = sum(box.people for box in drawn.boxes if box.y == generation * pitch)
        assert below == sum(1 for person in people if person.generation >= generation)


def test_a_wide_icicle_folds_the_many_small_branches_into_one() -> None:
    parents = {1: 0} | dict.fromkeys(range(2, 5002), 1)
    drawn = trees.icicle(parents, 1)
    assert [(box.number, box.branches, box.people) for box in drawn.boxes] == [(1, 1, 5001), (0, 5000, 5000)]


def test_rows_of_several_generations_show_their_mean() -> None:
    rows = trees.generation_rows(
        Generations(
            rows=(
                GenerationRow(band=Band(0, 0), people=100, mean=100.0, apart=(1,), rest=99),
                GenerationRow(band=Band(1, 4), people=200, mean=50.0, apart=(200,), rest=0),
            ),
            largest=(7,),
            people=300,
        )
    )
    assert [row.width for row in rows] == ["1000", "500"]
    assert [(part.root, part.people) for part in rows[0].parts] == [(7, 1), (0, 99)]


@pytest.mark.parametrize(("generation", "css"), [(0, "g0"), (4, "g4"), (5, "g5"), (39, "g5")])
def test_deep_generations_share_a_colour(generation: int, css: str) -> None:
    assert trees.colour(generation) == css
