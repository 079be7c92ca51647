// The kubelet as a process: flags, signals, exit codes.
import { printText } from '@berth/common/files/print-text.ts';
import { berthVersion } from '@berth/common/version.ts';
import { DaemonLog } from '@berth/linux/processes/daemon-log.ts';
import { setProcessName } from '@berth/linux/processes/process-name.ts';
import { ServiceManager } from '@berth/linux/systemd/service-manager.ts';
import { configureLog, createLogger, redirectLog, setVerbosity } from './klog/klog.ts';
import { buildConfiguration, checkHost } from './options/build-options.ts';
import { changedSettings } from './options/changed-settings.ts';
import { configurationJson } from './options/configuration-json.ts';
import { flagValues } from './options/flag-values.ts';
import { parseCommandLine } from './options/flags.ts';
import { usage } from './options/known-flags.ts';
import { ConfigurationError } from './options/kubelet-configuration.ts';
import type { Settings } from './options/settings.ts';
import { startKubelet } from './start-kubelet.ts';

const log = createLogger('main.ts');

/** The Kubernetes release whose behaviour this kubelet follows, and its own version as build metadata. */
const version = `v1.37.0+berth.${berthVersion}`;

async function main(argv: readonly string[]): Promise<void> {
  const commandLine = parseCommandLine(argv);
  if (commandLine.flags.help) return printText(usage(), 'kubelet');
  if (commandLine.flags.version) return printText(`Kubernetes ${version}\n`, 'kubelet');
  setProcessName('kubelet', argv);
  const file = DaemonLog.take(process.env);
  redirectLog((line, stream) => file.write(line, stream));
  const { options, settings, notices } = buildConfiguration(commandLine);
  configureLog(options.log);
  setVerbosity(options.verbosity);
  for (const notice of [...commandLine.notices, ...notices]) log.info(notice);
  checkHost(settings);
  if (process.getuid?.() !== 0)
    throw new ConfigurationError(
      'the kubelet must run as root: it makes mounts and cgroups; run it with sudo',
    );
  const published = {
    configuration: configurationJson(settings, options.secureServer.tls.certDir),
    flags: flagValues(commandLine),
  };
  const manager = new ServiceManager(process.env, (message, err) => log.error(message, { err }));
  const starting = new AbortController();
  const abandon = (): void => starting.abort(new Error('the kubelet was stopped before it had started'));
  process.once('SIGTERM', abandon).once('SIGINT', abandon);
  const kubelet = await startKubelet({ options, version, published, signal: starting.signal });
  process.off('SIGTERM', abandon).off('SIGINT', abandon);
  const status = `Running the pods of ${options.staticPodPath ?? 'no manifest directory'}.`;
  // The timer of the watchdog runs on the event loop, as everything in the kubelet does.
  manager.ready(status);

  let current = settings;
  process.on('SIGHUP', () => {
    manager.reloading();
    try {
      file.reopen();
      current = reload(argv, current);
    } catch (err) {
      log.error('Got SIGHUP; the settings stay as they were', { err });
    }
    manager.reloaded(status);
  });
  const stop = async (signal: string): Promise<void> => {
    log.info('Stopping; pods keep running', { signal });
    manager.stopping('Stopping; pods keep running.');
    await kubelet.stop();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** Reads the settings again, applies what can change in a kubelet that runs, and logs what needs a restart. */
function reload(argv: readonly string[], before: Settings): Settings {
  const { settings } = buildConfiguration(parseCommandLine(argv));
  const { changed, needRestart } = changedSettings(before, settings);
  setVerbosity(settings.verbosity);
  log.info('Read the settings again', { changed: changed.join(',') || 'nothing' });
  if (needRestart.length > 0) {
    log.warn('Some changed settings take effect when the kubelet is started again', {
      settings: needRestart.join(','),
    });
  }
  return settings;
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
