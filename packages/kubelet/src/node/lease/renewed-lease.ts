// The lease of a node with a new time. Pure.
import type { Lease } from 'kubernetes-types/coordination/v1.d.ts';

/** What a lease says. */
export interface LeaseSettings {
  /** The node's name, which is the lease's and its holder's. */
  name: string;
  /** nodeLeaseDurationSeconds */
  durationSeconds: number;
}

/** The lease, new or after `base`, renewed at `now`. `owner`: the UID of the node when `base` has no owner. */
export function renewedLease(
  base: Lease | undefined,
  { name, durationSeconds }: LeaseSettings,
  { owner, now }: { owner: string | undefined; now: number },
): Lease {
  const { metadata = { name, namespace: 'kube-node-lease' }, spec = { holderIdentity: name } } = base ?? {};
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...metadata,
      ...(owner !== undefined && {
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: owner }],
      }),
    },
    spec: {
      ...spec,
      leaseDurationSeconds: durationSeconds,
      // A MicroTime: six digits of the second.
      renewTime: new Date(now).toISOString().replace('Z', '000Z'),
    },
  };
}
