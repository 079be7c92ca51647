// Where the machine's apt gets Debian's packages from, said again for source packages.
import { existsSync, globSync, readFileSync } from 'node:fs';

/** The text of a sources.list with the source packages of every Debian archive that this machine's apt knows. */
export function debianSources(): string {
  const oneLine = ['/etc/apt/sources.list', ...globSync('/etc/apt/sources.list.d/*.list')].filter(existsSync);
  const stanzas = globSync('/etc/apt/sources.list.d/*.sources');
  const lines = [
    ...oneLine.flatMap((file) => fromLines(readFileSync(file, 'utf8'))),
    ...stanzas.flatMap((file) => fromStanzas(readFileSync(file, 'utf8'))),
  ];
  if (lines.length === 0) throw new Error('no Debian archive in /etc/apt/sources.list and sources.list.d');
  return `${lines.join('\n')}\n`;
}

/** Pure: the deb-src lines for a sources.list; archives without a component `main` are not Debian's. */
export function fromLines(text: string): string[] {
  const lines = text.split('\n').filter((line) => /^deb\s/.test(line) && isDebian(line));
  return lines.map((line) => line.replace(/^deb/, 'deb-src'));
}

/** Pure: the deb-src lines for a deb822 file, see sources.list(5). */
export function fromStanzas(text: string): string[] {
  const uncommented = text.replaceAll(/^#.*\n/gm, '');
  return uncommented.split(/\n{2,}/).flatMap((stanza) => {
    const words = (name: string) =>
      stanza
        .match(new RegExp(`^${name}:(.*)$`, 'mi'))?.[1]
        ?.trim()
        .split(/\s+/) ?? [];
    if (words('Enabled')[0] === 'no' || !words('Types').includes('deb')) return [];
    const [key] = words('Signed-By');
    const option = key?.startsWith('/') ? `[signed-by=${key}] ` : '';
    const lines = words('URIs').flatMap((uri) =>
      words('Suites').map((suite) => `deb-src ${option}${uri} ${suite} ${words('Components').join(' ')}`),
    );
    return lines.filter(isDebian);
  });
}

function isDebian(line: string): boolean {
  return /\s\S+\/debian(-security)?\/?\s.*\bmain\b/.test(line);
}
