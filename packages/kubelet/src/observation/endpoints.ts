// The endpoints of metrics and statistics, as functions that a server answers requests with.
import { messageOf } from '@berth/common/error-message.ts';
import { processStartTime } from '@berth/linux/processes/process-figures.ts';
import type { ContainerMetrics } from '../container-metrics/container-metrics.ts';
import { createLogger } from '../klog/klog.ts';
import { exposition, expositionType } from '../metrics/exposition.ts';
import { type CountedProbe, probeFamilies } from '../metrics/probe-families.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { resourceFamilies } from '../metrics/resource-families.ts';
import { statsJson } from '../stats/stats-json.ts';
import type { StatsProvider } from '../stats/stats-provider.ts';

const log = createLogger('endpoints.ts');

/** The answer of an endpoint. */
export interface Answer {
  status: number;
  contentType: string;
  body: string;
}

/** An endpoint; `query` has the parameters of the request. */
export type Endpoint = (query: URLSearchParams) => Promise<Answer>;

/** What the endpoints read. `stats` and `containers` exist once the runtime has answered. */
export interface EndpointPorts {
  kubelet: MetricsRegistry;
  /** The counts of every probe. */
  probes(): readonly CountedProbe[];
  health: MetricsRegistry;
  stats(): StatsProvider | undefined;
  containers(): ContainerMetrics | undefined;
}

/** The endpoints by path. */
export function metricsEndpoints({
  kubelet,
  probes,
  health,
  stats,
  containers,
}: EndpointPorts): Readonly<Record<string, Endpoint>> {
  const processStart = new MetricsRegistry();
  processStart.figure(processStartTime);
  const cadvisor = shared(async () => (await containers()?.text()) ?? '');
  const resource = shared(async () => exposition(resourceFamilies(await usage(stats()))));
  const summaries = {
    whole: shared(async () => statsJson(await started(stats()).summary())),
    short: shared(async () => statsJson(await started(stats()).cpuAndMemory())),
  };
  return {
    '/metrics': async () => metrics(await kubelet.text()),
    '/metrics/cadvisor': async () => metrics(await cadvisor()),
    '/metrics/probes': async () =>
      metrics(exposition([...(await processStart.families()), ...probeFamilies(probes())])),
    '/metrics/resource': async () => metrics(await resource()),
    '/metrics/slis': async () => metrics(await health.text()),
    '/stats/summary': async (query) => {
      try {
        const isShort = query.getAll('only_cpu_and_memory').join() === 'true';
        const body = await (isShort ? summaries.short() : summaries.whole());
        return { status: 200, contentType: 'application/json', body };
      } catch (error) {
        log.error('Unable to collect statistics', { err: error });
        const body = `Internal Error: ${messageOf(error)}`;
        return { status: 500, contentType: 'text/plain; charset=utf-8', body };
      }
    },
  };
}

/** Requests at the same time get one answer: it takes processor time that pods need. */
function shared(run: () => Promise<string>): () => Promise<string> {
  let underWay: Promise<string> | undefined;
  return () => {
    underWay ??= run().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

function started(provider: StatsProvider | undefined): StatsProvider {
  if (provider === undefined) throw new Error('the container runtime has not answered yet');
  return provider;
}

function metrics(body: string): Answer {
  return { status: 200, contentType: expositionType, body };
}

/** Undefined when it cannot be read now. */
async function usage(provider: StatsProvider | undefined) {
  try {
    return await provider?.cpuAndMemory();
  } catch (err) {
    log.error('Unable to collect the usage of pods', { err });
    return undefined;
  }
}
