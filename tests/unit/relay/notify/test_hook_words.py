"""What a hook fills into its template: words of others never become part of it."""

import json
from urllib.parse import quote

import pytest

from relay.notify.hook import fill, json_string

WORDS = {
    "recipient": "unit-7",
    "text": 'a "b"\n{key} \\',
    "headline": "x&y",
    "key": "k",
    "incident": "i",
    "severity": "low",
}


def test_a_json_body_stays_json_whatever_the_words_are() -> None:
    body = fill('{"to": {recipient}, "text": {text}, "kept": {}}', WORDS, json_string)
    assert json.loads(body) == {"to": "unit-7", "text": 'a "b"\n{key} \\', "kept": {}}


@pytest.mark.parametrize(
    ("template", "filled"),
    [("?m={headline}", "?m=x%26y"), ("?m={text}", "?m=a%20%22b%22%0A%7Bkey%7D%20%5C"), ("{unknown}", "{unknown}")],
)
def test_an_address_keeps_its_parts(template: str, filled: str) -> None:
    assert fill(template, WORDS, lambda word: quote(word, safe="")) == filled
