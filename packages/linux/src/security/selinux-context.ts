// SELinux contexts, such as `system_u:object_r:container_file_t:s0:c1,c2`, and which ones containers get. Pure.

/** The contexts that a policy has for containers, e.g. `system_u:system_r:container_t:s0`. */
export interface SelinuxPolicy {
  process: string;
  file: string;
}

/** The parts of a context by name. */
export type ContextParts = Partial<Record<'user' | 'role' | 'type' | 'level', string>>;

/** Parses a policy's lxc_contexts; undefined when it has no contexts for containers. */
export function parseContainerContexts(text: string): SelinuxPolicy | undefined {
  const entries = new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const match = /^\s*(\w+)\s*=\s*"?([^"\s]+)"?\s*$/.exec(line);
      return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]]];
    }),
  );
  const [process, file] = [entries.get('process'), entries.get('file')];
  const isContext = (text: string | undefined): text is string => (text?.split(':').length ?? 0) >= 3;
  return isContext(process) && isContext(file) ? { process, file } : undefined;
}

/** The context of a container's process: the policy's at a level, and the parts that were asked for. */
export function processContext({ process }: SelinuxPolicy, level: string, asked: ContextParts): string {
  return contextOf({ ...atLevel(process, level), ...asked });
}

/** The context of a container's files: of what was asked for its process, they have the user and the level. */
export function fileContext({ file }: SelinuxPolicy, level: string, asked: ContextParts): string {
  const { user, level: askedLevel } = asked;
  return contextOf({
    ...atLevel(file, level),
    ...(user === undefined ? {} : { user }),
    ...(askedLevel === undefined ? {} : { level: askedLevel }),
  });
}

/** The mount option for one label on all files; quoted because levels contain commas. */
export function contextOption(label: string): string {
  return `context="${label}"`;
}

/** Whether contexts of the policy have a level. */
export function hasLevels({ file }: SelinuxPolicy): boolean {
  return file.split(':').length > 3;
}

/** Replaces the level of a context. In a policy without levels a context has three parts. */
function atLevel(text: string, level: string): ContextParts {
  const [user = '', role = '', type = '', ...own] = text.split(':');
  // A pod that was created before its node had SELinux has no level.
  return { user, role, type, ...(own.length > 0 && { level: level || own.join(':') }) };
}

function contextOf({ user, role, type, level }: ContextParts): string {
  return [user, role, type, ...(level === undefined ? [] : [level])].join(':');
}
