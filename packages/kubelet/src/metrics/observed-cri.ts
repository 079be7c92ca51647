// A client of the runtime whose calls are counted.
import type { CriClient } from '@berth/cri/client/client.ts';
import type { RuntimeMetrics } from './runtime-metrics.ts';

/** What the real kubelet calls an RPC, where it is not the RPC's name in lower case with underscores. */
const operations: Readonly<Record<string, string>> = {
  runPodSandbox: 'run_podsandbox',
  stopPodSandbox: 'stop_podsandbox',
  removePodSandbox: 'remove_podsandbox',
  podSandboxStatus: 'podsandbox_status',
  listPodSandbox: 'list_podsandbox',
  podSandboxStats: 'podsandbox_stats',
  listPodSandboxStats: 'list_podsandbox_stats',
  listPodSandboxMetrics: 'list_podsandbox_metrics',
  updatePodSandboxResources: 'update_podsandbox_resources',
  updateContainerResources: 'update_container',
};

/** What the real kubelet calls an RPC, given as a client's method. Pure. */
export function operationOf(method: string): string {
  return operations[method] ?? method.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The same client; every call of its runtime and image services is counted. */
export function observedCri(client: CriClient, metrics: RuntimeMetrics): CriClient {
  return {
    ...client,
    runtime: observed(client.runtime, metrics),
    image: observed(client.image, metrics),
  };
}

type Method = (request: object, options?: object) => unknown;

function observed<Service extends object>(service: Service, metrics: RuntimeMetrics): Service {
  const methods = Object.entries(service as Record<string, Method>).map(([name, method]) => {
    const counted: Method = (request, options) => {
      const ended = metrics.called(operationOf(name));
      const sandboxEnded = name === 'runPodSandbox' ? metrics.makesSandbox(handlerOf(request)) : undefined;
      const end = (failed: boolean): void => {
        ended(failed);
        sandboxEnded?.(failed);
      };
      const answer = method(request, options);
      // A stream goes on as long as somebody listens: only that it was opened is counted.
      if (answer instanceof Promise) {
        answer.then(
          () => end(false),
          () => end(true),
        );
      }
      return answer;
    };
    return [name, counted] as const;
  });
  return Object.fromEntries(methods) as Service;
}

function handlerOf(request: object): string {
  return 'runtimeHandler' in request ? String(request.runtimeHandler) : '';
}
