// The key, problems in words, actions that send JSON, downloads, and jobs as they happen.
"use strict";
(() => {
  const KEY = "seicast-key";
  const byId = (id) => document.getElementById(id);
  const key = () => sessionStorage.getItem(KEY) || "";
  const headers = (more = {}) => (key() ? { Authorization: `Bearer ${key()}`, ...more } : more);

  // ------------------------------------------------------------------------------ problems
  const WORDS = {
    "urn:seicast:no-key": ["A key is needed", "Type your key into the field at the top of the page. An administrator of this service makes one with: seicast keys add NAME --role ROLE"],
    "urn:seicast:wrong-key": ["The key is not valid", "It is unknown, revoked or expired. Ask an administrator of this service for another, and type it into the field at the top of the page."],
    "urn:seicast:no-store": ["This service keeps nothing", "It was opened without a store, so there are no cells and no jobs. Open it with: seicast serve"],
  };

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function notice(problem) {
    const [title, told] = WORDS[problem.type] || [problem.title, problem.detail];
    const detail = told?.startsWith(`${title}. `) ? told.slice(title.length + 2) : told;
    const box = element("div", "", "notice");
    box.setAttribute("role", "alert");
    box.append(element("h3", title || "Something went wrong"), element("p", detail || ""));
    if (problem.problems?.length) {
      const list = element("ul", "", "notes");
      for (const each of problem.problems) {
        const where = each.where.replace(/^(cells\[\d+\]\.)?(recipe\.)?/, "");
        // Messages of records name their own field first.
        list.append(element("li", `${where}: ${each.problem.replace(/^[A-Z]\w+\.\w+:? /, "")}`));
      }
      box.append(list);
    }
    return box;
  }

  async function problemOf(reply) {
    return parsedProblem(await reply.text(), reply.status);
  }

  function parsedProblem(text, status) {
    try {
      const found = JSON.parse(text);
      if (found.title) return found;
    } catch { /* not ours: a proxy in between, say */ }
    return { title: `The service answered ${status}`, detail: "Try again; if it goes on, its log tells why." };
  }

  function show(target, problem) {
    target.replaceChildren(notice(problem));
    if (problem.type === "urn:seicast:wrong-key") forget();
    if (problem.status === 401) {
      byId("key").focus();
      byId("key-said").textContent = "type your key here";
    }
    markFields(problem.problems || []);
  }

  function markFields(problems) {
    for (const field of document.querySelectorAll("[data-path]")) field.removeAttribute("aria-invalid");
    for (const { where } of problems) {
      const path = where.replace(/^cells\[\d+\]\./, "");
      document.querySelector(`[data-path="${CSS.escape(path)}"]`)?.setAttribute("aria-invalid", "true");
    }
  }

  // ----------------------------------------------------------------------------------- key
  function showKey() {
    byId("key-forget").hidden = !key();
    byId("key-said").textContent = key() ? "kept in this tab" : "";
  }

  function forget() {
    sessionStorage.removeItem(KEY);
    showKey();
  }

  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = byId("key").value.trim();
    if (!typed) return;
    sessionStorage.setItem(KEY, typed);
    byId("key").value = "";
    showKey();
    document.body.dispatchEvent(new Event("keychange"));
  });
  byId("key-forget").addEventListener("click", () => {
    forget();
    document.body.dispatchEvent(new Event("keychange"));
  });
  showKey();

  document.body.addEventListener("htmx:configRequest", (event) => {
    Object.assign(event.detail.headers, headers());
  });
  document.body.addEventListener("htmx:beforeSwap", () => markFields([]));
  document.body.addEventListener("htmx:responseError", (event) => {
    const { xhr, target } = event.detail;
    show(target, parsedProblem(xhr.responseText, xhr.status));
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(name, (event) => show(event.detail.target, {
      title: "The service does not answer", detail: "It may have been stopped. Start it again with: seicast serve",
    }));
  }

  // --------------------------------------------------------- filters that live in the address
  // What a list was asked for can be kept as a bookmark, sent to somebody, and gone back from.
  const asked = document.querySelector("form[data-address]");

  function readAddress() {
    const wanted = new URLSearchParams(location.search);
    for (const field of asked.elements) {
      if (!field.name) continue;
      field.value = wanted.get(field.name) ?? "";
      if (field.selectedIndex === -1) field.value = "";
    }
  }

  function writeAddress() {
    const stated = [...new FormData(asked)].filter(([, value]) => value !== "");
    const query = new URLSearchParams(stated).toString();
    const address = location.pathname + (query && `?${query}`);
    if (address !== location.pathname + location.search) history.pushState(null, "", address);
  }

  function look(cursor) {
    if (asked.elements.cursor) asked.elements.cursor.value = cursor;
    writeAddress();
  }

  if (asked) {
    readAddress();
    // Before htmx hears of it: another filter begins at the first page.
    for (const name of ["change", "submit"]) {
      document.addEventListener(name, (event) => { if (asked.contains(event.target)) look(""); }, true);
    }
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-cursor]");
      if (!button) return;
      look(button.dataset.cursor);
      htmx.trigger(asked, "look");
    });
    window.addEventListener("popstate", () => { readAddress(); htmx.trigger(asked, "look"); });
  }

  // ------------------------------------------------------------------------------- actions
  // A form with data-send posts its fields as JSON, says what came of it, and refreshes the page.
  function jsonOf(form) {
    const body = {};
    for (const [name, value] of new FormData(form)) {
      if (value === "") continue;
      const field = form.elements[name];
      const path = name.split(".");
      let node = body;
      for (const part of path.slice(0, -1)) node = node[part] ??= {};
      node[path.at(-1)] = field.dataset?.integer !== undefined ? Number(value) : value;
    }
    return JSON.stringify(body);
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-send]");
    if (!form) return;
    event.preventDefault();
    const said = form.querySelector("[data-said]");
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    try {
      const reply = await fetch(form.dataset.send, {
        method: "POST", body: jsonOf(form), headers: headers({ "Content-Type": "application/json" }),
      });
      if (!reply.ok) return show(said, await problemOf(reply));
      said.textContent = form.dataset.done || "Done.";
      document.body.dispatchEvent(new Event("refresh"));
    } catch {
      show(said, { title: "The service does not answer", detail: "Nothing was changed." });
    } finally {
      button.disabled = false;
    }
  });

  // ----------------------------------------------------------------------------- downloads
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-download]");
    if (!link) return;
    event.preventDefault();
    const reply = await fetch(link.href, { headers: headers() });
    if (!reply.ok) return show(link.closest("[data-downloads]").querySelector("[data-said]"), await problemOf(reply));
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(await reply.blob());
    anchor.download = link.dataset.download;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), 10000);
  });

  // ---------------------------------------------------------------------------------- jobs
  // EventSource cannot send a key, so the stream is read by hand.
  async function follow(box) {
    const bar = box.querySelector("progress");
    const said = box.querySelector("[data-said]");
    const reply = await fetch(box.dataset.events, { headers: headers() });
    if (!reply.ok) return show(said, await problemOf(reply));
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done || !box.isConnected) break;
      rest += value;
      const events = rest.split("\n\n");
      rest = events.pop();
      for (const text of events) {
        const data = text.split("\n").find((line) => line.startsWith("data: "));
        if (!data) continue;
        const event = JSON.parse(data.slice(6));
        bar.value = event.progress_fraction;
        said.textContent = `${event.state}: ${event.message}`;
      }
    }
    reader.cancel().catch(() => {});
    if (box.isConnected) document.body.dispatchEvent(new Event("refresh"));
  }

  document.body.addEventListener("htmx:load", (event) => {
    const found = [...event.detail.elt.querySelectorAll("[data-events]")];
    if (event.detail.elt.matches?.("[data-events]")) found.push(event.detail.elt);
    for (const box of found) follow(box).catch(() => {});
  });

  window.seicast = { headers, show, problemOf, parsedProblem, element };
})();
