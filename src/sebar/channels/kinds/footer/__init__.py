"""One line under everyday mail, as it once made a mail service grow: added by the company's own mail server."""

from sebar.channels.base import Channel
from sebar.kit.words import gettext_noop

CHANNEL = Channel(
    name="footer",
    label=gettext_noop("Mail footer"),
    counts_as="share",
    about=gettext_noop(
        "One line with the sender’s own link under the mail that people of your company write anyway. Your own Postfix"
        " adds it, for those only who have enrolled their mailbox, and leaves alone whatever must not be changed:"
        " signed and encrypted mail, invitations, reports, newsletters."
    ),
    is_on=False,
)
