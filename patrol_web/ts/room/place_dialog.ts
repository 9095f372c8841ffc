// Pointing at a place on the city's own outlines: with the mouse, with the map's middle and Enter, from the list of
// areas, or by numbers. Nothing of the map comes from outside.

import L from "leaflet";
import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { components } from "../api/room.js";
import { ask, reasonOf } from "../kit/api.js";
import { KitElement } from "../kit/element.js";
import { t } from "../kit/texts.js";
import type { LonLat, PlaceQuestion } from "./pointed_places.js";

export type CityMap = components["schemas"]["MapShape"];
type Area = CityMap["areas"][number];

const CLOSE = 16;
const DEGREES = 6;
const CHINESE = "zh-CN";

/** The dialog; one for a page. */
@customElement("place-dialog")
export class PlaceDialog extends KitElement {
  @property() heading = "";
  @property({ attribute: false }) place: LonLat | null = null;
  /** What is pointed on; null: not read yet. */
  @property({ attribute: false }) city: CityMap | null = null;
  /** Why it could not be read. */
  @property() fault = "";
  /** The answer may be that there is no place. */
  @property({ type: Boolean }) optional = false;
  /** True in the gallery, where it stands open among others. */
  @property({ type: Boolean }) shown = false;
  #map: L.Map | null = null;
  #marker: L.CircleMarker | null = null;
  #taken: PlaceQuestion["taken"] | null = null;

  /** Ask for a place. */
  async show({ heading, place, optional, taken }: PlaceQuestion): Promise<void> {
    this.heading = heading;
    this.optional = optional;
    this.place = place;
    this.#taken = taken;
    this.fault = "";
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
    try {
      this.city ??= await ask<CityMap>("/map");
      await this.updateComplete;
      this.#draw(this.city);
    } catch (fault) {
      this.fault = reasonOf(fault);
    }
  }

  protected override firstUpdated(): void {
    if (this.shown && this.city !== null) this.#draw(this.city);
  }

  protected override render(): unknown {
    const { city } = this;
    const mapless = city === null || city.areas.length === 0;
    return html`<dialog class="place-dialog" aria-label=${t("place.title", { camera: this.heading })} ?open=${this.shown}>
      <h2>${t("place.title", { camera: this.heading })}</h2>
      ${this.fault === "" ? nothing : html`<p class="alarm" role="alert">${t("place.not_read", { reason: this.fault })}</p>`}
      ${city === null && this.fault === "" ? html`<p class="note" role="status">${t("place.loading")}</p>` : nothing}
      ${city !== null && mapless ? html`<p class="note">${t("place.no_map")}</p>` : nothing}
      <div class="place-map" role="region" aria-label=${t("place.map")} ?hidden=${mapless}></div>
      <div class="choices" ?hidden=${mapless}>
        <label
          >${t("place.area")}
          <select name="area" @change=${this.#toArea}>
            <option value="">${t("rules.no_zone")}</option>
            ${(city?.areas ?? []).map((area) => html`<option value=${area.area_id}>${areaName(area)}</option>`)}
          </select></label
        >
        <button type="button" data-act="middle" @click=${this.#takeMiddle}>${t("place.middle")}</button>
      </div>
      <form @submit=${this.#use}>
        <p class="choices">
          ${this.#number("lon", 0, 180)} ${this.#number("lat", 1, 90)} <span class="quiet">${t("place.datum")}</span>
        </p>
        ${this.#where()}
        <div class="choices">
          <button class="act" data-act="use" ?disabled=${this.place === null}>${t("place.use")}</button>
          ${this.optional
            ? html`<button type="button" data-act="none" @click=${() => this.#close(null)}>${t("place.none")}</button>`
            : nothing}
          <button type="button" @click=${() => this.querySelector("dialog")?.close()}>${t("place.cancel")}</button>
        </div>
      </form>
    </dialog>`;
  }

  #number(name: "lon" | "lat", axis: 0 | 1, most: number): unknown {
    const change = (event: Event): void => {
      const entered = (event.target as HTMLInputElement).valueAsNumber;
      if (!Number.isFinite(entered) || Math.abs(entered) > most) return;
      const [lon, lat] = this.place ?? this.#middle();
      this.#point(axis === 0 ? [entered, lat] : [lon, entered]);
    };
    return html`<label
      >${t(`place_axis.${name}`)}
      <input
        type="number"
        name=${name}
        min=${-most}
        max=${most}
        step="any"
        .value=${this.place === null ? "" : this.place[axis].toFixed(DEGREES)}
        @change=${change}
    /></label>`;
  }

  /** Say in which area the place lies, so that a slip is seen before it counts for another one. */
  #where(): unknown {
    const { city, place } = this;
    if (city === null || place === null || city.areas.length === 0) return nothing;
    const area = city.areas.find((one) => lies(place, one));
    return area === undefined
      ? html`<p class="alarm place-where" role="status">${t("place.outside")}</p>`
      : html`<p class="place-where" role="status">${t("place.inside", { area: areaName(area) })}</p>`;
  }

  #draw(city: CityMap): void {
    if (city.areas.length === 0) return;
    const frame = this.querySelector<HTMLElement>(".place-map");
    if (frame === null) return;
    if (this.#map === null) {
      const map = L.map(frame, {
        renderer: L.svg(), attributionControl: false, zoomControl: false, zoomAnimation: false, fadeAnimation: false,
        markerZoomAnimation: false,
      });
      L.control.zoom({ zoomInTitle: t("place.nearer"), zoomOutTitle: t("place.further") }).addTo(map);
      L.control.scale({ imperial: false }).addTo(map);
      const outlines = L.featureGroup(city.areas.map((area) => outline(area)));
      // The view first: what is added before it is drawn before the layer it is drawn on, and fails.
      map.fitBounds(outlines.getBounds(), { animate: false });
      outlines.addTo(map);
      for (const one of city.cameras) dot(one.place as LonLat, "place-camera").bindTooltip(one.title || one.name).addTo(map);
      if (city.room !== null) dot(city.room as LonLat, "place-room").bindTooltip(t("place.room")).addTo(map);
      map.on("click", (event) => this.#point([event.latlng.lng, event.latlng.lat]));
      this.#map = map;
    }
    this.#map.invalidateSize({ animate: false });
    const first = this.place ?? (city.room as LonLat | null);
    if (first !== null) this.#map.setView([first[1], first[0]], CLOSE, { animate: false });
    this.#mark();
  }

  #middle(): LonLat {
    const middle = this.#map?.getCenter();
    return middle === undefined ? [0, 0] : [middle.lng, middle.lat];
  }

  readonly #takeMiddle = (): void => this.#point(this.#middle());

  readonly #toArea = (event: Event): void => {
    const area = this.city?.areas.find((one) => one.area_id === (event.target as HTMLSelectElement).value);
    if (area !== undefined) this.#map?.fitBounds(outline(area).getBounds(), { animate: false });
  };

  #point([lon, lat]: LonLat): void {
    this.place = [Number(lon.toFixed(DEGREES)), Number(lat.toFixed(DEGREES))];
    this.#mark();
  }

  #mark(): void {
    this.#marker?.remove();
    this.#marker = null;
    if (this.#map === null || this.place === null) return;
    this.#marker = dot(this.place, "place-pointed").addTo(this.#map);
    if (!this.#map.getBounds().contains(this.#marker.getLatLng())) this.#map.panTo(this.#marker.getLatLng(), { animate: false });
  }

  #use(event: Event): void {
    event.preventDefault();
    if (this.place !== null) this.#close(this.place);
  }

  #close(place: LonLat | null): void {
    this.#taken?.(place);
    this.querySelector("dialog")?.close();
  }
}

function areaName(area: Area): string {
  return document.documentElement.lang === CHINESE ? area.name : area.name_en;
}

/** By the even-odd rule over outer rings and holes, as the relay judges it. */
function lies([lon, lat]: LonLat, area: Area): boolean {
  let inside = false;
  for (const ring of area.rings) {
    ring.forEach(([x, y], nth) => {
      const [beforeX, beforeY] = ring[(nth + ring.length - 1) % ring.length] as LonLat;
      if (y! > lat !== beforeY > lat && lon < x! + ((lat - y!) * (beforeX - x!)) / (beforeY - y!)) inside = !inside;
    });
  }
  return inside;
}

function outline(area: Area): L.Polygon {
  const rings = area.rings.map((ring) => ring.map(([lon, lat]) => L.latLng(lat as number, lon as number)));
  return L.polygon(rings, { className: "place-area", weight: 1.5, interactive: false });
}

function dot([lon, lat]: LonLat, className: string): L.CircleMarker {
  return L.circleMarker([lat, lon], { radius: 8, className, interactive: false });
}
