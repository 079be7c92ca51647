// Which encoding of an answer a client asks for, as Prometheus' Go library decides it. Pure.

/** What such a server has, the first choice first. */
const offers = ['identity', 'gzip'] as const;

/** The encoding for an Accept-Encoding header: of those with the highest q value the first that the server has. */
export function negotiatedEncoding(accept = ''): (typeof offers)[number] {
  const specs = [...accepted(accept)];
  let best: { offer: (typeof offers)[number]; quality: number } = { offer: 'identity', quality: -1 };
  for (const offer of offers) {
    for (const { value, quality } of specs) {
      if (quality > best.quality && (value === '*' || value === offer)) best = { offer, quality };
    }
  }
  return best.quality === 0 ? 'identity' : best.offer;
}

/** The entries of the header, up to the first that cannot be read. */
function* accepted(header: string): Generator<{ value: string; quality: number }> {
  for (const entry of header.split(',')) {
    const [, value, quality] =
      /^\s*([^\s,;()<>@:"[\]?={}]+)\s*(?:;\s*q=([01](?:\.\d*)?)\s*)?$/.exec(entry) ?? [];
    if (value === undefined) return;
    yield { value, quality: quality === undefined ? 1 : Number(quality) };
  }
}
