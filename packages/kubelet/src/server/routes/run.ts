// /run: runs a command in a container and answers with its output.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { PodWithStatus } from '../../api/pod.ts';
import { respond, respondText } from '../http/respond.ts';
import type { Route, RouteHandler } from '../http/routes.ts';
import { podByName, runningContainer } from './find-container.ts';
import { grpcText } from './grpc-text.ts';

/** What the route uses. */
export interface RunPorts {
  pods(): PodWithStatus[];
  runtime: Pick<RuntimeClient, 'listContainers' | 'execSync'>;
}

/** Longest command. */
const timeoutSeconds = 3600;

/** `POST /run/NAMESPACE/POD[/UID]/CONTAINER?cmd=WORDS`: words are separated by single spaces. */
export function runRoutes(ports: RunPorts): Route[] {
  const handler: RouteHandler = async (_request, response, { params, query, keepOpen }) => {
    const { namespace = '', pod = '', container = '' } = params;
    const found = podByName(ports.pods(), namespace, pod);
    if (found === undefined) return respondText(response, 404, 'pod does not exist');
    const cmd = (query.get('cmd') ?? '').split(' ');
    try {
      const containerId = await runningContainer(ports.runtime, found.metadata, container);
      if (containerId === undefined) {
        return respondText(response, 500, `container not found (${JSON.stringify(container)})`);
      }
      if (!keepOpen()) return respondText(response, 503, 'too many streams are open; try again later');
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const { stdout, stderr, exitCode } = await ports.runtime.execSync(
        { containerId, cmd, timeout: BigInt(timeoutSeconds) },
        { timeoutMs: timeoutSeconds * 1000, signal: gone.signal },
      );
      if (exitCode !== 0) {
        const text = `command '${cmd.join(' ')}' exited with ${exitCode}: `;
        return respond(response, 500, Buffer.concat([Buffer.from(text), stderr]), {
          'content-type': 'text/plain; charset=utf-8',
        });
      }
      const output = Buffer.concat([stdout, stderr]);
      respond(response, 200, output, output.length > 0 ? { 'content-type': 'application/json' } : {});
    } catch (error) {
      respondText(response, 500, grpcText(error));
    }
  };
  return ['/run/{namespace}/{pod}/{container}', '/run/{namespace}/{pod}/{uid}/{container}'].map((path) => ({
    methods: ['POST'],
    path,
    handler,
  }));
}
