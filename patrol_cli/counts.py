"""``patrol counts``: a real consumer of the counts feed, adding up incidents per area, category and month."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli.outcome import fail

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from patrol_cli.counts_loop import CountsLoop
    from patrol_cli.counts_totals import Totals

Relays = Annotated[
    list[str],
    typer.Option(help="The relay's gate for counts, tcp://HOST:PORT; again for each relay on the same store."),
]


def register(app: typer.Typer) -> None:
    """Add ``patrol counts``."""
    app.command()(counts)


def counts(
    *,
    relay: Relays,
    relay_key: Annotated[str, typer.Option(help="The relay's public key (Z85), or the path of its .pub file.")],
    key_file: Annotated[Path, typer.Option(help="This consumer's .key file, of role index.")],
    follow: Annotated[bool, typer.Option("--follow", help="Stay and take entries as they are made.")] = False,
    after: Annotated[
        int | None, typer.Option(min=0, help="Begin after this cursor; not together with --state.")
    ] = None,
    state: Annotated[Path | None, typer.Option(help="File that keeps cursor and totals together.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per change instead of a table.")] = False,
    within_s: Annotated[
        float, typer.Option(min=0.1, help="Give up when not up to date by then (without --follow).")
    ] = 15,
) -> None:
    """Print the totals per measure, area, category and month; ends when up to date, or follows."""
    from rich.console import Console

    from patrol_cli.counts_loop import CountsLoop
    from patrol_cli.counts_totals import Totals, TotalsFile, TotalsFileError
    from patrol_cli.key_files import read_secret_key, relay_key_of
    from patrol_wire.keys import KeyFileError
    from relay.ops.clock import MachineClock

    if after is not None and state is not None:
        fail("--after and --state exclude each other: the state file knows where to begin")
    clock = MachineClock()
    kept = TotalsFile(state)
    console = Console(highlight=False)

    def show(totals: Totals) -> None:
        if as_json:
            typer.echo(_json_line(totals, clock.now_us()))
        else:
            console.print(_table(totals), *([_releases(totals)] if totals.releases else []))

    try:
        loop = CountsLoop(
            endpoints=tuple(relay),
            relay_key=relay_key_of(relay_key),
            pair=read_secret_key(key_file),
            totals=Totals(cursor=after) if after is not None else kept.load(),
            keep=kept.keep,
            clock=clock,
            state=state,
        )
    except (KeyFileError, TotalsFileError, ValueError) as error:
        fail(str(error))
    try:
        why = _run(loop, show, follow=follow, within_s=within_s)
        if why:
            fail(f"{', '.join(relay)}: {_with_way_out(why, state)}")
    except OSError as error:
        fail(f"state file {state}: {error.strerror}; nothing after cursor {loop.book.totals.cursor} was kept")
    finally:
        loop.close()


def _run(loop: "CountsLoop", show: "Callable[[Totals], None]", *, follow: bool, within_s: float) -> str:
    """Show the totals once, or until told to end; return why that was not possible, empty when it was."""
    if follow:
        loop.follow(show)
        return loop.book.refused
    if loop.catch_up(within_s):
        show(loop.book.totals)
        return ""
    return loop.book.refused or f"not up to date within {within_s:g} s: {loop.why_not_linked or 'no answer'}"


def _with_way_out(refused: str, state: Path | None) -> str:
    """Return a refusal with what a person does about it."""
    if state is not None and refused.startswith("other_ledger"):
        return f"{refused} (move {state} away, and tell whoever used its figures)"
    return refused


def _json_line(totals: "Totals", at_us: int) -> str:
    sums = [
        {
            "measure": key.measure.value,
            "area": key.area,
            "category": key.category,
            "month": key.month,
            "count": count,
        }
        for key, count in sorted(totals.sums.items())
    ]
    releases = [
        {"number": each.number, "month": each.month, "release": each.release, "cutoff": each.cutoff}
        for each in totals.releases.values()
    ]
    said = {"what": "totals", "at_us": at_us, "cursor": totals.cursor, "totals": sums, "releases": releases}
    return json.dumps(said, ensure_ascii=False)


def _releases(totals: "Totals") -> "Table":
    from datetime import UTC, datetime

    from rich.table import Table

    table = Table(title="Published months 已发布月份", title_justify="left")
    for title in ("month 月份", "release 版本", "up to cursor 截至", "new lines 新增", "published 发布时间 (UTC)"):
        table.add_column(title)
    for each in totals.releases.values():
        at = datetime.fromtimestamp(each.published_at // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(each.month, str(each.release), str(each.cutoff), str(each.entries), at)
    return table


def _table(totals: "Totals") -> "Table":
    from rich.table import Table

    table = Table(title=f"Incident counts 事件计数 · cursor {totals.cursor}", title_justify="left")
    for title in ("measure 口径", "area 辖区", "category 类别", "month 月份"):
        table.add_column(title)
    table.add_column("count 件数", justify="right")
    for key, count in sorted(totals.sums.items()):
        table.add_row(key.measure.value, key.area, key.category, key.month, str(count))
    return table
