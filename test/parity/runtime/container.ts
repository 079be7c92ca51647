// Runs a container for a case, and tells how far that came.

import { setTimeout } from 'node:timers/promises';
import { messageOf } from '@berth/common/error-message.ts';
import {
  type ContainerConfig,
  ContainerState,
  type ContainerStatus,
  type DeepPartial,
} from '@berth/cri/generated/api.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { testImage } from '@berth/test-support/pods.ts';
import type { Json, Outcome } from '../case.ts';
import type { RuntimeSide } from './node.ts';

/** A container under way. */
export interface Running {
  id: string;
  /** Of its first process, on the host. */
  pid: number;
  /** What a shell script in it prints, and its exit code where that is not 0. */
  sh(script: string): Promise<Json>;
  exec(argv: readonly string[]): Promise<Json>;
  /** When it has ended by itself. */
  ended(): Promise<ContainerStatus>;
  /** When it has been stopped; undefined when the daemon cannot do that. */
  stopped(): Promise<ContainerStatus | undefined>;
}

type Step = 'image' | 'sandbox' | 'container';

/** How a step that failed is told. */
export function refused(step: Step, error: unknown): Outcome {
  const said = messageOf(error);
  return { facts: { refused: step }, said: said.slice(0, 600) };
}

let count = 0;

export interface ContainerInput {
  image?: string;
  config?: DeepPartial<ContainerConfig>;
  /** The standing pod unless given. */
  pod?: RuntimeSide['pod'];
}

/** Creates and starts a container, and looks at it; a failure of either daemon's is an outcome. */
export async function inContainer(
  side: RuntimeSide,
  { image = testImage, config = {}, pod = side.pod }: ContainerInput,
  look: (running: Running) => Promise<Json>,
): Promise<Outcome> {
  const { runtime } = side.client;
  let containerId: string | undefined;
  try {
    ({ containerId } = await runtime.createContainer({
      podSandboxId: pod.id,
      sandboxConfig: pod.config,
      config: {
        metadata: { name: `c${count++}`, attempt: 0 },
        image: { image },
        linux: {},
        ...config,
      },
    }));
    await runtime.startContainer({ containerId });
  } catch (error) {
    if (containerId !== undefined) await runtime.removeContainer({ containerId });
    return refused('container', error);
  }
  const id = containerId;
  const exec = async (cmd: readonly string[]): Promise<Json> => {
    try {
      const { stdout, stderr, exitCode } = await runtime.execSync({
        containerId: id,
        cmd: [...cmd],
        timeout: 20n,
      });
      const lines = Buffer.from(stdout).toString().trimEnd().split('\n');
      return exitCode === 0 ? lines : { lines, exitCode, stderr: stderr.length > 0 };
    } catch {
      return 'exec fails';
    }
  };
  const ended = async () => {
    for (const deadline = performance.now() + patience(20_000); ; await setTimeout(20)) {
      const { status } = await runtime.containerStatus({ containerId: id });
      if (status?.state === ContainerState.CONTAINER_EXITED) return status;
      if (performance.now() > deadline) throw new Error(`container ${id} does not end`);
    }
  };
  try {
    const { info } = await runtime.containerStatus({ containerId: id, verbose: true });
    return {
      facts: await look({
        id,
        pid: JSON.parse(info['info'] ?? '{}').pid,
        sh: (script) => exec(['/bin/sh', '-c', script]),
        exec,
        ended,
        stopped: async () => {
          try {
            await runtime.stopContainer({ containerId: id, timeout: 1n });
          } catch {
            return undefined;
          }
          return await ended();
        },
      }),
    };
  } finally {
    await runtime.removeContainer({ containerId: id });
  }
}

/** Pulls an image and runs a container of it. */
export async function inImage(
  side: RuntimeSide,
  reference: string,
  config: DeepPartial<ContainerConfig>,
  look: (running: Running) => Promise<Json>,
): Promise<Outcome> {
  try {
    await side.client.image.pullImage({ image: { image: reference } });
  } catch (error) {
    return refused('image', error);
  }
  return await inContainer(side, { image: reference, config }, look);
}
