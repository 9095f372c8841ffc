"""``patrol city import``, ``undo``, ``export`` and ``versions``: the city of a running relay, over its API."""

import base64
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from patrol_cli.outcome import fail, stderr

if TYPE_CHECKING:
    import httpx

_DEFAULT_RELAY: Final = "http://127.0.0.1:7790"
_ANSWER_WITHIN_S: Final = 60.0
_SHOWN: Final = 5
"""Ids named of each kind; --json has them all."""
_SHOWN_FAULTS: Final = 20
_PACKED_FROM: Final = 16_384
Relay = Annotated[str, typer.Option(help="The relay's page.")]
TokenFile = Annotated[Path | None, typer.Option(help="File with the token, for a relay that is not on this machine.")]
FAULTY: Final = 1
"""Exit code of a preview with a grave fault."""


def register(city: typer.Typer) -> None:
    """Add the commands to ``patrol city``."""
    city.command("import")(import_files)
    city.command("undo")(undo)
    city.command("export")(export)
    city.command("versions")(versions)


def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(help="Files such as units.csv or areas.geojson, a folder of them, or an exported ZIP."),
    ],
    *,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would change and every fault; do nothing.")
    ] = False,
    author: Annotated[str, typer.Option(help="Who imports; kept with the version.")] = "",
    note: Annotated[str, typer.Option(help="Why; kept with the version.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The API's answer as it is.")] = False,
    relay: Relay = _DEFAULT_RELAY,
    token_file: TokenFile = None,
) -> None:
    """Put files in force on a running relay: each takes the place of the whole file of its kind; the rest stays."""
    _put_in_force(
        {"files": _bodies(files)}, preview=preview, author=author, note=note, as_json=as_json, at=_At(relay, token_file)
    )


def undo(
    *,
    to: Annotated[int, typer.Option(min=1, help="The version to go back to; see patrol city versions.")],
    preview: Annotated[bool, typer.Option("--preview", help="Show what would change; do nothing.")] = False,
    author: Annotated[str, typer.Option(help="Who goes back; kept with the version.")] = "",
    note: Annotated[str, typer.Option(help="Why; kept with the version.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The API's answer as it is.")] = False,
    relay: Relay = _DEFAULT_RELAY,
    token_file: TokenFile = None,
) -> None:
    """Put an earlier version in force again, whole: what was imported since, new files too, goes; nothing is lost."""
    _put_in_force(
        {"of_version": to},
        preview=preview,
        author=author,
        note=note or f"back to version {to}",
        as_json=as_json,
        at=_At(relay, token_file),
    )


class _At(NamedTuple):
    """Which relay."""

    relay: str
    token_file: Path | None


def _put_in_force(body: dict[str, Any], *, preview: bool, author: str, note: str, as_json: bool, at: _At) -> None:
    if not preview and not author.strip():
        fail("--author is missing: who imports is kept with the version; --preview needs none")
    with _client(at.relay, at.token_file) as client:
        seen = _answer(client, "POST", "/api/v1/city/preview", json=body)
        if preview:
            typer.echo(json.dumps(seen, ensure_ascii=False)) if as_json else _show(seen)
            raise typer.Exit(0 if seen["usable"] else FAULTY)
        if not seen["usable"]:
            _show(seen)
            fail("nothing was imported; mend the faults above", code=FAULTY)
        asked = body | {"author": author, "note": note, "version": seen["version"]}
        done = _answer(client, "POST", "/api/v1/city/import", json=asked)
    if as_json:
        typer.echo(json.dumps(done, ensure_ascii=False))
        return
    _show(seen)
    typer.echo(f"version {done['version']} is in force; undo it with: patrol city undo --to {seen['version'] or 1}")


def export(
    out: Annotated[Path, typer.Argument(help="A folder for the files, made when it does not exist; or FILE.zip.")],
    *,
    version: Annotated[int | None, typer.Option(min=0, help="Default: the one in force.")] = None,
    relay: Relay = _DEFAULT_RELAY,
    token_file: TokenFile = None,
) -> None:
    """Write the city of a running relay to files that can be edited and imported again."""
    query = "" if version is None else f"?version={version}"
    with _client(relay, token_file) as client:
        content = _asked(client, "GET", f"/api/v1/city/export{query}").content
    from relay.store.city_versions import unpack

    try:
        if out.suffix == ".zip":
            out.write_bytes(content)
            typer.echo(f"{out}: {len(content) / 1_000:.0f} kB")
            return
        out.mkdir(parents=True, exist_ok=True)
        for name, text in unpack(content).items():
            (out / name).write_bytes(text)
            typer.echo(f"{out / name}: {len(text) / 1_000:.0f} kB")
    except OSError as error:
        fail(f"{out}: cannot be written ({error.strerror}); choose another place")


def versions(*, relay: Relay = _DEFAULT_RELAY, token_file: TokenFile = None) -> None:
    """List who imported what and when."""
    with _client(relay, token_file) as client:
        found = _answer(client, "GET", "/api/v1/city")
    sizes = ", ".join(f"{count:,} {kind}" for kind, count in found["sizes"].items())
    typer.echo(f"in force: {found['name']}, {_named(found['version'])}: {sizes}")
    for each in found["versions"]:
        typer.echo(f"{each['version']:>4}  {each['at']}  {each['author']}  {each['note']}")


def _named(version: int) -> str:
    return f"version {version}" if version else "as it stands in the relay's folder"


def _bodies(paths: list[Path]) -> dict[str, str]:
    """Return each file in base64; large ones packed."""
    from relay.store.city_source import NAMES

    files = []
    for path in paths:
        inside = [path / f"{name}{packed}" for name in NAMES for packed in ("", ".gz")] if path.is_dir() else [path]
        files += [each for each in inside if each.exists() or each == path]
    found: dict[str, str] = {}
    for path in files:
        try:
            content = path.read_bytes()
        except OSError as error:
            fail(f"{path}: cannot be read ({error.strerror}); check the path")
        if len(content) > _PACKED_FROM and path.suffix not in (".gz", ".zip"):
            content = gzip.compress(content, 6)
        found[str(path)] = base64.b64encode(content).decode()
    if not found:
        fail(f"{paths[0]}: holds none of the city's files ({', '.join(NAMES)})")
    return found


def _client(relay: str, token_file: Path | None) -> "httpx.Client":
    import httpx

    headers = {}
    if token_file is not None:
        try:
            headers["Authorization"] = f"Bearer {token_file.read_text(encoding='utf-8').strip()}"
        except (OSError, UnicodeDecodeError) as error:
            fail(f"--token-file {token_file}: cannot be read ({error})")
    return httpx.Client(base_url=relay.rstrip("/"), headers=headers, timeout=_ANSWER_WITHIN_S, trust_env=False)


def _asked(client: "httpx.Client", method: str, path: str, **body: Any) -> "httpx.Response":
    import httpx

    try:
        answer = client.request(method, path, **body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        fail(f"{client.base_url}: the relay does not answer ({error}); start it, or name it with --relay")
    if answer.is_error:
        try:
            sentence = answer.json()["error"]
        except (ValueError, KeyError, TypeError):
            sentence = answer.text[:200]
        fail(f"{client.base_url}: {sentence}")
    return answer


def _answer(client: "httpx.Client", method: str, path: str, **body: Any) -> dict[str, Any]:
    found: dict[str, Any] = _asked(client, method, path, **body).json()
    return found


def _show(seen: dict[str, Any]) -> None:
    typer.echo(f"compared with {_named(seen['version'])}")
    if not seen["changes"]:
        typer.echo("no change")
    for kind, changes in seen["changes"].items():
        for what, sign in (("added", "+"), ("changed", "~"), ("removed", "-")):
            ids = changes[what]
            if ids:
                more = f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else ""
                typer.echo(f"{sign} {kind}: {len(ids):,} {what}: {', '.join(ids[:_SHOWN])}{more}")
    for effect in seen["effects"]:
        typer.echo(f"! {effect}")
    for fault in seen["faults"][:_SHOWN_FAULTS]:
        place = [fault["file"]]
        if fault["line"] is not None:
            place.append(f"line {fault['line']}")
        place += [part for part in (fault["subject"], fault["column"]) if part]
        word = "fault" if fault["grave"] else "look at"
        stderr.print(f"{word}: {', '.join(place)}: {fault['what']}", markup=False, highlight=False, soft_wrap=True)
    more = len(seen["faults"]) - _SHOWN_FAULTS + seen["more_faults"]
    if more > 0:
        stderr.print(f"and {more} more; --json shows them", markup=False)
