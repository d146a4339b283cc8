/** A cited passage in what stands around it. Offsets are code points, as the API tells them; a string's own are UTF-16. */

export interface Piece { text: string; marked: boolean }

const AROUND = 420; // code points shown before and behind
const MOST = 6000; // of the cited part

/** Pieces of `text` around `spans` ([start, end] in code points), cut at line breaks where there are any near. */
export function around(text: string, spans: readonly (readonly [number, number])[]): Piece[] {
  const points = Array.from(text);
  const sorted = spans
    .filter(([start, end]) => start >= 0 && end <= points.length && start < end)
    .sort((one, other) => one[0] - other[0]);
  const first = sorted[0];
  const last = sorted[sorted.length - 1];
  if (!first || !last) return [];
  const begin = lineStart(points, first[0]);
  const stop = Math.min(lineEnd(points, last[1]), begin + MOST);
  const pieces: Piece[] = [];
  let at = begin;
  if (begin > 0) pieces.push({ text: "… ", marked: false });
  for (const [start, end] of sorted) {
    if (start >= stop) break;
    if (start > at) pieces.push({ text: points.slice(at, start).join(""), marked: false });
    pieces.push({ text: points.slice(Math.max(at, start), Math.min(end, stop)).join(""), marked: true });
    at = Math.max(at, end);
  }
  if (at < stop) pieces.push({ text: points.slice(at, stop).join(""), marked: false });
  if (stop < points.length) pieces.push({ text: " …", marked: false });
  return pieces;
}

function lineStart(points: string[], from: number): number {
  const least = Math.max(0, from - AROUND);
  if (!least) return 0;
  for (let at = least; at < from; at += 1) if (points[at] === "\n") return at + 1;
  return least;
}

function lineEnd(points: string[], from: number): number {
  const most = Math.min(points.length, from + AROUND);
  if (most === points.length) return most;
  for (let at = most; at > from; at -= 1) if (points[at] === "\n") return at;
  return most;
}
