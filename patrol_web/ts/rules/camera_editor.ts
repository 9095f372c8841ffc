// One camera: its live picture with what is drawn on it, the lists beside it, trying, saving and bringing back.

import { html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { ApiFault, reasonOf } from "../kit/api.js";
import { KitElement } from "../kit/element.js";
import { age, t, word } from "../kit/texts.js";
import { LivePlayer } from "../room/live_player.js";
import type { Box } from "../room/shapes.js";
import "./change_list.js";
import * as draft from "./draft.js";
import type { ShapeRef } from "./draft.js";
import "./picture_editor.js";
import type { EditorActs, PictureEditor } from "./picture_editor.js";
import { freshOf } from "./preview_list.js";
import "./rule_list.js";
import type { RuleActs } from "./rule_list.js";
import "./save_form.js";
import type { SaveState } from "./save_form.js";
import "./shape_list.js";
import { type ShapeActs, problemText } from "./shape_list.js";
import type { Draft, Drawn, Point, Saved } from "./shapes.js";
import { askAs, isSignedOff } from "./technician.js";
import { Trial } from "./trial.js";
import "./what_if_view.js";

const MOST_UNDO = 100;
const OUTDATED = "outdated";

/** The editor of one camera. */
@customElement("camera-editor")
export class CameraEditor extends KitElement {
  @property() camera = "";
  @property() technician = "";
  @property({ attribute: false }) roomNow: () => number = Date.now;
  /** The session of this tab is over. */
  @property({ attribute: false }) signedOff: (() => void) | null = null;
  @property({ attribute: false }) saved: (() => void) | null = null;
  @state() private drawn: Drawn | null = null;
  @state() private fault = "";
  @state() private draft: Draft = draft.draftOf({});
  @state() private chosen: ShapeRef | null = null;
  @state() private corner = 0;
  @state() private drawing: "zone" | "line" | "mask" | null = null;
  @state() private openRule = -1;
  @state() private phase: SaveState = "";
  @state() private said = "";
  @state() private restoring = -1;
  @state() private pointed: Box | null = null;
  #undo: Draft[] = [];
  #player: LivePlayer | null = null;
  #trial: Trial | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("camera")) void this.#open();
    else if (changed.has("technician")) this.#try();
  }

  protected override render(): unknown {
    const { drawn } = this;
    if (this.fault !== "") {
      return html`<div class="note" role="alert">
        <p>${t("rules.not_read", { reason: this.fault })}</p>
        <button type="button" @click=${() => void this.#open()}>${t("rules.again")}</button>
      </div>`;
    }
    if (drawn === null) return html`<p class="note">${t("rules.loading")}</p>`;
    const editable = this.technician !== "";
    const problems = this.#trial?.problems ?? [];
    return html`<div class="editor" @keydown=${this.#key}>
      <div class="column">
        <h2>${drawn.title || drawn.camera}</h2>
        ${this.#picture(editable)} ${editable ? this.#tools() : nothing}
        <preview-list .preview=${this.#trial?.preview ?? null} .phase=${this.#trial?.phase ?? "off"}></preview-list>
        <what-if-view
          .run=${this.#trial?.run ?? null}
          .said=${this.#trial?.said ?? ""}
          .not=${!editable ? t("what_if.technicians") : problems.length > 0 ? t("what_if.problems") : ""}
          .begin=${() => void this.#trial?.compare()}
          .cancel=${() => void this.#trial?.cancel()}
          .point=${(box: Box | null) => (this.pointed = box)}
        ></what-if-view>
      </div>
      <div class="column">
        ${this.#problems()}
        ${editable
          ? html`<save-form
              .differs=${!draft.isSame(this.draft, draft.draftOf(drawn.drawing)) || this.restoring >= 0}
              .pending=${this.#trial?.pending ?? true}
              .problems=${problems.length}
              .masksRemoved=${this.#trial?.masksRemoved ?? 0}
              .version=${drawn.version}
              .phase=${this.phase}
              .said=${this.said}
              .restoring=${this.restoring}
              .save=${(reason: string, masks: number) => void this.#save(reason, masks)}
              .discard=${() => this.#discard()}
              .takeNewest=${() => void this.#open()}
              .goOn=${() => void this.#goOn()}
            ></save-form>`
          : nothing}
        <shape-list
          .draft=${this.draft}
          .chosen=${this.chosen}
          .problems=${problems}
          .editable=${editable}
          .acts=${this.#shapeActs}
        ></shape-list>
        <rule-list
          .draft=${this.draft}
          .problems=${problems}
          .labels=${drawn.labels}
          .open=${this.openRule}
          .editable=${editable}
          .acts=${this.#ruleActs}
        ></rule-list>
        <change-list .drawn=${drawn} .editable=${editable} .bringBack=${(version: number) => void this.#lookAt(version)}></change-list>
      </div>
    </div>`;
  }

  #picture(editable: boolean): unknown {
    const player = this.#player;
    const view = player?.view;
    return html`<div class="tile" data-large data-word=${view?.word ?? "loading"}>
      <picture-editor
        .draft=${this.draft}
        .chosen=${this.chosen}
        .corner=${this.corner}
        .drawing=${this.drawing}
        .picture=${player === null ? [] : [player.video, player.still]}
        .size=${player === null ? [16, 9] : [player.width, player.height]}
        .preview=${freshOf(this.#trial?.preview ?? null)}
        .pointed=${this.pointed}
        .editable=${editable}
        .acts=${this.#editorActs}
      ></picture-editor>
      <div class="tile-bar">
        <span class="tile-word">${word("tile_word", view?.word ?? "loading")}</span>
        ${view === undefined || view.word === "live" || view.ageMs === null
          ? nothing
          : html`<span>${t("tile.old", { age: age(view.ageMs) })}</span>`}
      </div>
    </div>`;
  }

  #tools(): unknown {
    if (this.drawing !== null) {
      return html`<p class="warn" role="status">${t(`rules_draw.${this.drawing}`)}</p>
        <div class="choices">
          <button type="button" data-act="finish" @click=${() => this.#finish()}>${t("rules.finish")}</button>
          <button type="button" data-act="give-up" @click=${() => (this.drawing = null)}>${t("rules.give_up")}</button>
        </div>`;
    }
    return html`<div class="choices">
      <button type="button" data-act="undo" ?disabled=${this.#undo.length === 0} @click=${() => this.#back()}>
        ${t("rules.undo")}
      </button>
      <span class="quiet">${t("rules.keys")}</span>
    </div>`;
  }

  #problems(): unknown {
    const problems = this.#trial?.problems ?? [];
    if (problems.length === 0) return nothing;
    return html`<section class="problems" role="status" aria-label=${t("rules.problems")}>
      <h2>${t("rules.problems")}</h2>
      <ul>
        ${problems.map(
          (one) => html`<li>
            <button type="button" class="plain" @click=${() => this.#show(one.path)}>${this.#where(one.path)}</button>
            ${problemText(one)}
          </li>`,
        )}
      </ul>
    </section>`;
  }

  #where(path: (string | number)[]): string {
    const [part, at, key] = path;
    if (typeof at !== "number") return t("rules.drawing");
    const name = part === "rule" ? (this.draft.rule[at]?.name ?? "") : "";
    if (part === "rule") return key === undefined ? name : `${name} · ${word("rule_field", String(key))}`;
    return `${word("part", String(part))} ${at + 1}`;
  }

  #show([part, at]: (string | number)[]): void {
    if (typeof at !== "number") return;
    if (part === "rule") this.openRule = at;
    else this.chosen = { part: part as ShapeRef["part"], at };
  }

  // --- what the parts ask for ---------------------------------------------------------------------------------------

  readonly #editorActs: EditorActs = {
    choose: (shape, corner) => this.#choose(shape, corner),
    move: (shape, corner, to) => this.#change(draft.moveCorner(this.draft, shape, corner, to), `${shape.part}${shape.at}.${corner}`),
    add: (shape, after) => this.#change(draft.addCorner(this.draft, shape, after)),
    remove: (shape, corner) => this.#change(draft.removeCorner(this.draft, shape, corner)),
    drawn: (corners) => this.#drawn(corners),
  };

  readonly #shapeActs: ShapeActs = {
    ...this.#editorActs,
    draw: (part) => {
      this.drawing = part;
      this.chosen = null;
      // The picture takes the keys now: Enter ends, Escape gives up.
      void this.updateComplete.then(() => this.querySelector<HTMLElement>("[data-act=finish]")?.focus());
    },
    choose: (shape, corner) => this.#choose(shape, corner),
    rename: (shape, name) => this.#change(draft.renameShape(this.draft, shape, name)),
    removeShape: (shape) => {
      this.chosen = null;
      this.#change(draft.removeShape(this.draft, shape));
    },
  };

  readonly #ruleActs: RuleActs = {
    addRule: (kind) => {
      this.openRule = this.draft.rule.length;
      this.#change(draft.addRule(this.draft, kind));
    },
    removeRule: (at) => {
      this.openRule = -1;
      this.chosen = null;
      this.#change(draft.removeRule(this.draft, at));
    },
    setRule: (at, key, value) => this.#change(draft.setRule(this.draft, at, key, value)),
    openRule: (at) => {
      this.openRule = at;
    },
  };

  #choose(shape: ShapeRef, corner: number): void {
    this.chosen = shape;
    this.corner = corner;
  }

  #drawn(corners: Point[] | null): void {
    const part = this.drawing;
    this.drawing = null;
    if (part === null || corners === null) return;
    const [next, shape] = draft.addShape(this.draft, part, corners.length === 0 ? undefined : corners);
    this.#choose(shape, 0);
    this.#change(next);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(".corner")?.focus());
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (this.drawing !== null && event.code === "Escape") this.drawing = null;
    else if (this.drawing !== null && event.code === "Enter" && !isGiveUp(event.target)) this.#finish();
    else if (event.ctrlKey && event.code === "KeyZ" && !isText(event.target)) this.#back();
    else return;
    event.preventDefault();
  }

  #finish(): void {
    this.querySelector<PictureEditor>("picture-editor")?.finish();
  }

  /** Changes of one corner in a row are one step back. */
  #lastStep = "";

  #change(next: Draft, step = ""): void {
    if (draft.isSame(next, this.draft)) return;
    if (step === "" || step !== this.#lastStep) this.#undo = [...this.#undo.slice(1 - MOST_UNDO), this.draft];
    this.#lastStep = step;
    this.draft = next;
    this.restoring = -1;
    if (this.phase !== "outdated") this.phase = "";
    this.#try();
  }

  #back(): void {
    const before = this.#undo.pop();
    if (before === undefined) return;
    this.#lastStep = "";
    this.draft = before;
    this.#try();
  }

  // --- the program --------------------------------------------------------------------------------------------------

  async #open(): Promise<void> {
    this.#end();
    this.drawn = null;
    this.fault = "";
    const camera = this.camera;
    try {
      const drawn = await askAs<Drawn>(`/drawings/${camera}`);
      if (camera !== this.camera) return;
      this.#trial = new Trial(camera, () => this.requestUpdate(), () => this.signedOff?.());
      this.#player = new LivePlayer(camera, "spot", this.roomNow, () => this.requestUpdate());
      this.#player.start();
      this.#take(drawn);
    } catch (fault) {
      this.fault = reasonOf(fault);
    }
  }

  #end(): void {
    this.#player?.stop();
    this.#trial?.stop();
    this.#player = this.#trial = null;
  }

  #take(drawn: Drawn): void {
    this.drawn = drawn;
    this.draft = draft.draftOf(drawn.drawing);
    this.#undo = [];
    this.#lastStep = "";
    this.chosen = null;
    this.drawing = null;
    this.openRule = -1;
    this.restoring = -1;
    this.phase = "";
    this.#try();
  }

  #try(): void {
    this.#trial?.use(this.draft, this.technician !== "");
  }

  #discard(): void {
    if (this.drawn !== null) this.#take(this.drawn);
  }

  /** Show an earlier version as a draft: it is looked at before it is in force. */
  async #lookAt(version: number): Promise<void> {
    try {
      const found = await askAs<object>(`/drawings/${this.camera}/versions/${version}`);
      this.#change(draft.draftOf(found));
      this.restoring = version;
      this.chosen = null;
    } catch (fault) {
      this.#failed(fault);
    }
  }

  async #save(reason: string, masks: number): Promise<void> {
    const { drawn } = this;
    if (drawn === null || this.phase === "saving") return;
    this.phase = "saving";
    const on = { on_version: drawn.version, reason, confirmed_masks: masks };
    const [path, body] =
      this.restoring >= 0
        ? [`/drawings/${this.camera}/restore`, { version: this.restoring, ...on }]
        : [`/drawings/${this.camera}`, { drawing: this.draft, ...on }];
    try {
      const saved = await askAs<Saved>(path, body);
      if (saved.drawn === null) {
        if (this.#trial !== null) this.#trial.problems = saved.problems;
        this.phase = "";
        return;
      }
      this.#take(saved.drawn);
      this.phase = "saved";
      this.saved?.();
    } catch (fault) {
      this.#failed(fault);
    }
  }

  #failed(fault: unknown): void {
    this.said = reasonOf(fault);
    this.phase = fault instanceof ApiFault && fault.code === OUTDATED ? "outdated" : "failed";
    if (fault instanceof ApiFault && fault.code === OUTDATED) this.said = fault.message;
    if (isSignedOff(fault)) this.signedOff?.();
  }

  /** Keep the draft and put it on top of what somebody else saved: by choice, and in the list of changes. */
  async #goOn(): Promise<void> {
    try {
      this.drawn = await askAs<Drawn>(`/drawings/${this.camera}`);
      this.phase = "";
      this.#try();
    } catch (fault) {
      this.#failed(fault);
    }
  }
}

function isGiveUp(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.dataset["act"] === "give-up";
}

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type !== "checkbox");
}
