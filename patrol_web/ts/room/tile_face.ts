// One picture as people see it: name, key, state in words, age over old video, boxes and zones. Shows what it is given.

import { html, nothing, svg } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { reason as inWords } from "../kit/reasons.js";
import { age, t, word } from "../kit/texts.js";
import type { Box } from "./shapes.js";
import type { TileView } from "./tile_state.js";

/** What is drawn over a picture, in shares of it. */
export interface Outline {
  name: string;
  points: [number, number][];
  closed: boolean;
}

export const NO_VIEW: TileView = {
  word: "loading", ageMs: null, attempt: 0, nextTryMs: null, reason: "", source: "", sourceReason: "", lost: 0,
};
const STAMPED = ["delayed", "stalled", "reconnecting", "off"];
const MINUTE_MS = 60_000;

/** Return the state of a picture in a few words, which stand in one line with its name. */
function stateText(view: TileView): string {
  return view.word === "delayed" ? t("tile.delayed", { age: ageText(view.ageMs) }) : word("tile_word", view.word);
}

/** Return what is tried meanwhile. */
function tryText(view: TileView): string {
  if (view.word !== "reconnecting") return "";
  if (view.nextTryMs === null) return t("tile.trying", { attempt: view.attempt });
  return t("tile.next_try", { attempt: view.attempt, next: Math.ceil(view.nextTryMs / 1000) });
}

function ageText(ageMs: number | null): string {
  if (ageMs === null) return t("tile.age_unknown");
  return ageMs < MINUTE_MS ? t("tile.age_seconds", { seconds: (ageMs / 1000).toFixed(1) }) : age(ageMs);
}

/** A picture with its frame. */
@customElement("tile-face")
export class TileFace extends KitElement {
  @property() heading = "";
  @property() key = "";
  @property({ attribute: false }) view: TileView = NO_VIEW;
  /** Why there is no picture, in the page's language; empty: the view's own sentence will do. */
  @property() why = "";
  @property({ attribute: false }) picture: HTMLElement | null = null;
  @property({ attribute: false }) size: [number, number] = [16, 9];
  @property({ attribute: false }) box: Box | null = null;
  @property() boxLabel = "";
  @property({ attribute: false }) outlines: Outline[] = [];
  /** Text over a picture that is held; empty while it runs. */
  @property() held = "";
  @property({ type: Boolean }) chosen = false;
  @property({ type: Boolean }) large = false;
  @property() flagged = "";
  @property({ attribute: false }) pick: (() => void) | null = null;

  protected override render(): unknown {
    const { view } = this;
    return html`
      <div
        class="tile"
        data-word=${this.held === "" ? view.word : "held"}
        data-flagged=${this.flagged}
        ?data-chosen=${this.chosen}
        ?data-large=${this.large}
      >
        <div class="glass">${this.picture}${this.#drawing()}${this.#stamp()}</div>
        <div class="tile-bar">
          ${this.key === "" ? nothing : html`<kbd>${this.key}</kbd>`} ${this.#name()}
          <span class="tile-word">${this.held === "" ? stateText(view) : this.held}</span>
        </div>
        ${this.#notes()}
      </div>
    `;
  }

  #name(): unknown {
    if (this.pick === null) return html`<span class="tile-name">${this.heading}</span>`;
    return html`<button type="button" class="tile-name" aria-pressed=${this.chosen} @click=${this.pick}>
      ${this.heading}
    </button>`;
  }

  #stamp(): unknown {
    const { view } = this;
    if (this.held !== "" || !STAMPED.includes(view.word)) return nothing;
    const lines = [tryText(view), view.ageMs === null ? t("tile.none") : t("tile.old", { age: ageText(view.ageMs) })];
    const said = lines.filter((line) => line !== "");
    return html`<p class="tile-stamp">${said.map((line) => html`<span>${line}</span> `)}</p>`;
  }

  #notes(): unknown {
    const { reason, source, sourceReason, lost } = this.view;
    const found = [];
    if (this.large && reason !== "") found.push(this.why || inWords(reason));
    if (source === "transcoded" || source === "stills") found.push(word("tile_source", source));
    if (this.large && sourceReason !== "") found.push(inWords(sourceReason));
    if (lost > 0) found.push(t("tile.lost", { frames: lost }));
    return found.length === 0 ? nothing : html`<p class="tile-notes">${found.join(" · ")}</p>`;
  }

  #drawing(): unknown {
    if (this.box === null && this.outlines.length === 0) return nothing;
    const [width, height] = this.size;
    const at = (points: [number, number][]): string => points.map(([x, y]) => `${x * width},${y * height}`).join(" ");
    return html`<svg class="drawing" viewBox="0 0 ${width} ${height}" aria-hidden="true">
      ${this.outlines.map((one) =>
        one.closed
          ? svg`<polygon class="zone" points=${at(one.points)}></polygon>`
          : svg`<polyline class="line" points=${at(one.points)}></polyline>`,
      )}
      ${this.box === null ? nothing : boxRect(this.box, width, height)}
    </svg>`;
  }
}

function boxRect([left, top, right, bottom]: Box, width: number, height: number): unknown {
  return svg`<rect
    class="box"
    x=${left * width}
    y=${top * height}
    width=${(right - left) * width}
    height=${(bottom - top) * height}
  ></rect>`;
}
