// The page: state lives in the address (#scene=..&user=..), so that what one sees can be sent to someone else.

import { details, get, path, Problem, useKey } from "./api.js";
import { compare, moves } from "./compare.js";
import { changes, counts, facts, h, historyRows, listRows, titleOf } from "./view.js";

const $ = (id) => document.getElementById(id);
const fill = (id, ...children) => $(id).replaceChildren(...children.flat(Infinity).filter(Boolean));
const POPULAR = 24;
const AROUND = 12;
const DAY = 86400;

let scenes = [];
let round = 0; // answers that a later choice has overtaken are dropped

function state() {
  const stated = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(["scene", "variant", "user", "n", "compare"].map((name) => [name, stated.get(name) ?? ""]));
}

function go(change) {
  const next = { ...state(), ...change };
  const stated = new URLSearchParams(Object.entries(next).filter(([, value]) => value !== ""));
  if (`#${stated}` === location.hash) show();
  else location.hash = stated;
}

function guarded(work) {
  return async (...given) => {
    const mine = ++round;
    $("notice").hidden = true;
    document.body.classList.add("loading");
    try {
      await work(() => mine === round, ...given);
    } catch (error) {
      if (mine === round) complain(error);
    } finally {
      if (mine === round) document.body.classList.remove("loading");
    }
  };
}

function complain(error) {
  if (!(error instanceof Problem)) console.error(error);
  $("key-form").hidden = error.status !== 401;
  if (error.status === 401) $("key").focus();
  $("notice").hidden = false;
  $("notice").textContent = error.message;
}

const start = guarded(async (current) => {
  const found = await get("v1/versions");
  if (!current()) return;
  scenes = found.scenes;
  $("key-form").hidden = true;
  await show();
});

const show = guarded(async (current) => {
  if (!scenes.length) throw new Problem(503, "Nothing is published yet: publish first, and reload this page.");
  const wanted = state();
  const own = scenes.filter((each) => each.scene === wanted.scene);
  const published = own.find((each) => (each.variant ?? "") === wanted.variant) ?? own[0] ?? scenes[0];
  const place = { scene: published.scene, variant: published.variant };
  choices(published, wanted);
  const n = $("n").value;
  const earlier = $("compare").value;
  const [popular, sample, names] = await Promise.all([
    get("v1/popular", { ...place, n: POPULAR }),
    get("v1/users", place),
    wanted.user === "" ? null : theUser(wanted.user, n, place, earlier, current),
  ]);
  const found = await details(popular.items, place);
  if (!current()) return;
  fill("popular", listRows(popular, found, open));
  $("popular").firstChild.classList.add("grid");
  fill("users", sample.users.map((user) => h("option", { value: user })));
  fill("tries", sample.users.length ? "Try " : null,
    sample.users.slice(0, 6).map((user) => h("button", { type: "button", onclick: () => go({ user }) }, user)));
  $("user-view").hidden = names === null;
});

function choices(published, wanted) {
  const option = (value, text, chosen) => h("option", { value, selected: value === chosen ? "" : null }, text);
  const names = [...new Set(scenes.map((each) => each.scene))];
  fill("scene", names.map((name) => option(name, name, published.scene)));
  const variants = scenes.filter((each) => each.scene === published.scene).map((each) => each.variant ?? "");
  $("variant-field").hidden = variants.length < 2;
  fill("variant", variants.map((name) => option(name, name || "default", published.variant ?? "")));
  const kept = published.versions.filter((each) => !each.live && each.state === "ready");
  fill("compare", option("", "nothing", ""), kept.map((each) => option(each.version, each.version, wanted.compare)));
  $("user").value = wanted.user;
  if ([...$("n").options].some((each) => each.value === wanted.n)) $("n").value = wanted.n;
  const live = published.versions.find((each) => each.live);
  const days = published.age_seconds / DAY;
  $("freshness").classList.toggle("bad", published.stale);
  $("freshness").textContent = live
    ? `lists of ${live.data_day}, ${days < 2 ? `${Math.floor(days * 24)} h` : `${days.toFixed(1)} days`} old` +
      (live.users === null ? "" : `, ${live.users.toLocaleString("en")} users`)
    : "no live lists";
}

async function theUser(user, n, place, earlier, current) {
  const at = path`v1/users/${user}`;
  const [now, before, past] = await Promise.all([
    get(at, { ...place, n, reasons: 1 }),
    earlier ? get(at, { ...place, n, reasons: 1, version: earlier }) : null,
    get(`${at}/history`, place),
  ]);
  const lists = before ? [before, now] : [now];
  const ids = lists.flatMap((list) => [...list.items, ...(list.reasons ?? []).map((reason) => reason?.evidence)]);
  const names = await details([...ids, ...past.history.map((each) => each.item)].filter((id) => id != null), place);
  if (!current()) return names;
  const tiers = { user: "a list of their own", segment: "the list of their segment", popular: "the popular list, as they have none of their own", memory: "the last remembered popular list, as Redis doesn't answer" };
  $("list-title").textContent = `List of ${user}`;
  $("list-about").textContent = `${tiers[now.tier] ?? now.tier}; version ${now.version}`;
  $("lists").classList.toggle("two", before !== null);
  const difference = before && compare(before, now);
  fill("counts", difference && counts(difference));
  fill("lists", sides(before, now, names));
  fill("changes", difference && changes(difference, names, open));
  fill("history", historyRows(past.history, names, open));
  $("user-view").hidden = false;
  return names;
}

function sides(before, now, names) {
  if (!before) return [listRows(now, names, open)];
  const left = new Set(before.items.filter((id) => !now.items.includes(id)));
  const side = (title, list, marks) => h("div", { "data-version": list.version },
    h("h3", {}, title, " ", h("small", {}, list.version)), listRows(list, names, open, marks));
  return [side("Before", before, { left }), side("Live", now, { moves: moves(before, now) })];
}

async function open(id) {
  const place = { scene: $("scene").value, variant: $("variant").value };
  const dialog = $("item");
  dialog.dataset.item = id;
  $("item-title").textContent = id;
  fill("item-body", h("p", { class: "empty" }, "…"));
  if (!dialog.open) dialog.showModal();
  try {
    const at = path`v1/items/${id}/similar`;
    const around = await Promise.all(["similar", "together"].map((kind) => get(at, { ...place, kind, n: AROUND })));
    const names = await details([id, ...around.flatMap((list) => list.items)], place);
    if (dialog.dataset.item !== id) return;
    const name = titleOf(id, names);
    $("item-title").textContent = name === id ? id : `${name} (${id})`;
    const titles = ["Similar", "Taken together"];
    fill("item-body", facts(names.get(id) ?? {}), h("div", { class: "pair" }, around.map((list, index) => h("div", {},
      h("h3", {}, titles[index]),
      list.tier === "item" ? listRows(list, names, open) : h("p", { class: "empty" }, "No list is published for this item.")))));
  } catch (error) {
    fill("item-body", h("p", { class: "notice bad", role: "alert" }, error.message));
  }
}

$("pick").addEventListener("submit", (event) => {
  event.preventDefault();
  go({ user: $("user").value, n: $("n").value, compare: $("compare").value });
});
$("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey($("key").value);
  $("key").value = "";
  start();
});
$("scene").addEventListener("change", () => go({ scene: $("scene").value, variant: "", compare: "" }));
$("variant").addEventListener("change", () => go({ scene: $("scene").value, variant: $("variant").value, compare: "" }));
$("n").addEventListener("change", () => go({ n: $("n").value }));
$("compare").addEventListener("change", () => go({ compare: $("compare").value }));
$("item-close").addEventListener("click", () => $("item").close());
$("item").addEventListener("click", (event) => event.target === $("item") && $("item").close());
addEventListener("hashchange", () => show());
start();
