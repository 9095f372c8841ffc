// Places that an operator pointed for cameras that have none. They go with the flags of this tab from then on.

import { html, nothing } from "lit";
import { t } from "../kit/texts.js";
import type { PlaceDialog } from "./place_dialog.js";
import type { WallCamera } from "./shapes.js";

const KEPT = "patrol.places";

/** Longitude and latitude, WGS-84 degrees. */
export type LonLat = [number, number];

/** A question for a place; `optional`: it may also be answered that there is none. */
export interface PlaceQuestion {
  heading: string;
  place: LonLat | null;
  optional: boolean;
  /** Hears what was chosen, null: there is none. Nothing is heard when the dialog is closed without an answer. */
  taken(place: LonLat | null): void;
}

/** Ask for a place on the map, which is fetched when it is first needed. */
export async function askPlace(question: PlaceQuestion): Promise<void> {
  await import("./place_dialog.js");
  let dialog = document.querySelector<PlaceDialog>("place-dialog");
  if (dialog === null) {
    dialog = document.createElement("place-dialog") as PlaceDialog;
    document.body.append(dialog);
  }
  await dialog.show(question);
}

/** The places of one page; `changed` is called when one was pointed or forgotten. */
export class PointedPlaces {
  #places = new Map<string, LonLat>(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]") as [string, LonLat][]);

  constructor(private readonly changed: () => void) {}

  /** Return what was pointed for a camera; undefined: nothing, or it has a place of its own. */
  of(camera: string): LonLat | undefined {
    return this.#places.get(camera);
  }

  /** Return what stands beside the picture of a camera that has no place; `button` asks for one. */
  part(camera: WallCamera | undefined, button: unknown): unknown {
    if (camera === undefined || camera.has_place) return nothing;
    const place = this.of(camera.name);
    const said = place === undefined ? t("place.unknown") : t("place.pointed", { lon: place[0], lat: place[1] });
    return html`${button} <span class="quiet" role="status">${said}</span>`;
  }

  /** Ask for the place of a camera that has none. */
  async ask(camera: WallCamera | undefined): Promise<void> {
    if (camera === undefined || camera.has_place) return;
    await askPlace({
      heading: camera.title || camera.name,
      place: this.of(camera.name) ?? null,
      optional: true,
      taken: (place) => this.#set(camera.name, place),
    });
  }

  #set(camera: string, place: LonLat | null): void {
    if (place === null) this.#places.delete(camera);
    else this.#places.set(camera, place);
    sessionStorage.setItem(KEPT, JSON.stringify([...this.#places]));
    this.changed();
  }
}
