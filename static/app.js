// Sebangsa's pages work without this file; with it they ask less of the network and of the reader.
"use strict";
{
  const body = document.body, root = document.documentElement, words = body.dataset;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const on = (type, handle, options) => document.addEventListener(type, handle, options);

  // A word that goes by itself. Read aloud: the box is a live region.
  const toast = (text, then) => {
    const line = document.createElement("p");
    line.className = "toast";
    line.textContent = text;
    if (then) {
      line.tabIndex = 0;
      line.addEventListener("click", () => { then(); line.remove(); });
    }
    document.querySelector(".toasts").append(line);
    setTimeout(() => line.remove(), 6000);
  };

  // Ask before what cannot be undone. Without <dialog> the browser's own question does.
  const ask = (text) => new Promise((answer) => {
    const box = document.getElementById("ask");
    if (!box?.showModal) return answer(confirm(text));
    box.querySelector("p").textContent = text;
    box.returnValue = "no";
    box.addEventListener("close", () => answer(box.returnValue === "yes"), { once: true });
    box.showModal();
  });

  // A vote changes in place: the answer's page holds the new control under the same id.
  const swap = async (button) => {
    const form = button.form, fields = new FormData(form), id = button.dataset.swap;
    if (button.name) fields.append(button.name, button.value);
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(button.formAction, { method: "POST", body: new URLSearchParams(fields), headers: { "X-Fragment": id } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
      if (!answer.ok || !fresh) return location.assign(answer.url);
      const place = button.closest(`[id="${id}"]`) ?? button, which = button.value;
      place.replaceWith(fresh);
      fresh.querySelector(`[value="${which}"]`)?.focus();
    } catch {
      button.removeAttribute("aria-busy");
      toast(words.offline);
    }
  };

  on("click", async (event) => {
    const target = event.target;
    for (const menu of all("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
    const button = target.closest("[data-confirm], [data-swap], [data-dialog], [data-share], [data-copy], time[title]");
    if (!button || button.tagName === "FORM") return;
    if (button.tagName === "TIME") {
      if (!button.closest("a")) {
        const shown = button.textContent;
        button.textContent = button.title;
        button.title = shown;
        button.dataset.exact = "1";
      }
      return;
    }
    const { confirm: question, dialog, share, copy } = button.dataset;
    if (question && !button.dataset.agreed) {
      event.preventDefault();
      if (await ask(question)) {
        button.dataset.agreed = "1";
        button.click();
        delete button.dataset.agreed;
      }
    } else if (button.dataset.swap) {
      event.preventDefault();
      if (!button.hasAttribute("aria-busy")) swap(button);
    } else if (dialog && document.getElementById(dialog)?.showModal) {
      event.preventDefault();
      document.getElementById(dialog).showModal();
    } else if (share !== undefined || copy !== undefined) {
      const url = new URL(share || location.href, location).href;
      if (share !== undefined && navigator.share) navigator.share({ url, title: button.dataset.title }).catch(() => {});
      else navigator.clipboard.writeText(copy || url).then(() => toast(words.copied));
    }
  });

  on("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.firstElementChild.focus();
    }
  });

  on("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (form.dataset.confirm && !form.dataset.agreed) {
      event.preventDefault();
      if (await ask(form.dataset.confirm)) {
        form.dataset.agreed = "1";
        form.requestSubmit(button);
      }
      return;
    }
    if (form.matches("[data-themes]") && button) {
      event.preventDefault();
      if (button.value === "device") delete root.dataset.theme;
      else root.dataset.theme = button.value;
      for (const other of form.querySelectorAll("button")) other.setAttribute("aria-pressed", other === button);
      const fields = new FormData(form);
      fields.set("theme", button.value);
      fetch(form.action, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
      return;
    }
    // Two taps are one message: the second is dropped until the page changes.
    if (form.method === "dialog") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    button?.setAttribute("aria-busy", "true");
    const draft = form.querySelector("[data-draft]");
    if (draft) localStorage.removeItem("draft:" + draft.dataset.draft);
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of all("form[data-sent]")) delete form.dataset.sent;
    for (const button of all("[aria-busy]")) button.removeAttribute("aria-busy");
  });

  // What is written and not sent is kept on this device, and letters are counted near the limit.
  const count = (area) => {
    const left = area.dataset.limit - [...area.value].length;
    const line = area.parentElement.querySelector(".count");
    if (!line) return;
    line.hidden = left > area.dataset.limit * 0.2;
    line.value = left;
    line.classList.toggle("over", left < 0);
  };
  for (const area of all("textarea")) {
    const key = area.dataset.draft && "draft:" + area.dataset.draft;
    if (key && !area.value.trim()) area.value = localStorage.getItem(key) || area.value;
    if (area.dataset.limit) count(area);
    area.addEventListener("input", () => {
      if (key) localStorage.setItem(key, area.value);
      if (area.dataset.limit) count(area);
    });
  }

  // Chosen pictures, small, with what sending them costs. Drawn on a canvas: the policy allows no blob addresses.
  const size = (bytes) => new Intl.NumberFormat(root.lang, { maximumFractionDigits: 1 }).format(bytes < 1e6 ? Math.ceil(bytes / 1e3) : bytes / 1e6) + (bytes < 1e6 ? " KB" : " MB");
  on("change", async ({ target }) => {
    if (!target.matches("input[data-preview]")) return;
    const place = target.parentElement.querySelector(".previews");
    place.replaceChildren();
    for (const file of target.files) {
      const figure = document.createElement("figure"), canvas = document.createElement("canvas");
      canvas.width = canvas.height = 176;
      figure.append(canvas, size(file.size));
      place.append(figure);
      try {
        const image = await createImageBitmap(file), side = Math.min(image.width, image.height);
        canvas.getContext("2d").drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, 176, 176);
        image.close();
      } catch { canvas.remove(); }
    }
  });

  // The tab that one is on is in sight, also where they run off a narrow screen.
  for (const tab of all(".tabs [aria-current]")) tab.parentElement.scrollLeft = tab.offsetLeft - 48;

  // "5 min ago" stays true while the page is open.
  const ago = words.ago?.split("|") || [];
  setInterval(() => {
    for (const time of document.hidden ? [] : all("time[title]:not([data-exact])")) {
      const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
      if (time.closest(".sent") || minutes < 0 || minutes >= 1440) continue;
      time.textContent = minutes < 1 ? ago[0] : minutes < 60 ? ago[1].replace("#", minutes) : ago[2].replace("#", Math.floor(minutes / 60));
    }
  }, 30000);

  // Live: fragments that the server rendered go to the end of [data-live="event"], numbers into [data-badge="event"].
  const show = (place, html) => {
    const made = document.createElement("template");
    made.innerHTML = html;
    const atEnd = innerHeight + scrollY > root.scrollHeight - 240;
    for (const fresh of [...made.content.children]) {
      const old = fresh.id && document.getElementById(fresh.id);
      if (old) old.replaceWith(fresh);
      else place.append(fresh);
      if (old) continue;
      if (atEnd) fresh.scrollIntoView({ block: "end" });
      else toast(words.new, () => fresh.scrollIntoView({ block: "center" }));
    }
  };
  const places = all("[data-live]"), badges = all("[data-badge]");
  let source;
  const listen = () => {
    if (!words.events || source || !window.EventSource) return;
    source = new EventSource(places[0]?.dataset.liveFrom || words.events);
    for (const place of places) source.addEventListener(place.dataset.live, (event) => show(place, event.data));
    for (const badge of badges) source.addEventListener(badge.dataset.badge, (event) => {
      badge.textContent = event.data > 99 ? "99+" : event.data;
      badge.hidden = !Number(event.data);
    });
  };
  listen();
  // A page with numbers alone lets its connection go while nobody looks; a log keeps it, to miss nothing.
  on("visibilitychange", () => {
    if (!document.hidden) listen();
    else if (!places.length) { source?.close(); source = undefined; }
  });
  if (places.length) places.at(-1).lastElementChild?.scrollIntoView({ block: "end" });

  addEventListener("offline", () => toast(words.offline));
  addEventListener("online", () => toast(words.online));
  for (const button of all("[data-share], [data-copy]")) button.hidden = !(navigator.share || navigator.clipboard);
}
