"""Names of the demo city: invented, in Chinese and pinyin, each pair unique in both."""

from typing import Final

CITY: Final = ("示范市", "Demo City")
CENTRE: Final = (121.4, 31.2)
"""Lon, lat of the middle of the city."""
TOWNS: Final = (
    ("石桥", "Shiqiao"),
    ("南塘", "Nantang"),
    ("北苑", "Beiyuan"),
    ("东浜", "Dongbang"),
    ("西岭", "Xiling"),
    ("望江", "Wangjiang"),
    ("古槐", "Guhuai"),
    ("长亭", "Changting"),
    ("新港", "Xingang"),
    ("双溪", "Shuangxi"),
    ("红枫", "Hongfeng"),
    ("白鹭", "Bailu"),
    ("平湖", "Pinghu"),
    ("高台", "Gaotai"),
    ("凤鸣", "Fengming"),
    ("临泉", "Linquan"),
)
# No two of a list sound alike, so the pinyin of a community is as unique as its characters.
_FIRST: Final = (
    "翠Cui 锦Jin 云Yun 柳Liu 梅Mei 兰Lan 竹Zhu 松Song 桂Gui 荷He "
    "银Yin 玉Yu 春Chun 秋Qiu 明Ming 清Qing 安An 永Yong 丹Dan 白Bai"
)
_SECOND: Final = "湖hu 苑yuan 桥qiao 溪xi 里li 坊fang 塘tang 泉quan 岭ling 洲zhou 浜bang 台tai"
COMMUNITIES: Final = tuple(
    (first[0] + second[0], first[1:] + second[1:]) for first in _FIRST.split() for second in _SECOND.split()
)
"""240 names; the maker deals them out in a shuffled order."""
