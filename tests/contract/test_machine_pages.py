"""The diagrams people read are those of the tables that run."""

from tests.support import machine_pages


def test_the_page_of_state_machines_is_drawn_from_the_tables() -> None:
    assert machine_pages.PAGE.read_text(encoding="utf-8") == machine_pages.page(), (
        "run: python -m tests.support.machine_pages"
    )
