// Why a camera gives no picture, in the page's language: by the word of the failure, with the program's sentence.

import { reason as inWords, translated } from "../kit/reasons.js";
import { t, word } from "../kit/texts.js";
import type { CameraState } from "./shapes.js";

/** Conditions that the connection has, not the picture. */
const OF_THE_LINK = ["lost", "stalled", "frozen"];

/** Return a sentence of the room's program about a camera; one that has no text here, with the failure's word before it. */
function worded(camera: CameraState, sentence: string): string {
  const known = translated(sentence);
  if (known !== null) return known;
  return camera.failure === "" ? sentence : t("health.why", { word: word("failure", camera.failure), sentence });
}

/** Return why this camera is connecting anew; empty while it is well. */
export function cameraReason(camera: CameraState): string {
  return camera.reason === "" ? "" : worded(camera, camera.reason);
}

/** Return what is wrong with a camera, each condition with its reason. */
export function cameraFaults(camera: CameraState): string[] {
  const found = camera.health.map(({ condition, reason }) => {
    const why = OF_THE_LINK.includes(condition) ? worded(camera, reason) : inWords(reason);
    return t("health.what_why", { what: word("condition", condition), why });
  });
  if (found.length === 0 && camera.reason !== "") found.push(cameraReason(camera));
  return found;
}
