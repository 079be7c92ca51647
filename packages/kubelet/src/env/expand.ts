// `$(NAME)` references in commands, arguments and environment values.
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#entrypoint

/**
 * Replaces each `$(NAME)` by `lookup(NAME)`; keeps it if that is undefined. `$$` becomes `$`, so `$$(NAME)` becomes the
 * text `$(NAME)`; any other `$` stands for itself.
 */
export function expand(input: string, lookup: (name: string) => string | undefined): string {
  return input.replace(
    /\$(?:(\$)|\(([^)]*)\))/g,
    (reference: string, escaped: string | undefined, name: string | undefined) =>
      escaped !== undefined ? '$' : (lookup(name ?? '') ?? reference),
  );
}
