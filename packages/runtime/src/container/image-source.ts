// The ContainerSource of ordinary images: creates a container up to a process that waits to be started.

import { ContainerEventType } from '@berth/cri/generated/api.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import { type RecordExitServices, watchConmon } from '../exits/record-exits.ts';
import type { Logger } from '../logging/log.ts';
import type { Tracer } from '../observability/tracing/tracer.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import type { Paths } from '../state/paths.ts';
import type { State } from '../state/state.ts';
import { type BundleServices, makeSpec, mountRoot, spanAttributes, writeBundle } from './bundle.ts';
import { recordLimitsWithSystemd } from './cgroup-limits.ts';
import { createWithConmon } from './conmon-start.ts';
import type { ContainerSource, Creation } from './creation.ts';
import { containerUser } from './spec.ts';
import { stdioOwner } from './stdio.ts';
import { checkSystemMounts } from './system-mounts.ts';

/** What creating a container from its image uses. */
export interface ImageSourceServices extends BundleServices, RecordExitServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly events: ContainerEvents;
  readonly runtimes: OciRuntimes;
  readonly cgroupNaming: CgroupNaming;
  readonly tracer: Tracer;
  readonly conmon: string;
}

/** Returns the source that creates containers from an image. */
export function imageSource(services: ImageSourceServices, image: string): ContainerSource {
  return { image, create: (creation) => createFromImage(services, creation) };
}

async function createFromImage(services: ImageSourceServices, creation: Creation): Promise<void> {
  const { name, sandbox, container, signal } = creation;
  const { state, events, log, tracer } = services;
  const { id, config } = container;
  await mountRoot(services, creation);
  const spec = await makeSpec(services, creation);
  await writeBundle(services, creation, spec);
  const runtime = services.runtimes.get(sandbox.runtime);
  const processes = await tracer.span(`${runtime.name} create`, spanAttributes(creation), () =>
    createWithConmon(services, {
      id,
      name: container.name,
      runtime,
      bundle: services.paths.container(id).bundle,
      args: spec.process?.args ?? [],
      logPath: container.logPath,
      stdin: config.stdin,
      stdinOnce: config.stdinOnce,
      tty: config.tty,
      stdioOwner: stdioOwner(sandbox, spec.process?.user),
      signal,
    }),
  );
  // Runtimes other than crun and runc may not make mounts at all.
  if (runtime.flavor !== 'other') checkSystemMounts(processes.init.pid, spec);
  await recordLimitsWithSystemd(services, container.cgroup, spec.linux?.resources);
  // The caller disconnected and will retry; the rollback frees the name.
  signal.throwIfAborted();

  state.containers.setState(id, { phase: 'created', processes }, containerUser(spec));
  watchConmon(services, id, processes);
  events.container(id, ContainerEventType.CONTAINER_CREATED_EVENT);
  log.info(`Created container: ${name}`, { container: id, sandbox: sandbox.id });
}
