"""Why a mail is left as it was."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sebar.kit.words import gettext_noop, say


class Reason(StrEnum):
    """What was found that forbids touching a mail."""

    # in the mail
    ALREADY_THERE = "already_there"
    AUTOMATIC = "automatic"
    BROKEN = "broken"
    CALENDAR = "calendar"
    CHARSET = "charset"
    DKIM = "dkim"
    ENCLOSED = "enclosed"
    ENCODING = "encoding"
    ENCRYPTED = "encrypted"
    LIST = "list"
    NO_TEXT = "no_text"
    REPORT = "report"
    SIGNED = "signed"
    TOO_LARGE = "too_large"
    # around it
    CHANNEL_OFF = "channel_off"
    NO_SENDER = "no_sender"
    NOT_ENROLLED = "not_enrolled"
    NOT_RUNNING = "not_running"
    SAME_THREAD = "same_thread"
    TROUBLE = "trouble"

    @property
    def words(self) -> str:
        """One sentence for people, in the reader's language."""
        return say(_WORDS[self])


_WORDS: Final = {
    Reason.ALREADY_THERE: gettext_noop("The footer stands in it already, for example in what is quoted."),
    Reason.AUTOMATIC: gettext_noop("A program wrote it: an out-of-office note, for example."),
    Reason.BROKEN: gettext_noop("It is not built as mail should be, so nothing in it is moved."),
    Reason.CALENDAR: gettext_noop("It is an invitation to an appointment, or an answer to one."),
    Reason.CHARSET: gettext_noop("Its letters are in a character set that cannot be read for sure."),
    Reason.DKIM: gettext_noop("It was signed with DKIM before the footer could be added: the footer must come first."),
    Reason.ENCLOSED: gettext_noop("It encloses another mail."),
    Reason.ENCODING: gettext_noop("It is packed in a way that cannot be undone for sure."),
    Reason.ENCRYPTED: gettext_noop("It is encrypted."),
    Reason.LIST: gettext_noop("It is a newsletter, or comes from a mailing list."),
    Reason.NO_TEXT: gettext_noop("It has no text of its own, only files or pictures."),
    Reason.REPORT: gettext_noop("It is a delivery report or a read receipt."),
    Reason.SIGNED: gettext_noop("It is signed: a change would break the signature."),
    Reason.TOO_LARGE: gettext_noop("It is larger than 2 MB."),
    Reason.CHANNEL_OFF: gettext_noop("The campaign has switched the footer off."),
    Reason.NO_SENDER: gettext_noop("It has no sender: it is a bounce."),
    Reason.NOT_ENROLLED: gettext_noop("Its sender has no footer."),
    Reason.NOT_RUNNING: gettext_noop("The campaign is not running."),
    Reason.SAME_THREAD: gettext_noop("The conversation has the footer already: each gets it once."),
    Reason.TROUBLE: gettext_noop("Something went wrong on our side; the log says what."),
}
