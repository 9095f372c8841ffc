// The camera's picture with everything that is drawn on it: shapes that can be changed, and what a draft sees now.
//
// Every corner is a button over the picture: drag it, or press it and then the place where it is to be, or move it with
// the arrow keys. Numbers stand in the list beside it, so nothing needs a mouse and nothing needs dragging.

import { html, nothing, svg } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { t } from "../kit/texts.js";
import type { Box } from "../room/shapes.js";
import { type ShapeRef, CORNERS, cornersOf, inside, isClosed, shapesOf } from "./draft.js";
import { partText, percent, shapeName } from "./shape_words.js";
import type { Draft, Point, Preview } from "./shapes.js";

const STEP = 0.01;
const FINE = 0.001;
const ARROWS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** What the editor asks its page to do. */
export interface EditorActs {
  choose(shape: ShapeRef, corner: number): void;
  move(shape: ShapeRef, corner: number, to: Point): void;
  add(shape: ShapeRef, after: number): void;
  remove(shape: ShapeRef, corner: number): void;
  /** Corners that were pressed on the picture one after the other are a shape now; null: given up. */
  drawn(corners: Point[] | null): void;
}

/** The picture. */
@customElement("picture-editor")
export class PictureEditor extends KitElement {
  @property({ attribute: false }) draft: Draft = { zone: [], line: [], mask: [], rule: [] };
  @property({ attribute: false }) chosen: ShapeRef | null = null;
  @property({ type: Number }) corner = 0;
  /** Which part is being drawn corner by corner; null while none is. */
  @property({ attribute: false }) drawing: "zone" | "line" | "mask" | null = null;
  @property({ attribute: false }) picture: HTMLElement[] = [];
  @property({ attribute: false }) size: [number, number] = [16, 9];
  @property({ attribute: false }) preview: Preview | null = null;
  /** A box of the list of alerts that is pointed at. */
  @property({ attribute: false }) pointed: Box | null = null;
  @property({ type: Boolean }) editable = false;
  @property({ attribute: false }) acts: EditorActs | null = null;
  @state() private begun: Point[] = [];
  #dragged: number | null = null;

  protected override render(): unknown {
    const [width, height] = this.size;
    return html`<div
      class="canvas"
      ?data-drawing=${this.drawing !== null}
      @click=${this.#press}
      @dblclick=${this.#finish}
    >
      ${this.picture}
      <svg class="drawing" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">
        ${this.#patterns()} ${shapesOf(this.draft).map((shape) => this.#shape(shape))} ${this.#things()} ${this.#begunShape()}
        ${this.pointed === null ? nothing : rect(this.pointed, this.size, "pointed")}
      </svg>
      ${this.#handles()}
    </div>`;
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has("drawing") && this.drawing === null) this.begun = [];
    // Places come by script: the pages allow no styles within their markup.
    const canvas = this.querySelector<HTMLElement>(".canvas");
    if (canvas !== null) canvas.style.aspectRatio = String(this.size[0] / this.size[1]);
    const corners = this.chosen === null ? [] : cornersOf(this.draft, this.chosen);
    for (const button of this.querySelectorAll<HTMLElement>(".corner")) {
      const [x, y] = corners[Number(button.dataset["corner"])] ?? [0, 0];
      button.style.left = percentOf(x);
      button.style.top = percentOf(y);
    }
  }

  /** End what is being drawn: a shape when it has enough corners, one in the middle of the picture when it has none. */
  finish(): void {
    this.#finish();
  }

  #at(points: Point[]): string {
    const [width, height] = this.size;
    return points.map(([x, y]) => `${x * width},${y * height}`).join(" ");
  }

  #patterns(): unknown {
    const side = this.size[0] / 40;
    return svg`<defs>
      <pattern id="masked" width=${side} height=${side} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="hatch" width=${side / 2} height=${side}></rect>
      </pattern>
      <marker id="arrow" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="6" markerHeight="6" orient="auto">
        <path class="arrow-head" d="M0 0 10 5 0 10z"></path>
      </marker>
    </defs>`;
  }

  #shape(shape: ShapeRef): unknown {
    const points = this.#at(cornersOf(this.draft, shape));
    const chosen = isSameShape(shape, this.chosen);
    if (isClosed(shape.part)) return svg`<polygon class=${shape.part} ?data-chosen=${chosen} points=${points}></polygon>`;
    const end = shape.part === "way" ? "url(#arrow)" : nothing;
    return svg`<polyline class=${shape.part} ?data-chosen=${chosen} marker-end=${end} points=${points}></polyline>`;
  }

  #begunShape(): unknown {
    if (this.drawing === null || this.begun.length === 0) return nothing;
    return svg`<polyline class="begun" points=${this.#at(this.begun)}></polyline>
      ${this.begun.map(([x, y]) => svg`<circle class="begun" cx=${x * this.size[0]} cy=${y * this.size[1]} r=${this.size[0] / 160}></circle>`)}`;
  }

  #things(): unknown {
    const { preview } = this;
    if (preview === null) return nothing;
    const told = new Set(preview.standings.filter((one) => one.is_told).map((one) => one.number));
    const held = new Set(preview.standings.map((one) => one.number));
    return preview.things.map((thing) =>
      rect(thing.box, this.size, told.has(thing.number) ? "thing told" : held.has(thing.number) ? "thing held" : "thing"),
    );
  }

  #handles(): unknown {
    const shape = this.chosen;
    if (shape === null || !this.editable || this.drawing !== null) return nothing;
    const corners = cornersOf(this.draft, shape);
    return corners.map(
      ([x, y], number) => html`<button
        type="button"
        class="corner"
        aria-pressed=${number === this.corner}
        aria-label=${t("rules.corner_of", {
          number: number + 1,
          count: corners.length,
          shape: `${partText(shape.part)} ${shapeName(this.draft, shape)}`,
          x: percent(x),
          y: percent(y),
        })}
        data-corner=${number}
        @click=${(event: Event) => event.stopPropagation()}
        @focus=${() => this.acts?.choose(shape, number)}
        @pointerdown=${(event: PointerEvent) => this.#grab(event, number)}
        @pointermove=${(event: PointerEvent) => this.#drag(event, shape, number)}
        @pointerup=${() => (this.#dragged = null)}
        @pointercancel=${() => (this.#dragged = null)}
        @keydown=${(event: KeyboardEvent) => this.#key(event, shape, number)}
      ></button>`,
    );
  }

  #grab(event: PointerEvent, number: number): void {
    const button = event.currentTarget as HTMLButtonElement;
    button.focus();
    button.setPointerCapture(event.pointerId);
    this.#dragged = number;
  }

  #drag(event: PointerEvent, shape: ShapeRef, number: number): void {
    if (this.#dragged !== number) return;
    this.acts?.move(shape, number, this.#place(event));
  }

  #key(event: KeyboardEvent, shape: ShapeRef, number: number): void {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.code];
    if (arrow !== undefined) {
      const here = cornersOf(this.draft, shape)[number];
      const step = event.shiftKey ? FINE : STEP;
      if (here !== undefined) this.acts?.move(shape, number, [here[0] + arrow[0] * step, here[1] + arrow[1] * step]);
    } else if (event.code === "Insert") this.acts?.add(shape, number);
    else if (event.code === "Delete" || event.code === "Backspace") this.acts?.remove(shape, number);
    else return;
    event.preventDefault();
  }

  #place(event: MouseEvent): Point {
    const frame = this.querySelector(".canvas")?.getBoundingClientRect();
    if (frame === undefined) return [0, 0];
    return inside([(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height]);
  }

  #press(event: MouseEvent): void {
    if (!this.editable) return;
    const place = this.#place(event);
    if (this.drawing !== null) {
      const [, most] = CORNERS[this.drawing];
      // The second press of a double press is the end, not a corner on top of another.
      if (event.detail < 2 && this.begun.length < most) this.begun = [...this.begun, place];
      if (this.drawing === "line" && this.begun.length === 2) this.#finish();
    } else if (this.chosen !== null && cornersOf(this.draft, this.chosen).length > this.corner) {
      this.acts?.move(this.chosen, this.corner, place);
    }
  }

  #finish(): void {
    if (this.drawing === null) return;
    const [least] = CORNERS[this.drawing];
    const corners = this.begun;
    if (corners.length > 0 && corners.length < least) return;
    this.begun = [];
    this.acts?.drawn(corners);
  }
}

function isSameShape(one: ShapeRef, other: ShapeRef | null): boolean {
  return other !== null && one.part === other.part && one.at === other.at;
}

function percentOf(share: number): string {
  return `${share * 100}%`;
}

function rect([left, top, right, bottom]: Box, [width, height]: [number, number], name: string): unknown {
  return svg`<rect
    class=${name}
    x=${left * width}
    y=${top * height}
    width=${Math.max(0, right - left) * width}
    height=${Math.max(0, bottom - top) * height}
  ></rect>`;
}
