"""The parts of a running relay, and who of them is told that something was stored."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from relay.app.auditor import Auditor
from relay.app.hint_exchange import HintExchange
from relay.app.media_keeper import MediaKeeper
from relay.app.room_news import RoomNews
from relay.app.supervisor import GateSupervisor
from relay.app.writer import Writer
from relay.core.field import GateRole
from relay.core.hints import CommitHint
from relay.gate.port import CorePort
from relay.notify.channel_worker import ChannelWorker
from relay.notify.cot_feed import CotFeed
from relay.notify.delivery import Delivery
from relay.publish.counts_feed import CountsFeed


@dataclass(slots=True, kw_only=True)
class RunningParts:
    """What runs."""

    writer: Writer
    auditor: Auditor
    delivery: Delivery
    news: RoomNews
    feed: CountsFeed
    channels: ChannelWorker
    cot: CotFeed | None
    """None when the settings name neither an address to bind nor one to connect to."""
    keeper: MediaKeeper | None
    """None when the settings switch media off."""
    exchange: HintExchange | None
    """None where no other relay can share the store."""
    supervisor: GateSupervisor
    reader: Engine
    ports: Mapping[GateRole, CorePort]

    def hint(self, changed: CommitHint) -> None:
        """Tell those who send what a commit may have left for them."""
        self.delivery.hint(changed.units, changed.entries)
        if changed.ledger_grew:
            self.feed.hint()
        if changed.incidents:
            self.channels.hint()
            if self.cot is not None:
                self.cot.hint()
