// What the bench of the console reads in the real page: put in before the page's own scripts.
(() => {
  const BITS = 10;
  const probe = { firsts: [], glass: [], flags: [], readEveryMs: 0 };
  window.probe = probe;
  const canvas = new OffscreenCanvas(BITS * 8, 4);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const known = new WeakSet();

  // The number in the top strip; null while a picture stands between two.
  const numberOn = (video) => {
    pen.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 18, 0, 0, canvas.width, canvas.height);
    const { data } = pen.getImageData(0, 2, canvas.width, 1);
    const bit = (position) => (data[(position * 4 + 2) * 4] > 127 ? 1 : 0);
    let number = 0;
    for (let position = 0; position < BITS; position += 1) {
      if (bit(position) === bit(position + BITS)) return null;
      number |= bit(position) << position;
    }
    return number;
  };

  const follow = (video) => {
    let seen = false;
    let readAt = 0;
    const shown = (now, frame) => {
      const place = video.closest(".spot") === null ? "tile" : "spot";
      if (!seen) probe.firsts.push({ place, at: frame.expectedDisplayTime });
      seen = true;
      if (probe.readEveryMs > 0 && now - readAt > probe.readEveryMs) {
        readAt = now;
        const camera = video.closest(".tile")?.querySelector(".tile-name")?.textContent.trim() ?? "";
        probe.glass.push({ place, camera, number: numberOn(video), at: frame.expectedDisplayTime });
      }
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
  };

  // The browser keeps 250 by itself and forgets what comes after: a flag sent late would not be found.
  performance.setResourceTimingBufferSize(10_000);
  let pressed = 0;
  const stored = new Set();
  addEventListener("keydown", (event) => (pressed = event.timeStamp), { capture: true });
  // The browser files a request's times only some frames after the page had its answer.
  const note = (key, drawn, framed) => {
    const asked = performance.getEntriesByType("resource").filter((one) => one.name.endsWith("/api/v1/flags")).at(-1);
    if (asked === undefined) {
      requestAnimationFrame(() => note(key, drawn, framed));
      return;
    }
    performance.clearResourceTimings();
    probe.flags.push({
      to_request: asked.requestStart - key, server: asked.responseStart - asked.requestStart,
      to_row: drawn - asked.responseStart, to_frame: framed - drawn, whole: framed - key,
    });
  };
  new MutationObserver(() => {
    for (const video of document.querySelectorAll(".tile video")) {
      if (known.has(video)) continue;
      known.add(video);
      follow(video);
    }
    for (const row of document.querySelectorAll('.flag[data-phase="stored"]')) {
      if (stored.has(row.dataset.flag)) continue;
      stored.add(row.dataset.flag);
      const [key, drawn] = [pressed, performance.now()];
      requestAnimationFrame(() => note(key, drawn, performance.now()));
    }
  }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-phase", "data-flag"] });
})();
