"""A generated street with moving figures whose truth is known; the same seed gives the same pictures and truth.

``settings`` what to generate, ``script`` who moves at random (pure), ``acts`` and ``staging`` what happens on order
(pure), ``truth`` what can be seen when (pure), ``street`` and ``figures`` draw, ``effects`` disturb (``light``,
``weather``, ``camera_condition``), ``picture`` puts one frame together, ``stream`` encodes the loop.
"""
