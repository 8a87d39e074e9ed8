/* Buttons that copy a link or a reference, and the sheet for sharing where the system has one. */

export function offersCopies() {
  if (navigator.clipboard) {
    for (const button of document.querySelectorAll("[data-copy], [data-copy-from]")) {
      button.hidden = false;
      const label = button.innerHTML;
      button.addEventListener("click", async () => {
        const { copy, copyFrom, done } = button.dataset;
        await navigator.clipboard.writeText(copy ?? document.getElementById(copyFrom).textContent.trim());
        button.textContent = done;
        document.getElementById("announcement").textContent = done;
        setTimeout(() => (button.innerHTML = label), 2000);
      });
    }
  }
  for (const button of navigator.share ? document.querySelectorAll("[data-share]") : []) {
    button.hidden = false;
    button.addEventListener("click", () => navigator.share({ title: document.title, url: button.dataset.share }).catch(() => {}));
  }
}
