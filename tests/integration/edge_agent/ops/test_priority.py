"""A process goes first where the machine lets it, and stays as it was where not."""

import subprocess
import sys

import pytest

from tests.support.privileges import may_go_first

SAYS = """
import os, resource, sys
from edge_agent.ops.priority import go_first, niceness
if sys.argv[1] == "unprivileged":
    resource.setrlimit(resource.RLIMIT_NICE, (0, 0))
    if os.geteuid() == 0:
        os.setuid(65_534)
before = niceness()
print(go_first(5), niceness() - before)
"""


def said(how: str) -> str:
    command = [sys.executable, "-c", SAYS, how]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_without_permission_everything_stays_as_it_was() -> None:
    assert said("unprivileged") == "False 0"


@pytest.mark.skipif(not may_go_first(5), reason="the machine gives no process of this user a higher priority")
def test_with_permission_it_goes_first() -> None:
    assert said("as it is") == "True -5"
