// The kernel's settings that Kubernetes counts on, for `protectKernelDefaults`.

/** Values by path in /proc/sys. */
const expected: Readonly<Record<string, number>> = {
  'vm/overcommit_memory': 1,
  'vm/panic_on_oom': 0,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000,
};

/** The settings that differ, in the real kubelet's words; undefined: none does. */
export function kernelDefaultsProblem(read: (path: string) => number): string | undefined {
  const problems = Object.entries(expected).flatMap(([path, wanted]) => {
    const actual = read(path);
    return actual === wanted
      ? []
      : [`invalid kernel flag: ${path}, expected value: ${wanted}, actual value: ${actual}`];
  });
  return problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
}
