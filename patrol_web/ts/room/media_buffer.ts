// One player's buffer: fragments go in at one end, what was seen falls out at the other, and the picture stays at the
// edge of the present. Bounded: a page that cannot keep up says so and begins anew at a keyframe.

const QUEUED_BYTES = 8 * 1024 * 1024;
const KEPT_BEHIND_S = 4;
const TRIMMED_BEYOND_S = 8;
/** Beyond this the player runs a little faster until it has caught up. */
const CLOSE_S = 0.35;
/** Beyond this it jumps. */
const FAR_S = 1;
const EDGE_S = 0.15;
const FASTER = 1.08;
const JUMP_EVERY_MS = 2000;

/** Feeds one <video> through Media Source Extensions (W3C MSE). */
export class MediaBuffer {
  #source: MediaSource | null = null;
  #buffer: SourceBuffer | null = null;
  #address = "";
  #queue: ArrayBuffer[] = [];
  #queuedBytes = 0;
  #shownS: number | null = null;
  #jumpedAt = 0;

  /** `failed` is called once per stream when it cannot go on; the caller begins anew. */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly failed: () => void,
  ) {}

  /**
   * Where on the player's timeline the picture on the glass lies; null before the first of this stream. Not the player's
   * own time, which jumps at once while the old picture stays.
   */
  get shownS(): number | null {
    return this.#shownS;
  }

  /** Begin a stream; what was there is forgotten, its last picture stays on the glass until the first new one. */
  begin(codec: string): void {
    this.close();
    const source = new MediaSource();
    this.#source = source;
    this.#address = URL.createObjectURL(source);
    this.video.src = this.#address;
    source.addEventListener("sourceopen", () => this.#open(source, codec), { once: true });
    this.#watch(source);
    // Refused only while the page may not play, which a muted video always may; the next fragment tries again.
    this.video.play().catch(() => undefined);
  }

  /** Take an init segment or a fragment. */
  push(piece: ArrayBuffer): void {
    if (this.#source === null) return;
    this.#queue.push(piece);
    this.#queuedBytes += piece.byteLength;
    if (this.#queuedBytes > QUEUED_BYTES) this.#giveUp();
    else this.#append();
  }

  /** Stay close to the present; called several times a second. */
  keepUp(): void {
    const { video } = this;
    const { buffered } = video;
    if (buffered.length === 0) return;
    const from = buffered.start(buffered.length - 1);
    const edge = buffered.end(buffered.length - 1);
    if (video.currentTime < from) video.currentTime = from;
    // Some cameras need more than a second of pictures before the first can be shown: no jump before that.
    if (this.#shownS === null) return;
    const behind = edge - video.currentTime;
    video.playbackRate = behind > CLOSE_S ? FASTER : 1;
    // A jump costs decoding from the keyframe on: one after the other would leave a slow machine without any picture.
    const mayJump = !video.seeking && performance.now() - this.#jumpedAt > JUMP_EVERY_MS;
    if (behind > FAR_S && mayJump) {
      this.#jumpedAt = performance.now();
      video.currentTime = edge - EDGE_S;
    }
    if (video.paused) video.play().catch(() => undefined);
  }

  /** Forget the stream. */
  close(): void {
    this.#source = null;
    this.#buffer = null;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#shownS = null;
    if (this.#address !== "") URL.revokeObjectURL(this.#address);
    this.#address = "";
  }

  /** Follow which picture is on the glass for as long as this stream is the one that plays. */
  #watch(source: MediaSource): void {
    const { video } = this;
    if (!("requestVideoFrameCallback" in video)) {
      (video as HTMLVideoElement).addEventListener("timeupdate", () => {
        if (this.#source === source && !(video as HTMLVideoElement).seeking) this.#shownS = (video as HTMLVideoElement).currentTime;
      });
      return;
    }
    const seen = (_now: number, frame: VideoFrameCallbackMetadata): void => {
      if (this.#source !== source) return;
      this.#shownS = frame.mediaTime;
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }

  #open(source: MediaSource, codec: string): void {
    if (this.#source !== source) return;
    const type = `video/mp4; codecs="${codec}"`;
    if (!MediaSource.isTypeSupported(type)) {
      this.#giveUp();
      return;
    }
    const buffer = source.addSourceBuffer(type);
    buffer.addEventListener("updateend", () => {
      if (this.#buffer !== buffer) return;
      this.#trim();
      this.#append();
    });
    buffer.addEventListener("error", () => {
      if (this.#buffer === buffer) this.#giveUp();
    });
    this.#buffer = buffer;
    this.#append();
  }

  #append(): void {
    const buffer = this.#buffer;
    if (buffer === null || buffer.updating) return;
    const piece = this.#queue.shift();
    if (piece === undefined) return;
    this.#queuedBytes -= piece.byteLength;
    try {
      buffer.appendBuffer(piece);
    } catch {
      // Full, or the element has failed: both end with a new beginning at a keyframe.
      this.#giveUp();
    }
  }

  #trim(): void {
    const buffer = this.#buffer;
    if (buffer === null || buffer.updating || buffer.buffered.length === 0) return;
    const from = buffer.buffered.start(0);
    const keepFrom = this.video.currentTime - KEPT_BEHIND_S;
    if (keepFrom - from > TRIMMED_BEYOND_S - KEPT_BEHIND_S) buffer.remove(from, keepFrom);
  }

  #giveUp(): void {
    this.close();
    this.failed();
  }
}
