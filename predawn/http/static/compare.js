// What differs between two lists, and why. A list is {items: [id], reasons: [reason or null]}.

export function compare(before, now) {
  const was = places(before);
  const is = places(now);
  const entered = [], left = [], moved = [];
  let same = 0;
  for (const [id, place] of is) {
    const old = was.get(id);
    if (!old) entered.push({ id, ...place });
    else if (old.rank === place.rank) same += 1;
    else moved.push({ id, by: old.rank - place.rank, old, ...place });
  }
  for (const [id, place] of was) if (!is.has(id)) left.push({ id, ...place });
  moved.sort((a, b) => Math.abs(b.by) - Math.abs(a.by) || a.rank - b.rank);
  return { entered, left, moved, same };
}

// id -> how its place differs from that in the other list: null when it wasn't there, else places won (+) or lost (-).
export function moves(before, now) {
  const was = places(before);
  return new Map([...places(now)].map(([id, { rank }]) => [id, was.has(id) ? was.get(id).rank - rank : null]));
}

function places(list) {
  return new Map(list.items.map((id, index) => [id, { rank: index + 1, reason: list.reasons?.[index] ?? null }]));
}
