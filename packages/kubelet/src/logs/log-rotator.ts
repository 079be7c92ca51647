// Checks the log size of every running container periodically, and rotates large logs (log-rotation.ts).
import { join } from 'node:path';
import { maxTimerMs } from '@berth/common/max-timer.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { PodIdentity } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { logPath, podLogDir } from '../paths/pod-paths.ts';
import { type LogLimits, type RotatedLog, rotateLog } from './log-rotation.ts';

const log = createLogger('log-rotator.ts');

/** A container whose log grows. */
export interface LoggingContainer {
  pod: PodIdentity;
  id: string;
  name: string;
  restartCount: number;
}

/** The parameters of the rotator. */
export interface LogRotatorPorts {
  runtime: Pick<RuntimeClient, 'reopenContainerLog'>;
  options: Pick<KubeletOptions, 'rootDir' | 'podLogsDir' | 'logRotation'>;
  workers: {
    /** The containers that run now. */
    runningContainers(): LoggingContainer[];
  };
}

/** Rotates logs on a timer of its own. */
export class LogRotator {
  readonly #ports: LogRotatorPorts;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(ports: LogRotatorPorts) {
    this.#ports = ports;
  }

  /** Starts the timer, unless logs are never rotated; the first check is after one interval. */
  start(): void {
    const limits = this.#ports.options.logRotation;
    if (!limits) return;
    this.#timer = setTimeout(
      async () => {
        for (const container of this.#ports.workers.runningContainers()) {
          await this.#rotate(container, limits);
        }
        if (!this.#stopped) this.start();
      },
      Math.min(limits.checkMs, maxTimerMs),
    );
  }

  /** Stops the timer. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #rotate({ pod, id, name, restartCount }: LoggingContainer, limits: LogLimits): Promise<void> {
    const { runtime, options } = this.#ports;
    const path = join(podLogDir(options, pod), logPath(name, restartCount));
    const rotated: RotatedLog = { id, path, root: options.podLogsDir };
    await rotateLog(rotated, limits, runtime).catch((err: unknown) => {
      log.error('Failed to rotate container log', { err, path });
    });
  }
}
