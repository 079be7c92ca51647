// The table of everything that the kubelet's servers serve.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { PodWithStatus } from '../api/pod.ts';
import type { RejectedManifest } from '../config/pod-source.ts';
import type { RecordedEvent } from '../events/event.ts';
import type { SecureServerOptions } from '../options/kubelet-options.ts';
import type { RestartRefusal } from '../podmanager/restarts.ts';
import type { RequestObserver } from './http/request-labels.ts';
import type { Route } from './http/routes.ts';
import { checkpointRoute } from './routes/checkpoint.ts';
import { containerLogsRoute } from './routes/container-logs.ts';
import { debugFlagsRoute } from './routes/debug-flags.ts';
import { debuggingDisabled, disabledRoute } from './routes/disabled.ts';
import { type Endpoint, endpointRoutes } from './routes/endpoints.ts';
import { eventsRoute } from './routes/events.ts';
import { healthRoutes, kubeletChecks, type OnHealthCheck } from './routes/health.ts';
import { nodeLogs } from './routes/node-logs.ts';
import { podsRoute, rejectedRoute } from './routes/pods.ts';
import { profilingRoute } from './routes/profiling.ts';
import { restartRoute } from './routes/restart.ts';
import { runRoutes } from './routes/run.ts';
import { runningPodsRoute } from './routes/running-pods.ts';
import { streamRoutes } from './routes/streams.ts';
import { systemLogsRoutes } from './routes/system-logs.ts';
import { configzRoute, flagzRoute, type Published, statuszRoute } from './routes/zpages.ts';

/** What the routes read and do. */
export interface ServerHost {
  /** Every pod of this node with its status. */
  pods(): PodWithStatus[];
  /** Manifests that are not run. */
  rejected(): RejectedManifest[];
  /** The events of this node's pods, or of the pod with this namespace/name. */
  events(pod: string | undefined): RecordedEvent[];
  /** Ends the pod with this namespace/name and starts it again, or says why not. */
  restart(pod: string): RestartRefusal | undefined;
  /** Why the kubelet is unhealthy; undefined when it is healthy. */
  unhealthy(): string | undefined;
  /** Why no device plugin can register; undefined when they can. */
  devicePluginProblem(): string | undefined;
  /** Counts the checks of /healthz. */
  onHealthCheck: OnHealthCheck;
  runtime: RuntimeClient;
  options: { rootDir: string; podLogsDir: string };
  published: Published;
  setVerbosity(level: number): void;
  /** Metrics and statistics by path. */
  endpoints: Readonly<Record<string, Endpoint>>;
  /** Counts requests. */
  observe: RequestObserver;
}

/** Where system services log. */
const systemLogs = '/var/log';

/** What needs no authorization: served on every port. */
function openRoutes(host: ServerHost): Route[] {
  const { pods, unhealthy, devicePluginProblem, onHealthCheck, endpoints } = host;
  const health = healthRoutes(kubeletChecks(unhealthy, devicePluginProblem), onHealthCheck);
  return [...health, podsRoute(pods), ...endpointRoutes(endpoints)];
}

/** The routes of the read-only port. */
export function readOnlyRoutes(host: ServerHost): Route[] {
  return [...openRoutes(host), rejectedRoute(host.rejected), ...debuggingDisabled];
}

/** The routes of the socket for root. */
export function privateRoutes(host: ServerHost): Route[] {
  return [...readOnlyRoutes(host), eventsRoute(host.events), restartRoute(host.restart)];
}

/** The routes of the secure port. */
export function secureRoutes(
  host: ServerHost,
  { handlers, streamIdleTimeoutMs }: Pick<SecureServerOptions, 'handlers' | 'streamIdleTimeoutMs'>,
): Route[] {
  const open = [...openRoutes(host), rejectedRoute(host.rejected)];
  if (!handlers.debugging) return [...open, ...debuggingDisabled];
  const { pods, runtime, options, published, setVerbosity } = host;
  const routes = [
    ...open,
    ...(handlers.systemLogs
      ? systemLogsRoutes(systemLogs, handlers.systemLogQuery ? nodeLogs(systemLogs) : undefined)
      : [disabledRoute('/logs/', 'logs endpoint is disabled.')]),
    handlers.profiling
      ? profilingRoute(process.argv)
      : disabledRoute('/debug/pprof/', 'profiling endpoint is disabled.'),
    handlers.debugFlags
      ? debugFlagsRoute(setVerbosity)
      : disabledRoute('/debug/flags/v', 'flags endpoint is disabled.'),
    ...runRoutes({ pods, runtime }),
    ...streamRoutes({ pods, runtime, idleTimeoutMs: streamIdleTimeoutMs }),
    containerLogsRoute({ pods, runtime, options }),
    configzRoute(published),
    runningPodsRoute(runtime),
    checkpointRoute({ pods, runtime, options }),
    flagzRoute(published),
  ];
  const plain = routes.filter(({ methods }) => methods === 'any').map(({ path }) => path);
  return [...routes, statuszRoute(published, plain)];
}
