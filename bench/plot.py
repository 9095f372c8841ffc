"""Bars as SVG, written by hand: a bench needs no plotting library."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 760
_LEFT: Final = 300
_ROW: Final = 30
_TOP: Final = 56
_OURS: Final = "#1f5fae"
_OTHERS: Final = "#8a8f98"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One figure."""

    label: str
    value: float
    ours: bool = True
    """False: the same work without us; another colour and a mark, so that colour alone says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Figures of one unit."""

    title: str
    unit: str
    bars: Sequence[Bar]


def as_svg(chart: Chart) -> str:
    """Return the chart; bars are drawn from 0, so lengths compare."""
    longest = max((bar.value for bar in chart.bars), default=0.0) or 1.0
    height = _TOP + _ROW * len(chart.bars) + 16
    style = f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {style} role="img" aria-label="{escape(chart.title)}">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="24" font-size="15" font-weight="bold" fill="#16202c">{escape(chart.title)}</text>',
        f'<text x="16" y="42" fill="#4a5562">{escape(chart.unit)}</text>',
    ]
    for number, bar in enumerate(chart.bars):
        y = _TOP + number * _ROW
        width = max(1.0, bar.value / longest * (_WIDTH - _LEFT - 100))
        label = bar.label if bar.ours else f"({bar.label})"
        parts.append(f'<text x="{_LEFT - 10}" y="{y + 15}" text-anchor="end" fill="#16202c">{escape(label)}</text>')
        colour = _OURS if bar.ours else _OTHERS
        parts.append(f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="20" fill="{colour}"/>')
        parts.append(f'<text x="{_LEFT + width + 6:.1f}" y="{y + 15}" fill="#16202c">{_short(bar.value)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
