from __future__ import annotations

import re

from django.test import Client

from sebar.api.application import api


def test_the_page_names_every_address_and_shape_and_needs_nothing_from_elsewhere(db: None) -> None:
    page = Client().get("/api/v1/docs").content.decode()
    document = Client().get("/api/v1/openapi.json").json()
    for path in document["paths"]:
        assert path in page
    for shape in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{shape}"' in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    assert "<script" not in page


def test_every_operation_says_what_it_does() -> None:
    document = api.get_openapi_schema(path_prefix="/api/v1/")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
