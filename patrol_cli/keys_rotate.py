"""``patrol keys rotate``: turn the relay's own key over without an outage (docs/guide/keys.md).

``begin`` makes the next key and has the running relay announce it; ``status`` says who keeps it; ``finish`` puts it in
the place of the old one. With several relays on one store: the same files on each, ``finish`` on each.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli.key_files import fresh_pair, read_key_file, read_peer_list, read_secret_key
from patrol_cli.outcome import fail
from patrol_wire.keys import KeyFileError, KeyPair, KeyState, format_key_pair

if TYPE_CHECKING:
    from relay.settings.model import RelaySettings

rotate = typer.Typer(no_args_is_help=True, help="Turn the relay's own key over: begin, status, finish, or abort.")
Config = Annotated[Path, typer.Option("--config", help="The relay's TOML file.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
LEFT_BEHIND = 1
"""Exit code when somebody does not keep the key that matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turning:
    """Where a relay's key stands."""

    relay_key: str
    """The key that peers must keep: the next one while the key is being turned, else the one in use."""
    under_way: bool
    keeping: tuple[str, ...]
    behind: tuple[str, ...]
    """Known peers (``role:node``) that have not been heard with that key."""


@rotate.command()
def begin(*, config: Config) -> None:
    """Make the next key; the running relay announces it to everybody who is, or comes to be, connected."""
    key_file = _settings(config).keys.key_file
    following = _next(key_file)
    if following.exists():
        fail(f"{following} exists: the key is being turned already; see: patrol keys rotate status")
    try:
        pair = fresh_pair(read_secret_key(key_file).node)
        _write(following, format_key_pair(pair), 0o600)
        public = format_key_pair(KeyPair(node=pair.node, public_key=pair.public_key))
        _write(following.with_suffix(".pub"), public, 0o644)
    except KeyFileError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{following}: {error.strerror}; run this as somebody who may write there")
    typer.echo(f"{following} (secret) and {following.with_suffix('.pub')}")
    typer.echo("the relay announces it within a second; who keeps it: patrol keys rotate status")


@rotate.command()
def status(*, config: Config, as_json: AsJson = False) -> None:
    """Say who keeps the key that matters, and who has not been seen with it; exit code 1 when somebody has not."""
    turning = _turning(_settings(config))
    if as_json:
        said = {"relay_key": turning.relay_key, "under_way": turning.under_way}
        typer.echo(json.dumps(said | {"keeping": turning.keeping, "behind": turning.behind}))
    else:
        what = "the next key" if turning.under_way else "the key in use"
        typer.echo(f"{turning.relay_key} ({what}): {len(turning.keeping)} peers keep it, {len(turning.behind)} do not")
        for peer in turning.behind:
            typer.echo(f"  not seen with it: {peer}")
    if turning.behind:
        raise typer.Exit(LEFT_BEHIND)


@rotate.command()
def finish(
    *,
    config: Config,
    leave_behind: Annotated[
        bool, typer.Option("--leave-behind", help="Also when peers have not been seen with the next key.")
    ] = False,
) -> None:
    """Put the next key in the place of the old one; each gate starts anew with it, sessions come back by themselves."""
    settings = _settings(config)
    key_file = settings.keys.key_file
    following = _next(key_file)
    if not following.exists():
        fail(f"{following}: there is no next key; make one with: patrol keys rotate begin")
    turning = _turning(settings)
    if turning.behind and not leave_behind:
        fail(
            f"{len(turning.behind)} peers have not been seen with the next key: {', '.join(turning.behind[:8])}; wait "
            "for them, or give --leave-behind: they then need the new .pub file by hand"
        )
    try:
        kept = _swap(key_file, following)
    except (OSError, KeyFileError) as error:
        fail(f"{key_file}: {error}; the key is as it was")
    typer.echo(f"{key_file} holds the new key; the old one is {kept}: delete it when all is well")
    for peer in turning.behind:
        typer.echo(f"  left behind: {peer}")


@rotate.command()
def abort(*, config: Config) -> None:
    """Take the next key back; peers that keep it go on with the one in use."""
    following = _next(_settings(config).keys.key_file)
    if not following.exists():
        fail(f"{following}: there is no next key")
    following.unlink()
    following.with_suffix(".pub").unlink(missing_ok=True)
    typer.echo(f"{following} is gone; the relay announces no key any more")


def _swap(key_file: Path, following: Path) -> Path:
    """Replace the key in one rename, with the old one kept under a name of its own."""
    from relay.ops.clock import MachineClock

    read_secret_key(following)
    stamp = datetime.fromtimestamp(MachineClock().now_us() // 1_000_000, UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = key_file.with_name(f"{key_file.stem}.until-{stamp}{key_file.suffix}")
    os.link(key_file, kept)
    public = following.with_suffix(".pub")
    if public.exists():
        public.replace(key_file.with_suffix(".pub"))  # first: what a technician hands out must not be the old one
    following.replace(key_file)
    _sync_folder(key_file.parent)
    return kept


def _turning(settings: "RelaySettings") -> Turning:
    from sqlalchemy.exc import SQLAlchemyError

    from relay.app.store_place import store_url
    from relay.store import peer_keys
    from relay.store.engine import reader_engine
    from relay.store.errors import StoreError

    following = _next(settings.keys.key_file)
    try:
        relay_key = read_key_file(following if following.exists() else settings.keys.key_file).public_key
        known = [peer for peer in read_peer_list(settings.keys.peers_file) if peer.state is KeyState.KNOWN]
        engine = reader_engine(store_url(settings), connections=1)
        try:
            with engine.connect() as connection:
                keeping = peer_keys.keeping(connection, relay_key)
        finally:
            engine.dispose()
    except (KeyFileError, StoreError) as error:
        fail(str(error))
    except SQLAlchemyError as error:
        fail(f"the store cannot be read ({error}); start the relay once, it brings the store up")
    peers = sorted(f"{peer.role}:{peer.node}" for peer in known)
    return Turning(
        relay_key=relay_key,
        under_way=following.exists(),
        keeping=tuple(peer for peer in peers if peer in keeping),
        behind=tuple(peer for peer in peers if peer not in keeping),
    )


def _settings(config: Path) -> "RelaySettings":
    from relay.settings.errors import SettingsError
    from relay.settings.toml_file import load_settings

    try:
        return load_settings(config)
    except SettingsError as error:
        fail(str(error))


def _next(key_file: Path) -> Path:
    from relay.ops.orders_file import next_key_file

    return next_key_file(key_file)


def _write(path: Path, text: str, mode: int) -> None:
    """Write a new file durably, complete from the moment it has its name."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
