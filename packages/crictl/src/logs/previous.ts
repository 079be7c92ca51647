/** Pure: the log file of the previous attempt. Files are named `ATTEMPT.log`. Throws for the first attempt. */
export function previousLog(path: string, metadata: { name: string; attempt: number } | undefined): string {
  const attempt = metadata?.attempt ?? 0;
  if (attempt === 0) throw new Error(`previous terminated container ${metadata?.name ?? ''} not found`);
  return path.slice(0, path.lastIndexOf('/') + 1) + (attempt - 1) + path.slice(path.lastIndexOf('.'));
}
