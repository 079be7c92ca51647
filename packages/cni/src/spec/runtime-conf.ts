import type { Json } from './json.ts';

/** What the spec calls runtime parameters: the sandbox that a network is attached to. */
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

/** An attachment as GC names it. */
export interface Attachment {
  containerId: string;
  ifName: string;
}
