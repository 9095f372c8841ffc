// One live picture: its socket, its buffer, and what may be said of it. Comes back by itself; never calls old video live.

import { openSocket } from "../kit/api.js";
import { MediaBuffer } from "./media_buffer.js";
import { type ServerWord, type TileView, judge } from "./tile_state.js";

const LOOK_EVERY_MS = 200;
const SILENT_AFTER_MS = 8000;
const WAITS_MS = [500, 1000, 2000, 4000, 8000];
const LOST_SHOWN_MS = 10_000;
const TIES_KEPT = 32;
/** A pause of the camera is no slow rate. */
const LONGEST_EVERY_MS = 2000;
const EVERY_SHARE = 0.1;
const ROUNDING_S = 0.001;

/** A text message of the live socket (docs/design/live-view.md). */
type Message =
  | { type: "start"; codec: string; width: number; height: number; source: string; reason: string }
  | { type: "at"; captured_us: number; media_us: number }
  | { type: "lost"; frames: number }
  | ({ type: "state" } & ServerWord);

export type Quality = "tile" | "spot" | "stills";

/** A picture that is followed from `start` to `stop`; `changed` is called when what may be said of it changed. */
export class LivePlayer {
  readonly video = document.createElement("video");
  readonly still = document.createElement("img");
  /** Size of the picture, for what is drawn over it. */
  width = 16;
  height = 9;
  view: TileView = {
    word: "loading", ageMs: null, attempt: 0, nextTryMs: null, reason: "", source: "", sourceReason: "", lost: 0,
  };
  #socket: WebSocket | null = null;
  #buffer = new MediaBuffer(this.video, () => this.#again());
  #ties: { mediaS: number; takenAt: number }[] = [];
  #server: ServerWord | null = null;
  #heardAt = 0;
  #lastMessageAt = 0;
  #failures = 0;
  #nextTryAt: number | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #look: ReturnType<typeof setInterval> | undefined;
  #stillTakenAt: number | null = null;
  #stillAddress = "";
  #lostAt = 0;
  #pictureAt = 0;
  #everyMs = 0;
  #shownTakenAt: number | null = null;

  /** `roomNow` is the room's clock in milliseconds. */
  constructor(
    readonly camera: string,
    private readonly quality: Quality,
    private readonly roomNow: () => number,
    private readonly changed: () => void,
  ) {
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.disablePictureInPicture = true;
    this.video.tabIndex = -1;
    this.still.hidden = true;
    this.still.alt = "";
  }

  /** What stands on the glass: the other of the two is hidden. */
  get picture(): HTMLVideoElement | HTMLImageElement {
    return this.still.hidden ? this.video : this.still;
  }

  /** Begin. */
  start(): void {
    this.#connect();
    this.#look = setInterval(() => this.#observe(), LOOK_EVERY_MS);
  }

  /** End for good. */
  stop(): void {
    clearInterval(this.#look);
    clearTimeout(this.#retry);
    this.#hangUp();
    this.#buffer.close();
    this.video.removeAttribute("src");
    this.video.load();
    this.#forgetStill();
  }

  #connect(): void {
    this.#nextTryAt = null;
    const socket = openSocket(`/cameras/${this.camera}/live?quality=${this.quality}`);
    this.#socket = socket;
    this.#lastMessageAt = Date.now();
    const own = (): boolean => this.#socket === socket;
    socket.addEventListener("message", (event: MessageEvent<string | ArrayBuffer>) => {
      if (own()) this.#take(event.data);
    });
    socket.addEventListener("close", () => own() && this.#again());
    socket.addEventListener("error", () => own() && this.#again());
  }

  #hangUp(): void {
    const socket = this.#socket;
    this.#socket = null;
    // A browser counts it as a fault of the page to give up a socket that is not open yet.
    if (socket?.readyState === WebSocket.CONNECTING) socket.addEventListener("open", () => socket.close());
    else socket?.close();
  }

  /** Begin anew after a pause that grows with the failures. */
  #again(): void {
    this.#hangUp();
    const waitMs = WAITS_MS[Math.min(this.#failures, WAITS_MS.length - 1)] ?? 0;
    this.#failures += 1;
    this.#nextTryAt = this.roomNow() + waitMs;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), waitMs);
    this.#observe();
  }

  #take(found: string | ArrayBuffer): void {
    this.#lastMessageAt = Date.now();
    if (typeof found !== "string") {
      this.#everyMs += (Math.min(Date.now() - this.#pictureAt, LONGEST_EVERY_MS) - this.#everyMs) * EVERY_SHARE;
      this.#pictureAt = Date.now();
      if (this.view.source === "stills") this.#showStill(found);
      else this.#buffer.push(found);
      return;
    }
    const message = JSON.parse(found) as Message;
    switch (message.type) {
      case "start":
        this.#begin(message);
        break;
      case "at":
        this.#ties.push({ mediaS: message.media_us / 1e6, takenAt: message.captured_us / 1e3 });
        if (this.#ties.length > TIES_KEPT) this.#ties.shift();
        if (this.view.source === "stills") this.#stillTakenAt = message.captured_us / 1e3;
        break;
      case "lost":
        this.view = { ...this.view, lost: this.view.lost + message.frames };
        this.#lostAt = Date.now();
        break;
      case "state":
        this.#server = message;
        this.#heardAt = this.roomNow();
        break;
    }
    this.#observe();
  }

  #begin(start: Extract<Message, { type: "start" }>): void {
    this.#ties = [];
    this.view = { ...this.view, source: start.source, sourceReason: start.reason };
    if (start.source === "stills") {
      this.#buffer.close();
      return;
    }
    this.width = start.width;
    this.height = start.height;
    this.#buffer.begin(start.codec);
  }

  #show(picture: HTMLVideoElement | HTMLImageElement): void {
    this.still.hidden = picture !== this.still;
    this.video.hidden = picture !== this.video;
  }

  #showStill(jpeg: ArrayBuffer): void {
    this.#forgetStill();
    this.#failures = 0;
    this.#stillAddress = URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
    this.still.src = this.#stillAddress;
    this.#show(this.still);
    this.width = this.still.naturalWidth || this.width;
    this.height = this.still.naturalHeight || this.height;
  }

  #forgetStill(): void {
    if (this.#stillAddress !== "") URL.revokeObjectURL(this.#stillAddress);
    this.#stillAddress = "";
  }

  /** When the picture on the glass was taken, by the room's clock; stays what it was until a newer one is seen. */
  #takenAt(): number | null {
    if (this.view.source === "stills") return this.#stillTakenAt;
    const { shownS } = this.#buffer;
    if (shownS === null && !this.still.hidden) return this.#stillTakenAt;
    if (shownS !== null) {
      if (!this.still.hidden) {
        this.#show(this.video); // not before: a player is black until it has decoded its first picture
        this.#forgetStill();
      }
      const tie = this.#ties.findLast((one) => one.mediaS <= shownS + ROUNDING_S) ?? this.#ties[0];
      if (tie !== undefined) {
        this.#failures = 0;
        this.#shownTakenAt = tie.takenAt + (shownS - tie.mediaS) * 1e3;
      }
    }
    return this.#shownTakenAt;
  }

  #observe(): void {
    if (this.#socket !== null && Date.now() - this.#lastMessageAt > SILENT_AFTER_MS) {
      this.#again();
      return;
    }
    this.#buffer.keepUp();
    if (this.view.lost > 0 && Date.now() - this.#lostAt > LOST_SHOWN_MS) this.view = { ...this.view, lost: 0 };
    const judged = judge({
      now: this.roomNow(),
      connected: this.#socket !== null,
      attempt: this.#failures,
      nextTryAt: this.#nextTryAt,
      server: this.#server,
      heardAt: this.#heardAt,
      shownTakenAt: this.#takenAt(),
      everyMs: this.#everyMs,
    });
    this.view = { ...this.view, ...judged };
    this.changed();
  }
}
