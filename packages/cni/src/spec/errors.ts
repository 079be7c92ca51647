/** The operations of the CNI spec. */
export type CniVerb = 'ADD' | 'DEL' | 'CHECK' | 'GC' | 'STATUS' | 'VERSION';

/** An invalid network configuration; the message names the file and the field. */
export class CniConfigError extends Error {
  override readonly name = 'CniConfigError';
  readonly file: string | undefined;
  readonly field: string | undefined;

  constructor({ file, field, problem }: { file?: string; field?: string; problem: string }) {
    super([file, field, problem].filter((part) => part !== undefined && part !== '').join(': '));
    this.file = file;
    this.field = field;
  }
}

/**
 * Why an operation on a network failed:
 * - `plugin`: the plugin printed an error object (`code`, `details` as in the spec)
 * - `missing`: no directory has the plugin
 * - `garbage`: it exited with 0, and its output is not a CNI result
 * - `crashed`: it was killed by a signal, or exited with an error and without an error object
 * - `timeout`, `output-too-large`, `aborted`: it was killed
 * - `spawn`: it could not be started
 * - `arguments`: a container id, network or interface name that the spec does not allow
 * - `unsupported`: the configuration's version has no such operation
 */
export type CniFailure =
  | 'plugin'
  | 'missing'
  | 'garbage'
  | 'crashed'
  | 'timeout'
  | 'output-too-large'
  | 'aborted'
  | 'spawn'
  | 'arguments'
  | 'unsupported';

export interface CniErrorFields {
  failure: CniFailure;
  verb: CniVerb;
  /** The network's name; absent for VERSION. */
  network?: string;
  /** The plugin's type, as in the configuration. */
  plugin?: string;
  /** The code of the plugin's error object. */
  code?: number;
  details?: string;
  problem: string;
  cause?: unknown;
}

/** An operation on a network failed; the message names the plugin, the network and the operation. */
export class CniError extends Error {
  override readonly name = 'CniError';
  readonly failure: CniFailure;
  readonly verb: CniVerb;
  readonly network: string | undefined;
  readonly plugin: string | undefined;
  readonly code: number | undefined;
  readonly details: string | undefined;

  constructor({ failure, verb, network, plugin, code, details, problem, cause }: CniErrorFields) {
    const subject = plugin === undefined ? `CNI ${verb}` : `CNI plugin ${plugin}`;
    const where = [
      network === undefined ? undefined : `network ${network}`,
      plugin === undefined ? undefined : verb,
    ].filter((part) => part !== undefined);
    const suffix = details === undefined || details === '' ? '' : `; ${details}`;
    super(
      `${subject}${where.length > 0 ? ` (${where.join(', ')})` : ''}: ${problem}${suffix}`,
      cause === undefined ? undefined : { cause },
    );
    this.failure = failure;
    this.verb = verb;
    this.network = network;
    this.plugin = plugin;
    this.code = code;
    this.details = details;
  }
}
