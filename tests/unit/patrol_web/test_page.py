"""The live page's shell: language, names, escaping."""

import pytest

from patrol_web.page import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    MOUNTS,
    RoomPage,
    language_of,
    render_live_page,
    render_room_page,
    texts,
)


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("en", "en"),
        ("en-GB", "en"),
        ("EN_us", "en"),
        ("zh", "zh-CN"),
        ("zh-TW", "zh-CN"),
        # One that the page does not speak.
        ("fr", "zh-CN"),
        ("<script>", "zh-CN"),
    ],
)
def test_the_language_follows_the_address_and_falls_back(wanted: str | None, language: str) -> None:
    assert language_of(wanted) == language


def test_the_fallback_can_be_the_site_s_own_language() -> None:
    assert language_of("fr", "en") == "en"
    assert DEFAULT_LANGUAGE == "zh-CN"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_in_the_language_asked_for_and_offers_the_others(language: str) -> None:
    html = render_live_page(language=language, city_name="示范市", time_zone="Asia/Shanghai")
    assert f'<html lang="{language}" data-time-zone="Asia/Shanghai">' in html
    assert f"<title>{texts(language)['page.title']}</title>" in html
    for other in LANGUAGES:
        assert f'href="?lang={other}"' in html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", RoomPage)
def test_a_page_of_the_room_loads_its_own_script_and_knows_its_languages(page: RoomPage, language: str) -> None:
    html = render_room_page(page=page, language=language, time_zone="Asia/Shanghai")
    assert f"<title>{texts(language)[f'room.title_{page}']}</title>" in html
    assert html.count("<script") == 1
    assert "&#34;zh-CN&#34;: &#34;中文&#34;" in html


def test_a_city_s_name_cannot_become_markup() -> None:
    html = render_live_page(language="en", city_name="<script>alert(1)</script>", time_zone="UTC")
    assert "<script>alert" not in html


def test_an_unknown_language_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="'fr' is not one of"):
        render_live_page(language="fr", city_name="x", time_zone="UTC")


def test_every_folder_of_the_page_exists() -> None:
    assert all(folder.is_dir() for folder in MOUNTS.values())
