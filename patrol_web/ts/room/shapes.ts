// The shapes of the room's API by short names.

import type { components } from "../api/room.js";

type Shapes = components["schemas"];
export type RoomState = Shapes["StateShape"];
export type CameraState = Shapes["CameraShape"];
export type RoomAlert = Shapes["AlertShape"];
export type Wall = Shapes["WallShape"];
export type WallCamera = Shapes["WallCameraShape"];
export type CameraSet = Shapes["WallSetShape"];
export type FlagStored = Shapes["FlagStored"];
export type FlagPressed = Shapes["FlagPressed"];
export type Box = [number, number, number, number];
export type Watch = Shapes["WatchShape"];
export type Shift = Shapes["ShiftShape"];
export type Round = Shapes["RoundShape"];
export type Matter = Shapes["MatterShape"];
export type RoundSet = Shapes["CameraSetShape"];
export type SeenAnswer = Shapes["SeenShape"];
export type LineStored = Shapes["LineStored"];
export type ShiftLine = Shapes["ShiftLineShape"];
