// The list of what is drawn: each shape by name, the corners of the chosen one as numbers.

import { html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { KitElement } from "../kit/element.js";
import { t, word } from "../kit/texts.js";
import { type Part, type ShapeRef, CORNERS, cornersOf, inside, shapesOf } from "./draft.js";
import { partText, percent, shapeName } from "./shape_words.js";
import type { Draft, Point, Problem } from "./shapes.js";

const HUNDRED = 100;

/** What the list asks its page to do. */
export interface ShapeActs {
  draw(part: "zone" | "line" | "mask"): void;
  choose(shape: ShapeRef, corner: number): void;
  rename(shape: ShapeRef, name: string): void;
  removeShape(shape: ShapeRef): void;
  move(shape: ShapeRef, corner: number, to: Point): void;
  add(shape: ShapeRef, after: number): void;
  remove(shape: ShapeRef, corner: number): void;
}

/** The list. */
@customElement("shape-list")
export class ShapeList extends KitElement {
  @property({ attribute: false }) draft: Draft = { zone: [], line: [], mask: [], rule: [] };
  @property({ attribute: false }) chosen: ShapeRef | null = null;
  @property({ attribute: false }) problems: Problem[] = [];
  @property({ type: Boolean }) editable = false;
  @property({ attribute: false }) acts: ShapeActs | null = null;
  /** The number of a corner that was emptied: the corner stays where it is until there is another. */
  @state() private emptied = "";

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("draft")) this.emptied = "";
  }

  protected override render(): unknown {
    const shapes = shapesOf(this.draft);
    return html`<section class="shapes" aria-label=${t("rules.shapes")}>
      <h2>${t("rules.shapes")}</h2>
      ${this.editable
        ? html`<div class="choices">
            ${(["zone", "line", "mask"] as const).map(
              (part) => html`<button type="button" data-draw=${part} @click=${() => this.acts?.draw(part)}>
                ${t(`rules_add.${part}`)}
              </button>`,
            )}
          </div>`
        : nothing}
      ${shapes.length === 0 ? html`<p class="note">${t("rules.no_shapes")}</p>` : nothing}
      <ul>
        ${shapes.map((shape) => this.#item(shape))}
      </ul>
    </section>`;
  }

  #item(shape: ShapeRef): unknown {
    const open = this.chosen?.part === shape.part && this.chosen.at === shape.at;
    const own = this.problems.filter((one) => isOf(one, shape));
    return html`<li data-part=${shape.part} ?data-ill=${own.length > 0}>
      <button type="button" class="plain shape-pick" aria-expanded=${open} @click=${() => this.acts?.choose(shape, 0)}>
        <span class="swatch" data-part=${shape.part}></span>
        ${partText(shape.part)} <strong>${shapeName(this.draft, shape)}</strong>
      </button>
      ${own.map((one) => html`<p class="alarm">${problemText(one)}</p>`)} ${open ? this.#corners(shape) : nothing}
    </li>`;
  }

  #corners(shape: ShapeRef): unknown {
    const corners = cornersOf(this.draft, shape);
    const [least, most] = CORNERS[shape.part];
    const named = shape.part === "zone" || shape.part === "line";
    return html`<fieldset ?disabled=${!this.editable}>
      <legend class="unseen">${partText(shape.part)} ${shapeName(this.draft, shape)}</legend>
      ${named
        ? html`<label
            >${t("rules.name")}
            <input
              name="shape-name"
              .value=${shapeName(this.draft, shape)}
              @change=${(event: Event) => this.acts?.rename(shape, (event.target as HTMLInputElement).value.trim())}
            />
          </label>`
        : nothing}
      <ol class="corners">
        ${corners.map(
          ([x, y], number) => html`<li>
            ${this.#number(shape, number, 0, x)} ${this.#number(shape, number, 1, y)}
            ${corners.length < most
              ? html`<button
                  type="button"
                  aria-label=${t("rules.add_corner", { number: number + 1 })}
                  @click=${() => this.acts?.add(shape, number)}
                >
                  +
                </button>`
              : nothing}
            ${corners.length > least
              ? html`<button
                  type="button"
                  aria-label=${t("rules.remove_corner", { number: number + 1 })}
                  @click=${() => this.acts?.remove(shape, number)}
                >
                  −
                </button>`
              : nothing}
          </li>`,
        )}
      </ol>
      ${shape.part === "way"
        ? nothing
        : html`<button type="button" data-act="remove-shape" @click=${() => this.acts?.removeShape(shape)}>
            ${t("rules.remove_shape")}
          </button>`}
    </fieldset>`;
  }

  #number(shape: ShapeRef, corner: number, axis: 0 | 1, value: number): unknown {
    const name = axis === 0 ? "x" : "y";
    const key = `${shape.part}-${shape.at}-${corner}-${name}`;
    const empty = this.emptied === key;
    const change = (event: Event): void => {
      const entered = (event.target as HTMLInputElement).valueAsNumber;
      this.emptied = Number.isFinite(entered) ? "" : key;
      const here = cornersOf(this.draft, shape)[corner];
      if (here === undefined || !Number.isFinite(entered)) return;
      const to: Point = axis === 0 ? [entered / HUNDRED, here[1]] : [here[0], entered / HUNDRED];
      this.acts?.move(shape, corner, inside(to));
      this.requestUpdate(); // what lay outside the picture and moved nothing shows again where the corner is
    };
    return html`<label
        ><span class="unseen">${t("rules.corner_number", { number: corner + 1 })}</span>${name}
        <input
          type="number"
          min="0"
          max="100"
          step="0.1"
          data-axis=${name}
          aria-invalid=${empty ? "true" : nothing}
          aria-describedby=${empty ? `${key}-wrong` : nothing}
          .value=${live(empty ? "" : percent(value))}
          @focus=${() => this.acts?.choose(shape, corner)}
          @change=${change}
        />
      </label>
      ${empty
        ? html`<span class="alarm" id="${key}-wrong" role="alert">${t("rules.corner_needed", { axis: name, value: percent(value) })}</span>`
        : nothing}`;
  }
}

/** Return what is wrong in the page's language; a code it does not know is told by the program's own sentence. */
export function problemText(problem: Problem): string {
  const own = word("problem", problem.code);
  return own === problem.code ? problem.text : own;
}

function isOf(problem: Problem, { part, at }: ShapeRef): boolean {
  const [first, second, third] = problem.path;
  if (second !== at) return false;
  return part === "way" ? first === "rule" && third === "way" : first === part;
}

export type { Part };
