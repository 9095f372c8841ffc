"""``patrol relay``: run the relay, lay out a folder that is ready to run, look after the store."""

import gzip
import shutil
from pathlib import Path
from typing import Annotated

import typer

from patrol_cli import notify_test, relay_drain, relay_store
from patrol_cli.outcome import fail
from patrol_cli.shipped import shipped

_CONFIG_HELP = "The relay's TOML file; config/relay.example.toml explains every key."
_DATABASE_HELP = (
    "The store: postgresql://user@host/database or sqlite:////path; in the place of the file's database url."
)


def register(app: typer.Typer) -> None:
    """Add ``relay`` and ``relay init`` to the command line."""
    group = typer.Typer(
        help="Run the relay (patrol relay --config FILE), make a site to run (init DIR), look after its store."
    )

    @group.callback(invoke_without_command=True)
    def run(
        context: typer.Context,
        config: Annotated[Path | None, typer.Option(help=_CONFIG_HELP)] = None,
        database: Annotated[str, typer.Option(help=_DATABASE_HELP)] = "",
    ) -> None:
        """Run the relay until SIGTERM or Ctrl-C."""
        if context.invoked_subcommand is not None:
            return
        if config is None:
            fail("patrol relay needs --config FILE; make a site with: patrol relay init DIR")
        from relay.__main__ import run_relay

        raise typer.Exit(run_relay(config, database=database))

    @group.command()
    def init(
        folder: Annotated[Path, typer.Argument(help="A new folder; it is created.")],
        language: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
    ) -> None:
        """Make a folder with keys, an empty peer list, the demo city and a relay.toml, ready to run."""
        from patrol_wire.keys import KeyFileError

        try:
            lay_out_site(folder, language=language)
        except KeyFileError as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename or folder}: cannot be written ({error.strerror}); choose a folder you may write to")
        typer.echo(f"{folder} is ready. Next: patrol relay --config {folder / 'relay.toml'}")

    relay_drain.register(group)
    relay_store.register(group)
    notify_test.register(group)
    app.add_typer(group, name="relay")


def lay_out_site(
    folder: Path,
    *,
    language: str = "zh-CN",
    ports: tuple[int, int, int, int] = (7701, 7702, 7703, 7704),
    web: int = 7790,
) -> Path:
    """Write a site into ``folder`` and return its relay.toml; ends the command when there is one already.

    ``ports`` are those of the gates for rooms, terminals, counts and media; ``web`` is that of the page, 0 for any.
    """
    from patrol_cli.key_files import fresh_pair, write_new_pair

    if language not in {"zh-CN", "en"}:
        fail(f"--language {language}: write zh-CN or en")
    config = folder / "relay.toml"
    if config.exists():
        fail(f"{config} exists already; give a new folder, or delete it first")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state").mkdir(exist_ok=True)
    write_new_pair(fresh_pair("centre"), folder / "keys")
    (folder / "peers.toml").touch()
    _copy_city(shipped("config") / "city", folder / "city")
    for name in ("categories.toml", "levels.toml", "forces.toml"):
        shutil.copy(shipped("config") / name, folder / "city" / name)
    rooms, terminals, counts, media = ports
    config.write_text(
        f"""# A relay of its own folder; every key is explained in config/relay.example.toml.
[relay]
language = "{language}"

[paths]
state_dir = "state"
run_dir = "run"

[keys]
key_file = "keys/centre.key"
peers_file = "peers.toml"

[gates.rooms]
bind = "tcp://127.0.0.1:{rooms}"  # 0.0.0.0 lets rooms of other machines in

[gates.terminals]
bind = "tcp://127.0.0.1:{terminals}"

[gates.counts]
bind = "tcp://127.0.0.1:{counts}"

[gates.media]
bind = "tcp://127.0.0.1:{media}"  # as for rooms: they send snapshots and clips here

[web]
port = {web}

[city]
dir = "city"
""",
        encoding="utf-8",
    )
    return config


def _copy_city(source: Path, target: Path) -> None:
    """Copy the demo city with its packed files unpacked: people edit them."""
    target.mkdir(exist_ok=True)
    for path in source.iterdir():
        if path.suffix == ".gz":
            (target / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
        else:
            shutil.copy(path, target / path.name)
