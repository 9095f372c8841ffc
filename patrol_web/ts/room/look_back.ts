// The frozen spot: the picture stands still at once, then the last seconds are fetched and played.

import { fetchedAddress, reasonOf } from "../kit/api.js";

export const STEP_S = 10;
const MOST_S = 60;

/** One look back at a camera; `changed` is called when what is to be shown has changed. */
export class LookBack {
  readonly video = document.createElement("video");
  readonly #begunAt = Date.now();
  /** The picture as it was when the key was pressed; on the glass until the recording is there. */
  readonly picture = document.createElement("canvas");
  seconds = 0;
  /** True from the moment that the recording can be seen. */
  ready = false;
  fault = "";
  #address = "";
  #closed = false;

  constructor(
    readonly camera: string,
    shown: HTMLVideoElement | HTMLImageElement,
    private readonly changed: () => void,
  ) {
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.tabIndex = -1;
    const [width, height] =
      shown instanceof HTMLVideoElement ? [shown.videoWidth, shown.videoHeight] : [shown.naturalWidth, shown.naturalHeight];
    this.picture.width = width || 16;
    this.picture.height = height || 9;
    this.picture.getContext("2d")?.drawImage(shown, 0, 0, this.picture.width, this.picture.height);
    this.video.addEventListener("loadeddata", () => {
      this.ready = true;
      this.changed();
    });
  }

  /** How far a flag pressed now must look back to hold what is seen here. */
  get flagLookBackS(): number {
    return Math.min(MOST_S, Math.ceil(this.seconds + (Date.now() - this.#begunAt) / 1000));
  }

  /** Go further back, or nearer; returns false when that leads back to the present. */
  step(by: 1 | -1): boolean {
    const seconds = Math.min(MOST_S, this.seconds + by * STEP_S);
    if (seconds <= 0) return false;
    if (seconds !== this.seconds) void this.#load(seconds);
    return true;
  }

  /** Forget what was fetched. */
  close(): void {
    this.#closed = true;
    this.video.removeAttribute("src");
    this.video.load();
    this.#forget();
  }

  async #load(seconds: number): Promise<void> {
    this.seconds = seconds;
    this.fault = "";
    this.changed();
    try {
      const address = await fetchedAddress(`/cameras/${this.camera}/look-back?seconds=${seconds}`);
      // Meanwhile another step was taken, or the present was asked for.
      if (this.#closed || seconds !== this.seconds) {
        URL.revokeObjectURL(address);
        return;
      }
      this.#forget();
      this.#address = address;
      this.video.src = address;
      await this.video.play().catch(() => undefined);
    } catch (fault) {
      this.fault = reasonOf(fault);
    }
    this.changed();
  }

  #forget(): void {
    if (this.#address !== "") URL.revokeObjectURL(this.#address);
    this.#address = "";
  }
}
