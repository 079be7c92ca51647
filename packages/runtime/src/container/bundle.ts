// The steps of a creation that do not depend on what the container is created from.

import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import type { Tracer } from '../observability/tracing/tracer.ts';
import type { Paths } from '../state/paths.ts';
import type { Creation } from './creation.ts';
import { makeLogDirectory, requireLogFile } from './log-directory.ts';
import { mountRootfs, podUserNamespace } from './rootfs.ts';
import { type ContainerSpecServices, containerSpec } from './spec.ts';

/** What making a bundle uses. */
export interface BundleServices extends ContainerSpecServices {
  readonly tracer: Tracer;
}

/** What the spans of a creation are about. */
export function spanAttributes({ sandbox, container }: Pick<Creation, 'sandbox' | 'container'>) {
  return { 'container.id': container.id, 'sandbox.id': sandbox.id };
}

/** Mounts the root file system: the image's layers below the container's own. Returns where it is. */
export function mountRoot(
  services: { readonly paths: Paths; readonly tracer: Tracer },
  creation: Creation,
): Promise<string> {
  const { sandbox, container, image, selinux } = creation;
  return services.tracer.span('rootfs', spanAttributes(creation), () =>
    mountRootfs(services.paths.container(container.id), image.lowerDirs, {
      userNamespace: podUserNamespace(services, sandbox),
      label: selinux?.mount,
    }),
  );
}

/** Derives config.json; the root file system has to be mounted. */
export function makeSpec(services: BundleServices, creation: Creation): Promise<Spec> {
  return services.tracer.span('spec', spanAttributes(creation), () => containerSpec(services, creation));
}

/** Writes config.json, and makes the directory of the container's log. */
export async function writeBundle(
  services: { readonly paths: Paths },
  { sandbox, container }: Creation,
  spec: Spec,
): Promise<void> {
  const { bundle } = services.paths.container(container.id);
  writeFileSync(bundle.config, JSON.stringify(spec), { mode: 0o600 });
  if (container.logPath === '') return;
  await makeLogDirectory(dirname(container.logPath), 'config.log_path');
  requireLogFile(container.logPath, sandbox.config.logDirectory, 'config.log_path');
}
