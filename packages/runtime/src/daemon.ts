// Assembles a running berthd: locks its directories, starts services, recovers, then serves CRI and HTTP.

import { checkPlace } from '@berth/common/files/directories.ts';
import { printable } from '@berth/common/printable.ts';
import { type FinishedCall, serveCri } from '@berth/cri/server/server.ts';
import { CachedDiskUsage } from '@berth/linux/files/cached-disk-usage.ts';
import { checkSocketPlace, makeDaemonDirectory, socketGid } from './access/socket-access.ts';
import { readAppArmor } from './apparmor/detect.ts';
import { loadDefaultProfile } from './apparmor/load.ts';
import { cgroupNaming } from './cgroups/naming.ts';
import type { Config } from './config/config.ts';
import { saveLastGood } from './config/last-good.ts';
import { LiveConfig } from './config/live-config.ts';
import { describePeer } from './container/audit.ts';
import { recordExits } from './exits/record-exits.ts';
import { runtimeHandlers } from './handlers.ts';
import { imageHandlers } from './image/handlers.ts';
import { imageProgressHandlers } from './image/progress-handlers.ts';
import type { AdjustableLogger, Logger } from './logging/log.ts';
import { podStartsHandlers } from './observability/tracing/pod-starts-handlers.ts';
import { warnOfVulnerabilities } from './oci-runtime/vulnerability-check.ts';
import { recover } from './recovery/recover.ts';
import { messageWithCauses } from './rpc/errors.ts';
import { sandboxInitEnded } from './sandbox/stop.ts';
import { startServices } from './services.ts';
import { socketRoutes } from './socket-routes.ts';
import { lockDirectory } from './state/directory-lock.ts';
import { StreamingService } from './streaming/service.ts';

/** Timeout for running requests to finish when berthd closes. */
const closeTimeoutMs = 5_000;

/** A berthd that serves. */
export interface Daemon {
  /** Throws when the database cannot be read, so that the daemon cannot work. */
  checkHealth(): void;
  /** Applies those settings that can change while it serves, and logs those that need a restart. */
  reload(next: Config): void;
  /** Stops serving and waits for running requests. Containers keep running. */
  close(): Promise<void>;
}

/** Locks its directories, recovers, and serves the CRI. */
export async function startDaemon(config: Config, log: AdjustableLogger): Promise<Daemon> {
  await using resources = new AsyncDisposableStack();
  cgroupNaming(config.cgroupDriver).checkParent(config.cgroupParent, 'cgroupParent');
  checkSocketPlace(config);
  const gid = socketGid(config);
  await checkPlaces(config);
  for (const dir of new Set([config.root, config.state])) {
    makeDaemonDirectory(dir, config, gid);
    resources.use(await lockDirectory(dir));
  }
  const closing = new AbortController();
  const live = new LiveConfig(config);
  live.follow(({ logLevel }) => log.setLevel(logLevel));
  const services = await startServices(live, log, resources, closing.signal);
  await recover(services);
  await loadDefaultProfile(readAppArmor(), { stateDir: config.state, log });
  resources.use(recordExits(services, (id) => sandboxInitEnded(services, id)));
  const layers = new CachedDiskUsage((directory, error) =>
    log.warning(`Measuring a container's layer failed: ${messageWithCauses(error)}`, { directory }),
  );
  const streaming = new StreamingService(services);
  resources.use(streaming);
  await streaming.listen();
  const server = await serveCri({
    socketPath: config.listen,
    gid,
    runtime: runtimeHandlers(services, { layers, streaming }),
    image: imageHandlers(services.images, { dir: services.paths.layers, usage: layers }),
    imageProgress: imageProgressHandlers(services.images),
    podStarts: podStartsHandlers(services.starts),
    http: socketRoutes(services.images, services.metrics),
    onCall: (call) => {
      services.metrics.countCall(call);
      logCall(log, call);
    },
    around: (call, run) => services.tracer.call(call, run),
    errorText: printable,
    describePeer,
    onError: (error) => log.error(`Unable to accept a connection on ${config.listen}: ${error.message}`),
  });
  recordSettings(config, log);
  const warned = warnOfVulnerabilities(services.runtimes, log);
  resources.defer(() => warned);
  const owned = resources.move();
  return {
    checkHealth: () => services.state.check(),
    reload: (next) => reload(services.config, log, next),
    close: async () => {
      await server.close();
      await Promise.race([
        services.queue.idle(),
        new Promise((resolve) => setTimeout(resolve, closeTimeoutMs).unref()),
      ]);
      closing.abort();
      await owned.disposeAsync();
    },
  };
}

async function checkPlaces({ root, state, listen, cni }: Config): Promise<void> {
  await checkPlace(root, 'root');
  await checkPlace(state, 'state');
  await checkPlace(listen, 'listen');
  await checkPlace(cni.confDir, 'cni.confDir');
  await checkPlace(cni.cacheDir, 'cni.cacheDir');
}

/** Applies those settings that can change while berthd serves, and logs those that need a restart. */
function reload(config: LiveConfig, log: Logger, next: Config): void {
  const { changed, needRestart } = config.reload(next);
  recordSettings(config.current, log);
  log.info('Read the settings again', { changed: changed.join(',') || 'nothing' });
  if (needRestart.length > 0) {
    log.warning('Some changed settings take effect when berthd is started again', {
      settings: needRestart.join(','),
    });
  }
}

function recordSettings(config: Config, log: Logger): void {
  try {
    saveLastGood(config);
  } catch (error) {
    log.warning(`Unable to record the settings for berth: ${messageWithCauses(error)}`);
  }
}

function logCall(log: Logger, { rpc, durationMs, code, error }: FinishedCall): void {
  const fields = { duration: `${durationMs.toFixed(1)}ms`, code };
  if (code === 'OK' || code === 'CANCELLED') {
    log.debug(`Response: ${rpc}`, fields);
    return;
  }
  const message = `${rpc} failed: ${messageWithCauses(error)}`;
  // NOT_FOUND is normal for clients that poll; only for a pull does it mean a user's mistake.
  if (code === 'NOT_FOUND' && rpc === 'PullImage') log.warning(message, fields);
  else if (code === 'NOT_FOUND' || code === 'UNIMPLEMENTED') log.debug(message, fields);
  else log.error(message, fields);
}
