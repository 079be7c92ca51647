// The container names in front of the lines of a pod's log.

/** SGR codes that read well on light and dark: cyan, yellow, green, magenta, blue, and their bright ones. */
const colours = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

export class LinePrefixes {
  readonly #colours = new Map<string, number>();
  #width = 0;

  /** Adds a name: widens the column to it and assigns the next colour. */
  add(name: string): void {
    if (this.#colours.has(name)) return;
    this.#colours.set(name, colours[this.#colours.size % colours.length] ?? 0);
    this.#width = Math.max(this.#width, name.length);
  }

  /** `name | `, padded to the longest name. */
  of(name: string, coloured: boolean): string {
    const text = `${name.padEnd(this.#width)} |`;
    return `${coloured ? `\x1b[${this.#colours.get(name) ?? 0}m${text}\x1b[0m` : text} `;
  }
}
