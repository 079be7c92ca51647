// /containerLogs: a container's log, and what is added to it for as long as the client listens.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { ContainerState } from '@berth/cri/generated/api.ts';
import { LogPrinter } from '@berth/cri/logs/printer.ts';
import { readLog } from '@berth/cri/logs/read.ts';
import { findContainer } from '../../api/each-container.ts';
import type { PodWithStatus } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import { podLog } from '../../logs/open-log.ts';
import { respond, respondText } from '../http/respond.ts';
import type { Route } from '../http/routes.ts';
import { podByName } from './find-container.ts';
import { grpcText } from './grpc-text.ts';
import { logContainer } from './log-container.ts';
import { type LogOptions, logOptions } from './log-options.ts';

const log = createLogger('container-logs.ts');

/** What the route uses. */
export interface ContainerLogPorts {
  pods(): PodWithStatus[];
  runtime: Pick<RuntimeClient, 'containerStatus'>;
  options: { podLogsDir: string };
}

/** `GET /containerLogs/NAMESPACE/POD/CONTAINER`. */
export function containerLogsRoute(ports: ContainerLogPorts): Route {
  return {
    methods: ['GET'],
    path: '/containerLogs/{namespace}/{pod}/{container}',
    handler: async (_request, response, { params, query, keepOpen }) => {
      const { namespace = '', pod = '', container = '' } = params;
      const options = logOptions(query, Date.now());
      if ('status' in options) return respondText(response, options.status, options.text);
      const found = podByName(ports.pods(), namespace, pod);
      if (found === undefined) {
        return respondText(response, 404, `pod ${JSON.stringify(pod)} does not exist`);
      }
      if (findContainer(found.spec, container) === undefined) {
        const text = `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(pod)}`;
        return respondText(response, 404, text);
      }
      const chosen = logContainer({ name: pod, status: found.status }, container, options.previous);
      if (options.stream !== undefined) {
        const remedy = 'Please enable PodLogsQuerySplitStreams feature gate in kubelet';
        const text = `unable to return the given log stream: ${JSON.stringify(options.stream)}. ${remedy}`;
        return respondText(response, 400, text);
      }
      // Go guesses no type of an answer in chunks, as this one would have been.
      if ('error' in chosen) return respond(response, 400, chosen.error, {});
      if (!keepOpen()) return respondText(response, 503, 'too many streams are open; try again later');
      await sendLog(ports, chosen.containerId, options, response);
    },
  };
}

/** From here on an error is part of the answer, as its status is sent. */
async function sendLog(
  { runtime, options: { podLogsDir } }: ContainerLogPorts,
  containerId: string,
  options: LogOptions,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { connection: 'close' });
  response.flushHeaders();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const id = containerId.replace(/^\w+:\/\//, '');
  const write = (bytes: Buffer): void => void response.write(bytes);
  const printer = new LogPrinter({ stdout: write, stderr: write }, options);
  try {
    const path = await logPathOf(runtime, id, containerId);
    await readLog({
      source: podLog(podLogsDir, path),
      tailLines: options.tailLines,
      follow: options.follow ? { isRunning: () => isRunning(runtime, id), signal: gone.signal } : undefined,
      onLine: (line) => !gone.signal.aborted && printer.print(line),
      onBadLine: (line, reason) => log.warn('Failed when parsing line in log file', { path, reason, line }),
      whenWritable: async () => {
        if (response.writableNeedDrain) await once(response, 'drain', { signal: gone.signal });
      },
    });
    response.end();
  } catch (error) {
    if (gone.signal.aborted) return;
    log.v(2, 'Unable to send a log', { containerId, err: error });
    response.end(grpcText(error));
  }
}

async function logPathOf(
  runtime: ContainerLogPorts['runtime'],
  id: string,
  containerId: string,
): Promise<string> {
  try {
    const { status } = await runtime.containerStatus({ containerId: id });
    if (status !== undefined) return status.logPath;
  } catch (error) {
    log.v(4, 'Failed to get container status', { containerId, err: error });
  }
  throw new Error(`unable to retrieve container logs for ${containerId}`);
}

async function isRunning(runtime: ContainerLogPorts['runtime'], containerId: string): Promise<boolean> {
  try {
    const { status } = await runtime.containerStatus({ containerId });
    return status?.state === ContainerState.CONTAINER_RUNNING;
  } catch (error) {
    // Containers keep writing their logs while the runtime restarts.
    return error instanceof CriError && error.code === 'UNAVAILABLE';
  }
}
