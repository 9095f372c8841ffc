"""``[channels]``, ``[cap]`` and ``[cot]``: who is told over which channel, and what becomes of one that is silent.

Secrets stand in files of their own; the keys that end in ``_file`` name them.
"""

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, Strict, StringConstraints

from patrol_wire.ids import Severity
from relay.settings.values import Decimal, Name, PositiveSeconds, Seconds, Settings, Whole

_HOST_PORT: Final = re.compile(r"^([^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})\Z")
_SUBJECT: Final = re.compile(r"^(mailto:[^\s@]+@[^\s@]+|https://\S+)\Z")


def _url(text: str) -> str:
    if text and not re.match(r"^https?://[^\s/]+", text):
        raise ValueError('is no address of a web server; write it as "https://host/path"')
    return text


def _host_port(text: str) -> str:
    if text and ((found := _HOST_PORT.match(text)) is None or not 0 <= int(found[2]) <= 65_535):
        raise ValueError('is no address with a port; write it as "host:8087"')
    return text


def _subject(text: str) -> str:
    if text and not _SUBJECT.match(text):
        raise ValueError('names nobody whom the push service can ask; write "mailto:duty@city.example"')
    return text


Url = Annotated[str, Strict(), StringConstraints(max_length=2_000), AfterValidator(_url)]
HostPort = Annotated[str, Strict(), StringConstraints(max_length=300), AfterValidator(_host_port)]
File = Annotated[str, Strict(), StringConstraints(max_length=1_000)]
Line = Annotated[str, Strict(), StringConstraints(max_length=1_000, pattern=r"^[^\r\n\x00]*$")]
Tells = tuple[Literal["page", "news"], ...]
Language = Literal["zh-CN", "en"]
AtOnce = Annotated[Whole, Field(ge=1, le=256)]
PerSecond = Annotated[Decimal, Field(gt=0.0, le=10_000.0)]
TimeOut = Annotated[Decimal, Field(gt=0.0, le=120.0)]


class WayTable(Settings):
    """How much a receiver may be given, and how long an attempt lasts."""

    timeout_s: TimeOut = 10.0
    at_once: AtOnce = 4
    per_s: PerSecond = 10.0


class ReceiverTable(WayTable):
    """What every receiver of ``[channels.CHANNEL.NAME]`` that people are told by has."""

    tells: Tells = ("page",)
    severity: Severity = Severity.LOW
    verified_only: Annotated[bool, Strict()] = False
    towns: tuple[Name, ...] = ()
    instead: Annotated[str, Strict()] = ""
    within_s: PositiveSeconds = 15.0


class WebhookTable(ReceiverTable):
    """``[channels.webhook.NAME]``: a program of others, told by HTTP with a signature."""

    url: Url
    secret_file: File


class MailTable(ReceiverTable):
    """``[channels.mail.NAME]``: e-mail through a mail server."""

    host: Annotated[str, Strict(), StringConstraints(min_length=1, max_length=255)]
    port: Annotated[Whole, Field(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: File = ""
    user: Line = ""
    password_file: File = ""
    sender: Line
    to: Annotated[tuple[Line, ...], Field(min_length=1, max_length=100)]
    language: Language = "zh-CN"
    severity: Severity = Severity.HIGH
    per_s: PerSecond = 1.0


class HookTable(ReceiverTable):
    """``[channels.hook.NAME]``: a gateway for SMS or calls, by HTTP or as a program."""

    units: Annotated[bool, Strict()] = False
    url: Url = ""
    method: Literal["POST", "PUT", "GET"] = "POST"
    content_type: Line = "application/json"
    body: Annotated[str, Strict(), StringConstraints(max_length=10_000)] = '{"to": {recipient}, "text": {text}}'
    header: Line = ""
    header_file: File = ""
    program: tuple[Annotated[str, Strict(), StringConstraints(max_length=2_000)], ...] = ()
    language: Language = "zh-CN"
    severity: Severity = Severity.HIGH
    per_s: PerSecond = 5.0


class CapTable(WayTable):
    """``[channels.cap.NAME]``: an aggregator that takes CAP messages by HTTP; it gets what is published."""

    url: Url
    header: Line = ""
    header_file: File = ""


class PushTable(WayTable):
    """``[channels.push]``: Web Push to the units' phones."""

    key_file: File = ""
    subject: Annotated[str, Strict(), AfterValidator(_subject)] = ""
    ttl_s: Annotated[Whole, Field(ge=1, le=2_419_200)] = 600
    hosts: tuple[Line, ...] = (
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "web.push.apple.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    )
    at_once: AtOnce = 16
    per_s: PerSecond = 100.0


class ChannelsTable(Settings):
    """``[channels]``: the ladder of a page, and how often is tried."""

    push_after_s: PositiveSeconds = 5.0
    hook_after_s: PositiveSeconds = 15.0
    report_after_s: PositiveSeconds = 25.0
    first_retry_s: PositiveSeconds = 2.0
    longest_retry_s: PositiveSeconds = 300.0
    news_for_s: PositiveSeconds = 86_400.0
    push: PushTable = PushTable()
    webhook: dict[Name, WebhookTable] = Field(default_factory=dict)
    mail: dict[Name, MailTable] = Field(default_factory=dict)
    hook: dict[Name, HookTable] = Field(default_factory=dict)
    cap: dict[Name, CapTable] = Field(default_factory=dict)

    def anchored(self, folder: Path) -> "ChannelsTable":
        """Return the table with the paths of all secrets below ``folder``."""
        return self.model_copy(
            update={
                "push": _below(self.push, folder),
                "webhook": {name: _below(table, folder) for name, table in self.webhook.items()},
                "mail": {name: _below(table, folder) for name, table in self.mail.items()},
                "hook": {name: _below(table, folder) for name, table in self.hook.items()},
                "cap": {name: _below(table, folder) for name, table in self.cap.items()},
            }
        )


class CapFeedTable(Settings):
    """``[cap]``: what is published as CAP 1.2, in the feed and to the receivers of ``[channels.cap]``."""

    enabled: Annotated[bool, Strict()] = False
    sender: Annotated[str, Strict(), StringConstraints(pattern=r"^[^\s,<&]*$", max_length=200)] = ""
    sender_name: Line = ""
    severity: Severity = Severity.HIGH
    verified_only: Annotated[bool, Strict()] = True
    exercise: Annotated[bool, Strict()] = False
    expires_s: PositiveSeconds = 3_600.0


class CotTable(Settings):
    """``[cot]``: Cursor-on-Target for TAK clients."""

    bind: HostPort = ""
    connect: HostPort = ""
    severity: Severity = Severity.NORMAL
    verified_only: Annotated[bool, Strict()] = False
    stale_s: PositiveSeconds = 300.0
    clients: Annotated[Whole, Field(ge=1, le=1_024)] = 32
    unread_kib: Annotated[Whole, Field(ge=4, le=65_536)] = 256
    reconnect_s: Seconds = 5.0


def _below(table: Settings, folder: Path) -> Settings:
    files = [name for name in type(table).model_fields if name.endswith("_file")]
    return table.model_copy(
        update={name: str(folder / value) if (value := getattr(table, name)) else "" for name in files}
    )
