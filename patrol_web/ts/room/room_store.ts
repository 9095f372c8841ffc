// What this page knows of its room: the settings once, then the state as the room's program tells it.

import { ask } from "../kit/api.js";
import { follow } from "../kit/following.js";
import { cameraReason } from "./camera_reason.js";
import type { RoomState, Wall, WallCamera } from "./shapes.js";

/** A message of the room's feed: the whole state with its number, or a ping that says that nothing has changed. */
interface RoomMessage {
  sequence: number;
  state?: RoomState;
}

/** How the page hears from the room's program. */
export type FeedState = "connecting" | "live" | "lost";

/** One per page; `changed` is called after every change. */
export class RoomStore {
  wall: Wall | null = null;
  /** What people call each camera. */
  titles: Map<string, string> = new Map();
  state: RoomState | null = null;
  feed: FeedState = "connecting";
  /** True while a token is needed that the page does not have. */
  needsToken = false;
  lastHeard = 0;
  nextTryAt = 0;
  /** The room's clock minus this machine's: ages must not depend on how a desk's clock is set. */
  #clockOffset = 0;

  constructor(private readonly changed: () => void) {}

  /** The room's clock in milliseconds. */
  readonly roomNow = (): number => Date.now() + this.#clockOffset;

  /** Return a camera as the settings say. */
  camera(name: string): WallCamera | undefined {
    return this.wall?.cameras.find((one) => one.name === name);
  }

  /** Return what people call a camera. */
  title(name: string): string {
    return this.titles.get(name) ?? name;
  }

  /** Return why a camera gives no picture; empty while it does, as far as this page knows. */
  whyNot(name: string): string {
    const camera = this.state?.cameras.find((one) => one.name === name);
    return camera === undefined ? "" : cameraReason(camera);
  }

  /** Begin, or begin again after a token was entered. */
  start(): void {
    this.needsToken = false;
    follow<RoomMessage>("/events", () => this.#readWall(), {
      message: (found) => this.#take(found),
      up: () => this.#set("live", 0),
      down: (nextTryS) => this.#set("lost", Date.now() + nextTryS * 1000),
      trying: () => this.#set(this.feed, 0),
      refused: () => {
        this.needsToken = true;
        this.changed();
      },
    });
  }

  async #readWall(): Promise<void> {
    this.wall = await ask<Wall>("/wall");
    this.titles = new Map(this.wall.cameras.map((one) => [one.name, one.title || one.name]));
    this.changed();
  }

  #take(found: RoomMessage): void {
    this.lastHeard = Date.now();
    if (found.state === undefined) return;
    const drawn = this.state !== null && found.state.drawings !== this.state.drawings;
    this.state = found.state;
    // Zones and lines are the wall's; without an answer the outlines stay old until the feed comes anew.
    if (drawn) this.#readWall().catch(() => undefined);
    this.#clockOffset = Date.parse(found.state.room.now) - Date.now();
    this.changed();
  }

  #set(feed: FeedState, nextTryAt: number): void {
    this.feed = feed;
    this.nextTryAt = nextTryAt;
    this.changed();
  }
}
