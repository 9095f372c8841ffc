"""The figures of the relay's parts by name, for /metrics: what only grows ends in ``_total``."""

from relay.app.media_keeper import MediaKeeper
from relay.app.writer_figures import WriterFigures
from relay.notify.cot_feed import CotFeed


def counters(figures: WriterFigures, keeper: MediaKeeper | None, cot: CotFeed | None) -> dict[str, float]:
    """Return the figures of the writer, and of the media keeper and the CoT feed where there is one."""
    return {
        "commit_ms": figures.commit_ms,
        "records_total": figures.records,
        "dead_letters_total": figures.dead_letters,
        "refused_frames_total": figures.refused_frames,
        "timers_rung_total": figures.timers_rung,
        "alert_times_doubted_total": figures.times_doubted,
        "messages_of_gone_sessions_total": figures.messages_of_gone,
        "clock_steps_total": figures.clock_steps,
        "store_failures_total": figures.store_failures,
        "messages_given_up_total": figures.dropped,
        "room_news_dropped_total": figures.news_dropped,
        **_of_media(keeper),
        **_of_cot(cot),
    }


def _of_media(keeper: MediaKeeper | None) -> dict[str, float]:
    """Return the keeper's figures and those of its gate since that gate started."""
    if keeper is None:
        return {}
    figures: dict[str, float] = {f"media_{name}_total": count for name, count in keeper.counters.items()}
    if keeper.gate is not None:
        told = {name.removeprefix("media_"): count for name, count in keeper.gate.counters.items()}
        figures |= {f"media_gate_{name}": count for name, count in told.items()}
    return figures | {"media_kept_bytes": keeper.kept_bytes}


def _of_cot(cot: CotFeed | None) -> dict[str, float]:
    if cot is None:
        return {}
    figures: dict[str, float] = {f"cot_{name}_total": count for name, count in cot.counters.items()}
    return figures | {"cot_clients": cot.clients}
