// Files that the command lines of comparisons name.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testImage } from '@berth/test-support/pods.ts';
import type { TestImages } from './images.ts';
import type { Node } from './node.ts';

/** Names that comparisons use as `<NAME>`, with what stands behind them. */
export type Names = Map<string, string>;

/** Writes the files into the node's folder; their names, and those of the node and its images. */
export function writeFiles(
  { dir, socket, cgroupParent }: Pick<Node, 'dir' | 'socket' | 'cgroupParent'>,
  { registry, appDigest }: Pick<TestImages, 'registry' | 'appDigest'>,
): Names {
  const endpoint = `unix://${socket}`;
  const names: Names = new Map(
    Object.entries({
      dir,
      socket,
      endpoint,
      'test-image': testImage,
      registry,
      'app-digest': appDigest,
      cgroup: cgroupParent,
    }),
  );
  const file = (name: string, content: string | object) => {
    const path = join(dir, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    names.set(name, path);
  };
  file('crictl.yaml', `runtime-endpoint: ${endpoint}\ntimeout: 20\n`);
  file('commented.yaml', `# comment\nruntime-endpoint: "${endpoint}" # here\ntimeout: 20\ndebug: false\n`);
  file('image.yaml', `runtime-endpoint: ${endpoint}\nimage-endpoint: unix://${dir}/none.sock\ntimeout: 20\n`);
  file('empty.yaml', '');
  file('bad-key.yaml', 'runtime-endpont: x\n');
  file('bad-timeout.yaml', `runtime-endpoint: ${endpoint}\ntimeout: soon\n`);
  file('bad-debug.yaml', `runtime-endpoint: ${endpoint}\ndebug: maybe\n`);
  file('bad.yaml', '{ a\n');
  file('not-a-map.yaml', '- a\n- b\n');
  file('wrong-socket.yaml', `runtime-endpoint: unix://${dir}/none.sock\n`);
  mkdirSync(join(dir, 'logs/new'), { recursive: true });
  const pod = (name: string) => ({
    metadata: { name, namespace: 'default', uid: `uid-${name}`, attempt: 0 },
    log_directory: join(dir, 'logs', name),
    linux: { cgroup_parent: cgroupParent },
  });
  file('pod.json', pod('new'));
  file(
    'pod.yaml',
    `metadata:\n  name: from-yaml\n  namespace: default\n  uid: uid-yaml\nlinux:\n  cgroup_parent: ${cgroupParent}\n`,
  );
  file('pod-no-parent.json', { ...pod('new'), linux: {} });
  file('pod-no-metadata.json', {});
  file('pod-no-name.json', { metadata: { namespace: 'x', uid: 'y' } });
  file('bad.json', '{ "metadata": ');
  file('unknown-field.json', { ...pod('new'), nonsense: 1 });
  file('wrong-type.json', { metadata: 'x' });
  const container = {
    metadata: { name: 'c' },
    image: { image: testImage },
    command: ['/bin/sleep', '60'],
    log_path: 'c.log',
    linux: {},
  };
  file('container.json', container);
  file('container-no-metadata.json', { image: { image: testImage } });
  file('container-no-name.json', { metadata: {}, image: { image: testImage } });
  file('container-no-image.json', { metadata: { name: 'c' } });
  file('container-empty-image.json', { metadata: { name: 'c' }, image: {} });
  file('container-absent-image.json', { ...container, image: { image: `${registry}/absent:1` } });
  file('container-app.json', { ...container, image: { image: `${registry}/app:1` } });
  return names;
}
