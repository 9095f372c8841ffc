// The live pictures of the wall: one player for each tile of the set that is shown, and one for the spot.

import { LivePlayer, type Quality } from "./live_player.js";

/** Keeps exactly the players that are shown. */
export class WallView {
  #tiles = new Map<string, LivePlayer>();
  #spot: LivePlayer | null = null;

  constructor(
    private readonly roomNow: () => number,
    private readonly changed: () => void,
  ) {}

  /** Show these cameras and this spot; what is shown already goes on undisturbed. */
  show(cameras: readonly string[], spot: string): void {
    for (const [name, player] of this.#tiles) {
      if (cameras.includes(name)) continue;
      player.stop();
      this.#tiles.delete(name);
    }
    for (const name of cameras) {
      if (!this.#tiles.has(name)) this.#tiles.set(name, this.#begin(name, "tile"));
    }
    if (this.#spot?.camera === spot) return;
    this.#spot?.stop();
    this.#spot = spot === "" ? null : this.#begin(spot, "spot");
  }

  /** Return a tile's player. */
  tile(camera: string): LivePlayer | undefined {
    return this.#tiles.get(camera);
  }

  /** Return the player whose picture stands in the spot: the tile's own until the large one has a picture. */
  get spot(): LivePlayer | null {
    return this.#spot;
  }

  #begin(camera: string, quality: Quality): LivePlayer {
    const player = new LivePlayer(camera, quality, this.roomNow, this.changed);
    player.start();
    return player;
  }
}
