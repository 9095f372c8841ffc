"""From the configuration to the channels: the plan the writer follows, and the senders the worker uses.

Secrets are read here, once; one that cannot be read is refused before anything starts.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from sqlalchemy import Engine

from relay.app.cap_parts import cap_rules, message_of_test
from relay.app.channel_work import ChannelRules
from relay.core.attempts import RetryPolicy
from relay.core.budget import Allowance
from relay.core.channels import ChannelPlan, Occasion, Receiver
from relay.core.city import City
from relay.core.city_now import CityNow
from relay.core.notifications import Channel
from relay.notify.cap_post import CapSender
from relay.notify.cot_feed import CotFeed, CotWays
from relay.notify.hook import HttpHook, ProgramHook
from relay.notify.mail import MailSender, MailServer
from relay.notify.push import PushSender
from relay.notify.push_message import PushKeyError, read_key
from relay.notify.sender import Outlet, Sender
from relay.notify.webhook import WebhookSender
from relay.ops.clock import Clock
from relay.settings.channels import HookTable, MailTable, ReceiverTable, WebhookTable
from relay.settings.errors import SettingsError
from relay.settings.model import RelaySettings

PUSH: Final = "push"
"""The receiver that stands for all phones."""
SHORTEST_SECRET: Final = 16


def retry_policy(settings: RelaySettings) -> RetryPolicy:
    """Return how often is tried."""
    channels = settings.channels
    return RetryPolicy(first_s=channels.first_retry_s, longest_s=channels.longest_retry_s)


def channel_plan(settings: RelaySettings) -> ChannelPlan:
    """Return whom the writer plans to tell."""
    channels = settings.channels
    receivers = {name: _receiver(name, channel, table) for name, channel, table in _tables(settings)}
    for name in channels.cap:
        receivers[name] = Receiver(name=name, channel=Channel.CAP, occasions=frozenset({Occasion.NEWS}))
    if channels.push.key_file:
        receivers[PUSH] = Receiver(name=PUSH, channel=Channel.PUSH, occasions=frozenset())
    units = next((name for name, table in channels.hook.items() if table.units), "")
    return ChannelPlan(
        receivers=receivers,
        push=PUSH if channels.push.key_file else "",
        hook=units,
        push_after_s=channels.push_after_s,
        hook_after_s=channels.hook_after_s,
        report_after_s=channels.report_after_s,
        news_for_s=channels.news_for_s,
    )


def channel_rules(settings: RelaySettings) -> ChannelRules:
    """Return what the writer follows."""
    return ChannelRules(plan=channel_plan(settings), retry=retry_policy(settings), cap=cap_rules(settings))


def outlets(settings: RelaySettings, *, city: City, reader: Engine, clock: Clock) -> dict[str, Outlet]:
    """Return a sender for each receiver; raises SettingsError for a secret that cannot be read."""
    made: dict[str, Outlet] = {}
    for name, _, table in _tables(settings):
        made[name] = Outlet(
            name=name,
            sender=_sender(name, table, clock),
            timeout_s=table.timeout_s,
            at_once=table.at_once,
            allowance=_allowance(table.per_s),
        )
    for name, cap in settings.channels.cap.items():
        poster = CapSender(
            url=cap.url,
            headers=_header(cap.header, cap.header_file, f"channels.cap.{name}.header_file"),
            timeout_s=cap.timeout_s,
            reader=reader,
            clock=clock,
            of_test=message_of_test(settings, city),
        )
        made[name] = Outlet(
            name=name,
            sender=poster,
            timeout_s=cap.timeout_s,
            at_once=cap.at_once,
            allowance=_allowance(cap.per_s),
        )
    push = settings.channels.push
    key = push_key(settings)
    if key is not None:
        sender = PushSender(
            key=key,
            subject=push.subject,
            ttl_s=push.ttl_s,
            hosts=push.hosts,
            timeout_s=push.timeout_s,
            reader=reader,
            clock=clock,
        )
        made[PUSH] = Outlet(
            name=PUSH,
            sender=sender,
            timeout_s=push.timeout_s,
            at_once=push.at_once,
            allowance=_allowance(push.per_s),
        )
    return made


def push_key(settings: RelaySettings) -> EllipticCurvePrivateKey | None:
    """Return the key that signs wake-ups, None when there is no Web Push; raises SettingsError."""
    file = settings.channels.push.key_file
    if not file:
        return None
    try:
        return read_key(Path(file).read_bytes())
    except OSError as error:
        remedy = "make one with: patrol relay push-key FILE"
        raise SettingsError(f"channels.push.key_file {file}: cannot be read ({error.strerror}); {remedy}") from error
    except PushKeyError as error:
        raise SettingsError(f"channels.push.key_file {file}: {error}") from error


def _tables(settings: RelaySettings) -> list[tuple[str, Channel, ReceiverTable]]:
    channels = settings.channels
    kinds: Mapping[Channel, Mapping[str, ReceiverTable]] = {
        Channel.WEBHOOK: channels.webhook,
        Channel.MAIL: channels.mail,
        Channel.HOOK: channels.hook,
    }
    return [(name, channel, table) for channel, tables in kinds.items() for name, table in tables.items()]


def _receiver(name: str, channel: Channel, table: ReceiverTable) -> Receiver:
    return Receiver(
        name=name,
        channel=channel,
        occasions=frozenset(Occasion(tell) for tell in table.tells),
        least=table.severity,
        verified_only=table.verified_only,
        towns=frozenset(table.towns),
        instead=table.instead,
        within_s=table.within_s,
    )


def _sender(name: str, table: ReceiverTable, clock: Clock) -> Sender:
    match table:
        case WebhookTable():
            secret = read_secret(table.secret_file, f"channels.webhook.{name}.secret_file")
            return WebhookSender(url=table.url, secret=secret, timeout_s=table.timeout_s, clock=clock)
        case MailTable():
            return _mail(name, table)
        case HookTable():
            return _hook(name, table, clock)
        case _:
            raise TypeError(f"{type(table).__name__} has no sender")


def _mail(name: str, table: MailTable) -> Sender:
    password = b""
    if table.password_file:
        password = read_secret(table.password_file, f"channels.mail.{name}.password_file", shortest=1)
    if table.ca_file and not Path(table.ca_file).is_file():
        raise SettingsError(f"channels.mail.{name}.ca_file {table.ca_file}: there is no such file; name a certificate")
    server = MailServer(
        host=table.host,
        port=table.port,
        security=table.security,
        user=table.user,
        password=password.decode("utf-8"),
        ca_file=table.ca_file,
        timeout_s=table.timeout_s,
    )
    return MailSender(
        server, sender=table.sender, to=table.to, language=table.language, at_once=table.at_once, name=name
    )


def _hook(name: str, table: HookTable, clock: Clock) -> Sender:
    if table.program:
        return ProgramHook(table.program, language=table.language)
    return HttpHook(
        url=table.url,
        method=table.method,
        body=table.body,
        content_type=table.content_type,
        headers=_header(table.header, table.header_file, f"channels.hook.{name}.header_file"),
        language=table.language,
        timeout_s=table.timeout_s,
        clock=clock,
    )


def _header(name: str, file: str, key: str) -> dict[str, str]:
    """Return the header that shows who we are; raises SettingsError."""
    if not name or not file:
        return {}
    return {name: read_secret(file, key, shortest=1).decode("latin-1")}


def read_secret(file: str, key: str, *, shortest: int = SHORTEST_SECRET) -> bytes:
    """Return the one line of a secret's file; raises SettingsError."""
    try:
        secret = Path(file).read_bytes().strip()
    except OSError as error:
        raise SettingsError(f"{key} {file}: cannot be read ({error.strerror}); write the secret in one line") from error
    if len(secret) < shortest or b"\n" in secret:
        raise SettingsError(f"{key} {file}: the secret must be one line of at least {shortest} bytes")
    return secret


def _allowance(per_s: float) -> Allowance:
    return Allowance(per_s=per_s, burst=max(1.0, per_s))


def cot_feed(settings: RelaySettings, *, cities: CityNow, reader: Engine, clock: Clock) -> CotFeed | None:
    """Return the feed for TAK clients, None when nobody is to get it."""
    table = settings.cot
    if not table.bind and not table.connect:
        return None
    business = Receiver(name="cot", channel=Channel.DESK, least=table.severity, verified_only=table.verified_only)
    return CotFeed(
        CotWays(
            bind=table.bind,
            connect=table.connect,
            stale_s=table.stale_s,
            clients=table.clients,
            unread_bytes=table.unread_kib * 1_024,
            reconnect_s=table.reconnect_s,
        ),
        relay=settings.relay.name,
        business=business,
        cities=cities,
        reader=reader,
        clock=clock,
    )
