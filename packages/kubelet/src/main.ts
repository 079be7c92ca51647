// The kubelet as a process: flags, signals, exit codes.
import packageJson from '../package.json' with { type: 'json' };
import { createLogger, setVerbosity } from './klog/klog.ts';
import { buildConfiguration, checkHost } from './options/build-options.ts';
import { configurationJson } from './options/configuration-json.ts';
import { flagValues } from './options/flag-values.ts';
import { parseCommandLine } from './options/flags.ts';
import { usage } from './options/known-flags.ts';
import { ConfigurationError } from './options/kubelet-configuration.ts';
import { startKubelet } from './start-kubelet.ts';

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
  const published = {
    configuration: configurationJson(settings, options.secureServer.tls.certDir),
    flags: flagValues(commandLine),
  };
  const kubelet = await startKubelet({ options, version, published });

  const stop = async (signal: string): Promise<void> => {
    log.info('Stopping; pods keep running', { signal });
    await kubelet.stop();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

// Exit on unhandled errors; the service manager restarts the kubelet, whose state is on disk and in the runtime.
process.on('uncaughtException', (err) => {
  log.error('Unexpected failure; the kubelet ends and pods keep running', { err: err.stack ?? err });
  process.exit(255);
});
// The kubelet's own files have explicit modes. umask 022 keeps logs readable, and other files writable only by root.
process.umask(0o022);
try {
  await main(process.argv.slice(2));
} catch (err) {
  log.error(err instanceof ConfigurationError ? 'Failed to start: wrong configuration' : 'Failed to start', {
    err,
  });
  process.exit(1);
}
