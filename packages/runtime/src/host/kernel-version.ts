/** Whether a kernel's release, as `6.1.0-18-amd64`, is this version or a later one. */
export function isKernel(text: string, major: number, minor: number): boolean {
  const [, itsMajor, itsMinor] = /^(\d+)\.(\d+)/.exec(text) ?? [];
  return Number(itsMajor) > major || (Number(itsMajor) === major && Number(itsMinor) >= minor);
}
