// What a camera set is called: its title, else its name. The set that a room without any has by itself has a text.

import { t } from "../kit/texts.js";

const OF_ALL = /^all(?:-(\d+))?$/;

/** Return the name of a set for people; pages after the first of a long set carry their number. */
export function setTitle({ name, title }: { name: string; title: string }): string {
  const all = OF_ALL.exec(name);
  if (title !== "" || all === null) return title || name;
  return all[1] === undefined ? t("room.all_cameras") : `${t("room.all_cameras")} ${all[1]}`;
}
