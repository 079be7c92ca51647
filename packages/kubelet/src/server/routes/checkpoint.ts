// /checkpoint: has the runtime write a checkpoint of a container into a file.
import { join } from 'node:path';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { findContainer } from '../../api/each-container.ts';
import { type PodWithStatus, podFullName } from '../../api/pod.ts';
import { respondJson, respondText } from '../http/respond.ts';
import type { Route } from '../http/routes.ts';
import { podByName, runningContainer } from './find-container.ts';
import { grpcText } from './grpc-text.ts';

/** What the route uses. */
export interface CheckpointPorts {
  pods(): PodWithStatus[];
  runtime: Pick<RuntimeClient, 'listContainers' | 'checkpointContainer'>;
  options: { rootDir: string };
}

/** How long a runtime has beyond the timeout that it was given. */
const patienceMs = 10_000;
/** Longest wait without a timeout in the request. */
const longestMs = 3_600_000;

/** `POST /checkpoint/NAMESPACE/POD/CONTAINER?timeout=SECONDS`. */
export function checkpointRoute(ports: CheckpointPorts): Route {
  return {
    methods: ['POST'],
    path: '/checkpoint/{namespace}/{pod}/{container}',
    root: '/checkpoint/',
    producesJson: true,
    handler: async (_request, response, { params, query, keepOpen }) => {
      const { namespace = '', pod = '', container = '' } = params;
      const found = podByName(ports.pods(), namespace, pod);
      if (found === undefined) return respondText(response, 404, 'pod does not exist');
      if (findContainer(found.spec, container) === undefined) {
        return respondText(response, 404, `container ${container} does not exist`);
      }
      const timeout = query.getAll('timeout').at(-1) ?? '0';
      if (!/^[-+]?\d{1,15}$/.test(timeout)) {
        return respondText(response, 404, 'cannot parse value of timeout parameter');
      }
      if (!keepOpen()) return respondText(response, 503, 'too many streams are open; try again later');
      try {
        const location = await checkpoint(ports, found, container, Number(timeout));
        respondJson(response, JSON.stringify({ items: [location] }));
      } catch (error) {
        const text = `checkpointing of ${namespace}/${pod}/${container} failed (${grpcText(error)})`;
        respondText(response, 500, text);
      }
    },
  };
}

async function checkpoint(
  { runtime, options }: CheckpointPorts,
  pod: PodWithStatus,
  container: string,
  timeoutSeconds: number,
): Promise<string> {
  const containerId = await runningContainer(runtime, pod.metadata, container);
  if (containerId === undefined) throw new Error(`container ${container} not found`);
  const folder = join(options.rootDir, 'checkpoints');
  makePrivateDirectory(folder);
  const time = new Date().toISOString().replace(/\.\d+/, '');
  const location = join(folder, `checkpoint-${podFullName(pod)}-${container}-${time}.tar`);
  const timeoutMs = timeoutSeconds > 0 ? timeoutSeconds * 1000 + patienceMs : longestMs;
  await runtime.checkpointContainer(
    { containerId, location, timeout: BigInt(timeoutSeconds) },
    { timeoutMs },
  );
  return location;
}
