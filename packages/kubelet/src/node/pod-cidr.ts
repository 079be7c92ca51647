// Tells the runtime which addresses this node's pods have, for runtimes that make their CNI configuration of that.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { createLogger } from '../klog/klog.ts';

const log = createLogger('pod-cidr.ts');

/** Tells changes only. */
export class PodCidr {
  readonly #runtime: Pick<RuntimeClient, 'updateRuntimeConfig'>;
  #told = '';

  constructor(runtime: Pick<RuntimeClient, 'updateRuntimeConfig'>) {
    this.#runtime = runtime;
  }

  /** Returns whether they have changed. A runtime that fails is told again the next time. Never rejects. */
  async set(podCidr: string): Promise<boolean> {
    if (podCidr === this.#told) return false;
    try {
      await this.#runtime.updateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr } } });
      log.info('Updating Pod CIDR', { originalPodCIDR: this.#told, newPodCIDR: podCidr });
      this.#told = podCidr;
    } catch (error) {
      log.error('Error updating pod CIDR', { err: error });
    }
    return true;
  }
}
