/** A program or library that the distribution provides. */
export interface Prerequisite {
  readonly name: string;
  /** Debian's package. */
  readonly package: string;
  /** What Berth does with it. */
  readonly why: string;
  /** A program, looked for in PATH. */
  readonly command?: string;
  /** One of these has to exist. */
  readonly files?: readonly string[];
  /** The program must not need a dynamic loader. */
  readonly static?: boolean;
  /** Only the demo image of examples/ needs it. */
  readonly demo?: boolean;
  /** Only tests and benchmarks need it. */
  readonly test?: boolean;
  /** Nothing inside the virtual machine of test/vm needs it. */
  readonly outsideVm?: boolean;
  /** Services that the package would start. */
  readonly services?: readonly string[];
  /** Where it comes from. */
  readonly source: string;
}

export const prerequisites: readonly Prerequisite[];

/** The path of a prerequisite on this machine, or undefined when it is missing. */
export function findPrerequisite(prerequisite: Prerequisite): string | undefined;
