// What the room's program could say, for the gallery: every state that an element can be asked to show.

import type { FlagRow } from "../room/flag_list.js";
import type { RemarksView } from "../room/flag_remarks.js";
import type { CityMap } from "../room/place_dialog.js";
import type { CameraState, Matter, RoomAlert, RoomState, Round, Shift, ShiftLine, Watch } from "../room/shapes.js";
import { NO_VIEW } from "../room/tile_face.js";
import type { TileView } from "../room/tile_state.js";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const ID = "019a0000-0000-7000-8000-00000000000";

export const NOW_MS = NOW;

/** A picture in each of its states. */
export const VIEWS: Record<string, TileView> = {
  loading: NO_VIEW,
  live: { ...NO_VIEW, word: "live", source: "sub" },
  transcoded: { ...NO_VIEW, word: "live", source: "transcoded", sourceReason: "the camera sends H.265 only" },
  stills: { ...NO_VIEW, word: "live", source: "stills" },
  slow: { ...NO_VIEW, word: "live", source: "sub", lost: 48 },
  delayed: { ...NO_VIEW, word: "delayed", ageMs: 2_300, source: "sub" },
  stalled: { ...NO_VIEW, word: "stalled", ageMs: 14_000, source: "sub", reason: "no packet for 14 s" },
  reconnecting: {
    ...NO_VIEW, word: "reconnecting", ageMs: 96_000, attempt: 3, nextTryMs: 4_000, reason: "connection refused",
  },
  off: { ...NO_VIEW, word: "off", ageMs: null, reason: "disabled in the settings" },
};

const FLAG: FlagRow = {
  id: "a", at: new Date(NOW), camera: "gate", operator: "li.wei", phase: "stored", rung: "stored", outcome: "",
  category: "unclassified", withdrawn: false, fault: "", note: "", voiceMs: 0, own: true, withdrawS: 0,
  place: null, pointable: false,
};

/** A flag in each of its states. */
export const FLAGS: Record<string, FlagRow> = {
  storing: { ...FLAG, phase: "storing" },
  stored: { ...FLAG, withdrawS: 9 },
  classified: { ...FLAG, category: "disorder", withdrawS: 4 },
  delivered: { ...FLAG, category: "theft", rung: "delivered" },
  accepted: { ...FLAG, category: "theft", rung: "accepted" },
  on_scene: { ...FLAG, category: "theft", rung: "on_scene" },
  outcome: { ...FLAG, category: "theft", rung: "outcome", outcome: "✓" },
  withdrawn: { ...FLAG, withdrawn: true },
  refused: { ...FLAG, phase: "refused", fault: "disk full" },
  unknown: { ...FLAG, phase: "unknown", fault: "timeout" },
  unchanged: { ...FLAG, fault: "timeout" },
  remarked: { ...FLAG, category: "theft", note: "红衣男子，往地铁口跑了", voiceMs: 7_000, own: false },
  unplaced: { ...FLAG, category: "theft", own: false, pointable: true },
  placed: { ...FLAG, category: "theft", own: false, pointable: true, place: [121.470212, 31.230405] },
};

const SQUARE = (west: number, south: number): [number, number][] => [
  [west, south], [west + 0.01, south], [west + 0.01, south + 0.008], [west, south + 0.008],
];

/** A city of two areas to point on, with a camera and the room. */
export const CITY: CityMap = {
  areas: [
    { area_id: "a", name: "南门社区", name_en: "South Gate", rings: [SQUARE(121.465, 31.226)] },
    { area_id: "b", name: "河东社区", name_en: "East Bank", rings: [SQUARE(121.475, 31.226)] },
  ],
  room: [121.47, 31.23],
  cameras: [{ name: "gate", title: "南门", place: [121.4722, 31.2288] }],
};

const SILENT: RemarksView = {
  writingOn: "", draft: "", said: "", failed: false, voiceOn: "", voice: "idle", voiceSeconds: 0, voiceFault: "",
  mayRetry: false,
};

/** What is being added to the flag of `FLAGS.stored`, in each state. */
export const REMARKS: Record<string, RemarksView> = {
  idle: SILENT,
  writing: { ...SILENT, writingOn: FLAG.id, draft: "红衣男子" },
  asking: { ...SILENT, voiceOn: FLAG.id, voice: "asking" },
  recording: { ...SILENT, voiceOn: FLAG.id, voice: "recording", voiceSeconds: 12 },
  sending: { ...SILENT, voiceOn: FLAG.id, voice: "sending" },
  kept: { ...SILENT, voiceOn: FLAG.id, voice: "stored" },
  unsent: { ...SILENT, voiceOn: FLAG.id, voice: "failed", voiceFault: "timeout", mayRetry: true },
};

const ALERT: RoomAlert = {
  alert_id: `${ID}1`, source: "machine", camera: "gate", rule: "in-the-yard", category: "intrusion", severity: "high",
  label: "person", zone: "yard", raised_at: new Date(NOW - 8_000).toISOString(), ended_at: null, standing: "open",
  operator: "", reason: "", acknowledged: false, rung: "stored", progress: null, has_snapshot: false, has_clip: false, note: "", voice_ms: 0, box: [0.4, 0.3, 0.6, 0.8],
};

/** Open suggestions of every severity. */
export const SUGGESTIONS: RoomAlert[] = [
  ALERT,
  { ...ALERT, alert_id: `${ID}2`, category: "fire", severity: "critical", camera: "market" },
  { ...ALERT, alert_id: `${ID}3`, category: "loitering", severity: "normal", camera: "market" },
  { ...ALERT, alert_id: `${ID}4`, category: "stopped_vehicle", severity: "low" },
  { ...ALERT, alert_id: `${ID}5`, category: "crowd" },
];

const CAMERA: CameraState = {
  name: "gate", title: "", state: "streaming", reason: "", fps: 10, age_s: 0.1, width: 1280, height: 720, analysed: 900,
  skipped: 0, reconnects: 0, packets: 1800, corrupt: 0, decodes: "keyframes", left_out: 0, main_state: "",
  main_reason: "", health: [], failure: "",
};

/** A room that is well. */
export const WELL: RoomState = {
  room: {
    name: "room-t01-c03", tier: "community", place: [121.47, 31.23], time_zone: "Asia/Shanghai", agent_version: "0.1.0",
    started_at: new Date(NOW - 86_400_000).toISOString(), now: new Date(NOW).toISOString(), clock_offset_s: 0.02,
  },
  cameras: [CAMERA, { ...CAMERA, name: "market", decodes: "full", fps: 25 }],
  detector: {
    kind: "onnx", model: "yolox-nano", picture_ms: 1.8, faults: 0, state: "running", reason: "", restarts: 0, load: "full",
    load_reason: "", look_ms: 21.4, looks: {}, looks_shed: {}, detectors: 1, detector_restarts: 0,
    chosen: {
      precision: "int8", provider: "cpu", reason: "faster_here", int8_ms: 9.1, fp32_ms: 21.4, warnings: [],
    },
  },
  outbox: { pending: { a: 0, b: 0, c: 0 }, oldest_age_s: {}, body_bytes: 0, fault: "" },
  link: {
    state: "open", endpoint: "tcp://relay.example:7701", reason: "", since: new Date(NOW - 3_600_000).toISOString(),
    sessions: 1, round_trip_ms: 3.2, alarms: [],
  },
  media: {
    state: "idle", endpoint: "tcp://relay.example:7704", reason: "", since: new Date(NOW).toISOString(), held: false,
    waiting_snapshots: 0, waiting_clips: 0, waiting_bytes: 0, oldest_age_s: 0, sent_bytes: 52_000_000, settled: {},
  },
  past: { memory_bytes: 4_000_000, disk_bytes: 52_000_000, reason: "", kept_in_memory: {} },
  health: [],
  disk: {
    free_bytes: 210 * 2 ** 30, is_read_only: false, reserve_bytes: 64 * 2 ** 20, kept_bytes: 3.2 * 2 ** 30,
    limit_bytes: 10 * 2 ** 30, pinned_bytes: 0, oldest_age_s: 9 * 86_400, kept_for_s: 28 * 86_400, refusal: "",
    ring_s: 75,
  },
  readiness: { ok: true, reasons: [] },
  counters: { raised: 12, stored: 12, acknowledged: 12, refused: 0, dead_letters: 0 },
  alerts: [], drawings: 0,
};

/** A room in which everything is wrong. */
export const ILL: RoomState = {
  ...WELL,
  cameras: [
    CAMERA,
    {
      ...CAMERA, name: "market", state: "backing_off", reason: "connection refused; next try in 8 s", fps: 0, age_s: 96,
      failure: "refused",
      health: [{
        alert_id: `${ID}6`, condition: "lost", severity: "high", since: new Date(NOW - 60_000).toISOString(),
        reason: "connection refused",
      }],
    },
  ],
  detector: { ...WELL.detector, state: "backing_off", reason: "the analysis was silent for 10 s and was ended", load: "motion_only" },
  outbox: { pending: { a: 3, b: 41, c: 6 }, oldest_age_s: { a: 620, b: 3600, c: 620 }, body_bytes: 9_000, fault: "disk full" },
  link: {
    ...WELL.link, state: "greeting", reason: "no answer to hello", round_trip_ms: null,
    alarms: ["fork: the relay and this outbox disagree about record 17"],
  },
  media: { ...WELL.media, state: "resting", waiting_clips: 3, waiting_snapshots: 3, waiting_bytes: 14_000_000, oldest_age_s: 620 },
  disk: {
    free_bytes: 3 * 2 ** 20, is_read_only: false, reserve_bytes: 64 * 2 ** 20, kept_bytes: 9.9 * 2 ** 30,
    limit_bytes: 10 * 2 ** 30, pinned_bytes: 9.1 * 2 ** 30, oldest_age_s: 400, kept_for_s: null,
    refusal: "the media folder /var/lib/patrol/media: No space left on device", ring_s: 0,
  },
  readiness: { ok: false, reasons: ["no camera is streaming", "the outbox cannot be written: disk full"] },
  health: [{
    alert_id: `${ID}7`, condition: "evidence_disk_low", severity: "high", since: new Date(NOW - 600_000).toISOString(),
    reason: "3 MiB are free on the disk of the evidence, 64 are wanted",
  }],
};

/** A shift in each of its states. */
export const SHIFTS: Record<"on_watch" | "handing_over", Shift> = {
  on_watch: {
    shift_id: `${ID}8`, operator: "li.wei", state: "on_watch", since: new Date(NOW - 7_800_000).toISOString(), note: "",
    rest_due_at: new Date(NOW - 60_000).toISOString(),
    figures: {
      seconds: 7_800, flags: 6, withdrawn: 1, judged: 14, accepted: 3, dismissed: 11, rounds: 2, round_cameras: 18,
      round_seen: 17, open_matters: 3, look_back_ms_median: 10_000, judged_after_ms_median: 5_400,
    },
  },
  handing_over: {
    shift_id: `${ID}9`, operator: "wang.fang", state: "handing_over", since: new Date(NOW - 28_000_000).toISOString(),
    note: "东门有人徘徊", rest_due_at: null, figures: { seconds: 28_000 },
  },
};

/** What is open, one of each kind. */
export const MATTERS: Matter[] = [
  { kind: "health", alert_id: `${ID}6`, camera: "market", since: new Date(NOW - 60_000).toISOString(), text: "lost: connection refused" },
  { kind: "link", alert_id: null, camera: null, since: new Date(NOW - 50_000).toISOString(), text: "greeting" },
  { kind: "flag", alert_id: `${ID}2`, camera: "gate", since: new Date(NOW - 40_000).toISOString(), text: "theft" },
  { kind: "suggestion", alert_id: `${ID}1`, camera: "gate", since: new Date(NOW - 8_000).toISOString(), text: "intrusion" },
];

/** A round half done. */
export const ROUND: Round = {
  round_id: `${ID}a`, operator: "li.wei", camera_set: "all", began_at: new Date(NOW - 30_000).toISOString(),
  seen: ["gate"], missed: ["market", "school"], coverage: 1 / 3,
};

/** Lines of the shift log. */
export const LINES: ShiftLine[] = [
  {
    at: new Date(NOW - 4_000_000).toISOString(), operator: "li.wei", entry: "round", subject: "all", note: "missed: school",
    figures: { cameras: 3, seen: 2, took_s: 61, nothing_to_report: 1 },
  },
  { at: new Date(NOW - 7_800_000).toISOString(), operator: "li.wei", entry: "sign_on", subject: "", note: "", figures: {} },
];

/** The watch with one set walked through and one never. */
export const WATCH: Watch = {
  on_watch: [SHIFTS.on_watch, SHIFTS.handing_over],
  sets: [
    {
      name: "all", title: "", cameras: ["gate", "market", "school"], last_round_at: new Date(NOW - 4_000_000).toISOString(),
      last_coverage: 2 / 3, round_due_at: new Date(NOW - 400_000).toISOString(),
    },
    { name: "gates", title: "", cameras: ["gate"], last_round_at: null, last_coverage: null, round_due_at: null },
  ],
  rounds: [], open_matters: MATTERS, log: LINES,
};
