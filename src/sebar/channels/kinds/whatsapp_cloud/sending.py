"""Sending notices from a WhatsApp number: only in the form that Meta has approved."""

from __future__ import annotations

from typing import Final

from sebar.channels.base import Came, Outcome, Outgoing
from sebar.channels.kinds.whatsapp_cloud.graph import Graph
from sebar.channels.kinds.whatsapp_cloud.webhook import mark_of
from sebar.kit.words import gettext_noop

NO_TEMPLATE: Final = gettext_noop("No template for news is named, and WhatsApp takes none without.")


class WhatsApp:
    """What sends notices, from each brand's own number."""

    def __init__(self) -> None:
        self._graphs: dict[tuple[str, str], Graph] = {}

    def send(self, message: Outgoing) -> Outcome:
        """Send one notice, and say what Meta made of it."""
        account = message.account
        if not account["template"]:
            return Outcome(came=Came.REFUSED, trouble=NO_TEMPLATE)
        key = account["number_id"], account["token"]
        if key not in self._graphs:
            self._graphs[key] = Graph(account)
        return self._graphs[key].write_template(
            message.address,
            template=account["template"],
            language=message.language,
            parts=(message.content["text"], message.content.get("link", "")),
            mark=mark_of(message.number),
        )

    def close(self) -> None:
        """Let go of the connections."""
        for graph in self._graphs.values():
            graph.close()
        self._graphs.clear()


def open_sender() -> WhatsApp:
    """Return what sends notices."""
    return WhatsApp()
