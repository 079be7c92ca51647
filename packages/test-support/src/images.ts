// Images for tests, built from Debian's static busybox: no public registry is needed.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { ExecutionParameters } from '@berth/oci/image-spec/image-config.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { encodeTar } from '@berth/oci/tar/writer.ts';
import { testImage } from './pods.ts';

/** The image of the process that containerd holds a pod's namespaces with; berthd needs none. */
export const pauseImage = 'localhost/berth-test/pause:1';

const busybox = '/bin/busybox';
const applets =
  'cat chmod cp date dd df echo env false grep head hostname httpd id kill ln ls mkdir mount mv nc nproc ping ps pwd rm sed seq sh sleep stat sync tail tee test timeout touch tr true umount uname usleep vi wc wget whoami yes';

/** The layer of a small image: busybox with its applets, users, and the folders that programs expect. */
export function busyboxLayer(): TarEntry[] {
  return [
    ...['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'var', 'var/log'].map(
      (path): TarEntry => ({ type: 'directory', path }),
    ),
    { type: 'directory', path: 'tmp', mode: 0o1777 },
    { type: 'file', path: 'bin/busybox', mode: 0o755, content: readFileSync(busybox) },
    ...applets
      .split(' ')
      .map((name): TarEntry => ({ type: 'symlink', path: `bin/${name}`, target: 'busybox' })),
    {
      type: 'file',
      path: 'etc/passwd',
      content:
        'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nalice:x:1000:1001::/home:/bin/sh\n',
    },
    {
      type: 'file',
      path: 'etc/group',
      content: 'root:x:0:\nnogroup:x:65534:\nstaff:x:1001:\nextra:x:1002:alice\n',
    },
  ];
}

/** Writes an image of the busybox layer as an OCI layout directory. */
export async function writeTestImage(
  dir: string,
  name: string = testImage,
  config: ExecutionParameters = { Cmd: ['/bin/sh'], Env: ['PATH=/bin'] },
): Promise<void> {
  await writeOciLayout({ dir, name, layers: [busyboxLayer()], config });
}

/** An OCI archive of the test image and the pause image, made below `dir` unless it is there. */
export async function testImageTar(dir: string): Promise<string> {
  const tar = join(dir, 'test-images.tar');
  if (existsSync(tar)) return tar;
  const layout = join(dir, 'test-images');
  await writeTestImage(layout);
  await writeTestImage(layout, pauseImage, { Entrypoint: ['/bin/sleep', '2147483647'] });
  const entries = readdirSync(layout, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry): TarEntry => {
      const path = join(entry.parentPath, entry.name);
      return { type: 'file', path: path.slice(layout.length + 1), content: readFileSync(path) };
    });
  writeFileSync(tar, Buffer.concat([...encodeTar(entries)]));
  return tar;
}

/** Loads the test image into the berthd at `socket` over its HTTP side, as `berth image load` does. */
export async function loadTestImage(socket: string): Promise<void> {
  const dir = mkdtempSync('/tmp/berth-test-image-');
  try {
    await importArchive(socket, await testImageTar(dir));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Loads the archive at `path` by its path, as `berth image load` does; rejects with the answer unless it is a success. */
export function importArchive(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const post = request({ socketPath, path: '/images/import', method: 'POST' }, async (response) => {
      const text = (await response.toArray()).join('');
      if (response.statusCode === 200) resolve(text);
      else reject(new Error(`POST /images/import: ${response.statusCode} ${text}`));
    });
    post.on('error', reject).end(JSON.stringify({ path }));
  });
}
