// How the room is: cameras, relay, outbox, evidence, disk, clock, model. Every fault in words, with its reason.

import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { age, dateAndTime, t, word } from "../kit/texts.js";
import { cameraFaults } from "./camera_reason.js";
import type { CameraState, RoomState } from "./shapes.js";

const CLOCK_CLOSE_MS = 2000;
const WELL = ["streaming"];

/** The page below the header. */
@customElement("health-page")
export class HealthPage extends KitElement {
  @property({ attribute: false }) state: RoomState | null = null;
  /** True while the page hears nothing: what is shown may be out of date. */
  @property({ type: Boolean }) stale = false;
  /** The room's clock and this machine's, in milliseconds. */
  @property({ type: Number }) now = 0;
  @property({ type: Number }) here = 0;

  protected override render(): unknown {
    const { state } = this;
    if (state === null) return html`<main class="health"><p class="note">${t("health.loading")}</p></main>`;
    return html`<main class="health" ?data-stale=${this.stale}>
      <section>
        <h2>${t("health.cameras")}</h2>
        <div class="wide" tabindex="0" role="region" aria-label=${t("health.cameras")}>
          <table>
            <thead>
              <tr>
                <th scope="col">${t("health.camera")}</th>
                <th scope="col">${t("health.state")}</th>
                <th scope="col">${t("health.fps")}</th>
                <th scope="col">${t("health.age")}</th>
                <th scope="col">${t("health.analysis")}</th>
                <th scope="col">${t("health.what_is_wrong")}</th>
              </tr>
            </thead>
            <tbody>
              ${state.cameras.map((camera) => this.#camera(camera))}
            </tbody>
          </table>
        </div>
      </section>
      <div class="cards">
        ${this.#card("relay", this.#relay(state))} ${this.#card("outbox", this.#outbox(state))}
        ${this.#card("evidence", this.#evidence(state))} ${this.#card("clock", this.#clock(state))}
        ${this.#card("model", this.#model(state))} ${this.#card("wrong", this.#wrong(state))}
      </div>
    </main>`;
  }

  #camera(camera: CameraState): unknown {
    const found = cameraFaults(camera);
    const ill = camera.health.length > 0 || !WELL.includes(camera.state);
    return html`<tr ?data-ill=${ill}>
      <th scope="row">${camera.title || camera.name}</th>
      <td>${word("camera_state", camera.state)}</td>
      <td>${camera.fps.toFixed(1)}</td>
      <td>${camera.age_s === null ? t("health.none") : age(camera.age_s * 1000)}</td>
      <td>${word("decodes", camera.decodes)}</td>
      <td>${found.length === 0 ? t("health.well") : found.join(" · ")}</td>
    </tr>`;
  }

  #card(name: string, lines: [string, unknown][]): unknown {
    return html`<section class="card">
      <h2>${t(`card.${name}`)}</h2>
      <dl>
        ${lines.map(([key, value]) => html`<dt>${t(`health_line.${key}`)}</dt><dd>${value}</dd>`)}
      </dl>
    </section>`;
  }

  #relay(state: RoomState): [string, unknown][] {
    const { link } = state;
    const trip = link.round_trip_ms === null ? t("health.none") : t("health.ms", { value: link.round_trip_ms.toFixed(1) });
    return [
      ["link", word("relay", link.state)],
      ["endpoint", link.endpoint || t("health.none")],
      ["since", dateAndTime(new Date(link.since))],
      ["round_trip", trip],
      ["reason", link.reason || t("health.none")],
      ["alarms", link.alarms.length === 0 ? t("health.none") : html`<span class="alarm">${link.alarms.join(" · ")}</span>`],
    ];
  }

  #outbox(state: RoomState): [string, unknown][] {
    const { outbox, counters } = state;
    const streams = Object.entries(outbox.pending).filter(([, count]) => count > 0);
    const depth = streams.map(([stream, count]) => {
      const old = age((outbox.oldest_age_s[stream] ?? 0) * 1000);
      return t("health.waiting", { stream: word("stream", stream), count, age: old });
    });
    return [
      ["depth", depth.length === 0 ? t("health.nothing_waits") : depth.join(" · ")],
      ["stored", counters.stored],
      ["acknowledged", counters.acknowledged],
      ["refused", counters.refused],
      ["dead_letters", counters.dead_letters],
      ["fault", outbox.fault === "" ? t("health.none") : html`<span class="alarm">${outbox.fault}</span>`],
    ];
  }

  #evidence(state: RoomState): [string, unknown][] {
    const { media } = state;
    return [
      ["lane", word("lane", media.state)],
      ["snapshots", media.waiting_snapshots],
      ["clips", media.waiting_clips],
      ["megabytes", t("health.mib", { value: (media.waiting_bytes / 2 ** 20).toFixed(1) })],
      ["oldest", media.oldest_age_s > 0 ? age(media.oldest_age_s * 1000) : t("health.none")],
      ["reason", media.reason || t("health.none")],
    ];
  }

  #clock(state: RoomState): [string, unknown][] {
    const apart = Math.abs(this.here - this.now);
    return [
      ["room_clock", dateAndTime(new Date(this.now))],
      ["apart", apart < CLOCK_CLOSE_MS ? t("health.together") : html`<span class="alarm">${age(apart)}</span>`],
      ["running", age(this.now - Date.parse(state.room.started_at))],
      ["version", state.room.agent_version],
    ];
  }

  #model(state: RoomState): [string, unknown][] {
    const { detector } = state;
    const { chosen } = detector;
    const warnings = Array.isArray(chosen["warnings"]) ? (chosen["warnings"] as string[]) : [];
    const shown = (name: string): string => (chosen[name] === undefined ? t("health.none") : String(chosen[name]));
    return [
      ["detector", detector.kind === "motion" ? t("health.motion_alone") : detector.model],
      ["analysis", word("process", detector.state)],
      ["load", `${word("load", detector.load)} ${detector.load_reason}`.trim()],
      ["picture_ms", t("health.ms", { value: detector.picture_ms.toFixed(1) })],
      ["look_ms", t("health.ms", { value: detector.look_ms.toFixed(1) })],
      ["precision", shown("precision")],
      ["why", shown("why")],
      ["reason", detector.reason || warnings.join(" · ") || t("health.none")],
    ];
  }

  #wrong(state: RoomState): [string, unknown][] {
    if (state.health.length === 0) return [["room", t("health.well")]];
    return state.health.map((one) => [
      "room",
      html`<span class="alarm">${word("condition", one.condition)}: ${one.reason}</span>
        <span class="quiet">${dateAndTime(new Date(one.since))}</span>`,
    ]);
  }
}
