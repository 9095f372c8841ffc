// The technician's elements in every state.

import { html, type TemplateResult } from "lit";
import { NOW_MS } from "./samples.js";
import { t } from "../kit/texts.js";
import "../rules/change_list.js";
import { draftOf } from "../rules/draft.js";
import "../rules/picture_editor.js";
import "../rules/preview_list.js";
import type { PreviewState } from "../rules/preview_list.js";
import "../rules/rule_list.js";
import "../rules/save_form.js";
import type { SaveState } from "../rules/save_form.js";
import "../rules/shape_list.js";
import type { Draft, Drawn, Preview, Problem, WhatIf, WhatIfAlert, WhatIfResult } from "../rules/shapes.js";
import "../rules/technician_bar.js";
import "../rules/what_if_view.js";

type Named = [name: string, shown: TemplateResult];

const AT = new Date(NOW_MS - 60_000).toISOString();
const DRAFT: Draft = draftOf({
  zone: [{ name: "yard", polygon: [[0.1, 0.5], [0.45, 0.5], [0.4, 0.95], [0.1, 0.95]] }],
  line: [{ name: "kerb", points: [[0.55, 0.4], [0.55, 0.95]] }],
  mask: [{ polygon: [[0.7, 0.1], [0.95, 0.1], [0.95, 0.35]] }],
  rule: [
    { name: "night", kind: "loitering", zone: "yard", schedule: ["mon-fri 20:00-06:00"], stages: [{ after_s: 120, severity: "critical" }] },
    { name: "ghost", kind: "wrong_way", zone: "yard", way: [[0.2, 0.9], [0.3, 0.6]] },
  ],
});
const EMPTY = draftOf({});
const PROBLEMS: Problem[] = [
  { path: ["zone", 0, "polygon"], code: "no_area", text: "" },
  { path: ["rule", 0, "dwell_s"], code: "too_small", text: "" },
  { path: ["rule", 0, "zone"], code: "unknown_zone", text: "" },
  { path: ["rule", 0, "stages", 0, "severity"], code: "not_a_choice", text: "" },
];
const ALERT: WhatIfAlert = {
  rule: "night", label: "person", zone: "yard", severity: "high", stage: 0, at: AT, ended_at: AT, box: [0.42, 0.3, 0.54, 0.8],
  still_told_by: ["ghost"],
};
const RESULT: WhatIfResult = {
  pictures: 900, seen_s: 640, since: AT, until: AT, before: [ALERT, ALERT], after: [ALERT], is_cut: true,
  not_looked_for: { ghost: ["bus"] }, no_still: ["bags"],
  rules: [
    { rule: "night", before: { alerts: 2, per_day: 270 }, after: { alerts: 1, per_day: 135 }, gone: [ALERT], new: [] },
    { rule: "ghost", before: null, after: { alerts: 0, per_day: 0 }, gone: [], new: [] },
  ],
};
const RUN: WhatIf = { run_id: "run", state: "running", share: 0.4, fault: "", problems: [], result: null };
const PREVIEW: Preview = {
  at: AT, age_s: 0.3, not_looked_for: { ghost: ["bus"] }, no_still: ["bags"],
  things: [
    { number: 1, label: "person", score: 0.8, box: [0.2, 0.4, 0.3, 0.8], seen_now: true, zones: ["yard"] },
    { number: 2, label: "car", score: 0.8, box: [0.6, 0.5, 0.8, 0.8], seen_now: true, zones: [] },
  ],
  standings: [
    { rule: "night", number: 1, is_told: true, for_s: 31 },
    { rule: "ghost", number: 2, is_told: false, for_s: 0.8 },
  ],
  alerts: [{ rule: "night", label: "person", zone: "yard", severity: "critical", at: AT, box: [0.2, 0.4, 0.3, 0.8] }],
};
const DRAWN: Drawn = {
  camera: "gate", title: "", version: 2, drawing: { zone: [], line: [], mask: [], rule: [] }, file_changed: true, labels: [],
  history: [
    { version: 2, at: AT, author: "li.wei", reason: "quieter", act: "restored", restored: 0, masks_removed: 1 },
    { version: 1, at: AT, author: "wang", reason: "tried", act: "saved", restored: null, masks_removed: 0 },
  ],
};

function editors(street: () => HTMLCanvasElement): Named[] {
  const editor = (draft: Draft, editable: boolean, preview: Preview | null): TemplateResult =>
    html`<picture-editor
      .draft=${draft}
      .chosen=${{ part: "zone", at: 0 }}
      .corner=${1}
      .picture=${[street()]}
      .size=${[320, 180]}
      .preview=${preview}
      .editable=${editable}
    ></picture-editor>`;
  return [
    ["editor-empty", editor(EMPTY, true, null)],
    ["editor-drawn", editor(DRAFT, true, PREVIEW)],
    ["editor-look-only", editor(DRAFT, false, null)],
  ];
}

function lists(): Named[] {
  const shapes = (draft: Draft, problems: Problem[], editable: boolean): TemplateResult =>
    html`<shape-list .draft=${draft} .chosen=${{ part: "zone", at: 0 }} .problems=${problems} .editable=${editable}></shape-list>`;
  const rules = (draft: Draft, problems: Problem[], open: number): TemplateResult =>
    html`<rule-list .draft=${draft} .problems=${problems} .open=${open} .labels=${["person"]} editable></rule-list>`;
  return [
    ["shapes-empty", shapes(EMPTY, [], true)],
    ["shapes-look-only", shapes(DRAFT, [], false)],
    ["shapes-error", shapes(DRAFT, PROBLEMS, true)],
    ["rules-empty", rules(EMPTY, [], -1)],
    ["rules-error", rules(DRAFT, PROBLEMS, 0)],
    ["changes-none", html`<change-list .drawn=${{ ...DRAWN, version: 0, file_changed: false, history: [] }}></change-list>`],
    ["changes", html`<change-list .drawn=${DRAWN} editable></change-list>`],
  ];
}

function saves(): Named[] {
  const form = (phase: SaveState, differs: boolean, masks = 0, problems = 0, restoring = -1): TemplateResult =>
    html`<save-form
      .phase=${phase}
      .differs=${differs}
      .masksRemoved=${masks}
      .problems=${problems}
      .restoring=${restoring}
      .said=${t("error.network")}
      .version=${2}
    ></save-form>`;
  return [
    ["save-same", form("", false)],
    ["save-differs", form("", true)],
    ["save-masks", form("", true, 2)],
    ["save-problems", form("", true, 0, 3)],
    ["save-restoring", form("", true, 0, 0, 1)],
    ["save-saving", form("saving", true)],
    ["save-saved", form("saved", false)],
    ["save-failed", form("failed", true)],
    ["save-outdated", form("outdated", true)],
  ];
}

function trials(): Named[] {
  const preview = (phase: PreviewState, found: Preview | null): TemplateResult =>
    html`<preview-list .phase=${phase} .preview=${found}></preview-list>`;
  const whatIf = (run: WhatIf | null, said = "", not = ""): TemplateResult =>
    html`<what-if-view .run=${run} .said=${said} .not=${not}></what-if-view>`;
  return [
    ["preview-off", preview("off", null)],
    ["preview-loading", preview("waiting", null)],
    ["preview-empty", preview("live", { ...PREVIEW, things: [], standings: [], alerts: [], no_still: [], not_looked_for: {} })],
    ["preview-live", preview("live", PREVIEW)],
    ["preview-stale", preview("live", { ...PREVIEW, age_s: 95 })],
    ["preview-offline", preview("lost", null)],
    ["what-if-never", whatIf(null)],
    ["what-if-not", whatIf(null, "", t("what_if.problems"))],
    ["what-if-running", whatIf(RUN)],
    ["what-if-empty", whatIf({ ...RUN, state: "done", result: { ...RESULT, pictures: 0 } })],
    ["what-if-done", whatIf({ ...RUN, state: "done", result: RESULT })],
    ["what-if-cancelled", whatIf({ ...RUN, state: "cancelled" })],
    ["what-if-failed", whatIf({ ...RUN, state: "failed", fault: t("error.network") })],
    ["what-if-offline", whatIf(null, t("error.network"))],
  ];
}

/** Return every element of the technician's page in every state, by name; `street` makes a picture. */
export function rules(street: () => HTMLCanvasElement): Named[] {
  const bar = (name: string, has: boolean | null): TemplateResult =>
    html`<technician-bar .name=${name} .hasTechnicians=${has}></technician-bar>`;
  return [
    ["technician-loading", bar("", null)],
    ["technician-none", bar("", false)],
    ["technician-nobody", bar("", true)],
    ["technician-on", bar("li.wei", true)],
    ...editors(street),
    ...lists(),
    ...saves(),
    ...trials(),
  ];
}
