import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { type Config, cgroupDrivers, defaultConfig, defaultConfigPath, readConfig } from './config.ts';
import { messageOf } from './errors.ts';
import { createLogger, logLevels } from './log.ts';
import { berthVersion } from './version.ts';

/** The flags of berthd; each one that is given wins over the config file. */
function parseArguments(argv: readonly string[]): Config {
  const command = new Command('berthd')
    .description('Runs pods: a container runtime that serves the Kubernetes CRI on a Unix socket.')
    .version(`berthd ${berthVersion}`, '-v, --version')
    .option('-c, --config <file>', `settings in YAML (default: ${defaultConfigPath}, if it is there)`)
    .option(
      '--listen <socket>',
      `path of the CRI socket, with or without unix:// (default: ${defaultConfig.listen})`,
    )
    .option('--root <dir>', `images, container layers and state (default: ${defaultConfig.root})`)
    .option(
      '--state <dir>',
      `what a reboot may take: sandboxes and bundles (default: ${defaultConfig.state})`,
    )
    .addOption(
      new Option('-l, --log-level <level>', `default: ${defaultConfig.logLevel}`).choices([...logLevels]),
    )
    .addOption(
      new Option('--cgroup-driver <driver>', `default: ${defaultConfig.cgroupDriver}`).choices([
        ...cgroupDrivers,
      ]),
    )
    .option(
      '--cgroup-parent <path>',
      `cgroup of pods that ask for none (default: ${defaultConfig.cgroupParent})`,
    )
    .option(
      '--default-runtime <name>',
      'runtime handler of pods that ask for none (default: the first that works)',
    )
    .option('--conmon <path>', 'the conmon to use (default: conmon in PATH)')
    .option('--cni-config-dir <dir>', `CNI configuration (default: ${defaultConfig.cni.confDir})`)
    .option('--cni-plugin-dir <dir...>', `CNI plugins (default: ${defaultConfig.cni.pluginDirs.join(' ')})`)
    .option('--cni-cache-dir <dir>', `record of CNI attachments (default: ${defaultConfig.cni.cacheDir})`)
    .option(
      '--registry-config-dir <dir>',
      `HOST/hosts.toml files (default: ${defaultConfig.registry.configDir})`,
    )
    .helpOption('-h, --help')
    .allowExcessArguments(false)
    .exitOverride();
  const flags = command.parse([...argv], { from: 'user' }).opts<Flags>();
  return withFlags(readConfig(flags.config), flags);
}

interface Flags {
  config?: string;
  listen?: string;
  root?: string;
  state?: string;
  logLevel?: Config['logLevel'];
  cgroupDriver?: Config['cgroupDriver'];
  cgroupParent?: string;
  defaultRuntime?: string;
  conmon?: string;
  cniConfigDir?: string;
  cniPluginDir?: string[];
  cniCacheDir?: string;
  registryConfigDir?: string;
}

/** A relative path on the command line is from where berthd was started. */
function withFlags(config: Config, flags: Flags): Config {
  const path = (flag: string | undefined, otherwise: string) =>
    flag === undefined ? otherwise : resolve(flag);
  const defaultRuntime = flags.defaultRuntime ?? config.defaultRuntime;
  if (defaultRuntime !== undefined && !(defaultRuntime in config.runtimes)) {
    const known = Object.keys(config.runtimes).join(', ');
    throw new Error(`--default-runtime ${defaultRuntime}: no runtime of this name; known: ${known}`);
  }
  return {
    ...config,
    listen: path(flags.listen?.replace(/^unix:\/\//, ''), config.listen),
    root: path(flags.root, config.root),
    state: path(flags.state, config.state),
    logLevel: flags.logLevel ?? config.logLevel,
    cgroupDriver: flags.cgroupDriver ?? config.cgroupDriver,
    cgroupParent: flags.cgroupParent ?? config.cgroupParent,
    defaultRuntime,
    conmon: flags.conmon ?? config.conmon,
    cni: {
      ...config.cni,
      confDir: path(flags.cniConfigDir, config.cni.confDir),
      pluginDirs: flags.cniPluginDir?.map((dir) => resolve(dir)) ?? config.cni.pluginDirs,
      cacheDir: path(flags.cniCacheDir, config.cni.cacheDir),
    },
    registry: { configDir: path(flags.registryConfigDir, config.registry.configDir) },
  };
}

/** Runs until SIGTERM or SIGINT; containers go on without berthd. */
async function main(config: Config): Promise<void> {
  const log = createLogger(config.logLevel);
  const { startDaemon } = await import('./daemon.ts');
  const daemon = await startDaemon(config, log);
  log.info('Serving the CRI', { socket: config.listen });
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  log.info(`Got ${signal}, closing; containers go on`);
  await daemon.close();
}

try {
  await main(parseArguments(process.argv.slice(2)));
  process.exit(0);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode);
  process.stderr.write(`berthd: ${messageOf(error)}\n`);
  process.exit(1);
}
