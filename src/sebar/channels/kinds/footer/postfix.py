"""What a Postfix must be told, line by line."""

from __future__ import annotations

from typing import Final

MILTER: Final = "127.0.0.1:8891"
"""Where the milter listens unless told otherwise."""
RELAY: Final = "127.0.0.1:10025"
"""Where the relay does."""
BACK: Final = "127.0.0.1:10026"
"""Where it hands mail back."""
SIGNING: Final = "inet:127.0.0.1:8892"


def for_milter(place: str = MILTER) -> tuple[str, str]:
    """Return the lines for ``main.cf`` and those for ``master.cf``. What signs (DKIM) must come after the footer."""
    main = [
        f"footer_milter = inet:{place}",
        f"dkim_milter = {SIGNING}",
        "non_smtpd_milters = $footer_milter, $dkim_milter",
        "milter_protocol = 6",
        "milter_default_action = accept",
        "milter_connect_timeout = 5s",
        "milter_command_timeout = 10s",
        "milter_content_timeout = 30s",
    ]
    master = [
        "submission inet n - y - - smtpd",
        "  -o smtpd_sasl_auth_enable=yes",
        "  -o smtpd_milters=$footer_milter,$dkim_milter",
    ]
    return "\n".join(main), "\n".join(master)


def for_relay(listens: str = RELAY, back: str = BACK) -> str:
    """Return the lines for ``master.cf`` of a server that hands mail over and takes it back instead."""
    host, _, port = listens.rpartition(":")
    lines = [
        "submission inet n - y - - smtpd",
        "  -o smtpd_sasl_auth_enable=yes",
        "  -o smtpd_milters=",
        f"  -o content_filter=smtp:[{host}]:{port}",
        f"{back} inet n - n - - smtpd",
        "  -o content_filter=",
        f"  -o smtpd_milters={SIGNING}",
        "  -o mynetworks=127.0.0.0/8",
        "  -o smtpd_recipient_restrictions=permit_mynetworks,reject",
    ]
    return "\n".join(lines)
