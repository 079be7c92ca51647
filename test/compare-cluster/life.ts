// What happens to a pod from its creation to its end, the same on both nodes.
import { Semaphore } from '@berth/common/semaphore.ts';
import type { Cluster } from '@berth/test-support/cluster/cluster.ts';
import type { ClusterNode } from '@berth/test-support/cluster/node.ts';
import type { AuditedRequest } from '../cluster/audit.ts';
import type { Json } from '../compare-kubelet/normalise.ts';
import type { ClusterLog } from './cluster-log.ts';
import type { SideName } from './side.ts';

/** What a life has to do with. */
export interface LifeOnNode {
  side: SideName;
  admin: Cluster['admin'];
  log: ClusterLog;
  node: ClusterNode;
  /** The folder of static pods. */
  manifests: string;
  /** What the node has asked the API server for until now. */
  requests(): AuditedRequest[];
}

/** One life, with what is compared of it. */
export interface Life {
  /** `group: name`. */
  name: string;
  live(on: LifeOnNode): Promise<Json>;
}

/** Lives at most so many lives at a time. */
export async function liveAll(
  lives: readonly Life[],
  on: LifeOnNode,
  atOnce: number,
): Promise<Record<string, Json>> {
  const places = new Semaphore(atOnce);
  const seen = await Promise.all(
    lives.map((life) => places.run(async () => [life.name, await lived(life, on)] as const)),
  );
  return Object.fromEntries(seen);
}

async function lived({ name, live: run }: Life, on: LifeOnNode): Promise<Json> {
  try {
    return await run(on);
  } catch (error) {
    console.error(`${on.side}, ${name}:`, error);
    return { broken: String(error) };
  }
}
