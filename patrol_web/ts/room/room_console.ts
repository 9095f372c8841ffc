// The operator's page: spot, wall, flags, suggestions, and the keys that work them.

import { html, nothing } from "lit";
import { customElement, query } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { t, word } from "../kit/texts.js";
import type { KeyHelp } from "./key_help.js";
import "./key_help.js";
import { type Action, KeyMap, keyName, listen } from "./keys.js";
import { LookBack } from "./look_back.js";
import { PointedPlaces } from "./pointed_places.js";
import { RoomFlags } from "./room_flags.js";
import "./room_header.js";
import { RoomStore } from "./room_store.js";
import { RoomSuggestions } from "./room_suggestions.js";
import { RoomWatch } from "./room_watch.js";
import { atCamera } from "./round_plan.js";
import { setTitle } from "./set_title.js";
import { SoundWatch } from "./sound_watch.js";
import { NO_VIEW, type Outline } from "./tile_face.js";
import "./tile_face.js";
import type { TileWord } from "./tile_state.js";
import "./token_asked.js";
import { Tones } from "./tones.js";
import { firstPlan, pick, shownSet, tick, toggleTour, turn, type WallPlan } from "./wall_plan.js";
import { WallView } from "./wall_view.js";

const TICK_MS = 500;
const SOON_MS = 150;
const USUAL_LOOK_BACK_S = 10;
const TILES = 9;

/** The page. */
@customElement("room-console")
export class RoomConsole extends KitElement {
  readonly #store = new RoomStore(() => this.#changed());
  readonly #flags: RoomFlags = new RoomFlags({
    store: this.#store,
    operator: () => this.#watch.operator,
    keyOf: (action) => this.#key(action),
    changed: () => this.requestUpdate(),
  });
  readonly #places = new PointedPlaces(() => this.requestUpdate());
  readonly #view = new WallView(this.#store.roomNow, () => this.#soon());
  readonly #keys = new KeyMap();
  readonly #watch: RoomWatch = new RoomWatch({
    spot: () => ({ camera: this.#plan.spot, word: this.#view.spot?.view.word ?? "loading", held: this.#held !== null }),
    pageName: () => shownSet(this.#plan)?.name ?? "",
    show: (set, camera) => this.#arrange(atCamera(this.#plan, set, camera)),
    title: (camera) => this.#store.title(camera),
    whyNot: (camera) => this.#store.whyNot(camera),
    titles: () => this.#store.titles,
    flaggedSince: (began) => this.#flags.pressedSince(began),
    roomNow: this.#store.roomNow,
    keyOf: (action) => this.#key(action),
    act: (action) => this.#act(action, false),
    changed: () => this.requestUpdate(),
  });
  readonly #tones = new Tones(() => this.requestUpdate());
  readonly #suggestions: RoomSuggestions = new RoomSuggestions({
    store: this.#store,
    tones: this.#tones,
    operator: () => this.#watch.operator,
    keyOf: (action) => this.#key(action),
    pick: (camera) => this.#pick(camera),
    changed: () => this.requestUpdate(),
  });
  readonly #news = new SoundWatch();
  #plan: WallPlan = firstPlan([]);
  #held: LookBack | null = null;
  #due = false;
  #words = new Map<string, TileWord>();
  #announced = "";
  @query("key-help") private readonly help!: KeyHelp;

  override connectedCallback(): void {
    super.connectedCallback();
    listen(this.#keys, (action, twice) => this.#act(action, twice));
    setInterval(() => this.#tick(), TICK_MS);
    this.#tones.start();
    this.#store.start();
  }

  // --- what is shown

  protected override render(): unknown {
    const { state, wall } = this.#store;
    return html`
      <room-header
        .state=${state}
        .feed=${this.#store.feed}
        .now=${this.#store.roomNow()}
        .lastHeard=${this.#store.lastHeard}
        .nextTryMs=${Math.max(0, this.#store.nextTryAt - Date.now())}
        .help=${() => this.help.show()}
      ></room-header>
      <p class="unseen" role="status">${this.#announced}</p>
      ${wall === null
        ? html`<main class="note">${t("room.loading")}</main>`
        : html`${this.#watch.bar()}
          <main class="wall-page" ?data-stale=${this.#store.feed === "lost"}>
            <div class="column">${this.#spotPart()} ${this.#flags.part()}</div>
            <div class="column">${this.#wallPart()} ${this.#suggestions.part()}</div>
          </main>`}
      ${this.#watch.dialog()}
      <key-help .keys=${this.#keys}></key-help>
      <token-asked .needed=${this.#store.needsToken} .entered=${() => this.#store.start()}></token-asked>
    `;
  }

  #spotPart(): unknown {
    const player = this.#view.spot;
    const held = this.#held;
    const shown = held === null ? player?.picture : held.ready ? held.video : held.picture;
    const alert = this.#suggestions.chosen(this.#plan.spot);
    return html`<section class="spot" aria-label=${t("room.spot")}>
      <tile-face
        large
        .heading=${this.#store.title(this.#plan.spot)}
        .view=${player?.view ?? NO_VIEW}
        .why=${this.#store.whyNot(this.#plan.spot)}
        .picture=${shown ?? null}
        .size=${[player?.width ?? 16, player?.height ?? 9]}
        .held=${held === null ? "" : this.#heldText(held)}
        .box=${this.#suggestions.boxOf(alert)}
        .outlines=${alert === undefined ? [] : this.#outlines(this.#plan.spot, alert.zone)}
        .flagged=${this.#flags.mark(this.#plan.spot)}
      ></tile-face>
      <div class="spot-bar">
        ${this.#button("flag", "act flag-button")} ${this.#button("freeze", "")}
        ${held === null ? nothing : html`${this.#button("back", "")} ${this.#button("forward", "")}`}
        ${this.#places.part(this.#store.camera(this.#plan.spot), this.#button("place", ""))}
        ${this.#held?.fault ? html`<span class="alarm" role="alert">${this.#held.fault}</span>` : nothing}
      </div>
    </section>`;
  }

  #wallPart(): unknown {
    const set = shownSet(this.#plan);
    const touring = this.#plan.tourAt !== null;
    const position = { number: this.#plan.page + 1, count: this.#plan.sets.length };
    return html`<section class="wall" aria-label=${t("room.wall")}>
      <div class="wall-head">
        <h2>${set === undefined ? "" : setTitle(set)} <span class="quiet">${t("room.set_of", position)}</span></h2>
        ${this.#button("set_previous", "plain")} ${this.#button("set_next", "plain")}
        <button type="button" class="plain" aria-pressed=${touring} @click=${() => this.#act("tour", false)}>
          <kbd>${this.#key("tour")}</kbd> ${touring ? t("room.touring", { seconds: set?.dwell_s ?? 0 }) : t("room.tour")}
        </button>
      </div>
      <div class="grid">
        ${Array.from({ length: TILES }, (_, position) => this.#tile(set?.cameras[position], position))}
      </div>
    </section>`;
  }

  #tile(camera: string | undefined, position: number): unknown {
    if (camera === undefined) return html`<div class="tile-empty"></div>`;
    const player = this.#view.tile(camera);
    return html`<tile-face
      .heading=${this.#store.title(camera)}
      .key=${this.#key(`tile_${position + 1}` as Action).replace(/^Num /, "")}
      .view=${player?.view ?? NO_VIEW}
      .picture=${player?.picture ?? null}
      .size=${[player?.width ?? 16, player?.height ?? 9]}
      .chosen=${camera === this.#plan.spot}
      .flagged=${this.#flags.mark(camera)}
      .box=${this.#suggestions.boxOf(this.#suggestions.of(camera))}
      .pick=${() => this.#pick(camera)}
    ></tile-face>`;
  }

  #button(action: Action, style: string): unknown {
    return html`<button type="button" class=${style} @click=${() => this.#act(action, false)}>
      <kbd>${this.#key(action)}</kbd> ${word("key_action", action)}
    </button>`;
  }

  #heldText(held: LookBack): string {
    if (held.fault !== "") return t("held.failed");
    return held.ready ? t("held.playing", { seconds: held.seconds }) : t("held.loading", { seconds: held.seconds });
  }

  #key(action: Action): string {
    return keyName(this.#keys.of(action)[0] ?? "");
  }

  #outlines(camera: string, zone: string): Outline[] {
    const found = this.#store.camera(camera);
    if (found === undefined || zone === "") return [];
    return [
      ...found.zones.map((one) => ({ name: one.name, points: one.points, closed: true })),
      ...found.lines.map((one) => ({ name: one.name, points: one.points, closed: false })),
    ].filter((one) => one.name === zone);
  }

  // --- what keys and buttons do

  #act(action: Action, twice: boolean): void {
    if (this.#store.wall === null) return;
    if (action.startsWith("tile_")) {
      const camera = shownSet(this.#plan)?.cameras[Number(action.slice(-1)) - 1];
      if (camera === undefined) return;
      this.#pick(camera);
      if (twice) this.#flag(camera);
      return;
    }
    if (action.startsWith("kind_")) {
      const kind = this.#store.wall.kinds[Number(action.slice(-1)) - 1];
      if (kind !== undefined) this.#flags.classify(kind);
      return;
    }
    this.#command(action);
    this.requestUpdate();
  }

  #command(action: Action): void {
    switch (action) {
      case "flag":
        this.#flag(this.#plan.spot);
        break;
      case "freeze":
        if (this.#held === null) this.#lookBack(1);
        else this.#release();
        break;
      case "back":
        this.#lookBack(1);
        break;
      case "forward":
        if (this.#held !== null) this.#lookBack(-1);
        break;
      case "set_previous":
        this.#arrange(turn(this.#plan, -1));
        break;
      case "set_next":
        this.#arrange(turn(this.#plan, 1));
        break;
      case "tour":
        this.#arrange(toggleTour(this.#plan, Date.now()));
        break;
      case "wall":
        this.#release();
        break;
      case "sound":
        this.#tones.toggle();
        break;
      case "place":
        void this.#places.ask(this.#store.camera(this.#plan.spot));
        break;
      case "help":
        this.help.show();
        break;
      default:
        if (!this.#flags.command(action) && !this.#suggestions.command(action)) this.#watch.command(action);
    }
  }

  #flag(camera: string): void {
    const lookBackS = this.#held?.flagLookBackS ?? USUAL_LOOK_BACK_S;
    this.#flags.press(camera, lookBackS, this.#places.of(camera));
  }

  #pick(camera: string): void {
    this.#arrange(pick(this.#plan, camera));
  }

  #arrange(plan: WallPlan): void {
    if (plan.spot !== this.#plan.spot) this.#release();
    this.#plan = plan;
    this.#view.show(shownSet(plan)?.cameras ?? [], plan.spot);
    this.requestUpdate();
  }

  #lookBack(by: 1 | -1): void {
    const player = this.#view.spot;
    if (player === null) return;
    this.#held ??= new LookBack(player.camera, player.picture, () => this.requestUpdate());
    if (!this.#held.step(by)) this.#release();
  }

  #release(): void {
    this.#held?.close();
    this.#held = null;
  }

  // --- what changes by itself

  #changed(): void {
    const { wall, state } = this.#store;
    const tone = state === null ? "" : this.#news.heard(state);
    if (tone !== "") this.#tones.play(tone);
    if (wall !== null && this.#plan.sets.length === 0) this.#arrange(firstPlan(wall.sets));
    this.#suggestions.follow();
    this.requestUpdate();
  }

  /** Ten players report several times a second each; people need it once. */
  #soon(): void {
    if (this.#due) return;
    this.#due = true;
    setTimeout(() => {
      this.#due = false;
      this.requestUpdate();
    }, SOON_MS);
  }

  #tick(): void {
    const plan = tick(this.#plan, Date.now());
    if (plan !== this.#plan) this.#arrange(plan);
    this.#announce();
    if (this.#store.feed === "live") this.#watch.tick();
    this.requestUpdate();
  }

  /** Say for those who do not see it when a picture's state changes; not how its age grows. */
  #announce(): void {
    for (const camera of shownSet(this.#plan)?.cameras ?? []) {
      const now = this.#view.tile(camera)?.view.word;
      const before = this.#words.get(camera);
      if (now === undefined || now === before) continue;
      this.#words.set(camera, now);
      if (before !== undefined && before !== "loading") {
        this.#announced = t("room.announce", { camera: this.#store.title(camera), state: word("tile_word", now) });
      }
    }
  }
}
