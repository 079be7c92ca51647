// Reads what signals come from, and nothing of pods: a few files and two calls of statfs(2), so that it costs an idle node
// next to nothing.
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { CgroupReadings } from '../stats/cgroup-readings.ts';
import type { NodeFileSystems } from '../stats/node-file-systems.ts';
import { bootTime, rlimits } from '../stats/node-readings.ts';
import { usageStats } from '../stats/usage-stats.ts';
import type { NodeFigures } from './observe.ts';

/** Reads the node's figures. */
export class NodeObserver {
  readonly #readings: CgroupReadings;
  readonly #podsCgroup: string | undefined;
  readonly #fileSystems: NodeFileSystems;

  /** `podsCgroup`: path of the cgroup of all pods; undefined when there is none. */
  constructor(cgroups: Cgroups, podsCgroup: string | undefined, fileSystems: NodeFileSystems) {
    // Its own: processor rates of others would be over shorter times.
    this.#readings = new CgroupReadings(cgroups, bootTime());
    this.#podsCgroup = podsCgroup;
    this.#fileSystems = fileSystems;
  }

  /** The figures of now. Throws when the runtime has not told where images are. */
  async figures(): Promise<NodeFigures> {
    const fileSystems = await this.#fileSystems.figures();
    this.#readings.begin();
    return {
      ...fileSystems,
      memory: usageStats(this.#readings.root()).memory,
      systemContainers: this.#podsMemory(),
      rlimit: rlimits(),
    };
  }

  #podsMemory(): NodeFigures['systemContainers'] {
    const path = this.#podsCgroup;
    if (path === undefined) return [];
    const reading =
      path === '/' ? this.#readings.root() : this.#readings.read(path, this.#readings.madeAt(path));
    return reading ? [{ name: 'pods', memory: usageStats(reading).memory }] : [];
  }
}
