"""From the configuration to what is published as CAP: which incidents, in whose name."""

from collections.abc import Callable, Sequence

from relay.app.channel_work import CAP_FEED, CapRules
from relay.core.channels import Receiver
from relay.core.city import City
from relay.core.incidents import Incident
from relay.core.notices import Notice, titles_of
from relay.core.notifications import Channel
from relay.publish.cap import CapVoice, Issued, kind_of, message, speaks
from relay.settings.model import RelaySettings
from relay.store.cap_messages import CapRow


def cap_rules(settings: RelaySettings) -> CapRules | None:
    """Return what is published, None for nothing."""
    table = settings.cap
    if not table.enabled:
        return None
    business = Receiver(
        name=CAP_FEED,
        channel=Channel.CAP,
        occasions=frozenset(),
        least=table.severity,
        verified_only=table.verified_only,
    )

    def render(
        incident: Incident, city: City, *, number: int, sent_us: int, before: Sequence[CapRow]
    ) -> tuple[str, str]:
        issued = _issued(before)
        # A drill is handled like anything else and never counted; others must not act on it.
        drill = table.exercise or not city.category(incident.category).counted
        body = message(
            incident,
            number=number,
            sent_us=sent_us,
            before=issued,
            voice=_voice(settings, city, "Exercise" if drill else "Actual"),
            titles=titles_of(incident, city),
        )
        return kind_of(incident, issued), body

    def has_news(incident: Incident, before: Sequence[CapRow]) -> bool:
        return speaks(incident, _issued(before))

    return CapRules(business=business, speaks=has_news, render=render)


def message_of_test(settings: RelaySettings, city: City) -> Callable[[Notice], str]:
    """Return what makes the message of a technician's test: status Test."""

    def make(notice: Notice) -> str:
        return message(
            notice.incident,
            number=notice.number,
            sent_us=notice.planned_us,
            before=(),
            voice=_voice(settings, city, "Test"),
            titles=dict(notice.titles),
        )

    return make


def _issued(before: Sequence[CapRow]) -> list[Issued]:
    return [Issued(number=row.notification_id, kind=row.kind, sent_us=row.sent_us) for row in before]


def _voice(settings: RelaySettings, city: City, status: str) -> CapVoice:
    table = settings.cap
    names = (city.name, city.name_en or city.name)
    return CapVoice(
        sender=table.sender,
        sender_names=(table.sender_name, table.sender_name) if table.sender_name else names,
        expires_s=table.expires_s,
        status=status,
    )
