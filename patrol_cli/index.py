"""``patrol index``: how the areas stand in a month, as the relay's own index says: releases, levels, completeness."""

import json
from pathlib import Path
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import typer

from patrol_cli.outcome import fail

_WITHIN_S = 15.0
WORDS = {
    "green": "绿 green",
    "blue": "蓝 blue",
    "orange": "橙 orange",
    "red": "红 red",
    "incomplete": "无法判定 incomplete",
}


def register(app: typer.Typer) -> None:
    """Add ``patrol index``."""
    app.command()(index)


def index(
    *,
    web: Annotated[str, typer.Option(help="The relay's page, http://HOST:PORT.")] = "http://127.0.0.1:7790",
    month: Annotated[str, typer.Option(help="YYYY-MM; without it the month that runs.")] = "",
    release: Annotated[int | None, typer.Option(min=1, help="As this release of the month says.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="The file web.token_file names, where one is needed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Print the releases of a month, and the level and completeness of each area."""
    try:
        token = token_file.read_text(encoding="utf-8").strip() if token_file is not None else ""
    except (OSError, UnicodeDecodeError) as error:
        fail(f"token file {token_file}: cannot be read ({error})")
    asked = {"month": month} if month else {}
    wanted = asked | ({"release": str(release)} if release is not None else {})
    table = _get(web, "/index", wanted, token)
    releases = _get(web, "/counts/releases", {"month": str(table["month"])}, token)["releases"]
    if as_json:
        typer.echo(json.dumps(table | {"releases": releases}, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    made = Table(title=f"Releases 发布版本 · {table['month']}", title_justify="left")
    for title in ("release 版本", "published 发布时间", "by 发布人", "reason 原因"):
        made.add_column(title)
    for each in releases:
        made.add_row(str(each["release"]), each["published_at"], each["actor"], each["reason"])
    console.print(made)
    areas = Table(title=f"Index 指数 · release 版本 {table['release'] or 'now 当前'}", title_justify="left")
    for title in ("area 辖区", "level 等级", "value 指数值", "complete 完整性"):
        areas.add_column(title)
    for each in table["areas"]:
        doubts = ", ".join(each["doubts"])
        complete = "完整 complete" if each["complete"] else f"{each['incomplete_days']} 天 days: {doubts}"
        areas.add_row(each["title"]["zh"], WORDS[each["standing"]], f"{each['value']:g}", complete)
    console.print(areas)


def _get(web: str, path: str, asked: dict[str, str], token: str) -> dict[str, Any]:
    url = f"{web.rstrip('/')}/api/v1{path}?{urlencode(asked)}"
    if not url.startswith(("http://", "https://")):
        fail(f"--web {web!r} is no address; write it as http://HOST:PORT")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urlopen(Request(url, headers=headers), timeout=_WITHIN_S) as answer:  # noqa: S310  # checked above
            found: dict[str, Any] = json.loads(answer.read())
            return found
    except HTTPError as error:
        try:
            sentence = json.loads(error.read())["error"]
        except (ValueError, KeyError, TypeError):
            sentence = str(error)
        fail(f"{web}: {sentence}")
    except (URLError, TimeoutError, ValueError) as error:
        fail(f"{web}: {getattr(error, 'reason', error)}; is the relay's page there?")
