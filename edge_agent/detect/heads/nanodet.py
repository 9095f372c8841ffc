"""NanoDet and NanoDet-Plus (RangiLyu, 2020 and 2021): class scores and distributions of distances.

NanoDet counts distances from the middle of a cell at strides 8, 16, 32; NanoDet-Plus from its corner at 8, 16, 32, 64.
Scores are sigmoids already in the authors' exports.
"""

from edge_agent.detect.heads.distribution import CellGrid, DistributionHead
from edge_agent.detect.heads.options import HeadOptions


def nanodet_head(options: HeadOptions) -> DistributionHead:
    """Return the head of NanoDet."""
    return DistributionHead(options, CellGrid(family="NanoDet", strides=(8, 16, 32), offset=0.5))


def nanodet_plus_head(options: HeadOptions) -> DistributionHead:
    """Return the head of NanoDet-Plus."""
    return DistributionHead(options, CellGrid(family="NanoDet-Plus", strides=(8, 16, 32, 64), offset=0.0))
