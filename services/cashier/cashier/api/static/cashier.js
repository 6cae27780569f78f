// Keeps the page true: server-sent events say when it must be drawn anew, and the server draws it.
"use strict";

const POLL_MS = 5000;
const main = () => document.getElementById("checkout");
let polling = null;

async function redraw() {
  try {
    const answer = await fetch(main().dataset.page, { cache: "no-store" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.getElementById("checkout");
    if (next && next.dataset.mark !== main().dataset.mark) {
      // A form to a channel needs the policy that only the whole page carries.
      if (next.classList.contains("submit")) return location.reload();
      main().replaceWith(document.adoptNode(next));
      countDown();
    }
  } catch {
    // The network is away; the next event or poll tries again.
  }
}

function poll() {
  polling ??= setInterval(redraw, POLL_MS);
}

function listen() {
  if (!window.EventSource) return poll();
  const events = new EventSource(main().dataset.events);
  events.addEventListener("status", (event) => {
    const status = JSON.parse(event.data);
    if (status.mark !== main().dataset.mark) redraw();
    if (status.final) events.close();
  });
  // A refusal (too many streams) is not tried again by the browser.
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) poll();
  });
}

let ticking = null;

function countDown() {
  clearInterval(ticking);
  const shown = document.querySelector("[data-countdown]");
  if (!shown) return;
  // Seconds left by the server's clock: the payer's own may be wrong.
  const endsAt = performance.now() + Number(shown.dataset.countdown) * 1000;
  const two = (number) => String(number).padStart(2, "0");
  const tick = () => {
    const left = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
    const hours = Math.floor(left / 3600);
    const rest = `${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    shown.querySelector("b").textContent = hours ? `${hours}:${rest}` : rest;
    if (left === 0) {
      clearInterval(ticking);
      redraw();
    }
  };
  shown.hidden = false;
  tick();
  ticking = setInterval(tick, 1000);
}

listen();
countDown();
