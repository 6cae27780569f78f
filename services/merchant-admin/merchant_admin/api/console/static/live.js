// What is still going on is looked at again every few seconds; not while somebody fills in a form.
const EVERY_MS = 4000;
const isBusy = () => document.hidden || document.querySelector("dialog[open]") || document.activeElement?.closest("#live form, #live .table");

async function look() {
  const here = document.querySelector("#live[data-live]");
  if (!here) return;
  if (!isBusy()) {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const there = page.querySelector("#live");
      if (there && !isBusy()) here.replaceWith(there);
    }
  }
  setTimeout(look, EVERY_MS);
}
setTimeout(look, EVERY_MS);
