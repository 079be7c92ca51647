// Parses the kubelet's command line as pflag parses the real kubelet's. commander cannot: deployments write
// `--flag=false` for a switch, `_` for `-` and Go's spellings of booleans, and a flag of the real kubelet without
// effect here must be refused by name.

import { messageOf } from '@berth/common/error-message.ts';
import { nearestName } from '../api/field-error.ts';
import { defaultFlags, isSwitch, type KubeletFlags, knownFlags } from './known-flags.ts';
import { ConfigurationError } from './kubelet-configuration.ts';
import { type Settings, setFromText } from './settings.ts';
import {
  asksForNothing,
  obsoleteFlags,
  unsupportedFlags,
  unsupportedSwitches,
  whyIgnored,
} from './unsupported-flags.ts';

/** A parsed command line. */
export interface CommandLine {
  flags: KubeletFlags;
  /** Configuration fields that flags set; they override the file. */
  settings: Partial<Settings>;
  /** Flags that are accepted for compatibility and have no effect, for the log. */
  notices: string[];
}

/** Flags with a short form: their name or its first letter. */
const shorthands: Readonly<Record<string, string>> = { v: 'v', h: 'help' };

/**
 * Reads a command line as pflag does: `--flag=value`, `--flag value`, a switch alone or as `--switch=false`,
 * `-v2`, and `_` for `-`. Throws ConfigurationError that names the flag.
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const line: CommandLine = { flags: { ...defaultFlags }, settings: {}, notices: [] };
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const { name, attached } = split(argument);
    const value = attached ?? (takesNoValue(name) ? 'true' : rest.shift());
    if (value === undefined) throw new ConfigurationError(`flag needs an argument: --${name}`);
    apply(line, name, value);
  }
  return line;
}

/** The flag that an argument names, and the value in the same argument, if there is one. */
function split(argument: string): { name: string; attached: string | undefined } {
  const [, long, value] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
  if (long !== undefined) {
    const name = long.replaceAll('_', '-');
    if (!allNames().includes(name))
      throw new ConfigurationError(`unknown flag: --${name}${suggestion(name)}`);
    return { name, attached: value };
  }
  const [, letter, attached = ''] = /^-([^-])=?(.*)$/s.exec(argument) ?? [];
  if (letter === undefined)
    throw new ConfigurationError(`unknown command "${argument}": the kubelet takes flags only`);
  const name = shorthands[letter];
  if (name === undefined) {
    throw new ConfigurationError(
      `unknown shorthand flag: ${JSON.stringify(letter).replaceAll('"', "'")} in ${argument}`,
    );
  }
  return { name, attached: attached === '' ? undefined : attached };
}

function takesNoValue(name: string): boolean {
  const flag = knownFlags.get(name);
  return flag ? isSwitch(flag) : unsupportedSwitches.has(name);
}

function allNames(): string[] {
  return [...knownFlags.keys(), ...Object.keys(unsupportedFlags), ...Object.keys(obsoleteFlags)];
}

function apply(line: CommandLine, name: string, value: string): void {
  const flag = knownFlags.get(name);
  if (flag && 'setting' in flag) {
    try {
      setFromText(line.settings, flag.setting, value);
    } catch (error) {
      const detail = messageOf(error);
      throw new ConfigurationError(
        `invalid argument ${JSON.stringify(value)} for "--${name}" flag: ${detail}`,
      );
    }
    return;
  }
  if (flag) {
    Object.assign(line.flags, flag.read(value, line.flags));
    return;
  }
  if (asksForNothing(name, value) && obsoleteFlags[name] === undefined) return;
  const reason = whyIgnored(name);
  if (reason !== undefined) line.notices.push(`--${name} has no effect: ${reason}`);
  else {
    throw new ConfigurationError(
      `--${name}=${value} is not supported by this kubelet yet; leave the flag out (other than its default it would be ignored)`,
    );
  }
}

function suggestion(name: string): string {
  const nearest = nearestName(name, allNames());
  return nearest ? ` (did you mean --${nearest}?)` : '';
}
