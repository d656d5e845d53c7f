"""An arm that loses, as the campaign's report suggests to end it."""

from __future__ import annotations

import re
from collections.abc import Callable

from people import People
from sebar.campaigns.models import Campaign
from sebar.steering.experiments.models import Experiment
from sebar.steering.experiments.rules import Arm
from steering.experiments.test_watching import MESSAGES, run
from steering.test_report import browser, place, read

Count = Callable[[], None]


def test_an_arm_that_loses_ends_with_an_editors_tap_and_not_before(
    people: People, campaign: Campaign, count: Count
) -> None:
    arms = [*MESSAGES, Arm("c", 1.0, {"en": {"share_text": "Please."}, "id": {"share_text": "Tolong."}})]
    experiment = run(people.alice, campaign, {"a": 0.8, "b": 0.8, "c": 0.05}, seeds=330, arms=arms)
    count()
    answer = browser(people.bob).get(place(campaign)).content.decode()
    assert "End the arm “c” of “" in answer
    assert re.search(r"Its cascades are 0\.\d\d times as large", answer)
    address = answer.partition('name="arm"')[0].rpartition('action="')[2].partition('"')[0]
    assert address.endswith(f"/experiments/{experiment.pk}/drop")
    assert 'name="arm"' not in browser(people.vera).get(place(campaign)).content.decode()
    assert not Experiment.objects.get().dropped
    browser(people.bob).post(address, {"arm": "c"})
    assert "c" in Experiment.objects.get().dropped
    assert not [one for one in read(people, campaign)["suggestions"] if one["kind"] == "end_arm"]
