// What the annotations of a container say about it, for one whose manifest is gone: its preStop hook and its ports.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { Container } from '../api/pod.ts';
import { readShape } from '../api/pod-shape.ts';
import { containerAnnotations } from '../kubecontainer/labels.ts';
import { unlessGone } from './unless-gone.ts';

/** A container as its annotations describe it. */
export type RecordedContainer = Pick<Container, 'name' | 'ports' | 'lifecycle'>;

/** Reads the annotations of a container. An annotation that cannot be read counts as none. */
export async function recordedContainer(
  runtime: Pick<RuntimeClient, 'containerStatus'>,
  { id, name }: { id: string; name: string },
): Promise<RecordedContainer> {
  const response = await unlessGone(runtime.containerStatus({ containerId: id }));
  return fromAnnotations(name, response?.status?.annotations ?? {});
}

/** Pure: the description in annotations. Any CRI client can write them, so they are checked as a manifest is. */
export function fromAnnotations(
  name: string,
  annotations: Readonly<Record<string, string>>,
): RecordedContainer {
  const preStop = parsed(annotations[containerAnnotations.preStopHandler]);
  const ports = parsed(annotations[containerAnnotations.ports]);
  const container = {
    name,
    ...(preStop === undefined ? {} : { lifecycle: { preStop } }),
    ...(ports === undefined ? {} : { ports }),
  };
  const shape = readShape('Pod', { spec: { containers: [container] } });
  const [checked] = 'object' in shape ? (shape.object.spec?.containers ?? []) : [];
  return checked ?? { name };
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
