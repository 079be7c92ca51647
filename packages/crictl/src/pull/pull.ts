// Pulls an image, with the registry credentials of the flags.
import type { WriteStream } from 'node:tty';
import type { ImageProgressClient } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import type { AuthConfig, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { imageNames } from '../lookup/images.ts';

export const pullFlags = {
  creds: {
    type: 'string',
    placeholder: 'USERNAME[:PASSWORD]',
    usage: 'User name and password for the registry',
  },
  auth: {
    type: 'string',
    placeholder: 'AUTH_STRING',
    usage: 'USERNAME[:PASSWORD] for the registry, base64-encoded',
  },
  username: {
    type: 'string',
    placeholder: 'USERNAME',
    usage: 'User name for the registry; prompts for the password',
  },
  'pull-timeout': {
    type: 'duration',
    aliases: ['pt'],
    env: ['CRICTL_PULL_TIMEOUT'],
    usage: 'Timeout of the pull, 0s for no limit',
  },
} as const;

export interface PullOptions {
  auth: Partial<AuthConfig> | undefined;
  sandboxConfig: PodSandboxConfig | undefined;
  annotations: Record<string, string>;
  timeoutMs: number;
  /** The terminal for progress bars, when the runtime reports progress. */
  terminal?: WriteStream;
}

/** Pulls `image`; returns the image reference for CreateContainer. */
export async function pullImage(app: App, image: string, options: PullOptions): Promise<string> {
  const { auth, sandboxConfig, annotations, timeoutMs } = options;
  if (timeoutMs < 0) throw new Error('timeout should be bigger than 0');
  app.failedLookup = { what: 'image', word: image, known: () => imageNames(app) };
  const request = { image: { image, annotations }, auth, sandboxConfig };
  try {
    const shown = options.terminal && (await pullShown(app, request, options.terminal, timeoutMs));
    if (shown) return shown;
    const { imageRef } = await (await app.image()).pullImage(request, app.call(timeoutMs));
    return imageRef;
  } catch (error) {
    // Print the registry's error without the code UNKNOWN.
    if (error instanceof CriError && error.code === 'UNKNOWN')
      throw new Error(error.message, { cause: error });
    throw error;
  }
}

/** Pulls with progress bars; undefined when the runtime does not report progress. */
async function pullShown(
  app: App,
  request: Parameters<ImageProgressClient['pullImage']>[0],
  terminal: WriteStream,
  timeoutMs: number,
): Promise<string | undefined> {
  const { ProgressBars } = await import('./progress-bars.ts');
  using bars = new ProgressBars(terminal);
  try {
    for await (const { imageRef, layers } of (await app.imageProgress()).pullImage(
      request,
      app.call(timeoutMs),
    )) {
      bars.show(layers);
      if (imageRef !== '') return imageRef;
    }
    return undefined;
  } catch (error) {
    if (error instanceof CriError && error.code === 'UNIMPLEMENTED') return undefined;
    throw error;
  }
}

/** The credentials of the flags. Prompts for the password of --username. */
export async function credentials(flags: {
  creds: string;
  auth: string;
  username: string;
}): Promise<Partial<AuthConfig> | undefined> {
  if (flags.username !== '') {
    const { readPassword } = await import('../cli/password.ts');
    return { username: flags.username, password: await readPassword('Enter Password:') };
  }
  if (flags.creds !== '' && flags.auth !== '') throw new Error('both `--creds` and `--auth` are specified');
  if (flags.creds !== '') return parseCredentials(flags.creds);
  return flags.auth === '' ? undefined : { auth: flags.auth };
}

/** Pure: `USERNAME[:PASSWORD]`. */
export function parseCredentials(text: string): { username: string; password: string } {
  const colon = text.indexOf(':');
  if (colon === -1) return { username: text, password: '' };
  if (colon === 0) throw new Error("username can't be empty");
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
