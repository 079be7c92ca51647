// What a package brings beside the programs: manual pages and completions, by the programs that are built.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Help, parseHelp, subcommands } from './help-text.ts';
import { commandNames } from './installation.ts';
import { type CommandHelp, type ManPage, manPage } from './man-page.ts';

type Name = (typeof commandNames)[number];

const files: Readonly<Record<Name, ManPage['files']>> = {
  berth: [
    ['/etc/kubernetes/manifests', 'manifests of the pods that this node runs'],
    ['/etc/berth/config.yaml', 'settings of berthd'],
    ['/var/log/pods', 'logs of the containers'],
    ['/var/log/berth', 'logs of the daemons that berth up started'],
    ['/var/lib/berth', 'images, container layers, state'],
  ],
  berthd: [
    ['/etc/berth/config.yaml', 'settings'],
    ['/etc/berth/certs.d/HOST/hosts.toml', 'mirrors and certificates of registries'],
    ['/etc/default/berth', 'flags of the service (BERTHD_OPTIONS)'],
    ['/etc/cni/net.d', 'pod networks; without one berthd brings a bridge of its own'],
    ['/run/berth/berth.sock', 'the CRI; plain HTTP on the same socket'],
    ['/var/lib/berth', 'images, container layers, state'],
  ],
  crictl: [['/etc/crictl.yaml', 'settings']],
  kubelet: [
    ['/etc/kubernetes/manifests', 'manifests of static pods'],
    ['/etc/default/berth', 'flags of the service (KUBELET_OPTIONS)'],
    ['/var/lib/kubelet', 'volumes and state'],
    ['/var/log/pods', 'logs of the containers'],
  ],
};

const sections: Readonly<Record<Name, 1 | 8>> = { berth: 1, crictl: 1, berthd: 8, kubelet: 8 };

/** The commands in the checkout's bin/, as they are built. */
export class BuiltCommands {
  readonly #bin: string;
  readonly #help = new Map<string, Help>();

  constructor(root: string) {
    this.#bin = join(root, 'bin');
  }

  /** What a command line prints; undefined when it fails. */
  output(name: Name, ...args: string[]): string | undefined {
    const { status, stdout } = spawnSync(join(this.#bin, name), args, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C' },
      // commander lays its help out for the terminal.
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return status === 0 ? stdout : undefined;
  }

  /** The help of a command and of all those below it. */
  help(name: Name, words: readonly string[] = []): CommandHelp[] {
    const help = this.#helpOf(name, words);
    const below = subcommands(help).filter((word) => !words.includes(word));
    return [
      { words: [name, ...words].join(' '), help },
      ...below.flatMap((word) => this.help(name, [...words, word])),
    ];
  }

  /** Whether a command prints completions. */
  completes(name: Name): boolean {
    return subcommands(this.#helpOf(name, [])).includes('completion');
  }

  #helpOf(name: Name, words: readonly string[]): Help {
    const line = [name, ...words].join(' ');
    const known = this.#help.get(line);
    if (known !== undefined) return known;
    const text = this.output(name, ...words, '--help');
    if (text === undefined) throw new Error(`${line} --help failed; is it built?`);
    const help = parseHelp(text);
    this.#help.set(line, help);
    return help;
  }
}

/** The manual page of a command. */
export function commandManPage(
  commands: BuiltCommands,
  name: Name,
  { version, built }: { version: string; built: number },
): { section: 1 | 8; text: string } {
  const [program, ...below] = commands.help(name);
  if (program === undefined) throw new Error(`no help of ${name}`);
  const seeAlso = commandNames
    .filter((other) => other !== name)
    .map((other) => `${pageName(other)}(${sections[other]})`);
  const date = new Date(built * 1000).toISOString().slice(0, 10);
  const page = {
    name,
    section: sections[name],
    date,
    version,
    program,
    commands: below,
    files: files[name],
    seeAlso,
  };
  return { section: sections[name], text: manPage(page) };
}

/** Names that other packages have too are ours with a prefix. */
export function pageName(name: Name): string {
  return name === 'berth' || name === 'berthd' ? name : `berth-${name}`;
}

/** The shells that have completions, and where they look for the script of a command. */
export const completionPlaces = {
  bash: (name: string) => `usr/share/bash-completion/completions/${name}`,
  zsh: (name: string) => `usr/share/zsh/vendor-completions/_${name}`,
  fish: (name: string) => `usr/share/fish/vendor_completions.d/${name}.fish`,
} as const;

/** The completion scripts of a command, by the shells that it has some for. */
export function completions(commands: BuiltCommands, name: Name): Map<keyof typeof completionPlaces, string> {
  const found = new Map<keyof typeof completionPlaces, string>();
  if (!commands.completes(name)) return found;
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = commands.output(name, 'completion', shell);
    if (script !== undefined) found.set(shell, script);
  }
  return found;
}
