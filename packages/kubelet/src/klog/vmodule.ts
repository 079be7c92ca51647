// Verbosity by module, as klog's -vmodule: `worker=4,device-*=5`. Pure.

/** The verbosity of the modules whose file names, without `.ts`, match a pattern of Go's filepath.Match. */
export interface ModuleVerbosity {
  filePattern: string;
  verbosity: number;
}

/** The verbosity of a module; the first pattern that matches counts, and undefined: none does. */
export function moduleVerbosity(list: readonly ModuleVerbosity[], fileName: string): number | undefined {
  const name = fileName.replace(/\.ts$/, '');
  return list.find(({ filePattern }) => matches(filePattern, name))?.verbosity;
}

/** A malformed pattern, such as `[z-a]`, matches itself alone. */
function matches(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  const source = pattern.replace(/\\(.)|\[[^\]]+\]|./gsu, translated);
  try {
    return new RegExp(`^${source}$`, 'su').test(name);
  } catch {
    return false;
  }
}

/** A part of Go's pattern as a regular expression; sets of characters are written alike. */
function translated(part: string, literal?: string): string {
  if (literal === undefined && part.length > 1) return part;
  if (part === '*') return '[^/]*';
  return part === '?' ? '[^/]' : RegExp.escape(literal ?? part);
}
