// A link with `data-dialog` opens that dialog in place; without script its address shows it.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dialog]");
  const dialog = link && document.getElementById(link.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.close();
    dialog.showModal();
  }
  const leave = event.target.closest("[data-leave]");
  if (leave) {
    event.preventDefault();
    leave.closest("dialog").close();
  }
});
for (const dialog of document.querySelectorAll("dialog[open]")) {
  dialog.close();
  dialog.showModal();
}
// A form that was refused begins where it is wrong, however long the list above it is.
document.querySelector("main [aria-invalid]")?.focus();
