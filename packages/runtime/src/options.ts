// Parses berthd's command line and config file into the settings to serve with, or a text to print.

import { resolve } from 'node:path';
import { printText } from '@berth/common/files/print-text.ts';
import { berthVersion } from '@berth/common/version.ts';
import { cgroupDrivers } from '@berth/linux/cgroups/driver.ts';
import { Command, Option } from 'commander';
import { type Config, defaultConfig, defaultConfigPath, withCgroupParent } from './config/config.ts';
import { defaultConfigFile, dumpConfig } from './config/default-file.ts';
import { readConfig } from './config/read.ts';
import { logLevels } from './logging/log.ts';

/** The result of parsing a command line: settings to serve with, or a text to print before exiting. */
export type Invocation = ({ readonly serve: Config } | { readonly print: string }) & {
  /** Ignored settings of the config file. */
  readonly warnings: readonly string[];
};

/** berthd with the flags that it serves by, and no command. */
export function berthdFlags(): Command {
  return new Command('berthd')
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
      `what a reboot may remove: sandboxes and bundles (default: ${defaultConfig.state})`,
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
      `cgroup parent of pods that request none (default: ${defaultConfig.cgroupParent})`,
    )
    .option(
      '--default-runtime <name>',
      'runtime handler of pods that request none (default: the first that works)',
    )
    .option('--conmon <path>', 'path of conmon (default: conmon in PATH)')
    .option('--cni-config-dir <dir>', `CNI configuration (default: ${defaultConfig.cni.confDir})`)
    .option('--cni-plugin-dir <dir...>', `CNI plugins (default: ${defaultConfig.cni.pluginDirs.join(' ')})`)
    .option('--cni-cache-dir <dir>', `cache of CNI results (default: ${defaultConfig.cni.cacheDir})`)
    .option(
      '--registry-config-dir <dir>',
      `HOST/hosts.toml files (default: ${defaultConfig.registry.configDir})`,
    );
}

/**
 * Parses berthd's command line; flags override the config file. Throws a CommanderError after it printed help, the
 * version or a usage error, and a ConfigError for an invalid file.
 */
export function parseArguments(argv: readonly string[]): Invocation {
  let invocation: Invocation | undefined;
  const warnings: string[] = [];
  const command = berthdFlags()
    .helpOption('-h, --help')
    .allowExcessArguments(false)
    .configureOutput({ writeOut: (text) => printText(text, 'berthd') })
    .exitOverride()
    .action(() => {
      invocation = { serve: effectiveConfig(), warnings };
    });
  const effectiveConfig = () => {
    const flags = command.opts<Flags>();
    return withFlags(
      readConfig(flags.config, (warning) => warnings.push(warning)),
      flags,
    );
  };
  const config = command.command('config').description('Print settings as a config.yaml.');
  config
    .command('default')
    .description('every setting at its default, and what it means')
    .action(() => {
      invocation = { print: defaultConfigFile(), warnings };
    });
  config
    .command('dump')
    .description('the settings that berthd would run with: those of the config file and of flags')
    .action(() => {
      invocation = { print: dumpConfig(effectiveConfig()), warnings };
    });
  command.parse([...argv], { from: 'user' });
  if (invocation === undefined) throw new Error('no command was given');
  return invocation;
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

/** Resolves relative paths on the command line against the working directory. */
function withFlags(config: Config, flags: Flags): Config {
  const path = (flag: string | undefined, otherwise: string) =>
    flag === undefined ? otherwise : resolve(flag);
  const defaultRuntime = flags.defaultRuntime ?? config.defaultRuntime;
  if (defaultRuntime !== undefined && !(defaultRuntime in config.runtimes)) {
    const known = Object.keys(config.runtimes).join(', ');
    throw new Error(`--default-runtime ${defaultRuntime}: no runtime of this name; known: ${known}`);
  }
  return withCgroupParent({
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
    registry: {
      ...config.registry,
      configDir: path(flags.registryConfigDir, config.registry.configDir),
    },
  });
}
