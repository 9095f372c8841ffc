"""What the relay's configuration says: frozen, every key with its default, unknown keys refused.

Owns the shape and the range of each value; reading files and wording errors is in ``toml_file.py``.
``config/relay.example.toml`` shows every key; a contract test holds the two together.
"""

import re
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, Strict, StringConstraints

from patrol_wire.ids import Severity
from relay.core.completeness import CompletenessRule
from relay.core.media import MIB, MediaLimits
from relay.core.policy import DeskPolicy
from relay.core.presence import PresenceLimits
from relay.settings.channels import CapFeedTable, ChannelsTable, CotTable
from relay.settings.values import Decimal, Name, PositiveSeconds, Seconds, Settings, Units, Whole

_BIND: Final = re.compile(r"^tcp://([^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]|\*):([0-9]{1,5})\Z")
_LONGEST_RUN_DIR: Final = 80
"""A path of an ipc socket has at most 107 bytes on Linux (unix(7)); the sockets' names need the rest."""


def _bind(text: str) -> str:
    found = _BIND.match(text)
    if found is None or not 1 <= int(found[2]) <= 65_535:
        # The system may not choose: a gate that is restarted must be found where it was.
        raise ValueError('is not an address to bind; write it as "tcp://0.0.0.0:7701"')
    return text


def _short(path: Path) -> Path:
    if len(str(path)) > _LONGEST_RUN_DIR:
        raise ValueError(f"is longer than {_LONGEST_RUN_DIR} characters, too long for a socket below it; shorten it")
    return path


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'"{name}" is no known time zone; write one like "Asia/Shanghai"') from error
    return name


def _web(url: str) -> str:
    if url and not re.fullmatch(r"https?://[^\s/?#]+", url):
        raise ValueError('is no address of a relay; write "http://relay1.example:7790", without a path')
    return url


def _database(url: str) -> str:
    if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError('is no database URL; write "postgresql://user@host/database" or "sqlite:////absolute/path"')
    return url


class RelayTable(Settings):
    """``[relay]``: who this relay is, for people and for the calendar."""

    name: Name = "centre"
    language: Literal["zh-CN", "en"] = "zh-CN"
    time_zone: Annotated[str, Strict(), AfterValidator(_zone)] = "Asia/Shanghai"


class PathsTable(Settings):
    """``[paths]``: what must survive a restart, and what lives only while the relay runs."""

    state_dir: Path = Path("/var/lib/video-patrol-relay")
    run_dir: Annotated[Path, AfterValidator(_short)] = Path("/run/video-patrol-relay")


class DatabaseTable(Settings):
    """``[database]``: where the store is."""

    url: Annotated[str, Strict(), AfterValidator(_database)] = ""


class KeysTable(Settings):
    """``[keys]``: the relay's own key and the list of those it admits."""

    key_file: Path = Path("/etc/video-patrol/relay.key")
    peers_file: Path = Path("/etc/video-patrol/peers.toml")


class GateTable(Settings):
    """``[gates.NAME]``: one field-facing socket, a process of its own."""

    bind: Annotated[str, Strict(), AfterValidator(_bind)]
    memory_mb: Annotated[Whole, Field(ge=0, le=1_048_576)] = 512


class GatesTable(Settings):
    """``[gates]``: the four doors of the relay."""

    rooms: GateTable = GateTable(bind="tcp://0.0.0.0:7701")
    terminals: GateTable = GateTable(bind="tcp://0.0.0.0:7702")
    counts: GateTable = GateTable(bind="tcp://0.0.0.0:7703")
    media: GateTable = GateTable(bind="tcp://0.0.0.0:7704")


class MediaTable(Settings):
    """``[media]``: snapshots and clips that rooms send."""

    enabled: Annotated[bool, Strict()] = True
    dir: Annotated[str, Strict()] = ""
    max_mib: Annotated[Whole, Field(ge=1, le=1_073_741_824)] = 51_200
    reserve_mib: Annotated[Whole, Field(ge=0, le=1_073_741_824)] = 1_024
    largest_mib: Annotated[Whole, Field(ge=1, le=1_048_576)] = 1_024
    most_mib_per_s: Annotated[Whole, Field(ge=0, le=1_048_576)] = 32
    told_port: Annotated[Whole, Field(ge=0, le=65_535)] = 0


class WebTable(Settings):
    """``[web]``: the duty desk's page and the API."""

    host: Annotated[str, Strict(), StringConstraints(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[Whole, Field(ge=0, le=65_535)] = 7790
    token_file: Annotated[str, Strict()] = ""
    told_url: Annotated[str, Strict(), StringConstraints(max_length=255), AfterValidator(_web)] = ""


class CityTable(Settings):
    """``[city]``: areas, beats, rooms, units and categories as files."""

    dir: Path = Path("config/city")


class AnswerTable(Settings):
    """``[escalation.answer_s]``: how long an offer waits for an answer before the next level is asked."""

    critical: PositiveSeconds = 30.0
    high: PositiveSeconds = 30.0
    normal: PositiveSeconds = 60.0
    low: PositiveSeconds = 180.0


class LapseTable(Settings):
    """``[escalation.lapse_s]``: how long an acknowledgement holds while no unit has taken the incident."""

    critical: PositiveSeconds = 120.0
    high: PositiveSeconds = 180.0
    normal: PositiveSeconds = 600.0
    low: PositiveSeconds = 1_800.0


class EscalationTable(Settings):
    """``[escalation]``: who is asked, how many, and when nobody is paged any more."""

    answer_s: AnswerTable = AnswerTable()
    lapse_s: LapseTable = LapseTable()
    offers_at_level: tuple[Units, Units, Units] = (3, 20, 40)
    notify_for_s: PositiveSeconds = 900.0
    judge_within_s: PositiveSeconds = 120.0
    close_after_s: Seconds = 0.0
    fix_max_age_s: PositiveSeconds = 600.0
    depart_s: PositiveSeconds = 120.0
    arrive_s: PositiveSeconds = 1_200.0
    check_in_s: PositiveSeconds = 900.0
    check_in_again_s: PositiveSeconds = 120.0
    review_s: PositiveSeconds = 600.0
    load_m: Annotated[Decimal, Field(ge=0.0, le=100_000.0)] = 400.0


class FoldingTable(Settings):
    """``[folding]``: when alerts of one source are one incident; radius and window stand in categories.toml."""

    flap_alerts: Annotated[Whole, Field(ge=1, le=10_000)] = 4
    flap_window_s: PositiveSeconds = 1_800.0
    twin_window_s: Seconds = 2.0
    twin_radius_m: Annotated[Decimal, Field(ge=0.0, le=1_000.0)] = 5.0


class ClocksTable(Settings):
    """``[clocks]``: how far a room's time is believed."""

    future_tolerance_s: Seconds = 300.0
    past_tolerance_s: PositiveSeconds = 2_592_000.0


class PresenceTable(Settings):
    """``[presence]``: silence after which a room or unit is late, then lost."""

    late_after_s: PositiveSeconds = 30.0
    lost_after_s: PositiveSeconds = 60.0


class CountsTable(Settings):
    """``[counts]``: when a month is published, and what a complete day and an hour of watching are."""

    freeze_after_days: Annotated[Whole, Field(ge=0, le=366)] = 7
    attest_within_s: Seconds = 21_600.0
    dark_share: Annotated[Decimal, Field(ge=0.0, lt=1.0)] = 0.05
    watch_gap_s: PositiveSeconds = 150.0
    patrol_gap_s: PositiveSeconds = 300.0


class LogTable(Settings):
    """``[log]``: lines on standard error."""

    form: Literal["auto", "json", "console"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class RelaySettings(Settings):
    """The whole file of the relay."""

    relay: RelayTable = RelayTable()
    paths: PathsTable = PathsTable()
    database: DatabaseTable = DatabaseTable()
    keys: KeysTable = KeysTable()
    gates: GatesTable = GatesTable()
    media: MediaTable = MediaTable()
    web: WebTable = WebTable()
    city: CityTable = CityTable()
    escalation: EscalationTable = EscalationTable()
    folding: FoldingTable = FoldingTable()
    clocks: ClocksTable = ClocksTable()
    presence: PresenceTable = PresenceTable()
    counts: CountsTable = CountsTable()
    channels: ChannelsTable = ChannelsTable()
    cap: CapFeedTable = CapFeedTable()
    cot: CotTable = CotTable()
    log: LogTable = LogTable()

    def completeness(self) -> CompletenessRule:
        """Return what is asked of a room for its day to be complete."""
        return CompletenessRule(dark_share=self.counts.dark_share, attest_within_s=self.counts.attest_within_s)

    def media_limits(self) -> MediaLimits:
        """Return how much the media folder may hold."""
        return MediaLimits(
            max_bytes=self.media.max_mib * MIB,
            reserve_bytes=self.media.reserve_mib * MIB,
            largest_bytes=self.media.largest_mib * MIB,
        )

    @property
    def media_port(self) -> int:
        """The port rooms are told to send media to; 0: none."""
        if not self.media.enabled:
            return 0
        return self.media.told_port or int(self.gates.media.bind.rpartition(":")[2])

    def policy(self) -> DeskPolicy:
        """Return the figures the desk's decisions follow."""
        answer, lapse = self.escalation.answer_s, self.escalation.lapse_s
        return DeskPolicy(
            answer_s={
                Severity.CRITICAL: answer.critical,
                Severity.HIGH: answer.high,
                Severity.NORMAL: answer.normal,
                Severity.LOW: answer.low,
            },
            lapse_s={
                Severity.CRITICAL: lapse.critical,
                Severity.HIGH: lapse.high,
                Severity.NORMAL: lapse.normal,
                Severity.LOW: lapse.low,
            },
            offers_at_level=self.escalation.offers_at_level,
            depart_s=self.escalation.depart_s,
            arrive_s=self.escalation.arrive_s,
            check_in_s=self.escalation.check_in_s,
            check_in_again_s=self.escalation.check_in_again_s,
            review_s=self.escalation.review_s,
            load_m=self.escalation.load_m,
            notify_for_s=self.escalation.notify_for_s,
            judge_within_s=self.escalation.judge_within_s,
            close_after_s=self.escalation.close_after_s,
            fix_max_age_s=self.escalation.fix_max_age_s,
            flap_alerts=self.folding.flap_alerts,
            flap_window_s=self.folding.flap_window_s,
            twin_window_s=self.folding.twin_window_s,
            twin_radius_m=self.folding.twin_radius_m,
            future_tolerance_s=self.clocks.future_tolerance_s,
            past_tolerance_s=self.clocks.past_tolerance_s,
            watch_gap_s=self.counts.watch_gap_s,
            patrol_gap_s=self.counts.patrol_gap_s,
            presence=PresenceLimits(late_after_s=self.presence.late_after_s, lost_after_s=self.presence.lost_after_s),
        )
