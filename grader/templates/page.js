// Sorts, filters and searches the table of submissions. The part of the address after # says what
// is shown: #q=TEXT&status=WORDS&has=CODE&sort=COLUMN&down=1, so a link or a bookmark leads there.
(() => {
  const table = document.getElementById("all"), body = table.tBodies[0];
  // The rest is in the page and takes no part in its layout, which is what takes time.
  const rest = table.tBodies[1] || table.createTBody(), more = document.getElementById("more");
  const few = body.rows.length;
  rest.className = "rest";
  const words = JSON.parse(document.getElementById("words").textContent);
  const form = document.getElementById("tools"), shown = document.getElementById("shown");
  const heads = [...table.tHead.rows[0].cells], statusColumn = heads.length - 2;
  const fields = ["q", "status", "has"].map((id) => document.getElementById(id));
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  let rows = null, most = few;

  // Reading ten thousand rows takes a while: it waits until somebody asks for something.
  const read = () => rows ??= Array.from([...body.rows, ...rest.rows], (row, place) => ({
    row, place, marks: (row.dataset.m || "").split(" "),
    text: plain(`${row.cells[0].textContent} ${row.cells[1].textContent}`),
    // A note may follow the status.
    status: row.cells[statusColumn].dataset.s || row.cells[statusColumn].textContent.trim() }));

  const sort = (column, down) => {
    const numbers = "n" in heads[column].dataset, sign = down ? -1 : 1;
    const keys = new Map(read().map((one) => {
      const text = one.row.cells[column].textContent.trim();
      return [one, numbers ? (text === "" ? -Infinity : parseFloat(text)) : text];
    }));
    const compare = numbers ? (a, b) => (a > b) - (a < b) : collator.compare;
    rows.sort((a, b) => sign * compare(keys.get(a), keys.get(b)) || a.place - b.place);
    heads.forEach((head, place) =>
      head.setAttribute("aria-sort", place !== column ? "none" : down ? "descending" : "ascending"));
  };

  const show = () => {
    const [q, status, has] = fields.map((field) => field.value);
    const parts = plain(q).split(/\s+/).filter(Boolean), fitting = [], others = [];
    for (const one of read()) {
      const fits = parts.every((part) => one.text.includes(part)) &&
        (!status || one.status === status) &&
        (!has || one.marks.some((mark) => mark === has || mark.startsWith(`${has}.`)));
      (fits ? fitting : others).push(one.row);
    }
    body.replaceChildren(...fitting.slice(0, most));
    rest.replaceChildren(...fitting.slice(most), ...others);
    more.hidden = fitting.length <= most;
    shown.textContent =
      words.shown.replace("{count}", fitting.length).replace("{total}", rows.length);
  };

  const state = () => new URLSearchParams(location.hash.slice(1));
  const keep = (changes) => {
    const next = state();
    for (const [key, value] of Object.entries(changes)) value ? next.set(key, value) : next.delete(key);
    history.replaceState(null, "", `#${next}`);
  };
  // What the address asks for; an address of a heading asks for nothing.
  const obey = (arrived) => {
    const asked = state();
    if (![...asked.keys()].some((key) => ["q", "status", "has", "sort"].includes(key))) return;
    fields.forEach((field) => { field.value = asked.get(field.id) || ""; });
    if (heads[asked.get("sort")]) sort(Number(asked.get("sort")), asked.has("down"));
    show();
    if (arrived) document.getElementById("submissions").focus();
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => {
      // Numbers begin with the lowest: who needs help stands first.
      const down = head.getAttribute("aria-sort") === "ascending";
      sort(column, down);
      show();
      keep({ sort: String(column), down: down ? "1" : "" });
    });
    head.replaceChildren(button);
    head.setAttribute("aria-sort", "none");
  });
  for (const field of fields) {
    field.addEventListener("input", () => { show(); keep({ [field.id]: field.value }); });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    keep({ q: "", status: "", has: "" });
    setTimeout(show);
  });
  more.addEventListener("click", () => { most = Infinity; show(); });
  more.hidden = rest.rows.length === 0;
  form.hidden = false;
  addEventListener("hashchange", () => obey(true));
  obey(location.hash.includes("has=") || location.hash.includes("status="));
})();
