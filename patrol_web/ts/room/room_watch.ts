// The watch on the operator's page: what its keys do, and its line and dialog with what they show.

import { html } from "lit";
import type { Action } from "./keys.js";
import { isDue } from "./round_plan.js";
import { type RoundPage, RoundWalk } from "./round_walk.js";
import { setTitle } from "./set_title.js";
import "./watch_bar.js";
import { WatchBook } from "./watch_book.js";
import type { WatchDialog } from "./watch_dialog.js";
import "./watch_dialog.js";

/** What the watch asks of the page it stands on. */
export interface WatchPage extends RoundPage {
  /** The room's clock in milliseconds. */
  roomNow(): number;
  titles(): Map<string, string>;
  keyOf(action: Action): string;
  act(action: Action): void;
  changed(): void;
}

/** One per page. */
export class RoomWatch {
  readonly #book: WatchBook;
  readonly #walk: RoundWalk;

  constructor(private readonly page: WatchPage) {
    this.#book = new WatchBook(() => page.changed());
    this.#walk = new RoundWalk(this.#book, page);
  }

  /** Who flags and judges at this desk. */
  get operator(): string {
    return this.#book.operator;
  }

  /** Let time pass, while the room's program is heard. */
  tick(): void {
    this.#book.tick();
  }

  /** Do what a key or button says; others' actions are none of the watch. */
  command(action: Action): void {
    switch (action) {
      case "watch":
        this.#show();
        break;
      case "round":
        this.#walk.turn();
        break;
      case "seen":
        if (this.#walk.ending) this.#walk.goOn();
        else this.#walk.see();
        break;
      case "hand_over":
        this.#handOver();
        break;
      case "rested":
        void this.#book.rested();
        break;
      case "rest_later":
        this.#book.restLater(this.page.roomNow());
        break;
    }
  }

  /** Return the line over the wall. */
  bar(): unknown {
    const { shift, offered, said, failed, fault, operator, watch } = this.#book;
    const { round, ending, reported } = this.#walk;
    const now = this.page.roomNow();
    return html`<watch-bar
      .operator=${operator}
      .shift=${shift}
      .offered=${offered}
      .openCount=${watch?.open_matters.length ?? 0}
      .round=${round}
      .setTitle=${round === null ? "" : this.#walk.setTitle(round)}
      .due=${(watch?.sets ?? []).filter((one) => isDue(one, now)).map(setTitle)}
      .ending=${ending}
      .reported=${reported}
      .restDue=${this.#book.restDue(now)}
      .said=${said}
      .failed=${failed}
      .fault=${fault}
      .now=${now}
      .titles=${this.page.titles()}
      .keyOf=${(action: Action) => this.page.keyOf(action)}
      .act=${(action: Action) => this.page.act(action)}
    ></watch-bar>`;
  }

  /** Return the dialog. */
  dialog(): unknown {
    const { watch, shift, offered, ended, said, failed } = this.#book;
    return html`<watch-dialog
      .watch=${watch}
      .shift=${shift}
      .offered=${offered}
      .ended=${ended}
      .now=${this.page.roomNow()}
      .titles=${this.page.titles()}
      .said=${said}
      .failed=${failed}
      .acts=${this.#book}
    ></watch-dialog>`;
  }

  /** One key for both sides: who is on watch relieves whoever offers; otherwise the dialog asks who and what. */
  #handOver(): void {
    const { shift, offered } = this.#book;
    if (shift !== null && offered !== null) void this.#book.takeOver(offered);
    else this.#show();
  }

  #show(): void {
    document.querySelector<WatchDialog>("watch-dialog")?.show();
  }
}
