// Elements from data. Text is always set as text, never parsed as HTML: ids and names are anyone's.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

const CHANNELS = {
  als: "people with similar taste took it",
  buy_again: "taken before, and due again",
  item_cf: "often goes with what was taken",
  popular: "popular now",
  new: "new, shown to see who likes it",
  pinned: "placed here by a campaign",
  user_cf: "people who took the same took it",
  content: "like what was taken",
  trending: "trending",
  hot: "hot right now",
  popular_segment: "popular among people alike",
  popular_category: "popular where they look most",
  new_items: "new",
  followed: "by someone they follow",
  other: "no single reason",
};

export const titleOf = (id, names) => names.get(id)?.name ?? id;

export function whyOf(reason, names) {
  if (!reason) return null;
  const { channel, evidence } = reason;
  if (evidence === null) return CHANNELS[channel] ?? `channel ${channel}`;
  const item = titleOf(evidence, names);
  return channel === "similar" ? `similar to ${item}, just seen` : `because they took ${item} (${channel})`;
}

export function itemButton(id, names, onOpen) {
  const name = names.get(id)?.name;
  return h("button", { class: "name", type: "button", "data-item": id, onclick: () => onOpen(id) },
    name ?? id, name === undefined || name === id ? null : h("small", {}, id));
}

const badge = (kind, text, title) => h("span", { class: `badge ${kind}`, title }, text);

export function moveBadge(move) {
  if (move === undefined) return null;
  if (move === null) return badge("new", "new", "wasn't in the other version's list");
  if (move === 0) return badge("same", "=", "the same place");
  return move > 0 ? badge("up", `▲ ${move}`, `${move} places up`) : badge("down", `▼ ${-move}`, `${-move} places down`);
}

// One list. moves: as compare.moves gives them; left: ids that the other list doesn't have any more.
export function listRows(list, names, onOpen, { moves, left } = {}) {
  if (!list.items.length) return h("p", { class: "empty" }, "Nothing.");
  const best = Math.max(...(list.reasons ?? []).map((reason) => reason?.score ?? 0), 0);
  return h("ol", { class: "rows" }, list.items.map((id, index) => {
    const reason = list.reasons?.[index] ?? null;
    const why = whyOf(reason, names);
    return h("li", {},
      h("span", { class: "rank" }, String(index + 1)),
      itemButton(id, names, onOpen),
      h("span", { class: "tail" },
        left?.has(id) ? badge("left", "left", "isn't in the live list") : moveBadge(moves?.get(id)),
        scoreBar(reason?.score, best)),
      why ? h("span", { class: "why" }, why) : null);
  }));
}

function scoreBar(score, best) {
  if (score === null || score === undefined) return null;
  const bar = h("span", { class: "bar" });
  bar.style.setProperty("--share", best > 0 ? Math.max(0, score / best) : 0);
  return h("span", { class: "score", title: "the ranker's score" }, bar, score.toFixed(3));
}

export function counts({ entered, left, moved, same }) {
  return h("ul", { class: "counts", "aria-label": "What changed" },
    h("li", {}, badge("new", `${entered.length} entered`)), h("li", {}, badge("left", `${left.length} left`)),
    h("li", {}, badge("", `${moved.length} moved`)), h("li", {}, badge("same", `${same} the same`)));
}

// What entered, left and moved between two lists, and why.
export function changes({ entered, left, moved }, names, onOpen) {
  const row = ({ id, rank, reason, old, by }, kind) => h("li", {},
    h("span", { class: "rank" }, String(rank)),
    itemButton(id, names, onOpen),
    h("span", { class: "tail" }, kind === "moved" ? moveBadge(by) : null),
    h("span", { class: "why" }, explain(kind, reason, old, names)));
  const group = (title, about, rows, kind) => rows.length
    ? [h("h3", {}, title, " ", h("small", {}, about)), h("ol", { class: "rows", "data-group": kind }, rows.map((each) => row(each, kind)))]
    : [];
  return [
    h("div", { class: "pair" },
      h("div", {}, group("Entered", "with the new place", entered, "entered"), group("Moved", "furthest first", moved.slice(0, 10), "moved")),
      h("div", {}, group("Left", "with the place it had", left, "left"))),
  ];
}

function explain(kind, reason, old, names) {
  const now = whyOf(reason, names) ?? "no reason is stored";
  if (kind === "left") return `was there: ${now}`;
  if (kind === "entered") return now;
  const before = whyOf(old.reason, names) ?? "no reason is stored";
  const scores = reason?.score != null && old.reason?.score != null
    ? `, score ${old.reason.score.toFixed(3)} → ${reason.score.toFixed(3)}` : "";
  return (before === now ? `still: ${now}` : `was: ${before}; now: ${now}`) + scores;
}

export function historyRows(history, names, onOpen) {
  if (!history.length) return h("p", { class: "empty" }, "No history is published for this user.");
  return h("ol", { class: "rows" }, history.map(({ item, day, count }) => h("li", {},
    h("span", { class: "rank" }, count > 1 ? `${count}×` : ""),
    itemButton(item, names, onOpen),
    h("span", { class: "why" }, day ?? ""))));
}

export function facts(entry) {
  const shown = Object.entries(entry).filter(([name]) => name !== "name");
  return shown.length ? h("dl", { class: "facts" }, shown.map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])) : null;
}
