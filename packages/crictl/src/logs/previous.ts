/** Pure: log files are named for the attempt, `0.log`, `1.log` and so on. Throws for the first attempt. */
export function previousLog(path: string, metadata: { name: string; attempt: number } | undefined): string {
  const attempt = metadata?.attempt ?? 0;
  if (attempt === 0) throw new Error(`previous terminated container ${metadata?.name ?? ''} not found`);
  return path.slice(0, path.lastIndexOf('/') + 1) + (attempt - 1) + path.slice(path.lastIndexOf('.'));
}
