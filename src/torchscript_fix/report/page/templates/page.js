
// Sorts, filters and searches the table, follows links to repositories, draws diffs.
// All that comes from the data is set as text, never as markup.
"use strict";
(() => {
  const SCREENFUL = 200;
  const byId = (id) => document.getElementById("part:" + id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // ---------------------------------------------------------------- the table

  const table = document.querySelector(".all-repos");
  const body = table.tBodies[0];
  const chips = all("[data-verdict]");
  const order = new Map(chips.map((chip, index) => [chip.dataset.verdict, index]));
  const count = (text) => Number(text.replace(/[^\d.]/g, "")) || 0;

  function fromElement(element) {
    const [fixed, rewrites, lines, seconds] = [...element.cells].slice(2).map((cell) => cell.textContent);
    return {
      element,
      name: element.querySelector("a").textContent,
      verdict: element.cells[1].textContent.trim(),
      error: element.querySelector("p")?.textContent ?? "",
      rules: element.dataset.r.split(" "),
      fixed: count(fixed.split("/")[0]),
      cases: count(fixed.split("/")[1] ?? ""),
      rewrites: count(rewrites),
      lines: lines.split("−").reduce((sum, part) => sum + count(part), 0),
      seconds: count(seconds),
    };
  }

  function fromData(fields) {
    const [name, fragment, verdict, fixed, cases, rewrites, added, removed, seconds, rules, error] = fields;
    return { name, fragment, verdict, fixed, cases, rewrites, added, removed, lines: added + removed,
      seconds, rules: rules.split(" "), error };
  }

  function elementOf(row) {
    if (row.element) return row.element;
    const line = make("tr");
    const head = make("th");
    head.scope = "row";
    head.append(make("span", "", row.name));
    if (row.error && !["fixed", "already-scriptable"].includes(row.verdict)) head.append(make("p", "", row.error));
    const verdict = make("td");
    verdict.append(make("span", "v " + row.verdict, row.verdict));
    const fixed = make("td", row.fixed ? "n" : "n nil", row.cases ? String(row.fixed) : "");
    if (row.cases) fixed.append(make("i", "", "/" + row.cases));
    const lines = make("td", "n");
    if (row.added) lines.append(make("span", "add", "+" + row.added), " ");
    if (row.removed) lines.append(make("span", "rem", "−" + row.removed));
    line.append(head, verdict, fixed, make("td", "n", row.rewrites || ""), lines, make("td", "n", row.seconds.toFixed(1)));
    return (row.element = line);
  }

  const rest = byId("rest");
  const rows = all("tr", body).map(fromElement).concat(rest ? JSON.parse(rest.textContent).map(fromData) : []);
  rows.forEach((row, index) => {
    row.index = index;
    row.text = [row.name, row.verdict, row.error, ...row.rules].join("\n").toLowerCase();
  });
  const verdicts = new Set();
  let sorted = { key: null, down: false };
  let limit = SCREENFUL;

  function compare(one, other) {
    const { key, down } = sorted;
    if (!key) return one.index - other.index;
    let difference;
    if (key === "name") difference = one.name.localeCompare(other.name, "en", { numeric: true });
    else if (key === "verdict") difference = order.get(one.verdict) - order.get(other.verdict);
    else difference = one[key] - other[key];
    return (down ? -difference : difference) || one.index - other.index;
  }

  function show() {
    const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const rule = byId("rule").value;
    const found = rows.filter((row) =>
      (!verdicts.size || verdicts.has(row.verdict)) &&
      (!rule || row.rules.includes(rule)) &&
      words.every((word) => row.text.includes(word)));
    found.sort(compare);
    body.replaceChildren(...found.slice(0, limit).map(elementOf));
    const whole = rows.length.toLocaleString("en");
    document.querySelector(".found").textContent =
      found.length === rows.length ? `${whole} shown` : `${found.length.toLocaleString("en")} of ${whole} shown`;
    document.querySelector(".none").hidden = found.length > 0;
    document.querySelector(".rest").hidden = found.length <= limit;
    table.hidden = found.length === 0;
  }

  function anew() {
    limit = SCREENFUL;
    show();
  }

  function sortBy(key) {
    const first = key !== "name" && key !== "verdict";  // Of numbers, the largest first.
    if (sorted.key !== key) sorted = { key, down: first };
    else if (sorted.down === first) sorted = { key, down: !first };
    else sorted = { key: null, down: false };
    for (const head of all("[data-key]", table)) {
      if (head.dataset.key === sorted.key) head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    anew();
  }

  for (const head of all("[data-key]", table)) {
    const button = make("button", "", head.textContent);
    button.type = "button";
    button.addEventListener("click", () => sortBy(head.dataset.key));
    head.replaceChildren(button);
  }

  function choose(verdict, wanted) {
    wanted ? verdicts.add(verdict) : verdicts.delete(verdict);
    for (const chip of chips) chip.setAttribute("aria-pressed", verdicts.has(chip.dataset.verdict));
  }

  function clear() {
    byId("search").value = "";
    byId("rule").value = "";
    for (const chip of chips) choose(chip.dataset.verdict, false);
    anew();
  }

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      choose(chip.dataset.verdict, !verdicts.has(chip.dataset.verdict));
      anew();
    });
  }
  byId("search").addEventListener("input", anew);
  byId("rule").addEventListener("change", anew);
  byId("clear").addEventListener("click", () => { clear(); byId("search").focus(); });
  byId("more").addEventListener("click", () => { limit += SCREENFUL; show(); });
  document.querySelector("form.tools").addEventListener("submit", (event) => event.preventDefault());

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      byId("search").focus();
    } else if (event.key === "Escape" && event.target === byId("search")) {
      byId("search").value = "";
      anew();
    }
  });

  // ------------------------------------------------------------------- diffs

  let view = "unified";

  // The lines of a diff and their colours.
  function linesOf(pre) {
    if (!pre.lines) {
      const colours = pre.dataset.c.split("/");
      pre.lines = pre.textContent.replace(/\n$/, "").split("\n").map((line, index) => ({
        sign: line[0] ?? " ", text: line, runs: [...(colours[index] ?? "").matchAll(/([a-z_])(\d*)/g)] }));
      number(pre.lines);
      pair(pre.lines);
    }
    return pre.lines;
  }

  function number(lines) {
    let old = 0, now = 0;
    for (const line of lines) {
      const head = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line.text);
      if (head) { old = Number(head[1]); now = Number(head[2]); continue; }
      if (line.sign === "\\") continue;
      if (line.sign !== "+") line.old = old++;
      if (line.sign !== "-") line.now = now++;
    }
  }

  // Lines taken away and lines added in their place, one beside the other.
  function pair(lines) {
    for (let start = 0; start < lines.length; start++) {
      if (lines[start].sign !== "-") continue;
      let middle = start;
      while (lines[middle]?.sign === "-" || lines[middle]?.sign === "\\") middle++;
      let end = middle;
      while (lines[end]?.sign === "+") end++;
      for (let step = 0; step < Math.min(middle - start, end - middle); step++) {
        mark(lines[start + step], lines[middle + step]);
      }
      start = end - 1;
    }
  }

  // Marks what differs between two lines, where enough of them is the same.
  function mark(old, now) {
    if (old.sign !== "-" || now.sign !== "+") return;
    const shortest = Math.min(old.text.length, now.text.length);
    let front = 1;
    while (front < shortest && old.text[front] === now.text[front]) front++;
    let back = 0;
    while (back < shortest - front && old.text.at(-1 - back) === now.text.at(-1 - back)) back++;
    const same = old.text.slice(1, front).trim().length + old.text.slice(old.text.length - back).trim().length;
    if (same * 3 < old.text.trim().length) return;
    old.mark = [front, old.text.length - back];
    now.mark = [front, now.text.length - back];
  }

  // The text of a line, in coloured and marked pieces.
  function pieces(line, withSign) {
    const made = document.createDocumentFragment();
    if (withSign) made.append(make("span", "sign", line.text.slice(0, 1)));
    let at = 0;
    const runs = line.runs.map((run) => [run[1], Number(run[2] || 1)]);
    runs.push(["_", Infinity]);
    for (const [letter, length] of runs) {
      const end = Math.min(line.text.length, at + length);
      const [from, to] = line.mark ?? [0, 0];
      const cuts = [at, ...[from, to].filter((place) => place > at && place < end), end];
      for (let index = 0; index + 1 < cuts.length; index++) {
        const start = Math.max(cuts[index], 1);
        if (start >= cuts[index + 1]) continue;
        let piece = document.createTextNode(line.text.slice(start, cuts[index + 1]));
        if (letter !== "_") { const colour = make("i", "t" + letter); colour.append(piece); piece = colour; }
        if (cuts[index] >= from && cuts[index] < to) { const marked = make("mark"); marked.append(piece); piece = marked; }
        made.append(piece);
      }
      at = end;
    }
    return made;
  }

  const kind = { "+": "a", "-": "r" };

  function cell(line, withSign) {
    const made = make("td", line ? kind[line.sign] ?? "" : "e");
    if (line) made.append(pieces(line, withSign));
    return made;
  }

  function numberCell(number, className) {
    const made = make("td", className);
    made.dataset.n = number ?? "";
    return made;
  }

  function headRow(line, columns) {
    const made = make("tr", "head");
    const only = make("td", "", line.text);
    only.colSpan = columns;
    made.append(only);
    return made;
  }

  function unified(lines) {
    return lines.map((line) => {
      if (line.sign === "@" || line.sign === "\\") return headRow(line, 3);
      const made = make("tr");
      const colour = kind[line.sign] ?? "";
      made.append(numberCell(line.old, colour), numberCell(line.now, colour), cell(line, true));
      return made;
    });
  }

  function split(lines) {
    const made = [];
    let left = [], right = [];
    const flush = () => {
      for (let step = 0; step < Math.max(left.length, right.length); step++) {
        const [old, now] = [left[step], right[step]];
        const row = make("tr");
        row.append(numberCell(old?.old, old ? "r" : "e"), cell(old), numberCell(now?.now, now ? "a" : "e"), cell(now));
        made.push(row);
      }
      left = []; right = [];
    };
    for (const line of lines) {
      if (line.sign === "-") { if (right.length) flush(); left.push(line); continue; }
      if (line.sign === "+") { right.push(line); continue; }
      if (line.sign === "\\") continue;
      flush();
      if (line.sign === "@") { made.push(headRow(line, 4)); continue; }
      const row = make("tr");
      row.append(numberCell(line.old), cell(line), numberCell(line.now), cell(line));
      made.push(row);
    }
    flush();
    return made;
  }

  function draw(pre) {
    if (pre.dataset.view === view) return;
    pre.dataset.view = view;
    const lines = linesOf(pre);
    const made = make("table");
    if (view === "split") {
      const columns = make("colgroup");
      for (const className of ["no", "", "no", ""]) columns.append(make("col", className));
      made.append(columns);
    }
    const rows = make("tbody");
    rows.append(...(view === "split" ? split(lines) : unified(lines)));
    made.append(rows);
    pre.classList.add("made");
    pre.classList.toggle("split", view === "split");
    pre.replaceChildren(made);
  }

  // What is packed is the same markup as beside it, made by the same program. DOMParser runs nothing.
  async function unfold(inside) {
    const packed = inside.dataset.z;
    delete inside.dataset.z;
    if (!packed) return;
    try {
      const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      const text = await new Response(stream).text();
      inside.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    } catch { /* An old browser: what is there stays. */ }
  }

  async function drawAll(repository) {
    await unfold(repository.querySelector(".inside"));
    if (repository.open) all(".diff", repository).forEach(draw);
  }

  for (const button of all("[data-view]:not(pre)")) {
    button.addEventListener("click", () => {
      view = button.dataset.view;
      for (const each of all("[data-view]:not(pre)")) each.setAttribute("aria-pressed", each.dataset.view === view);
      all(".repo[open]").forEach(drawAll);
    });
  }

  // While nothing else happens, so that it is found in the page, and printed.
  const packed = all("[data-z]");
  const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  async function unfoldNext() {
    const inside = packed.shift();
    if (!inside) return;
    await unfold(inside);
    const repository = inside.closest(".repo");
    if (repository.open) drawAll(repository);
    later(unfoldNext);
  }
  later(unfoldNext);

  // ---------------------------------------------------------------- sections

  const repositories = all(".repo");
  for (const repository of repositories) {
    repository.addEventListener("toggle", () => { if (repository.open) drawAll(repository); });
    if (repository.open) drawAll(repository);
  }
  byId("open")?.addEventListener("click", () => repositories.forEach((each) => { each.open = true; }));
  byId("close")?.addEventListener("click", () => repositories.forEach((each) => { each.open = false; }));

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    closed.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));

  // As Python's urllib.parse.quote writes it, however the browser did.
  function asFragment(hash) {
    let name = hash;
    try { name = decodeURIComponent(hash); } catch { /* A bare per cent sign. */ }
    return encodeURIComponent(name).replace(/%2F/g, "/")
      .replace(/[!'()*]/g, (found) => "%" + found.charCodeAt(0).toString(16).toUpperCase());
  }

  function follow() {
    const hash = location.hash.slice(1);
    if (!hash || hash.startsWith("part:")) return;
    const target = document.getElementById(hash) ?? document.getElementById(asFragment(hash));
    all(".repo.shown").forEach((each) => each.classList.remove("shown"));
    const repository = target?.closest(".repo");
    if (repository) {
      repository.open = true;
      repository.classList.add("shown");
      drawAll(repository);
      const reach = () => repository.scrollIntoView({ behavior: "instant", block: "start" });
      reach();
      requestAnimationFrame(reach);  // Once more: sections that were not drawn had no height yet.
      repository.querySelector("summary").focus({ preventScroll: true });
      return;
    }
    const row = rows.find((each) => each.fragment === hash || each.fragment === asFragment(hash));
    if (row) {
      clear();
      byId("search").value = row.name;
      anew();
      byId("repositories").scrollIntoView();
    }
  }
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link && link.hash === location.hash) follow();  // No change, no event.
  });

  for (const tools of all(".tools")) tools.hidden = false;
  show();
  follow();
})();
