"""A constant-velocity Kalman filter for one number, in plain floats.

Owns AxisFilter. A box is followed by four of them (x, y, width, height); the axes are independent, so a 2×2 filter in
closed form replaces the 8×8 matrices of SORT and ByteTrack at a hundredth of the cost and no library.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class AxisFilter:
    """Position and velocity of one number with their covariance; changed in place by its one owner, the track."""

    position: float
    velocity: float = 0.0
    position_variance: float = 0.0
    covariance: float = 0.0
    velocity_variance: float = 0.0

    def predict(self, dt_s: float, acceleration: float) -> None:
        """Move on by ``dt_s``; ``acceleration`` is the standard deviation of what was not foreseen (per s²)."""
        if dt_s <= 0.0:
            return
        noise = acceleration * acceleration
        dt2 = dt_s * dt_s
        self.position += self.velocity * dt_s
        self.position_variance += (2.0 * self.covariance + self.velocity_variance * dt_s) * dt_s + noise * dt2 * dt2 / 4
        self.covariance += self.velocity_variance * dt_s + noise * dt2 * dt_s / 2
        self.velocity_variance += noise * dt2

    def correct(self, measured: float, deviation: float) -> None:
        """Take in a measurement whose standard deviation is ``deviation``."""
        gain_base = self.position_variance + deviation * deviation
        if gain_base <= 0.0:
            self.position = measured
            return
        gain_position = self.position_variance / gain_base
        gain_velocity = self.covariance / gain_base
        residual = measured - self.position
        self.position += gain_position * residual
        self.velocity += gain_velocity * residual
        self.velocity_variance -= gain_velocity * self.covariance
        self.covariance *= 1.0 - gain_position
        self.position_variance *= 1.0 - gain_position
