// Every element of the room's pages in every state, for people who change them and for tests.

import { html, render, type TemplateResult } from "lit";
import { CITY, FLAGS, ILL, LINES, MATTERS, NOW_MS, REMARKS, ROUND, SHIFTS, SUGGESTIONS, VIEWS, WATCH, WELL } from "./gallery/samples.js";
import { loadReasons } from "./kit/reasons.js";
import { rules } from "./gallery/rules.js";
import { loadTexts, t } from "./kit/texts.js";
import "./room/flag_list.js";
import "./room/health_page.js";
import type { Action } from "./room/keys.js";
import type { CityMap } from "./room/place_dialog.js";
import "./room/open_matters.js";
import type { PlaceSaid } from "./room/flag_places.js";
import "./room/place_dialog.js";
import type { LonLat } from "./room/pointed_places.js";
import "./room/room_header.js";
import "./room/shift_figures.js";
import "./room/shift_log.js";
import "./room/sound_control.js";
import "./room/suggestion_list.js";
import "./room/tile_face.js";
import type { FeedState } from "./room/room_store.js";
import type { Matter, RoomState, Round, Shift, Watch } from "./room/shapes.js";
import "./room/watch_bar.js";
import "./room/watch_dialog.js";

const ZONE = [{ name: "yard", closed: true, points: [[0.1, 0.5], [0.9, 0.5], [0.9, 0.95], [0.1, 0.95]] as [number, number][] }];
const KINDS = ["disorder", "theft", "traffic", "fire", "person_down", "crowd", "intrusion", "other"];

/** What the list of flags may be asked to do; here nothing. */
const NO_ACTS = {
  classify: () => undefined,
  withdraw: () => undefined,
  point: () => undefined,
  saidOf: () => "",
  remarks: null,
};

/** A picture that needs no camera: sky, road, and somebody. */
function street(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = 320;
  canvas.height = 180;
  const pen = canvas.getContext("2d");
  if (pen !== null) {
    for (const [colour, x, y, width, height] of [
      ["skyblue", 0, 0, 320, 80], ["dimgray", 0, 80, 320, 100], ["tomato", 140, 60, 24, 80],
    ] as const) {
      pen.fillStyle = colour;
      pen.fillRect(x, y, width, height);
    }
  }
  return canvas;
}

function specimen(name: string, shown: TemplateResult): TemplateResult {
  return html`<div class="specimen" data-specimen=${name}>
    <p>${name}</p>
    ${shown}
  </div>`;
}

function part(title: string, wide: boolean, shown: TemplateResult[]): TemplateResult {
  return html`<section>
    <h2>${title}</h2>
    <div class="specimens" ?data-wide=${wide}>${shown}</div>
  </section>`;
}

function tiles(): TemplateResult[] {
  const plain = Object.entries(VIEWS).map(([name, view]) =>
    specimen(
      `tile-${name}`,
      html`<tile-face heading="gate" key="7" .view=${view} .picture=${name === "loading" ? null : street()}></tile-face>`,
    ),
  );
  const drawn = html`<tile-face
    heading="gate"
    large
    chosen
    flagged="stored"
    .view=${VIEWS["live"]}
    .picture=${street()}
    .box=${[0.42, 0.3, 0.54, 0.8]}
    .outlines=${ZONE}
    .pick=${() => undefined}
  ></tile-face>`;
  const held = html`<tile-face
    heading="gate"
    .view=${VIEWS["live"]}
    .picture=${street()}
    held=${t("held.playing", { seconds: 10 })}
  ></tile-face>`;
  const stalled = html`<tile-face heading="gate" large .view=${VIEWS["stalled"]} .picture=${street()}></tile-face>`;
  const never = html`<tile-face heading="gate" .view=${{ ...VIEWS["stalled"], ageMs: null }}></tile-face>`;
  return [
    ...plain, specimen("tile-drawn", drawn), specimen("tile-held", held), specimen("tile-large-stalled", stalled),
    specimen("tile-never-seen", never),
  ];
}

function flags(): TemplateResult[] {
  const list = (rows: unknown[], queued: number, remarks = REMARKS["idle"], said?: PlaceSaid): TemplateResult =>
    html`<flag-list
      .acts=${{ ...NO_ACTS, placeSaidOf: () => said }}
      placeKey="⇧ G"
      .rows=${rows}
      .kinds=${KINDS}
      .kindKeys=${KINDS.map((_, position) => String(position + 1))}
      withdrawKey="⌫"
      noteKey="M"
      voiceKey="V"
      .remarks=${remarks}
      .queued=${queued}
    ></flag-list>`;
  return [
    specimen("flags-empty", list([], 0)),
    ...Object.entries(FLAGS).map(([name, row]) => specimen(`flag-${name}`, list([row], 0))),
    specimen("flag-queued", list([FLAGS["stored"]], 3)),
    ...Object.entries(REMARKS).map(([name, view]) => specimen(`remark-${name}`, list([FLAGS["classified"]], 0, view))),
    specimen("flag-place-stored", list([FLAGS["placed"]], 0, REMARKS["idle"], { text: t("flag.place_stored"), failed: false })),
    specimen(
      "flag-place-failed",
      list([FLAGS["unplaced"]], 0, REMARKS["idle"], { text: t("flag.place_failed", { reason: t("error.network") }), failed: true }),
    ),
  ];
}

function places(): TemplateResult[] {
  const dialog = (city: CityMap | null, place: LonLat | null, optional: boolean, fault = ""): TemplateResult =>
    html`<place-dialog shown heading="market" .city=${city} .place=${place} .optional=${optional} .fault=${fault}></place-dialog>`;
  return [
    specimen("place-loading", dialog(null, null, true)),
    specimen("place-empty", dialog({ ...CITY, areas: [] }, null, true)),
    specimen("place-map", dialog(CITY, null, true)),
    specimen("place-pointed", dialog(CITY, [121.4688, 31.2291], false)),
    specimen("place-error", dialog(null, null, false, t("error.network"))),
  ];
}

function suggestions(): TemplateResult[] {
  const list = (alerts: unknown[], said: string): TemplateResult =>
    html`<suggestion-list
      .alerts=${alerts}
      .selected=${SUGGESTIONS[1]?.alert_id ?? ""}
      .now=${NOW_MS}
      acceptKey="⏎"
      dismissKey="Del"
      .reasonKeys=${["⇧ 1", "⇧ 2", "⇧ 3", "⇧ 4", "⇧ 5"]}
      .said=${said}
    ></suggestion-list>`;
  return [
    specimen("suggestions-empty", list([], "")),
    specimen("suggestions-open", list(SUGGESTIONS, "")),
    specimen("suggestions-failed", list(SUGGESTIONS.slice(0, 2), t("judged.failed", { reason: t("error.network") }))),
  ];
}

function sounds(): TemplateResult[] {
  return (["on", "off", "blocked", "unable"] as const).map((sound) =>
    specimen(
      `sound-${sound}`,
      html`<sound-control .sound=${sound} .volume=${40} .last=${sound === "on" ? "grave" : ""} toggleKey="U"></sound-control>`,
    ),
  );
}

function headers(): TemplateResult[] {
  const header = (state: RoomState | null, feed: FeedState, nextTryMs: number, lastHeard: number): TemplateResult =>
    html`<room-header
      .state=${state}
      .feed=${feed}
      .now=${NOW_MS}
      .nextTryMs=${nextTryMs}
      .lastHeard=${lastHeard}
      .help=${() => undefined}
    ></room-header>`;
  return [
    specimen("header-connecting", header(null, "connecting", 0, 0)),
    specimen("header-live", header(WELL, "live", 0, NOW_MS)),
    specimen("header-alone", header({ ...WELL, link: { ...WELL.link, state: "off" } }, "live", 0, NOW_MS)),
    specimen("header-queued", header(ILL, "live", 0, NOW_MS)),
    specimen("header-stale", header(WELL, "lost", 4_000, NOW_MS - 15_000)),
    specimen("header-never", header(null, "lost", 4_000, 0)),
  ];
}

function health(): TemplateResult[] {
  const page = (state: RoomState | null, stale: boolean): TemplateResult =>
    html`<health-page .state=${state} .stale=${stale} .now=${NOW_MS} .here=${NOW_MS + (stale ? 90_000 : 0)}></health-page>`;
  return [
    specimen("health-loading", page(null, false)),
    specimen("health-well", page(WELL, false)),
    specimen("health-ill", page(ILL, false)),
    specimen("health-stale", page(WELL, true)),
  ];
}

function watch(): TemplateResult[] {
  const keys: Partial<Record<Action, string>> = { watch: "O", round: "R", seen: "N", hand_over: "H", rested: "B", rest_later: "L" };
  const bar = (shown: { shift?: Shift; offered?: Shift; round?: Round; ending?: boolean; rest?: boolean; fault?: string; due?: string[] }): TemplateResult =>
    html`<watch-bar
      operator=${shown.shift?.operator ?? "operator"}
      .shift=${shown.shift ?? null}
      .offered=${shown.offered ?? null}
      .openCount=${MATTERS.length}
      .round=${shown.round ?? null}
      setTitle="all"
      .due=${shown.due ?? []}
      .ending=${shown.ending ?? false}
      .restDue=${shown.rest ?? false}
      .fault=${shown.fault ?? ""}
      .now=${NOW_MS}
      .keyOf=${(action: Action) => keys[action] ?? ""}
    ></watch-bar>`;
  const dialog = (found: Watch | null, shift: Shift | null, ended: Record<string, number> | null): TemplateResult =>
    html`<watch-dialog shown .watch=${found} .shift=${shift} .ended=${ended} .now=${NOW_MS}></watch-dialog>`;
  const { on_watch: on, handing_over: leaving } = SHIFTS;
  const matters = (found: Matter[]): TemplateResult => html`<open-matters .matters=${found} .now=${NOW_MS}></open-matters>`;
  return [
    specimen("watch-nobody", bar({})),
    specimen("watch-on", bar({ shift: on })),
    specimen("watch-round-due", bar({ shift: on, due: ["all", "gates"] })),
    specimen("watch-rest", bar({ shift: on, rest: true })),
    specimen("watch-round", bar({ shift: on, round: ROUND })),
    specimen("watch-round-ending", bar({ shift: on, round: ROUND, ending: true })),
    specimen("watch-offered", bar({ shift: on, offered: leaving })),
    specimen("watch-offered-nobody", bar({ offered: leaving })),
    specimen("watch-handing-over", bar({ shift: leaving })),
    specimen("watch-error", bar({ shift: on, fault: t("error.network") })),
    specimen("matters-empty", matters([])),
    specimen("matters-open", matters(MATTERS)),
    specimen("figures", html`<shift-figures .figures=${on.figures}></shift-figures>`),
    specimen("shift-log-empty", html`<shift-log></shift-log>`),
    specimen("shift-log", html`<shift-log .lines=${LINES}></shift-log>`),
    specimen("watch-dialog-loading", dialog(null, null, null)),
    specimen("watch-dialog-nobody", dialog({ ...WATCH, on_watch: [], open_matters: [] }, null, on.figures)),
    specimen("watch-dialog-on", dialog(WATCH, on, null)),
    specimen("watch-dialog-handing-over", dialog(WATCH, leaving, null)),
  ];
}

await Promise.all([loadTexts(), loadReasons()]);
const gallery = document.createElement("main");
gallery.className = "gallery";
document.body.append(gallery);
render(
  html`<h1>${t("room.title_gallery")}</h1>
    ${part(t("room.wall"), false, tiles())} ${part(t("flag.title"), false, flags())}
    ${part(t("suggestion.title"), false, [...suggestions(), ...sounds()])} ${part(t("room.name_wall"), true, headers())}
    ${part(t("watch.title"), true, watch())} ${part(t("place.map_title"), true, places())}
    ${part(t("room.name_health"), true, health())}
    ${part(t("room.name_rules"), true, rules(street).map(([name, shown]) => specimen(name, shown)))}`,
  gallery,
);
