// What is still going on is looked at again every few seconds; not while somebody reads or fills in what would be wiped.
const EVERY_MS = 4000;

const isChanged = (field) => {
  if (field.matches("select")) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((each) => each.defaultSelected));
  return field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
};

function isBusy() {
  const live = document.querySelector("#live");
  const selection = getSelection();
  return document.hidden
    || document.querySelector("dialog[open]")
    || live.querySelector("details[open], :focus-visible, .table:focus-within, form:focus-within")
    || [...live.querySelectorAll("input:not([type=hidden]), textarea, select")].some((field) => isChanged(field) && !field.closest("dialog"))
    || (!selection.isCollapsed && live.contains(selection.anchorNode));
}

async function look() {
  const here = document.querySelector("#live[data-live]");
  if (!here) return;
  if (!isBusy()) {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const there = page.querySelector("#live");
      for (const dialog of there?.querySelectorAll("dialog[open]") ?? []) dialog.removeAttribute("open"); // by the address, and closed since
      if (there && !isBusy()) here.replaceWith(there);
    }
  }
  setTimeout(look, EVERY_MS);
}
setTimeout(look, EVERY_MS);
