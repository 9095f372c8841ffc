"""``patrol relay notify-test``: one marked test through one channel, and what came of it in one sentence.

It uses the relay's own sender and settings and needs no running relay; nothing is stored, no incident is made.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli.outcome import fail

if TYPE_CHECKING:
    from relay.core.attempts import Answered
    from relay.core.notices import Notice
    from relay.settings.model import RelaySettings

_CONFIG = typer.Option(help="The relay's TOML file.")
_RECEIVER = typer.Argument(help="A receiver of [channels], or push.")
_UNIT = typer.Option(help="With push: whose phones; with a hook: the unit it stands for.")


def register(group: typer.Typer) -> None:
    """Add ``relay notify-test`` and ``relay push-key``."""

    @group.command("notify-test")
    def notify_test(
        receiver: Annotated[str, _RECEIVER], config: Annotated[Path, _CONFIG], unit: Annotated[str, _UNIT] = ""
    ) -> None:
        """Send a marked test through one channel and say what happened; exit code 1 when it was not taken."""
        from relay.core.attempts import TAKEN
        from relay.settings.errors import SettingsError
        from relay.settings.toml_file import load_settings
        from relay.store.errors import CityError, StoreError

        try:
            settings = load_settings(config)
            answers = asyncio.run(send_tests(settings, receiver, unit=unit))
        except (SettingsError, CityError, StoreError) as error:
            fail(str(error))
        for address, answered in answers:
            typer.echo(sentence(address, answered))
        if not all(answered.verdict in TAKEN for _, answered in answers):
            raise typer.Exit(1)

    @group.command("push-key")
    def push_key(file: Annotated[Path, typer.Argument(help="A new file for the key.")]) -> None:
        """Make the key that signs Web Push wake-ups, and print the half that browsers subscribe with."""
        import os

        from relay.notify.push_message import new_key, public_text, read_key

        pem = new_key()
        try:
            # Nobody else may read it, from its first moment on; an existing key is never overwritten.
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(pem)
        except FileExistsError:
            fail(f"{file} exists already; phones subscribed with it would be lost, so name a new file")
        except OSError as error:
            fail(f"{file}: cannot be written ({error.strerror}); choose a folder you may write to")
        typer.echo(public_text(read_key(pem)))


async def send_tests(settings: "RelaySettings", receiver: str, *, unit: str = "") -> "list[tuple[str, Answered]]":
    """Send one test to a receiver (to each of a unit's phones, for push); return what each came to.

    Raises SettingsError for a receiver that is not there and for secrets that cannot be read.
    """
    from relay.app.channel_parts import PUSH, outlets
    from relay.app.store_place import store_url
    from relay.notify.sender import attempt
    from relay.ops.clock import MachineClock
    from relay.settings.errors import SettingsError
    from relay.store import push_subscriptions
    from relay.store.city_files import load_city
    from relay.store.engine import reader_engine

    clock = MachineClock()
    city = load_city(settings.city.dir, time_zone=settings.relay.time_zone)
    reader = reader_engine(store_url(settings), connections=2)
    try:
        ways = outlets(settings, city=city, reader=reader, clock=clock)
        if receiver not in ways:
            known = ", ".join(sorted(ways)) or "none"
            raise SettingsError(f"{receiver} is no receiver of [channels]; known are: {known}")
        targets = [(receiver, "")]
        if receiver == PUSH:
            if not unit:
                raise SettingsError("push: name whose phones with --unit UNIT")
            with reader.connect() as connection:
                found = push_subscriptions.of_units(connection, [unit])
            targets = [(endpoint, key) for phones in found.values() for key, endpoint in phones]
            if not targets:
                raise SettingsError(f"push: {unit} has no phone that subscribed")
        answers = []
        for address, target in targets:
            notice = a_test(settings, receiver, unit=unit, target=target, now_us=clock.now_us())
            answers.append((address, await attempt(ways[receiver], notice)))
        for way in ways.values():
            await way.sender.close()
        return answers
    finally:
        reader.dispose()


def a_test(settings: "RelaySettings", receiver: str, *, unit: str, target: str, now_us: int) -> "Notice":
    """Return a notice that says in every language that it is a test."""
    import uuid

    from patrol_wire.ids import AreaId, IncidentId, NodeName, Severity
    from relay.core.channels import Occasion
    from relay.core.incidents import Incident, IncidentState
    from relay.core.notices import Notice, key_of

    incident = Incident(
        incident_id=IncidentId(str(uuid.uuid4())),
        state=IncidentState.NEW,
        revision=1,
        category="test",
        family="test",
        severity=Severity.LOW,
        area_id=AreaId("test"),
        lon=0.0,
        lat=0.0,
        month="1970-01",
        node=NodeName(settings.relay.name),
        camera="",
        first_alert_us=now_us,
        last_alert_us=now_us,
        opened_us=now_us,
        updated_us=now_us,
        notify_until_us=now_us + 60_000_000,
        alert_count=0,
        live_alerts=0,
        verified=False,
        direct=False,
        counted=False,
    )
    return Notice(
        key=key_of(incident, 0),
        number=0,
        attempt=1,
        occasion=Occasion.OFFER if unit else Occasion.PAGE,
        receiver=receiver,
        recipient=unit or receiver,
        reason="notify-test",
        planned_us=now_us,
        incident=incident,
        titles={
            "category": ("通道测试", "channel test"),
            "area": (settings.relay.name, settings.relay.name),
            "town": ("", ""),
            "unit": (unit, unit),
        },
        target=target,
        test=True,
    )


def sentence(address: str, answered: "Answered") -> str:
    """Return what happened and what that means."""
    meaning = {
        "delivered": "arrived",
        "accepted": "was taken by the server on the way; look whether it arrives",
        "refused_for_now": "was not taken; the relay would try again",
        "refused_for_good": "was refused; the relay would not try again, mend the cause",
        "gone": "has no such address any more; the relay would strike it out",
    }[answered.verdict.value]
    receipt = f" Receipt: {answered.receipt}" if answered.receipt else ""
    return f"{address}: the test {meaning} ({answered.reason}).{receipt}"
