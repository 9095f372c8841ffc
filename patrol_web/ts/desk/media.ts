// The snapshots, clips and voice notes of one incident's alerts: shown when they are here, said in words when they are not.

import type { components } from "../api/relay.js";
import { make } from "../kit/dom.js";
import { mediaAddress } from "./relay.js";
import { dateAndTime, t, timeOfDay, word } from "../kit/texts.js";

export type Alert = components["schemas"]["AlertShape"];
type Media = Alert["media"][number];

const SHOWN_ALERTS = 4;
const STORED = "stored";
const AWAITED = "in_room";

/** Return what of the newest alerts is worth a look: the newest of each kind. */
function chosen(alerts: Alert[]): { alert: Alert; media: Media }[] {
  const newest = [...alerts].sort((one, other) => Date.parse(other.started_at) - Date.parse(one.started_at));
  return newest.slice(0, SHOWN_ALERTS).flatMap((alert) =>
    ["snapshot", "clip", "voice"]
      .map((kind) => alert.media.filter((media) => media.kind === kind).at(-1))
      .filter((media) => media !== undefined)
      .map((media) => ({ alert, media })),
  );
}

/** Show them in `place`, which is left alone while nothing about them has changed; tell whether any may still come. */
export function showMedia(place: HTMLElement, alerts: Alert[]): boolean {
  const found = chosen(alerts);
  const known = found.map(({ media }) => `${media.sha256} ${media.state}`).join();
  if (place.dataset["known"] !== known) {
    place.dataset["known"] = known;
    place.hidden = found.length === 0;
    place.replaceChildren(
      make("h4", {}, t("incident.media")),
      make("ul", { class: "media" }, ...found.map(({ alert, media }) => figure(alert, media))),
    );
  }
  return found.some(({ media }) => media.state === AWAITED);
}

function figure(alert: Alert, media: Media): HTMLLIElement {
  const at = new Date(media.started_at);
  const camera = alert.camera;
  const label = t(`media.${media.kind}`, { camera, time: dateAndTime(at) });
  const caption = make("figcaption", { class: "quiet" }, `${word("media_kind", media.kind)} ${timeOfDay(at)}`);
  const shown = media.state === STORED ? picture(media, label) : absent(word("media_state", media.state));
  return make("li", { "data-kind": media.kind, "data-state": media.state }, make("figure", {}, shown, caption));
}

function absent(text: string): HTMLParagraphElement {
  return make("p", { class: "media-absent quiet" }, text);
}

function picture(media: Media, label: string): HTMLElement {
  if (media.kind === "voice") {
    const audio = make("audio", { controls: true, preload: "metadata", "aria-label": label });
    return filled(audio, audio, media);
  }
  if (media.kind === "clip") {
    const video = make("video", { controls: true, preload: "metadata", muted: true, "aria-label": label });
    return filled(video, video, media);
  }
  const image = make("img", { alt: label, loading: "lazy" });
  return filled(image, make("a", { target: "_blank", rel: "noopener", title: label }, image), media);
}

function filled(element: HTMLImageElement | HTMLMediaElement, holder: HTMLElement, media: Media): HTMLElement {
  const failed = (): void => holder.replaceWith(absent(t("media.failed")));
  element.addEventListener("error", failed);
  mediaAddress(media.sha256).then((address) => {
    element.src = address;
    if (holder instanceof HTMLAnchorElement) holder.href = address;
  }, failed);
  return holder;
}
