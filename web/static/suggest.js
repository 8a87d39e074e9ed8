/* Type-ahead: an editable combobox with a listbox, as the ARIA Authoring Practices describe it. The focus stays in the
   box, so that Left, Right, Home and End move in the text as they always do, from the right or from the left. */

const PAUSE = 120; /* Milliseconds without a key before suggestions are asked for. */
const SHORTEST = 2;
const OPERATORS = /["«»“”():*|]|(^|\s)-/;

export function suggest(form, input, recent) {
  const list = document.createElement("ul");
  list.id = "suggestions-list";
  list.setAttribute("role", "listbox");
  const heading = document.createElement("div");
  heading.className = "heading";
  const label = document.createElement("span");
  const clear = document.createElement("button");
  clear.type = "button";
  clear.textContent = form.dataset.clear;
  heading.append(label, clear);
  const popup = document.createElement("div");
  popup.className = "suggestions";
  popup.hidden = true;
  popup.append(heading, list);
  input.after(popup);

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);

  let typed = input.value; /* What the reader typed; an option that is only passed over does not replace it. */
  let active = -1;
  let waiting = 0;
  let asking = null;

  const options = () => [...list.children];
  const clearableOpen = () => !heading.hidden; /* Recent searches were typed: they mean what they meant. */

  function close() {
    clearTimeout(waiting);
    asking?.abort();
    popup.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  /* `articles`: the addresses of those texts that are titles. */
  function open(texts, name, clearable, articles = new Map()) {
    list.replaceChildren(
      ...texts.map((text, index) => {
        const option = document.createElement("li");
        option.id = `suggestion-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dir = "auto";
        option.textContent = text;
        if (articles.has(text)) {
          option.dataset.address = articles.get(text);
          option.dataset.kind = form.dataset.article;
        }
        return option;
      }),
    );
    list.setAttribute("aria-label", name);
    label.textContent = name;
    heading.hidden = !clearable;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    popup.hidden = texts.length === 0;
    input.setAttribute("aria-expanded", String(texts.length > 0));
  }

  function openRecent() {
    const queries = recent.all();
    if (queries.length) open(queries, form.dataset.recent, true);
    else close();
  }

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const address = `${form.dataset.suggest}?${new URLSearchParams({ q: typed })}`;
      const response = await fetch(address, { signal, headers: { Accept: "application/json" } });
      if (!response.ok) return close();
      const { suggestions, articles = [] } = await response.json();
      if (!signal.aborted && document.activeElement === input) {
        const address = ({ id }) => `${form.dataset.articles}?${new URLSearchParams({ id })}`;
        const titles = new Map(articles.map((article) => [article.title, address(article)]));
        open(suggestions.filter(Boolean), form.dataset.suggestions, false, titles);
      }
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  function choose(index) {
    const all = options();
    active = index;
    all.forEach((option, number) => option.setAttribute("aria-selected", String(number === index)));
    if (index < 0) {
      input.removeAttribute("aria-activedescendant");
      input.value = typed;
    } else {
      input.setAttribute("aria-activedescendant", all[index].id);
      input.value = all[index].textContent;
      all[index].scrollIntoView({ block: "nearest" });
    }
  }

  function accept(text, wasTyped) {
    input.value = text;
    readAsPlain(wasTyped ? "" : text);
    close();
    form.requestSubmit();
  }

  /** What was chosen is a title or words of one: its quotation marks and dashes are no operators. */
  function readAsPlain(text) {
    form.querySelector("[name=operators]")?.remove();
    if (!OPERATORS.test(text)) return;
    const plain = Object.assign(document.createElement("input"), { type: "hidden", name: "operators", value: "false" });
    form.append(plain);
  }

  input.addEventListener("input", () => {
    readAsPlain("");
    typed = input.value;
    input.dir = typed ? "auto" : document.documentElement.dir;
    clearTimeout(waiting);
    asking?.abort();
    const length = typed.trim().length;
    if (length === 0) openRecent();
    else if (length < SHORTEST) close();
    else waiting = setTimeout(ask, PAUSE);
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const count = options().length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (popup.hidden) {
        typed = input.value;
        if (!typed.trim()) openRecent();
        else ask();
      } else if (!event.altKey) {
        /* From the text, through the options, to the text again. */
        const step = event.key === "ArrowDown" ? 1 : -1;
        choose(((active + 1 + step + count + 1) % (count + 1)) - 1);
      } else {
        close();
      }
    } else if (event.key === "Escape" && !popup.hidden) {
      event.preventDefault();
      input.value = typed;
      close();
    } else if (event.key === "Enter" || event.key === "Tab") {
      if (event.key === "Enter" && active >= 0 && !clearableOpen()) readAsPlain(input.value);
      if (event.key === "Tab" && !popup.hidden && !heading.hidden && !event.shiftKey) return; /* To “clear”. */
      const address = event.key === "Enter" && !popup.hidden && options()[active]?.dataset.address;
      if (address) {
        event.preventDefault();
        location.assign(address);
      }
      close();
    }
  });

  input.addEventListener("click", () => {
    if (popup.hidden && !input.value.trim()) openRecent();
  });

  list.addEventListener("mousedown", (event) => event.preventDefault()); /* The box keeps the focus. */
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option?.dataset.address) location.assign(option.dataset.address);
    else if (option) accept(option.textContent, clearableOpen());
  });

  clear.addEventListener("click", () => {
    recent.clear();
    close();
    input.focus();
    document.getElementById("announcement").textContent = form.dataset.cleared;
  });

  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) close();
  });
  form.addEventListener("submit", close);
}
