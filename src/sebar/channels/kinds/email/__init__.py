"""Letters: written in the person's own mail program (RFC 6068) or, where the brand answers for them, sent by us."""

from sebar.channels.base import Channel, Field
from sebar.channels.kinds.email import entered, record
from sebar.kit import text
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="email",
    label=gettext_noop("E-mail"),
    colour="c5",
    address="mailto:?subject={subject}&body={message}",
    shows_card=False,
    order=4,
    opens_page=False,
    about=gettext_noop(
        "People write to friends in their own mail program; that needs nothing. Once you have set this up, they can"
        " also have us send a letter in your name, one friend at a time."
    ),
    sends=True,
    hears_back="returns",
    lacks=entered.lacks,
    wants=entered.wants,
    refuse=entered.refuse,
    claims=record.domain_of,
    prove=record.prove,
    one_spelling=text.mailbox,
    fields=(
        Field(
            name="sender",
            label=gettext_noop("Sender’s address"),
            hint=gettext_noop(
                "Of your own domain, like halo@kopi.example. Answers come here; they go to the person who wrote only"
                " where your own program gave us that person’s address."
            ),
            kind="email",
            check=entered.sender,
        ),
        Field(
            name="bounces",
            label=gettext_noop("Address for returned letters"),
            hint=gettext_noop(
                "Letters that cannot be delivered come back here; have your mail server pass them to the command"
                " “sebar mail bounce”."
            ),
            kind="email",
            check=entered.bounces,
        ),
        Field(
            name="postal",
            label=gettext_noop("Your name and postal address"),
            hint=gettext_noop("Stands under every letter, so that people know who is behind it."),
            check=entered.postal,
        ),
        Field(
            name="most_a_day",
            label=gettext_noop("At most so many letters a day"),
            hint=gettext_noop("1,000 where it is empty."),
            kind="number",
            check=entered.most_a_day,
        ),
        Field(
            name="duties",
            label=gettext_noop("We answer for these letters"),
            hint=gettext_noop(
                "We pay nobody for sending them. A person sends each by their own wish, to one friend they know, and"
                " sees the whole text first. The letter says who is behind it, where the address comes from and how to"
                " get no more. We use the address for nothing else."
            ),
            kind="checkbox",
            check=entered.duties,
        ),
        Field(name="dkim_key", label="DKIM", kind="made", is_secret=True, check=entered.dkim_key),
    ),
)
