// The kubelet: reads what it is told, then joins pod sources, the part that runs pods, and the HTTP servers.
import type { Server } from 'node:http';
import { join } from 'node:path';
import { connectCri } from '@berth/cri/client/client.ts';
import { makeDirectoriesSync } from '@berth/linux/files/directories.ts';
import packageJson from '../package.json' with { type: 'json' };
import { FileSource } from './config/file-source.ts';
import { PodConfig } from './config/pod-config.ts';
import type { PodSource } from './config/pod-source.ts';
import { createLogger, setVerbosity } from './klog/klog.ts';
import type { KubeletDependencies } from './kubelet.ts';
import { nodeCapacity } from './node/node-capacity.ts';
import { nodeFacts } from './node/node-facts.ts';
import { buildConfiguration, checkHost } from './options/build-options.ts';
import { parseCommandLine } from './options/flags.ts';
import { usage } from './options/known-flags.ts';
import { ConfigurationError } from './options/kubelet-configuration.ts';
import { createKubelet } from './pods/workers.ts';
import { lockRootDir } from './rootdir/instance-lock.ts';
import { privateSocket } from './server/private-socket.ts';
import {
  type ServerSubject,
  serveHealthz,
  servePrivately,
  serveReadOnly,
} from './server/read-only-server.ts';

const log = createLogger('main.ts');

/** The Kubernetes release whose behaviour this kubelet follows, and its own version as build metadata. */
const version = `v1.37.0+berth.${packageJson.version}`;

async function main(argv: readonly string[]): Promise<void> {
  const commandLine = parseCommandLine(argv);
  if (commandLine.flags.help) return void process.stdout.write(usage());
  if (commandLine.flags.version) return void process.stdout.write(`Kubernetes ${version}\n`);
  const { options, settings, notices } = buildConfiguration(commandLine);
  setVerbosity(options.verbosity);
  for (const notice of [...commandLine.notices, ...notices]) log.info(notice);
  checkHost(settings);
  if (process.getuid?.() !== 0)
    throw new ConfigurationError('the kubelet must run as root: it makes mounts and cgroups');
  await lockRootDir(options.rootDir);
  // As Kubernetes has it; the folders of pods in it are 0755.
  makeDirectoriesSync(options.podLogsDir, 0o750);

  const { containerRuntimeEndpoint, imageServiceEndpoint } = options;
  const timeoutMs = options.runtimeRequestTimeoutMs;
  const cri = connectCri(containerRuntimeEndpoint, { timeoutMs });
  const dependencies: KubeletDependencies = { cri, options };
  if (imageServiceEndpoint !== containerRuntimeEndpoint) {
    dependencies.imageCri = connectCri(imageServiceEndpoint, { timeoutMs });
  }
  const sources: PodSource[] = [];
  if (options.staticPodPath !== undefined) {
    sources.push(
      new FileSource({
        path: options.staticPodPath,
        nodeName: options.nodeName,
        stateDir: join(options.rootDir, 'static-pods'),
        checkFrequencyMs: options.fileCheckFrequencyMs,
        sysctls: { allowedUnsafe: settings.allowedUnsafeSysctls },
      }),
    );
  }
  const kubelet = createKubelet(dependencies);
  const podConfig = new PodConfig(sources, {
    node: nodeFacts(options.nodeName, options.maxPods, nodeCapacity(options.rootDir)),
    isFinished: (uid) => {
      const phase = kubelet.pods().find((pod) => pod.metadata.uid === uid)?.status.phase;
      return phase === 'Succeeded' || phase === 'Failed';
    },
  });
  const servers = await startServers(options, {
    pods: () => kubelet.pods(),
    rejected: () => podConfig.rejected(),
    unhealthy: () =>
      kubelet.runtimeReady()
        ? undefined
        : `the container runtime does not answer at ${containerRuntimeEndpoint}`,
  });
  podConfig.start((pods) => kubelet.setPods(pods));
  log.info('Started kubelet', {
    version,
    node: options.nodeName,
    runtime: containerRuntimeEndpoint,
    staticPodPath: options.staticPodPath,
  });

  const stop = async (signal: string): Promise<void> => {
    log.info('Stopping; pods keep running', { signal });
    await podConfig.stop();
    for (const server of servers) server.close().closeAllConnections();
    await kubelet.stop();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function startServers(
  options: KubeletDependencies['options'],
  subject: ServerSubject,
): Promise<Server[]> {
  const { readOnlyServer, healthzServer } = options;
  const servers: Server[] = [];
  const socket = privateSocket(options.rootDir);
  if (socket !== undefined) servers.push(await servePrivately(socket, subject));
  else log.warn('No socket for berth: the path of the root directory is too long', { path: options.rootDir });
  if (readOnlyServer.port !== 0) {
    servers.push(await serveReadOnly(readOnlyServer.address, readOnlyServer.port, subject));
  }
  if (healthzServer.port !== 0) {
    servers.push(await serveHealthz(healthzServer.address, healthzServer.port, subject));
  }
  return servers;
}

// A kubelet that can not go on dies at once and is started again: everything it needs is on disk and in the runtime.
process.on('uncaughtException', (err) => {
  log.error('Unexpected failure; the kubelet ends and pods keep running', { err: err.stack ?? err });
  process.exit(255);
});
// What is the kubelet's own has its mode; the usual umask keeps logs readable and everything else unwritable.
process.umask(0o022);
try {
  await main(process.argv.slice(2));
} catch (err) {
  log.error(err instanceof ConfigurationError ? 'Failed to start: wrong configuration' : 'Failed to start', {
    err,
  });
  process.exit(1);
}
