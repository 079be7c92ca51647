// Builds the image of examples/hello.yaml from busybox, so that the example needs no network.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CriClient } from '@berth/cri/client/client.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { UserError } from '../errors/user-error.ts';
import { importImages } from './import.ts';

/** The image that examples/hello.yaml runs, built from this machine's busybox. */
export const demoImage = 'localhost/berth-demo:1';

const busyboxPath = '/bin/busybox';
/** The applets that a demo may want; busybox finds the rest by `busybox NAME`. */
const appletNames = [
  'awk',
  'cat',
  'chmod',
  'cp',
  'cut',
  'date',
  'df',
  'echo',
  'env',
  'false',
  'find',
  'free',
  'grep',
  'head',
  'hostname',
  'httpd',
  'id',
  'ip',
  'kill',
  'ln',
  'ls',
  'mkdir',
  'mount',
  'mv',
  'nc',
  'nslookup',
  'ping',
  'ps',
  'pwd',
  'rm',
  'sed',
  'sh',
  'sleep',
  'sort',
  'stat',
  'tail',
  'top',
  'touch',
  'true',
  'uname',
  'vi',
  'wc',
  'wget',
  'whoami',
  'xargs',
];

/**
 * Makes sure that the demo image is in the runtime's store, so that the example runs without a network.
 * @returns the duration of building and loading it in milliseconds, or undefined when it existed
 * @throws UserError when busybox is missing or the runtime has no import endpoint
 */
export async function ensureDemoImage(socket: string, client: CriClient): Promise<number | undefined> {
  const { image } = await client.image.imageStatus({ image: { image: demoImage } });
  if (image !== undefined) return undefined;
  const started = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'berth-demo-'));
  try {
    await writeDemoImage(dir, await readBusybox());
    await importImages(socket, { name: demoImage, content: dir });
  } finally {
    await rm(dir, { recursive: true });
  }
  return performance.now() - started;
}

/** Writes the demo image as an OCI layout. */
export async function writeDemoImage(dir: string, busybox: Buffer): Promise<void> {
  await writeOciLayout({
    dir,
    name: demoImage,
    compression: 'none',
    layers: [
      [
        { type: 'directory', path: 'bin/' },
        { type: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
        ...appletNames.map(
          (applet) => ({ type: 'symlink', path: `bin/${applet}`, target: 'busybox' }) as const,
        ),
        { type: 'directory', path: 'etc/' },
        {
          type: 'file',
          path: 'etc/passwd',
          content: 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
        },
        { type: 'file', path: 'etc/group', content: 'root:x:0:\nnogroup:x:65534:\n' },
        { type: 'directory', path: 'tmp/', mode: 0o1777 },
      ],
    ],
    config: { Env: ['PATH=/bin'], Cmd: ['sh'] },
  });
}

async function readBusybox(): Promise<Buffer> {
  return readFile(busyboxPath).catch((error) => {
    throw new UserError(
      `the demo image is made from ${busyboxPath}, which cannot be read (${error.code}); install it with: npm run setup`,
    );
  });
}
