// The forms in which Go's file server answers: listings, ranges, types.

const names: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

/** The page of a folder; names of folders end in a slash. */
export function directoryPage(entries: readonly string[]): string {
  const links = [...entries].sort().map((name) => {
    // A name with a colon would be a scheme.
    const path = encodeURI(name).replace(/[?#]/g, encodeURIComponent);
    const href = /^[^/]*:/.test(path) ? `./${path}` : path;
    return `<a href="${escapeHtml(href)}">${escapeHtml(name)}</a>\n`;
  });
  return `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${links.join('')}</pre>\n`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => names[sign] ?? sign);
}

/**
 * The one range that a request asks for, `end` exclusive; undefined for the whole file, which more than one range get
 * too.
 */
export function byteRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | undefined | 'unsatisfiable' {
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') return { start: Math.max(0, size - Number(last)), end: size };
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (start >= size) return 'unsatisfiable';
  return end <= start ? undefined : { start, end };
}

/** Whether nothing in the beginning of a file speaks against text. */
export function looksLikeText(start: Uint8Array): boolean {
  return start.every((octet) => octet >= 0x20 || [0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(octet));
}
