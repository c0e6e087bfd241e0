// Requests to the server that this page came from. Errors bear the sentence of the problem document.

const KEY = "predawn-key";

export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export function useKey(key) {
  sessionStorage.setItem(KEY, key);
}

export async function get(path, parameters = {}) {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of [value].flat()) if (each !== undefined && each !== null && each !== "") url.searchParams.append(name, each);
  }
  const key = sessionStorage.getItem(KEY);
  let response;
  try {
    response = await fetch(url, { headers: key ? { "X-API-Key": key } : {} });
  } catch {
    throw new Problem(0, "The server doesn't answer: is `predawn serve` running?");
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, body?.detail ?? `The server answered ${response.status}.`);
  return body;
}

// A path with ids in it.
export function path(strings, ...ids) {
  const dots = ids.find((id) => id === "." || id === "..");
  if (dots) throw new Problem(0, `"${dots}" can't stand in the path of a URL, however it is encoded: ask POST /v1/batch.`);
  return String.raw({ raw: strings }, ...ids.map((id) => encodeURIComponent(id)));
}

// What is stored of items, remembered for one version.
const known = new Map();
const URL_LENGTH = 4000;

export async function details(ids, place) {
  const shelf = `${place.scene} ${place.variant ?? ""} ${place.version ?? ""}`;
  if (!known.has(shelf)) known.set(shelf, new Map());
  const found = known.get(shelf);
  const chunks = [[]];
  let length = 0;
  for (const id of new Set(ids)) {
    if (found.has(id)) continue;
    length += encodeURIComponent(id).length + 4;
    if (length > URL_LENGTH) {
      chunks.push([]);
      length = 0;
    }
    chunks.at(-1).push(id);
  }
  await Promise.all(chunks.filter((chunk) => chunk.length).map(async (chunk) => {
    const { items } = await get("v1/items", { ...place, id: chunk });
    for (const id of chunk) found.set(id, items[id] ?? {});
  }));
  return found;
}
