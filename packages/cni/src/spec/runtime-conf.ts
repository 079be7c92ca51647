import { CniError, type CniVerb } from './errors.ts';
import type { Json } from './json.ts';
import { argumentProblem, containerIdProblem, interfaceNameProblem } from './names.ts';

/** The spec's runtime parameters: the sandbox that is attached to a network. */
export interface RuntimeConf {
  containerId: string;
  /** Path of the network namespace; empty for a DEL after the namespace is gone. */
  netns: string;
  /** Name of the interface inside the sandbox, `eth0` for a pod. */
  ifName: string;
  /** CNI_ARGS, in this order. */
  args?: readonly (readonly [key: string, value: string])[];
  /** By capability name (`portMappings`, `bandwidth`, `dns`, …); a plugin sees only those it declares. */
  capabilityArgs?: Readonly<Record<string, Json>>;
}

/** The two parameters that identify an attachment to a network (CNI spec). */
export interface Attachment {
  containerId: string;
  ifName: string;
}

/**
 * Checks the parameters of an operation on an attachment.
 * @throws CniError with failure `arguments`, naming the parameter
 */
export function validateRuntimeConf(
  verb: CniVerb,
  network: string,
  { containerId, ifName, netns, args = [] }: RuntimeConf,
): void {
  const container = containerIdProblem(containerId);
  const interfaceName = interfaceNameProblem(ifName);
  const namespace = netns === '' && verb !== 'DEL' ? 'must not be empty' : undefined;
  // DEL must accept attachments that an older release made without this check.
  const argument = verb === 'DEL' ? undefined : args.flat().map(argumentProblem).find(Boolean);
  for (const [field, problem] of [
    ['argument', argument],
    ['container id', container],
    ['interface name', interfaceName],
    ['network namespace', namespace],
  ] as const) {
    if (problem === undefined) continue;
    throw new CniError({ failure: 'arguments', verb, network, problem: `${field} ${problem}` });
  }
}
