/* The menu of settings: the theme changes at once, and the menu closes as menus do. */

export function chooseWithoutReload() {
  const menu = document.querySelector(".settings");
  if (!menu) return;
  const form = menu.querySelector("form");

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    form.elements.back.value = location.pathname + location.search;
    if (button?.name !== "theme") return; /* Language and digits change every text: the page is loaded anew. */
    event.preventDefault();
    if (button.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = button.value;
    document.querySelector("meta[name=color-scheme]").content = button.value === "auto" ? "light dark" : button.value;
    for (const other of form.querySelectorAll("[name=theme]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    fetch(form.action, { method: "POST", body: new URLSearchParams({ theme: button.value }), redirect: "manual" });
  });

  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
