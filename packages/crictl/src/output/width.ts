// The width of texts in terminal cells, and texts cut to a width.

/** Cells of one character: 2 for a wide one, 0 for a combining mark. */
function cells(character: string): number {
  if (/^(?:\p{M}|[\u200b-\u200f])$/u.test(character)) return 0;
  const wide =
    /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]$/u;
  return wide.test(character) || /^[\p{Emoji_Presentation}\u{20000}-\u{3fffd}]$/u.test(character) ? 2 : 1;
}

export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += cells(character);
  return width;
}

/** Cuts or pads `text` to exactly `width` cells. Control characters become `?`. */
export function cut(text: string, width: number): string {
  let taken = '';
  let left = width;
  for (const character of text.replace(/\p{Cc}/gu, '?')) {
    const needed = cells(character);
    if (needed > left) break;
    taken += character;
    left -= needed;
  }
  return taken + ' '.repeat(Math.max(0, left));
}

/** As `cut`, but cuts the start of the text, where names are alike. */
export function cutLeft(text: string, width: number): string {
  if (widthOf(text) <= width) return cut(text, width);
  const characters = [...text];
  while (characters.length > 0 && widthOf(characters.join('')) > width - 1) characters.shift();
  return cut(`…${characters.join('')}`, width);
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}
