// berthd's own Prometheus metrics. pod-metrics/ has the metrics of pods and containers.

import type { FinishedCall } from '@berth/cri/server/server.ts';
import type { Route } from '@berth/http/routes.ts';
import { nodeFigures, processFigures } from '@berth/linux/processes/process-figures.ts';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { State } from '../state/state.ts';

/** Histogram buckets in seconds, from the duration of a list to that of a pull. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** berthd's own metrics; the names follow CRI-O's, so that its dashboards only need another prefix. */
export class Metrics {
  readonly registry = new Registry();
  readonly #operations = new Counter({
    name: 'container_runtime_berth_operations_total',
    help: 'CRI calls, by RPC.',
    labelNames: ['operation'],
    registers: [this.registry],
  });
  readonly #errors = new Counter({
    name: 'container_runtime_berth_operations_errors_total',
    help: 'CRI calls that failed, by RPC and gRPC code.',
    labelNames: ['operation', 'code'],
    registers: [this.registry],
  });
  readonly #latency = new Histogram({
    name: 'container_runtime_berth_operations_latency_seconds',
    help: 'How long CRI calls took, by RPC; calls that stream count until their end.',
    labelNames: ['operation'],
    buckets,
    registers: [this.registry],
  });
  readonly #oomKills = new Counter({
    name: 'container_runtime_berth_containers_oom_total',
    help: 'Containers that ended because they were out of memory.',
    registers: [this.registry],
  });

  constructor(state: State) {
    // prom-client's default metrics are not used: they sample the event loop ten times a second.
    for (const { name, help, read } of [...processFigures, ...nodeFigures]) {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(read());
        },
      });
    }
    new Gauge({
      name: 'container_runtime_berth_sandboxes',
      help: 'Pod sandboxes, by state.',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { state: each } of state.sandboxes.all()) this.inc({ state: each.phase });
      },
    });
    new Gauge({
      name: 'container_runtime_berth_containers',
      help: 'Containers, by state.',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { state: each } of state.containers.all()) this.inc({ state: each.phase });
      },
    });
  }

  /** Counts a CRI call. */
  countCall({ rpc, durationMs, code }: FinishedCall): void {
    this.#operations.inc({ operation: rpc });
    this.#latency.observe({ operation: rpc }, durationMs / 1000);
    if (code !== 'OK' && code !== 'CANCELLED') this.#errors.inc({ operation: rpc, code });
  }

  /** Counts a container that was killed because it was out of memory. */
  countOomKill(): void {
    this.#oomKills.inc();
  }

  /** `GET /metrics` in the text format of Prometheus. */
  readonly route: Route = async (_request, response) => {
    response.writeHead(200, { 'content-type': this.registry.contentType });
    response.end(await this.registry.metrics());
  };
}
