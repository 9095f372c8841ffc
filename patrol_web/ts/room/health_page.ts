// How the room is: cameras, relay, outbox, evidence, disk, clock, model. Every fault in words, with its reason.

import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { reason } from "../kit/reasons.js";
import { age, dateAndTime, size, t, word } from "../kit/texts.js";
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
        ${this.#card("disk", this.#disk(state))} ${this.#card("evidence", this.#evidence(state))}
        ${this.#card("clock", this.#clock(state))} ${this.#card("model", this.#model(state))}
        ${this.#card("wrong", this.#wrong(state))}
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
      ["reason", reason(link.reason) || t("health.none")],
      ["alarms", link.alarms.length === 0 ? t("health.none") : html`<span class="alarm">${link.alarms.map(reason).join(" · ")}</span>`],
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
      ["fault", outbox.fault === "" ? t("health.none") : html`<span class="alarm">${reason(outbox.fault)}</span>`],
    ];
  }

  #evidence(state: RoomState): [string, unknown][] {
    const { media } = state;
    return [
      ["lane", word("lane", media.state)],
      ["snapshots", media.waiting_snapshots],
      ["clips", media.waiting_clips],
      ["megabytes", size(media.waiting_bytes)],
      ["oldest", media.oldest_age_s > 0 ? age(media.oldest_age_s * 1000) : t("health.none")],
      ["reason", reason(media.reason) || t("health.none")],
    ];
  }

  #disk(state: RoomState): [string, unknown][] {
    const { disk } = state;
    if (disk === null) return [["free", t("health.not_looked")]];
    const low = disk.is_read_only || disk.free_bytes === null || disk.free_bytes < 2 * disk.reserve_bytes;
    const free =
      disk.free_bytes === null
        ? t("health.disk_silent")
        : t("health.of_reserve", { free: size(disk.free_bytes), reserve: size(disk.reserve_bytes) });
    const kept = { kept: size(disk.kept_bytes), limit: size(disk.limit_bytes), pinned: size(disk.pinned_bytes) };
    const [back, lasts] = [disk.oldest_age_s, disk.kept_for_s].map((s) => (s === null ? null : age(s * 1000)));
    return [
      ["free", low ? html`<span class="alarm">${free}</span>` : free],
      ["writable", disk.is_read_only ? html`<span class="alarm">${t("health.read_only")}</span>` : t("health.yes")],
      ["kept", t("health.kept_of", kept)],
      ["reaches_back", back ?? t("health.none")],
      ["lasts", lasts ?? t("health.too_early")],
      ["ring", this.#past(state, disk.ring_s)],
      ["refusal", disk.refusal === "" ? t("health.none") : html`<span class="alarm">${reason(disk.refusal)}</span>`],
    ];
  }

  #past(state: RoomState, seconds: number): unknown {
    const { past } = state;
    const said = t("health.ring", {
      age: age(seconds * 1000), memory: size(past.memory_bytes), disk: size(past.disk_bytes),
    });
    return past.reason === "" ? said : html`<span class="alarm">${t("health.what_why", { what: said, why: reason(past.reason) })}</span>`;
  }

  #clock(state: RoomState): [string, unknown][] {
    const apart = Math.abs(this.here - this.now);
    return [
      ["room_clock", dateAndTime(new Date(this.now))],
      ["apart", apart < CLOCK_CLOSE_MS ? t("health.together") : html`<span class="alarm">${age(apart)}</span>`],
      ["relay_apart", this.#offset(state.room.clock_offset_s ?? null)],
      ["running", age(this.now - Date.parse(state.room.started_at))],
      ["version", state.room.agent_version],
    ];
  }

  #offset(seconds: number | null): unknown {
    if (seconds === null) return t("health.none");
    const close = Math.abs(seconds) * 1000 < CLOCK_CLOSE_MS;
    return close ? t("health.together_relay") : html`<span class="alarm">${age(Math.abs(seconds) * 1000)}</span>`;
  }

  #model(state: RoomState): [string, unknown][] {
    const { detector } = state;
    const { chosen } = detector;
    const warnings = Array.isArray(chosen["warnings"]) ? (chosen["warnings"] as string[]) : [];
    const shown = (name: string): string => (chosen[name] === undefined ? t("health.none") : String(chosen[name]));
    return [
      ["detector", detector.kind === "motion" ? t("health.motion_alone") : detector.model],
      ["analysis", word("process", detector.state)],
      ["load", `${word("load", detector.load)} ${reason(detector.load_reason)}`.trim()],
      ["picture_ms", t("health.ms", { value: detector.picture_ms.toFixed(1) })],
      ["look_ms", detector.kind === "motion" ? t("health.none") : t("health.ms", { value: detector.look_ms.toFixed(1) })],
      ["provider", shown("provider")],
      ["precision", shown("precision")],
      ["benchmark", this.#benchmark(chosen)],
      ["reason", reason(detector.reason) || warnings.join(" · ") || t("health.none")],
    ];
  }

  /** What the trial at the start measured, and what it decided; a model that was told its precision has none. */
  #benchmark(chosen: Record<string, unknown>): string {
    const times = ["fp32", "int8"].flatMap((name) => {
      const found = chosen[`${name}_ms`];
      return typeof found === "number" ? [t("health.benchmark", { name, value: found.toFixed(1) })] : [];
    });
    const chosenFor = chosen["reason"];
    const why = typeof chosenFor === "string" ? word("precision_reason", chosenFor) : t("health.none");
    return [...times, why].join(" · ");
  }

  #wrong(state: RoomState): [string, unknown][] {
    const ready: [string, unknown] = state.readiness.ok
      ? ["ready", t("health.yes")]
      : ["ready", html`<span class="alarm">${state.readiness.reasons.map(reason).join(" · ")}</span>`];
    const machines: [string, unknown] = ["machines", t("health.endpoints")];
    if (state.health.length === 0) return [ready, ["room", t("health.well")], machines];
    const wrong = state.health.map((one): [string, unknown] => [
      "room",
      html`<span class="alarm">${t("health.what_why", { what: word("condition", one.condition), why: reason(one.reason) })}</span>
        <span class="quiet">${dateAndTime(new Date(one.since))}</span>`,
    ]);
    return [ready, ...wrong, machines];
  }
}
