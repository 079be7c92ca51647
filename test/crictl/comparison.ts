// A comparison is one command line, run by the real crictl and by ours; tables of them are in cases/.

export interface Comparison {
  /**
   * The words behind `crictl`, as one text when none has a blank in it. `<NAME>` stands for what the fixture calls
   * so: ids, files, sockets (see node.ts).
   */
  args: string | readonly string[];
  /** Told in reports and matched by DIFFERENCES.md; the words unless given. */
  name?: string;
  env?: Readonly<Record<string, string>>;
  /** The configuration file that CRI_CONFIG_FILE names: the node's unless given, none with `false`. */
  config?: string | false;
  /** Standard input; closed at once unless given. */
  stdin?: string;
  /** Orders and numbers that are random, beside those that always are (see normalise.ts). */
  normalise?: readonly Normaliser[];
  /** Only against this runtime. */
  only?: 'containerd' | 'berthd';
  /** Ends the command after so many milliseconds with this signal; it ends by itself unless given. */
  interrupt?: { afterMs: number; signal: 'SIGINT' | 'SIGTERM' };
  /** Shows what the command left behind; compared too. */
  effect?: Effect;
}

/**
 * `lines`: the order of lines; `ids`: 64 hexadecimal digits; `numbers`: all numbers; `usage`: numbers and sizes, also
 * in columns.
 */
export type Normaliser = 'lines' | 'ids' | 'numbers' | 'ages' | 'usage';

/** `pods`: names and states of the twins; `limits`: states and limits of their containers; `images`: names of all images; `file`: the content of that file. */
export type Effect = 'pods' | 'limits' | 'images' | { file: string };

/** Comparisons that change something: each crictl gets objects of its own, made anew, and they go afterwards. */
export interface TwinComparison extends Comparison {
  /** Objects by the name that `args` uses as `<NAME>`: a pod with a container in that state, or a pod alone. */
  twins?: Readonly<Record<string, TwinKind>>;
  /** Files by the name that `args` uses as `<NAME>`, written anew for each of the two; `false`: it is not there. */
  files?: Readonly<Record<string, string | false>>;
  /** `<twin-image>:1` and `:2`, which are one image, are there; only with `alone`. */
  pulled?: true;
  /** Events that nobody has read yet, which containerd keeps, are read before. */
  withoutEvents?: true;
  /** Nothing else may be on the node: the command is about all that there is, or makes something. */
  alone?: true;
}

export type TwinKind = 'running' | 'created' | 'exited' | 'pod' | 'stopped-pod' | 'stubborn';

export interface Outcome {
  code: number;
  out: string;
  err: string;
  /** What `effect` showed. */
  effect: string;
}

/** The words of a comparison with the fixture's names in place. */
export function wordsOf({ args }: Comparison, names: ReadonlyMap<string, string>): string[] {
  const words = typeof args === 'string' ? args.split(' ').filter((word) => word !== '') : args;
  return words.map((word) => filled(word, names));
}

/** Replaces each `<NAME>` that the fixture knows. */
export function filled(text: string, names: ReadonlyMap<string, string>): string {
  return text.replace(/<([a-z0-9.-]+)>/g, (whole, name: string) => names.get(name) ?? whole);
}

export function nameOf(comparison: Comparison): string {
  const { args, name } = comparison;
  return name ?? (typeof args === 'string' ? args : args.join(' '));
}
