// Creates pods and containers from config files, for create, run and runp.
import type { PodSandboxConfig } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { within } from '../errors/within.ts';
import { imageNames } from '../lookup/images.ts';
import { credentials, pullFlags, pullImage } from '../pull/pull.ts';
import { loadContainerConfig, loadPodConfig } from './config-files.ts';

export const cancelTimeoutFlag = {
  type: 'duration',
  aliases: ['T'],
  usage: 'Timeout of the request, such as 10s, after which it is cancelled',
} as const;

export const createFlags = {
  ...pullFlags,
  'no-pull': { type: 'boolean', usage: 'Do not pull the image (overrides crictl.yaml)' },
  'with-pull': { type: 'boolean', usage: 'Pull the image (overrides crictl.yaml)' },
  'cancel-timeout': cancelTimeoutFlag,
} as const;

export interface CreateFlags {
  creds: string;
  auth: string;
  username: string;
  'pull-timeout': number;
  'no-pull': boolean;
  'with-pull': boolean;
  'cancel-timeout': number;
}

/** Whether to pull the image. Throws when both flags are set. */
export function wantsPull(flags: Pick<CreateFlags, 'no-pull' | 'with-pull'>, byDefault: boolean): boolean {
  if (flags['no-pull'] && flags['with-pull']) throw new Error('conflict: no-pull and with-pull are both set');
  return flags['with-pull'] || (byDefault && !flags['no-pull']);
}

/** Runs the pod of a config file; returns its id. */
export async function runPod(
  app: App,
  path: string,
  runtimeHandler: string,
  timeoutMs: number,
): Promise<string> {
  const config = await within('load podSandboxConfig', () => loadPodConfig(path, app.logger));
  return await within('run pod sandbox', async () => {
    // Twice the timeout: setting up the network may take as long as the rest.
    const request = { config, runtimeHandler };
    const { podSandboxId } = await (await app.runtime()).runPodSandbox(request, app.call(2 * timeoutMs));
    return podSandboxId;
  });
}

/** Creates a container of a config file in a pod; with `pull` after pulling its image and image volumes. */
export async function createContainer(
  app: App,
  options: {
    podSandboxId: string;
    containerPath: string;
    podPath: string;
    pull: boolean;
    flags: CreateFlags;
  },
): Promise<string> {
  const { podSandboxId, flags } = options;
  const config = await loadContainerConfig(options.containerPath, app.logger);
  const sandboxConfig: PodSandboxConfig = await loadPodConfig(options.podPath, app.logger);
  if (options.pull) {
    const auth = await credentials(flags);
    const mounted = config.mounts.flatMap(({ image }) => (image && image.image !== '' ? [image.image] : []));
    const annotations = config.image?.annotations ?? {};
    const own = config.image?.image ?? '';
    app.logger.info(`Pulling container image: ${own}`);
    for (const { image, containerPath } of config.mounts) {
      if (image === undefined || image.image === '') continue;
      app.logger.info(`Pulling image ${own} to be mounted to container path: ${containerPath}`);
    }
    for (const image of [own, ...mounted]) {
      await pullImage(app, image, { auth, sandboxConfig, annotations, timeoutMs: flags['pull-timeout'] });
    }
  }
  const timeoutMs = flags['cancel-timeout'] || app.settings.timeoutMs;
  app.failedLookup ??= { what: 'image', word: config.image?.image ?? '', known: () => imageNames(app) };
  const request = { podSandboxId, config, sandboxConfig };
  const { containerId } = await (await app.runtime()).createContainer(request, app.call(timeoutMs));
  return containerId;
}
