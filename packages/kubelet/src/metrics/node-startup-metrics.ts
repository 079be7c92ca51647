// How long the steps took by which this node came into a cluster: measured once, of a node that was new there.
import type { MetricsRegistry } from './registry.ts';

/** Notes the steps. */
export class NodeStartupMetrics {
  readonly #gauges;
  readonly #now: () => number;
  readonly #times: { bootedAt: number; startedAt: number };
  #attemptedAt: number | undefined;
  #registeredAt: number | undefined;
  #isReady = false;

  /** `times`: when the machine and the kubelet started, in milliseconds since the epoch, as `now` counts. */
  constructor(
    registry: MetricsRegistry,
    times: { bootedAt: number; startedAt: number },
    now: () => number = Date.now,
  ) {
    const gauge = (step: string, help: string) =>
      registry.gauge(`kubelet_node_startup${step}_duration_seconds`, help);
    this.#gauges = {
      preKubelet: gauge('_pre_kubelet', 'From the boot of the machine to the start of the kubelet.'),
      preRegistration: gauge(
        '_pre_registration',
        'From the start of the kubelet to its first attempt to register the node.',
      ),
      registration: gauge('_registration', 'From that attempt to the registration of the node.'),
      postRegistration: gauge('_post_registration', 'From the registration of the node until it was ready.'),
      all: gauge('', 'From the boot of the machine until the node was ready.'),
    };
    this.#times = times;
    this.#now = now;
  }

  /** The kubelet tries to register the node. */
  registrationAttempted(): void {
    this.#attemptedAt ??= this.#now();
  }

  /** The node was new, and is registered. */
  registered(): void {
    if (this.#attemptedAt === undefined || this.#registeredAt !== undefined) return;
    this.#registeredAt = this.#now();
    const { bootedAt, startedAt } = this.#times;
    this.#gauges.preKubelet.set((startedAt - bootedAt) / 1000);
    this.#gauges.preRegistration.set((this.#attemptedAt - startedAt) / 1000);
    this.#gauges.registration.set((this.#registeredAt - this.#attemptedAt) / 1000);
  }

  /** The server knows that the node is ready. */
  ready(): void {
    if (this.#registeredAt === undefined || this.#isReady) return;
    this.#isReady = true;
    const now = this.#now();
    this.#gauges.postRegistration.set((now - this.#registeredAt) / 1000);
    this.#gauges.all.set((now - this.#times.bootedAt) / 1000);
  }
}
