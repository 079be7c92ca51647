// Maps each kind of step to its effect. Each effect gets only the dependencies that it declares.

import type { RemovalPorts } from '../../kuberuntime/remove.ts';
import type { StopPodPorts } from '../../kuberuntime/stop.ts';
import { backOffEffect } from './back-off.ts';
import { type CreateSandboxPorts, createSandboxEffect } from './create-sandbox.ts';
import type { Effects } from './effect.ts';
import { killContainerEffect } from './kill-container.ts';
import { killPodEffect } from './kill-pod.ts';
import { type PreparePodPorts, preparePodEffect } from './prepare-pod.ts';
import { removeContainerEffect } from './remove-container.ts';
import { type ResizePodPorts, resizePodEffect } from './resize-pod.ts';
import { type StartContainerPorts, startContainerEffect } from './start-container.ts';

/** All effects, from the parts of one kubelet. */
export function effectTable(
  ports: PreparePodPorts &
    StopPodPorts &
    RemovalPorts &
    CreateSandboxPorts &
    ResizePodPorts &
    StartContainerPorts,
): Effects {
  return {
    'prepare-pod': preparePodEffect(ports),
    'kill-pod': killPodEffect(ports),
    'kill-container': killContainerEffect(ports),
    'remove-container': removeContainerEffect(ports),
    'create-sandbox': createSandboxEffect(ports),
    'resize-pod': resizePodEffect(ports),
    'start-container': startContainerEffect(ports),
    'back-off': backOffEffect(ports),
  };
}
