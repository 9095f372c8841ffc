"""Draws the figures: people with swinging legs, riders on two wheels, cars with windows, and what people put down."""

from typing import assert_never

import cv2

from patrol_sim.scene.figure import FigureKind, Pose
from patrol_sim.scene.street import Picture

Corners = tuple[int, int, int, int]


def draw_pose(picture: Picture, pose: Pose) -> None:
    """Draw one figure into the picture (height, width, 3), clipped at its edges."""
    height, width = picture.shape[:2]
    left, top, right, bottom = pose.box
    corners = (round(left * width), round(top * height), round(right * width), round(bottom * height))
    match pose.kind:
        case FigureKind.PERSON:
            _draw_person(picture, corners, pose.tone, pose.stride)
        case FigureKind.BICYCLE:
            _draw_rider(picture, corners, pose.tone, pose.stride, rightward=pose.rightward)
        case FigureKind.CAR:
            _draw_car(picture, corners, pose.tone)
        case FigureKind.SUITCASE:
            _draw_suitcase(picture, corners, pose.tone)
        case FigureKind.POTTED_PLANT:
            _draw_potted_plant(picture, corners)
        case _ as never:
            assert_never(never)


def _colour(tone: int, part: int) -> tuple[int, int, int]:
    """Pick a colour away from the street's greys: dark or saturated."""
    palette = ((40, 30, 160), (150, 60, 20), (30, 110, 40), (25, 25, 28), (225, 228, 230), (20, 130, 200))
    return palette[(tone >> (4 * part)) % len(palette)]


def _draw_person(picture: Picture, corners: Corners, tone: int, stride: float) -> None:
    left, top, right, bottom = corners
    tall, middle = bottom - top, (left + right) // 2
    head = max(1, round(tall * 0.075))
    hip = top + round(tall * 0.52)
    limb = max(1, round(tall * 0.08))
    reach = round((right - left) * 0.42 * stride)
    for foot in (middle + reach, middle - reach):
        cv2.line(picture, (middle, hip), (foot, bottom - limb // 2), _colour(tone, 1), limb)
    shoulder = (middle, top + round(tall * 0.24))
    for hand in (middle + reach, middle - reach):
        cv2.line(picture, shoulder, (hand, hip), _colour(tone, 0), max(1, limb * 3 // 4))
    torso = (max(1, round((right - left) * 0.26)), max(1, round(tall * 0.19)))
    cv2.ellipse(picture, (middle, top + round(tall * 0.34)), torso, 0, 0, 360, _colour(tone, 0), -1)
    cv2.circle(picture, (middle, top + head), head, (125, 150, 195), -1)


def _draw_rider(picture: Picture, corners: Corners, tone: int, stride: float, *, rightward: bool) -> None:
    left, top, right, bottom = corners
    tall, long = bottom - top, right - left
    wheel = max(2, round(min(long * 0.24, tall * 0.26)))
    line = max(1, round(tall * 0.03))
    axle = bottom - wheel
    for centre in (left + wheel, right - wheel):
        cv2.circle(picture, (centre, axle), wheel, (25, 25, 25), line)
    lean = round(long * 0.12) * (1 if rightward else -1)
    middle = (left + right) // 2
    saddle = (middle - lean, top + round(tall * 0.52))
    neck = (middle + lean, top + round(tall * 0.22))
    cv2.line(picture, (left + wheel, axle), saddle, _colour(tone, 1), line)
    cv2.line(picture, saddle, (right - wheel, axle), _colour(tone, 1), line)
    pedal = (middle, axle + round(wheel * 0.5 * stride))
    cv2.line(picture, saddle, pedal, _colour(tone, 2), max(1, round(tall * 0.08)))
    cv2.line(picture, saddle, neck, _colour(tone, 0), max(2, round(tall * 0.16)))
    head = max(1, round(tall * 0.085))
    cv2.circle(picture, (middle + round(lean * 1.3), top + head), head, (125, 150, 195), -1)


def _draw_car(picture: Picture, corners: Corners, tone: int) -> None:
    left, top, right, bottom = corners
    tall, long = bottom - top, right - left
    wheel = max(2, round(tall * 0.2))
    belt = top + round(tall * 0.45)
    cabin = (left + round(long * 0.2), top), (right - round(long * 0.22), belt)
    cv2.rectangle(picture, cabin[0], cabin[1], _colour(tone, 0), -1)
    inset = max(1, round(tall * 0.08))
    glass = (cabin[0][0] + inset, top + inset), (cabin[1][0] - inset, belt - inset // 2)
    cv2.rectangle(picture, glass[0], glass[1], (70, 62, 55), -1)
    cv2.rectangle(picture, (left, belt), (right, bottom - wheel // 2), _colour(tone, 0), -1)
    for centre in (left + round(long * 0.2), right - round(long * 0.2)):
        cv2.circle(picture, (centre, bottom - wheel), wheel, (20, 20, 20), -1)
        cv2.circle(picture, (centre, bottom - wheel), max(1, wheel // 2), (150, 150, 150), -1)


def _draw_suitcase(picture: Picture, corners: Corners, tone: int) -> None:
    left, top, right, bottom = corners
    tall, long = bottom - top, right - left
    line = max(1, round(tall * 0.07))
    lid = top + round(tall * 0.22)
    grip = max(1, round(long * 0.25))
    cv2.rectangle(picture, (left + grip, top), (right - grip, lid), (30, 30, 34), line)
    cv2.rectangle(picture, (left, lid), (right, bottom - line), _colour(tone, 3), -1)
    strap = lid + round((bottom - lid) * 0.45)
    cv2.line(picture, (left, strap), (right, strap), (35, 35, 40), line)
    for foot in (left + line, right - line):
        cv2.circle(picture, (foot, bottom - line), line, (20, 20, 20), -1)


def _draw_potted_plant(picture: Picture, corners: Corners) -> None:
    left, top, right, bottom = corners
    tall, middle = bottom - top, (left + right) // 2
    rim = top + round(tall * 0.62)
    half = max(1, round((right - left) * 0.32))
    cv2.rectangle(picture, (middle - half, rim), (middle + half, bottom), (55, 85, 150), -1)
    crown = (max(1, (right - left) // 2), max(1, round(tall * 0.33)))
    cv2.ellipse(picture, (middle, top + crown[1]), crown, 0, 0, 360, (45, 105, 50), -1)
    leaf = (max(1, crown[0] // 2), max(1, crown[1] // 2))
    cv2.ellipse(picture, (middle - leaf[0] // 2, top + leaf[1]), leaf, 0, 0, 360, (70, 150, 85), -1)
