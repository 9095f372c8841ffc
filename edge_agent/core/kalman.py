"""A constant-velocity Kalman filter for a box, in plain floats.

Owns BoxFilter. Centre, width and height are independent axes, so 2×2 filters in closed form replace the 8×8 matrices of
SORT and ByteTrack; and x and y are measured and disturbed alike, so they share one covariance, as width and height do.
"""


class BoxFilter:
    """Where a box is, how it moves and how sure that is; changed in place by its one owner."""

    __slots__ = (
        "_centre_covariance",
        "_centre_velocity_variance",
        "_side_covariance",
        "_side_variance",
        "_side_velocity_variance",
        "centre_variance",
        "height",
        "height_velocity",
        "width",
        "width_velocity",
        "x",
        "x_velocity",
        "y",
        "y_velocity",
    )

    def __init__(self, centre: tuple[float, float], size: tuple[float, float], *, deviation: float, speed: float):
        """Begin at rest; ``deviation`` is that of a measurement, ``speed`` that of the unknown velocity (per s)."""
        self.x, self.y = centre
        self.width, self.height = size
        self.x_velocity = self.y_velocity = self.width_velocity = self.height_velocity = 0.0
        self.centre_variance = self._side_variance = deviation * deviation
        self._centre_covariance = self._side_covariance = 0.0
        self._centre_velocity_variance = speed * speed
        self._side_velocity_variance = self._centre_velocity_variance / _CALMER_SIDES

    def predict(self, dt_s: float, acceleration: float) -> None:
        """Move on by ``dt_s``; ``acceleration`` is the standard deviation of what was not foreseen (per s²)."""
        if dt_s <= 0.0:
            return
        dt2 = dt_s * dt_s
        noise = acceleration * acceleration
        self.x += self.x_velocity * dt_s
        self.y += self.y_velocity * dt_s
        self.centre_variance += (
            2.0 * self._centre_covariance + self._centre_velocity_variance * dt_s
        ) * dt_s + noise * dt2 * dt2 / 4.0
        self._centre_covariance += self._centre_velocity_variance * dt_s + noise * dt2 * dt_s / 2.0
        self._centre_velocity_variance += noise * dt2
        noise /= _CALMER_SIDES
        kept = max(0.0, 1.0 - _GROWTH_FADES * dt_s)
        self.width_velocity *= kept
        self.height_velocity *= kept
        self.width += self.width_velocity * dt_s
        self.height += self.height_velocity * dt_s
        self._side_variance += (
            2.0 * self._side_covariance + self._side_velocity_variance * dt_s
        ) * dt_s + noise * dt2 * dt2 / 4.0
        self._side_covariance += self._side_velocity_variance * dt_s + noise * dt2 * dt_s / 2.0
        self._side_velocity_variance += noise * dt2

    def correct(self, centre: tuple[float, float], size: tuple[float, float], deviation: float) -> None:
        """Take in a measured box whose standard deviation is ``deviation``, above 0, on each axis."""
        doubt = deviation * deviation
        base = self.centre_variance + doubt
        gain, velocity_gain = self.centre_variance / base, self._centre_covariance / base
        off = centre[0] - self.x
        self.x += gain * off
        self.x_velocity += velocity_gain * off
        off = centre[1] - self.y
        self.y += gain * off
        self.y_velocity += velocity_gain * off
        self._centre_velocity_variance -= velocity_gain * self._centre_covariance
        self._centre_covariance *= 1.0 - gain
        self.centre_variance *= 1.0 - gain
        base = self._side_variance + doubt
        gain, velocity_gain = self._side_variance / base, self._side_covariance / base
        off = size[0] - self.width
        self.width += gain * off
        self.width_velocity += velocity_gain * off
        off = size[1] - self.height
        self.height += gain * off
        self.height_velocity += velocity_gain * off
        self._side_velocity_variance -= velocity_gain * self._side_covariance
        self._side_covariance *= 1.0 - gain
        self._side_variance *= 1.0 - gain


_CALMER_SIDES = 16.0
"""Sizes change with a quarter of the acceleration with which things move: its square."""
_GROWTH_FADES = 2.0
"""Share of its speed that growth loses in a second: what comes nearer does so steadily and is measured again, what is
half hidden only seems to shrink."""
