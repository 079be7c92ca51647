// What a node's status is computed from.
import type { AddressFacts } from './addresses.ts';
import type { ImageFacts } from './images.ts';
import type { NodeRuntimeHandler, NodeSystemInfo } from './node-object.ts';
import type { ResourceFacts } from './resources.ts';

/** Whether the node has too little of something, so that pods are evicted. */
export interface Pressures {
  memory: boolean;
  disk: boolean;
  pid: boolean;
}

/** What is known now; the rest of a status comes from the node as it was. */
export interface StatusFacts {
  addresses: AddressFacts;
  resources: ResourceFacts;
  nodeInfo: NodeSystemInfo;
  /** Port of the secure server. */
  kubeletPort: number;
  images: readonly ImageFacts[];
  /** How many of them are shown; -1: all. */
  maxImages: number;
  runtimeHandlers: readonly NodeRuntimeHandler[];
  /** Features of the runtime; undefined until it has answered. */
  runtimeFeatures: { supplementalGroupsPolicy: boolean } | undefined;
  declaredFeatures: readonly string[];
  pressures: Pressures;
  /** Why the node is not ready. */
  problems: readonly string[];
  /** Attachable volumes in use, or undefined while they are not known. */
  volumesInUse: readonly string[] | undefined;
}
