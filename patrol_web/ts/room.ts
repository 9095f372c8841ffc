// The room's pages: texts first, then the one element that the page is.

import { loadReasons } from "./kit/reasons.js";
import { loadTexts } from "./kit/texts.js";
import "./room/room_console.js";
import "./room/room_health.js";
import "./rules/room_rules.js";

const ELEMENTS: Record<string, string> = { wall: "room-console", health: "room-health", rules: "room-rules" };

await Promise.all([loadTexts(), loadReasons()]);
document.body.append(document.createElement(ELEMENTS[document.body.dataset["page"] ?? ""] ?? "room-console"));
