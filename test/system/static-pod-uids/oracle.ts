// The UIDs that the code of the real kubelet gives static pods (test/peers/kubernetes/static-pod-uid).
import { execFileSync } from 'node:child_process';
import { buildPeer } from '@berth/test-support/peers.ts';

export interface Manifest {
  /** JSON or YAML. */
  text: string;
  /** Its path or URL. */
  file: string;
  source?: 'file' | 'http';
}

/** The UID of the pod of each manifest on a node; undefined where the real kubelet cannot decode it. */
export async function realUids(
  manifests: readonly Manifest[],
  nodeName: string,
): Promise<(string | undefined)[]> {
  const program = await buildPeer('static-pod-uid');
  const input = manifests.map(({ text, file, source }) => {
    return `${JSON.stringify({ manifest: text, source: file, file: source !== 'http' })}\n`;
  });
  const output = execFileSync(program, ['uids', nodeName], {
    input: input.join(''),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { uid?: string }).uid);
}
