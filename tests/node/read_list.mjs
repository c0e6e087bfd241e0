// Reads Predawn's lists with the ordinary `redis` client. Written from docs/format.md; nothing of Predawn's code is used.
//
//   node read_list.mjs URL PLACE user ID [SEGMENT]     a user's list, else the segment's, else the popular one, and why
//   node read_list.mjs URL PLACE similar|together ID   the items that go with an item
//   node read_list.mjs URL PLACE item ID               what is stored of an item
//
// PLACE is SCENE or SCENE@VARIANT. Prints one line of JSON.

import { createClient } from "redis";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SCORE_UNIT = 10000;

// "Keys": unreserved characters stay, every other byte becomes %XX; encodeURIComponent leaves !'()* as they are.
const escape = (id) =>
  encodeURIComponent(id).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

// "Lists": a code is a number in base 62.
const numberOf = (code) => [...code].reduce((number, digit) => number * DIGITS.length + DIGITS.indexOf(digit), 0);

// "The dictionary": fields in the order of their numbers, each up to 1000 ids.
async function dictionary(client, stem) {
  const fields = await client.hGetAll(`${stem}items`);
  const numbers = Object.keys(fields).sort((a, b) => a - b);
  return numbers.flatMap((number) => fields[number].split(",").map(decodeURIComponent));
}

const read = (list, items) => list.split(",").map((code) => items[numberOf(code)]);

// "Reasons": <score>.<channel>.<evidence> for each of the first places.
function readReasons(value, items, channels) {
  return value.split(",").map((part) => {
    const [score, channel, evidence] = part.split(".");
    return {
      score: score === "" ? null : Number(score) / SCORE_UNIT,
      channel: channels[numberOf(channel)],
      evidence: evidence === "" ? null : items[numberOf(evidence)],
    };
  });
}

// "What readers may rely on", 3: the wanted keys first, the popular list last. If all are missing, the version is gone.
async function fromLive(client, place, wanted, use) {
  const catalog = `predawn:${place}:catalog`;
  for (let version = await client.hGet(catalog, "live"), missed = null; version && version !== missed; ) {
    const stem = `predawn:${place}:${version}:`;
    const values = await Promise.all([...wanted, "popular"].map((name) => client.get(stem + name))); // one pipeline
    if (values.some((value) => value !== null)) return { version, ...(await use(stem, values)) };
    missed = version;
    version = await client.hGet(catalog, "live");
  }
  throw new Error(`nothing is live at ${place}`);
}

async function user(client, place, id, segment) {
  const wanted = [`u:${escape(id)}`, `why:${escape(id)}`];
  if (segment) wanted.push(`popular:${escape(segment)}`);
  return fromLive(client, place, wanted, async (stem, [own, why, ...others]) => {
    const items = await dictionary(client, stem);
    if (own !== null) {
      const { channels } = JSON.parse(await client.get(`${stem}manifest`));
      return { tier: "user", items: read(own, items), reasons: why === null ? [] : readReasons(why, items, channels) };
    }
    const list = others.find((value) => value !== null);
    return { tier: others.length > 1 && others[0] !== null ? "segment" : "popular", items: read(list, items) };
  });
}

async function around(client, place, kind, id) {
  return fromLive(client, place, [`${kind}:${escape(id)}`], async (stem, [list]) =>
    ({ items: list === null ? [] : read(list, await dictionary(client, stem)) }));
}

async function item(client, place, id) {
  return fromLive(client, place, [`item:${escape(id)}`], async (_, [stored]) => ({ item: stored && JSON.parse(stored) }));
}

const [url, scene, command, id, segment] = process.argv.slice(2);
const place = scene.split("@").map(escape).join("@");
const client = await createClient({ url, socket: { reconnectStrategy: false } }).connect();
try {
  const answer = command === "user" ? await user(client, place, id, segment)
    : command === "item" ? await item(client, place, id)
    : await around(client, place, command, id);
  console.log(JSON.stringify(answer));
} finally {
  await client.close();
}
